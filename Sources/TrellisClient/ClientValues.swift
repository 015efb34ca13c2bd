// What the API answers, as values. Only what programs decide by is named here; the whole text is in `Reply.json`.

import FoundationEssentials
public import TrellisModel
public import TrellisVerify

/// A decision that a quorum signed, as its receipt proves it. Only `TrellisClient` makes one.
public struct VerifiedDecision: Sendable {
    public let decision: Decision
    /// Who signed, where it stands in the log, which votes their seats signed.
    public let receipt: VerifiedReceipt
    /// The receipt's file, for anybody to verify offline.
    public let json: [UInt8]

    public var outcome: Outcome { decision.outcome }
}

/// A record that a quorum signed. Only `TrellisClient` makes one.
public struct VerifiedRecord: Sendable {
    public let receipt: VerifiedReceipt
    public let json: [UInt8]
}

/// A receipt as a validator sent it: it proves nothing yet.
public struct UnverifiedReceipt: Sendable {
    public let receipt: Receipt
    /// The file's bytes.
    public let json: [UInt8]
}

/// An answer: its value and the JSON it came as.
public struct Reply<Value: Sendable>: Sendable {
    public let value: Value
    public let json: [UInt8]
    /// False when the wait that was asked for ended before what was waited for.
    public let isComplete: Bool
}

/// Where a proposal stands, as one validator says.
public struct ProposalState: Sendable, Equatable, Decodable {
    public enum Status: String, Sendable, Decodable {
        case submitted, pending, approved, rejected, expired, sealed
    }

    public struct Weight: Sendable, Equatable, Decodable {
        public let approve: UInt64
        public let reject: UInt64
        public let abstain: UInt64
        /// Of votes that only the proposer can read; nil where there are none.
        public let sealed: UInt64?
        /// Of seats that have not voted.
        public let silent: UInt64
        /// What approval needs.
        public let needed: UInt64
    }

    /// Who proposed.
    public struct Proposer: Sendable, Equatable, Decodable {
        /// `key` or `token`.
        public let credential: String
        /// 64 hexadecimal digits: the SHA-256 of a public key, or the name of a token.
        public let id: String
        public let scheme: String?
        /// What this validator calls it.
        public let name: String?
        /// Whether the proposal carries the key's signature; otherwise it is the word of the validator that took it.
        public let signed: Bool
    }

    /// How one of several councils stands.
    public struct Ballot: Sendable, Equatable, Decodable {
        public let council: String
        /// `approved`, `rejected`; nil while it is open.
        public let outcome: String?
        public let weight: Weight
    }

    public struct Vote: Sendable, Equatable, Decodable {
        /// Where several councils were asked.
        public let council: String?
        public let seat: UInt32
        public let name: String?
        public let weight: UInt64
        /// `approve`, `reject`, `abstain`; nil while the seat is silent.
        public let verdict: String?
        public let reason: String
    }

    /// 64 hexadecimal digits.
    public let id: String
    public let status: Status
    public let certified: Bool?
    public let logIndex: UInt64?
    public let council: String?
    public let kind: String?
    public let text: String?
    public let fields: [String: String]?
    /// Nil where the proposal does not say.
    public let proposer: Proposer?
    /// Milliseconds since 1970, like all times here.
    public let proposedMs: UInt64?
    public let decidedMs: UInt64?
    public let deadlineMs: UInt64?
    public let weight: Weight?
    /// Where several councils were asked.
    public let ballots: [Ballot]?
    public let votes: [Vote]?

    public var isDecided: Bool { status != .submitted && status != .pending }
}

/// The level that the thresholds of adaptive councils follow.
public struct ThresholdState: Sendable, Equatable, Decodable {
    /// What the last full window of commits showed.
    public struct Window: Sendable, Equatable, Decodable {
        public let reading: String
        public let roundTimes: String
        public let missedLeaders: String
        public let lateVotes: String
        public let equivocations: String
        public let counts: [String: UInt64]
    }

    public let level: String
    public let permille: UInt64
    /// Windows in a row that read better than the level.
    public let betterWindows: Int
    /// Nil before there was one.
    public let window: Window?
}

/// A validator's state.
public struct ValidatorState: Sendable, Equatable, Decodable {
    public let chain: String
    public let epoch: UInt64
    public let validator: UInt32
    public let name: String
    public let round: UInt64
    public let highestRound: UInt64
    public let commitIndex: UInt64
    public let commitTimestampMs: UInt64
    public let logSize: UInt64
    public let certifiedLogSize: UInt64
    public let pendingProposals: Int
    public let poolTransactions: Int
    public let poolBytes: Int
    public let peersConnected: [UInt32]
    public let peerBytesSent: UInt64
    public let peerBytesReceived: UInt64
    public let blocksRejected: UInt64
    public let equivocations: UInt64
    /// Votes without effect since the start, by reason; nil where the validator does not say.
    public let votesRefused: [String: UInt64]?
    /// Proofs of misbehaviour in the ledger: `GET /v1/evidence`.
    public let evidence: Int
    /// Whether it signs nothing yet, because it does not know what it signed before.
    public let recalling: Bool
    /// What holds the audit trail: `tpm` or `software`.
    public let audit: String?
    /// Nil where no council has an adaptive threshold.
    public let threshold: ThresholdState?
    /// Why the validator stopped; nil while all is well.
    public let alarm: String?
}

/// A proposal to be put to a council. A sealed one is made by `ProposalDraft.sealed`.
public struct ProposalDraft: Sendable, Equatable {
    public var council: String?
    public var kind: String
    public var text: String
    public var fields: [String: String]
    /// Takes the place of the text.
    var content: SealedContent?

    public init(kind: String = "command", text: String, fields: [String: String] = [:], council: String? = nil) {
        self.kind = kind
        self.text = text
        self.fields = fields
        self.council = council
    }

    /// The proposal that every validator makes of this draft under this key.
    public func proposal(idempotencyKey: String) -> Proposal {
        Proposal(
            nonce: Nonce(idempotencyKey: idempotencyKey), council: council ?? Council.defaultName, kind: kind, text: text, fields: fields,
            sealed: content)
    }
}

extension ProposalDraft: Encodable {
    private enum CodingKeys: String, CodingKey {
        case council, kind, text, fields, sealed
    }

    private struct Sealed: Encodable {
        let recipients: [ValidatorIndex]
        let outcome: String
        let envelope: Data
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(council, forKey: .council)
        try container.encode(kind, forKey: .kind)
        try container.encode(fields, forKey: .fields)
        guard let content else { return try container.encode(text, forKey: .text) }
        try container.encode(
            Sealed(
                recipients: content.recipients, outcome: content.isOutcomeSealed ? "sealed" : "clear", envelope: Data(content.envelope)),
            forKey: .sealed)
    }
}
