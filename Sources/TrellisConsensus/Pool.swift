// Transactions that wait for an own block, and those that ride in own blocks that are not output yet. Bounded in bytes.

import TrellisCrypto
import TrellisModel

struct Pool: Sendable {
    /// The most bytes of an encoded payload.
    private let payloadLimit: Int
    /// Votes first: a decision waits for them. Each with the first round whose own block may carry it.
    private var votes: [(transaction: Transaction, from: Round)] = []
    private var transactions: [Transaction] = []
    private var head = 0
    private var queued: Set<Digest> = []
    private var inFlight: [Round: Payload] = [:]
    /// In the own block that is being signed.
    private var sealing: Payload?
    private(set) var bytes = 0

    init(payloadLimit: Int) { self.payloadLimit = payloadLimit }

    var isEmpty: Bool { votes.isEmpty && head == transactions.count }
    var count: Int { votes.count + transactions.count - head }

    /// Votes that are in no own block yet.
    var waitingVotes: Set<Digest> { Set(votes.map(\.transaction.identifier)) }

    func contains(_ identifier: Digest) -> Bool { queued.contains(identifier) }

    /// What fits into no block is dropped.
    ///
    /// - Parameter round: an own block that carries votes must be above every block that may hold what they are about, or else they
    ///   could be ordered first and not count.
    mutating func add(_ new: [Transaction], votesFrom round: Round) {
        for transaction in new where transaction.bytes.count + 8 <= payloadLimit && queued.insert(transaction.identifier).inserted {
            bytes += transaction.bytes.count
            if transaction.bytes.first == EntryKind.votes.rawValue {
                votes.append((transaction, round))
            } else {
                transactions.append(transaction)
            }
        }
    }

    /// Whether it holds something but no votes, for which others wait, and less than `bytes`.
    func mayGather(upTo bytes: Int) -> Bool { votes.isEmpty && head < transactions.count && self.bytes < min(bytes, payloadLimit) }

    /// Takes as many transactions as fit in a block's payload, for the own block of `round`, of each seat's votes one. They are in doubt until
    /// the block is either published or given up.
    ///
    /// - Parameters:
    ///   - bytes: more transactions are not taken, but votes and one transaction always.
    ///   - blocks: while so many own blocks with payloads are in doubt, votes alone are taken.
    mutating func take(for round: Round, bytes batch: Int = .max, blocks: Int = .max) -> Payload {
        var room = payloadLimit - 4
        let least = room - min(room, batch)
        var taken = takeVotes(for: round, &room)
        var evidence = 0
        var extended = 0
        let start = head
        while head < transactions.count, transactions[head].bytes.count + 4 <= room, inFlight.count < blocks {
            guard head == start || room - transactions[head].bytes.count - 4 >= least else { break }
            if transactions[head].bytes.first == EntryKind.evidence.rawValue { evidence += 1 }
            if transactions[head].bytes.first == EntryKind.extendedProposal.rawValue { extended += 1 }
            guard evidence <= Limits.evidenceMaximum, extended <= Limits.extendedProposalsMaximum else { break }
            room -= transactions[head].bytes.count + 4
            taken.append(transactions[head])
            head += 1
        }
        if head == transactions.count || head > 4096 {
            transactions.removeFirst(head)
            head = 0
        }
        guard !taken.isEmpty else { return .empty }
        for transaction in taken { bytes -= transaction.bytes.count }
        let payload = Payload(taken)
        sealing = payload
        return payload
    }

    private mutating func takeVotes(for round: Round, _ room: inout Int) -> [Transaction] {
        var taken: [Transaction] = []
        var waiting: [(transaction: Transaction, from: Round)] = []
        var seats: Set<SeatPlace?> = []
        var isFull = false
        for next in votes {
            let size = next.transaction.bytes.count + 4
            isFull = isFull || size > room || next.from > round
            guard !isFull, seats.insert(VoteBatch.seat(of: next.transaction.bytes[...])).inserted else {
                waiting.append(next)
                continue
            }
            room -= size
            taken.append(next.transaction)
        }
        votes = waiting
        return taken
    }

    /// The own block of `round` is published.
    mutating func publish(round: Round) {
        if let payload = sealing { inFlight[round] = payload }
        sealing = nil
    }

    /// The own block that was being signed must not leave: its transactions wait again.
    mutating func giveUp(round: Round) {
        if let payload = sealing { requeue(payload, round: round) }
        sealing = nil
    }

    /// The own block of `round` was output: its transactions are settled.
    mutating func settle(round: Round) {
        guard let payload = inFlight.removeValue(forKey: round) else { return }
        for identifier in payload.identifiers { queued.remove(identifier) }
    }

    /// Own blocks at or below the gc round that were not output never will be: their transactions wait again.
    mutating func reclaim(atOrBelow round: Round) {
        for key in inFlight.keys.filter({ $0 <= round }).sorted() {
            if let payload = inFlight.removeValue(forKey: key) { requeue(payload, round: key) }
        }
    }

    private mutating func requeue(_ payload: Payload, round: Round) {
        for identifier in payload.identifiers { queued.remove(identifier) }
        add(payload.transactions, votesFrom: round + 1)
    }

    /// An own block from before a restart whose fate is open.
    mutating func restore(_ payload: Payload, round: Round) {
        guard !payload.isEmpty, inFlight[round] == nil else { return }
        queued.formUnion(payload.identifiers)
        inFlight[round] = payload
    }
}
