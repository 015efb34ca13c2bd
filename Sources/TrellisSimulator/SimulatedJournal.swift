// What a simulated validator has on disk: blocks and commits in order, and the high-water mark. What was stored but not synced when the
// validator crashes is lost from some point on, as with a torn tail; where disks are to fail, the store of a node writes it to one that does.

import TrellisConsensus
import TrellisCrypto
import TrellisModel

struct SimulatedJournal {
    enum Entry {
        case block(Block)
        case commit(Commit)
    }

    private(set) var entries: [Entry] = []
    private var synced = 0
    private var highWater: Round = 0
    private(set) var isAmnesic: Bool
    private var positions: [BlockReference: Int] = [:]
    private var rounds: [Round: [BlockReference]] = [:]
    private var highestRound: Round = 0

    /// Where the entries are written to, if they are; else memory plays the disk.
    private var disk: JournalDisk?
    /// Why nothing can be written any more.
    private(set) var failure: String?

    /// - Parameter isAmnesic: whether a journal was here before, of which nothing is left.
    init(disk: JournalDisk? = nil, isAmnesic: Bool = false) {
        self.disk = disk
        self.isAmnesic = isAmnesic
    }

    var count: Int { entries.count }
    var markedRound: Round { highWater }

    mutating func store(_ block: Block) {
        note(block, at: entries.count)
        append(.block(block))
    }

    mutating func store(_ commit: Commit) { append(.commit(commit)) }

    private mutating func append(_ entry: Entry) {
        entries.append(entry)
        write { try $0.append(entry) }
    }

    mutating func sync() {
        write { try $0.sync() }
        if failure == nil { synced = entries.count }
    }

    private mutating func write(_ body: (inout JournalDisk) throws -> Void) {
        guard failure == nil, var own = disk.take() else { return }
        defer { disk = own }
        do {
            try body(&own)
        } catch {
            failure = "\(error)"
        }
    }

    func mend() { disk?.mend() }

    /// Lets something go wrong with the disk; false where memory plays it.
    mutating func trouble(_ trouble: JournalDisk.Trouble, _ random: inout SimulationRandom) -> Bool {
        disk?.trouble(trouble, &random) != nil
    }

    /// Durable at once, as the real mark is. False when it would go backwards.
    mutating func mark(_ round: Round) -> Bool {
        guard round >= highWater else { return false }
        var isHigher = true
        write { isHigher = try $0.advance(to: round) }
        if isHigher, failure == nil { highWater = round }
        return isHigher
    }

    /// The mark begins anew.
    mutating func recall(upTo round: Round) {
        write { _ = try $0.advance(to: round) }
        guard failure == nil else { return }
        highWater = max(highWater, round)
        isAmnesic = false
    }

    /// Loses all that was not synced but a part from its beginning.
    ///
    /// - Parameter isDamaged: what was synced is damaged somewhere, and was cut there. The mark has a file of its own, and stays.
    /// - Returns: what should not have happened to the disk.
    @discardableResult
    mutating func crash(_ random: inout SimulationRandom, isDamaged: Bool = false) -> [String] {
        failure = nil
        if disk != nil { return crashDisk(&random, isDamaged) }
        let kept = random.chance(permille: 500) ? 0 : random.below(entries.count - synced + 1)
        entries.removeLast(entries.count - synced - kept)
        if isDamaged { entries.removeLast(random.below(random.chance(permille: 700) ? min(50, entries.count) : entries.count + 1)) }
        indexAgain()
        return []
    }

    private mutating func crashDisk(_ random: inout SimulationRandom, _ isDamaged: Bool) -> [String] {
        if isDamaged {
            _ = trouble(random.chance(permille: 500) ? .rot : .misdirected, &random)
        }
        guard let found = disk?.crash(entries, synced: synced, round: highWater, isDamaged: isDamaged) else { return [] }
        entries.removeLast(entries.count - found.kept)
        highWater = disk?.markedRound ?? highWater
        indexAgain()
        return found.problems
    }

    private mutating func indexAgain() {
        synced = entries.count
        positions = [:]
        rounds = [:]
        highestRound = 0
        for (place, entry) in entries.enumerated() {
            if case .block(let block) = entry { note(block, at: place) }
        }
    }

    private mutating func note(_ block: Block, at place: Int) {
        positions[block.reference] = place
        rounds[block.round, default: []].append(block.reference)
        highestRound = max(highestRound, block.round)
    }

    func contains(_ reference: BlockReference) -> Bool { positions[reference] != nil }
    func isSynced(_ reference: BlockReference) -> Bool { positions[reference].map { $0 < synced } ?? false }

    func block(_ reference: BlockReference) -> Block? {
        guard let place = positions[reference], case .block(let block) = entries[place] else { return nil }
        return block
    }

    /// The first position of any block above `round`.
    func position(above round: Round) -> Int {
        guard round < highestRound else { return entries.count }
        var first = entries.count
        for candidate in (round + 1)...highestRound {
            for reference in rounds[candidate] ?? [] { first = min(first, positions[reference] ?? first) }
        }
        return first
    }

    /// The newest commit, if any.
    var lastCommit: UInt64 {
        for entry in entries.reversed() { if case .commit(let commit) = entry { return commit.index } }
        return 0
    }

    /// Encoded blocks, as many as fit one message.
    func read(_ references: [BlockReference], _ limits: Limits) -> [[UInt8]] {
        fit(references.prefix(Limits.fetchedBlocksMaximum).compactMap(block), limits)
    }

    /// Encoded blocks from `round` on in the order of rounds, as many as fit one message.
    func read(from round: Round, _ limits: Limits) -> [[UInt8]] {
        guard round <= highestRound else { return [] }
        var found: [Block] = []
        for candidate in round...highestRound {
            found.append(contentsOf: (rounds[candidate] ?? []).compactMap(block))
            if found.count >= Limits.fetchedBlocksMaximum { break }
        }
        return fit(Array(found.prefix(Limits.fetchedBlocksMaximum)), limits)
    }

    private func fit(_ blocks: [Block], _ limits: Limits) -> [[UInt8]] {
        var room = limits.messageBytes - 1024
        var fitting: [[UInt8]] = []
        for block in blocks {
            room -= block.encoded.count + 4
            guard room >= 0 else { break }
            fitting.append(block.encoded)
        }
        return fitting
    }

    /// What a restart reads, from `start` on.
    func recover(from start: Int, _ random: inout SimulationRandom) -> Recovered {
        var recovered = Recovered(highWater: highWater, recallNonce: isAmnesic ? random.next() : nil)
        for entry in entries.dropFirst(start) {
            switch entry {
            case .block(let block): recovered.blocks.append(block)
            case .commit(let commit): recovered.commits.append(commit)
            }
        }
        return recovered
    }
}
