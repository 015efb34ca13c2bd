// The answers to a sealed proposal: a seat's verdict and reason, sealed to the reply key that was in the request; and the decision as its
// proposer reads it once they are opened.

import FoundationEssentials
public import TrellisCrypto

/// A verdict and its reason, sealed. It stands in votes and decisions where a reason stands, as base64 of an envelope. All have one size.
public struct SealedReason: Sendable, Equatable {
    /// The plaintext: verdict u8, reason as a string, zeroes.
    private static let plaintextSize = 1 + 4 + Vote.reasonMaximum
    private static let envelopeSize = Envelope.size(payload: plaintextSize, recipients: 1)
    /// The bytes of `text`.
    public static let textSize = (envelopeSize + 2) / 3 * 4

    /// Which vote it is of.
    public struct Place: Sendable, Equatable {
        public let chain: Digest
        public let proposal: Digest
        public let council: UInt32
        public let seat: UInt32

        public init(chain: Digest, proposal: Digest, council: UInt32, seat: UInt32) {
            self.chain = chain
            self.proposal = proposal
            self.council = council
            self.seat = seat
        }

        fileprivate var context: EnvelopeContext {
            var encoder = WireEncoder()
            encoder.digest(proposal)
            encoder.u32(council)
            encoder.u32(seat)
            return EnvelopeContext(purpose: .sealedReason, chain: chain, sender: encoder.bytes)
        }
    }

    public let text: String

    /// Seals a verdict and a reason, cut to `Vote.reasonMaximum` bytes, for the holder of `replyKey`.
    ///
    /// - Throws: `EnvelopeError.invalidRecipient`.
    public init(_ verdict: Verdict, _ reason: String, to replyKey: [UInt8], for place: Place) throws(EnvelopeError) {
        var encoder = WireEncoder(reserving: Self.plaintextSize)
        encoder.u8(verdict.rawValue)
        encoder.string(reason.truncated(utf8: Vote.reasonMaximum))
        encoder.raw([UInt8](repeating: 0, count: max(0, Self.plaintextSize - encoder.bytes.count)))
        text = Data(try Envelope.seal(encoder.bytes, to: [replyKey], context: place.context)).base64EncodedString()
    }

    /// The verdict and reason in a text; nil where it was not sealed for this key and place.
    public static func open(_ text: String, with key: CompositeKEM.PrivateKey, for place: Place) -> (verdict: Verdict, reason: String)? {
        guard text.utf8.count <= textSize, let envelope = Data(base64Encoded: text),
            let plaintext = try? Envelope.open(Array(envelope), with: key, context: place.context)
        else { return nil }
        var decoder = WireDecoder(plaintext, suite: .sha256)
        guard let verdict = (try? decoder.u8()).flatMap(Verdict.init(rawValue:)), verdict != .sealed,
            let reason = try? decoder.string("reason", limit: Vote.reasonMaximum)
        else { return nil }
        return (verdict, reason)
    }
}

/// A decision on a sealed proposal as the holder of its reply key reads it.
public struct OpenedDecision: Sendable, Equatable {
    /// The ballots with every verdict and reason in the clear.
    public let ballots: [Ballot]
    /// What the opened votes come to; `expired` where they had left it open at the deadline.
    public let outcome: Outcome

    /// Opens every vote. A vote that does not open, or whose reason is of another verdict than the one in the clear, keeps no reason, and
    /// where its verdict was sealed it abstains: its seat did not say anything that can be read.
    public init(_ decision: Decision, with key: CompositeKEM.PrivateKey, in committee: Committee) {
        let councils = committee.councils(of: decision.proposal) ?? []
        let identifier = decision.proposal.identifier
        ballots = zip(councils, decision.ballots).map { council, ballot in
            let seats = ballot.seats.map { seat in
                let place = SealedReason.Place(
                    chain: committee.chain, proposal: identifier, council: UInt32(council.index), seat: seat.seat)
                return Self.open(seat, with: key, for: place)
            }
            return Ballot(thresholdPermille: ballot.thresholdPermille, seats: seats)
        }
        outcome = decision.proposal.need.flatMap { [ballots] need in need.outcome(ballots.map(\.outcome)) } ?? .expired
    }

    /// The reason of a vote that cannot be read.
    public static let unreadable = "unreadable"

    private static func open(_ seat: SeatVote, with key: CompositeKEM.PrivateKey, for place: SealedReason.Place) -> SeatVote {
        let isInTheClear = seat.verdict == nil || seat.reason == SealedContent.notRecipient || seat.reason == SealedContent.notOpened
        guard !isInTheClear, let verdict = seat.verdict else { return seat }
        guard let opened = SealedReason.open(seat.reason, with: key, for: place), verdict == .sealed || opened.verdict == verdict else {
            return SeatVote(
                seat: seat.seat, weight: seat.weight, verdict: verdict == .sealed ? .abstain : verdict, reason: unreadable)
        }
        return SeatVote(seat: seat.seat, weight: seat.weight, verdict: opened.verdict, reason: opened.reason)
    }
}
