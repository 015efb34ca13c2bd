// Where a validator keeps its audit log: lines in synced segments under `audit` in its data directory, the quotes that it made by itself,
// and its TPM's public key. What the lines mean stands in TrellisAudit.

import TrellisAudit
import TrellisCrypto
import TrellisStorage

/// The files of an audit log. One owner.
final class AuditStore {
    private static let lineKind: UInt8 = 1
    private static let segmentBytes = 16 << 20
    /// Between two lines whose places are remembered.
    private static let markEvery: UInt64 = 256
    /// A year of hours.
    private static let quotesMaximum = 24 * 366
    private static let quotes = "quotes"
    private static let key = "ak.pem"

    private let disk: RealDisk
    private let log: SegmentLog
    private var marks: [LogPosition] = []

    /// Opens the log under a data directory, or begins one.
    init(dataDirectory: String) throws(StorageError) {
        disk = try RealDisk(root: "\(dataDirectory)/\(StoreLayout.audit)")
        try disk.createDirectory(Self.quotes)
        log = try SegmentLog(disk: disk, directory: StoreLayout.auditLog, segmentBytes: Self.segmentBytes)
    }

    /// Follows the whole log. Call once, before anything else.
    func replay() throws -> AuditReplay {
        var replay = AuditReplay()
        var cursor = log.scan()
        while let (position, record) = try cursor.next() {
            mark(position, number: replay.records)
            try replay.append(line: record.payload)
        }
        return replay
    }

    private func mark(_ position: LogPosition, number: UInt64) {
        if number % Self.markEvery == 0 { marks.append(position) }
    }

    /// Makes a line durable.
    func append(_ line: [UInt8], number: UInt64) throws(StorageError) {
        let positions = try log.append([TrellisStorage.Record(kind: Self.lineKind, payload: line)])
        try log.commit(sync: true)
        for position in positions { mark(position, number: number) }
    }

    /// Lines from record `from` on, each with its newline, as many as fit `bytes`, at least one; and the record after them.
    func lines(from: UInt64, bytes limit: Int) throws(StorageError) -> (text: [UInt8], next: UInt64) {
        let place = Int(clamping: from / Self.markEvery)
        guard place < marks.count else { return ([], from) }
        var number = UInt64(place) * Self.markEvery
        var cursor = log.scan(from: marks[place])
        var text: [UInt8] = []
        while let (_, record) = try cursor.next() {
            defer { number += 1 }
            guard number >= from else { continue }
            guard text.isEmpty || text.count + record.payload.count < limit else { return (text, number) }
            text += record.payload
            text.append(UInt8(ascii: "\n"))
        }
        return (text, max(number, from))
    }

    /// Keeps a quote beside the log; the oldest go.
    func keep(_ quote: AuditQuote) throws(StorageError) {
        let digits = String(quote.statement.time)
        let name = String(repeating: "0", count: max(0, 16 - digits.count)) + digits
        try disk.replace("\(Self.quotes)/\(name).json", with: quote.json)
        let names = try disk.list(Self.quotes)
        for name in names.dropLast(Self.quotesMaximum) { try disk.remove("\(Self.quotes)/\(name)") }
    }

    /// The TPM's key as it was when it was last seen.
    func knownKey() throws(StorageError) -> DeviceKey? {
        guard try disk.exists(Self.key) else { return nil }
        return try? DeviceKey(pem: String(decoding: try disk.open(Self.key).read(at: 0, count: 2 * DeviceKey.sizeMaximum), as: UTF8.self))
    }

    func remember(_ key: DeviceKey) throws(StorageError) { try disk.replace(Self.key, with: Array(key.pem.utf8)) }

    func release() { disk.release() }
}
