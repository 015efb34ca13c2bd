// Little-endian integers in byte arrays and the header that opens every file of the store. Nothing here touches a disk.

extension [UInt8] {
    mutating func append(littleEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// The integer at `offset`, or nil beyond the end.
    func littleEndian<Value: FixedWidthInteger>(at offset: Int, as type: Value.Type = Value.self) -> Value? {
        guard offset >= 0, offset <= count - MemoryLayout<Value>.size else { return nil }
        return withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self)) }
    }

    /// CRC-32C of the bytes in `range`, which the caller has checked, continued from `seed`.
    func crc32c(_ range: Range<Int>, seed: UInt32 = 0) -> UInt32 {
        withUnsafeBytes { CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[range]), seed: seed) }
    }

    /// Appends the CRC-32C of everything so far.
    mutating func appendChecksum() {
        append(littleEndian: crc32c(0..<count))
    }

    /// Whether the last four bytes are the CRC-32C of all before them.
    var endsWithItsChecksum: Bool {
        count >= 4 && littleEndian(at: count - 4) == crc32c(0..<(count - 4))
    }
}

/// The first bytes of each file: `TRLS`, four letters of its kind, and a version (u32). From version 2 on the CRC-32C of those twelve follows,
/// in every kind of file, so that damage never passes for a later release's file.
struct FileHeader {
    static let size = 12

    let kind: String
    let version: UInt32

    var bytes: [UInt8] {
        var bytes = Array("TRLS\(kind)".utf8)
        bytes.append(littleEndian: version)
        if version > 1 { bytes.appendChecksum() }
        return bytes
    }

    /// Refuses bytes of another kind, or of a version later than ours.
    func check(_ found: [UInt8], file: String) throws(StorageError) {
        guard found.starts(with: "TRLS\(kind)".utf8), found.count >= Self.size else {
            throw .foreignFormat(file: file, expected: "TRLS\(kind)")
        }
        try refuseLater(found, file: file)
    }

    /// Refuses what a later release wrote, and nothing else: the owner's checksum tells damage.
    func refuseLater(_ found: [UInt8], file: String) throws(StorageError) {
        guard found.starts(with: "TRLS\(kind)".utf8), let foundVersion: UInt32 = found.littleEndian(at: 8), foundVersion > version,
            Array(found.prefix(Self.size + 4)).endsWithItsChecksum
        else { return }
        throw .newerFormat(file: file, found: foundVersion, supported: version)
    }
}

/// `value` in decimal, padded with zeros to `width`, so that names sort as numbers do.
func paddedDecimal(_ value: some BinaryInteger, width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
