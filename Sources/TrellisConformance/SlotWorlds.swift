// Everything that four validators, one of them an equivocator, can build on one slot: the worlds that the exhaustive check of a commit
// rule goes through (SlotCheck.swift).
//
// The slot is (1, 0), its leader validator 1. A world says what the three correct validators built in rounds 2 and 3. The equivocator has
// built everything that is valid.

import TrellisConsensus
import TrellisCrypto
import TrellisModel

/// What a validator built in the round above the slot.
enum SlotVote: Int, CaseIterable {
    case first, second, neither, absent
}

struct SlotWorlds {
    static let leader: ValidatorIndex = 1
    static let stakes = Stakes([1, 1, 1, 1])
    static let slot = Slot(round: 1, rank: 0)
    /// The leader's blocks; an honest leader has only the first.
    static let blocks = [reference(1, leader, 0), reference(1, leader, 1)]

    let equivocator: ValidatorIndex
    /// Whether blocks obey the rule on exposed equivocators.
    let hidesExposed: Bool

    static func reference(_ round: Round, _ author: ValidatorIndex, _ number: Int) -> BlockReference {
        var name = WireEncoder()
        name.u64(UInt64(number))
        return BlockReference(round: round, author: author, digest: HashSuite.sha256.hash(name.bytes))
    }

    var isLeaderHonest: Bool { equivocator != Self.leader }
    var honest: [ValidatorIndex] { (0..<4).filter { $0 != equivocator } }

    /// What a validator may build in round 2. Its own block of round 1 is always its parent.
    private func votes(of author: ValidatorIndex) -> [SlotVote] {
        if author == equivocator { return isLeaderHonest ? [.first, .neither] : [.first, .second, .neither] }
        if author == Self.leader { return [.first, .absent] }
        return isLeaderHonest ? [.first, .neither, .absent] : SlotVote.allCases
    }

    /// Every combination of the correct validators' votes; those that differ only in who is who, once.
    func combinations() -> [[ValidatorIndex: SlotVote]] {
        var found: [[ValidatorIndex: SlotVote]] = [[:]]
        for author in honest {
            found = found.flatMap { known in
                votes(of: author).compactMap { vote in
                    let earlier = honest.last { $0 < author && ($0 != Self.leader || !isLeaderHonest) }
                    if author != Self.leader || !isLeaderHonest, let earlier, let other = known[earlier], other.rawValue > vote.rawValue {
                        return nil
                    }
                    return known.merging([author: vote]) { first, _ in first }
                }
            }
        }
        return found
    }

    static func voteBlock(_ author: ValidatorIndex, _ vote: SlotVote) -> Vertex {
        let parents: [BlockReference] =
            switch vote {
            case .first: [blocks[0]]
            case .second: [blocks[1]]
            case .neither, .absent: []
            }
        return Vertex(reference: reference(2, author, vote.rawValue), parents: parents, timestamp: 0)
    }

    /// The blocks of round 2 of all: one of each correct validator that has one, all of the equivocator.
    func round2(_ combination: [ValidatorIndex: SlotVote]) -> [ValidatorIndex: [Vertex]] {
        var blocks: [ValidatorIndex: [Vertex]] = [:]
        for (author, vote) in combination where vote != .absent { blocks[author] = [Self.voteBlock(author, vote)] }
        blocks[equivocator] = votes(of: equivocator).map { Self.voteBlock(equivocator, $0) }
        return blocks
    }

    /// Every valid block of round 3 by `author`: its own block of round 2 if it has one, and with others of stake Q.
    func round3(_ author: ValidatorIndex, on below: [ValidatorIndex: [Vertex]]) -> [Vertex] {
        var choices: [[Vertex]] = [[]]
        for other in ValidatorIndex(0)..<4 {
            let blocks = below[other] ?? []
            // The equivocator's own block may be of an older round, so leaving it out is possible; a correct one's is not left out.
            let mayMiss = other != author || blocks.isEmpty || author == equivocator
            choices = choices.flatMap { known in (mayMiss ? [known] : []) + blocks.map { known + [$0] } }
        }
        let valid = choices.filter { $0.count >= 3 && (!hidesExposed || !isExposing($0)) }
        return valid.enumerated().map { number, parents in
            Vertex(reference: Self.reference(3, author, number), parents: parents.map(\.reference), timestamp: 0)
        }
    }

    /// Whether two of `parents` show different blocks of the leader, whose own block is among them.
    private func isExposing(_ parents: [Vertex]) -> Bool {
        Set(parents.flatMap(\.parents)).count > 1 && parents.contains { $0.reference.author == Self.leader }
    }
}
