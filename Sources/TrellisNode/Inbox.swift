// The queue between the peer network's delivery thread and the replica: in order, bounded, woken once per burst. A replica that is behind
// makes the delivery thread wait, which makes the peers wait.

import Foundation
import Synchronization
import TrellisConsensus

final class Inbox: @unchecked Sendable {
    private let maximum: Int
    // Guarded by `condition`.
    private var inputs: [Input] = []
    private var isClosed = false
    private let condition = NSCondition()

    init(maximum: Int = 1024) { self.maximum = maximum }

    /// Queues an input; waits while the queue is full. Returns whether the replica has to be woken.
    func push(_ input: Input) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while inputs.count >= maximum && !isClosed { condition.wait() }
        guard !isClosed else { return false }
        inputs.append(input)
        return inputs.count == 1
    }

    func take() -> [Input] {
        condition.lock()
        defer { condition.unlock() }
        let taken = inputs
        inputs = []
        condition.broadcast()
        return taken
    }

    func close() {
        condition.lock()
        isClosed = true
        inputs = []
        condition.broadcast()
        condition.unlock()
    }
}
