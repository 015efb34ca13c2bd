// Good receipts, and every way in which a receipt can be no proof, against real signatures.

import Testing
import TrellisCrypto
import TrellisLedger
import TrellisModel
import TrellisVerify

@Suite struct ReceiptTests {
    let network: Network
    let decided: Decided

    init() throws {
        network = try .lattice()
        decided = try Decided(network)
    }

    @Test func decisionVerifies() throws {
        let verified = try decided.receipt().verify(genesis: network.genesis)
        guard case .decision(let decision) = verified.entry else {
            Issue.record("not a decision")
            return
        }
        #expect(decision.outcome == .approved)
        #expect(decision.proposal == Decided.proposal)
        #expect(verified.identifier == Decided.proposal.identifier)
        #expect(verified.signers.map(\.index) == [0, 1, 3])
        #expect(verified.signers.allSatisfy { $0.scheme == "ML-DSA-65" && $0.isPostQuantum })
        #expect(verified.signers[2].attestedAt == 1_795_000_002_348)
        #expect((verified.stake, verified.quorum, verified.totalStake) == (3, 3, 4))
        #expect(verified.strengthPermille == 750)
        #expect(verified.securityCategory == 3)
        #expect(verified.seatNames == ["seat-0", "seat-1", "seat-2", "seat-3"])
    }

    @Test func recordVerifies() throws {
        let verified = try decided.receipt(0, signers: [0, 1, 2, 3]).verify(genesis: network.genesis)
        #expect(verified.entry == .record(Decided.record))
        #expect(verified.strengthPermille == 1000)
        #expect(verified.report().first == "valid: a record of 3 bytes is in the log")
    }

    @Test func reportSaysWhatIsProven() throws {
        let lines = try decided.receipt().verify(genesis: network.genesis).report()
        #expect(lines.first == "valid: council \"default\" approved")
        #expect(lines.contains("  \"command\"  \"echo \\\"größe\\\"\\n\\u202e\\u001b[31m\""))
        #expect(lines.contains("  threshold   3 of weight 4 (670 per mille); approve 3, reject 0, abstain 1"))
        #expect(lines.contains("  seat 1 \"seat-1\", weight 1: abstain: \"rule 1: \\\"quoted\\\"\""))
        #expect(lines.contains("signed by stake 3 of 4 (75.0 %; needed 3):"))
        let signer = "  validator 3 \"validator-3\", stake 1, ML-DSA-65 (post-quantum, category 3), at 2026-11-18T11:06:42.348Z"
        #expect(lines.contains(signer))
        #expect(lines.contains("not proven:"))
        #expect(lines.allSatisfy { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202E } })
    }

    @Test func fileAndBytesRoundTrip() throws {
        for index in 0..<3 {
            let receipt = try decided.receipt(index)
            #expect(try Receipt(wireBytes: receipt.wireBytes) == receipt)
            #expect(try Receipt(json: receipt.json) == receipt)
            #expect(receipt.json.last == UInt8(ascii: "}"))
        }
    }

