// Reading a log in order, a megabyte at a time. It never writes.

/// A place in a log from which committed records are read one after the other.
public struct LogCursor: Sendable {
    private static let chunkBytes = 1 << 20

    private let log: SegmentLog
    private var position: LogPosition
    private var chunk: [UInt8] = []
    /// Where `chunk` begins.
    private var chunkPosition: LogPosition

    init(log: SegmentLog, position: LogPosition) {
        self.log = log
        self.position = position
        chunkPosition = position
    }

    /// The next record and its position; nil at the end of what is committed (later, more may be).
    /// - Throws: `corrupt` if it no longer matches its checksum, `noRecord` if its segment was removed meanwhile.
    public mutating func next() throws(StorageError) -> (position: LogPosition, record: Record)? {
        guard let segment = try currentSegment() else { return nil }
        var record = try record(segment)
        if record == nil {
            chunk = []
            chunkPosition = position
            record = try self.record(segment)
        }
        guard let record else { throw log.corrupt(position) }
        let found = position
        position = LogPosition(segment: position.segment, offset: position.offset + RecordFormat.headerSize + record.payload.count)
        return (found, record)
    }

    /// The record at the position; nil if what was read does not match its checksum.
    private mutating func record(_ segment: SegmentLog.Segment) throws(StorageError) -> Record? {
        try fill(segment, RecordFormat.headerSize)
        guard let head = segment.format.head(chunk, at: index, offset: position.offset) else { return nil }
        try fill(segment, RecordFormat.headerSize + head.length)
        guard segment.format.payloadMatches(head, chunk, at: index) else { return nil }
        let start = index + RecordFormat.headerSize
        return Record(kind: head.kind, payload: Array(chunk[start..<(start + head.length)]))
    }

    private var index: Int { position.offset - chunkPosition.offset }

    /// The segment that holds the position, stepping over the ends of segments; nil at the end of the log.
    private mutating func currentSegment() throws(StorageError) -> SegmentLog.Segment? {
        while true {
            guard let segment = log.segment(position.segment) else {
                throw .noRecord(path: log.directory, position: position.rawValue)
            }
            if position.offset < segment.end { return segment }
            guard let next = log.successor(of: position.segment) else { return nil }
            // The end may have moved just before the roll: look again before leaving.
            if let closed = log.segment(position.segment), position.offset < closed.end { return closed }
            position = LogPosition(segment: next, offset: SegmentHeader.size)
            chunk = []
            chunkPosition = position
        }
    }

    /// Makes the chunk hold `count` bytes from the position on, unless the segment ends before.
    private mutating func fill(_ segment: SegmentLog.Segment, _ count: Int) throws(StorageError) {
        if chunk.count - index >= count { return }
        let wanted = min(max(count, Self.chunkBytes), segment.end - position.offset)
        chunk = try segment.file.read(at: position.offset, count: wanted)
        chunkPosition = position
    }
}
