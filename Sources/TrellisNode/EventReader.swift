// One follower that starts in the past: reads the log at its own pace, and goes live when it has caught up.

import TrellisModel

actor EventReader {
    private static let chunk: UInt64 = 256

    private let replica: Replica
    private var next: UInt64
    private var past: [NodeEvent] = []
    private var live: AsyncStream<NodeEvent>.Iterator?
    /// Followed already, while the log up to `liveFrom` is still being read.
    private var pendingLive: AsyncStream<NodeEvent>?
    /// Where the live events begin; nil until there are any.
    private var liveFrom: UInt64?

    init(replica: Replica, from: UInt64) {
        self.replica = replica
        next = from
    }

    /// The next event; nil when the node stops or this reader fell behind its live events.
    func next() async -> NodeEvent? {
        while past.isEmpty {
            guard !Task.isCancelled else { return nil }
            guard var live else {
                guard await readOn() else { return nil }
                continue
            }
            let event = await live.next(isolation: self)
            self.live = live
            return event
        }
        return past.removeFirst()
    }

    /// Reads the next part of the log, or starts following. False when neither is possible.
    private func readOn() async -> Bool {
        let chunkEnd = next > .max - Self.chunk ? .max : next + Self.chunk
        if liveFrom == nil, await replica.logSize <= chunkEnd {
            guard let (stream, size) = try? await replica.follow() else { return false }
            liveFrom = size
            pendingLive = stream
        }
        let end = min(liveFrom ?? .max, chunkEnd)
        if next < end {
            guard let events = try? await replica.logEvents(from: next, to: end) else { return false }
            past = events
            next = end
        }
        if let liveFrom, next >= liveFrom {
            live = pendingLive?.makeAsyncIterator()
            pendingLive = nil
        }
        return true
    }
}
