// Whole states saved now and then, so that a restart replays little. The bytes are the owner's; this keeps the newest two of them, checksummed.

/// A snapshot, as it was saved.
public struct Snapshot: Equatable, Sendable {
    /// The owner's number of it, for instance the commit it follows.
    public let sequence: UInt64
    /// The owner's bytes.
    public let bytes: [UInt8]
}

/// Snapshots in one directory, each in a file of its own that appears whole or not at all.
public final class SnapshotStore: Sendable {
    /// `TRLSSNAP`, version u32, sequence u64, crc u32 of the owner's bytes, crc u32 of the header; then the owner's bytes.
    private static let header = FileHeader(kind: "SNAP", version: 1)
    private static let headerSize = 28
    private static let suffix = ".snapshot"
    private static let kept = 2

    private let disk: any Disk
    private let directory: String

    /// Opens the directory, or makes it.
    public init(disk: any Disk, directory: String) throws(StorageError) {
        try disk.createDirectory(directory)
        self.disk = disk
        self.directory = directory
    }

    /// Saves a snapshot durably, then removes all but the newest two.
    public func save(sequence: UInt64, bytes: [UInt8]) throws(StorageError) {
        var file = Self.header.bytes
        file.reserveCapacity(Self.headerSize + bytes.count)
        file.append(littleEndian: sequence)
        file.append(littleEndian: bytes.crc32c(0..<bytes.count))
        file.appendChecksum()
        file.append(contentsOf: bytes)
        try disk.replace(path(sequence), with: file)
        let old = try sequences().dropLast(Self.kept)
        for sequence in old { try disk.remove(path(sequence)) }
        if !old.isEmpty { try disk.syncDirectory(directory) }
    }

    /// The newest snapshot that is intact, and the files that were passed over since they are not; nil if there is none.
    /// - Throws: `newerFormat` for a snapshot of a later release.
    public func latest() throws(StorageError) -> (snapshot: Snapshot?, damaged: [String]) {
        var damaged: [String] = []
        for sequence in try sequences().reversed() {
            if let bytes = try load(sequence) { return (Snapshot(sequence: sequence, bytes: bytes), damaged) }
            damaged.append(path(sequence))
        }
        return (nil, damaged)
    }

    /// Removes the intact snapshots that `isDoomed` names, durably; returns how many those were.
    public func remove(where isDoomed: (Snapshot) -> Bool) throws(StorageError) -> Int {
        var removed = 0
        for sequence in try sequences() {
            guard let bytes = try load(sequence), isDoomed(Snapshot(sequence: sequence, bytes: bytes)) else { continue }
            try disk.remove(path(sequence))
            removed += 1
        }
        if removed > 0 { try disk.syncDirectory(directory) }
        return removed
    }

    /// The numbers of the snapshots there are, ascending.
    public func sequences() throws(StorageError) -> [UInt64] {
        try disk.list(directory).filter { $0.hasSuffix(Self.suffix) }.compactMap { UInt64($0.dropLast(Self.suffix.count)) }.sorted()
    }

    /// Keeps a snapshot under another name, where it counts no more.
    public func setAside(_ sequence: UInt64) throws(StorageError) {
        try disk.replace(path(sequence) + ".damaged", with: disk.contents(path(sequence)))
        try disk.remove(path(sequence))
        try disk.syncDirectory(directory)
    }

    /// The bytes of the snapshot; nil if it is damaged, and was not just read wrong once.
    /// - Throws: `newerFormat` for a snapshot of a later release.
    public func load(_ sequence: UInt64) throws(StorageError) -> [UInt8]? {
        try readTwice { () throws(StorageError) in try read(sequence) }
    }

    private func read(_ sequence: UInt64) throws(StorageError) -> [UInt8]? {
        let file = try disk.contents(path(sequence))
        let head = Array(file.prefix(Self.headerSize))
        guard head.count == Self.headerSize, head.endsWithItsChecksum else { return nil }
        try Self.header.check(head, file: path(sequence))
        guard head.littleEndian(at: 12) == sequence, head.littleEndian(at: 20) == file.crc32c(Self.headerSize..<file.count) else {
            return nil
        }
        return Array(file.dropFirst(Self.headerSize))
    }

    private func path(_ sequence: UInt64) -> String {
        "\(directory)/\(paddedDecimal(sequence, width: 20))\(Self.suffix)"
    }
}
