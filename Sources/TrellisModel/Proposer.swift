// Who proposed, as part of the proposal: a key that signed this very proposal, which proves itself to anybody for as long as its scheme stands,
// or the name of a bearer token, which is the word of the validator that took it.

public import TrellisCrypto

/// A key and its signature over everything else that a proposal says.
///
/// Signed is the tagged hash T("trellis/proposal/1", chain ‖ the proposal's bytes without its proposer), under the same domain as context. The
/// signature is part of the proposal's identifier, so it is made without randomness (FIPS 204 §3.4, the deterministic variant): a client
/// that asks again, elsewhere, gets the same identifier.
public struct ProposerSignature: Sendable, Equatable, WireEncodable, WireDecodable {
    /// Of the schemes in `schemes`.
    public let scheme: SignatureScheme
    public let publicKey: [UInt8]
    public let signature: [UInt8]

    /// Schemes that sign without randomness, and whose keys and signatures have one size.
    public static let schemes = SignatureScheme.all.filter { $0.family == .lattice }

    /// Nil unless the scheme is one of `schemes` and both parts have its sizes.
    public init?(scheme: SignatureSchemeIdentifier, publicKey: [UInt8], signature: [UInt8]) {
        guard let scheme = Self.schemes.first(where: { $0.identifier == scheme }), publicKey.count == scheme.publicKeySize,
            signature.count == scheme.signatureSize
        else { return nil }
        self.scheme = scheme
        self.publicKey = publicKey
        self.signature = signature
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        let identifier = SignatureSchemeIdentifier(rawValue: try decoder.u16())
        guard let scheme = Self.schemes.first(where: { $0.identifier == identifier }) else {
            throw .invalid(what: "scheme of the proposer", offset: decoder.offset - 2)
        }
        self.scheme = scheme
        publicKey = try decoder.raw(scheme.publicKeySize)
        signature = try decoder.raw(scheme.signatureSize)
    }

    /// The sizes follow from the scheme.
    public func encode(to encoder: inout WireEncoder) {
        encoder.u16(scheme.identifier.rawValue)
        encoder.raw(publicKey)
        encoder.raw(signature)
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.scheme.identifier == right.scheme.identifier && left.publicKey == right.publicKey && left.signature == right.signature
    }
}

/// Who asks.
public enum Proposer: Sendable, Equatable, WireEncodable, WireDecodable {
    case key(ProposerSignature)
    /// The name of a token, `tokenName(ofHash:)`. No validator but the one that took the request has seen the token.
    case token(Digest)

    private enum Kind: UInt8 {
        case key = 1
        case token = 2
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        switch Kind(rawValue: try decoder.u8()) {
        case .key: self = .key(try ProposerSignature(from: &decoder))
        case .token: self = .token(try decoder.digest(.sha256))
        case nil: throw .invalid(what: "kind of proposer", offset: decoder.offset - 1)
        }
    }

    public func encode(to encoder: inout WireEncoder) {
        switch self {
        case .key(let signature):
            encoder.u8(Kind.key.rawValue)
            signature.encode(to: &encoder)
        case .token(let name):
            encoder.u8(Kind.token.rawValue)
            encoder.digest(name)
        }
    }

    /// What the proposer is known by: the SHA-256 of its public key, or the token's name.
    public var identifier: Digest {
        switch self {
        case .key(let signature): Self.keyName(signature.publicKey)
        case .token(let name): name
        }
    }

    public static func keyName(_ publicKey: [UInt8]) -> Digest { HashSuite.sha256.hash(publicKey) }

    /// A token's name in the ledger: a hash of what validators keep of it, so that the ledger does not say what they compare with.
    public static func tokenName(ofHash hash: Digest) -> Digest { HashSuite.sha256.tagged(.tokenName, [hash.bytes]) }
}

extension Domain {
    static let proposal = Domain("trellis/proposal/1")
    static let tokenName = Domain("trellis/token/1")
}

extension Proposal {
    /// The same with this proposer.
    public func proposed(by proposer: Proposer?) -> Proposal {
        var proposal = self
        proposal.proposer = proposer
        return proposal
    }

    /// The same, signed by `key` for one chain; whoever proposed it before is replaced.
    ///
    /// - Throws: `CryptoError.parametersRefused` for a key that is not of ML-DSA.
    public func signed(by key: any SigningKey, chain: Digest) throws -> Proposal {
        let signature = try MLDSA.signDeterministically(signedDigest(chain: chain).bytes, with: key, context: .proposal)
        guard let signed = ProposerSignature(scheme: key.scheme, publicKey: key.publicKey, signature: signature) else {
            throw CryptoError.parametersRefused("a proposer's key is one of ML-DSA")
        }
        return proposed(by: .key(signed))
    }

    private func signedDigest(chain: Digest) -> Digest {
        HashSuite.sha256.tagged(.proposal, [chain.bytes, proposed(by: nil).wireBytes])
    }

    /// The signature to check where a key proposed it; nil where none did. Throws for a key that is none.
    public func proposerCheck(chain: Digest) throws -> SignatureCheck? {
        guard case .key(let signed) = proposer else { return nil }
        return SignatureCheck(
            key: try signed.scheme.verifyingKey(signed.publicKey), message: signedDigest(chain: chain).bytes, context: .proposal,
            signature: signed.signature)
    }

    /// Whether the key that it names as its proposer signed it; true where it names none.
    public func hasValidProposer(chain: Digest) -> Bool {
        do {
            guard let check = try proposerCheck(chain: chain) else { return true }
            return SignatureBatch.areValid([check]) == [true]
        } catch {
            return false
        }
    }
}
