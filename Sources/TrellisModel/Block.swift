// A block: header, payload, signature (PROTOCOL §3). The digest is hashed in parts, so that whoever checks an attestation gets the
// prefix, the attestations and two hashes, and sees epoch and author in the clear.

public import TrellisCrypto

/// Names a block: its slot and its digest. Ordered by (round, author, digest), the order of the linearised output.
public struct BlockReference: Sendable, Hashable, Comparable, WireEncodable, WireDecodable, CustomStringConvertible {
    public let round: Round
    public let author: ValidatorIndex
    public let digest: Digest

    public init(round: Round, author: ValidatorIndex, digest: Digest) {
        self.round = round
        self.author = author
        self.digest = digest
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        round = try decoder.u64()
        author = try decoder.u32()
        digest = try decoder.digest()
    }

    public func encode(to encoder: inout WireEncoder) {
        encoder.u64(round)
        encoder.u32(author)
        encoder.digest(digest)
    }

    public static func encodedSize(_ suite: HashSuite) -> Int { 8 + 4 + suite.digestSize }

    public static func < (left: Self, right: Self) -> Bool {
        if left.round != right.round { return left.round < right.round }
        if left.author != right.author { return left.author < right.author }
        return left.digest < right.digest
    }

    /// The digest alone: it is of the round and the author too.
    public func hash(into hasher: inout Hasher) { hasher.combine(digest) }

    public var description: String { "\(author)@\(round):\(digest.description.prefix(8))" }
}

/// An author's word that executing the commit `index` gave the checkpoint with this tagged hash.
public struct Attestation: Sendable, Hashable, WireEncodable, WireDecodable {
    public let index: UInt64
    public let checkpoint: Digest

    public init(index: UInt64, checkpoint: Digest) {
        self.index = index
        self.checkpoint = checkpoint
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        index = try decoder.u64()
        checkpoint = try decoder.digest()
    }

    public func encode(to encoder: inout WireEncoder) {
        encoder.u64(index)
        encoder.digest(checkpoint)
    }
}

/// The first fields of a header, in the clear for every verifier: 30 bytes.
public struct BlockPrefix: Sendable, Hashable, WireEncodable, WireDecodable {
    public static let encodedSize = 8 + 8 + 4 + 8 + 2

    public let epoch: Epoch
    public let round: Round
    public let author: ValidatorIndex
    public let timestamp: Milliseconds
    public let scheme: SignatureSchemeIdentifier

    public init(epoch: Epoch, round: Round, author: ValidatorIndex, timestamp: Milliseconds, scheme: SignatureSchemeIdentifier) {
        self.epoch = epoch
        self.round = round
        self.author = author
        self.timestamp = timestamp
        self.scheme = scheme
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        epoch = try decoder.u64()
        round = try decoder.u64()
        author = try decoder.u32()
        timestamp = try decoder.u64()
        scheme = SignatureSchemeIdentifier(rawValue: try decoder.u16())
    }

    public func encode(to encoder: inout WireEncoder) {
        encoder.u64(epoch)
        encoder.u64(round)
        encoder.u32(author)
        encoder.u64(timestamp)
        encoder.u16(scheme.rawValue)
    }
}

public struct BlockHeader: Sendable, WireEncodable {
    public let prefix: BlockPrefix
    /// The author's own previous block first, then at most one block of every other author.
    public let parents: [BlockReference]
    public let payloadRoot: Digest
    public let attestations: [Attestation]

    public init(prefix: BlockPrefix, parents: [BlockReference], payloadRoot: Digest, attestations: [Attestation]) {
        self.prefix = prefix
        self.parents = parents
        self.payloadRoot = payloadRoot
        self.attestations = attestations
    }

    public init(from decoder: inout WireDecoder, limits: Limits) throws(WireError) {
        prefix = try BlockPrefix(from: &decoder)
        parents = try decoder.list("parents", limit: limits.parents)
        payloadRoot = try decoder.digest(.sha256)
        attestations = try decoder.list("attestations", limit: limits.attestations)
    }

    public func encode(to encoder: inout WireEncoder) {
        prefix.encode(to: &encoder)
        encoder.list(parents)
        encoder.digest(payloadRoot)
        encoder.list(attestations)
    }

