// The file form of evidence of misbehaviour, and the one call that it is for: verify it against a genesis. As with receipts, one base64
// field is the proof, and everything else in the file follows from it.

import FoundationEssentials
public import TrellisCrypto
public import TrellisModel

/// Why an evidence file is not one, or proves nothing.
public enum EvidenceError: Error, Sendable, Equatable, CustomStringConvertible {
    case tooLarge(bytes: Int, limit: Int)
    case notAnEvidenceFile
    case malformedBase64
    case malformed(WireError)
    /// The file says something that its proof does not, or was reformatted.
    case edited(offset: Int)
    case unusableGenesis(String)
    case otherChain(expected: Digest, found: Digest)
    case otherHashSuite(expected: HashSuite, found: HashSuite)
    /// The headers are not signed by the validator that they accuse.
    case notSigned(CertificateError)

    public var description: String {
        switch self {
        case .tooLarge(let bytes, let limit): "the evidence has \(bytes) bytes, more than any can have (\(limit))"
        case .notAnEvidenceFile: "this is not an evidence file"
        case .malformedBase64: "the field 'evidence' is not canonical base64"
        case .malformed(let error): "the evidence's bytes are malformed: \(error)"
        case .edited(let offset): "the evidence file was changed: from byte \(offset) on it is not what its field 'evidence' gives"
        case .unusableGenesis(let reason): reason
        case .otherChain(let expected, let found): "it is of chain \(found), not of \(expected)"
        case .otherHashSuite(let expected, let found): "the evidence uses \(found.name), but the chain uses \(expected.name)"
        case .notSigned(let error): "it accuses nobody: \(error)"
        }
    }

    /// What a person may do about it.
    public var hint: String? {
        switch self {
        case .edited: "only the field 'evidence' is proof; get the file again and do not edit it"
        case .notAnEvidenceFile, .malformedBase64, .malformed: "get the file again; it may be cut short or of another kind"
        case .otherChain: "use the genesis file of the network that the evidence comes from"
        case .unusableGenesis: "use the genesis file as the network published it"
        case .tooLarge, .otherHashSuite, .notSigned: nil
        }
    }
}

/// Evidence with the chain that it is of. Holding it says nothing; `verify(genesis:)` does.
public struct EvidenceFile: Sendable, Equatable {
    public static let format = "trellis/evidence/1"
    /// The name of the field that holds the proof.
    public static let field = "evidence"
    /// No evidence is larger: two headers with the largest signature that there is.
    public static let wireBytesMaximum = 2 * 16_384 + 128 + 2 * (SignatureScheme.all.map(\.signatureSize).max() ?? 0)
    public static let fileBytesMaximum = 2 * wireBytesMaximum + 4096

    public let suite: HashSuite
    public let chain: Digest
    public let evidence: Evidence

    public init(suite: HashSuite, chain: Digest, evidence: Evidence) {
        self.suite = suite
        self.chain = chain
        self.evidence = evidence
    }

    /// The canonical bytes.
    public var wireBytes: [UInt8] {
        var encoder = WireEncoder()
        encoder.string(Self.format)
        encoder.u8(suite.rawValue)
        encoder.digest(chain)
        evidence.encode(to: &encoder)
        return encoder.bytes
    }

    /// Reads the canonical bytes.
    public init(wireBytes bytes: [UInt8]) throws(EvidenceError) {
        guard bytes.count <= Self.wireBytesMaximum else { throw .tooLarge(bytes: bytes.count, limit: Self.wireBytesMaximum) }
        do {
            self = try Self.decode(bytes)
        } catch {
            throw .malformed(error)
        }
    }

    private static func decode(_ bytes: [UInt8]) throws(WireError) -> EvidenceFile {
        var opening = WireDecoder(bytes, suite: .sha256)
        guard try opening.string("format", limit: format.utf8.count) == format else { throw .invalid(what: "evidence format", offset: 4) }
        guard let suite = HashSuite(rawValue: try opening.u8()) else { throw .invalid(what: "hash suite", offset: opening.offset - 1) }
        var decoder = WireDecoder(bytes, suite: suite, offset: opening.offset)
        let file = EvidenceFile(suite: suite, chain: try decoder.digest(.sha256), evidence: try Evidence(from: &decoder))
        try decoder.finish()
        return file
    }

