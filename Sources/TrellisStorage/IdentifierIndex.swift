// An exact map from 32-byte identifiers to numbers that only grows, in bounded memory: a table in memory, sorted runs on disk, merges of eight. It is derived from
// the log, so that it syncs seldom and may always be rebuilt.

import Synchronization

/// A persistent map from identifiers to values that never decrease, for instance the number of the log entry that holds the identifier.
///
/// After a crash it knows every identifier with a value below `coveredUpTo`, and perhaps that one's: the owner inserts again from there (inserting twice
/// is harmless). One owner inserts; any task may look up; `maintain` may run in a task of its own beside both.
public final class IdentifierIndex: Sendable {
    /// Runs of one level that a merge takes together.
    static let fanIn = 8
    /// Full tables that may wait to be written before `insert` writes them itself.
    private static let sealedMax = 4
    /// Runs beyond which `insert` merges itself, if nobody else does.
    private static let runsMax = 64

    /// What lookups use beside the table in memory; never changed, only replaced.
    final class Tables: Sendable {
        /// Full tables not yet on disk, newest first.
        let sealed: [[IndexKey: UInt64]]
        /// Newest first.
        let runs: [IndexRun]

        init(sealed: [[IndexKey: UInt64]], runs: [IndexRun]) {
            self.sealed = sealed
            self.runs = runs
        }
    }

    private struct State {
        var memory: [IndexKey: UInt64] = [:]
        var greatest: UInt64?
        var tables: Tables
    }

    private let disk: any Disk
    private let directory: String
    private let memoryItems: Int
    // Taken in this order: flushing or merging, then manifest, then state. Only state is ever held while a lookup waits, and never during I/O.
    private let flushing = Mutex(())
    private let merging = Mutex(())
    private let manifest: Mutex<IndexManifest>
    private let state: Mutex<State>

    /// Opens the index in `directory`, or begins one.
    /// - Parameter memoryItems: how many identifiers are gathered in memory before they go to disk.
    /// - Throws: `corrupt`, with a hint to remove the directory, if its files do not match; `reset` does that.
    public init(disk: any Disk, directory: String, memoryItems: Int = 65_536) throws(StorageError) {
        try disk.createDirectory(directory)
        let path = Self.manifestPath(directory)
        let found =
            try disk.exists(path)
            ? openTwice { () throws(StorageError) in try IndexManifest(disk.contents(path), file: path) } : IndexManifest()
        var runs: [IndexRun] = []
        for info in found.runs {
            do throws(StorageError) {
                let path = Self.path(directory, info.number)
                runs.append(try openTwice { () throws(StorageError) in try IndexRun(disk: disk, path: path, info: info) })
            } catch .missing(let path) {
                throw .corrupt(file: path, offset: 0, hint: IndexRun.rebuildHint)
            }
        }
        // What a crash left half written is in no manifest.
        let known = Set(found.runs.map { Self.path(directory, $0.number) } + [path])
        for name in try disk.list(directory) where !known.contains("\(directory)/\(name)") { try disk.remove("\(directory)/\(name)") }
        self.disk = disk
        self.directory = directory
        self.memoryItems = max(1, memoryItems)
        manifest = Mutex(found)
        state = Mutex(State(greatest: runs.compactMap(\.info.greatestKept).max(), tables: Tables(sealed: [], runs: runs)))
    }

    /// Removes an index, for one that is to be rebuilt.
    public static func reset(disk: any Disk, directory: String) throws(StorageError) {
        try disk.remove(manifestPath(directory))
        try disk.syncDirectory(directory)
        for name in try disk.list(directory) { try disk.remove("\(directory)/\(name)") }
    }

    /// The greatest value on disk: every identifier inserted with a smaller value is there. Nil if none is.
    public var coveredUpTo: UInt64? {
        tables.runs.compactMap(\.info.greatestKept).max()
    }

    /// The value of the identifier, or nil.
    public func lookup(_ key: IndexKey) throws(StorageError) -> UInt64? {
        let (found, tables) = state.withLock { ($0.memory[key], $0.tables) }
        if let found { return found }
        for sealed in tables.sealed {
            if let value = sealed[key] { return value }
        }
        if tables.runs.isEmpty { return nil }
        let hash = key.filterHash
        for run in tables.runs {
            if let value = try run.lookup(key, hash) { return value }
        }
        return nil
    }

    /// Adds an identifier. When its table is full and `maintain` lags behind, writes tables to disk itself; if that fails it throws, the identifier
    /// being in the index all the same.
    /// - Throws: `regression` for a value smaller than one inserted before, or `UInt64.max`.
    public func insert(_ key: IndexKey, _ value: UInt64) throws(StorageError) {
        let sealed = try state.withLock { state throws(StorageError) -> Int? in
            guard value >= state.greatest ?? 0, value < .max else {
                throw .regression(path: directory, current: "value \(state.greatest ?? 0)", offered: "value \(value)")
            }
            state.greatest = value
            state.memory[key] = value
            if state.memory.count < memoryItems { return nil }
            Self.seal(&state)
            return state.tables.sealed.count
        }
        guard let sealed, sealed >= Self.sealedMax else { return }
        try flushSealed()
        if tables.runs.count > Self.runsMax {
            try merging.withLockIfAvailable { _ throws(StorageError) in
                while try mergeOnce() {}
            }
        }
    }

