// How much a core holds of what others can make it hold: for whoever checks that it is bounded.

public import TrellisModel

public struct Footprint: Sendable, Equatable {
    /// Rounds in the graph, and blocks.
    public var rounds: UInt64
    public var vertices: Int
    /// Blocks above the gc round with their payloads, that no commit has put out.
    public var unexecuted: Int
    public var suspended: Int
    public var fetches: Int
    /// On the account of one author.
    public var fetchesOfOne: Int
    /// Blocks of one author held back for their timestamps.
    public var heldOfOne: Int
}

extension Core {
    public var footprint: Footprint {
        let dag = linearizer.dag
        let vertices = (dag.lowestRound...dag.highestRound).reduce(0) { sum, round in sum + dag.blocks(round).reduce(0) { $0 + $1.count } }
        var heldByAuthor: [ValidatorIndex: Int] = [:]
        for entry in held { heldByAuthor[entry.block.author, default: 0] += 1 }
        return Footprint(
            rounds: dag.highestRound - dag.lowestRound + 1, vertices: vertices, unexecuted: backlog.count, suspended: suspension.count,
            fetches: fetches.count, fetchesOfOne: fetches.countOfOne, heldOfOne: heldByAuthor.values.max() ?? 0)
    }

    /// The round of the last slot whose fate is known with that of all before it.
    public var lastDecidedRound: Round { linearizer.lastDecided.round }
}
