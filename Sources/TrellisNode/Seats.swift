// The council seats of this validator: evaluates proposals, each seat by its own evaluator, and signs the votes, one signature per seat and batch.

import Logging
import TrellisCrypto
import TrellisEvaluators
import TrellisModel

struct Seats: Sendable {
    struct Seat: Sendable {
        let council: UInt32
        let seat: UInt32
        let key: any SigningKey
        let evaluator: EvaluatorPlan
    }

    let seats: [Seat]
    let chain: Digest
    let epoch: Epoch
    /// A vote batch has to fit a transaction.
    let batchMaximum: Int

    init(seats: [Seat], committee: Committee) {
        self.seats = seats
        chain = committee.chain
        epoch = committee.epoch
        let room = committee.limits.transactionBytes - committee.limits.signatureBytes - 64
        batchMaximum = max(1, min(VoteBatch.votesMaximum, room / (HashSuite.sha256.digestSize + 5 + Vote.reasonMaximum)))
    }

    /// The signed votes on `proposals`, as transactions.
    func vote(on proposals: [(identifier: Digest, proposal: Proposal)], committee: Committee) throws -> [Transaction] {
        var transactions: [Transaction] = []
        for seat in seats {
            let council = committee.councils[Int(seat.council)].name
            let votes = proposals.filter { $0.proposal.need?.councils.contains(council) ?? false }.map {
                vote(of: seat, on: $0.identifier, $0.proposal)
            }
            for start in stride(from: 0, to: votes.count, by: batchMaximum) {
                let part = Array(votes[start..<min(start + batchMaximum, votes.count)])
                transactions.append(
                    Transaction(
                        try VoteBatch.signed(by: seat.key, chain: chain, epoch: epoch, council: seat.council, seat: seat.seat, votes: part))
                )
            }
        }
        return transactions
    }

    private func vote(of seat: Seat, on identifier: Digest, _ proposal: Proposal) -> Vote {
        let fields = Dictionary(proposal.fields.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        let input = EvaluationInput(kind: proposal.kind, text: proposal.text, fields: fields)
        let evaluation =
            switch seat.evaluator {
            case .rules(let policy): policy.evaluate(input)
            }
        return Vote(proposal: identifier, verdict: Verdict(evaluation.verdict), reason: evaluation.reason)
    }
}

extension Verdict {
    init(_ verdict: PolicyVerdict) {
        switch verdict {
        case .approve: self = .approve
        case .reject: self = .reject
        case .abstain: self = .abstain
        }
    }
}
