// Which idempotency key stands for which request, so that a key used again with another body is refused. Bounded in number and time;
// per validator: the ledger itself keeps equal requests apart by their identifiers.

import Synchronization
import TrellisCrypto

final class IdempotencyTable: Sendable {
    enum Claim: Sendable {
        case fresh
        /// The same key came with the same request before.
        case repeated
        /// The key stands for another request.
        case conflict
    }

    private struct Entry {
        let request: Digest
        let expires: ContinuousClock.Instant
        var isConfirmed = false
    }

    private struct State {
        var entries: [String: Entry] = [:]
        /// Keys in the order of their claims; those that were released since are passed over.
        var order: [(key: String, expires: ContinuousClock.Instant)] = []
        var oldest = 0
    }

    private let capacity: Int
    private let lifetime: Duration
    private let state = Mutex(State())

    init(capacity: Int = 65_536, lifetime: Duration = .seconds(24 * 3600)) {
        self.capacity = capacity
        self.lifetime = lifetime
    }

    /// Binds `key` to the request with this digest until it is released or expires.
    func claim(_ key: String, for request: Digest) -> Claim {
        let now = ContinuousClock.now
        return state.withLock { state in
            Self.forget(&state, now: now, capacity: capacity)
            if let entry = state.entries[key], entry.expires > now {
                return entry.request == request ? .repeated : .conflict
            }
            let expires = now + lifetime
            state.entries[key] = Entry(request: request, expires: expires)
            state.order.append((key, expires))
            return .fresh
        }
    }

    /// The request was accepted: the key stays bound.
    func confirm(_ key: String) {
        state.withLock { $0.entries[key]?.isConfirmed = true }
    }

    /// The request was refused: the key is free again, unless an equal request was accepted meanwhile.
    func release(_ key: String) {
        state.withLock { state in
            if state.entries[key]?.isConfirmed == false { state.entries[key] = nil }
        }
    }

    private static func forget(_ state: inout State, now: ContinuousClock.Instant, capacity: Int) {
        while state.oldest < state.order.count {
            let (key, expires) = state.order[state.oldest]
            guard expires <= now || state.order.count - state.oldest >= capacity else { break }
            if state.entries[key]?.expires == expires { state.entries[key] = nil }
            state.oldest += 1
        }
        if state.oldest > 1024, state.oldest * 2 > state.order.count {
            state.order.removeFirst(state.oldest)
            state.oldest = 0
        }
    }
}
