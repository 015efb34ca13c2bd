// Blocks that wait for parents we do not hold. Nothing here is trusted. What is held is charged to the account of somebody who signed for
// it: a block that nobody waits for to its author, one that is awaited to an author of the blocks that it stands below. So an adversary
// fills its own account, and the history below honest blocks always finds room: in a full account low rounds displace high ones.

import TrellisCrypto
import TrellisModel

struct Suspension: Sendable {
    /// A block that is suspended, one that is awaited, or both. Nodes name one another by their places: walking from one to the next takes
    /// no hashing.
    private struct Node: Sendable {
        let reference: BlockReference
        /// While it is suspended: the block, whose account it is on, and the parents that are awaited.
        var block: Block?
        var sponsor: ValidatorIndex = 0
        var parents: [Int] = []
        /// While it is awaited: the suspended blocks that cite it, and the authors of all suspended blocks above it.
        var dependents: [Int] = []
        var authors = ValidatorSet()
        /// The last walk that came by.
        var walk: UInt64 = 0

        var isAwaited: Bool { !dependents.isEmpty }
    }

    /// Blocks held on one account.
    private let perSponsorMaximum: Int
    private var places: [BlockReference: Int] = [:]
    private var nodes: [Node] = []
    private var free: [Int] = []
    private var charged: [ValidatorIndex: Int] = [:]
    private var walks: UInt64 = 0
    /// A block was dropped: the authors above some may be too many, until they are gathered again.
    private var hasDropped = false
    private(set) var count = 0

    init(perSponsorMaximum: Int) { self.perSponsorMaximum = perSponsorMaximum }

    private var suspended: some Sequence<Int> { places.values.lazy.filter { nodes[$0].block != nil } }

    /// What must be fetched, lowest rounds first.
    var missing: [BlockReference] { places.values.lazy.filter { nodes[$0].block == nil }.map { nodes[$0].reference }.sorted() }

    func contains(_ reference: BlockReference) -> Bool { places[reference].map { nodes[$0].block != nil } ?? false }
    func contains(round: Round, author: ValidatorIndex) -> Bool {
        suspended.contains { nodes[$0].reference.round == round && nodes[$0].reference.author == author }
    }

    /// The missing blocks below a suspended one, lowest rounds first.
    mutating func missing(below reference: BlockReference) -> [BlockReference] {
        guard let start = places[reference] else { return [reference] }
        walks += 1
        var leaves: [BlockReference] = []
        var open = [start]
        while let next = open.popLast() {
            if nodes[next].block == nil { leaves.append(nodes[next].reference) }
            for parent in nodes[next].parents where nodes[parent].walk != walks {
                nodes[parent].walk = walks
                open.append(parent)
            }
        }
        return leaves.sorted()
    }

    func isAwaited(_ reference: BlockReference) -> Bool { places[reference].map { nodes[$0].isAwaited } ?? false }

    /// Who signed for the need of `reference`: the authors of all suspended blocks above it, and those on whose accounts these are, but its own
    /// author, in order.
    func sponsors(of reference: BlockReference) -> [ValidatorIndex] { dependentAuthors(of: reference).filter { $0 != reference.author } }

    /// The authors of all suspended blocks above `reference`, in order.
    func dependentAuthors(of reference: BlockReference) -> [ValidatorIndex] { places[reference].map { nodes[$0].authors.members } ?? [] }

    /// Holds `block` until every one of `parents` is there. False when every account it can be charged to is full.
    mutating func suspend(_ block: Block, missing parents: [BlockReference]) -> Bool {
        guard !contains(block.reference) else { return true }
        let accounts = sponsors(of: block.reference) + [block.author]
        guard let sponsor = accounts.first(where: hasRoom) ?? accounts.first(where: { displace(above: block.round, in: $0) }) else {
            return false
        }
        charged[sponsor, default: 0] += 1
        count += 1
        let place = place(of: block.reference)
        nodes[place].block = block
        nodes[place].sponsor = sponsor
        for parent in parents {
            let awaited = self.place(of: parent)
            guard !nodes[place].parents.contains(awaited) else { continue }
            nodes[place].parents.append(awaited)
            nodes[awaited].dependents.append(place)
        }
        if hasDropped { gatherAuthors() } else { spreadAuthors(from: place) }
        return true
    }

