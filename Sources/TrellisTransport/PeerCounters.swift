// What the peer network counts, for metrics.

import Synchronization

/// Totals since the network was started.
public struct PeerCounters: Sendable, Equatable {
    public var bytesIn: UInt64 = 0
    public var bytesOut: UInt64 = 0
    public var framesIn: UInt64 = 0
    public var framesOut: UInt64 = 0
    public var messagesIn: UInt64 = 0
    public var messagesOut: UInt64 = 0
    /// Connections whose peer showed its identity.
    public var handshakesCompleted: UInt64 = 0
    public var handshakesFailed: UInt64 = 0
    /// Connections closed on arrival by the limits for strangers.
    public var connectionsRefused: UInt64 = 0
    public var keysRenewed: UInt64 = 0
    /// Messages not sent: the peer was away, or its queue was full.
    public var messagesDropped: UInt64 = 0

    public init() {}
}

final class CounterBoard: Sendable {
    private let counters = Mutex(PeerCounters())

    var snapshot: PeerCounters { counters.withLock { $0 } }

    func update(_ change: (inout PeerCounters) -> Void) { counters.withLock { change(&$0) } }
}
