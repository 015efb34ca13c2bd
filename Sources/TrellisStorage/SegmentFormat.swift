// The bytes of a log segment: its header, its records, and the judgement whether damage is a torn tail or a corrupt middle. Works on bytes alone.
//
//     segment = header (36 B) ‖ record*
//     header  = TRLSSEGM ‖ version u32 ‖ number u32 ‖ salt u64 ‖ end of the previous segment u64 ‖ crc u32
//     record  = length u32 ‖ synced u32 ‖ kind u8 ‖ payload crc u32 ‖ header crc u32 ‖ payload
//
// `synced` is how far the segment was known durable when the record was appended: a damaged record below the `synced` of a later one had been
// acknowledged. Both checksums start from the segment's salt and the header's covers the offset, so that no payload can pass for records.

/// One record of a log: a kind that the owner chooses, and its payload.
public struct Record: Equatable, Sendable {
    /// What the payload is, in the owner's numbering.
    public var kind: UInt8
    /// The owner's bytes.
    public var payload: [UInt8]

    /// A record of `kind`.
    public init(kind: UInt8, payload: [UInt8]) {
        self.kind = kind
        self.payload = payload
    }
}

/// A place in a log: the segment's number in the upper 32 bits, the byte offset in the lower ones. Grows with each record.
public struct LogPosition: Comparable, Hashable, Sendable {
    /// Both parts as one integer, for storing elsewhere.
    public let rawValue: UInt64

    /// The position with this stored value.
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    init(segment: UInt32, offset: Int) {
        rawValue = UInt64(segment) << 32 | UInt64(UInt32(clamping: offset))
    }

    /// Before every record.
    public static let start = LogPosition(rawValue: 0)

    var segment: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }
    var offset: Int { Int(rawValue & 0xFFFF_FFFF) }

    public static func < (left: LogPosition, right: LogPosition) -> Bool { left.rawValue < right.rawValue }
}

/// A segment's identity, from its header.
struct SegmentHeader: Equatable {
    static let size = 36
    static let file = FileHeader(kind: "SEGM", version: 1)

    var number: UInt32
    var salt: UInt64
    /// Where the segment before this one ends, in bytes; 0 for the first.
    var previousEnd: UInt64

    var bytes: [UInt8] {
        var bytes = Self.file.bytes
        bytes.append(littleEndian: number)
        bytes.append(littleEndian: salt)
        bytes.append(littleEndian: previousEnd)
        bytes.appendChecksum()
        return bytes
    }

    /// Reads a header; nil if its checksum does not match.
    /// - Throws: `foreignFormat`, `newerFormat`.
    init?(_ bytes: [UInt8], file: String) throws(StorageError) {
        let header = Array(bytes.prefix(Self.size))
        guard header.endsWithItsChecksum, header.count == Self.size else {
            // What is neither ours nor a later release's is damage, however much of it there is: a repair keeps a copy, so nothing is lost.
            try Self.file.refuseLater(header, file: file)
            return nil
        }
        try Self.file.check(header, file: file)
        guard let number: UInt32 = header.littleEndian(at: 12), let salt: UInt64 = header.littleEndian(at: 16),
            let previousEnd: UInt64 = header.littleEndian(at: 24)
        else { return nil }
        self.init(number: number, salt: salt, previousEnd: previousEnd)
    }

    init(number: UInt32, salt: UInt64, previousEnd: UInt64) {
        self.number = number
        self.salt = salt
        self.previousEnd = previousEnd
    }
}

/// Encodes and checks the records of one segment.
struct RecordFormat {
    static let headerSize = 17
    /// The longest payload, in bytes.
    static let payloadMax = 64 << 20

    private let headerSeed: UInt32
    private let payloadSeed: UInt32

    init(salt: UInt64) {
        headerSeed = UInt32(truncatingIfNeeded: salt)
        payloadSeed = UInt32(truncatingIfNeeded: salt >> 32)
    }

    struct Head {
        var length: Int
        var synced: Int
        var kind: UInt8
        var payloadChecksum: UInt32
    }

