// Evidence that was ordered: at most one proof of each offence, and only so many against one validator, so that an adversary cannot fill
// the ledger with its own misdeeds. Blocks with false evidence are invalid, so nothing is verified here.

import TrellisCrypto
public import TrellisModel

/// Evidence and the commit that recorded it.
public struct RecordedEvidence: Sendable, Equatable, WireEncodable, WireDecodable {
    public let evidence: Evidence
    public let recorded: OrderPoint

    init(evidence: Evidence, recorded: OrderPoint) {
        self.evidence = evidence
        self.recorded = recorded
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        recorded = try OrderPoint(from: &decoder)
        evidence = try Evidence(from: &decoder)
    }

    public func encode(to encoder: inout WireEncoder) {
        recorded.encode(to: &encoder)
        evidence.encode(to: &encoder)
    }
}

/// All recorded evidence of the epoch, in the order in which it was recorded.
public struct EvidenceRegister: Sendable, WireEncodable {
    /// Recorded against one validator; one is enough to know.
    public static let perValidatorMaximum = Limits.evidencePerValidatorMaximum

    public private(set) var entries: [RecordedEvidence] = []
    private var keys: Set<EvidenceKey> = []
    /// Of `entries`, once it was asked for: they are large and change seldom.
    private var digest: Digest?

    init() {}

    public var isEmpty: Bool { entries.isEmpty }
    public var count: Int { entries.count }

    public func contains(_ key: EvidenceKey) -> Bool { keys.contains(key) }

    /// How much is recorded against a validator.
    public func count(against validator: ValidatorIndex) -> Int { keys.count { $0.author == validator } }

    /// Whether evidence with this key would be recorded.
    public func hasRoom(for key: EvidenceKey) -> Bool { !contains(key) && count(against: key.author) < Self.perValidatorMaximum }

    /// False, and nothing changes, where the offence is recorded or the author has its fill.
    mutating func record(_ recorded: RecordedEvidence) -> Bool {
        guard hasRoom(for: recorded.evidence.key) else { return false }
        keys.insert(recorded.evidence.key)
        entries.append(recorded)
        digest = nil
        return true
    }

    /// The tagged hash of all entries; nil where there are none.
    mutating func digest(_ suite: HashSuite) -> Digest? {
        if digest == nil, !isEmpty { digest = suite.tagged(.evidence, [wireBytes]) }
        return digest
    }

    init(from decoder: inout WireDecoder) throws(WireError) {
        let count = try decoder.count("evidence", limit: Stakes.validatorsMaximum * Self.perValidatorMaximum)
        for _ in 0..<count {
            guard record(try RecordedEvidence(from: &decoder)) else { throw .invalid(what: "repeated evidence", offset: decoder.offset) }
        }
    }

    public func encode(to encoder: inout WireEncoder) { encoder.list(entries) }
}
