// Proofs of votes in receipts: good ones, and every way in which one can be no proof.

import Testing
import TrellisCrypto
import TrellisLedger
import TrellisModel
import TrellisVerify

@Suite struct VoteProofTests {
    let network: Network
    let decided: Decided
    let batches: [VoteBatch]

    init() throws {
        network = try .lattice()
        decided = try Decided(network)
        // Each seat signed three votes at once; the one that counted is in the middle.
        let verdicts: [Verdict] = [.approve, .abstain, .approve, .approve]
        let network = network
        batches = try verdicts.enumerated().map { seat, verdict in
            try Self.batch(network, seat, verdict, key: seat)
        }
    }

    private static func batch(
        _ network: Network, _ seat: Int, _ verdict: Verdict, key: Int, council: UInt32 = 0, proposal: Proposal = Decided.proposal,
        reason: String? = nil
    ) throws -> VoteBatch {
        let other = Vote(proposal: HashSuite.sha256.hash([UInt8(seat)]), verdict: .reject, reason: "other")
        let vote = Vote(proposal: proposal.identifier, verdict: verdict, reason: reason ?? "rule \(seat): \"quoted\"")
        return try VoteBatch.signed(
            by: network.keys[key], chain: network.committee.chain, epoch: 0, council: council, seat: UInt32(seat),
            votes: [other, vote, other])
    }

    private func receipt(_ proofs: [VoteProof], entry: Int = 1) throws -> Receipt {
        let good = try decided.receipt(entry)
        return Receipt(
            suite: good.suite, entry: good.entry, index: good.index, proof: good.proof, certificate: good.certificate, votes: proofs)
    }

    private var proofs: [VoteProof] { batches.compactMap { VoteProof(of: $0, at: 1) } }

    @Test func votesVerify() throws {
        let receipt = try receipt(proofs)
        let read = try Receipt(json: receipt.json)
        #expect(read == receipt)
        let verified = try read.verify(genesis: network.genesis)
        #expect(verified.signedVotes == [[true, true, true, true]])
        #expect(verified.allVotesSigned)
        #expect(verified.report().contains("  seat 1 \"seat-1\", weight 1: abstain, signed with ML-DSA-65: \"rule 1: \\\"quoted\\\"\""))
    }

    @Test func someVotesAreMissing() throws {
        let verified = try receipt([proofs[0], proofs[3]]).verify(genesis: network.genesis)
        #expect(verified.signedVotes == [[true, false, false, true]])
        #expect(!verified.allVotesSigned)
        #expect(try !decided.receipt().verify(genesis: network.genesis).allVotesSigned)
    }

    private func refused(_ proofs: [VoteProof], seat: UInt32, council: UInt32 = 0, _ what: String) throws {
        let receipt = try receipt(proofs)
        #expect(throws: ReceiptError.vote(council: council, seat: seat), "\(what)") {
            try Receipt(wireBytes: receipt.wireBytes).verify(genesis: network.genesis)
        }
    }

    @Test func badVotes() throws {
        func proof(of batch: VoteBatch, at index: Int = 1) throws -> VoteProof { try #require(VoteProof(of: batch, at: index)) }
        try refused([proofs[0], proofs[0]], seat: 0, "twice")
        try refused([proofs[1], proofs[0]], seat: 0, "out of order")
        try refused([try proof(of: try Self.batch(network, 0, .approve, key: 1))], seat: 0, "another seat's key")
        try refused([try proof(of: try Self.batch(network, 0, .reject, key: 0))], seat: 0, "another verdict")
        try refused([try proof(of: try Self.batch(network, 0, .approve, key: 0, reason: "no"))], seat: 0, "another reason")
        try refused([try proof(of: batches[0], at: 0)], seat: 0, "another proposal")
        try refused([try proof(of: try Self.batch(network, 0, .approve, key: 0, council: 1))], seat: 0, council: 1, "another council")
        try refused([try proof(of: try Self.batch(network, 7, .approve, key: 0))], seat: 7, "no such seat")
        let moved = VoteBatch(council: 0, seat: 1, votes: batches[0].votes, signature: batches[0].signature)
        try refused([try proof(of: moved)], seat: 1, "another's signature")
        // In a tree of four, the way from the second leaf is as long as in one of three.
        var larger = proofs[0].wireBytes
        #expect(larger[12] == 3)
        larger[12] = 4
        try refused([try VoteProof(wireBytes: larger, suite: .sha256)], seat: 0, "another number of votes")
        // A record has no votes.
        let record = try receipt([proofs[0]], entry: 0)
        #expect(throws: ReceiptError.vote(council: 0, seat: 0)) { try record.verify(genesis: network.genesis) }
    }

    @Test func everyByteCounts() throws {
        let small = try Network.small()
        let decided = try Decided(small)
        let good = try decided.receipt()
        let batch = try Self.batch(small, 2, .approve, key: 2)
        let receipt = Receipt(
            suite: good.suite, entry: good.entry, index: good.index, proof: good.proof, certificate: good.certificate,
            votes: [try #require(VoteProof(of: batch, at: 1))])
        #expect(try receipt.verify(genesis: small.genesis).signedVotes == [[false, false, true, false]])
        let bytes = receipt.wireBytes
        for offset in good.wireBytes.count..<bytes.count {
            var changed = bytes
            changed[offset] ^= 1
            #expect(throws: ReceiptError.self) { try Receipt(wireBytes: changed).verify(genesis: small.genesis) }
        }
        for length in good.wireBytes.count..<bytes.count {
            #expect(throws: ReceiptError.self) { try Receipt(wireBytes: Array(bytes[..<length])) }
        }
        // Proofs of no votes have no format of their own.
        var empty = WireEncoder()
        empty.string(Receipt.formatWithVotes)
        let body = good.wireBytes.dropFirst(4 + Receipt.format.utf8.count)
        #expect(throws: ReceiptError.self) { try Receipt(wireBytes: empty.bytes + Array(body) + [0, 0, 0, 0]) }
    }
}
