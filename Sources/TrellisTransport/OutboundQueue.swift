// The messages waiting for one peer, bounded in bytes: what does not fit is refused at the door, never queued and lost later in silence.

import Synchronization

final class OutboundQueue: Sendable {
    enum Offer: Sendable { case refused, queued, queuedFirst }

    struct Piece: Sendable, Equatable {
        let bytes: [UInt8]
        let isLast: Bool
    }

    private struct State {
        var isOpen = false
        /// Whether the sender has been woken and has not yet found the queue empty.
        var isDraining = false
        var messages: [[UInt8]] = []
        var head = 0
        var offset = 0
        var bytes = 0
    }

    private let state = Mutex(State())
    private let bytesMaximum: Int

    init(bytesMaximum: Int) { self.bytesMaximum = bytesMaximum }

    /// Any thread. After `queuedFirst` the caller wakes the sender.
    func offer(_ message: [UInt8]) -> Offer {
        state.withLock { state in
            guard state.isOpen, message.count <= bytesMaximum - state.bytes else { return .refused }
            state.messages.append(message)
            state.bytes += message.count
            defer { state.isDraining = true }
            return state.isDraining ? .queued : .queuedFirst
        }
    }

    /// The next piece of at most `maximum` bytes; nil when the queue is empty.
    func next(_ maximum: Int) -> Piece? {
        state.withLock { state in
            guard state.head < state.messages.count else {
                state.isDraining = false
                return nil
            }
            let message = state.messages[state.head]
            let end = min(message.count, state.offset + maximum)
            let isLast = end == message.count
            let bytes = state.offset == 0 && isLast ? message : Array(message[state.offset..<end])
            state.bytes -= bytes.count
            state.offset = isLast ? 0 : end
            if isLast { Self.dropFirst(&state) }
            return Piece(bytes: bytes, isLast: isLast)
        }
    }

    private static func dropFirst(_ state: inout State) {
        state.messages[state.head] = []
        state.head += 1
        if state.head == state.messages.count || state.head >= 256 {
            state.messages.removeFirst(state.head)
            state.head = 0
        }
    }

    var isOpen: Bool { state.withLock { $0.isOpen } }

    func open() {
        state.withLock { $0 = State(isOpen: true) }
    }

    /// Empties the queue and tells how many messages were not wholly sent.
    func close() -> Int {
        state.withLock { state in
            defer { state = State() }
            return state.messages.count - state.head
        }
    }
}
