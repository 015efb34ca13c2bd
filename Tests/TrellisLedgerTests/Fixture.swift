// A committee with two councils, and a ledger with the log it needs, for the tests of this target.

import TrellisCrypto
import TrellisLedger
import TrellisModel

/// Four validators; council `default` with four seats of weight 1, council `weighted` with seats of weight 5, 3 and 2.
let committee = makeCommittee()

/// The same, where the threshold of council `default` adapts after every 100 commits, and that of `weighted` is fixed.
let adaptiveCommittee = makeCommittee(window: 100)

func makeCommittee(window: UInt64 = 0) -> Committee {
    do {
        var validators: [Genesis.ValidatorEntry] = []
        for index in UInt8(0)..<4 {
            let key = try SignatureScheme.ed25519.signingKey(seed: SecretBytes([UInt8](repeating: index, count: 32)))
            let identity = try SignatureScheme.ed25519.signingKey(seed: SecretBytes([UInt8](repeating: 100 + index, count: 32)))
            validators.append(
                .init(
                    name: "v\(index)", stake: 1, scheme: "Ed25519", consensusKey: key.publicKey, identityScheme: "Ed25519",
                    identityKey: identity.publicKey))
        }
        func seats(_ weights: [UInt64]) -> [Genesis.SeatEntry] {
            weights.enumerated().map { place, weight in
                .init(
                    name: "s\(place)", validator: UInt32(place), weight: weight, scheme: "Ed25519",
                    key: validators[place].consensusKey)
            }
        }
        let genesis = Genesis(
            name: "test", nonce: [UInt8](repeating: 1, count: 16), created: 0, validators: validators,
            councils: [
                .init(
                    name: "default", thresholdPermille: window > 0 ? 600 : 670, isAdaptive: window > 0, deadline: 100,
                    seats: seats([1, 1, 1, 1])),
                .init(name: "weighted", thresholdPermille: 600, deadline: 40, seats: seats([5, 3, 2])),
            ],
            parameters: Parameters(transactionBytes: 1024, thresholdWindow: window))
        return try Committee(genesis: genesis)
    } catch {
        fatalError("\(error)")
    }
}

/// A ledger, the log that its executions filled, and the clock of its commits.
struct Journal {
    var ledger = Ledger(committee: committee)
    var log: [LogAppend] = []
    var nodes: [(level: Int, index: UInt64, hash: Digest)] = []
    /// Of the next commit's leader.
    var round: Round = 2

    /// The next commit, with one block for each payload.
    func commit(_ payloads: [[Transaction]], at timestamp: Milliseconds) -> Commit {
        let blocks = payloads.indices.map {
            BlockReference(round: 1, author: UInt32($0 % 4), digest: HashSuite.sha256.hash([UInt8(truncatingIfNeeded: $0)]))
        }
        let leader = BlockReference(round: round, author: 0, digest: HashSuite.sha256.hash([]))
        let last = ledger.lastCommit
        return Commit(
            index: last.index + 1, leader: leader, blocks: blocks, timestamp: timestamp, previous: last.digest, suite: committee.suite)
    }

    @discardableResult
    mutating func run(_ payloads: [[Transaction]], at timestamp: Milliseconds = 1000) throws -> Execution {
        let known = Set(log.map(\.identifier))
        let execution = try ledger.execute(commit(payloads, at: timestamp), payloads: payloads.map { Payload($0) }) { known.contains($0) }
        log += execution.appended
        nodes += execution.nodes
        return execution
    }

    @discardableResult
    mutating func run(_ transactions: [Transaction], at timestamp: Milliseconds = 1000) throws -> Execution {
        try run([transactions], at: timestamp)
    }
}

func nonce(_ number: Int) -> Nonce { Nonce(idempotencyKey: "\(number)") }

func proposal(_ number: Int, council: String = "default") -> Proposal {
    Proposal(nonce: nonce(number), council: council, kind: "command", text: "ls \(number)")
}

func record(_ number: Int, bytes: Int = 8) -> Transaction {
    Transaction(Record(nonce: nonce(number), data: [UInt8](repeating: 7, count: bytes)))
}

/// A batch as execution sees it: signatures were checked before, so these tests carry none.
func votes(_ seat: UInt32, _ verdicts: [(Proposal, Verdict)], council: UInt32 = 0) -> Transaction {
    let votes = verdicts.map { Vote(proposal: $0.identifier, verdict: $1, reason: "seat \(seat)") }
    return Transaction(VoteBatch(council: council, seat: seat, votes: votes, signature: []))
}
