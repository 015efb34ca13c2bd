// The council seats of this validator: evaluates proposals by the policy and signs the votes, one signature per seat and batch.

import Logging
import TrellisCrypto
import TrellisEvaluators
import TrellisModel

struct Seats: Sendable {
    struct Seat: Sendable {
        let council: UInt32
        let seat: UInt32
        let key: any SigningKey
    }

    let seats: [Seat]
    let policy: Policy
    let chain: Digest
    let epoch: Epoch
    /// A vote batch has to fit a transaction.
    let batchMaximum: Int

    init(seats: [Seat], policy: Policy, committee: Committee) {
        self.seats = seats
        self.policy = policy
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
            let votes = proposals.filter { $0.proposal.council == council }.map { vote(on: $0.identifier, $0.proposal) }
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

    private func vote(on identifier: Digest, _ proposal: Proposal) -> Vote {
        let fields = Dictionary(proposal.fields.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        let evaluation = policy.evaluate(EvaluationInput(kind: proposal.kind, text: proposal.text, fields: fields))
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