    /// The file's bytes: keys in a fixed order, indented by two spaces, no newline at the end.
    public var json: [UInt8] {
        var writer = JSONWriter()
        writer.open("{")
        writer.string("format", Self.format)
        writer.string("chain_id", chain.description)
        writer.open("{", key: "summary")
        writer.string("identifier", evidence.identifier.description)
        writer.number("validator", UInt64(evidence.author))
        writer.string("offence", evidence.offence.name)
        writer.number("position", evidence.position)
        writer.open("[", key: "headers")
        for header in [evidence.first, evidence.second] {
            writer.open("{")
            writer.number("round", header.prefix.round)
            writer.string("scheme", header.prefix.scheme.name)
            writer.number("timestamp_ms", header.prefix.timestamp)
            writer.close("}")
        }
        writer.close("]")
        writer.close("}")
        writer.plain(Self.field, Data(wireBytes).base64EncodedString())
        writer.close("}")
        return writer.bytes
    }

    /// Whether a file ends as evidence files do.
    public static func isOne(_ json: [UInt8]) -> Bool { Text.lastField(field, of: json) != nil }

    /// Reads an evidence file; throws unless it is, byte for byte, what `json` gives for the proof in it.
    public init(json: [UInt8]) throws(EvidenceError) {
        guard json.count <= Self.fileBytesMaximum else { throw .tooLarge(bytes: json.count, limit: Self.fileBytesMaximum) }
        guard let text = Text.lastField(Self.field, of: json) else { throw .notAnEvidenceFile }
        guard let bytes = Data(base64Encoded: Data(text)) else { throw .malformedBase64 }
        try self.init(wireBytes: Array(bytes))
        let expected = self.json
        guard json == expected else { throw .edited(offset: zip(json, expected).prefix { $0 == $1 }.count) }
    }

    /// Verifies the evidence with nothing but the genesis.
    public func verify(genesis: Genesis) throws(EvidenceError) -> VerifiedEvidence {
        let committee: Committee
        do {
            committee = try Committee(genesis: genesis)
        } catch {
            throw .unusableGenesis("\(error)")
        }
        guard suite == committee.suite else { throw .otherHashSuite(expected: committee.suite, found: suite) }
        guard chain == committee.chain else { throw .otherChain(expected: committee.chain, found: chain) }
        do {
            try evidence.verify(committee)
        } catch {
            throw .notSigned(error)
        }
        return VerifiedEvidence(network: genesis.name, evidence: evidence, validator: committee.validators[Int(evidence.author)])
    }
}

/// What evidence proves. Only `EvidenceFile.verify` makes one.
public struct VerifiedEvidence: Sendable {
    public let network: String
    public let evidence: Evidence
    /// Who did it.
    public let validator: Validator

    /// Lines for people.
    public func report() -> [String] {
        let deed =
            switch evidence.offence {
            case .twinBlocks: "signed two different blocks for round \(evidence.position)"
            case .conflictingAttestations: "attested two different states after commit \(evidence.position)"
            }
        return [
            "valid: validator \(evidence.author) \(Text.quoted(validator.name)) of network \(Text.quoted(network)) \(deed)",
            "  identifier  \(evidence.identifier)",
        ]
            + [evidence.first, evidence.second].map {
                "  header      round \($0.prefix.round), at \(Text.time($0.prefix.timestamp)) on its clock, signed with \(validator.scheme.name)"
            } + [
                "proven, if the genesis file is the right one:",
                "  both headers are signed with this validator's key, and no honest validator signs both",
                "not proven:",
                "  that it meant to: a stolen key, a second machine or a store restored from a backup look the same",
            ]
    }
}
