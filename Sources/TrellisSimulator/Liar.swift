// The adversary that signs whatever the wire format allows and the protocol forbids or bounds. It runs beside a validator of its own, from
// whose DAG it takes plausible parents.

import TrellisConsensus
import TrellisCrypto
import TrellisModel

struct Liar {
    private var random: SimulationRandom
    private let keys: SimulatedCommittee
    private let own: ValidatorIndex

    init(own: ValidatorIndex, keys: SimulatedCommittee, random: SimulationRandom) {
        self.own = own
        self.keys = keys
        self.random = random
    }

    /// Something to annoy one peer with.
    mutating func message(core: Core, wall: Milliseconds) -> PeerMessage {
        switch random.below(8) {
        case 0: .heartbeat(Heartbeat(round: random.chance(permille: 500) ? .max : core.highestRound + 3, certified: .max))
        case 1: .fetchRounds(from: random.chance(permille: 500) ? 0 : .max)
        case 2: .fetch((0..<200).map { invented(round: UInt64($0 + 1), author: own) })
        case 3: .blocks((0..<100).map { farBlock(UInt64($0), core: core, wall: wall).encoded })
        case 4: .blocks([farBlock(random.next() >> 1, core: core, wall: wall).encoded])
        default: .blocks((0..<8).compactMap { _ in twin(core: core, wall: wall)?.encoded })
        }
    }

    private mutating func invented(round: Round, author: ValidatorIndex) -> BlockReference {
        BlockReference(round: round, author: author, digest: HashSuite.sha256.hash(random.bytes(8)))
    }

    /// A block some rounds ahead whose parents nobody has.
    private mutating func farBlock(_ ahead: Round, core: Core, wall: Milliseconds) -> Block {
        let round = core.highestRound + 2 + ahead
        var parents = [invented(round: round - 1, author: own)]
        for author in keys.committee.validators.indices.map({ ValidatorIndex($0) }) where author != own {
            parents.append(invented(round: round - 1, author: author))
        }
        return sign(round: round, parents: parents, wall: wall)
    }

    /// One more block for the slot of the newest own one, with another timestamp.
    private mutating func twin(core: Core, wall: Milliseconds) -> Block? {
        let dag = core.dag
        guard let vertex = dag.slot(core.round, own).first, !vertex.parents.isEmpty else { return nil }
        return sign(round: core.round, parents: vertex.parents, wall: wall)
    }

    private mutating func sign(round: Round, parents: [BlockReference], wall: Milliseconds) -> Block {
        let timestamp = random.chance(permille: 500) ? wall &+ random.below(3_600_000) : random.next() >> random.below(64)
        let prefix = BlockPrefix(
            epoch: keys.committee.epoch, round: round, author: own, timestamp: timestamp,
            scheme: keys.committee.validators[Int(own)].scheme.identifier)
        let index = random.chance(permille: 500) ? random.below(UInt64(1000)) : random.next()
        let attestations = [Attestation(index: index, checkpoint: HashSuite.sha256.hash(random.bytes(8)))]
        let header = BlockHeader(prefix: prefix, parents: parents, payloadRoot: Payload.empty.root, attestations: attestations)
        return keys.sign(header, .empty)
    }
}