    public static func listHash<T: WireEncodable>(_ values: [T], _ suite: HashSuite) -> Digest {
        var encoder = WireEncoder()
        encoder.list(values)
        return suite.hash(encoder.bytes)
    }

    /// H(len ‖ domain ‖ chain ‖ prefix ‖ H(parents) ‖ payload root ‖ H(attestations)), PROTOCOL §3.
    public static func digest(
        chain: Digest, prefix: BlockPrefix, parentsHash: Digest, payloadRoot: Digest, attestations: [Attestation], suite: HashSuite
    ) -> Digest {
        suite.tagged(
            .block,
            [
                chain.bytes, prefix.wireBytes, parentsHash.bytes, payloadRoot.bytes, listHash(attestations, suite).bytes,
            ])
    }

    public func digest(chain: Digest, suite: HashSuite) -> Digest {
        Self.digest(
            chain: chain, prefix: prefix, parentsHash: Self.listHash(parents, suite), payloadRoot: payloadRoot,
            attestations: attestations, suite: suite)
    }
}

/// A block as it travels and rests. `encoded` is the one representation of its bytes; the payload points into it.
public final class Block: Sendable {
    public let reference: BlockReference
    public let header: BlockHeader
    public let payload: Payload
    public let signature: [UInt8]
    public let encoded: [UInt8]

    private init(reference: BlockReference, header: BlockHeader, payload: Payload, signature: [UInt8], encoded: [UInt8]) {
        self.reference = reference
        self.header = header
        self.payload = payload
        self.signature = signature
        self.encoded = encoded
    }

    public var round: Round { reference.round }
    public var author: ValidatorIndex { reference.author }
    public var timestamp: Milliseconds { header.prefix.timestamp }

    /// Decodes one block within the committee's limits. Checks the layout and the payload root, nothing else.
    public convenience init(wireBytes bytes: [UInt8], committee: Committee) throws(WireError) {
        let limits = committee.limits
        guard bytes.count <= limits.blockBytes else {
            throw .tooMany(what: "block bytes", count: bytes.count, limit: limits.blockBytes)
        }
        var decoder = WireDecoder(bytes, suite: committee.suite)
        let header = try BlockHeader(from: &decoder, limits: limits)
        let payload = try Payload(from: &decoder, buffer: bytes, limit: limits.payloadBytes)
        let signature = try decoder.byteString("block signature", limit: limits.signatureBytes)
        try decoder.finish()
        guard payload.root == header.payloadRoot else { throw .invalid(what: "payload root", offset: BlockPrefix.encodedSize) }
        let digest = header.digest(chain: committee.chain, suite: committee.suite)
        let reference = BlockReference(round: header.prefix.round, author: header.prefix.author, digest: digest)
        self.init(reference: reference, header: header, payload: payload, signature: signature, encoded: bytes)
    }

    /// Puts a signed block together. `signature` is over `header.digest`.
    public convenience init(header: BlockHeader, payload: Payload, signature: [UInt8], committee: Committee) {
        var encoder = WireEncoder(reserving: payload.encodedSize + signature.count + 4096)
        header.encode(to: &encoder)
        payload.encode(to: &encoder)
        encoder.byteString(signature)
        let digest = header.digest(chain: committee.chain, suite: committee.suite)
        let reference = BlockReference(round: header.prefix.round, author: header.prefix.author, digest: digest)
        self.init(reference: reference, header: header, payload: payload, signature: signature, encoded: encoder.bytes)
    }

    /// The derived block of round 0. It is never received and carries no signature.
    public static func genesis(author: ValidatorIndex, committee: Committee) -> Block {
        let scheme = committee.validator(author)?.scheme.identifier ?? .mlDSA65
        let prefix = BlockPrefix(epoch: committee.epoch, round: 0, author: author, timestamp: 0, scheme: scheme)
        let header = BlockHeader(prefix: prefix, parents: [], payloadRoot: Payload.empty.root, attestations: [])
        return Block(header: header, payload: .empty, signature: [], committee: committee)
    }

    /// Whether the author's committee key signed this block's digest.
    public func isSigned(in committee: Committee) -> Bool {
        guard let validator = committee.validator(author), validator.scheme.identifier == header.prefix.scheme else { return false }
        return validator.key.isValid(signature, for: reference.digest.bytes, context: .block)
    }
}
