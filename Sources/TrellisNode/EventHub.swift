// Those who follow the ledger live. A follower that does not keep up is dropped rather than waited for.

import TrellisModel

struct EventHub {
    private static let bufferMaximum = 4096
    static let followersMaximum = 1024

    private var followers: [UInt64: AsyncStream<NodeEvent>.Continuation] = [:]
    private var next: UInt64 = 0

    var isEmpty: Bool { followers.isEmpty }
    var isFull: Bool { followers.count >= Self.followersMaximum }

    /// A stream of everything published from now on.
    mutating func follow(onEnd: @escaping @Sendable (UInt64) -> Void) -> AsyncStream<NodeEvent> {
        next += 1
        let id = next
        let (stream, continuation) = AsyncStream.makeStream(of: NodeEvent.self, bufferingPolicy: .bufferingOldest(Self.bufferMaximum))
        continuation.onTermination = { _ in onEnd(id) }
        followers[id] = continuation
        return stream
    }

    mutating func remove(_ id: UInt64) { followers[id] = nil }

    mutating func publish(_ event: NodeEvent) {
        for (id, follower) in followers {
            if case .dropped = follower.yield(event) {
                follower.finish()
                followers[id] = nil
            }
        }
    }

    mutating func finish() {
        for follower in followers.values { follower.finish() }
        followers = [:]
    }
}
