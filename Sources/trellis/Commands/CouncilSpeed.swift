// `trellis council speed`: how long a client takes to verify a receipt with the votes of a whole council.

import ArgumentParser
import TrellisCrypto
import TrellisLedger
import TrellisModel
import TrellisVerify

struct CouncilSpeed: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "speed", abstract: "Measure how long a receipt with all its votes takes to verify.",
        discussion: """
            Four validators sign the checkpoint with ML-DSA-65, every seat its votes with ML-DSA-87; each signed 64 votes at once. One core, \
            milliseconds. Exit codes: 0 measured, 1 failure, 2 usage.
            """)

    @Option(help: "Seats of the council.")
    var seats = 21

    @Option(help: "How often to verify.")
    var times = 200

    @Flag(help: "Print the figures as JSON.")
    var json = false

    func validate() throws {
        guard (1...256).contains(seats) else { throw ValidationError("--seats must be 1 to 256") }
        guard (1...100_000).contains(times) else { throw ValidationError("--times must be 1 to 100000") }
    }

    func run() throws {
        let sample = try SampleReceipt(seats: seats)
        let file = try sample.receipt.json
        let genesis = sample.genesis.json
        let committee = sample.committee
        let network = sample.genesis.name
        let table = SpeedTable(rows: [
            ("receipt of \(seats) votes, from files", try measure { try Receipt(json: file).verify(genesis: try Genesis(json: genesis)) }),
            (
                "receipt of \(seats) votes, committee known",
                try measure { try Receipt(json: file).verify(committee: committee, network: network) }
            ),
        ])
        table.print(json: json, heading: "receipt file \(file.count) bytes, genesis file \(genesis.count) bytes")
    }

    private func measure(_ verify: () throws -> VerifiedReceipt) throws -> SpeedSample {
        try SpeedSample(times: times) {
            let verified = try verify()
            guard verified.allVotesSigned, verified.signedVotes.first?.count == seats else { throw Failure("a vote is not signed") }
        }
    }
}

/// A decision of a council of many seats in a log of a thousand entries, with real signatures.
private struct SampleReceipt {
    private static let records = 1000
    private static let batch = 64

    let genesis: Genesis
    let committee: Committee
    private let validators: [any SigningKey]
    private let seats: [any SigningKey]

    init(seats count: Int) throws {
        validators = try (0..<4).map { _ in try SignatureScheme.mlDSA65.generate() }
        seats = try (0..<count).map { _ in try SignatureScheme.mlDSA87.generate() }
        genesis = Genesis(
            name: "speed", nonce: [UInt8](repeating: 7, count: 16), created: 1_795_000_000_000,
            validators: try validators.enumerated().map { index, key in
                Genesis.ValidatorEntry(
                    name: "validator-\(index)", stake: 1, scheme: "ML-DSA-65", consensusKey: key.publicKey, identityScheme: "ML-DSA-65",
                    identityKey: try SignatureScheme.mlDSA65.generate().publicKey)
            },
            councils: [
                .init(
                    name: "council", thresholdPermille: 1000,
                    seats: seats.enumerated().map { index, key in
                        .init(
                            name: "seat \(index)", validator: ValidatorIndex(index % 4), weight: 1, scheme: "ML-DSA-87",
                            key: key.publicKey, mandate: "Look at part \(index) of it, and at nothing else.")
                    })
            ])
        committee = try Committee(genesis: genesis)
    }

    var receipt: Receipt {
        get throws {
            var ledger = Ledger(committee: committee)
            let proposal = Proposal(nonce: Nonce(idempotencyKey: "0"), council: "council", kind: "command", text: "make release")
            let records = (0..<Self.records).map { Transaction(Record(nonce: Nonce(idempotencyKey: "\($0)"), data: [UInt8($0 % 256)])) }
            let first = try run(&ledger, records + [Transaction(proposal)])
            let batches = try seats.enumerated().map { index, key in try batch(index, key, proposal) }
            let second = try run(&ledger, batches.map { Transaction($0) })
            let leaves = (first.nodes + second.nodes).filter { $0.level == 0 }.map(\.hash)
            guard let entry = second.appended.first, let checkpoint = second.checkpoint,
                let proof = Merkle.inclusionProof(index: Int(entry.index), leafHashes: leaves)
            else { throw Failure("the council did not decide") }
            return Receipt(
                suite: committee.suite, entry: Array(entry.bytes), index: entry.index, proof: proof,
                certificate: CheckpointCertificate(checkpoint: checkpoint, proofs: try (0..<3).map { try attest($0, checkpoint) }),
                votes: batches.compactMap { VoteProof(of: $0, at: 17) })
        }
    }

    private func run(_ ledger: inout Ledger, _ transactions: [Transaction]) throws -> Execution {
        let last = ledger.lastCommit
        let leader = BlockReference(round: last.index + 1, author: 0, digest: Commit.origin(chain: committee.chain, suite: committee.suite))
        let commit = Commit(
            index: last.index + 1, leader: leader, blocks: [leader], timestamp: 1_795_000_001_000 + last.index, previous: last.digest,
            suite: committee.suite)
        return try ledger.execute(commit, payloads: [Payload(transactions)]) { _ in false }
    }

    /// The vote on `proposal` among many others.
    private func batch(_ seat: Int, _ key: any SigningKey, _ proposal: Proposal) throws -> VoteBatch {
        let votes = (0..<Self.batch).map { place in
            let other = Merkle.leafHash([UInt8(place)])
            return Vote(
                proposal: place == 17 ? proposal.identifier : other, verdict: .approve, reason: "Nothing in part \(seat) is against it.")
        }
        return try VoteBatch.signed(by: key, chain: committee.chain, epoch: 0, council: 0, seat: UInt32(seat), votes: votes)
    }

    private func attest(_ author: ValidatorIndex, _ checkpoint: Checkpoint) throws -> AttestationProof {
        let key = validators[Int(author)]
        let header = BlockHeader(
            prefix: BlockPrefix(epoch: 0, round: 9, author: author, timestamp: 1_795_000_002_000, scheme: key.scheme),
            parents: [Block.genesis(author: author, committee: committee).reference], payloadRoot: Payload.empty.root,
            attestations: [Attestation(index: checkpoint.index, checkpoint: checkpoint.digest(committee.suite))])
        let signature = try key.sign(header.digest(chain: committee.chain, suite: committee.suite).bytes, context: .block)
        let block = Block(header: header, payload: .empty, signature: signature, committee: committee)
        return AttestationProof(block, suite: committee.suite)
    }
}
