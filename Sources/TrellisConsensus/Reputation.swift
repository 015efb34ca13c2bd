// Who earns what, and who leads for it (PROTOCOL §6). Everything here follows from the committed blocks alone, so all validators agree on it
// to the bit.
//
//   score     one for every vote for a leader's block that a committed certificate names; nothing for whoever two blocks of one slot were
//             committed of
//   boundary  each `interval`-th commit: of the worst, at most f of the stake, each gives its slots to one of the best, if that is better

public import TrellisModel

public struct Reputation: Sendable {
    /// Commits between two schedules.
    let interval: UInt64
    private(set) var standing: LeaderStanding

    init(interval: UInt64, validators: Int) {
        self.interval = interval
        standing = LeaderStanding(validators: validators)
    }

    /// What a commit says, before a restart or here.
    mutating func adopt(_ standing: LeaderStanding) {
        guard standing.leaders.count == self.standing.leaders.count, standing.scores.count == standing.leaders.count else { return }
        self.standing = standing
    }

    /// The standing after the commit of `leader` with `blocks`, none of which is marked as output yet.
    ///
    /// - Parameters:
    ///   - floor: the gc round; of blocks at or below it nothing is known for sure.
    ///   - certificate: the stake of votes that makes a certificate.
    func advanced(
        by blocks: [BlockReference], of leader: BlockReference, index: UInt64, in dag: DAG, floor: Round, certificate: Stake,
        leaderOf: (Round) -> ValidatorIndex
    ) -> LeaderStanding {
        var next = standing
        for block in blocks where block.round > floor + 1 && block.round > standing.since + 2 {
            for voter in Self.certified(by: block, in: dag, certificate: certificate, leader: leaderOf(block.round - 2)) {
                next.scores[Int(voter)] += 1
            }
        }
        for (block, following) in zip(blocks, blocks.dropFirst() + blocks.suffix(1)) {
            let isTwin = block != following && block.round == following.round && block.author == following.author
            let isLate = dag.slot(block.round, block.author).contains { $0.isOutput }
            if isTwin || isLate { next.scores[Int(block.author)] = 0 }
        }
        guard index % interval == 0 else { return next }
        next.leaders = Self.leaders(next.scores, dag.stakes)
        next.since = leader.round
        next.scores = next.scores.map { _ in 0 }
        return next
    }

    /// The authors whose votes for a block of `leader`, two rounds below `block`, make `block` a certificate.
    private static func certified(
        by block: BlockReference, in dag: DAG, certificate: Stake, leader: ValidatorIndex
    ) -> [ValidatorIndex] {
        var voters: [BlockReference: [ValidatorIndex]] = [:]
        for parent in dag.vertex(block)?.parents ?? [] where parent.round + 1 == block.round {
            guard let voted = dag.vertex(parent)?.parent(round: block.round - 2, author: leader) else { continue }
            voters[voted, default: []].append(parent.author)
        }
        return voters.values.first { $0.reduce(0) { $0 + dag.stakes[$1] } >= certificate } ?? []
    }

    /// In turn, but for the slots of the worst.
    public static func leaders(_ scores: [UInt64], _ stakes: Stakes) -> [ValidatorIndex] {
        var leaders = stakes.each.indices.map { ValidatorIndex($0) }
        let ranked = leaders.sorted { (scores[Int($0)], $0) < (scores[Int($1)], $1) }
        var left = stakes.faulty
        let worst = ranked.prefix { validator in
            guard stakes[validator] <= left else { return false }
            left -= stakes[validator]
            return true
        }
        for (bad, good) in zip(worst, ranked.dropFirst(worst.count).reversed()) where scores[Int(bad)] < scores[Int(good)] {
            leaders[Int(bad)] = good
        }
        return leaders
    }
}