    @Test func tooFewSignatures() throws {
        for signers: [ValidatorIndex] in [[], [2], [0, 1]] {
            let receipt = try decided.receipt(signers: signers)
            #expect(throws: ReceiptError.certificate(.tooLittleStake(UInt64(signers.count), needed: 3))) {
                try receipt.verify(genesis: network.genesis)
            }
        }
    }

    @Test func twoSignaturesOfOneValidator() throws {
        let receipt = try decided.receipt(signers: [0, 1, 1])
        let read = try Receipt(json: receipt.json)
        #expect(throws: ReceiptError.certificate(.repeatedAuthor(1))) { try read.verify(genesis: network.genesis) }
    }

    @Test func proofOfAnotherLeaf() throws {
        let good = try decided.receipt()
        for (index, proof) in [(1, 0), (0, 1), (2, 1), (1, 2), (7, 1)] {
            let receipt = Receipt(
                suite: .sha256, entry: good.entry, index: UInt64(index), proof: decided.proof(proof), certificate: good.certificate)
            #expect(throws: ReceiptError.notInLog(index: UInt64(index), size: 3)) { try receipt.verify(genesis: network.genesis) }
        }
        let other = Receipt(
            suite: .sha256, entry: Array(decided.entries[0].bytes), index: 1, proof: good.proof, certificate: good.certificate)
        #expect(throws: ReceiptError.notInLog(index: 1, size: 3)) { try other.verify(genesis: network.genesis) }
    }

    @Test func genesisOfAnotherChain() throws {
        let other = try Network.lattice(seed: 2)
        let error = ReceiptError.certificate(.otherChain(expected: other.committee.chain, found: network.committee.chain))
        #expect(throws: error) { try decided.receipt().verify(genesis: other.genesis) }
        #expect(error.hint != nil)

        var renamed = network.genesis
        renamed.nonce[0] ^= 1
        #expect(throws: ReceiptError.self) { try decided.receipt().verify(genesis: renamed) }
    }

    @Test func otherHashSuite() throws {
        let wide = try Network(schemes: Array(repeating: .ed25519, count: 4), hash: .sha384)
        let receipt = try Decided(wide).receipt()
        #expect(try Receipt(json: receipt.json) == receipt)
        #expect(try receipt.verify(genesis: wide.genesis).suite == .sha384)
        #expect(throws: ReceiptError.otherHashSuite(expected: .sha256, found: .sha384)) { try receipt.verify(genesis: network.genesis) }
    }

    @Test func swappedSchemesAndKeys() throws {
        let mixed = try Network(schemes: [.mlDSA65, .ed25519, .mlDSA65, .mlDSA65])
        let log = try Decided(mixed)
        #expect(try log.receipt().verify(genesis: mixed.genesis).securityCategory < 3)
        #expect(try !log.receipt().verify(genesis: mixed.genesis).isPostQuantum)

        func verify(author: ValidatorIndex, key: Int) throws -> VerifiedReceipt {
            let attested = Attestation(index: log.checkpoint.index, checkpoint: log.checkpoint.digest(.sha256))
            let proofs = [
                AttestationProof(try mixed.block(author, attesting: [attested], key: key), suite: .sha256),
                AttestationProof(try mixed.block(2, attesting: [attested]), suite: .sha256),
                AttestationProof(try mixed.block(3, attesting: [attested]), suite: .sha256),
            ]
            let certificate = CheckpointCertificate(checkpoint: log.checkpoint, proofs: proofs)
            let receipt = Receipt(
                suite: .sha256, entry: Array(log.entries[1].bytes), index: 1, proof: log.proof(1), certificate: certificate)
            return try receipt.verify(genesis: mixed.genesis)
        }
        #expect(throws: Never.self) { try verify(author: 0, key: 0) }
        #expect(throws: ReceiptError.certificate(.wrongScheme(0))) { try verify(author: 0, key: 1) }
        #expect(throws: ReceiptError.certificate(.badSignature(0))) { try verify(author: 0, key: 2) }
        #expect(throws: ReceiptError.certificate(.repeatedAuthor(2))) { try verify(author: 2, key: 2) }
        #expect(throws: ReceiptError.certificate(.unknownAuthor(4))) { try verify(author: 4, key: 0) }
    }

    @Test func otherEpochAndOtherAttestation() throws {
        func receipt(attesting attestations: [Attestation], epoch: Epoch, checkpoint: Checkpoint) throws -> Receipt {
            let proofs = try [ValidatorIndex](0..<3).map {
                AttestationProof(try network.block($0, attesting: attestations, epoch: epoch), suite: .sha256)
            }
            return Receipt(
                suite: .sha256, entry: Array(decided.entries[1].bytes), index: 1, proof: decided.proof(1),
                certificate: CheckpointCertificate(checkpoint: checkpoint, proofs: proofs))
        }
        let checkpoint = decided.checkpoint
        let attested = Attestation(index: checkpoint.index, checkpoint: checkpoint.digest(.sha256))
        #expect(throws: ReceiptError.certificate(.otherEpoch(expected: 0, found: 1))) {
            try receipt(attesting: [attested], epoch: 1, checkpoint: checkpoint).verify(genesis: network.genesis)
        }
        let later = Checkpoint(
            chain: checkpoint.chain, epoch: 1, index: checkpoint.index, commit: checkpoint.commit, logSize: checkpoint.logSize,
            logRoot: checkpoint.logRoot, state: checkpoint.state, timestamp: checkpoint.timestamp)
        #expect(throws: ReceiptError.certificate(.otherEpoch(expected: 0, found: 1))) {
            try receipt(attesting: [attested], epoch: 0, checkpoint: later).verify(genesis: network.genesis)
        }
        let elsewhere = Attestation(index: checkpoint.index + 1, checkpoint: attested.checkpoint)
        #expect(throws: ReceiptError.certificate(.notAttested(0))) {
            try receipt(attesting: [elsewhere], epoch: 0, checkpoint: checkpoint).verify(genesis: network.genesis)
        }
        #expect(throws: Never.self) {
            try receipt(attesting: [elsewhere, attested], epoch: 0, checkpoint: checkpoint).verify(genesis: network.genesis)
        }
    }

    /// A quorum that signs nonsense is caught where the entry alone shows it.
    @Test func contradictoryDecision() throws {
        guard case .decision(let good) = try LogEntry(wireBytes: Array(decided.entries[1].bytes)) else { return }
        func verify(_ decision: Decision) throws -> VerifiedReceipt {
            let leaf = Merkle.leafHash(decision.wireBytes)
            let checkpoint = Checkpoint(
                chain: network.committee.chain, epoch: 0, index: 5, commit: decided.checkpoint.commit, logSize: 1, logRoot: leaf,
                state: decided.checkpoint.state, timestamp: 1_795_000_500_000)
            let certificate = try network.certificate(checkpoint, signers: [0, 1, 2])
            return try Receipt(suite: .sha256, entry: decision.wireBytes, index: 0, proof: [], certificate: certificate)
                .verify(genesis: network.genesis)
        }
        func changed(
            _ outcome: Outcome = .approved, seats: [SeatVote]? = nil, council: String = "default", decidedIn commit: UInt64 = 2,
            after: Int = 29_999, threshold: UInt64 = 670
        ) -> Decision {
            let proposal = Proposal(nonce: good.proposal.nonce, council: council, kind: "k", text: "t")
            return Decision(
                proposal: proposal, outcome: outcome, thresholdPermille: threshold, seats: seats ?? good.seats, proposed: good.proposed,
                decided: OrderPoint(commit: commit, timestamp: UInt64(Int(good.proposed.timestamp) + after)))
        }
        #expect(throws: Never.self) { try verify(changed()) }
        #expect(throws: ReceiptError.contradiction("its votes do not give the outcome 'rejected'")) { try verify(changed(.rejected)) }
        #expect(throws: ReceiptError.contradiction("its votes do not give the outcome 'expired'")) { try verify(changed(.expired)) }
        #expect(throws: ReceiptError.contradiction("genesis has no council 'x'")) { try verify(changed(council: "x")) }
        #expect(throws: ReceiptError.contradiction("its seats are not those of council 'default'")) {
            try verify(changed(seats: Array(good.seats.dropLast())))
        }
        let heavy = good.seats.map { SeatVote(seat: $0.seat, weight: 2, verdict: $0.verdict, reason: $0.reason) }
        #expect(throws: ReceiptError.contradiction("its seats are not those of council 'default'")) { try verify(changed(seats: heavy)) }
        for commit: UInt64 in [0, 6] {
            #expect(throws: ReceiptError.contradiction("it was decided after its checkpoint or before it was proposed")) {
                try verify(changed(decidedIn: commit))
            }
        }
        for after in [-1, 600_000] {
            #expect(throws: ReceiptError.contradiction("its times run backwards")) { try verify(changed(after: after)) }
        }
        #expect(throws: ReceiptError.contradiction("it was decided at or after its deadline, or expired before it")) {
            try verify(changed(after: 30_000))
        }
        let silent = good.seats.map { SeatVote(seat: $0.seat, weight: 1, verdict: nil, reason: "") }
        #expect(throws: ReceiptError.contradiction("it was decided at or after its deadline, or expired before it")) {
            try verify(changed(.expired, seats: silent))
        }
        #expect(throws: Never.self) { try verify(changed(.expired, seats: silent, after: 30_000)) }
        let mute = good.seats.map { SeatVote(seat: $0.seat, weight: 1, verdict: $0.seat == 1 ? nil : $0.verdict, reason: "still") }
        #expect(throws: ReceiptError.contradiction("a seat of council 'default' gives a reason and no verdict")) {
            try verify(changed(seats: mute))
        }
        for threshold: UInt64 in [0, 500, 600, 669, 671, 750] {
            #expect(throws: ReceiptError.contradiction("\(threshold) per mille is no threshold of council 'default'")) {
                try verify(changed(threshold: threshold))
            }
        }
    }

    /// A threshold that adapts may be that of any level, and no other.
    @Test(arguments: [[600, 670, 750, 800], [700, 750, 800]] as [[UInt64]])
    func adaptiveThresholds(allowed: [UInt64]) throws {
        guard case .decision(let good) = try LogEntry(wireBytes: Array(decided.entries[1].bytes)) else { return }
        var genesis = network.genesis
        genesis.parameters.thresholdWindow = 100
        genesis.councils[0].isAdaptive = true
        genesis.councils[0].thresholdPermille = allowed[0]
        let adaptive = try Network(genesis: genesis, keys: network.keys)
        let seats = good.seats.map { SeatVote(seat: $0.seat, weight: 1, verdict: .approve, reason: "") }
        for threshold in UInt64(590)...810 {
            let decision = Decision(
                proposal: good.proposal, outcome: .approved, thresholdPermille: threshold, seats: seats, proposed: good.proposed,
                decided: good.decided)
            let checkpoint = Checkpoint(
                chain: adaptive.committee.chain, epoch: 0, index: 5, commit: decided.checkpoint.commit, logSize: 1,
                logRoot: Merkle.leafHash(decision.wireBytes), state: decided.checkpoint.state, timestamp: 1_795_000_500_000)
            let certificate = try adaptive.certificate(checkpoint, signers: [0, 1, 2])
            let receipt = Receipt(suite: .sha256, entry: decision.wireBytes, index: 0, proof: [], certificate: certificate)
            #expect(((try? receipt.verify(genesis: genesis)) != nil) == allowed.contains(threshold), "\(threshold)")
        }
    }
}
