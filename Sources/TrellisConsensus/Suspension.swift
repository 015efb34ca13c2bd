// Blocks that wait for parents we do not hold, and who should be asked for those. Bounded per author; nothing here is trusted.

import TrellisCrypto
import TrellisModel

struct Suspension: Sendable {
    private let perAuthorMaximum: Int
    private var blocks: [BlockReference: Block] = [:]
    private var perAuthor: [ValidatorIndex: Int] = [:]
    /// Missing block -> suspended blocks that cite it.
    private var waiting: [BlockReference: Set<BlockReference>] = [:]

    init(perAuthorMaximum: Int) { self.perAuthorMaximum = perAuthorMaximum }

    var count: Int { blocks.count }
    var missing: [BlockReference] { waiting.keys.filter { blocks[$0] == nil } }

    func contains(_ reference: BlockReference) -> Bool { blocks[reference] != nil }
    func isAwaited(_ reference: BlockReference) -> Bool { waiting[reference] != nil }

    /// Holds `block` until every one of `parents` is there. False when its author has too many waiting already.
    mutating func suspend(_ block: Block, missing parents: [BlockReference]) -> Bool {
        guard blocks[block.reference] == nil else { return true }
        guard perAuthor[block.author, default: 0] < perAuthorMaximum else { return false }
        perAuthor[block.author, default: 0] += 1
        blocks[block.reference] = block
        for parent in parents { waiting[parent, default: []].insert(block.reference) }
        return true
    }

    /// The blocks that cited `reference`; the caller tries them again. Sorted, so that the outcome depends on the blocks alone.
    mutating func release(_ reference: BlockReference) -> [Block] {
        guard let dependents = waiting.removeValue(forKey: reference) else { return [] }
        return dependents.sorted().compactMap { take($0) }
    }

    /// Releases everything that waits for a block at or below the gc round: such parents count as held.
    mutating func release(atOrBelow round: Round) -> [Block] {
        waiting.keys.filter { $0.round <= round }.sorted().flatMap { release($0) }
    }

    /// Drops suspended blocks at or below the gc round: they can never be output.
    mutating func prune(atOrBelow round: Round) {
        for reference in blocks.keys where reference.round <= round { _ = take(reference) }
    }

    private mutating func take(_ reference: BlockReference) -> Block? {
        guard let block = blocks.removeValue(forKey: reference) else { return nil }
        perAuthor[block.author, default: 1] -= 1
        for parent in block.header.parents {
            waiting[parent]?.remove(reference)
            if waiting[parent]?.isEmpty == true { waiting[parent] = nil }
        }
        return block
    }
}
