// The votes of a validator's own seats from judgement until they are in an own block. A block holds one signature of a seat, so what a seat
// says while its last votes wait for a block is gathered, and signed together.

import TrellisCrypto
import TrellisModel

/// Votes of one seat.
struct SeatVotes: Sendable {
    let seat: SeatPlace
    let votes: [Vote]
}

/// Votes and the transaction that carries them under one signature.
struct SignedVotes: Sendable {
    let votes: [Vote]
    let transaction: Transaction
}

struct VoteOutbox {
    private var gathered: [SeatPlace: [Vote]] = [:]
    private var signing: [SeatPlace: [Vote]] = [:]
    /// Transactions with votes of a seat that wait for an own block.
    private var waiting: [SeatPlace: Set<Digest>] = [:]

    mutating func add(_ votes: [SeatVotes]) {
        for votes in votes where !votes.votes.isEmpty { gathered[votes.seat, default: []] += votes.votes }
    }

    /// Whether a vote on the proposal is not signed yet.
    func holdsVote(on proposal: Digest) -> Bool {
        [gathered, signing].contains { $0.values.contains { $0.contains { $0.proposal == proposal } } }
    }

    mutating func forget(_ proposals: Set<Digest>) {
        guard !gathered.isEmpty else { return }
        gathered = gathered.mapValues { $0.filter { !proposals.contains($0.proposal) } }.filter { !$0.value.isEmpty }
    }

    /// What is to be signed now, by seat; `blockless` are all transactions with votes that are in no own block yet.
    mutating func take(blockless: Set<Digest>) -> [SeatVotes] {
        guard !gathered.isEmpty else { return [] }
        waiting = waiting.mapValues { $0.intersection(blockless) }.filter { !$0.value.isEmpty }
        let ready = gathered.filter { waiting[$0.key] == nil && signing[$0.key] == nil }
        for (seat, votes) in ready {
            gathered[seat] = nil
            signing[seat] = votes
        }
        return ready.sorted { $0.key < $1.key }.map { SeatVotes(seat: $0, votes: $1) }
    }

    /// The votes of a seat were signed: in these transactions, none if that failed.
    mutating func signed(_ seat: SeatPlace, as transactions: [Digest]) {
        signing[seat] = nil
        waiting[seat] = Set(transactions)
    }
}
