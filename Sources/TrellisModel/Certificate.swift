// The proof that validators of a quorum attested one checkpoint: the parts of their block headers that their signatures cover.
// Verified offline with the committee alone.

public import TrellisCrypto

/// As much of one signed header as shows that its author attested a checkpoint.
public struct AttestationProof: Sendable, Equatable, WireEncodable, WireDecodable {
    public let prefix: BlockPrefix
    public let parentsHash: Digest
    public let payloadRoot: Digest
    public let attestations: [Attestation]
    public let signature: [UInt8]

    public init(_ block: Block, suite: HashSuite) {
        prefix = block.header.prefix
        parentsHash = BlockHeader.listHash(block.header.parents, suite)
        payloadRoot = block.header.payloadRoot
        attestations = block.header.attestations
        signature = block.signature
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        prefix = try BlockPrefix(from: &decoder)
        parentsHash = try decoder.digest()
        payloadRoot = try decoder.digest(.sha256)
        attestations = try decoder.list("attestations", limit: Limits.attestationsMaximum)
        signature = try decoder.byteString("signature", limit: decoder.remaining)
    }

    public func encode(to encoder: inout WireEncoder) {
        prefix.encode(to: &encoder)
        encoder.digest(parentsHash)
        encoder.digest(payloadRoot)
        encoder.list(attestations)
        encoder.byteString(signature)
    }

    /// The most bytes of one in a committee whose largest signature has `signatureBytes`.
    public static func encodedSizeMaximum(_ suite: HashSuite, signatureBytes: Int) -> Int {
        let attestations = Limits.attestationsMaximum * (8 + suite.digestSize)
        return BlockPrefix.encodedSize + suite.digestSize + HashSuite.sha256.digestSize + 4 + attestations + 4 + signatureBytes
    }

    /// Throws unless the author's committee key signed this header.
    func verifySignature(_ committee: Committee) throws(CertificateError) {
        let author = prefix.author
        guard let validator = committee.validator(author) else { throw .unknownAuthor(author) }
        guard prefix.epoch == committee.epoch else { throw .otherEpoch(expected: committee.epoch, found: prefix.epoch) }
        guard prefix.scheme == validator.scheme.identifier else { throw .wrongScheme(author) }
        let digest = BlockHeader.digest(
            chain: committee.chain, prefix: prefix, parentsHash: parentsHash, payloadRoot: payloadRoot, attestations: attestations,
            suite: committee.suite)
        guard validator.key.isValid(signature, for: digest.bytes, context: .block) else { throw .badSignature(author) }
    }
}

/// Why a certificate proves nothing.
public enum CertificateError: Error, Sendable, Equatable, CustomStringConvertible {
    case otherChain(expected: Digest, found: Digest)
    case otherEpoch(expected: Epoch, found: Epoch)
    case unknownAuthor(ValidatorIndex)
    case repeatedAuthor(ValidatorIndex)
    case wrongScheme(ValidatorIndex)
    case notAttested(ValidatorIndex)
    case badSignature(ValidatorIndex)
    case tooLittleStake(Stake, needed: Stake)

    public var description: String {
        switch self {
        case .otherChain(let expected, let found): "it is of chain \(found), not of \(expected)"
        case .otherEpoch(let expected, let found): "it is of epoch \(found), not of \(expected)"
        case .unknownAuthor(let author): "validator \(author) is not in the committee"
        case .repeatedAuthor(let author): "validator \(author) appears twice"
        case .wrongScheme(let author): "validator \(author) used another signature scheme than genesis gives it"
        case .notAttested(let author): "validator \(author) did not attest this checkpoint"
        case .badSignature(let author): "the signature of validator \(author) is invalid"
        case .tooLittleStake(let stake, let needed): "signed by stake \(stake), needed \(needed)"
        }
    }
}

public struct CheckpointCertificate: Sendable, Equatable, WireEncodable, WireDecodable {
    public let checkpoint: Checkpoint
    /// Sorted by author.
    public let proofs: [AttestationProof]

    public init(checkpoint: Checkpoint, proofs: [AttestationProof]) {
        self.checkpoint = checkpoint
        self.proofs = proofs.sorted { $0.prefix.author < $1.prefix.author }
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        checkpoint = try Checkpoint(from: &decoder)
        proofs = try decoder.list("attestation proofs", limit: Stakes.validatorsMaximum)
        for (left, right) in zip(proofs, proofs.dropFirst()) where left.prefix.author > right.prefix.author {
            throw .invalid(what: "order of signers", offset: decoder.offset)
        }
    }

    public func encode(to encoder: inout WireEncoder) {
        checkpoint.encode(to: &encoder)
        encoder.list(proofs)
    }

    /// Checks every proof against the committee and returns the stake that signed; throws unless it reaches the quorum.
    public func verify(_ committee: Committee) throws(CertificateError) -> Stake {
        guard checkpoint.chain == committee.chain else { throw .otherChain(expected: committee.chain, found: checkpoint.chain) }
        guard checkpoint.epoch == committee.epoch else { throw .otherEpoch(expected: committee.epoch, found: checkpoint.epoch) }
        let attested = Attestation(index: checkpoint.index, checkpoint: checkpoint.digest(committee.suite))
        var signers = StakeCount(validators: committee.validators.count)
        for proof in proofs {
            let author = proof.prefix.author
            guard committee.validator(author) != nil else { throw .unknownAuthor(author) }
            guard signers.insert(author, committee.stakes) else { throw .repeatedAuthor(author) }
            guard proof.attestations.contains(attested) else { throw .notAttested(author) }
            try proof.verifySignature(committee)
        }
        guard signers.stake >= committee.stakes.quorum else {
            throw .tooLittleStake(signers.stake, needed: committee.stakes.quorum)
        }
        return signers.stake
    }
}
