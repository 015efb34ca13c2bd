// The simulated disk: a directory tree in memory whose power can fail, which can be full, fail a sync, or rot. For simulators and tests; seeded, so that a failure is found again.

import Synchronization

/// A disk in memory that forgets, on `crash()`, what was not synced: whole writes, their tails, or any of their sectors.
public final class SimulatedDisk: Disk {
    /// The unit that a crash keeps or loses whole, in bytes.
    public static let sectorBytes = 512

    let state: Mutex<SimulatedState>

    /// - Parameters:
    ///   - seed: decides what survives a crash.
    ///   - quota: the most bytes all files may take together.
    public init(seed: UInt64 = 0, quota: Int = .max) {
        state = Mutex(SimulatedState(random: SplitMix64(state: seed), quota: quota))
    }

    /// The power fails: what was synced stays, and of the rest whatever the seed says. Files open before answer no more.
    ///
    /// - Returns: the writes of which it shows now that they went astray.
    @discardableResult
    public func crash() -> [StrayWrite] {
        state.withLock { $0.crash() }
    }

    /// Lets the power fail at the `count`-th write, sync, truncation, replacement or removal from now: it, and everything after it, throws until `crash()`.
    public func failPower(afterOperations count: Int) {
        state.withLock { $0.operationsLeft = count }
    }

    /// Makes the next sync of a file fail, as a dying disk does.
    public func failNextSync() {
        state.withLock { $0.failsNextSync = true }
    }

    /// Makes room, and lets syncs succeed again.
    public func mend() {
        state.withLock {
            $0.quota = .max
            $0.failsNextSync = false
        }
    }

    /// Sets the most bytes all files may take together.
    public func setQuota(_ bytes: Int) {
        state.withLock { $0.quota = bytes }
    }

    /// The bytes that all files take together.
    public var used: Int { state.withLock { $0.used } }

    /// Inverts one bit of the byte at `offset`, durably. Does nothing beyond the end of the file.
    public func rot(_ path: String, at offset: Int, bit: Int = 0) {
        state.withLock { $0.rot(path, at: offset, mask: 1 << UInt8(bit & 7)) }
    }

    /// Cuts a file at `size` bytes, durably, as a careless hand does.
    public func cut(_ path: String, to size: Int) {
        state.withLock { $0.cut(path, to: size) }
    }

    public func createDirectory(_ path: String) throws(StorageError) {}

    public func list(_ directory: String) throws(StorageError) -> [String] {
        try state.withLock { state throws(StorageError) in
            try state.checkPower(directory, "list")
            let prefix = directory.isEmpty ? "" : directory + "/"
            return state.names.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
                .filter { !$0.contains("/") }.sorted()
        }
    }

    public func exists(_ path: String) throws(StorageError) -> Bool {
        try state.withLock { state throws(StorageError) in
            try state.checkPower(path, "look-up")
            return state.names[path] != nil
        }
    }

    public func open(_ path: String) throws(StorageError) -> any DiskFile {
        let (number, generation) = try state.withLock { state throws(StorageError) in
            try state.checkPower(path, "open")
            guard let number = state.names[path] else { throw StorageError.missing(path: path) }
            return (number, state.generation)
        }
        return SimulatedFile(path: path, disk: self, number: number, generation: generation)
    }

    public func replace(_ path: String, with bytes: [UInt8]) throws(StorageError) {
        try state.withLock { state throws(StorageError) in
            try state.spendOperation(path, "replace")
            try state.replace(path, with: bytes)
        }
    }

    public func remove(_ path: String) throws(StorageError) {
        try state.withLock { state throws(StorageError) in
            try state.spendOperation(path, "remove")
            guard let number = state.names.removeValue(forKey: path) else { return }
            state.used -= state.files[number]?.current.count ?? 0
        }
    }

    public func syncDirectory(_ path: String) throws(StorageError) {
        try state.withLock { state throws(StorageError) in
            try state.spendOperation(path, "sync")
            state.durableNames = state.names
        }
    }

    public func salt() -> UInt64 {
        state.withLock { $0.random.next() }
    }

    /// Runs `body` on the file behind a handle, refusing handles from before a crash.
    fileprivate func withFile<Result: Sendable>(
        _ handle: SimulatedFile, _ operation: String, changes: Bool,
        _ body: (inout SimulatedState, inout SimulatedContents) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        try state.withLock { state throws(StorageError) in
            // A write during which the power fails still reaches the cache, so that the crash may tear it.
            let tears = operation == "write" && state.operationsLeft == 1
            if changes && !tears { try state.spendOperation(handle.path, operation) } else { try state.checkPower(handle.path, operation) }
            guard handle.generation == state.generation, var file = state.files.removeValue(forKey: handle.number) else {
                throw StorageError.inputOutput(path: handle.path, operation: operation, code: 5, message: "opened before a crash")
            }
            defer { state.files[handle.number] = file }
            let result = try body(&state, &file)
            if tears { try state.spendOperation(handle.path, operation) }
            return result
        }
    }
}

/// A handle on one simulated file.
private final class SimulatedFile: DiskFile {
    let path: String
    let number: Int
    let generation: Int
    private let disk: SimulatedDisk

    init(path: String, disk: SimulatedDisk, number: Int, generation: Int) {
        self.path = path
        self.disk = disk
        self.number = number
        self.generation = generation
    }

    func size() throws(StorageError) -> Int {
        try disk.withFile(self, "stat", changes: false) { _, file in file.current.count }
    }

    func read(at offset: Int, count: Int) throws(StorageError) -> [UInt8] {
        let path = path
        return try disk.withFile(self, "read", changes: false) { state, file in
            let start = min(max(0, offset), file.current.count)
            var bytes = Array(file.current[start..<min(file.current.count, start + max(0, count))])
            state.flipRead(&bytes, of: path)
            return bytes
        }
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) {
        let path = path
        try disk.withFile(self, "write", changes: true) { state, file throws(StorageError) in
            let room = state.quota - state.used
            let grows = max(0, offset + bytes.count - file.current.count)
            let fits = grows <= room ? bytes : Array(bytes.prefix(max(0, bytes.count - (grows - room))))
            let before = file.current.count
            state.noteWrite(fits, at: offset, of: file, path)
            file.write(fits, at: offset)
            state.used += file.current.count - before
            if fits.count < bytes.count { throw .diskFull(path: path) }
        }
    }

    func sync() throws(StorageError) {
        let path = path
        try disk.withFile(self, "sync", changes: true) { state, file throws(StorageError) in
            if state.failsNextSync {
                state.failsNextSync = false
                throw .inputOutput(path: path, operation: "sync", code: 5, message: "input/output error")
            }
            file.sync()
        }
    }

    func truncate(to size: Int) throws(StorageError) {
        try disk.withFile(self, "truncate", changes: true) { state, file in
            state.used -= max(0, file.current.count - size)
            file.truncate(to: size)
        }
    }
}
