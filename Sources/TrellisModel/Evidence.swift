// Proof that a validator broke the protocol: two headers under its key that no honest validator signs both (PROTOCOL §9). Headers are
// hashed in parts, so that neither payloads nor parents are needed, and the committee alone verifies it.

public import TrellisCrypto

/// What a validator can be shown to have done.
public enum Offence: UInt8, Sendable, CaseIterable {
    /// Two different blocks for one round.
    case twinBlocks = 1
    /// Two different checkpoints attested for one commit.
    case conflictingAttestations = 2

    public var name: String {
        switch self {
        case .twinBlocks: "twin_blocks"
        case .conflictingAttestations: "conflicting_attestations"
        }
    }
}

/// Who did what, and at which round or checkpoint index: what evidence is counted by, whichever headers show it.
public struct EvidenceKey: Sendable, Hashable {
    public let author: ValidatorIndex
    public let offence: Offence
    /// The round of twin blocks; the index of the checkpoint that was attested twice.
    public let position: UInt64

    public init(author: ValidatorIndex, offence: Offence, position: UInt64) {
        self.author = author
        self.offence = offence
        self.position = position
    }
}

/// Two signed headers of one author that contradict one another. Whether they are signed is for `verify` to say.
public struct Evidence: Sendable, Equatable, WireEncodable, WireDecodable {
    public let offence: Offence
    /// In the order of their bytes.
    public let first: AttestationProof
    public let second: AttestationProof
    /// Derived from the headers.
    public let position: UInt64

    public var author: ValidatorIndex { first.prefix.author }
    public var key: EvidenceKey { EvidenceKey(author: author, offence: offence, position: position) }

    /// Nil unless the two headers, in any order, show `offence` if both are signed.
    public init?(_ offence: Offence, _ left: AttestationProof, _ right: AttestationProof) {
        guard left.prefix.author == right.prefix.author, left.prefix.epoch == right.prefix.epoch, !left.saysTheSame(as: right) else {
            return nil
        }
        switch offence {
        case .twinBlocks:
            guard left.prefix.round == right.prefix.round else { return nil }
            position = left.prefix.round
        case .conflictingAttestations:
            let conflicts = left.attestations.filter { attested in
                right.attestations.contains { $0.index == attested.index && $0.checkpoint != attested.checkpoint }
            }
            guard let least = conflicts.map(\.index).min() else { return nil }
            position = least
        }
        self.offence = offence
        let isOrdered = left.wireBytes.lexicographicallyPrecedes(right.wireBytes)
        first = isOrdered ? left : right
        second = isOrdered ? right : left
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        let start = decoder.offset
        guard try decoder.u8() == EntryKind.evidence.rawValue else { throw .invalid(what: "evidence kind", offset: start) }
        guard let offence = Offence(rawValue: try decoder.u8()) else { throw .invalid(what: "offence", offset: start + 1) }
        let left = try AttestationProof(from: &decoder)
        let right = try AttestationProof(from: &decoder)
        guard let evidence = Evidence(offence, left, right), evidence.first == left else {
            throw .invalid(what: "pair of headers", offset: start)
        }
        self = evidence
    }

    public func encode(to encoder: inout WireEncoder) {
        encoder.u8(EntryKind.evidence.rawValue)
        encoder.u8(offence.rawValue)
        first.encode(to: &encoder)
        second.encode(to: &encoder)
    }

    /// The RFC 9162 leaf hash of its bytes, as of any transaction.
    public var identifier: Digest { Merkle.leafHash(wireBytes) }

    /// Throws unless the author's committee key signed both headers.
    public func verify(_ committee: Committee) throws(CertificateError) {
        try first.verifySignature(committee)
        try second.verifySignature(committee)
    }
}

extension AttestationProof {
    /// Whether the signed parts are equal. One digest may be signed twice, by a signature scheme that is hedged.
    fileprivate func saysTheSame(as other: Self) -> Bool {
        prefix == other.prefix && parentsHash == other.parentsHash && payloadRoot == other.payloadRoot && attestations == other.attestations
    }
}
