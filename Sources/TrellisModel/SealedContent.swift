// What stands in a sealed proposal for all to see: who can read it, and the envelope. Which seats take part follows from it and the genesis
// alone, so every validator and every reader of a receipt reckons the same. What is inside is in SealedRequest.swift.

public import TrellisCrypto

/// The sealed part of a proposal: section 1 of its encoding.
public struct SealedContent: Sendable, Equatable, WireEncodable, WireDecodable {
    /// The kind that a sealed proposal shows unless its proposer chose another.
    public static let kind = "sealed"
    /// The reason of a seat that abstains by rule, since its validator is no recipient. Nobody signs it.
    public static let notRecipient = "not a recipient"
    /// The reason of a seat whose validator is a recipient and could not open the envelope.
    public static let notOpened = "the sealed request does not open"

    /// Places in genesis, ascending.
    public let recipients: [ValidatorIndex]
    /// Whether the verdicts are sealed too, not their reasons alone.
    public let isOutcomeSealed: Bool
    /// An `Envelope` for the recipients' sealing keys.
    public let envelope: [UInt8]

    public init(recipients: [ValidatorIndex], isOutcomeSealed: Bool = false, envelope: [UInt8]) {
        self.recipients = recipients.sorted()
        self.isOutcomeSealed = isOutcomeSealed
        self.envelope = envelope
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        let count = try decoder.count("recipients", limit: Envelope.recipientsMaximum)
        var recipients: [ValidatorIndex] = []
        for _ in 0..<count { recipients.append(try decoder.u32()) }
        guard count > 0, zip(recipients, recipients.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw .invalid(what: "order of recipients", offset: decoder.offset)
        }
        self.recipients = recipients
        let flag = try decoder.u8()
        guard flag <= 1 else { throw .invalid(what: "outcome flag", offset: decoder.offset - 1) }
        isOutcomeSealed = flag == 1
        envelope = try decoder.byteString("envelope", limit: decoder.remaining)
    }

    public func encode(to encoder: inout WireEncoder) {
        encoder.count(recipients.count)
        for recipient in recipients { encoder.u32(recipient) }
        encoder.u8(isOutcomeSealed ? 1 : 0)
        encoder.byteString(envelope)
    }
}

/// Why a sealed proposal cannot be decided. Every validator finds the same.
public enum SealingRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    case unknownRecipient(ValidatorIndex)
    case envelope(EnvelopeError)
    /// The envelope is for more or fewer keys than the proposal names validators.
    case recipientCount(named: Int, sealed: Int)
    /// The envelope ends before anything can be in it.
    case tooShort
    /// The recipients' seats cannot approve it, however they vote.
    case tooLittleWeight(council: String, held: UInt64, needed: UInt64)

    public var description: String {
        switch self {
        case .unknownRecipient(let index): "genesis has no validator \(index)"
        case .envelope(let error): "\(error)"
        case .recipientCount(let named, let sealed): "it names \(named) recipients, and its envelope is for \(sealed)"
        case .tooShort: "\(EnvelopeError.truncated)"
        case .tooLittleWeight(let council, let held, let needed):
            "the recipients hold weight \(held) in council '\(council)', and approval needs \(needed)"
        }
    }
}

extension Committee {
    /// Why the ledger takes no such sealed proposal; nil where it does, and for one that is not sealed. Its councils are known to exist.
    public func refusal(ofSealing proposal: Proposal) -> SealingRefusal? {
        guard let sealed = proposal.sealed else { return nil }
        if let unknown = sealed.recipients.first(where: { validator($0) == nil }) { return .unknownRecipient(unknown) }
        do throws(EnvelopeError) {
            let count = try Envelope.recipients(of: sealed.envelope).count
            guard count == sealed.recipients.count else { return .recipientCount(named: sealed.recipients.count, sealed: count) }
            guard sealed.envelope.count >= Envelope.size(payload: 0, recipients: count) else { return .tooShort }
        } catch {
            return .envelope(error)
        }
        guard let need = proposal.need, let councils = councils(of: need) else { return nil }
        let ballots = councils.map { Ballot(thresholdPermille: $0.council.thresholdPermille, seats: $0.council.opening(for: proposal)) }
        func weight(_ ballot: Ballot) -> UInt64 { ballot.weight(of: nil) }
        let best = need.outcome(ballots.map { weight($0) >= $0.approvalWeight ? .approved : .rejected })
        guard best != .approved else { return nil }
        for (council, ballot) in zip(councils, ballots) where weight(ballot) < ballot.approvalWeight {
            return .tooLittleWeight(council: council.council.name, held: weight(ballot), needed: ballot.approvalWeight)
        }
        return nil
    }
}

extension Council {
    /// Its seats as a proposal finds them: all open, but those that cannot read it, which abstain by rule.
    public func opening(for proposal: Proposal) -> [SeatVote] {
        let recipients = proposal.sealed.map { Set($0.recipients) }
        return seats.enumerated().map { place, seat in
            let takesPart = recipients?.contains(seat.validator) ?? true
            return SeatVote(
                seat: UInt32(place), weight: seat.weight, verdict: takesPart ? nil : .abstain,
                reason: takesPart ? "" : SealedContent.notRecipient)
        }
    }
}

extension SeatVote {
    /// Whether a seat that began so may stand like `other`: it is the same, and kept the vote that it had.
    public func becomes(_ other: SeatVote) -> Bool {
        seat == other.seat && weight == other.weight && (verdict == nil || self == other)
    }
}

extension Vote {
    /// Whether a proposal takes votes of this form: sealed verdicts, or an abstention, where the outcome is to be sealed, and only there.
    public func fits(_ proposal: Proposal) -> Bool {
        let asksSealed = proposal.sealed?.isOutcomeSealed ?? false
        let limit = proposal.sealed == nil ? Self.reasonMaximum : SealedReason.textSize
        return reason.utf8.count <= limit && (verdict == .abstain || (verdict == .sealed) == asksSealed)
    }
}
