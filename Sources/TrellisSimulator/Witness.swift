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
    private var said: [OwnSlot: Digest] = [:]
    private var checkpoints: [UInt64: Digest] = [:]

    var commitCount: UInt64 { UInt64(commits.count) }

    mutating func violation(_ line: String) {
        if violations.count < Self.violationsMaximum { violations.append(line) }
    }

    /// A correct validator decided a commit: everybody's commit of this index is the same.
    mutating func committed(_ commit: Commit, by name: String) {
        let place = Int(commit.index) - 1
        if place == commits.count {
            commits.append(commit)
        } else if place > commits.count {
            violation("\(name) committed \(commit.index), but nobody has committed \(commits.count + 1)")
        } else if commits[place].digest != commit.digest {
            let other = commits[place]
            violation(
                "\(name) committed \(commit.index) as leader \(commit.leader) with \(commit.blocks.count) blocks at \(commit.timestamp), "
                    + "another validator as leader \(other.leader) with \(other.blocks.count) blocks at \(other.timestamp)")
        }
    }

    /// A block of a correct author was seen on the network: it is the only one of its slot, ever.
    mutating func saw(_ reference: BlockReference) {
        let slot = OwnSlot(round: reference.round, author: reference.author)
        guard let first = said[slot] else {
            said[slot] = reference.digest
            return
        }
        if first != reference.digest { violation("v\(reference.author) published two blocks in round \(reference.round)") }
    }

    mutating func executed(_ checkpoint: Checkpoint, _ suite: HashSuite, by name: String) {
        let digest = checkpoint.digest(suite)
        guard let first = checkpoints[checkpoint.index] else {
            checkpoints[checkpoint.index] = digest
            return
        }
        if first != digest { violation("\(name) has another checkpoint at commit \(checkpoint.index)") }
    }

    /// What a peer can make a validator hold is bounded.
    mutating func checkBounds(_ core: Core, by name: String) {
        let committee = core.committee
        let validators = committee.validators.count
        if core.suspendedCount > validators * committee.limits.suspendedPerAuthor {
            violation("\(name) holds \(core.suspendedCount) suspended blocks")
        }
        let fetchesMaximum = validators * max(4 * validators, 4 * PeerMessage.fetchMaximum / validators)
        if core.fetchCount > fetchesMaximum { violation("\(name) has \(core.fetchCount) fetches in flight") }
        if core.round > core.highestRound { violation("\(name) built round \(core.round), above its own DAG at \(core.highestRound)") }
    }
}
