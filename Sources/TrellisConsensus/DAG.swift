// The blocks a validator has accepted, as a graph: who referenced whom, and nothing else. Payloads live elsewhere. Blocks enter only
// when all their parents are held; whole rounds leave once they fall behind garbage collection.

import TrellisCrypto
public import TrellisModel

/// A block as the commit rule sees it.
public struct Vertex: Sendable {
    public let reference: BlockReference
    public let parents: [BlockReference]
    public let timestamp: Milliseconds
    /// Whether a commit has put this block out.
    public internal(set) var isOutput = false

    public init(reference: BlockReference, parents: [BlockReference], timestamp: Milliseconds) {
        self.reference = reference
        self.parents = parents
        self.timestamp = timestamp
    }

    /// The parent in slot (round, author), if there is one: a block has at most one parent of each author.
    public func parent(round: Round, author: ValidatorIndex) -> BlockReference? {
        parents.first { $0.author == author && $0.round == round }
    }
}

public struct DAG: Sendable {
    public let stakes: Stakes
    /// `rounds[i]` holds round `lowestRound + i`; within it, one list per author (more than one block is equivocation).
    private var rounds: [[[Vertex]]]
    private var stakeAtRound: [StakeCount]
    public private(set) var lowestRound: Round

    /// An empty graph that starts at `round`. That round is there from the beginning, so that blocks of the next can enter.
    public init(stakes: Stakes, startingAt round: Round = 0) {
        self.stakes = stakes
        rounds = [[[Vertex]](repeating: [], count: stakes.count)]
        stakeAtRound = [StakeCount(validators: stakes.count)]
        lowestRound = round
    }

    /// The highest round with any block; `lowestRound` when there is none.
    public var highestRound: Round { lowestRound + Round(rounds.count) - 1 }

    private func index(_ round: Round) -> Int? {
        guard round >= lowestRound, round - lowestRound < Round(rounds.count) else { return nil }
        return Int(round - lowestRound)
    }

    /// The blocks of one slot: none, one, or the twins of an equivocator, in the order of arrival.
    public func slot(_ round: Round, _ author: ValidatorIndex) -> [Vertex] {
        guard let index = index(round), Int(author) < stakes.count else { return [] }
        return rounds[index][Int(author)]
    }

    /// All blocks of a round, by author.
    public func blocks(_ round: Round) -> [[Vertex]] {
        index(round).map { rounds[$0] } ?? []
    }

    public func vertex(_ reference: BlockReference) -> Vertex? {
        slot(reference.round, reference.author).first { $0.reference.digest == reference.digest }
    }

    public func contains(_ reference: BlockReference) -> Bool {
        guard let index = index(reference.round), Int(reference.author) < stakes.count else { return false }
        return rounds[index][Int(reference.author)].contains { $0.reference.digest == reference.digest }
    }

    /// Stake of the distinct authors with a block at `round`.
    public func stake(at round: Round) -> Stake { index(round).map { stakeAtRound[$0].stake } ?? 0 }

    /// Adds a vertex. Returns false when it is known, too old, or beyond the next round.
    @discardableResult
    public mutating func insert(_ vertex: Vertex) -> Bool {
        let reference = vertex.reference
        guard Int(reference.author) < stakes.count, reference.round >= lowestRound else { return false }
        guard reference.round - lowestRound <= Round(rounds.count), !contains(reference) else { return false }
        if reference.round - lowestRound == Round(rounds.count) {
            rounds.append([[Vertex]](repeating: [], count: stakes.count))
            stakeAtRound.append(StakeCount(validators: stakes.count))
        }
        let index = Int(reference.round - lowestRound)
        rounds[index][Int(reference.author)].append(vertex)
        stakeAtRound[index].insert(reference.author, stakes)
        return true
    }

    /// The authors with more than one block at `round`, in order.
    func twins(_ round: Round) -> [ValidatorIndex] {
        blocks(round).enumerated().compactMap { author, blocks in blocks.count > 1 ? ValidatorIndex(author) : nil }
    }

    mutating func markOutput(_ reference: BlockReference) {
        guard let index = index(reference.round), Int(reference.author) < stakes.count else { return }
        for place in rounds[index][Int(reference.author)].indices
        where rounds[index][Int(reference.author)][place].reference.digest == reference.digest {
            rounds[index][Int(reference.author)][place].isOutput = true
        }
    }

    /// Forgets every round below `round`, but never the highest.
    mutating func prune(below round: Round) {
        guard round > lowestRound else { return }
        let count = Int(min(round - lowestRound, Round(rounds.count) - 1))
        rounds.removeFirst(count)
        stakeAtRound.removeFirst(count)
        lowestRound += Round(count)
    }

    /// The vertices of `round` in the causal history of `start` (which is above it).
    public func ancestors(of start: BlockReference, at round: Round) -> Set<BlockReference> {
        var found: Set<BlockReference> = []
        var visited: Set<BlockReference> = [start]
        var open = [start]
        while let next = open.popLast() {
            if next.round == round {
                found.insert(next)
                continue
            }
            guard let vertex = vertex(next) else { continue }
            for parent in vertex.parents where parent.round >= round && visited.insert(parent).inserted { open.append(parent) }
        }
        return found
    }
}

/// Blocks of one round. Authors mostly have one, which is found without a hash.
struct RoundSet: Sendable {
    private var first: [BlockReference?]
    private var others: Set<BlockReference> = []

    init(validators: Int) { first = [BlockReference?](repeating: nil, count: validators) }

    mutating func insert(_ reference: BlockReference) {
        let place = Int(reference.author)
        if first.indices.contains(place), first[place] == nil { first[place] = reference } else { others.insert(reference) }
    }

    func contains(_ reference: BlockReference) -> Bool {
        let place = Int(reference.author)
        return first.indices.contains(place) && first[place] == reference || others.contains(reference)
    }
}
