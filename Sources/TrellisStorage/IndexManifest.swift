// Which runs make up the identifier index. Replaced whole and atomically, so that the index always is one that once was.

struct IndexManifest: Equatable, Sendable {
    private static let header = FileHeader(kind: "IDXM", version: 1)
    private static let runSize = 49

    /// The number that the next run gets.
    var nextNumber: UInt64 = 1
    /// Newest first.
    var runs: [IndexRunInfo] = []

    var bytes: [UInt8] {
        var bytes = Self.header.bytes
        bytes.append(littleEndian: nextNumber)
        for run in runs {
            bytes.append(run.level)
            for word in [run.number, run.count, run.filterCapacity, run.least, run.greatest, run.ceiling] {
                bytes.append(littleEndian: word)
            }
        }
        bytes.appendChecksum()
        return bytes
    }

    init() {}

    /// Reads a manifest.
    /// - Throws: `corrupt`, `foreignFormat`, `newerFormat`.
    init(_ bytes: [UInt8], file: String) throws(StorageError) {
        try Self.header.check(bytes, file: file)
        let listed = bytes.count - FileHeader.size - 8 - 4
        guard bytes.endsWithItsChecksum, listed >= 0, listed % Self.runSize == 0, let next: UInt64 = bytes.littleEndian(at: FileHeader.size)
        else { throw .corrupt(file: file, offset: 0, hint: IndexRun.rebuildHint) }
        nextNumber = next
        for start in stride(from: FileHeader.size + 8, to: bytes.count - 4, by: Self.runSize) {
            let words = (0..<6).compactMap { bytes.littleEndian(at: start + 1 + 8 * $0, as: UInt64.self) }
            guard words.count == 6 else { throw .corrupt(file: file, offset: start, hint: IndexRun.rebuildHint) }
            runs.append(
                IndexRunInfo(
                    number: words[0], level: bytes[start], count: words[1], filterCapacity: words[2], least: words[3], greatest: words[4],
                    ceiling: words[5]))
        }
    }
}
