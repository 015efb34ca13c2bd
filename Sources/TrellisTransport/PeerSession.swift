// An established channel as a pure state machine: seals and opens frames, puts messages together, and renews keys without a gap.
//
// Renewal: the initiator runs a whole new handshake inside `handshake` frames while messages flow under the old keys. Its
// confirmation is the last frame under its old key; the responder answers it with `switchKeys`, the last one under its own old key.
// TCP keeps the order, so each side knows for each frame which key it is under. Replaced keys are released, and so erased, at once.

import TrellisCrypto
import TrellisModel

/// When keys are renewed.
public struct RekeyParameters: Sendable, Equatable {
    /// The initiator renews the keys after so many frames in either direction.
    public var frames: UInt64
    /// The initiator renews the keys after so long.
    public var interval: Duration
    /// Neither side seals or opens more frames than this under a key: the connection ends instead.
    public var framesMaximum: UInt64

    public init(frames: UInt64 = 1 << 24, interval: Duration = .seconds(3600), framesMaximum: UInt64 = 1 << 25) {
        self.frames = frames
        self.interval = interval
        self.framesMaximum = framesMaximum
    }
}

struct PeerSession: Sendable {
    /// What an opened frame means.
    enum Arrival: Sendable, Equatable {
        case piece
        case message([UInt8])
        case ping
        case pong
        case handshake(HandshakeRecord)
        /// The renewal that we initiated is complete.
        case keysRenewed
    }

    let role: HandshakeRole
    let peer: ValidatorIndex
    private let parameters: RekeyParameters
    private let messageBytesMaximum: Int
    private var sealer: FrameSealer
    private var opener: FrameOpener
    /// The initiator's next opener, from its confirmation until the responder's `switchKeys`.
    private var nextOpener: FrameOpener?
    private var pieces: [UInt8] = []

    init(keys: ChannelKeys, parameters: RekeyParameters, messageBytesMaximum: Int) {
        role = keys.role
        peer = keys.peer
        self.parameters = parameters
        self.messageBytesMaximum = messageBytesMaximum
        sealer = Self.sealer(keys, parameters)
        opener = Self.opener(keys, parameters)
    }

    private static func sealer(_ keys: ChannelKeys, _ parameters: RekeyParameters) -> FrameSealer {
        FrameSealer(key: keys.send, sender: keys.role, framesMaximum: parameters.framesMaximum)
    }

    private static func opener(_ keys: ChannelKeys, _ parameters: RekeyParameters) -> FrameOpener {
        FrameOpener(key: keys.receive, sender: keys.role.other, framesMaximum: parameters.framesMaximum)
    }

    /// The frames under the present keys, in the direction that has more of them.
    var framesUnderKeys: UInt64 { max(sealer.frames, opener.frames) }
    /// Whether the initiator should renew the keys.
    var isRekeyDue: Bool { role == .initiator && nextOpener == nil && framesUnderKeys >= parameters.frames }
    /// Whether a responder takes a renewal now; one that comes much too early only burns our time. The sides' settings may differ twofold.
    func mayRekey(elapsed: Duration) -> Bool { framesUnderKeys >= parameters.frames / 2 || elapsed >= parameters.interval / 2 }

    mutating func seal(_ kind: FrameKind, _ plaintext: [UInt8] = []) throws(TransportError) -> Frame {
        try sealer.seal(kind, plaintext)
    }

    mutating func open(kind: UInt8, body: [UInt8]) throws(TransportError) -> Arrival {
        let (kind, plaintext) = try opener.open(kind: kind, body: body)
        switch kind {
        case .messageEnd:
            return .message(try complete(plaintext))
        case .messagePart:
            guard !plaintext.isEmpty, plaintext.count <= messageBytesMaximum - pieces.count else {
                throw .messageTooLong(limit: messageBytesMaximum)
            }
            pieces.append(contentsOf: plaintext)
            return .piece
        case .ping: return .ping
        case .pong: return .pong
        case .handshake:
            do throws(HandshakeError) {
                return .handshake(try HandshakeRecord(bytes: plaintext))
            } catch {
                throw .handshake(error)
            }
        case .switchKeys:
            guard let next = nextOpener else { throw .rekeyRefused("no renewal is under way") }
            opener = next
            nextOpener = nil
            return .keysRenewed
        }
    }

    private mutating func complete(_ last: [UInt8]) throws(TransportError) -> [UInt8] {
        guard last.count <= messageBytesMaximum - pieces.count else { throw .messageTooLong(limit: messageBytesMaximum) }
        guard !pieces.isEmpty else { return last }
        defer { pieces = [] }
        pieces.append(contentsOf: last)
        return pieces
    }

    /// The initiator's side of the switch: the confirmation under the old key, and from then on the new one.
    mutating func renew(_ keys: ChannelKeys, confirmation: HandshakeRecord) throws(TransportError) -> Frame {
        guard role == .initiator, nextOpener == nil else { throw .rekeyRefused("a renewal is under way") }
        let frame = try sealer.seal(.handshake, confirmation.bytes)
        sealer = Self.sealer(keys, parameters)
        nextOpener = Self.opener(keys, parameters)
        return frame
    }

    /// The responder's side of the switch, on the initiator's confirmation.
    mutating func renew(_ keys: ChannelKeys) throws(TransportError) -> Frame {
        guard role == .responder else { throw .rekeyRefused("only the responder is told to switch") }
        opener = Self.opener(keys, parameters)
        let frame = try sealer.seal(.switchKeys, [])
        sealer = Self.sealer(keys, parameters)
        return frame
    }
}
