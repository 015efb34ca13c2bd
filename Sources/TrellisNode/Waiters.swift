// Who waits for which entries to be decided or certified. Each waiter is answered exactly once. Lives on the replica's thread.

import TrellisCrypto
import TrellisModel

struct Waiters {
    private struct Waiter {
        var remaining: Int
        let finality: Finality
        let continuation: CheckedContinuation<Bool, Never>
    }

    private var waiters: [UInt64: Waiter] = [:]
    private var undecided: [Digest: [UInt64]] = [:]
    /// (log index, waiter) for entries that are decided and wait for a certificate.
    private var uncertified: [(index: UInt64, waiter: UInt64)] = []
    private var next: UInt64 = 0

    var count: Int { waiters.count }

    /// A number for a waiter that is to be registered.
    mutating func number() -> UInt64 {
        next += 1
        return next
    }

    /// Registers a waiter for entries that are not decided yet, and for decided ones (by log index) that have no certificate.
    mutating func add(
        _ id: UInt64, undecided identifiers: [Digest], uncertified indices: [UInt64], _ finality: Finality,
        _ continuation: CheckedContinuation<Bool, Never>
    ) {
        waiters[id] = Waiter(remaining: identifiers.count + indices.count, finality: finality, continuation: continuation)
        for identifier in identifiers { undecided[identifier, default: []].append(id) }
        for index in indices { uncertified.append((index, id)) }
    }

    mutating func decided(_ identifier: Digest, at index: UInt64) {
        guard !undecided.isEmpty, let waiting = undecided.removeValue(forKey: identifier) else { return }
        for id in waiting {
            guard let waiter = waiters[id] else { continue }
            switch waiter.finality {
            case .decided: settle(id)
            case .certified: uncertified.append((index, id))
            }
        }
    }

    mutating func certified(logSize: UInt64) {
        guard !uncertified.isEmpty else { return }
        let done = uncertified.filter { $0.index < logSize }
        guard !done.isEmpty else { return }
        uncertified.removeAll { $0.index < logSize }
        for entry in done { settle(entry.waiter) }
    }

    private mutating func settle(_ id: UInt64) {
        guard var waiter = waiters[id] else { return }
        waiter.remaining -= 1
        waiters[id] = waiter.remaining > 0 ? waiter : nil
        if waiter.remaining == 0 { waiter.continuation.resume(returning: true) }
    }

    /// The waiter has waited long enough.
    mutating func expire(_ id: UInt64, _ identifiers: [Digest]) {
        guard let waiter = waiters.removeValue(forKey: id) else { return }
        for identifier in identifiers {
            undecided[identifier]?.removeAll { $0 == id }
            if undecided[identifier]?.isEmpty == true { undecided[identifier] = nil }
        }
        uncertified.removeAll { $0.waiter == id }
        waiter.continuation.resume(returning: false)
    }

    /// The replica stops: nobody will be told more.
    mutating func expireAll() {
        for waiter in waiters.values { waiter.continuation.resume(returning: false) }
        waiters = [:]
        undecided = [:]
        uncertified = []
    }
}
