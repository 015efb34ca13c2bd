// A whole small network for receipt tests: real keys, a real ledger that decides, real blocks that attest its checkpoint.

import TrellisCrypto
import TrellisLedger
import TrellisModel
import TrellisVerify

struct Network {
    let genesis: Genesis
    let committee: Committee
    let keys: [any SigningKey]

    /// `schemes` gives the committee its size; keys follow from `seed`, so equal calls give equal networks.
    init(schemes: [SignatureScheme], seed: UInt8 = 1, hash: HashSuite = .sha256) throws {
        var keys: [any SigningKey] = []
        var validators: [Genesis.ValidatorEntry] = []
        var seats: [Genesis.SeatEntry] = []
        for (index, scheme) in schemes.enumerated() {
            let bytes = (0..<scheme.seedSize).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ index &* 31) ^ seed }
            let key = try scheme.signingKey(seed: SecretBytes(bytes))
            let identity = try SignatureScheme.ed25519.signingKey(seed: SecretBytes([UInt8](repeating: UInt8(index) ^ seed, count: 32)))
            keys.append(key)
            validators.append(
                Genesis.ValidatorEntry(
                    name: "validator-\(index)", stake: 1, scheme: scheme.name, consensusKey: key.publicKey,
                    identityScheme: SignatureScheme.ed25519.name, identityKey: identity.publicKey))
            seats.append(
                Genesis.SeatEntry(
                    name: "seat-\(index)", validator: ValidatorIndex(index), weight: 1, scheme: scheme.name, key: key.publicKey))
        }
        self.keys = keys
        genesis = Genesis(
            name: "test", nonce: [UInt8](repeating: seed, count: 16), created: 1_795_000_000_000, hash: hash.name, validators: validators,
            councils: [.init(name: Council.defaultName, seats: seats)])
        committee = try Committee(genesis: genesis)
    }

    /// The same keys under another genesis.
    init(genesis: Genesis, keys: [any SigningKey]) throws {
        self.genesis = genesis
        self.keys = keys
        committee = try Committee(genesis: genesis)
    }

    /// A block of `author` with a real signature. Its parents are of no interest to whoever checks an attestation.
    func block(_ author: ValidatorIndex, attesting attestations: [Attestation], epoch: Epoch = 0, key: Int? = nil) throws -> Block {
        let scheme = keys[key ?? Int(author)].scheme
        let prefix = BlockPrefix(epoch: epoch, round: 9, author: author, timestamp: 1_795_000_002_345 + UInt64(author), scheme: scheme)
        let header = BlockHeader(
            prefix: prefix, parents: [Block.genesis(author: author, committee: committee).reference], payloadRoot: Payload.empty.root,
            attestations: attestations)
        let digest = header.digest(chain: committee.chain, suite: committee.suite)
        let signature = try keys[key ?? Int(author)].sign(digest.bytes, context: .block)
        return Block(header: header, payload: .empty, signature: signature, committee: committee)
    }

    func certificate(_ checkpoint: Checkpoint, signers: [ValidatorIndex]) throws -> CheckpointCertificate {
        let attested = Attestation(index: checkpoint.index, checkpoint: checkpoint.digest(committee.suite))
        let proofs = try signers.map { AttestationProof(try block($0, attesting: [attested]), suite: committee.suite) }
        return CheckpointCertificate(checkpoint: checkpoint, proofs: proofs)
    }
}

/// A log of one record, one approved proposal and another record, and what receipts need of it.
struct Decided {
    static let proposal = Proposal(
        nonce: Nonce(idempotencyKey: "a"), kind: "command", text: "echo \"größe\"\n\u{202E}\u{1B}[31m",
        fields: ["agent": "α", "cwd": "/srv"])
    static let record = Record(nonce: Nonce(idempotencyKey: "b"), data: [1, 2, 3])

    let proposal: Proposal
    let network: Network
    let ledger: Ledger
    let entries: [LogAppend]
    let leaves: [Digest]
    let checkpoint: Checkpoint

    /// `proposer` makes the proposal's proposer, for the chain that it is given.
    init(_ network: Network, proposedBy proposer: (Digest) throws -> Proposer? = { _ in nil }) throws {
        let proposal = Self.proposal.proposed(by: try proposer(network.committee.chain))
        try self.init(network, proposal, seats: [0, 1, 2, 3]) { ($0 == 1 ? .abstain : .approve, "rule \($0): \"quoted\"") }
    }

    /// `seats` vote, each with the verdict and reason that it says.
    init(_ network: Network, _ proposal: Proposal, seats: [UInt32], says: (UInt32) throws -> (Verdict, String)) throws {
        self.network = network
        let committee = network.committee
        self.proposal = proposal
        var ledger = Ledger(committee: committee)
        var entries: [LogAppend] = []
        var leaves: [Digest] = []
        func run(_ transactions: [Transaction]) throws {
            let leader = BlockReference(round: 3, author: 0, digest: Commit.origin(chain: committee.chain, suite: committee.suite))
            let last = ledger.lastCommit
            let commit = Commit(
                index: last.index + 1, leader: leader, blocks: [leader], timestamp: 1_795_000_001_000 + last.index, previous: last.digest,
                suite: committee.suite)
            let execution = try ledger.execute(commit, payloads: [Payload(transactions)]) { _ in false }
            entries += execution.appended
            leaves += execution.nodes.filter { $0.level == 0 }.map(\.hash)
        }
        try run([Transaction(Self.record), Transaction(proposal)])
        try run(
            seats.map { seat in
                let (verdict, reason) = try says(seat)
                let vote = Vote(proposal: proposal.identifier, verdict: verdict, reason: reason)
                return Transaction(
                    try VoteBatch.signed(
                        by: network.keys[Int(seat)], chain: committee.chain, epoch: 0, council: 0, seat: seat, votes: [vote]))
            })
        try run([Transaction(Record(nonce: Nonce(idempotencyKey: "c"), data: []))])
        self.ledger = ledger
        self.entries = entries
        self.leaves = leaves
        guard let checkpoint = ledger.lastCheckpoint else { throw WireError.invalid(what: "ledger", offset: 0) }
        self.checkpoint = checkpoint
    }

    func proof(_ index: Int) -> [Digest] { Merkle.inclusionProof(index: index, leafHashes: leaves) ?? [] }

    func receipt(_ index: Int = 1, signers: [ValidatorIndex] = [0, 1, 3]) throws -> Receipt {
        Receipt(
            suite: network.committee.suite, entry: Array(entries[index].bytes), index: UInt64(index), proof: proof(index),
            certificate: try network.certificate(checkpoint, signers: signers))
    }
}

extension Network {
    static func lattice(seed: UInt8 = 1) throws -> Network {
        try Network(schemes: Array(repeating: .mlDSA65, count: 4), seed: seed)
    }

    /// Small signatures, for tests that verify tens of thousands of times.
    static func small() throws -> Network {
        try Network(schemes: Array(repeating: .ed25519, count: 4))
    }
}
