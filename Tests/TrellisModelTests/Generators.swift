// Random values of every wire type, from a seed. The order of the draws is part of the checked-in hashes.

import TrellisCrypto
import TrellisModel

extension Seeded {
    func copy<Value>(_ draw: (inout Seeded) -> Value) -> Value {
        var generator = self
        return draw(&generator)
    }

    mutating func nonce() throws -> Nonce {
        guard let nonce = Nonce(bytes(Nonce.size)) else { throw WireError.invalid(what: "nonce", offset: 0) }
        return nonce
    }

    mutating func reference(_ suite: HashSuite) -> BlockReference {
        BlockReference(round: u64(), author: u32(), digest: digest(suite))
    }

    mutating func prefix() -> BlockPrefix {
        BlockPrefix(
            epoch: u64(), round: u64(), author: u32(), timestamp: u64(),
            scheme: SignatureSchemeIdentifier(rawValue: UInt16(truncatingIfNeeded: next())))
    }

    mutating func commit(_ suite: HashSuite) -> Commit {
        Commit(
            index: u64(), leader: reference(suite), blocks: list(4) { $0.reference(suite) }, timestamp: u64(), previous: digest(suite),
            suite: suite)
    }

    mutating func checkpoint(_ suite: HashSuite) -> Checkpoint {
        Checkpoint(
            chain: digest(), epoch: u64(), index: u64(), commit: digest(suite), logSize: u64(), logRoot: digest(), state: digest(suite),
            timestamp: u64())
    }

    mutating func proposal() throws -> Proposal {
        let nonce = try nonce()
        var fields: [String: String] = [:]
        for number in 0..<below(4) { fields["\(text(4))\(number)"] = text(10) }
        return Proposal(nonce: nonce, council: text(8), kind: text(8), text: text(30), fields: fields)
    }

    /// Signed with a key of ML-DSA-44, the smallest, or proposed by a token.
    mutating func extendedProposal() throws -> Proposal {
        let proposal = try proposal()
        // Mutations of a signature are no other encoding of the same: a few keys show what there is to show.
        guard below(512) == 0 else { return proposal.proposed(by: .token(digest())) }
        let key = try SignatureScheme.mlDSA44.signingKey(seed: SecretBytes(bytes(32)))
        return try proposal.signed(by: key, chain: digest())
    }

    mutating func sealedProposal() throws -> Proposal {
        let nonce = try nonce()
        let recipients = Set((0...below(4)).map { _ in u32() })
        let content = SealedContent(recipients: Array(recipients), isOutcomeSealed: below(2) == 0, envelope: bytes(below(60)))
        return Proposal(nonce: nonce, council: text(8), kind: text(8), text: "", fields: ["\(text(4))0": text(10)], sealed: content)
    }

    mutating func record() throws -> Record { Record(nonce: try nonce(), data: bytes(below(60))) }

    mutating func verdict() -> Verdict { [.approve, .reject, .abstain][below(3)] }

    mutating func vote() -> Vote { Vote(proposal: digest(), verdict: verdict(), reason: text(20)) }

    mutating func voteBatch() -> VoteBatch {
        VoteBatch(council: u32(), seat: u32(), votes: [vote()] + list(3) { $0.vote() }, signature: bytes(below(80)))
    }

    mutating func voteProof() throws -> VoteProof? {
        let batch = voteBatch()
        return VoteProof(of: batch, at: below(batch.votes.count))
    }

    mutating func seatVote() -> SeatVote {
        SeatVote(
            seat: u32(), weight: u64() % (Council.seatWeightMaximum + 1), verdict: below(4) == 0 ? nil : verdict(), reason: text(20))
    }

    private mutating func decision(_ ballots: [Ballot], _ proposal: Proposal, _ outcome: Outcome) -> Decision {
        Decision(
            proposal: proposal, outcome: outcome, ballots: ballots, proposed: OrderPoint(commit: u64(), timestamp: u64()),
            decided: OrderPoint(commit: u64(), timestamp: u64()))
    }

