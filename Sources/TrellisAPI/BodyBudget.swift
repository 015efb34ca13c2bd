// The bytes of bodies that all requests together may have the server hold: a thousand connections with a large body each would otherwise be
// gigabytes.

import Synchronization

final class BodyBudget: Sendable {
    /// What every connection may hold for itself; only what is beyond is paid for, so that large bodies never keep small ones out.
    static let ownBytes = 64 << 10

    private let free: Mutex<Int>

    init(bytes: Int) { free = Mutex(bytes) }

    /// False where so many bytes are not free.
    func take(_ count: Int) -> Bool {
        free.withLock { free in
            guard count <= free else { return false }
            free -= count
            return true
        }
    }

    func giveBack(_ count: Int) { free.withLock { $0 += count } }
}
