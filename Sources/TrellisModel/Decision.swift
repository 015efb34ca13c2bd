// What the log holds: a decision on a proposal, or a record as it was submitted. These bytes are the leaves of the Merkle log.

public import TrellisCrypto

public enum Outcome: UInt8, Sendable {
    case approved = 1
    case rejected = 2
    case expired = 3
    /// The votes are sealed: whoever holds the proposal's reply key knows what they come to.
    case sealed = 4

    public var name: String {
        switch self {
        case .approved: "approved"
        case .rejected: "rejected"
        case .expired: "expired"
        case .sealed: "sealed"
        }
    }
}

extension Outcome {
    /// Where a council stands: approved once the weight that approves is enough, rejected as soon as it cannot be enough any
    /// more (abstentions approve nothing), nil while the votes still out can turn it either way. Sealed votes can too: where they
    /// leave it open and no other is out, the outcome is sealed.
    public init?(tallying seats: [SeatVote], thresholdPermille: UInt64) {
        var total: UInt64 = 0
        var approving: UInt64 = 0
        var sealed: UInt64 = 0
        var open: UInt64 = 0
        for seat in seats {
            total += seat.weight
            if seat.verdict == .approve { approving += seat.weight }
            if seat.verdict == .sealed { sealed += seat.weight }
            if seat.verdict == nil { open += seat.weight }
        }
        let needed = Council.approvalWeight(of: total, thresholdPermille: thresholdPermille)
        if approving >= needed {
            self = .approved
        } else if approving + sealed + open < needed {
            self = .rejected
        } else if open == 0 {
            self = .sealed
        } else {
            return nil
        }
    }
}

/// A point in the total order: a commit and its timestamp.
public struct OrderPoint: Sendable, Equatable, WireEncodable, WireDecodable {
    public let commit: UInt64
    public let timestamp: Milliseconds

    public init(commit: UInt64, timestamp: Milliseconds) {
        self.commit = commit
        self.timestamp = timestamp
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        commit = try decoder.u64()
        timestamp = try decoder.u64()
    }

    public func encode(to encoder: inout WireEncoder) {
        encoder.u64(commit)
        encoder.u64(timestamp)
    }
}

/// How one seat stood when the decision fell. `verdict` is nil for a seat that had not voted.
public struct SeatVote: Sendable, Equatable, WireEncodable, WireDecodable {
    public static let encodedSizeMaximum = encodedSizeMaximum(isSealed: true)

    /// The most bytes of a vote on a proposal, sealed or not.
    public static func encodedSizeMaximum(isSealed: Bool) -> Int {
        4 + 8 + 1 + 4 + (isSealed ? SealedReason.textSize : Vote.reasonMaximum)
    }

    public let seat: UInt32
    public let weight: UInt64
    public let verdict: Verdict?
    public let reason: String

    public init(seat: UInt32, weight: UInt64, verdict: Verdict?, reason: String) {
        self.seat = seat
        self.weight = weight
        self.verdict = verdict
        self.reason = reason
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        seat = try decoder.u32()
        weight = try decoder.u64()
        guard weight <= Council.seatWeightMaximum else { throw .invalid(what: "weight", offset: decoder.offset - 8) }
        let code = try decoder.u8()
        verdict = Verdict(rawValue: code)
        guard code == 0 || verdict != nil else { throw .invalid(what: "verdict", offset: decoder.offset - 1) }
        reason = try decoder.string("reason", limit: SealedReason.textSize)
    }

    public func encode(to encoder: inout WireEncoder) {
        encoder.u32(seat)
        encoder.u64(weight)
        encoder.u8(verdict?.rawValue ?? 0)
        encoder.string(reason)
    }
}

/// How one council stood when the decision fell.
public struct Ballot: Sendable, Equatable, WireEncodable, WireDecodable {
    public let thresholdPermille: UInt64
    /// Every seat of the council, in order.
    public let seats: [SeatVote]

    public init(thresholdPermille: UInt64, seats: [SeatVote]) {
        self.thresholdPermille = thresholdPermille
        self.seats = seats
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        thresholdPermille = try decoder.u64()
        guard thresholdPermille <= 1000 else { throw .invalid(what: "threshold", offset: decoder.offset - 8) }
        seats = try decoder.list("seats", limit: Council.seatsMaximum)
    }

    public func encode(to encoder: inout WireEncoder) {
        encoder.u64(thresholdPermille)
        encoder.list(seats)
    }

