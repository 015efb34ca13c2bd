// The open event streams: how many there are, and how they end when the server stops.

import Synchronization

final class EventStreams: Sendable {
    /// A place among the streams, free again when the last reference goes.
    final class Ticket: Sendable {
        private let streams: EventStreams
        private let number: UInt64

        fileprivate init(_ streams: EventStreams, _ number: UInt64) {
            self.streams = streams
            self.number = number
        }

        /// Calls `end` when the server stops, at once if it has.
        func onStop(_ end: @escaping @Sendable () -> Void) {
            let isStopped = streams.state.withLock { state in
                if !state.isStopped { state.ends[number] = end }
                return state.isStopped
            }
            if isStopped { end() }
        }

        deinit {
            streams.state.withLock { state in
                state.ends[number] = nil
                state.count -= 1
            }
        }
    }

    private struct State {
        var count = 0
        var next: UInt64 = 0
        var ends: [UInt64: @Sendable () -> Void] = [:]
        var isStopped = false
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// Nil when there are as many streams as there may be.
    func open() -> Ticket? {
        let number: UInt64? = state.withLock { state in
            guard state.count < limit, !state.isStopped else { return nil }
            state.count += 1
            state.next += 1
            return state.next
        }
        return number.map { Ticket(self, $0) }
    }

    /// Ends all streams, now and later.
    func stop() {
        let ends = state.withLock { state in
            state.isStopped = true
            defer { state.ends = [:] }
            return state.ends.values.map { $0 }
        }
        for end in ends { end() }
    }
}
