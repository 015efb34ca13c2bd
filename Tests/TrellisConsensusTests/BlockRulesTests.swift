// Every way in which a block can be invalid, each once.

import Testing
import TrellisConsensus
import TrellisCrypto
import TrellisModel

@Suite struct BlockRulesTests {
    let test: TestCommittee
    let genesis: [BlockReference]

    init() throws {
        test = try TestCommittee()
        genesis = test.genesis
    }

    func refusal(_ bytes: [UInt8]) -> InvalidBlock? {
        do {
            _ = try VerifiedBlock(wireBytes: bytes, committee: test.committee)
            return nil
        } catch {
            return error
        }
    }

    func refusal(_ block: Block) -> InvalidBlock? { refusal(block.encoded) }

    func header(epoch: Epoch = 0, round: Round = 1, author: ValidatorIndex = 0, parents: [BlockReference]) -> Block {
        let prefix = BlockPrefix(epoch: epoch, round: round, author: author, timestamp: 1, scheme: .ed25519)
        return test.sign(BlockHeader(prefix: prefix, parents: parents, payloadRoot: Payload.empty.root, attestations: []), .empty)
    }

    @Test func aValidBlockIsAccepted() {
        #expect(refusal(test.block(0, 1, genesis, [test.record(1)])) == nil)
        // A quorum without one of the others.
        #expect(refusal(test.block(2, 1, [genesis[2], genesis[0], genesis[3]])) == nil)
    }

    @Test func bytesThatAreNoBlock() {
        #expect(refusal([])?.name == "malformed")
        let bytes = test.block(0, 1, genesis).encoded
        #expect(refusal(Array(bytes.dropLast()))?.name == "malformed")
        #expect(refusal(bytes + [0])?.name == "malformed")
        #expect(refusal([UInt8](repeating: 0xFF, count: bytes.count))?.name == "malformed")
        #expect(refusal([UInt8](repeating: 0, count: test.committee.limits.blockBytes + 1))?.name == "malformed")
    }

    @Test func everyRuleOnHeaders() {
        let other = BlockReference(round: 0, author: 9, digest: genesis[0].digest)
        #expect(refusal(header(epoch: 1, parents: genesis)) == .wrongEpoch(1))
        #expect(refusal(header(round: 0, parents: genesis)) == .genesisFromNetwork)
        #expect(refusal(header(parents: [])) == .parentCount(0))
        #expect(refusal(header(author: 1, parents: genesis)) == .ownParentMustBeFirstAndOnlyFirst)
        #expect(refusal(header(parents: [genesis[0], genesis[1], genesis[0]])) == .ownParentMustBeFirstAndOnlyFirst)
        #expect(refusal(header(parents: [genesis[0], genesis[1], genesis[1]])) == .duplicateParentAuthor(1))
        #expect(refusal(header(parents: [genesis[0], other])) == .unknownAuthor(9))
        #expect(refusal(header(parents: Array(genesis.prefix(2)))) == .parentQuorumMissing(2, needed: 3))
        // Parents of older rounds are no votes.
        #expect(refusal(header(round: 2, parents: genesis)) == .parentQuorumMissing(0, needed: 3))
        let same = BlockReference(round: 1, author: 3, digest: genesis[3].digest)
        #expect(refusal(header(parents: genesis.dropLast() + [same])) == .parentRoundNotLower)
        // More parents than validators do not even decode.
        #expect(refusal(header(parents: genesis + [other]))?.name == "malformed")
    }

    @Test func anUnknownAuthor() throws {
        let prefix = BlockPrefix(epoch: 0, round: 1, author: 4, timestamp: 1, scheme: .ed25519)
        let header = BlockHeader(prefix: prefix, parents: genesis, payloadRoot: Payload.empty.root, attestations: [])
        let block = Block(header: header, payload: .empty, signature: [], committee: test.committee)
        #expect(refusal(block) == .unknownAuthor(4))
    }

    @Test func forgedAndSwappedSignatures() {
        let block = test.block(0, 1, genesis)
        let other = test.block(0, 1, genesis, timestamp: 2)
        let swapped = Block(header: block.header, payload: block.payload, signature: other.signature, committee: test.committee)
        #expect(refusal(swapped) == .badSignature)
        let none = Block(header: block.header, payload: block.payload, signature: [], committee: test.committee)
        #expect(refusal(none) == .badSignature)
        let prefix = BlockPrefix(epoch: 0, round: 1, author: 0, timestamp: 1, scheme: .mlDSA65)
        let header = BlockHeader(prefix: prefix, parents: genesis, payloadRoot: Payload.empty.root, attestations: [])
        #expect(refusal(test.sign(header, .empty)) == .badSignature)
    }

