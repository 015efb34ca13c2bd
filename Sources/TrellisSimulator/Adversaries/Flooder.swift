// The adversary that signs whatever the wire format allows and the protocol bounds: blocks of far rounds, invented parents, third twins,
// requests without end.

import TrellisConsensus
import TrellisCrypto
import TrellisModel

struct Flooder: Adversary {
    var random: SimulationRandom
    var isNoisy: Bool { true }

    /// Something to annoy one peer with.
    mutating func act(_ view: AdversaryView) -> [Shipment] {
        let core = view.core
        let message: PeerMessage =
            switch random.below(8) {
            case 0: .heartbeat(Heartbeat(round: random.chance(permille: 500) ? .max : core.highestRound + 3, certified: .max))
            case 1: .fetchRounds(from: random.chance(permille: 500) ? 0 : .max)
            case 2: .fetch((0..<200).map { invented(round: UInt64($0 + 1), author: view.own) })
            case 3: .blocks((0..<100).map { farBlock(UInt64($0), view).encoded })
            case 4: .blocks([farBlock(random.next() >> 1, view).encoded])
            default: .blocks((0..<8).compactMap { _ in twin(view)?.encoded })
            }
        return [Shipment(body: .message(message), to: view.others.isEmpty ? nil : view.others[random.below(view.others.count)])]
    }

    private mutating func invented(round: Round, author: ValidatorIndex) -> BlockReference {
        BlockReference(round: round, author: author, digest: HashSuite.sha256.hash(random.bytes(8)))
    }

    /// A block some rounds ahead whose parents nobody has.
    private mutating func farBlock(_ ahead: Round, _ view: AdversaryView) -> Block {
        let round = view.core.highestRound + 2 + ahead
        var parents = [invented(round: round - 1, author: view.own)]
        for author in view.others { parents.append(invented(round: round - 1, author: author)) }
        return sign(round: round, parents: parents, view)
    }

    /// One more block for the slot of the newest own one, with another timestamp.
    private mutating func twin(_ view: AdversaryView) -> Block? {
        guard let vertex = view.core.dag.slot(view.core.round, view.own).first, !vertex.parents.isEmpty else { return nil }
        return sign(round: view.core.round, parents: vertex.parents, view)
    }

    private mutating func sign(round: Round, parents: [BlockReference], _ view: AdversaryView) -> Block {
        let timestamp = random.chance(permille: 500) ? view.wall &+ random.below(3_600_000) : random.next() >> random.below(64)
        let prefix = BlockPrefix(
            epoch: view.committee.epoch, round: round, author: view.own, timestamp: timestamp,
            scheme: view.committee.validators[Int(view.own)].scheme.identifier)
        let index = random.chance(permille: 500) ? random.below(UInt64(1000)) : random.next()
        let attestations = [Attestation(index: index, checkpoint: HashSuite.sha256.hash(random.bytes(8)))]
        let header = BlockHeader(prefix: prefix, parents: parents, payloadRoot: Payload.empty.root, attestations: attestations)
        return view.keys.sign(header, .empty)
    }
}
