// An append-only array of items of one size in one file: Merkle levels, offsets. Its contents are derived, so it is synced at snapshots and not at every commit.

import Synchronization

/// A growing array of fixed-size items.
///
/// After a crash, items appended since the last `sync` may be missing or wrong: the owner cuts the array at the count that its snapshot recorded
/// (`truncate(count:)`) and appends the rest again. One owner appends; any task may read.
public final class FixedArrayFile: Sendable {
    /// Header: `TRLSFIXD`, version u32, item size u32, zeros, crc u32.
    private static let headerSize = 64
    private static let header = FileHeader(kind: "FIXD", version: 1)
    private static let bufferBytesMax = 256 << 10

    private struct State {
        var flushedCount: UInt64
        /// Items that follow the flushed ones.
        var buffer: [UInt8] = []
        var failure: String?
    }

    /// The size of an item in bytes.
    public let itemSize: Int
    private let file: any DiskFile
    private let state: Mutex<State>

    /// Opens the array at `path`, or begins an empty one.
    /// - Throws: `corrupt` for a damaged header or another item size, `foreignFormat`, `newerFormat`.
    public init(disk: any Disk, path: String, itemSize: Int) throws(StorageError) {
        guard itemSize > 0, itemSize <= 1 << 20 else { throw .wrongSize(path: path, bytes: itemSize, limit: 1 << 20) }
        if try !disk.exists(path) { try disk.replace(path, with: Self.headerBytes(itemSize)) }
        file = try disk.open(path)
        var found = try file.read(at: 0, count: Self.headerSize)
        if found != Self.headerBytes(itemSize) { found = try file.read(at: 0, count: Self.headerSize) }
        if found != Self.headerBytes(itemSize) {
            try Self.header.check(found, file: path)
            throw .corrupt(file: path, offset: 0, hint: "run `trellis repair --data DIR`: it is derived again from the ledger's entries")
        }
        self.itemSize = itemSize
        state = Mutex(State(flushedCount: UInt64((try file.size() - Self.headerSize) / itemSize)))
    }

    /// How many items there are, with those not flushed.
    public var count: UInt64 {
        state.withLock { $0.flushedCount + UInt64($0.buffer.count / itemSize) }
    }

    /// Appends one item, or several laid end to end. Written to the file when enough have gathered.
    public func append(_ items: [UInt8]) throws(StorageError) {
        guard items.count % itemSize == 0 else { throw .wrongSize(path: file.path, bytes: items.count, limit: itemSize) }
        try state.withLock { state throws(StorageError) in
            try checkHealth(state)
            state.buffer.append(contentsOf: items)
            if state.buffer.count >= Self.bufferBytesMax { try write(&state) }
        }
    }

    /// The item at `index`.
    public func read(_ index: UInt64) throws(StorageError) -> [UInt8] {
        try read(index, count: 1)
    }

    /// `count` items from `index` on, end to end.
    public func read(_ index: UInt64, count: Int) throws(StorageError) -> [UInt8] {
        // The buffered part is copied under the lock; the flushed part never changes.
        let (tail, flushedWanted) = try state.withLock { state throws(StorageError) -> ([UInt8], Int) in
            let total = state.flushedCount + UInt64(state.buffer.count / itemSize)
            guard count >= 0, index <= total, UInt64(count) <= total - index else {
                throw .outOfRange(path: file.path, index: index, count: total)
            }
            let flushedWanted = Int(min(UInt64(count), state.flushedCount - min(index, state.flushedCount)))
            if flushedWanted == count { return ([], count) }
            let start = Int(max(index, state.flushedCount) - state.flushedCount) * itemSize
            return (Array(state.buffer[start..<(start + (count - flushedWanted) * itemSize)]), flushedWanted)
        }
        if flushedWanted == 0 { return tail }
        var items = try file.read(at: offset(of: index), count: flushedWanted * itemSize)
        guard items.count == flushedWanted * itemSize else {
            throw .outOfRange(path: file.path, index: index, count: index + UInt64(items.count / itemSize))
        }
        items.append(contentsOf: tail)
        return items
    }

    /// Writes what is buffered.
    public func flush() throws(StorageError) {
        try state.withLock { state throws(StorageError) in
            try checkHealth(state)
            try write(&state)
        }
    }

    /// Writes what is buffered and makes all items durable.
    public func sync() throws(StorageError) {
        try state.withLock { state throws(StorageError) in
            try checkHealth(state)
            try write(&state)
            try guarding(&state) { _ throws(StorageError) in try file.sync() }
        }
    }

    /// Forgets the items from `count` on; no effect if there are no more than that. Not beside reads of the items forgotten.
    public func truncate(count: UInt64) throws(StorageError) {
        try state.withLock { state throws(StorageError) in
            try checkHealth(state)
            try write(&state)
            if count >= state.flushedCount { return }
            try guarding(&state) { _ throws(StorageError) in try file.truncate(to: offset(of: count)) }
            state.flushedCount = count
        }
    }

    private func offset(of index: UInt64) -> Int {
        Self.headerSize + Int(index) * itemSize
    }

    private func checkHealth(_ state: State) throws(StorageError) {
        if let failure = state.failure { throw .poisoned(path: file.path, cause: failure) }
    }

    private func write(_ state: inout State) throws(StorageError) {
        if state.buffer.isEmpty { return }
        try guarding(&state) { state throws(StorageError) in
            try file.write(state.buffer, at: offset(of: state.flushedCount))
        }
        state.flushedCount += UInt64(state.buffer.count / itemSize)
        state.buffer.removeAll(keepingCapacity: true)
    }

    private func guarding(_ state: inout State, _ body: (inout State) throws(StorageError) -> Void) throws(StorageError) {
        do throws(StorageError) {
            try body(&state)
        } catch {
            state.failure = error.description
            throw error
        }
    }

    private static func headerBytes(_ itemSize: Int) -> [UInt8] {
        var bytes = header.bytes
        bytes.append(littleEndian: UInt32(truncatingIfNeeded: itemSize))
        bytes.append(contentsOf: repeatElement(0, count: headerSize - 4 - bytes.count))
        bytes.appendChecksum()
        return bytes
    }
}
