// What must never happen, checked at every step of every correct validator. It sees all of them at once, as no validator can.

import TrellisConsensus
import TrellisCrypto
import TrellisModel

/// Gathers what correct validators say and do, and notes each contradiction as one readable line.
struct Witness {
    private struct OwnSlot: Hashable {
        var round: Round
        var author: ValidatorIndex
    }

    /// Lines kept; a broken run breaks the same thing many times.
    private static let violationsMaximum = 20

    private(set) var violations: [String] = []
    private var commits: [Commit] = []
    private var ordered: Set<BlockReference> = []
    private var said: [OwnSlot: Digest] = [:]
    private var newestTimestamps: [ValidatorIndex: (round: Round, timestamp: Milliseconds)] = [:]
    private var checkpoints: [UInt64: Digest] = [:]
    /// What adversaries signed: the blocks of its own author that each stands on, and all that others stand on.
    private var ownParents: [BlockReference: [BlockReference]] = [:]
    private var sponsored: Set<BlockReference> = []

    var commitCount: UInt64 { UInt64(commits.count) }

    mutating func violation(_ line: String) {
        if violations.count < Self.violationsMaximum { violations.append(line) }
    }

    // MARK: Twins

    /// A block that somebody signed. What others built on, and all below it of its author, may be more than a slot's second block.
    mutating func signed(_ block: Block, _ isCorrect: (ValidatorIndex) -> Bool) {
        if !isCorrect(block.author) {
            ownParents[block.reference] = block.header.parents.filter { $0.author == block.author }
            if sponsored.contains(block.reference) { ownParents[block.reference]?.forEach { sponsor($0) } }
        }
        for parent in block.header.parents where parent.author != block.author && !isCorrect(parent.author) { sponsor(parent) }
    }

    private mutating func sponsor(_ reference: BlockReference) {
        var open = [reference]
        while let next = open.popLast() {
            if sponsored.insert(next).inserted { open.append(contentsOf: ownParents[next] ?? []) }
        }
    }

    /// A correct validator took the third block of a slot, or one more, into its graph.
    mutating func acceptedTwin(_ reference: BlockReference, by name: String) {
        if !sponsored.contains(reference) {
            violation("\(name) accepts \(reference), a third block of its slot, that nobody else built on")
        }
    }

    // MARK: Order

    /// A correct validator decided a commit: everybody's commit of this index is the same. Returns whether it is the first to do so.
    @discardableResult
    mutating func committed(_ commit: Commit, by name: String) -> Bool {
        let place = Int(commit.index) - 1
        if place > commits.count {
            violation("\(name) committed \(commit.index), but nobody has committed \(commits.count + 1)")
            return false
        }
        if place < commits.count {
            if commits[place].digest != commit.digest {
                let other = commits[place]
                violation(
                    "\(name) committed \(commit.index) as leader \(commit.leader) with \(commit.blocks.count) blocks at "
                        + "\(commit.timestamp), another validator as leader \(other.leader) with \(other.blocks.count) blocks at "
                        + "\(other.timestamp)")
            }
            return false
        }
        if let last = commits.last {
            if commit.timestamp < last.timestamp { violation("the time of commit \(commit.index) goes back") }
            if commit.leader.round <= last.leader.round { violation("the leader of commit \(commit.index) is not above the one before") }
            if commit.previous != last.digest { violation("commit \(commit.index) does not follow the one before") }
        }
        for block in commit.blocks where !ordered.insert(block).inserted { violation("commit \(commit.index) orders \(block) again") }
        for (left, right) in zip(commit.blocks, commit.blocks.dropFirst()) where left >= right {
            violation("commit \(commit.index) orders \(left) before \(right)")
        }
        commits.append(commit)
        return true
    }

    mutating func executed(_ checkpoint: Checkpoint, _ suite: HashSuite, by name: String) {
        let digest = checkpoint.digest(suite)
        guard let first = checkpoints[checkpoint.index] else {
            checkpoints[checkpoint.index] = digest
            return
        }
        if first != digest { violation("\(name) has another checkpoint at commit \(checkpoint.index)") }
    }

    // MARK: Blocks

    /// A block of a correct author was seen on the network: it is the only one of its slot, ever, and its time, if given, does not go back.
    mutating func saw(_ reference: BlockReference, timestamp: Milliseconds? = nil) {
        let slot = OwnSlot(round: reference.round, author: reference.author)
        guard let first = said[slot] else {
            said[slot] = reference.digest
            let newest = newestTimestamps[reference.author] ?? (0, 0)
            if let timestamp, reference.round > newest.round {
                if timestamp < newest.timestamp { violation("v\(reference.author) goes back in time in round \(reference.round)") }
                newestTimestamps[reference.author] = (reference.round, timestamp)
            }
            return
        }
        if first != reference.digest { violation("v\(reference.author) published two blocks in round \(reference.round)") }
    }

    /// A correct validator took a block into its graph. The rules stand here once more, in other words than the protocol's.
    mutating func accepted(_ block: Block, _ committee: Committee, by name: String) {
        let parents = block.header.parents
        let authors = parents.map(\.author)
        var isValid = block.round > 0 && block.header.prefix.epoch == committee.epoch && authors.first == block.author
        isValid = isValid && Set(authors).count == authors.count && parents.allSatisfy { $0.round < block.round }
        let below = parents.filter { $0.round == block.round - 1 }.reduce(Stake(0)) { $0 + committee.stakes[$1.author] }
        isValid = isValid && 3 * below > 2 * (committee.stakes.total - 1) && below >= committee.stakes.quorum
        if !isValid { violation("\(name) accepts \(block.reference), which is not valid") }
    }

    // MARK: Bounds

    /// What a peer can make a validator hold is bounded.
    mutating func checkBounds(suspended: Int, fetches: Int, _ committee: Committee, by name: String) {
        let validators = committee.validators.count
        if suspended > validators * committee.limits.suspendedPerAuthor { violation("\(name) holds \(suspended) suspended blocks") }
        let fetchesMaximum = validators * max(4 * validators, 4 * PeerMessage.fetchMaximum / validators)
        if fetches > fetchesMaximum { violation("\(name) has \(fetches) fetches in flight") }
    }

    mutating func checkFootprint(_ core: Core, by name: String) {
        let footprint = core.footprint
        let validators = core.committee.validators.count
        let depth = Int(core.committee.parameters.gcDepth)
        if core.round > core.highestRound { violation("\(name) built round \(core.round), above its own DAG at \(core.highestRound)") }
        // Two blocks in every slot, and for every pair of validators as many more as the gc depth has rounds.
        let vertices = Int(clamping: footprint.rounds) * 2 * validators + validators * validators * depth
        if footprint.vertices > vertices || footprint.unexecuted > vertices {
            violation("\(name) holds \(footprint.vertices) blocks of \(footprint.rounds) rounds, \(footprint.unexecuted) not ordered")
        }
        if footprint.fetchesOfOne > max(4 * validators, 4 * PeerMessage.fetchMaximum / validators) {
            violation("\(name) has \(footprint.fetchesOfOne) fetches in flight for one author")
        }
        if core.leaderTimeout > core.pacing.leaderTimeoutBound * (core.fruitlessTurns > 0 ? Pacing.patience : 1) {
            violation("\(name) waits \(core.leaderTimeout) ms for leaders")
        }
        if footprint.heldOfOne > core.committee.limits.suspendedPerAuthor {
            violation("\(name) holds back \(footprint.heldOfOne) blocks of one author for their timestamps")
        }
    }
}
