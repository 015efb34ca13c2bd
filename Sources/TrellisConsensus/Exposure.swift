// What the blocks of one round show of validators that equivocated in the round below: FinWhale's rule on parents asks it of every block
// that comes and of every set of parents for an own one (PROTOCOL §3). Only authors who have twins there can be exposed, mostly none.

public import TrellisModel

struct Exposure {
    /// Authors with more than one block two rounds below.
    private let twins: [ValidatorIndex]
    /// For each block of the round below, the block of each of `twins` among its parents.
    private var shown: [BlockReference: [BlockReference?]] = [:]

    /// What those of `blocks` that are of the round below `round` show.
    init(_ dag: DAG, _ blocks: some Sequence<BlockReference>, below round: Round) {
        twins = round > 1 ? dag.twins(round - 2) : []
        guard !twins.isEmpty else { return }
        let places = Dictionary(uniqueKeysWithValues: zip(twins, twins.indices))
        for block in blocks where block.round + 1 == round {
            var row = [BlockReference?](repeating: nil, count: twins.count)
            for parent in dag.vertex(block)?.parents ?? [] where parent.round + 2 == round {
                if let place = places[parent.author] { row[place] = parent }
            }
            shown[block] = row
        }
    }

    /// Whether nobody has twins.
    var isEmpty: Bool { twins.isEmpty }

    /// The authors of whom two of `parents` show different blocks.
    func exposed(by parents: [BlockReference]) -> Set<ValidatorIndex> {
        var exposed: Set<ValidatorIndex> = []
        for (place, author) in twins.enumerated() {
            var first: BlockReference?
            for parent in parents {
                guard let block = shown[parent]?[place] else { continue }
                if let first, first != block {
                    exposed.insert(author)
                    break
                }
                first = block
            }
        }
        return exposed
    }

    /// Whether the two expose nobody together.
    func agree(_ first: BlockReference, _ second: BlockReference) -> Bool {
        guard let left = shown[first], let right = shown[second] else { return true }
        return zip(left, right).allSatisfy { $0 == nil || $1 == nil || $0 == $1 }
    }
}

extension DAG {
    /// The authors of whom two of `parents`, as parents of a block of `round`, show different blocks two rounds below it.
    public func exposed(by parents: [BlockReference], below round: Round) -> Set<ValidatorIndex> {
        Exposure(self, parents, below: round).exposed(by: parents)
    }
}