    private mutating func place(of reference: BlockReference) -> Int {
        if let known = places[reference] { return known }
        let place = free.popLast() ?? nodes.count
        if place == nodes.count { nodes.append(Node(reference: reference)) } else { nodes[place] = Node(reference: reference) }
        places[reference] = place
        return place
    }

    /// Forgets a node that is neither suspended nor awaited.
    private mutating func tidy(_ place: Int) {
        guard nodes[place].block == nil, !nodes[place].isAwaited else { return }
        places[nodes[place].reference] = nil
        free.append(place)
    }

    private func hasRoom(_ account: ValidatorIndex) -> Bool {
        charged[account, default: 0] < perSponsorMaximum || Mutation.isPlanted(.suspendedUnbounded)
    }

    /// Drops the newest block of an account if it is above `round`; it comes again when it is needed.
    private mutating func displace(above round: Round, in account: ValidatorIndex) -> Bool {
        let newest = suspended.filter { nodes[$0].sponsor == account }.max { nodes[$0].reference < nodes[$1].reference }
        guard let newest, nodes[newest].reference.round > round else { return false }
        drop(newest)
        return true
    }

    /// Tells everything below a suspended block who needs it; what knows already is not gone below again.
    private mutating func spreadAuthors(from place: Int) {
        var open = [place]
        while let next = open.popLast() {
            var authors = nodes[next].authors
            authors.insert(nodes[next].reference.author)
            // Whoever's account it is on signed for it, though what did may have been displaced since.
            if nodes[next].block != nil { authors.insert(nodes[next].sponsor) }
            for parent in nodes[next].parents where nodes[parent].authors.formUnion(authors) { open.append(parent) }
        }
    }

    private mutating func gatherAuthors() {
        hasDropped = false
        for place in places.values { nodes[place].authors = ValidatorSet() }
        for place in places.values { spreadAuthors(from: place) }
    }

    /// The blocks that waited for `reference` alone; the caller tries them. Sorted, so that the outcome depends on the blocks alone.
    mutating func release(_ reference: BlockReference) -> [Block] {
        guard let place = places[reference], nodes[place].isAwaited else { return [] }
        let dependents = nodes[place].dependents.sorted { nodes[$0].reference < nodes[$1].reference }
        nodes[place].dependents = []
        nodes[place].authors = ValidatorSet()
        var released: [Block] = []
        for dependent in dependents {
            nodes[dependent].parents.removeAll { $0 == place }
            guard nodes[dependent].parents.isEmpty, let block = nodes[dependent].block else { continue }
            drop(dependent)
            released.append(block)
        }
        tidy(place)
        return released
    }

    /// Releases everything that waits for a block at or below the gc round: such parents count as held.
    mutating func release(atOrBelow round: Round) -> [Block] {
        places.keys.filter { $0.round <= round }.sorted().flatMap { release($0) }
    }

    /// Drops suspended blocks at or below the gc round: they can never be output.
    mutating func prune(atOrBelow round: Round) {
        for place in suspended.filter({ nodes[$0].reference.round <= round }) { drop(place) }
    }

    private mutating func drop(_ place: Int) {
        charged[nodes[place].sponsor, default: 1] -= 1
        count -= 1
        let parents = nodes[place].parents
        nodes[place].block = nil
        nodes[place].parents = []
        for parent in parents {
            hasDropped = true
            nodes[parent].dependents.removeAll { $0 == place }
            guard !nodes[parent].isAwaited else { continue }
            nodes[parent].authors = ValidatorSet()
            tidy(parent)
        }
        tidy(place)
    }
}
