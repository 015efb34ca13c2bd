// What executing one commit gives its caller: what to store, what to tell, what to attest. Values only; nothing is decided here.

public import TrellisCrypto
public import TrellisModel

/// A new entry of the log.
public struct LogAppend: Sendable, Equatable {
    /// The leaf's place in the Merkle log, from 0.
    public let index: UInt64
    /// The identifier of what was submitted: once logged, it is never logged again.
    public let identifier: Digest
    /// The leaf. For a record these are its bytes in the block that brought it, not copied.
    public let bytes: ArraySlice<UInt8>
}

/// Why a transaction had no effect. Every validator ignores the same ones.
public enum IgnoreReason: UInt8, Sendable, CaseIterable {
    /// Not the canonical encoding of any transaction.
    case malformed
    /// Larger than genesis allows.
    case tooLarge
    /// The same bytes are pending or in the log already.
    case duplicate
    /// Proposed to councils that genesis does not name, or to none.
    case unknownCouncil
    /// Votes for a seat that genesis does not name.
    case unknownSeat
    /// As many proposals are pending as the ledger holds.
    case pendingFull
    /// As much evidence against this validator is recorded as the ledger holds.
    case evidenceFull
    /// Sealed for recipients that genesis does not have or whose seats cannot approve it, or not sealed at all.
    case sealing

    public var name: String {
        switch self {
        case .malformed: "malformed"
        case .tooLarge: "too large"
        case .duplicate: "duplicate"
        case .unknownCouncil: "unknown council"
        case .unknownSeat: "unknown seat"
        case .pendingFull: "too many pending proposals"
        case .evidenceFull: "enough evidence against this validator"
        case .sealing: "its recipients cannot decide it"
        }
    }
}

/// Why a vote had no effect.
public enum VoteRefusal: UInt8, Sendable, CaseIterable {
    /// On nothing that is pending: never proposed, decided already, or after the deadline.
    case notPending
    /// Of a seat in a council that the proposal does not need.
    case otherCouncil
    /// The seat has voted on it, or abstains by rule: the first vote holds.
    case repeated
    /// A sealed verdict where none was asked for, an open one where a sealed one was, or a reason that is too long.
    case otherForm

    public var name: String {
        switch self {
        case .notPending: "nothing is pending"
        case .otherCouncil: "another council was asked"
        case .repeated: "the seat has voted"
        case .otherForm: "another form of vote was asked for"
        }
    }

    /// What figures and programs call it.
    public var label: String {
        switch self {
        case .notPending: "not_pending"
        case .otherCouncil: "other_council"
        case .repeated: "repeated"
        case .otherForm: "other_form"
        }
    }
}

/// A vote that counted, and the batch that its seat signed.
public struct CountedVote: Sendable, Equatable {
    public let proposal: Digest
    public let council: UInt32
    public let seat: UInt32
    /// The batch as it stands in its block, not copied.
    public let batch: ArraySlice<UInt8>
    /// The vote's place in it.
    public let index: Int
}

/// The effects of one commit.
public struct Execution: Sendable {
    public let commit: UInt64
    /// New log entries, in order.
    public internal(set) var appended: [LogAppend] = []
    /// The Merkle nodes that the new entries complete, leaves (level 0) included, in the order of completion.
    public internal(set) var nodes: [(level: Int, index: UInt64, hash: Digest)] = []
    /// Proposals that became pending.
    public internal(set) var opened: [Digest] = []
    /// Proposals opened by the commit before whose time begins with this one.
    public internal(set) var postponed: [Digest] = []
    /// Proposals decided, in the order of their log entries.
    public internal(set) var decided: [Decision] = []
    /// Evidence that was recorded.
    public internal(set) var evidence: [RecordedEvidence] = []
    /// Nil when the commit changed nothing.
    public internal(set) var checkpoint: Checkpoint?
    /// Votes that counted, in order.
    public internal(set) var counted: [CountedVote] = []
    /// How many votes had no effect, and why.
    public internal(set) var refusedVotes: [VoteRefusal: Int] = [:]
    public internal(set) var ignored: [(identifier: Digest, reason: IgnoreReason)] = []

    public var votesCounted: Int { counted.count }
    public var votesIgnored: Int { refusedVotes.values.reduce(0, +) }

    var changedLedger: Bool { !appended.isEmpty || !opened.isEmpty || !postponed.isEmpty || !evidence.isEmpty || !counted.isEmpty }
}

/// How much the ledger has done since the first commit.
public struct LedgerCounters: Sendable, Equatable, WireEncodable, WireDecodable {
    public internal(set) var records: UInt64 = 0
    public internal(set) var approved: UInt64 = 0
    public internal(set) var rejected: UInt64 = 0
    public internal(set) var expired: UInt64 = 0
    public internal(set) var sealed: UInt64 = 0

    public var decisions: UInt64 { approved &+ rejected &+ expired &+ sealed }

    init() {}

    public init(from decoder: inout WireDecoder) throws(WireError) {
        records = try decoder.u64()
        approved = try decoder.u64()
        rejected = try decoder.u64()
        expired = try decoder.u64()
    }

    /// What the state digest takes: sealed outcomes, which were not always there, where there are any. The parts behind are digests, so
    /// that eight bytes more are never taken for one of them.
    var stateBytes: [UInt8] {
        var encoder = WireEncoder()
        encode(to: &encoder)
        if sealed > 0 { encoder.u64(sealed) }
        return encoder.bytes
    }

    public func encode(to encoder: inout WireEncoder) {
        encoder.u64(records)
        encoder.u64(approved)
        encoder.u64(rejected)
        encoder.u64(expired)
    }

    mutating func count(_ outcome: Outcome) {
        switch outcome {
        case .approved: approved &+= 1
        case .rejected: rejected &+= 1
        case .expired: expired &+= 1
        case .sealed: sealed &+= 1
        }
    }
}