    private func evidence(_ round: Round, _ signer: ValidatorIndex = 1) throws -> Transaction {
        let blocks = [test.block(1, round, genesis, timestamp: 1), test.block(1, round, genesis, timestamp: 2)]
        var proofs = blocks.map { AttestationProof($0, suite: .sha256) }
        if signer != 1 {
            let forged = test.block(signer, round, genesis, timestamp: 2)
            let block = Block(header: blocks[1].header, payload: .empty, signature: forged.signature, committee: test.committee)
            proofs[1] = AttestationProof(block, suite: .sha256)
        }
        return Transaction(try #require(Evidence(.twinBlocks, proofs[0], proofs[1])))
    }

    @Test func falseEvidenceAndTooMuchOfIt() throws {
        #expect(refusal(test.block(0, 1, genesis, [try evidence(5)])) == nil)
        #expect(refusal(test.block(0, 1, genesis, [test.record(1), try evidence(5, 2)])) == .badEvidence(transaction: 1))
        #expect(refusal(test.block(0, 1, genesis, [Transaction(bytes: [4, 1, 2])])) == .badEvidence(transaction: 0))
        let many = try (1...5).map { try evidence($0) }
        #expect(refusal(test.block(0, 1, genesis, many)) == .tooMuchEvidence)
        #expect(refusal(test.block(0, 1, genesis, Array(many.dropLast()))) == nil)
    }

    @Test func aPayloadThatIsNotTheHeaders() {
        let block = test.block(0, 1, genesis)
        let payload = Payload([test.record(1)])
        let swapped = Block(header: block.header, payload: payload, signature: block.signature, committee: test.committee)
        #expect(refusal(swapped)?.name == "malformed")
    }

    @Test func votesThatNoSeatSigned() throws {
        let votes = [Vote(proposal: HashSuite.sha256.hash([1]), verdict: .approve, reason: "")]
        let forged = Transaction(VoteBatch(council: 0, seat: 1, votes: votes, signature: [UInt8](repeating: 1, count: 32)))
        #expect(refusal(test.block(0, 1, genesis, [test.record(1), forged])) == .badVotes(transaction: 1))
        let nobody = Transaction(VoteBatch(council: 7, seat: 1, votes: votes, signature: []))
        #expect(refusal(test.block(0, 1, genesis, [nobody])) == .badVotes(transaction: 0))
        let noVotes = Transaction(bytes: [EntryKind.votes.rawValue, 1, 2])
        #expect(refusal(test.block(0, 1, genesis, [noVotes])) == .badVotes(transaction: 0))
    }

    @Test func aSeatSignsOnceForABlock() {
        func batch(_ seat: UInt32, _ number: UInt8) -> Transaction {
            let votes = [Vote(proposal: HashSuite.sha256.hash([number]), verdict: .approve, reason: "")]
            let digest = VoteBatch.signedDigest(chain: test.committee.chain, epoch: 0, council: 0, seat: seat, votes: votes)
            let signature = test.keys[Int(seat)].sign(digest.bytes, context: .votes)
            return Transaction(VoteBatch(council: 0, seat: seat, votes: votes, signature: signature))
        }
        #expect(refusal(test.block(0, 1, genesis, [batch(0, 1), batch(1, 1)])) == nil)
        let twice = [batch(0, 1), test.record(1), batch(1, 1), batch(0, 2)]
        #expect(refusal(test.block(0, 1, genesis, twice)) == .repeatedVotes(transaction: 3))
        #expect(refusal(test.block(0, 1, genesis, [batch(0, 1), batch(0, 1)])) == .repeatedVotes(transaction: 1))
    }

    @Test func everyBitOfABlockMatters() {
        let bytes = test.block(0, 1, genesis, [test.record(1)]).encoded
        for index in bytes.indices {
            var altered = bytes
            altered[index] ^= 1 << UInt8(index % 8)
            #expect(refusal(altered) != nil, "byte \(index)")
        }
    }

    @Test func aProposersSignatureIsCheckedLikeASeats() throws {
        let key = try SignatureScheme.mlDSA44.generate()
        let plain = Proposal(nonce: Nonce(idempotencyKey: "k"), kind: "text", text: "go")
        let signed = try plain.signed(by: key, chain: test.committee.chain)
        let elsewhere = try plain.signed(by: key, chain: HashSuite.sha256.hash([1]))
        let token = plain.proposed(by: .token(HashSuite.sha256.hash([2])))
        #expect(refusal(test.block(0, 1, genesis, [Transaction(signed), Transaction(token), Transaction(plain)])) == nil)
        #expect(refusal(test.block(0, 1, genesis, [Transaction(signed), Transaction(elsewhere)])) == .badProposer(transaction: 1))
        // What is no proposal at all is ignored by the ledger, as ever.
        #expect(refusal(test.block(0, 1, genesis, [Transaction(bytes: [EntryKind.extendedProposal.rawValue, 1])])) == nil)
    }

    @Test func soManyProposalsWithSectionsAndNoMore() {
        func proposals(_ count: Int) -> [Transaction] {
            (0..<count).map { Transaction(bytes: [EntryKind.extendedProposal.rawValue, UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)]) }
        }
        #expect(refusal(test.block(0, 1, genesis, proposals(Limits.extendedProposalsMaximum))) == nil)
        #expect(refusal(test.block(0, 1, genesis, proposals(Limits.extendedProposalsMaximum + 1))) == .tooManyExtendedProposals)
    }
}
