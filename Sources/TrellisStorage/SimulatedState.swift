// What the simulated disk remembers, and what a crash leaves of it. Only SimulatedDisk touches it, under its lock.

/// A small seeded generator (Steele, Lea, Flood: SplitMix64).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

/// One file: what a reader sees, and the changes since what would survive a crash for sure, with what undoes them. Appending and syncing copy
/// nothing that was there.
struct SimulatedContents {
    enum Change {
        case write(offset: Int, bytes: [UInt8])
        case truncate(size: Int)
    }

    /// What a change replaced: bytes from `offset` on, in a file of so many.
    private struct Undo {
        let offset: Int
        let bytes: [UInt8]
        let size: Int
    }

    private(set) var current: [UInt8] = []
    private var pending: [Change] = []
    private var undoing: [Undo] = []

    init(durable: [UInt8] = []) { current = durable }

    /// How many bytes from the beginning are as they would be after a crash, where nothing is written over.
    var durableCount: Int { undoing.first?.size ?? current.count }

    mutating func write(_ bytes: [UInt8], at offset: Int) {
        let replaced = min(offset, current.count)..<min(offset + bytes.count, current.count)
        undoing.append(Undo(offset: offset, bytes: Array(current[replaced]), size: current.count))
        pending.append(.write(offset: offset, bytes: bytes))
        Self.put(bytes, at: offset, into: &current)
    }

    mutating func truncate(to size: Int) {
        let kept = min(max(0, size), current.count)
        undoing.append(Undo(offset: kept, bytes: Array(current[kept...]), size: current.count))
        pending.append(.truncate(size: size))
        current.removeLast(current.count - kept)
    }

    mutating func sync() {
        pending = []
        undoing = []
    }

    mutating func changeDurably(_ body: (inout [UInt8]) -> Void) {
        sync()
        body(&current)
    }

    /// What was there at the last sync.
    private func durable() -> [UInt8] {
        var bytes = current
        for undo in undoing.reversed() {
            bytes.removeLast(max(0, bytes.count - undo.size))
            Self.put(undo.bytes, at: undo.offset, into: &bytes)
        }
        return bytes
    }

    /// Keeps of the unsynced changes what `random` says: none, all, a prefix cut at any byte, or any subset of the sectors written.
    mutating func crash(_ random: inout SplitMix64) {
        var durable = durable()
        let total = pending.reduce(0) { sum, change in
            if case .write(_, let bytes) = change { sum + bytes.count } else { sum }
        }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: break
        case 1: keepPrefix(total, of: &durable)
        case 2: keepPrefix(Int.random(in: 0...total, using: &random), of: &durable)
        default: keepSomeSectors(&random, of: &durable)
        }
        sync()
        current = durable
    }

    /// Keeps the first `budget` bytes written, and the truncations among them.
    private func keepPrefix(_ budget: Int, of durable: inout [UInt8]) {
        var budget = budget
        for change in pending {
            if case .write(let offset, let bytes) = change {
                Self.put(Array(bytes.prefix(budget)), at: offset, into: &durable)
                budget -= min(budget, bytes.count)
            } else if budget > 0, case .truncate(let size) = change {
                durable.removeLast(max(0, durable.count - size))
            }
        }
    }

    /// Keeps whole sectors as they are now; a sector that is not kept stays as it was, or is zeros beyond the old end.
    private func keepSomeSectors(_ random: inout SplitMix64, of durable: inout [UInt8]) {
        var sectors: Set<Int> = []
        for case .write(let offset, let bytes) in pending where !bytes.isEmpty {
            sectors.formUnion((offset / SimulatedDisk.sectorBytes)...((offset + bytes.count - 1) / SimulatedDisk.sectorBytes))
        }
        for sector in sectors.sorted() where Bool.random(using: &random) {
            let start = sector * SimulatedDisk.sectorBytes
            let end = min(current.count, start + SimulatedDisk.sectorBytes)
            if start < end { Self.put(Array(current[start..<end]), at: start, into: &durable) }
        }
    }

    private static func put(_ bytes: [UInt8], at offset: Int, into target: inout [UInt8]) {
        if bytes.isEmpty { return }
        if offset == target.count { return target.append(contentsOf: bytes) }
        let end = offset + bytes.count
        if target.count < end { target.append(contentsOf: repeatElement(0, count: end - target.count)) }
        target.replaceSubrange(offset..<end, with: bytes)
    }
}

/// The whole disk.
struct SimulatedState {
    var random: SplitMix64
    var quota: Int
    var used = 0
    var files: [Int: SimulatedContents] = [:]
    var names: [String: Int] = [:]
    var durableNames: [String: Int] = [:]
    var generation = 0
    var operationsLeft: Int?
    var failsNextSync = false
    var silent = SilentFaults()
    private var nextFile = 0

    init(random: SplitMix64, quota: Int) {
        self.random = random
        self.quota = quota
    }

    mutating func replace(_ path: String, with bytes: [UInt8]) throws(StorageError) {
        // Old and new stand side by side for a moment, as on a real disk.
        guard bytes.count <= quota - used else { throw .diskFull(path: path) }
        if let old = names[path] { used -= files[old]?.current.count ?? 0 }
        nextFile += 1
        files[nextFile] = SimulatedContents(durable: bytes)
        names[path] = nextFile
        durableNames[path] = nextFile
        used += bytes.count
    }

    func checkPower(_ path: String, _ operation: String) throws(StorageError) {
        if operationsLeft == 0 { throw .inputOutput(path: path, operation: operation, code: 5, message: "the power is off") }
    }

    mutating func spendOperation(_ path: String, _ operation: String) throws(StorageError) {
        if let left = operationsLeft, left > 0 { operationsLeft = left - 1 }
        try checkPower(path, operation)
    }

    mutating func crash() -> [StrayWrite] {
        generation += 1
        operationsLeft = nil
        failsNextSync = false
        silent.readsLeft = nil
        silent.writesLeft = nil
        // A removal that was not synced may or may not have reached the disk.
        for path in durableNames.keys.sorted() where names[path] == nil {
            if Bool.random(using: &random) { names[path] = durableNames[path] }
        }
        durableNames = names
        let live = Set(names.values)
        files = files.filter { live.contains($0.key) }
        used = 0
        for number in files.keys.sorted() {
            files[number]?.crash(&random)
            used += files[number]?.current.count ?? 0
        }
        return showStrayWrite()
    }

    mutating func rot(_ path: String, at offset: Int, mask: UInt8) {
        guard let number = names[path] else { return }
        files[number]?.changeDurably { bytes in
            if bytes.indices.contains(offset) { bytes[offset] ^= mask }
        }
    }

    mutating func cut(_ path: String, to size: Int) {
        guard let number = names[path] else { return }
        files[number]?.changeDurably { bytes in bytes.removeLast(max(0, bytes.count - size)) }
        used = names.values.reduce(0) { $0 + (files[$1]?.current.count ?? 0) }
    }

    mutating func restore(_ copy: [String: [UInt8]], keeping kept: Set<String>) {
        generation += 1
        names = names.filter { kept.contains($0.key) }
        for (path, bytes) in copy.sorted(by: { $0.key < $1.key }) where !kept.contains(path) {
            nextFile += 1
            files[nextFile] = SimulatedContents(durable: bytes)
            names[path] = nextFile
        }
        durableNames = names
        let live = Set(names.values)
        files = files.filter { live.contains($0.key) }
        for number in files.keys { files[number]?.sync() }
        used = files.values.reduce(0) { $0 + $1.current.count }
    }
}
