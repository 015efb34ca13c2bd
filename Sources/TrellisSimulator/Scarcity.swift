// A network in bad hands: for a while it shows some validators a bare quorum of a round before they build the next one, and each of them another.
// So leaders' blocks are missed by some alone, votes are split where a single one counts, and rounds stay open until much later ones are decided.

import TrellisConsensus
import TrellisModel

/// What the network keeps from whom. Liars know of it; what they send themselves is never kept.
struct Scarcity {
    private let salt: UInt64
    /// How many get no more than a quorum of a round, in per mille.
    private let reach: Int
    private let liars: Set<ValidatorIndex>
    private let stakes: Stakes

    init(liars: Set<ValidatorIndex>, stakes: Stakes, _ random: inout SimulationRandom) {
        salt = random.next()
        reach = random.chance(permille: 750) ? 1000 : 300 + random.below(700)
        self.liars = liars
        self.stakes = stakes
    }

    /// Whether `peer` does not see the author's block of `round` before it has built the round that follows.
    func keeps(_ author: ValidatorIndex, of round: Round, from peer: ValidatorIndex) -> Bool {
        guard author != peer, !liars.contains(author), !liars.contains(peer) else { return false }
        var random = SimulationRandom(seed: salt ^ round << 16)
        // In half of the rounds all miss the same: who built it may be the only one to know what is decided by it.
        if random.chance(permille: 500) { random = SimulationRandom(seed: random.next() ^ UInt64(peer)) }
        guard random.chance(permille: reach) else { return false }
        var shown = stakes[peer]
        // Without the liars others must do.
        if random.chance(permille: 700) { for liar in liars { shown += stakes[liar] } }
        for other in random.shuffled(stakes.each.indices.map { ValidatorIndex($0) }) where other != peer && !liars.contains(other) {
            if shown >= stakes.quorum { return true }
            if other == author { return false }
            shown += stakes[other]
        }
        return false
    }
}

extension Simulation {
    /// Another scarcity, or none.
    func starve() {
        guard !isHealed else { return }
        schedule(.starve, after: random.between(200_000, 200_000 + 2 * faults.starveEvery))
        guard random.chance(permille: 900) else { return conspiracy.scarcity = nil }
        let liars = machines.filter { !$0.isCorrect && $0.behaviour != .silent }.map(\.identity)
        conspiracy.scarcity = Scarcity(liars: Set(liars), stakes: keys.committee.stakes, &random)
        note("the network shows bare quorums")
    }

    /// Whether the network does not let this through to a machine yet.
    func isKept(_ input: Input, from machine: SimulatedValidator) -> Bool {
        guard let scarcity = conspiracy.scarcity, case .blocks(let blocks, _) = input, let round = machine.process?.core.round else {
            return false
        }
        return blocks.contains { $0.block.round >= round && scarcity.keeps($0.block.author, of: $0.block.round, from: machine.identity) }
    }
}
