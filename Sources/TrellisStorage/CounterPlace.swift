// One of the places where a SignatureCounter keeps its count: two files, replaced in turn, each naming the other's stamp. What the count means,
// and what is concluded from a place that does not fit, is said in SignatureCounter.swift.

/// One record of a count.
struct CounterRecord: Equatable {
    /// The digest of the public key.
    let key: [UInt8]
    let capacity: UInt32
    let isWitnessed: Bool
    /// The first index that is not spent; at most `capacity`.
    let next: UInt32
    /// The number of records before this one.
    let sequence: UInt64
    /// Random, and that of the record before.
    let tag: UInt64
    let previousTag: UInt64

    func successor(next: UInt32, tag: UInt64) -> CounterRecord {
        CounterRecord(
            key: key, capacity: capacity, isWitnessed: isWitnessed, next: next, sequence: sequence + 1, tag: tag, previousTag: self.tag)
    }

    /// Whether this is the record right after another one.
    func follows(_ other: CounterRecord) -> Bool {
        sequence > 0 && sequence - 1 == other.sequence && previousTag == other.tag && key == other.key && next >= other.next
            && capacity == other.capacity && isWitnessed == other.isWitnessed
    }
}

/// A directory with a count.
struct CounterPlace {
    /// A file: `TRLSOTSC`, version u32, key 32 bytes, capacity u32, next u32, witnessed u32, sequence u64, tag u64, previous tag u64, stamp of
    /// the other file as three u64 (zeros: none), crc u32.
    private static let header = FileHeader(kind: "OTSC", version: 1)
    private static let fileBytes = FileHeader.size + SignatureCounter.keyDigestSize + 3 * 4 + 3 * 8 + 3 * 8 + 4
    private static let names = ["counter.0", "counter.1"]

    let disk: any Disk
    /// For errors.
    let path: String
    /// The newest record.
    private(set) var record: CounterRecord
    /// That of the file that holds it.
    private var stamp: FileStamp?

    /// - Throws: `exists` if there is a count already.
    static func checkEmpty(_ disk: any Disk, _ path: String) throws(SignatureCounterError) {
        for name in names {
            var isThere = false
            do throws(StorageError) { isThere = try disk.exists(name) } catch { throw SignatureCounterError(error) }
            if isThere { throw .exists(path: path) }
        }
    }

    /// Begins with two records, one for each file.
    init(creating records: [CounterRecord], disk: any Disk, path: String) throws(SignatureCounterError) {
        self.disk = disk
        self.path = path
        record = records[0]
        for record in records { try put(record, beside: stamp) }
    }

    /// Reads the newest record, and holds the other file to it.
    init(opening disk: any Disk, path: String) throws(SignatureCounterError) {
        self.disk = disk
        self.path = path
        var found: [(record: CounterRecord, other: FileStamp?, own: FileStamp?)] = []
        for name in Self.names { found.append(try Self.read(name, disk, path)) }
        found.sort { $0.record.sequence < $1.record.sequence }
        let (older, newer) = (found[0], found[1])
        guard newer.record.follows(older.record) else {
            throw .stateRolledBack(path: path, reason: "its files are not of two signatures in a row")
        }
        guard newer.other == older.own else {
            throw .stateRolledBack(path: path, reason: "a file was copied, moved or changed since it was written")
        }
        record = newer.record
        stamp = newer.own
    }

    /// Writes the next record in place of the older file.
    ///
    /// - Throws: `stateRolledBack` if the newer file is not as it was left.
    mutating func write(_ next: CounterRecord) throws(SignatureCounterError) {
        let found = try Self.read(Self.name(of: record), disk, path)
        guard found.record == record, found.own == stamp else {
            throw .stateRolledBack(path: path, reason: "a file was changed while it was in use")
        }
        try put(next, beside: stamp)
    }

    private mutating func put(_ next: CounterRecord, beside other: FileStamp?) throws(SignatureCounterError) {
        let name = Self.name(of: next)
        do throws(StorageError) {
            try disk.replace(name, with: Self.encode(next, other))
            stamp = try disk.open(name).stamp()
        } catch {
            throw SignatureCounterError(error)
        }
        record = next
    }

    private static func name(of record: CounterRecord) -> String { names[Int(record.sequence % 2)] }

    private static func read(
        _ name: String, _ disk: any Disk, _ path: String
    ) throws(SignatureCounterError) -> (record: CounterRecord, other: FileStamp?, own: FileStamp?) {
        let bytes: [UInt8]
        let stamp: FileStamp?
        do throws(StorageError) {
            let file = try disk.open(name)
            bytes = try file.read(at: 0, count: fileBytes + 1)
            if bytes.count >= FileHeader.size { try header.check(bytes, file: name) }
            stamp = try file.stamp()
        } catch {
            switch error {
            case .missing: throw .damaged(path: path, reason: "\(name) is missing")
            case .foreignFormat: throw .damaged(path: path, reason: "\(name) is no counter's")
            default: throw SignatureCounterError(error)
            }
        }
        guard let (record, other) = decode(bytes), Self.name(of: record) == name else {
            throw .damaged(path: path, reason: "\(name) does not match its checksum")
        }
        return (record, other, stamp)
    }

    private static func encode(_ record: CounterRecord, _ other: FileStamp?) -> [UInt8] {
        var bytes = header.bytes + record.key
        bytes.append(littleEndian: record.capacity)
        bytes.append(littleEndian: record.next)
        bytes.append(littleEndian: UInt32(record.isWitnessed ? 1 : 0))
        for word in [record.sequence, record.tag, record.previousTag] { bytes.append(littleEndian: word) }
        for word in [other?.number ?? 0, other?.seconds ?? 0, other?.nanoseconds ?? 0] { bytes.append(littleEndian: word) }
        bytes.appendChecksum()
        return bytes
    }

    private static func decode(_ bytes: [UInt8]) -> (CounterRecord, FileStamp?)? {
        guard bytes.count == fileBytes, bytes.endsWithItsChecksum else { return nil }
        let afterKey = FileHeader.size + SignatureCounter.keyDigestSize
        let numbers: [UInt32] = (0..<3).compactMap { bytes.littleEndian(at: afterKey + 4 * $0) }
        let words: [UInt64] = (0..<6).compactMap { bytes.littleEndian(at: afterKey + 12 + 8 * $0) }
        guard numbers.count == 3, words.count == 6, numbers[1] <= numbers[0], numbers[2] <= 1, words[0] < .max else { return nil }
        let record = CounterRecord(
            key: Array(bytes[FileHeader.size..<afterKey]), capacity: numbers[0], isWitnessed: numbers[2] == 1, next: numbers[1],
            sequence: words[0], tag: words[1], previousTag: words[2])
        let stamp = FileStamp(number: words[3], seconds: words[4], nanoseconds: words[5])
        return (record, stamp == FileStamp(number: 0, seconds: 0, nanoseconds: 0) ? nil : stamp)
    }
}