    private mutating func outcome() -> Outcome { [.approved, .rejected, .expired][below(3)] }

    private mutating func ballot() -> Ballot { Ballot(thresholdPermille: UInt64(below(1001)), seats: list(4) { $0.seatVote() }) }

    mutating func decision() throws -> Decision {
        let proposal = try proposal()
        let outcome = outcome()
        return decision([ballot()], proposal, outcome)
    }

    mutating func sealedDecision() throws -> Decision {
        let seats = (0..<4).map { SeatVote(seat: $0, weight: u64() >> 32, verdict: below(2) == 0 ? .sealed : verdict(), reason: text(20)) }
        return decision([Ballot(thresholdPermille: 500, seats: seats)], try sealedProposal(), .sealed)
    }

    mutating func jointDecision() throws -> Decision {
        let proposal = try proposal()
        let outcome = outcome()
        let ballots = (0..<2 + below(2)).map { _ in ballot() }
        return decision(ballots, proposal, outcome)
    }

    mutating func payload() throws -> Payload {
        var transactions: [Transaction] = []
        for _ in 0..<below(3) { transactions.append(Transaction(try record())) }
        if below(2) == 0 { transactions.append(Transaction(try proposal())) }
        if below(2) == 0 { transactions.append(Transaction(voteBatch())) }
        return Payload(transactions)
    }

    mutating func block(_ committee: Committee) throws -> Block {
        let payload = try payload()
        let suite = committee.suite
        let header = BlockHeader(
            prefix: prefix(), parents: list(4) { $0.reference(suite) }, payloadRoot: payload.root,
            attestations: list(3) { Attestation(index: $0.u64(), checkpoint: $0.digest(suite)) })
        return Block(header: header, payload: payload, signature: bytes(below(80)), committee: committee)
    }

    mutating func proof(_ committee: Committee) throws -> AttestationProof {
        AttestationProof(try block(committee), suite: committee.suite)
    }

    /// Headers of one author and round that differ in what they attest for one index.
    mutating func evidence(_ committee: Committee) throws -> Evidence {
        let suite = committee.suite
        let prefix = prefix()
        let index = u64()
        func proof(_ generator: inout Seeded) -> AttestationProof {
            let header = BlockHeader(
                prefix: prefix, parents: generator.list(4) { $0.reference(suite) }, payloadRoot: Payload.empty.root,
                attestations: [Attestation(index: index, checkpoint: generator.digest(suite))])
            let block = Block(header: header, payload: .empty, signature: generator.bytes(generator.below(80)), committee: committee)
            return AttestationProof(block, suite: suite)
        }
        let offence = Offence.allCases[below(2)]
        guard let evidence = Evidence(offence, proof(&self), proof(&self)) else { throw WireError.invalid(what: "evidence", offset: 0) }
        return evidence
    }

    mutating func genesis() -> Genesis {
        Genesis(
            name: text(10), nonce: bytes(16), created: u64(), epoch: u64(), hash: text(5),
            validators: list(3) {
                Genesis.ValidatorEntry(
                    name: $0.text(5), stake: $0.u64(), scheme: $0.text(5), consensusKey: $0.bytes(5), identityScheme: $0.text(5),
                    identityKey: $0.bytes(5))
            },
            councils: list(3) { generator in
                Genesis.CouncilEntry(
                    name: generator.text(5), thresholdPermille: generator.u64(), deadline: generator.u64(),
                    seats: generator.list(3) {
                        Genesis.SeatEntry(
                            name: $0.text(5), validator: $0.u32(), weight: $0.u64(), scheme: $0.text(5), key: $0.bytes(5))
                    })
            },
            parameters: Parameters(gcDepth: u64(), payloadBytes: u64(), transactionBytes: u64(), roundsAhead: u64()))
    }
}
