// What a seat is asked: a proposal as it stands, or what was sealed in it for this validator. A sealed request lives here and with its judge,
// and leaves as sealed votes only.

import TrellisCrypto
import TrellisEvaluators
import TrellisModel

struct SeatQuestion: Sendable {
    private enum Content {
        case clear(EvaluationInput)
        case opened(EvaluationInput, replyKey: [UInt8])
        /// It was sealed for this validator, and does not open.
        case unreadable
    }

    let identifier: Digest
    let proposal: Proposal
    private let content: Content

    /// Nil for a sealed proposal of which `validator` is no recipient: its seats have abstained by rule.
    init?(
        _ identifier: Digest, _ proposal: Proposal, for validator: ValidatorIndex, _ keys: [CompositeKEM.PrivateKey], chain: Digest
    ) {
        self.identifier = identifier
        self.proposal = proposal
        guard let sealed = proposal.sealed else {
            content = .clear(EvaluationInput(kind: proposal.kind, text: proposal.text, fields: proposal.fields))
            return
        }
        guard sealed.recipients.contains(validator) else { return nil }
        do {
            let request = try SealedRequest(opening: proposal, with: keys, chain: chain)
            let input = EvaluationInput(kind: request.kind, text: request.text, fields: proposal.fields + request.fields)
            content = .opened(input, replyKey: request.replyKey)
        } catch {
            content = .unreadable
        }
    }

    var isSealed: Bool { proposal.sealed != nil }

    /// The vote of a seat (council, seat) after `judge` has judged; sealed where the question was.
    ///
    /// - Throws: `EnvelopeError` for a reply key that is none.
    func vote(
        of seat: (council: UInt32, seat: UInt32), chain: Digest, _ judge: (EvaluationInput) async -> Evaluation
    ) async throws -> Vote {
        guard let input else { return unreadable }
        return try vote(of: seat, chain: chain, await judge(input))
    }

    /// The same for seats with rules, of which all judge one `subject`.
    func vote(of seat: (council: UInt32, seat: UInt32), chain: Digest, by policy: Policy, _ subject: PolicySubject?) throws -> Vote {
        guard let subject else { return unreadable }
        return try vote(of: seat, chain: chain, policy.evaluate(subject))
    }

    /// What rules judge; nil where the request does not open.
    var subject: PolicySubject? { input.map { PolicySubject($0) } }

    private var input: EvaluationInput? {
        switch content {
        case .clear(let input), .opened(let input, _): input
        case .unreadable: nil
        }
    }

    private var unreadable: Vote { Vote(proposal: identifier, verdict: .abstain, reason: SealedContent.notOpened) }

    private func vote(of seat: (council: UInt32, seat: UInt32), chain: Digest, _ evaluation: Evaluation) throws -> Vote {
        let verdict = Verdict(evaluation.verdict)
        guard case .opened(_, let replyKey) = content, let sealed = proposal.sealed else {
            return Vote(proposal: identifier, verdict: verdict, reason: evaluation.reason)
        }
        let place = SealedReason.Place(chain: chain, proposal: identifier, council: seat.council, seat: seat.seat)
        do {
            let reason = try SealedReason(verdict, evaluation.reason, to: replyKey, for: place)
            return Vote(proposal: identifier, verdict: sealed.isOutcomeSealed ? .sealed : verdict, reason: reason)
        } catch EnvelopeError.invalidRecipient {
            // The reply key is none: nobody could read an answer.
            return unreadable
        }
    }
}

extension EvaluationInput {
    fileprivate init(kind: String, text: String, fields: [ProposalField]) {
        let fields = Dictionary(fields.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        self.init(kind: kind, text: text, fields: fields)
    }
}
