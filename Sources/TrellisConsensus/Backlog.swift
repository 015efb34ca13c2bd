// Accepted blocks that no commit has put out yet, with their payloads, and whether there is anything among them to go on for: a payload
// that the own next block leads to, since that stands on everybody's newest block. What an equivocator built beside the blocks that others
// stand on may never be ordered, and must keep nobody awake.

import TrellisModel

struct Backlog: Sendable {
    private var blocks: [BlockReference: Block] = [:]
    /// The newest block of each author; of twins the one that came first.
    private var newest: [ValidatorIndex: BlockReference] = [:]
    private var payloads = 0
    private var hasChanged = false
    /// Whether there is a payload to order, as of the last `refresh`.
    private(set) var hasPayload = false

    var count: Int { blocks.count }

    /// Adds an accepted block, after those that it stands on.
    mutating func add(_ block: Block) {
        if block.round > newest[block.author]?.round ?? 0 { newest[block.author] = block.reference }
        hasChanged = true
        if blocks.updateValue(block, forKey: block.reference) == nil, !block.payload.isEmpty { payloads += 1 }
    }

    /// Removes a block that was put out; empty when it is not here.
    mutating func take(_ reference: BlockReference) -> Payload {
        guard let block = blocks.removeValue(forKey: reference) else { return .empty }
        hasChanged = true
        if !block.payload.isEmpty { payloads -= 1 }
        return block.payload
    }

    /// Forgets what garbage collection leaves behind.
    mutating func drop(atOrBelow round: Round) {
        for reference in blocks.keys where reference.round <= round { _ = take(reference) }
    }

    mutating func refresh() {
        guard hasChanged else { return }
        hasChanged = false
        hasPayload = payloads > 0 && isPayloadReachable
    }

    private var isPayloadReachable: Bool {
        var open = Array(newest.values)
        var visited = Set(open)
        while let next = open.popLast() {
            guard let block = blocks[next] else { continue }
            if !block.payload.isEmpty { return true }
            for parent in block.header.parents where visited.insert(parent).inserted { open.append(parent) }
        }
        return false
    }
}
