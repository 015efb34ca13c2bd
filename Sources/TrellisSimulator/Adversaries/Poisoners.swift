// Adversaries that abuse what validators tell one another to catch up: old messages, other chains, wrong answers, false certificates.

import TrellisConsensus
import TrellisCrypto
import TrellisModel

/// Sends again what it once heard, and signs for other epochs and chains.
struct Replayer: Adversary {
    var random: SimulationRandom
    private var heard: [[UInt8]] = []

    init(random: SimulationRandom) { self.random = random }

    var isNoisy: Bool { true }

    mutating func hear(_ input: Input, _ view: AdversaryView) -> [Shipment] {
        switch input {
        case .blocks(let blocks, _) where !blocks.isEmpty: keep(PeerMessage.blocks(blocks.prefix(4).map(\.block.encoded)).wireBytes)
        case .certificate(let certificate): keep(PeerMessage.certificate(certificate).wireBytes)
        case .heartbeat(let heartbeat, _): keep(PeerMessage.heartbeat(heartbeat).wireBytes)
        default: break
        }
        return []
    }

    private mutating func keep(_ bytes: [UInt8]) {
        if heard.count < 64 { heard.append(bytes) } else { heard[random.below(64)] = bytes }
    }

    mutating func act(_ view: AdversaryView) -> [Shipment] {
        guard !heard.isEmpty else { return [] }
        return (0..<(1 + random.below(5))).map { _ in Shipment(body: .bytes(heard[random.below(heard.count)]), to: nil) }
    }

    mutating func publish(_ block: Block, twins: [Block], _ view: AdversaryView) -> [Shipment] {
        let other = random.chance(permille: 500)
        let header = other ? block.header.with(epoch: block.header.prefix.epoch + 1) : block.header.with(timestamp: block.timestamp &+ 1)
        let chain = other ? view.committee.chain : view.committee.suite.hash(view.committee.chain.bytes)
        let digest = header.digest(chain: chain, suite: view.committee.suite)
        let signature = (try? view.keys.blockKeys[Int(view.own)].sign(digest.bytes, context: .block)) ?? []
        let foreign = Block(header: header, payload: block.payload, signature: signature, committee: view.committee)
        return [.block(block, to: nil), .block(foreign, to: nil)]
    }
}

/// Answers requests with other blocks, false certificates, and rounds that are not there; forges own blocks for who asks for them.
struct SyncPoisoner: Adversary {
    var random: SimulationRandom
    private var certificate: CheckpointCertificate?
    private var heard: [Block] = []

    init(random: SimulationRandom) { self.random = random }

    var isNoisy: Bool { true }

    func serves(_ peer: ValidatorIndex, _ view: AdversaryView) -> Bool { false }

    mutating func hear(_ input: Input, _ view: AdversaryView) -> [Shipment] {
        switch input {
        case .blocks(let blocks, _): heard = Array((heard + blocks.map(\.block)).suffix(32))
        case .certificate(let heard): certificate = heard
        case .fetch(_, let peer), .fetchRounds(_, let peer): return poison(peer, view)
        case .recall(_, let peer):
            return ownReport(of: peer, view).map { [Shipment(body: .message(.blocks([$0.encoded])), to: peer)] } ?? []
        default: break
        }
        return []
    }

    mutating func act(_ view: AdversaryView) -> [Shipment] {
        view.others.isEmpty ? [] : poison(view.others[random.below(view.others.count)], view)
    }

    mutating func falsify(_ message: CatchUpMessage, _ view: AdversaryView) -> CatchUpMessage? {
        RangeForger.falsify(message, view, &random)
    }

    private mutating func poison(_ peer: ValidatorIndex, _ view: AdversaryView) -> [Shipment] {
        let message: PeerMessage? =
            switch random.below(4) {
            case 0: .blocks((0..<random.below(8)).compactMap { _ in heard.isEmpty ? nil : heard[random.below(heard.count)].encoded })
            case 1: (view.core.certificate ?? certificate).map { .certificate(falsified($0, view)) }
            case 2: .heartbeat(Heartbeat(round: view.core.highestRound + 1 + random.below(UInt64(100)), certified: random.next()))
            default: ownReport(of: peer, view).map { .blocks([$0.encoded]) }
            }
        return message.map { [Shipment(body: .message($0), to: peer)] } ?? []
    }

    /// The proofs of one checkpoint under another.
    private mutating func falsified(_ certificate: CheckpointCertificate, _ view: AdversaryView) -> CheckpointCertificate {
        let old = certificate.checkpoint
        let other = Checkpoint(
            chain: old.chain, epoch: old.epoch, index: old.index + random.below(UInt64(3)), commit: old.commit, logSize: old.logSize + 1,
            logRoot: view.conspiracy.falseRoot(old.index, .sha256), state: old.state, timestamp: old.timestamp)
        return CheckpointCertificate(checkpoint: other, proofs: certificate.proofs)
    }

    /// A block that the peer is said to have signed.
    private mutating func ownReport(of peer: ValidatorIndex, _ view: AdversaryView) -> Block? {
        guard let block = heard.last(where: { $0.author == peer }) else { return nil }
        let header = block.header.with(round: block.round + 1 + random.below(UInt64(20)))
        return Block(header: header, payload: block.payload, signature: block.signature, committee: view.committee)
    }
}

/// Does all rightly, but tells who has forgotten what it signed that it built nothing for long, and keeps the newest of its blocks from
/// everybody, with all that it built on them itself.
struct FalseWitness: Adversary {
    var random: SimulationRandom
    /// The newest round of those who asked what they signed, until they have signed another.
    private var hidden: [ValidatorIndex: Round] = [:]
    /// Some of its own blocks, from the beginning on.
    private var old: [[UInt8]] = [[]]

    init(random: SimulationRandom) { self.random = random }

    mutating func hear(_ input: Input, _ view: AdversaryView) -> [Shipment] {
        for (peer, round) in hidden where Self.newest(of: peer, view) > round { hidden[peer] = nil }
        if case .recall(_, let peer) = input { hidden[peer] = Self.newest(of: peer, view) }
        return []
    }

    private static func newest(of peer: ValidatorIndex, _ view: AdversaryView) -> Round {
        let dag = view.core.dag
        var newest = dag.highestRound
        while newest > dag.lowestRound, dag.slot(newest, peer).isEmpty { newest -= 1 }
        return newest
    }

    mutating func says(_ message: PeerMessage, to peer: ValidatorIndex, _ view: AdversaryView) -> PeerMessage {
        guard case .recalled(let nonce, _) = message else { return message }
        return .recalled(nonce: nonce, newest: old[random.below(old.count)])
    }

    mutating func publish(_ block: Block, twins: [Block], _ view: AdversaryView) -> [Shipment] {
        if old.count < 3 { old.append(block.encoded) }
        return hidden.isEmpty ? [.block(block, to: nil)] : []
    }

    func serve(_ blocks: [[UInt8]], to peer: ValidatorIndex, _ view: AdversaryView) -> [[UInt8]] {
        guard !hidden.isEmpty else { return blocks }
        return blocks.filter { bytes in
            guard let block = try? Block(wireBytes: bytes, committee: view.committee) else { return true }
            if block.author == view.own { return hidden.values.allSatisfy { block.round <= $0 } }
            return hidden[block.author].map { block.round < $0 } ?? true
        }
    }
}
