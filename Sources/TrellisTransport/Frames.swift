// The frames of an established channel: layout, bounds, and AES-256-GCM under counter nonces, one key for each direction.
// No sockets; a frame that fails to open ends the connection.

import TrellisCrypto
import TrellisModel

/// What a frame carries. Numbers below 16 are handshake messages, which travel in the clear only before the first keys.
enum FrameKind: UInt8, Sendable {
    /// The last (or only) piece of a message.
    case messageEnd = 16
    /// A piece of a message, with more to come.
    case messagePart = 17
    case ping = 18
    case pong = 19
    /// A message of a handshake that renews the keys.
    case handshake = 20
    /// The responder's last frame under its old key.
    case switchKeys = 21
}

/// record: length u32 ‖ kind u8 ‖ body, where length counts kind and body.
enum FrameLayout {
    static let lengthSize = 4
    static let headerSize = 5
    /// The most plaintext in a frame: with 2^24 frames under a key an attacker's advantage against GCM stays near 2^-57.
    static let plaintextBytesMaximum = 64 << 10
    /// The largest length field of an encrypted frame.
    static let lengthMaximum = 1 + plaintextBytesMaximum + AuthenticatedCipher.tagSize

    /// length ‖ kind: what precedes the body, and the associated data of an encrypted one.
    static func header(kind: UInt8, bodyBytes: Int) -> [UInt8] {
        var encoder = WireEncoder(reserving: headerSize)
        encoder.count(1 + bodyBytes)
        encoder.u8(kind)
        return encoder.bytes
    }

    /// Checks a length field before anything is allocated for it.
    static func check(length: UInt32, limit: Int) throws(TransportError) -> Int {
        let length = Int(length)
        guard length >= 1, length <= limit else { throw .frameLengthRefused(length: length, limit: limit) }
        return length
    }
}

/// A record ready to be written.
struct Frame: Sendable {
    let kind: UInt8
    let body: [UInt8]

    init(kind: UInt8, body: [UInt8]) {
        self.kind = kind
        self.body = body
    }

    /// A handshake message in the clear.
    init(_ record: HandshakeRecord) { self.init(kind: record.message.rawValue, body: record.body) }

    var header: [UInt8] { FrameLayout.header(kind: kind, bodyBytes: body.count) }
    var count: Int { FrameLayout.headerSize + body.count }
}

/// Encrypts one direction.
struct FrameSealer: Sendable {
    private let cipher: AuthenticatedCipher
    private let sender: HandshakeRole
    private let framesMaximum: UInt64
    /// Frames sealed so far, and the next nonce's counter.
    private(set) var frames: UInt64 = 0

    init(key: SecretBytes, sender: HandshakeRole, framesMaximum: UInt64) {
        cipher = AuthenticatedCipher(key: key)
        self.sender = sender
        self.framesMaximum = framesMaximum
    }

    mutating func seal(_ kind: FrameKind, _ plaintext: [UInt8]) throws(TransportError) -> Frame {
        guard frames < framesMaximum else { throw .keysExhausted(frames: frames) }
        let header = FrameLayout.header(kind: kind.rawValue, bodyBytes: plaintext.count + AuthenticatedCipher.tagSize)
        guard plaintext.count <= FrameLayout.plaintextBytesMaximum,
            let sealed = try? cipher.seal(plaintext, nonce: channelNonce(sender, frames), associatedData: header)
        else { throw .frameLengthRefused(length: plaintext.count, limit: FrameLayout.plaintextBytesMaximum) }
        frames += 1
        return Frame(kind: kind.rawValue, body: sealed)
    }
}

/// Decrypts one direction.
struct FrameOpener: Sendable {
    private let cipher: AuthenticatedCipher
    private let sender: HandshakeRole
    private let framesMaximum: UInt64
    /// Frames opened so far, and the next nonce's counter.
    private(set) var frames: UInt64 = 0

    init(key: SecretBytes, sender: HandshakeRole, framesMaximum: UInt64) {
        cipher = AuthenticatedCipher(key: key)
        self.sender = sender
        self.framesMaximum = framesMaximum
    }

    mutating func open(kind: UInt8, body: [UInt8]) throws(TransportError) -> (kind: FrameKind, plaintext: [UInt8]) {
        guard frames < framesMaximum else { throw .keysExhausted(frames: frames) }
        guard let frameKind = FrameKind(rawValue: kind) else { throw .unknownFrame(kind: kind) }
        guard body.count >= AuthenticatedCipher.tagSize, body.count < FrameLayout.lengthMaximum else {
            throw .frameLengthRefused(length: body.count + 1, limit: FrameLayout.lengthMaximum)
        }
        let header = FrameLayout.header(kind: kind, bodyBytes: body.count)
        guard let plaintext = try? cipher.open(body, nonce: channelNonce(sender, frames), associatedData: header) else {
            throw .frameNotAuthentic
        }
        frames += 1
        return (frameKind, plaintext)
    }
}
