// Accepted blocks that no commit has put out yet, with their payloads, and whether there is anything among them to go on for: a payload
// that the own next block leads to. What an equivocator built beside the blocks that others stand on may never be ordered, and must keep
// nobody awake. An exposed equivocator's newest block counts even where the fast path's rule leaves it out of the next block: until garbage
// collection, no longer.

import TrellisModel

struct Backlog: Sendable {
    private let own: ValidatorIndex
    private var blocks: [BlockReference: Block] = [:]
    /// The newest block of each author; of twins the one that came first.
    private var newest: [ValidatorIndex: BlockReference] = [:]
    private var payloads = 0
    private var hasChanged = false
    /// A block with a payload that the own next block leads to. As long as it is here, so is all that leads to it: whatever is put out goes
    /// with everything below it.
    private var reachable: BlockReference?
    /// Whether there is a payload to order, as of the last `refresh`.
    private(set) var hasPayload = false

    init(own: ValidatorIndex) { self.own = own }

    var count: Int { blocks.count }

    /// Adds an accepted block, after those that it stands on.
    mutating func add(_ block: Block) {
        let before = newest[block.author]
        if block.round > before?.round ?? 0 {
            newest[block.author] = block.reference
            // Mostly it stands on the one before, and leads wherever that did.
            if let before, block.header.parents.first != before { reachable = nil }
        }
        // Of twins it may have cited another one.
        if block.author == own { reachable = nil }
        hasChanged = true
        if blocks.updateValue(block, forKey: block.reference) == nil, !block.payload.isEmpty { payloads += 1 }
    }

    /// Removes a block that was put out; empty when it is not here.
    mutating func take(_ reference: BlockReference) -> Payload {
        guard let block = blocks.removeValue(forKey: reference) else { return .empty }
        hasChanged = true
        if !block.payload.isEmpty { payloads -= 1 }
        if reference == reachable { reachable = nil }
        return block.payload
    }

    /// Forgets what garbage collection leaves behind.
    mutating func drop(atOrBelow round: Round) {
        for reference in blocks.keys where reference.round <= round { _ = take(reference) }
    }

    /// - Parameter cited: the newest round of every author that the own chain cites: the own next block cites what is newer.
    mutating func refresh(cited: [ValidatorIndex: Round]) {
        guard hasChanged else { return }
        hasChanged = false
        if reachable == nil, payloads > 0 { reachable = firstPayload(cited) }
        hasPayload = reachable != nil
    }

    /// From the own newest block, and those that are still to be cited, down.
    private func firstPayload(_ cited: [ValidatorIndex: Round]) -> BlockReference? {
        var open = newest.values.filter { $0.author == own || $0.round > cited[$0.author, default: 0] }
        var visited = Set(open)
        var next = 0
        while next < open.count {
            defer { next += 1 }
            guard let block = blocks[open[next]] else { continue }
            if !block.payload.isEmpty { return block.reference }
            for parent in block.header.parents where visited.insert(parent).inserted { open.append(parent) }
        }
        return nil
    }
}
