// Every signed object, byte for byte as an independent implementation of the documented layouts writes it.

import Testing
import TrellisCrypto
import TrellisModel

@Suite struct WireVectorTests {
    let expected: [String: String]

    init() throws { expected = try vectors("wire") }

    private func check(_ name: String, _ bytes: [UInt8]) { #expect(Hex.encode(bytes) == expected[name], "\(name)") }
    private func check(_ name: String, _ digest: Digest) { check(name, digest.bytes) }

    @Test func genesisAndTransactions() throws {
        check("genesis", Samples.genesis().wireBytes)
        var extended = Samples.genesis()
        extended.parameters.fastPathFaults = 1
        extended.parameters.scheduleInterval = 300
        extended.councils[0].seats[1].mandate = "größe"
        extended.councils[1].seats[0].mandate = "Look."
        check("genesis_extended", extended.wireBytes)
        extended.parameters.thresholdWindow = 100
        extended.councils[1].isAdaptive = true
        check("genesis_adaptive", extended.wireBytes)
        check("chain_id", Samples.genesis().chain)
        check("idempotency_nonce", Nonce(idempotencyKey: "größe").bytes)
        check("proposal", try Samples.proposal().wireBytes)
        check("proposal_identifier", try Samples.proposal().identifier)
        check("record", try Samples.record().wireBytes)
        check("record_identifier", try Samples.record().identifier)
        check("payload_root", try Samples.payload().root)
        check("decision", try Samples.decision().wireBytes)
        check("joint_decision", try Samples.jointDecision().wireBytes)
        check("decision_leaf", Merkle.leafHash(try Samples.decision().wireBytes))
    }

    @Test func votes() throws {
        let votes = try Samples.votes()
        check("votes_root", Merkle.root(votes.map { Merkle.leafHash($0.wireBytes) }))
        check("votes_signed_digest", VoteBatch.signedDigest(chain: try digest(5), epoch: 0, council: 1, seat: 2, votes: votes))
        check("votes", try Samples.batch().wireBytes)
    }

    @Test(arguments: HashSuite.allCases) func signedObjects(suite: HashSuite) throws {
        let chain = try digest(5)
        let attestations = try Samples.attestations(suite)
        let header = try Samples.header(suite, attestations: attestations)
        check("\(suite.name)/attestation", attestations[0].wireBytes)
        check("\(suite.name)/block_header", header.wireBytes)
        check("\(suite.name)/block_digest", header.digest(chain: chain, suite: suite))
        let committee = try committee(suite, chain: chain)
        let block = Block(header: header, payload: try Samples.payload(), signature: countUp(12, 90), committee: committee)
        check("\(suite.name)/block", block.encoded)
        #expect(try Block(wireBytes: block.encoded, committee: committee).reference == block.reference)
        check("\(suite.name)/commit_origin", Commit.origin(chain: chain, suite: suite))
        let commit = try Samples.commit(suite)
        check("\(suite.name)/commit", commit.wireBytes)
        check("\(suite.name)/commit_digest", commit.digest)
        let checkpoint = try Samples.checkpoint(suite)
        check("\(suite.name)/checkpoint", checkpoint.wireBytes)
        check("\(suite.name)/checkpoint_digest", checkpoint.digest(suite))
        check("\(suite.name)/certificate", try Samples.certificate(suite).wireBytes)
    }

    /// What is signed is the digest, under the domain as context; nothing else of the wire enters.
    @Test func signaturesCoverTheDigest() throws {
        let committee = try committee(.sha256, chain: try digest(5))
        let key = try SignatureScheme.mlDSA65.signingKey(seed: SecretBytes(countUp(0, 32)))
        let header = try Samples.header(.sha256, author: 0, attestations: [])
        let signature = try key.sign(header.digest(chain: committee.chain, suite: .sha256).bytes, context: .block)
        let block = Block(header: header, payload: try Samples.payload(), signature: signature, committee: committee)
        #expect(block.isSigned(in: committee))
        let elsewhere = try TrellisModelTests.committee(.sha256, chain: try digest(6))
        #expect(try !Block(wireBytes: block.encoded, committee: elsewhere).isSigned(in: elsewhere))

        let votes = try Samples.votes()
        let batch = try VoteBatch.signed(by: key, chain: committee.chain, epoch: 0, council: 0, seat: 0, votes: votes)
        #expect(batch.isSigned(in: committee) && !batch.isSigned(in: elsewhere))
        for (council, seat, kept) in [(UInt32(0), UInt32(1), 2), (1, 0, 2), (0, 0, 1)] {
            let other = VoteBatch(council: council, seat: seat, votes: Array(votes.prefix(kept)), signature: batch.signature)
            #expect(!other.isSigned(in: committee))
        }
    }
}
