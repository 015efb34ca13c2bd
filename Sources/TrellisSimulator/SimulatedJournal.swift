// What a simulated validator has on disk: blocks and commits in order, and the high-water mark. What was stored but not synced when the
// validator crashes is lost from some point on, as with a torn tail.

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
    private var positions: [BlockReference: Int] = [:]
    private var rounds: [Round: [BlockReference]] = [:]
    private var highestRound: Round = 0

    var count: Int { entries.count }
    var markedRound: Round { highWater }

    mutating func store(_ block: Block) {
        note(block, at: entries.count)
        entries.append(.block(block))
    }

    mutating func store(_ commit: Commit) { entries.append(.commit(commit)) }

    mutating func sync() { synced = entries.count }

    /// Durable at once, as the real mark is. False when it would go backwards.
    mutating func mark(_ round: Round) -> Bool {
        guard round >= highWater else { return false }
        highWater = round
        return true
    }

    /// Loses all that was not synced but a part from its beginning.
    ///
    /// - Parameter isDamaged: what was synced is damaged somewhere, and was cut there. The mark has a file of its own, and stays.
    mutating func crash(_ random: inout SimulationRandom, isDamaged: Bool = false) {
        let kept = random.chance(permille: 500) ? 0 : random.below(entries.count - synced + 1)
        entries.removeLast(entries.count - synced - kept)
        if isDamaged { entries.removeLast(random.below(random.chance(permille: 700) ? min(50, entries.count) : entries.count + 1)) }
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
    func recover(from start: Int) -> Recovered {
        var recovered = Recovered(highWater: highWater)
        for entry in entries.dropFirst(start) {
            switch entry {
            case .block(let block): recovered.blocks.append(block)
            case .commit(let commit): recovered.commits.append(commit)
            }
        }
        return recovered
    }
}
