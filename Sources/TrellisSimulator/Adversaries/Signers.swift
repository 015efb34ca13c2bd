// Adversaries that sign other blocks than the protocol says, but valid ones.

import TrellisConsensus
import TrellisModel

/// Signs two or three blocks in every round, one of which votes for the leader's block while another does not, and shows them to different
/// validators.
struct Equivocator: Adversary {
    var random: SimulationRandom

    mutating func twins(of block: Block, _ view: AdversaryView) -> [Block] {
        let later = view.keys.sign(block.header.with(timestamp: block.timestamp &+ 1), block.payload)
        let leaderless = block.header.without([view.leader(of: block.round - 1)], view)
        guard leaderless.parents != block.header.parents else { return [later] }
        let blaming = view.keys.sign(leaderless, block.payload)
        return random.chance(permille: 500) ? [blaming] : [blaming, later]
    }

    mutating func publish(_ block: Block, twins: [Block], _ view: AdversaryView) -> [Shipment] {
        view.others.flatMap { peer -> [Shipment] in
            let all = [block] + twins
            let shown = random.chance(permille: 150) ? all : [all[random.below(all.count)]]
            return shown.map { .block($0, to: peer) }
        }
    }
}

/// Leaves out the leader's block wherever a quorum can be had without it, and the victim's always.
struct ParentPicker: Adversary {
    mutating func seal(_ header: BlockHeader, _ view: AdversaryView) -> BlockHeader {
        header.without([view.leader(of: header.prefix.round - 1), view.conspiracy.victim], view)
    }
}

extension AdversaryView {
    /// The leader of a round, as far as the core has committed.
    func leader(of round: Round) -> ValidatorIndex { core.schedule.leader(Slot(round: round, rank: 0)) }
}

extension BlockHeader {
    /// This header without parents of `unwanted`, as far as a quorum can be had without them.
    func without(_ unwanted: [ValidatorIndex], _ view: AdversaryView) -> BlockHeader {
        let stakes = view.committee.stakes
        var parents = parents
        for author in unwanted where author != view.own {
            let rest = parents.filter { $0.author != author }
            let stake = rest.filter { $0.round == prefix.round - 1 }.reduce(Stake(0)) { $0 + stakes[$1.author] }
            if stake >= stakes.quorum { parents = rest }
        }
        return with(parents: parents)
    }
}

/// Signs timestamps from the past and the future.
struct TimestampLiar: Adversary {
    var random: SimulationRandom

    mutating func seal(_ header: BlockHeader, _ view: AdversaryView) -> BlockHeader {
        let honest = header.prefix.timestamp
        let choices: [Milliseconds] = [0, honest - min(honest, 60_000), honest &+ 400, honest &+ 3_600_000, .max]
        return header.with(timestamp: choices[random.below(choices.count)])
    }
}

/// Attests roots that nobody computed, also of commits that are not there yet.
struct FalseAttester: Adversary {
    var random: SimulationRandom

    mutating func seal(_ header: BlockHeader, _ view: AdversaryView) -> BlockHeader {
        let next = view.core.lastCommit.index
        var indices = Set(header.attestations.map(\.index))
        for _ in 0..<random.below(4) { indices.insert(next + random.below(UInt64(6))) }
        let attestations = indices.sorted().prefix(view.committee.limits.attestations).map {
            Attestation(index: $0, checkpoint: view.conspiracy.falseRoot($0, view.committee.suite))
        }
        return header.with(attestations: Array(attestations))
    }
}