    func append(_ record: Record, at offset: Int, synced: Int, to buffer: inout [UInt8]) {
        let start = buffer.count
        buffer.append(littleEndian: UInt32(truncatingIfNeeded: record.payload.count))
        buffer.append(littleEndian: UInt32(truncatingIfNeeded: synced))
        buffer.append(record.kind)
        buffer.append(littleEndian: record.payload.crc32c(0..<record.payload.count, seed: payloadSeed))
        buffer.append(littleEndian: headerChecksum(buffer, at: start, offset: offset))
        buffer.append(contentsOf: record.payload)
    }

    /// The head of the record that begins at `index` of `bytes` and at `offset` of its segment; nil if damaged or incomplete.
    func head(_ bytes: [UInt8], at index: Int, offset: Int) -> Head? {
        guard let length: UInt32 = bytes.littleEndian(at: index), length <= Self.payloadMax,
            let checksum: UInt32 = bytes.littleEndian(at: index + 13), checksum == headerChecksum(bytes, at: index, offset: offset),
            let synced: UInt32 = bytes.littleEndian(at: index + 4), let kind: UInt8 = bytes.littleEndian(at: index + 8),
            let payloadChecksum: UInt32 = bytes.littleEndian(at: index + 9)
        else { return nil }
        return Head(length: Int(length), synced: Int(synced), kind: kind, payloadChecksum: payloadChecksum)
    }

    /// Whether the payload behind `head` is all there and matches.
    func payloadMatches(_ head: Head, _ bytes: [UInt8], at index: Int) -> Bool {
        let start = index + Self.headerSize
        guard head.length <= bytes.count - start else { return false }
        return bytes.crc32c(start..<(start + head.length), seed: payloadSeed) == head.payloadChecksum
    }

    private func headerChecksum(_ bytes: [UInt8], at index: Int, offset: Int) -> UInt32 {
        let place = headerSeed ^ UInt32(truncatingIfNeeded: offset)
        return bytes.crc32c(index..<(index + 13), seed: place)
    }
}

/// What reading a whole segment found.
struct SegmentInspection {
    /// Where the intact records from the start end.
    var end = SegmentHeader.size
    /// How many of them there are.
    var records = 0
    /// Bytes after `end` that are no intact record.
    var isDamaged = false
    /// The damage cannot be what a crash leaves: it had been acknowledged, or intact records follow it.
    var isCorruptMiddle = false
    /// An intact record says that what is damaged had been durable: no wrong reading can make that up.
    var wasAcknowledged = false

    /// Reads all of `bytes`, a segment from its header on.
    init(_ bytes: [UInt8], format: RecordFormat) {
        while end < bytes.count {
            guard let head = format.head(bytes, at: end, offset: end), format.payloadMatches(head, bytes, at: end) else {
                isDamaged = true
                break
            }
            end += RecordFormat.headerSize + head.length
            records += 1
        }
        if isDamaged { judge(bytes, format) }
    }

    /// A crash loses sectors of the writes that were not synced: their tail, or a hole of zeros. Anything else before an intact record is corruption.
    private mutating func judge(_ bytes: [UInt8], _ format: RecordFormat) {
        var firstIntact: Int?
        var synced = 0
        // If the damaged record's head is whole, its payload is not searched for records.
        var index = end + (format.head(bytes, at: end, offset: end).map { RecordFormat.headerSize + $0.length } ?? 1)
        while index <= bytes.count - RecordFormat.headerSize {
            guard let head = format.head(bytes, at: index, offset: index), format.payloadMatches(head, bytes, at: index) else {
                index += 1
                continue
            }
            firstIntact = firstIntact ?? index
            synced = max(synced, head.synced)
            index += RecordFormat.headerSize + head.length
        }
        guard let firstIntact else { return }
        wasAcknowledged = synced > end
        isCorruptMiddle = wasAcknowledged || !Self.hasLostSector(bytes, end..<firstIntact)
    }

    /// Whether a sector is all zeros within `range`. The first one counts from where the range begins; the last one may end in the zeros that an
    /// intact record's head begins with.
    private static func hasLostSector(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        let sector = 512
        var start = range.lowerBound
        while start < range.upperBound {
            let end = (start / sector + 1) * sector
            let within = min(end, range.upperBound)
            if end - within < RecordFormat.headerSize, bytes[start..<within].allSatisfy({ $0 == 0 }) { return true }
            start = end
        }
        return false
    }
}
