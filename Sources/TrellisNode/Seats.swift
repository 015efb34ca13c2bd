// The council seats of this validator: evaluates proposals, each seat by its own evaluator, and signs the votes, one signature per seat and
// batch.

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

    /// Those that judge by themselves, at once.
    var local: Seats { filtered { $0.evaluator.endpoint == nil } }
    /// Those that ask somebody over the network.
    var remote: Seats { filtered { $0.evaluator.endpoint != nil } }

    private init(_ seats: [Seat], of other: Seats) {
        self.seats = seats
        chain = other.chain
        epoch = other.epoch
        batchMaximum = other.batchMaximum
    }

    private func filtered(_ isIncluded: (Seat) -> Bool) -> Seats { Seats(seats.filter(isIncluded), of: self) }

    /// Whether the proposal needs the council of the seat at `place`.
    func isAsked(_ place: Int, _ proposal: Proposal, _ committee: Committee) -> Bool {
        let council = committee.councils[Int(seats[place].council)].name
        return proposal.need?.councils.contains(council) ?? false
    }

    func brief(_ place: Int, _ committee: Committee) -> SeatBrief {
        let council = committee.councils[Int(seats[place].council)]
        let seat = council.seats[Int(seats[place].seat)]
        return SeatBrief(council: council.name, seat: seat.name, mandate: seat.mandate)
    }

    /// The signed votes of seats with rules on `proposals`, as transactions.
    func vote(on proposals: [(identifier: Digest, proposal: Proposal)], committee: Committee) throws -> [Transaction] {
        var transactions: [Transaction] = []
        for (place, seat) in seats.enumerated() {
            guard case .rules(let policy) = seat.evaluator else { continue }
            let votes = proposals.filter { isAsked(place, $0.proposal, committee) }.map { identifier, proposal in
                let evaluation = policy.evaluate(EvaluationInput(proposal))
                return Vote(proposal: identifier, verdict: Verdict(evaluation.verdict), reason: evaluation.reason)
            }
            transactions += try sign(votes, by: place)
        }
        return transactions
    }

    /// The votes of the seat at `place` under one signature, or under several where they do not fit one transaction.
    func sign(_ votes: [Vote], by place: Int) throws -> [Transaction] {
        let seat = seats[place]
        return try stride(from: 0, to: votes.count, by: batchMaximum).map { start in
            let part = Array(votes[start..<min(start + batchMaximum, votes.count)])
            return Transaction(
                try VoteBatch.signed(by: seat.key, chain: chain, epoch: epoch, council: seat.council, seat: seat.seat, votes: part))
        }
    }
}

extension EvaluationInput {
    init(_ proposal: Proposal) {
        let fields = Dictionary(proposal.fields.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        self.init(kind: proposal.kind, text: proposal.text, fields: fields)
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
