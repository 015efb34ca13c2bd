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

        var place: SeatPlace { SeatPlace(council: council, seat: seat) }
    }

    let seats: [Seat]
    let validator: ValidatorIndex
    /// What opens requests that were sealed to this validator.
    private let sealing: [CompositeKEM.PrivateKey]
    let chain: Digest
    let epoch: Epoch
    /// The most bytes of votes under one signature: a batch has to fit a transaction.
    private let batchBytes: Int

    init(seats: [Seat], validator: ValidatorIndex, sealing: [CompositeKEM.PrivateKey], committee: Committee) {
        self.seats = seats
        self.validator = validator
        self.sealing = sealing
        chain = committee.chain
        epoch = committee.epoch
        batchBytes = committee.limits.transactionBytes - committee.limits.signatureBytes - 64
    }

    /// Those that judge by themselves, at once.
    var local: Seats { filtered { $0.evaluator.endpoint == nil } }
    /// Those that ask somebody over the network.
    var remote: Seats { filtered { $0.evaluator.endpoint != nil } }

    private init(_ seats: [Seat], of other: Seats) {
        self.seats = seats
        validator = other.validator
        sealing = other.sealing
        chain = other.chain
        epoch = other.epoch
        batchBytes = other.batchBytes
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

    /// What the seats have to judge in a proposal; nil where they abstain by rule, since they cannot read it.
    func question(_ identifier: Digest, _ proposal: Proposal) -> SeatQuestion? {
        SeatQuestion(identifier, proposal, for: validator, sealing, chain: chain)
    }

    /// The votes of seats with rules on `proposals`.
    func vote(on proposals: [(identifier: Digest, proposal: Proposal)], committee: Committee) throws -> [SeatVotes] {
        var votes = [[Vote]](repeating: [], count: seats.count)
        for (identifier, proposal) in proposals {
            let asked = seats.indices.filter { isAsked($0, proposal, committee) }
            // What is sealed is opened only for those who are asked.
            guard !asked.isEmpty, let question = question(identifier, proposal) else { continue }
            // Finding facts is most of the work, and the same for all seats.
            let subject = question.subject
            for place in asked {
                guard case .rules(let policy) = seats[place].evaluator else { continue }
                votes[place].append(
                    try question.vote(of: (seats[place].council, seats[place].seat), chain: chain, by: policy, subject))
            }
        }
        return zip(seats, votes).map { SeatVotes(seat: $0.place, votes: $1) }
    }

    /// The votes of one of the seats under one signature, or under several where they do not fit one transaction.
    func sign(_ votes: SeatVotes) throws -> [SignedVotes] {
        guard let seat = seats.first(where: { $0.place == votes.seat }) else { return [] }
        return try parts(votes.votes).map { part in
            let batch = try VoteBatch.signed(by: seat.key, chain: chain, epoch: epoch, council: seat.council, seat: seat.seat, votes: part)
            return SignedVotes(votes: part, transaction: Transaction(batch))
        }
    }

    private func parts(_ votes: [Vote]) -> [[Vote]] {
        var parts: [[Vote]] = []
        var bytes = 0
        for vote in votes {
            let size = HashSuite.sha256.digestSize + 5 + vote.reason.utf8.count
            if let last = parts.last, last.count < VoteBatch.votesMaximum, bytes + size <= batchBytes {
                parts[parts.count - 1].append(vote)
                bytes += size
            } else {
                parts.append([vote])
                bytes = size
            }
        }
        return parts
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
