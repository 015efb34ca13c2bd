// The layouts of the handshake's messages. Every size is fixed by the committee, so a length is checked before anything is read.

import TrellisCrypto
import TrellisModel

/// The messages of a handshake, by their number on the wire.
enum HandshakeMessage: UInt8, Sendable, CaseIterable {
    case hello = 1
    case retry = 2
    case reply = 3
    case initiatorProof = 4
    case responderProof = 5
    case confirmation = 6

    var name: String {
        switch self {
        case .hello: "hello"
        case .retry: "retry"
        case .reply: "reply"
        case .initiatorProof: "initiator's proof"
        case .responderProof: "responder's proof"
        case .confirmation: "confirmation"
        }
    }

    static func proof(of role: HandshakeRole) -> HandshakeMessage { role == .initiator ? .initiatorProof : .responderProof }
}

/// One message: its kind and its body.
struct HandshakeRecord: Sendable, Equatable {
    let message: HandshakeMessage
    let body: [UInt8]

    init(_ message: HandshakeMessage, _ body: [UInt8]) {
        self.message = message
        self.body = body
    }

    init(kind: UInt8, body: [UInt8]) throws(HandshakeError) {
        guard let message = HandshakeMessage(rawValue: kind) else { throw .unknownMessage(kind: kind) }
        self.init(message, body)
    }

    /// Reads kind ‖ body, the form inside an encrypted frame.
    init(bytes: [UInt8]) throws(HandshakeError) {
        guard let kind = bytes.first else { throw .wrongSize(message: "handshake message", expected: 1, actual: 0) }
        try self.init(kind: kind, body: Array(bytes.dropFirst()))
    }

    /// kind ‖ body.
    var bytes: [UInt8] { [message.rawValue] + body }
}

extension HandshakeContext {
    static let nonceSize = 32
    static var macSize: Int { suite.digestSize }

    /// The size of a message's body in bytes.
    func bodySize(of message: HandshakeMessage) -> Int {
        switch message {
        case .hello: 2 + chain.count + 8 + Self.nonceSize + CompositeKEM.publicKeySize + Self.macSize + Self.macSize
        case .retry, .confirmation: Self.macSize
        case .reply: Self.nonceSize + CompositeKEM.ciphertextSize
        case .initiatorProof, .responderProof: 4 + 2 + signatureBytesMaximum + Self.macSize + AuthenticatedCipher.tagSize
        }
    }

    /// The largest body: what an unauthenticated peer may at most make us hold.
    var bodyBytesMaximum: Int { HandshakeMessage.allCases.map(bodySize).max() ?? 0 }

    func checkSize(_ record: HandshakeRecord) throws(HandshakeError) {
        let expected = bodySize(of: record.message)
        guard record.body.count == expected else {
            throw .wrongSize(message: record.message.name, expected: expected, actual: record.body.count)
        }
    }
}

/// hello: version u16 ‖ chain ‖ epoch u64 ‖ nonce[32] ‖ ephemeral public key[1281] ‖ cookie[48] ‖ gate[48].
struct Hello: Sendable {
    /// What a cookie is bound to: all before the cookie.
    let core: [UInt8]
    let publicKey: [UInt8]
    let cookie: [UInt8]

    static var noCookie: [UInt8] { [UInt8](repeating: 0, count: HandshakeContext.macSize) }

    init(context: HandshakeContext, publicKey: [UInt8]) {
        var encoder = WireEncoder(reserving: context.bodySize(of: .hello))
        encoder.u16(HandshakeContext.version)
        encoder.digest(context.chain)
        encoder.u64(context.epoch)
        encoder.raw(SecretBytes(random: HandshakeContext.nonceSize).withBytes { Array($0) })
        encoder.raw(publicKey)
        self.init(core: encoder.bytes, publicKey: publicKey, cookie: Self.noCookie)
    }

    private init(core: [UInt8], publicKey: [UInt8], cookie: [UInt8]) {
        self.core = core
        self.publicKey = publicKey
        self.cookie = cookie
    }

    func with(cookie: [UInt8]) -> Hello { Hello(core: core, publicKey: publicKey, cookie: cookie) }

    func record(context: HandshakeContext, responder: ValidatorIndex) throws(HandshakeError) -> HandshakeRecord {
        guard let key = context.gateKey(of: responder) else { throw .unknownPeer(responder) }
        let gated = core + cookie
        return HandshakeRecord(.hello, gated + KeyDerivation.hmac(HandshakeContext.suite, key: key, message: gated))
    }

    /// Checks all that is cheap: version, size, chain, epoch, and that the sender knows whom it addresses.
    init(checking record: HandshakeRecord, context: HandshakeContext) throws(HandshakeError) {
        guard record.message == .hello else { throw .unexpectedMessage(record.message.name) }
        var decoder = WireDecoder(record.body, suite: HandshakeContext.suite)
        do {
            let version = try decoder.u16()
            guard version == HandshakeContext.version else {
                throw HandshakeError.wrongVersion(theirs: version, ours: HandshakeContext.version)
            }
            try context.checkSize(record)
            guard try decoder.raw(context.chain.count) == context.chain.bytes else { throw HandshakeError.wrongChain }
            let epoch = try decoder.u64()
            guard epoch == context.epoch else { throw HandshakeError.wrongEpoch(theirs: epoch, ours: context.epoch) }
            _ = try decoder.raw(HandshakeContext.nonceSize)
            let publicKey = try decoder.raw(CompositeKEM.publicKeySize)
            let coreSize = decoder.offset
            let cookie = try decoder.raw(HandshakeContext.macSize)
            let gatedSize = decoder.offset
            let gate = try decoder.raw(HandshakeContext.macSize)
            guard let key = context.gateKey(of: context.own),
                KeyDerivation.isEqual(
                    gate, KeyDerivation.hmac(HandshakeContext.suite, key: key, message: Array(record.body.prefix(gatedSize))))
            else { throw HandshakeError.notAddressedToUs }
            self.init(core: Array(record.body.prefix(coreSize)), publicKey: publicKey, cookie: cookie)
        } catch let error as HandshakeError {
            throw error
        } catch {
            throw .wrongSize(message: record.message.name, expected: context.bodySize(of: .hello), actual: record.body.count)
        }
    }
}
