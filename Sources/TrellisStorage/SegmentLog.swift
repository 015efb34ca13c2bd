// The append-only log: records in numbered segment files, one write and one sync per group. Recovery and repair live beside it; what records mean lives with its owner.

import Synchronization

/// A log of typed records that survives crashes.
///
/// One owner appends, commits and removes; any task may read what is committed. After a failed write or sync the log is poisoned: reads go on and
/// writes refuse, since a kernel that failed a sync may have dropped the pages (what was acknowledged before is safe; reopening finds out the rest).
public final class SegmentLog: Sendable {
    /// What opening found at the log's end.
    public struct Recovery: Equatable, Sendable {
        /// Records in the segments that opening read.
        public internal(set) var records = 0
        /// Bytes of a torn tail that were cut off; 0 after a clean stop.
        public internal(set) var truncatedBytes = 0
        /// The file that had the torn tail.
        public internal(set) var truncatedFile: String?
    }

    struct Segment: Sendable {
        let file: any DiskFile
        let format: RecordFormat
        /// Where its committed records end, in bytes.
        var end: Int
    }

    /// What readers see.
    struct Committed {
        var segments: [UInt32: Segment] = [:]
        var first: UInt32 = 0
        var last: UInt32 = 0
    }

    /// What the owner has in hand.
    struct Writer {
        var number: UInt32
        var file: any DiskFile
        var format: RecordFormat
        /// Where the next write goes.
        var written: Int
        /// How far the segment is known durable.
        var synced: Int
        var buffer: [UInt8] = []
        var failure: String?

        var end: LogPosition { LogPosition(segment: number, offset: written + buffer.count) }
    }

    /// Its directory, relative to the disk's root.
    public let directory: String
    /// What opening found.
    public let recovery: Recovery
    private let disk: any Disk
    private let segmentBytes: Int
    private let writer: Mutex<Writer>
    private let committed: Mutex<Committed>

    /// Opens the log in `directory`, or begins one. A torn tail is cut off and reported in `recovery`.
    /// - Parameters:
    ///   - segmentBytes: a segment at least this long is followed by a new one.
    ///   - verifiesAll: whether to check every record of every segment, or those of the last segment only (the others are checked when read).
    /// - Throws: `corrupt` with the file, the offset, and the repair command for damage that no crash explains.
    public init(disk: any Disk, directory: String, segmentBytes: Int = 64 << 20, verifiesAll: Bool = true) throws(StorageError) {
        var opening = LogOpening(disk: disk, directory: directory)
        try opening.run(verifiesAll: verifiesAll)
        guard let last = opening.committed.segments[opening.committed.last] else { throw .missing(path: directory) }
        self.disk = disk
        self.directory = directory
        self.segmentBytes = min(max(segmentBytes, SegmentHeader.size + 1), 1 << 31)
        recovery = opening.recovery
        writer = Mutex(
            Writer(number: opening.committed.last, file: last.file, format: last.format, written: last.end, synced: last.end))
        committed = Mutex(opening.committed)
    }

    /// Where the next record will be appended.
    public var end: LogPosition { writer.withLock { $0.end } }

    /// The first position that is still kept.
    public var first: LogPosition {
        committed.withLock { LogPosition(segment: $0.first, offset: SegmentHeader.size) }
    }

    /// Buffers the records and says where each will be. They are in the log after `commit`.
    @discardableResult
    public func append(_ records: [Record]) throws(StorageError) -> [LogPosition] {
        try writer.withLock { writer throws(StorageError) in
            try checkHealth(writer)
            for record in records where record.payload.count > RecordFormat.payloadMax {
                throw .wrongSize(path: directory, bytes: record.payload.count, limit: RecordFormat.payloadMax)
            }
            var positions: [LogPosition] = []
            positions.reserveCapacity(records.count)
            for record in records {
                if writer.written + writer.buffer.count >= segmentBytes { try guarding(&writer, roll) }
                let position = writer.end
                writer.format.append(record, at: position.offset, synced: writer.synced, to: &writer.buffer)
                positions.append(position)
            }
            return positions
        }
    }

    /// Writes what was appended, by one write, and with `sync` makes it durable. Returns the end of the log.
    @discardableResult
    public func commit(sync: Bool = true) throws(StorageError) -> LogPosition {
        try writer.withLock { writer throws(StorageError) in
            try checkHealth(writer)
            try guarding(&writer) { writer throws(StorageError) in
                try write(&writer)
                if sync { try self.sync(&writer) }
            }
            publish(writer)
            return writer.end
        }
    }

    /// The record at a position that `append` returned, once it is committed.
    /// - Throws: `noRecord` if none begins there, `corrupt` if it no longer matches its checksum.
    public func read(_ position: LogPosition) throws(StorageError) -> Record {
        guard let segment = segment(position.segment), position.offset >= SegmentHeader.size, position.offset < segment.end else {
            throw .noRecord(path: directory, position: position.rawValue)
        }
        let record = try readTwice { () throws(StorageError) in try Self.record(in: segment, at: position.offset) }
        guard let record else { throw corrupt(position) }
        return record
    }

