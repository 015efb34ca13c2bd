// Blocks that wait for parents we do not hold. Nothing here is trusted. What is held is charged to the account of somebody who signed for
// it: a block that nobody waits for to its author, one that is awaited to an author of the blocks that it stands below. So an adversary
// fills its own account, and the history below honest blocks always finds room: in a full account low rounds displace high ones.

import TrellisCrypto
import TrellisModel

struct Suspension: Sendable {
    private struct Entry: Sendable {
        let block: Block
        let sponsor: ValidatorIndex
        /// The parents that were missing when it came, and how many of them still are awaited.
        let parents: [BlockReference]
        var awaited: Int
    }

    /// What some suspended blocks cite.
    private struct Awaited: Sendable {
        var dependents: Set<BlockReference> = []
        /// The authors of all suspended blocks above it.
        var authors = ValidatorSet()
    }

    /// Blocks held on one account.
    private let perSponsorMaximum: Int
    private var entries: [BlockReference: Entry] = [:]
    private var charged: [ValidatorIndex: Int] = [:]
    private var waiting: [BlockReference: Awaited] = [:]
    /// A block was dropped: the authors above some may be too many, until they are gathered again.
    private var hasDropped = false

    init(perSponsorMaximum: Int) { self.perSponsorMaximum = perSponsorMaximum }

    var count: Int { entries.count }

    /// What must be fetched, lowest rounds first.
    var missing: [BlockReference] { waiting.keys.filter { entries[$0] == nil }.sorted() }

    func contains(_ reference: BlockReference) -> Bool { entries[reference] != nil }
    func contains(round: Round, author: ValidatorIndex) -> Bool {
        entries.keys.contains { $0.round == round && $0.author == author }
    }

    /// The missing blocks below a suspended one, lowest rounds first.
    func missing(below reference: BlockReference) -> [BlockReference] {
        var leaves: [BlockReference] = []
        var visited: Set<BlockReference> = [reference]
        var open = [reference]
        while let next = open.popLast() {
            guard let entry = entries[next] else {
                leaves.append(next)
                continue
            }
            for parent in entry.parents where visited.insert(parent).inserted && waiting[parent] != nil { open.append(parent) }
        }
        return leaves.sorted()
    }

    func isAwaited(_ reference: BlockReference) -> Bool { waiting[reference] != nil }

    /// Who signed for the need of `reference`: the authors of all suspended blocks above it but its own, in order.
    func sponsors(of reference: BlockReference) -> [ValidatorIndex] { dependentAuthors(of: reference).filter { $0 != reference.author } }

    /// The authors of all suspended blocks above `reference`, in order.
    func dependentAuthors(of reference: BlockReference) -> [ValidatorIndex] { waiting[reference]?.authors.members ?? [] }

    /// Holds `block` until every one of `parents` is there. False when every account it can be charged to is full.
    mutating func suspend(_ block: Block, missing parents: [BlockReference]) -> Bool {
        guard entries[block.reference] == nil else { return true }
        let accounts = sponsors(of: block.reference) + [block.author]
        guard let sponsor = accounts.first(where: hasRoom) ?? accounts.first(where: { displace(above: block.round, in: $0) }) else {
            return false
        }
        charged[sponsor, default: 0] += 1
        entries[block.reference] = Entry(block: block, sponsor: sponsor, parents: parents, awaited: parents.count)
        for parent in parents { waiting[parent, default: Awaited()].dependents.insert(block.reference) }
        if hasDropped { gatherAuthors() } else { spreadAuthors(from: block.reference) }
        return true
    }

    private func hasRoom(_ account: ValidatorIndex) -> Bool {
        charged[account, default: 0] < perSponsorMaximum || Mutation.isPlanted(.suspendedUnbounded)
    }

    /// Drops the newest block of an account if it is above `round`; it comes again when it is needed.
    private mutating func displace(above round: Round, in account: ValidatorIndex) -> Bool {
        let newest = entries.values.lazy.filter { $0.sponsor == account }.map { $0.block.reference }.max()
        guard let newest, newest.round > round else { return false }
        drop(newest)
        return true
    }

    /// Tells everything below a suspended block who needs it; what knows already is not gone below again.
    private mutating func spreadAuthors(from reference: BlockReference) {
        var open = [reference]
        while let next = open.popLast() {
            guard let entry = entries[next] else { continue }
            var authors = waiting[next]?.authors ?? ValidatorSet()
            authors.insert(next.author)
            for parent in entry.parents where waiting[parent]?.authors.formUnion(authors) == true { open.append(parent) }
        }
    }

    private mutating func gatherAuthors() {
        hasDropped = false
        for reference in waiting.keys { waiting[reference]?.authors = ValidatorSet() }
        for reference in entries.keys { spreadAuthors(from: reference) }
    }

    /// The blocks that waited for `reference` alone; the caller tries them. Sorted, so that the outcome depends on the blocks alone.
    mutating func release(_ reference: BlockReference) -> [Block] {
        guard let dependents = waiting.removeValue(forKey: reference)?.dependents else { return [] }
        var released: [Block] = []
        for dependent in dependents.sorted() {
            guard var entry = entries[dependent] else { continue }
            entry.awaited -= 1
            entries[dependent] = entry
            guard entry.awaited == 0 else { continue }
            drop(dependent)
            released.append(entry.block)
        }
        return released
    }

    /// Releases everything that waits for a block at or below the gc round: such parents count as held.
    mutating func release(atOrBelow round: Round) -> [Block] {
        waiting.keys.filter { $0.round <= round }.sorted().flatMap { release($0) }
    }

    /// Drops suspended blocks at or below the gc round: they can never be output.
    mutating func prune(atOrBelow round: Round) {
        for reference in entries.keys where reference.round <= round { drop(reference) }
    }

    private mutating func drop(_ reference: BlockReference) {
        guard let entry = entries.removeValue(forKey: reference) else { return }
        charged[entry.sponsor, default: 1] -= 1
        for parent in entry.parents where waiting[parent]?.dependents.remove(reference) != nil {
            hasDropped = true
            if waiting[parent]?.dependents.isEmpty == true { waiting[parent] = nil }
        }
    }
}
