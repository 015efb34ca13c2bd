// Why a connection or the network ends or fails, with the facts a person needs.

/// The errors of the peer network and of its connections.
public enum TransportError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The listening socket could not be bound: the port is taken, or the host is not ours.
    case cannotListen(address: String, reason: String)
    case alreadyStarted
    case invalidConfiguration(String)
    case handshake(HandshakeError)
    case handshakeDeadline
    /// A length outside what may be sent now; nothing was allocated for it.
    case frameLengthRefused(length: Int, limit: Int)
    case unknownFrame(kind: UInt8)
    /// The frame is changed, out of order, replayed, or under other keys.
    case frameNotAuthentic
    case messageTooLong(limit: Int)
    /// As many frames were sealed or opened under one key as may be.
    case keysExhausted(frames: UInt64)
    case rekeyRefused(String)
    case unresponsive
    case replaced
    case closedByPeer
    case stopped
    case network(String)

    public var description: String {
        switch self {
        case .cannotListen(let address, let reason): "cannot listen on \(address): \(reason)"
        case .alreadyStarted: "the peer network was started before"
        case .invalidConfiguration(let reason): "invalid peer network configuration: \(reason)"
        case .handshake(let error): "handshake refused: \(error)"
        case .handshakeDeadline: "the handshake was not finished in time"
        case .frameLengthRefused(let length, let limit): "a frame of \(length) bytes is outside 1...\(limit)"
        case .unknownFrame(let kind): "unknown frame kind \(kind)"
        case .frameNotAuthentic: "a frame is not authentic: changed, out of order, replayed, or under other keys"
        case .messageTooLong(let limit): "a message is longer than the limit of \(limit) bytes"
        case .keysExhausted(let frames): "the keys were used for \(frames) frames and not renewed"
        case .rekeyRefused(let reason): "renewal of keys refused: \(reason)"
        case .unresponsive: "the peer has been silent for too long"
        case .replaced: "replaced by a newer connection of the same peer"
        case .closedByPeer: "closed by the peer"
        case .stopped: "the peer network was stopped"
        case .network(let reason): reason
        }
    }
}
