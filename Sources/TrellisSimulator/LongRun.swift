// One real core and its ledger for many rounds, among validators that build every round on everything: what a validator holds must not
// grow with the rounds behind it.

import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel

public struct LongRun {
    private let keys: SimulatedCommittee
    private var core: Core
    private var ledger: Ledger
    private var round: UInt64 = 0
    private var below: [BlockReference]
    /// The own blocks of this round and the next.
    private var own: [BlockReference] = []
    /// What the others attest with their next blocks.
    private var attested: [Attestation] = []
    private var records: UInt64 = 0

    /// Validator 0 among `validators` of equal stake, whose signatures cost one hash.
    public init(validators: Int) throws {
        keys = try SimulatedCommittee(seed: 1, stakes: [Stake](repeating: 1, count: validators))
        core = Core(committee: keys.committee, own: 0, pacing: Pacing())
        ledger = Ledger(committee: keys.committee)
        let committee = keys.committee
        below = committee.validators.indices.map { Block.genesis(author: ValidatorIndex($0), committee: committee).reference }
    }

    /// What the core holds, for a reader.
    public var summary: String {
        let footprint = core.footprint
        return "\(footprint.rounds) rounds and \(footprint.vertices) blocks in the graph, \(footprint.unexecuted) not ordered, "
            + "\(core.lastCommit.index) commits, \(core.certificate?.checkpoint.index ?? 0) certified"
    }

    /// Builds `rounds` more rounds, with a record of 128 bytes in each block.
    public mutating func advance(_ rounds: UInt64) throws {
        for _ in 0..<rounds {
            round += 1
            try step(.submit([record()]))
            let others = (1..<keys.committee.validators.count).map { block(ValidatorIndex($0)) }
            attested = []
            try step(.blocks(others.map { VerifiedBlock(trusted: $0) }, from: 1))
            own.removeAll { $0.round < round }
            below = own.filter { $0.round == round } + others.map(\.reference)
        }
    }

    private mutating func record() -> Transaction {
        records += 1
        return Transaction(Record(nonce: Nonce(idempotencyKey: "\(records)"), data: [UInt8](repeating: 1, count: 128)))
    }

    private mutating func block(_ author: ValidatorIndex) -> Block {
        let payload = round > 1 ? Payload([record()]) : .empty
        let prefix = BlockPrefix(epoch: 0, round: round, author: author, timestamp: 1_000_000 + 100 * round, scheme: .ed25519)
        let parents = below.filter { $0.author == author } + below.filter { $0.author != author }
        return keys.sign(BlockHeader(prefix: prefix, parents: parents, payloadRoot: payload.root, attestations: attested), payload)
    }

    private mutating func step(_ input: Input) throws {
        var inputs = [input]
        let now = Moment(monotonic: 100 * round, wall: 1_000_000 + 100 * round)
        while !inputs.isEmpty {
            for effect in core.step(inputs.removeFirst(), now: now) {
                switch effect {
                case .seal(let header, let payload): inputs.append(.sealed(keys.sign(header, payload)))
                case .publish(let block): own.append(block.reference)
                case .execute(let commit, let payloads):
                    let execution = try ledger.execute(commit, payloads: payloads, isLogged: { _ in false })
                    if let checkpoint = execution.checkpoint {
                        attested.append(Attestation(index: checkpoint.index, checkpoint: checkpoint.digest(keys.committee.suite)))
                    }
                    inputs.append(.executed(execution.checkpoint, nextDeadline: ledger.nextDeadline))
                default: break
                }
            }
        }
    }
}
