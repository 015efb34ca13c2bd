// Accepted blocks that no commit has put out yet, with their payloads, and whether there is anything among them to go on for. A second
// block of a slot counts once somebody built on it: before that it may never be ordered, and whoever built it could keep all awake with it.

import TrellisModel

struct Backlog: Sendable {
    private var blocks: [BlockReference: Block] = [:]
    /// Second blocks of a slot that nobody built on.
    private var idle: Set<BlockReference> = []
    /// Blocks with a payload, but the idle ones.
    private var payloads = 0

    var count: Int { blocks.count }
    var hasPayload: Bool { payloads > 0 }

    /// Adds an accepted block, after those that it stands on.
    mutating func add(_ block: Block, isFirstOfSlot: Bool) {
        for parent in block.header.parents where idle.remove(parent) != nil { payloads += 1 }
        guard blocks.updateValue(block, forKey: block.reference) == nil, !block.payload.isEmpty else { return }
        if isFirstOfSlot { payloads += 1 } else { idle.insert(block.reference) }
    }

    /// Removes a block that was put out; empty when it is not here.
    mutating func take(_ reference: BlockReference) -> Payload {
        guard let block = blocks.removeValue(forKey: reference) else { return .empty }
        if !block.payload.isEmpty, idle.remove(reference) == nil { payloads -= 1 }
        return block.payload
    }

    /// Forgets what garbage collection leaves behind.
    mutating func drop(atOrBelow round: Round) {
        for reference in blocks.keys where reference.round <= round { _ = take(reference) }
    }
}
