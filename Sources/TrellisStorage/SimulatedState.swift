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

/// One file: what a reader sees, what would survive a crash for sure, and the changes between the two.
struct SimulatedContents {
    enum Change {
        case write(offset: Int, bytes: [UInt8])
        case truncate(size: Int)
    }

    var current: [UInt8] = []
    private var durable: [UInt8] = []
    private var pending: [Change] = []

    init(durable: [UInt8] = []) {
        self.durable = durable
        current = durable
    }

    mutating func write(_ bytes: [UInt8], at offset: Int) {
        Self.put(bytes, at: offset, into: &current)
        pending.append(.write(offset: offset, bytes: bytes))
    }

    mutating func truncate(to size: Int) {
        current.removeLast(max(0, current.count - size))
        pending.append(.truncate(size: size))
    }

    mutating func sync() {
        for change in pending { apply(change) }
        pending = []
    }

    mutating func changeDurably(_ body: (inout [UInt8]) -> Void) {
        sync()
        body(&durable)
        current = durable
    }

    /// Keeps of the unsynced changes what `random` says: none, all, a prefix cut at any byte, or any subset of the sectors written.
    mutating func crash(_ random: inout SplitMix64) {
        let total = pending.reduce(0) { sum, change in
            if case .write(_, let bytes) = change { sum + bytes.count } else { sum }
        }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: break
        case 1: keepPrefix(total)
        case 2: keepPrefix(Int.random(in: 0...total, using: &random))
        default: keepSomeSectors(&random)
        }
        pending = []
        current = durable
    }

    /// Keeps the first `budget` bytes written, and the truncations among them.
    private mutating func keepPrefix(_ budget: Int) {
        var budget = budget
        for change in pending {
            if case .write(let offset, let bytes) = change {
                apply(.write(offset: offset, bytes: Array(bytes.prefix(budget))))
                budget -= min(budget, bytes.count)
            } else if budget > 0 {
                apply(change)
            }
        }
    }

    /// Keeps whole sectors as they are now; a sector that is not kept stays as it was, or is zeros beyond the old end.
    private mutating func keepSomeSectors(_ random: inout SplitMix64) {
        var sectors: Set<Int> = []
        for case .write(let offset, let bytes) in pending where !bytes.isEmpty {
            sectors.formUnion((offset / SimulatedDisk.sectorBytes)...((offset + bytes.count - 1) / SimulatedDisk.sectorBytes))
        }
        for sector in sectors.sorted() where Bool.random(using: &random) {
            let start = sector * SimulatedDisk.sectorBytes
            let end = min(current.count, start + SimulatedDisk.sectorBytes)
            if start < end { apply(.write(offset: start, bytes: Array(current[start..<end]))) }
        }
    }

    private mutating func apply(_ change: Change) {
        switch change {
        case .write(let offset, let bytes): Self.put(bytes, at: offset, into: &durable)
        case .truncate(let size): durable.removeLast(max(0, durable.count - size))
        }
    }

    private static func put(_ bytes: [UInt8], at offset: Int, into target: inout [UInt8]) {
        if bytes.isEmpty { return }
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

    mutating func crash() {
        generation += 1
        operationsLeft = nil
        failsNextSync = false
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
}
