// Who we are and whom we may speak with: what every handshake is bound to. No sockets, no clock.

import TrellisCrypto
import TrellisModel

/// The side of a handshake; it enters every signature, MAC and nonce, so that nothing can be reflected.
enum HandshakeRole: UInt8, Sendable {
    case initiator = 1
    case responder = 2

    var other: HandshakeRole { self == .initiator ? .responder : .initiator }
}

/// Chain, epoch, own identity and the identities of all peers.
struct HandshakeContext: Sendable {
    /// The version of the channel's protocol. There is no negotiation: another version is another protocol.
    static let version: UInt16 = 1
    /// The channel hashes with SHA-384 whatever the ledger uses, to match AES-256.
    static let suite = HashSuite.sha384

    let chain: Digest
    let epoch: Epoch
    let own: ValidatorIndex
    let identity: any SigningKey
    let peers: [ValidatorIndex: any VerifyingKey]
    /// The longest signature of any identity in the committee: every proof is padded to it, so that its size tells nothing.
    let signatureBytesMaximum: Int
    private let identities: [ValidatorIndex: [UInt8]]

    init(
        chain: Digest, epoch: Epoch, own: ValidatorIndex, identity: any SigningKey, peers: [ValidatorIndex: any VerifyingKey],
        signatureBytesMaximum: Int
    ) {
        self.chain = chain
        self.epoch = epoch
        self.own = own
        self.identity = identity
        self.peers = peers.filter { $0.key != own }
        self.signatureBytesMaximum = signatureBytesMaximum
        var identities = self.peers.mapValues(\.bytes)
        identities[own] = identity.publicKey
        self.identities = Dictionary(
            uniqueKeysWithValues: identities.map { index, key in
                var encoder = WireEncoder(reserving: 4 + Self.suite.digestSize)
                encoder.u32(index)
                encoder.digest(Self.suite.tagged(.handshake, [Array("identity".utf8), key]))
                return (index, encoder.bytes)
            })
    }

    /// Index and key hash of a validator: 52 bytes that stand for it in everything signed. Nil for a stranger.
    func identityBytes(of index: ValidatorIndex) -> [UInt8]? { identities[index] }

    /// What the signature and the MAC of `role` say: role ‖ transcript ‖ initiator ‖ responder. Nil if either is a stranger.
    func statement(
        role: HandshakeRole, transcript: Digest, initiator: ValidatorIndex, responder: ValidatorIndex
    ) -> [UInt8]? {
        guard let initiatorBytes = identityBytes(of: initiator), let responderBytes = identityBytes(of: responder) else { return nil }
        return [role.rawValue] + transcript.bytes + initiatorBytes + responderBytes
    }

    /// The key of the cheap first check: only who knows the committee can address one of its validators.
    func gateKey(of responder: ValidatorIndex) -> SecretBytes? {
        guard let responderBytes = identityBytes(of: responder) else { return nil }
        var encoder = WireEncoder()
        encoder.u16(Self.version)
        encoder.digest(chain)
        encoder.u64(epoch)
        encoder.raw(responderBytes)
        return SecretBytes(Self.suite.tagged(.handshake, [Array("gate".utf8), encoder.bytes]).bytes)
    }
}
