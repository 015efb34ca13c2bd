// What ties a high-water mark to a counter outside of the disk, such as a TPM's: the count at which the directory was last known to be the
// newest. What follows from a count that does not fit, its owner says.

/// A count, as a file.
public struct MarkBinding: Equatable, Sendable {
    /// `TRLSBIND`, version u32, index u32, value u64, crc u32.
    private static let header = FileHeader(kind: "BIND", version: 1)
    private static let fileBytes = FileHeader.size + 4 + 8 + 4

    /// Which counter.
    public let index: UInt32
    /// What it counts.
    public let value: UInt64

    public init(index: UInt32, value: UInt64) {
        self.index = index
        self.value = value
    }

    /// The binding at `path`; nil if there is none.
    /// - Throws: `corrupt`, `foreignFormat`, `newerFormat`.
    public init?(disk: any Disk, path: String) throws(StorageError) {
        guard try disk.exists(path) else { return nil }
        let bytes = try disk.open(path).read(at: 0, count: Self.fileBytes + 1)
        try Self.header.check(bytes, file: path)
        guard bytes.count == Self.fileBytes, bytes.endsWithItsChecksum, let index: UInt32 = bytes.littleEndian(at: FileHeader.size),
            let value: UInt64 = bytes.littleEndian(at: FileHeader.size + 4)
        else {
            throw .corrupt(
                file: path, offset: 0, hint: "run `trellis repair --restored --data DIR`: the validator asks the others what it signed")
        }
        self.init(index: index, value: value)
    }

    /// Makes this the binding at `path`, durably.
    public func write(disk: any Disk, path: String) throws(StorageError) {
        var bytes = Self.header.bytes
        bytes.append(littleEndian: index)
        bytes.append(littleEndian: value)
        bytes.appendChecksum()
        try disk.replace(path, with: bytes)
    }
}