    public var weight: UInt64 { seats.reduce(0) { $0 + $1.weight } }
    public var approvalWeight: UInt64 { Council.approvalWeight(of: weight, thresholdPermille: thresholdPermille) }
    /// Nil while it is open.
    public var outcome: Outcome? { Outcome(tallying: seats, thresholdPermille: thresholdPermille) }

    public func weight(of verdict: Verdict?) -> UInt64 { seats.reduce(0) { $0 + ($1.verdict == verdict ? $1.weight : 0) } }
}

public struct Decision: Sendable, Equatable, WireEncodable, WireDecodable {
    public let proposal: Proposal
    public let outcome: Outcome
    /// One for each council that the proposal needs, in the order in which it names them; never empty.
    public let ballots: [Ballot]
    public let proposed: OrderPoint
    public let decided: OrderPoint

    public init(proposal: Proposal, outcome: Outcome, ballots: [Ballot], proposed: OrderPoint, decided: OrderPoint) {
        self.proposal = proposal
        self.outcome = outcome
        self.ballots = ballots
        self.proposed = proposed
        self.decided = decided
    }

    /// The decision of one council.
    public init(
        proposal: Proposal, outcome: Outcome, thresholdPermille: UInt64, seats: [SeatVote], proposed: OrderPoint, decided: OrderPoint
    ) {
        self.init(
            proposal: proposal, outcome: outcome, ballots: [Ballot(thresholdPermille: thresholdPermille, seats: seats)],
            proposed: proposed, decided: decided)
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        let kind = EntryKind(rawValue: try decoder.u8())
        guard let kind, kind.isDecision else { throw .invalid(what: "decision kind", offset: decoder.offset - 1) }
        proposal = try Proposal(from: &decoder)
        guard let outcome = Outcome(rawValue: try decoder.u8()) else { throw .invalid(what: "outcome", offset: decoder.offset - 1) }
        self.outcome = outcome
        if kind == .decision {
            ballots = [try Ballot(from: &decoder)]
        } else {
            ballots = try decoder.list("ballots", limit: CouncilNeed.councilsMaximum)
            guard ballots.count > 1 else { throw .invalid(what: "number of ballots", offset: decoder.offset) }
        }
        proposed = try OrderPoint(from: &decoder)
        decided = try OrderPoint(from: &decoder)
    }

    public func encode(to encoder: inout WireEncoder) {
        encoder.u8((ballots.count == 1 ? EntryKind.decision : .jointDecision).rawValue)
        proposal.encode(to: &encoder)
        encoder.u8(outcome.rawValue)
        if let ballot = ballots.first, ballots.count == 1 { ballot.encode(to: &encoder) } else { encoder.list(ballots) }
        proposed.encode(to: &encoder)
        decided.encode(to: &encoder)
    }

    /// Every seat of every council, in order.
    public var seats: [SeatVote] { ballots.flatMap(\.seats) }

    /// What the votes come to; nil when they leave it open.
    public var tally: Outcome? { proposal.need.flatMap { $0.outcome(ballots.map(\.outcome)) } }

    /// What becomes of a proposal whose votes leave it open at its deadline: nobody but the holder of the reply key knows whether sealed
    /// votes left it open.
    public static func outcomeAtDeadline(_ ballots: [Ballot]) -> Outcome {
        ballots.contains { $0.seats.contains { $0.verdict == .sealed } } ? .sealed : .expired
    }
}

/// A leaf of the log.
public enum LogEntry: Sendable, Equatable {
    case decision(Decision)
    case record(Record)

    /// Reads the bytes of a leaf.
    public init(wireBytes bytes: [UInt8]) throws(WireError) {
        switch bytes.first.flatMap(EntryKind.init(rawValue:)) {
        case .decision, .jointDecision: self = .decision(try Decision(wireBytes: bytes, suite: .sha256))
        case .record: self = .record(try Record(wireBytes: bytes, suite: .sha256))
        default: throw .invalid(what: "log entry kind", offset: 0)
        }
    }

    public var wireBytes: [UInt8] {
        switch self {
        case .decision(let decision): decision.wireBytes
        case .record(let record): record.wireBytes
        }
    }

    /// The identifier of what was submitted.
    public var identifier: Digest {
        switch self {
        case .decision(let decision): decision.proposal.identifier
        case .record(let record): record.identifier
        }
    }
}
