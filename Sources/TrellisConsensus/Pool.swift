// Transactions that wait for an own block, and those that ride in own blocks that are not output yet. Bounded in bytes.

import TrellisCrypto
import TrellisModel

struct Pool: Sendable {
    /// Votes first: a decision waits for them.
    private var votes: [Transaction] = []
    private var transactions: [Transaction] = []
    private var head = 0
    private var queued: Set<Digest> = []
    private var inFlight: [Round: Payload] = [:]
    private(set) var bytes = 0

    var isEmpty: Bool { votes.isEmpty && head == transactions.count }
    var count: Int { votes.count + transactions.count - head }

    func contains(_ identifier: Digest) -> Bool { queued.contains(identifier) }

    mutating func add(_ new: [Transaction]) {
        for transaction in new where queued.insert(transaction.identifier).inserted {
            bytes += transaction.bytes.count
            if transaction.bytes.first == EntryKind.votes.rawValue {
                votes.append(transaction)
            } else {
                transactions.append(transaction)
            }
        }
    }

    /// Takes as many transactions as fit in `limit` bytes of payload, for the own block of `round`.
    mutating func take(for round: Round, limit: Int) -> Payload {
        var room = limit - 4
        var taken: [Transaction] = []
        while let next = votes.first, next.bytes.count + 4 <= room {
            room -= next.bytes.count + 4
            taken.append(votes.removeFirst())
        }
        while head < transactions.count, transactions[head].bytes.count + 4 <= room {
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
        inFlight[round] = payload
        return payload
    }

    /// The own block of `round` was output: its transactions are settled.
    mutating func settle(round: Round) {
        guard let payload = inFlight.removeValue(forKey: round) else { return }
        for identifier in payload.identifiers { queued.remove(identifier) }
    }

    /// Own blocks at or below the gc round that were not output never will be: their transactions wait again.
    mutating func reclaim(atOrBelow round: Round) {
        for key in inFlight.keys.filter({ $0 <= round }).sorted() { giveBack(round: key) }
    }

    /// The own block of `round` will never be output: its transactions wait again.
    mutating func giveBack(round: Round) {
        guard let payload = inFlight.removeValue(forKey: round) else { return }
        for identifier in payload.identifiers { queued.remove(identifier) }
        add(payload.transactions)
    }

    /// An own block from before a restart whose fate is open.
    mutating func restore(_ payload: Payload, round: Round) {
        guard !payload.isEmpty, inFlight[round] == nil else { return }
        queued.formUnion(payload.identifiers)
        inFlight[round] = payload
    }
}
