// The key schedule: transcript hashes, the keys that hide and bind identities, and the traffic keys. HKDF-SHA-384 (RFC 5869).

import TrellisCrypto
import TrellisModel

/// The hash of all messages so far, each with its kind; sizes are fixed, so no two sequences read the same.
struct Transcript: Sendable {
    let hash: Digest

    init(hello: HandshakeRecord, reply: HandshakeRecord) {
        hash = HandshakeContext.suite.tagged(.handshake, [Array("transcript".utf8), hello.bytes, reply.bytes])
    }

    private init(hash: Digest) { self.hash = hash }

    func adding(_ record: HandshakeRecord) -> Transcript {
        Transcript(hash: HandshakeContext.suite.tagged(.handshake, [Array("transcript".utf8), hash.bytes, record.bytes]))
    }

    /// One key of `secret`, bound to this transcript and to one use.
    func key(_ use: String, _ secret: SecretBytes, count: Int = AuthenticatedCipher.keySize) -> SecretBytes {
        KeyDerivation.hkdf(
            HandshakeContext.suite, secret: secret, salt: hash.bytes, info: Domain.handshake.bytes + [0] + Array(use.utf8), count: count)
    }
}

/// The keys for the two proofs of identity, from the key exchange and the transcript hello ‖ reply.
struct ProofKeys: Sendable {
    private let initiatorCipher: AuthenticatedCipher
    private let responderCipher: AuthenticatedCipher
    private let initiatorMAC: SecretBytes
    private let responderMAC: SecretBytes

    init(secret: SecretBytes, transcript: Transcript) {
        initiatorCipher = AuthenticatedCipher(key: transcript.key("initiator proof", secret))
        responderCipher = AuthenticatedCipher(key: transcript.key("responder proof", secret))
        initiatorMAC = transcript.key("initiator identity", secret, count: HandshakeContext.macSize)
        responderMAC = transcript.key("responder identity", secret, count: HandshakeContext.macSize)
    }

    func cipher(of role: HandshakeRole) -> AuthenticatedCipher { role == .initiator ? initiatorCipher : responderCipher }
    func mac(of role: HandshakeRole) -> SecretBytes { role == .initiator ? initiatorMAC : responderMAC }
}

/// What a handshake yields: one key for each direction, from the key exchange and the whole transcript, and who the peer is.
struct ChannelKeys: Sendable {
    let role: HandshakeRole
    let peer: ValidatorIndex
    let send: SecretBytes
    let receive: SecretBytes

    init(role: HandshakeRole, peer: ValidatorIndex, secret: SecretBytes, transcript: Transcript) {
        self.role = role
        self.peer = peer
        let fromInitiator = transcript.key("initiator traffic", secret)
        let fromResponder = transcript.key("responder traffic", secret)
        send = role == .initiator ? fromInitiator : fromResponder
        receive = role == .initiator ? fromResponder : fromInitiator
    }
}

extension Transcript {
    /// The initiator's last word: it shows that it took the responder's proof and derived the same keys.
    func confirmation(_ secret: SecretBytes) -> HandshakeRecord {
        let key = key("confirmation", secret, count: HandshakeContext.macSize)
        let message = [HandshakeRole.initiator.rawValue] + hash.bytes
        return HandshakeRecord(.confirmation, KeyDerivation.hmac(HandshakeContext.suite, key: key, message: message))
    }
}

/// The GCM nonce: role of the sender u32 ‖ counter u64, little-endian.
func channelNonce(_ role: HandshakeRole, _ counter: UInt64) -> [UInt8] {
    var encoder = WireEncoder(reserving: AuthenticatedCipher.nonceSize)
    encoder.u32(UInt32(role.rawValue))
    encoder.u64(counter)
    return encoder.bytes
}
