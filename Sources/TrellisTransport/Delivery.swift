// Hands events to the application, one after another, off the event loop; and keeps account of what it has not taken yet, so that a
// slow application slows its peers down instead of filling our memory.

import NIOPosix
import Synchronization
public import TrellisModel

/// What happens on the peer network.
public enum PeerEvent: Sendable {
    /// A peer showed its identity; messages to it are sent from now on.
    case connected(ValidatorIndex)
    /// The connection ended; what was queued for the peer is gone.
    case disconnected(ValidatorIndex, reason: String)
    /// A whole message, in the order sent, unchanged.
    case message(ValidatorIndex, [UInt8])
}

/// The bytes of one connection's messages that the application has not taken.
final class DeliveryAccount: Sendable {
    private struct State {
        var bytes = 0
        var isPaused = false
    }

    /// What an event weighs besides its bytes, so that many small ones count too.
    private static let eventBytes = 64

    private let state = Mutex(State())
    private let bytesMaximum: Int

    init(bytesMaximum: Int) { self.bytesMaximum = bytesMaximum }

    /// Whether the connection must not be read.
    var isPaused: Bool { state.withLock { $0.isPaused } }

    func add(_ count: Int) {
        state.withLock { state in
            state.bytes += count + Self.eventBytes
            if state.bytes > bytesMaximum { state.isPaused = true }
        }
    }

    /// Whether the connection is to be read again.
    func remove(_ count: Int) -> Bool {
        state.withLock { state in
            state.bytes -= count + Self.eventBytes
            guard state.isPaused, state.bytes <= bytesMaximum / 2 else { return false }
            state.isPaused = false
            return true
        }
    }
}

/// One thread that calls the application, event by event.
final class Delivery: Sendable {
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let onEvent: @Sendable (PeerEvent) -> Void

    init(onEvent: @escaping @Sendable (PeerEvent) -> Void) {
        self.onEvent = onEvent
        thread.start()
    }

    /// Calls the application with `event`, then `taken`. Neither is called after `stop`.
    func post(_ event: PeerEvent, taken: @escaping @Sendable () -> Void = {}) {
        thread.submit { [onEvent] state in
            guard case .active = state else { return }
            onEvent(event)
            taken()
        }
    }

    func stop() async { try? await thread.shutdownGracefully() }
}