    /// Nil if what was read does not match its checksum.
    private static func record(in segment: Segment, at offset: Int) throws(StorageError) -> Record? {
        let guess = min(segment.end - offset, 2048)
        var bytes = try segment.file.read(at: offset, count: guess)
        guard let head = segment.format.head(bytes, at: 0, offset: offset) else { return nil }
        let missing = RecordFormat.headerSize + head.length - bytes.count
        if missing > 0 { bytes += try segment.file.read(at: offset + bytes.count, count: missing) }
        guard segment.format.payloadMatches(head, bytes, at: 0) else { return nil }
        return Record(kind: head.kind, payload: Array(bytes[RecordFormat.headerSize..<(RecordFormat.headerSize + head.length)]))
    }

    /// The first bytes of such a record's payload, at most `count`. They are not held against the record's checksum, which is of all of it: for
    /// what proves itself otherwise.
    public func readBeginning(of position: LogPosition, count: Int) throws(StorageError) -> [UInt8] {
        guard let segment = segment(position.segment), position.offset >= SegmentHeader.size, position.offset < segment.end else {
            throw .noRecord(path: directory, position: position.rawValue)
        }
        let bytes = try segment.file.read(
            at: position.offset, count: min(segment.end - position.offset, RecordFormat.headerSize + max(0, count)))
        guard let head = segment.format.head(bytes, at: 0, offset: position.offset) else { throw corrupt(position) }
        return Array(bytes.dropFirst(RecordFormat.headerSize).prefix(head.length))
    }

    /// The committed records from a position on, in order.
    public func scan(from position: LogPosition = .start) -> LogCursor {
        LogCursor(log: self, position: max(position, first))
    }

    /// Removes the segments all of whose records lie before `position`. The segment that holds `position`, and the last one, stay.
    public func removeSegments(before position: LogPosition) throws(StorageError) {
        let doomed = committed.withLock { committed -> Range<UInt32> in
            let end = max(committed.first, min(position.segment, committed.last))
            let doomed = committed.first..<end
            for number in doomed { committed.segments[number] = nil }
            committed.first = end
            return doomed
        }
        if doomed.isEmpty { return }
        for number in doomed { try disk.remove(Self.path(directory, number)) }
        try disk.syncDirectory(directory)
    }

    static func path(_ directory: String, _ number: UInt32) -> String {
        "\(directory)/\(paddedDecimal(number, width: 10)).segment"
    }

    func corrupt(_ position: LogPosition) -> StorageError {
        .corrupt(file: Self.path(directory, position.segment), offset: position.offset, hint: LogOpening.repairHint)
    }

    func segment(_ number: UInt32) -> Segment? {
        committed.withLock { $0.segments[number] }
    }

    /// The number of the segment after `number` that readers may enter, if any.
    func successor(of number: UInt32) -> UInt32? {
        committed.withLock { number < $0.last ? number + 1 : nil }
    }

    private func checkHealth(_ writer: Writer) throws(StorageError) {
        if let failure = writer.failure { throw .poisoned(path: directory, cause: failure) }
    }

    /// Runs `body`; if it throws, no later write will be accepted.
    private func guarding(_ writer: inout Writer, _ body: (inout Writer) throws(StorageError) -> Void) throws(StorageError) {
        do throws(StorageError) {
            try body(&writer)
        } catch {
            writer.failure = error.description
            throw error
        }
    }

    private func write(_ writer: inout Writer) throws(StorageError) {
        if writer.buffer.isEmpty { return }
        try writer.file.write(writer.buffer, at: writer.written)
        writer.written += writer.buffer.count
        writer.buffer.removeAll(keepingCapacity: true)
    }

    private func sync(_ writer: inout Writer) throws(StorageError) {
        if writer.synced == writer.written { return }
        try writer.file.sync()
        writer.synced = writer.written
    }

    private func publish(_ writer: Writer) {
        committed.withLock { $0.segments[writer.number]?.end = writer.written }
    }

    /// Ends the current segment durably and begins the next.
    private func roll(_ writer: inout Writer) throws(StorageError) {
        try write(&writer)
        try sync(&writer)
        guard writer.number < .max else { throw .wrongSize(path: directory, bytes: Int(writer.number), limit: Int(UInt32.max)) }
        let header = SegmentHeader(number: writer.number + 1, salt: disk.salt(), previousEnd: UInt64(writer.written))
        let path = Self.path(directory, header.number)
        try disk.replace(path, with: header.bytes)
        publish(writer)
        writer.file = try disk.open(path)
        writer.number = header.number
        writer.format = RecordFormat(salt: header.salt)
        writer.written = SegmentHeader.size
        writer.synced = SegmentHeader.size
        let segment = Segment(file: writer.file, format: writer.format, end: writer.written)
        committed.withLock { committed in
            committed.segments[header.number] = segment
            committed.last = header.number
        }
    }
}