    /// Makes everything inserted so far durable.
    public func flush() throws(StorageError) {
        state.withLock { if !$0.memory.isEmpty { Self.seal(&$0) } }
        try flushSealed()
    }

    /// Writes the full tables that wait, then merges once if there is something to merge. Returns whether there may be more to do. To be called now and
    /// then, best from a task beside the owner's; lookups and inserts go on meanwhile.
    @discardableResult
    public func maintain() throws(StorageError) -> Bool {
        try flushSealed()
        return try merging.withLock { _ throws(StorageError) in try mergeOnce() }
    }

    /// Forgets every identifier whose value is `value` or greater, durably: the owner went back to a snapshot. Not beside other calls.
    public func truncate(from value: UInt64) throws(StorageError) {
        try publish { runs in
            runs.filter { $0.info.least < value }.map { $0.info.greatest >= value ? $0.capped(at: value) : $0 }
        } memory: { state in
            state.memory = state.memory.filter { $0.value < value }
            let sealed = state.tables.sealed.map { $0.filter { $0.value < value } }
            state.greatest = state.greatest.flatMap { value == 0 ? nil : min($0, value - 1) }
            return sealed
        }
    }

    /// Runs on disk, newest first.
    var runs: [IndexRunInfo] { tables.runs.map(\.info) }

    private var tables: Tables { state.withLock { $0.tables } }

    private static func path(_ directory: String, _ number: UInt64) -> String { "\(directory)/\(paddedDecimal(number, width: 12)).run" }
    private static func manifestPath(_ directory: String) -> String { "\(directory)/MANIFEST" }

    private static func seal(_ state: inout State) {
        state.tables = Tables(sealed: [state.memory] + state.tables.sealed, runs: state.tables.runs)
        state.memory = [:]
    }

    /// Writes the waiting tables, oldest first, so that what is on disk is always a prefix of what was inserted.
    private func flushSealed() throws(StorageError) {
        try flushing.withLock { _ throws(StorageError) in
            while let oldest = tables.sealed.last {
                var writer = try beginRun(level: 0, capacity: max(1, oldest.count))
                for (key, value) in oldest.sorted(by: { $0.key < $1.key }) { try writer.append(key, value) }
                let run = try writer.finish()
                try publish { runs in
                    (run.map { [$0] } ?? []) + runs
                } memory: {
                    $0.tables.sealed.dropLast()
                }
            }
        }
    }

    /// Merges the oldest runs of the lowest level that has enough of them; false if none has. Called with `merging` held.
    private func mergeOnce() throws(StorageError) -> Bool {
        let runs = tables.runs
        let counts = Dictionary(grouping: runs, by: \.info.level)
        guard let level = counts.filter({ $0.value.count >= Self.fanIn }).keys.min(), level < .max,
            let chosen = counts[level]?.suffix(Self.fanIn)
        else { return false }
        let capacity = chosen.reduce(0) { $0 + Int(clamping: $1.info.count) }
        var writer = try beginRun(level: level + 1, capacity: capacity)
        var merge = try IndexMerge(Array(chosen))
        while let (key, value) = try merge.next() { try writer.append(key, value) }
        let merged = try writer.finish()
        let numbers = Set(chosen.map(\.info.number))
        try publish { runs in
            // Newer runs may have come meanwhile; the place of the merged ones is still theirs.
            guard let place = runs.firstIndex(where: { numbers.contains($0.info.number) }) else { return runs }
            var after = runs.filter { !numbers.contains($0.info.number) }
            if let merged { after.insert(merged, at: place) }
            return after
        } memory: {
            $0.tables.sealed
        }
        return true
    }

    private func beginRun(level: UInt8, capacity: Int) throws(StorageError) -> IndexRunWriter {
        let number = manifest.withLock { manifest in
            defer { manifest.nextNumber &+= 1 }
            return manifest.nextNumber
        }
        return try IndexRunWriter(disk: disk, path: Self.path(directory, number), number: number, level: level, capacity: capacity)
    }

    /// Replaces the runs, durably first and then for lookups, and removes the files of those no longer used.
    /// - Parameter memory: changes what is in memory along with it; returns the tables that still wait.
    private func publish(_ change: ([IndexRun]) -> [IndexRun], memory: (inout State) -> [[IndexKey: UInt64]]) throws(StorageError) {
        try manifest.withLock { manifest throws(StorageError) in
            let before = tables.runs
            let after = change(before)
            var next = manifest
            next.runs = after.map(\.info)
            try disk.replace(Self.manifestPath(directory), with: next.bytes)
            manifest = next
            state.withLock { state in
                let sealed = memory(&state)
                state.tables = Tables(sealed: sealed, runs: after)
            }
            let kept = Set(after.map(\.info.number))
            for run in before where !kept.contains(run.info.number) { try disk.remove(Self.path(directory, run.info.number)) }
        }
    }
}
