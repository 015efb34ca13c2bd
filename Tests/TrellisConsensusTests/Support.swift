// What the tests of the core share: a committee whose signatures cost one hash, blocks of any shape, and a driver that carries effects out.

import Testing
import TrellisConsensus
import TrellisCrypto
import TrellisModel

/// Signs and verifies by one hash under a key that is no secret.
struct TestKey: SigningKey, VerifyingKey {
    let bytes: [UInt8]
    var publicKey: [UInt8] { bytes }
    var seed: SecretBytes { SecretBytes(bytes) }
    var scheme: SignatureSchemeIdentifier { .ed25519 }

    func sign(_ message: [UInt8], context: Domain) -> [UInt8] { HashSuite.sha256.tagged(context, [bytes, message]).bytes }
    func isValid(_ signature: [UInt8], for message: [UInt8], context: Domain) -> Bool { signature == sign(message, context: context) }
}

struct TestCommittee {
    let committee: Committee
    let keys: [TestKey]

    init(_ stakes: [Stake] = [1, 1, 1, 1], parameters: Parameters = Parameters()) throws {
        let keys = stakes.indices.map { TestKey(bytes: HashSuite.sha256.hash([UInt8($0), 7]).bytes) }
        let validators = stakes.indices.map {
            Validator(name: "v\($0)", stake: stakes[$0], scheme: .ed25519, key: keys[$0], identityKey: keys[$0])
        }
        let seats = stakes.indices.map {
            Council.Seat(name: "s\($0)", weight: 1, validator: ValidatorIndex($0), scheme: .ed25519, key: keys[$0])
        }
        committee = Committee(
            chain: HashSuite.sha256.hash([1, 2, 3]), epoch: 0, suite: .sha256, validators: validators,
            stakes: try #require(Stakes(stakes)),
            councils: [Council(name: Council.defaultName, thresholdPermille: 670, deadline: 1000, seats: seats)], parameters: parameters)
        self.keys = keys
    }

    var authors: [ValidatorIndex] { committee.validators.indices.map { ValidatorIndex($0) } }
    var genesis: [BlockReference] { authors.map { Block.genesis(author: $0, committee: committee).reference } }

    func sign(_ header: BlockHeader, _ payload: Payload) -> Block {
        let digest = header.digest(chain: committee.chain, suite: committee.suite)
        let signature = keys[Int(header.prefix.author)].sign(digest.bytes, context: .block)
        return Block(header: header, payload: payload, signature: signature, committee: committee)
    }

    /// A signed block; `parents` in any order.
    func block(
        _ author: ValidatorIndex, _ round: Round, _ parents: [BlockReference], _ transactions: [Transaction] = [],
        timestamp: Milliseconds = 1000, attestations: [Attestation] = []
    ) -> Block {
        let prefix = BlockPrefix(epoch: 0, round: round, author: author, timestamp: timestamp, scheme: .ed25519)
        let payload = Payload(transactions)
        let ordered = parents.filter { $0.author == author } + parents.filter { $0.author != author }
        return sign(BlockHeader(prefix: prefix, parents: ordered, payloadRoot: payload.root, attestations: attestations), payload)
    }

    /// Blocks of all of `authors` in every round up to `last`, each citing all blocks of the round below.
    func grid(_ authors: [ValidatorIndex], to last: Round) -> [Block] {
        var blocks: [Block] = []
        var below = genesis
        for round in 1...last {
            let layer = authors.map { author in
                block(author, round, round == 1 ? below : below.filter { authors.contains($0.author) }, timestamp: 1000 + round)
            }
            blocks += layer
            below = layer.map(\.reference)
        }
        return blocks
    }

    func record(_ number: UInt64) -> Transaction {
        var nonce = WireEncoder()
        nonce.u64(number)
        nonce.u64(0)
        return Transaction(Record(nonce: Nonce(nonce.bytes) ?? Nonce(idempotencyKey: "\(number)"), data: [1, 2, 3]))
    }
}

/// Runs one core: signs what it seals, answers executions, and keeps what it said.
struct Driver {
    let test: TestCommittee
    var core: Core
    var now: UInt64 = 1000
    var wall: Milliseconds = 2_000_000
    var answersSeals = true
    var published: [Block] = []
    var stored: [Block] = []
    var takenFromRanges: [Block] = []
    var commits: [Commit] = []
    var sent: [(message: PeerMessage, to: ValidatorIndex?)] = []
    var equivocations = 0
    /// Who attested two roots.
    var accused: [ValidatorIndex] = []
    var isDiverged = false
    var divergedLog: UInt64?
    var certified: [UInt64] = []
    /// The state that it would check, how often it would write entries of the log, and install a state.
    var checking: [UInt8]?
    var staging = 0
    var installs = 0
    /// Up to which round it may have signed, once it knows again.
    var recalled: Round?
    var wakeAt: UInt64?
    var sealing: (header: BlockHeader, payload: Payload)?
    /// What executing a commit gives.
    var execute: (Commit, [Payload]) -> Checkpoint? = { _, _ in nil }

    init(_ test: TestCommittee, own: ValidatorIndex = 0, pacing: Pacing = Pacing(), recovered: Recovered = Recovered()) {
        self.test = test
        core = Core(committee: test.committee, own: own, pacing: pacing, recovered: recovered)
    }

    mutating func step(_ input: Input) {
        var inputs = [input]
        while !inputs.isEmpty {
            for effect in core.step(inputs.removeFirst(), now: Moment(monotonic: now, wall: wall)) {
                switch effect {
                case .seal(let header, let payload):
                    sealing = (header, payload)
                    if answersSeals { inputs.append(.sealed(test.sign(header, payload))) }
                case .store(let block): stored.append(block)
                case .storeCommit(let commit): commits.append(commit)
                case .publish(let block): published.append(block)
                case .send(let message, let peer): sent.append((message, peer))
                case .broadcast(let message): sent.append((message, nil))
                case .execute(let commit, let payloads): inputs.append(.executed(execute(commit, payloads), nextDeadline: nil))
                case .equivocation: equivocations += 1
                case .diverged: isDiverged = true
                case .logDiverged(let size, _): divergedLog = size
                case .recalled(let round): recalled = round
                case .wake(let at): wakeAt = at
                case .catchUp(.store(let block)): takenFromRanges.append(block)
                case .conflictingAttestations(let evidence): accused.append(evidence.author)
                case .catchUp(.check(let bytes, _)): checking = bytes
                case .catchUp(.stage): staging += 1
                case .catchUp(.install): installs += 1
                case .certified(let certificate): certified.append(certificate.checkpoint.index)
                case .serve, .serveRounds, .catchUp, .accepted: break
                }
            }
        }
    }

    mutating func deliver(_ blocks: [Block], from sender: ValidatorIndex = 1) {
        step(.blocks(blocks.map { VerifiedBlock(trusted: $0) }, from: sender))
    }

    mutating func pass(_ milliseconds: UInt64) {
        now += milliseconds
        wall += milliseconds
        step(.tick)
    }
}
