// Adversaries that send what every decoder and every rule must refuse: forged signatures, broken rules, broken bytes.

import TrellisConsensus
import TrellisCrypto
import TrellisModel

/// Puts blocks into others' mouths: under its own key, under an old signature, under noise.
struct Forger: Adversary {
    var random: SimulationRandom
    private var heard: [Block] = []

    init(random: SimulationRandom) { self.random = random }

    mutating func hear(_ input: Input, _ view: AdversaryView) -> [Shipment] {
        guard case .blocks(let blocks, _) = input else { return [] }
        heard = Array((heard + blocks.map(\.block)).suffix(8))
        return []
    }

    mutating func act(_ view: AdversaryView) -> [Shipment] {
        guard !heard.isEmpty else { return [] }
        let block = heard[random.below(heard.count)]
        guard block.author != view.own else { return [] }
        let header = block.header.with(timestamp: block.timestamp &+ 1 + random.below(1000))
        let digest = header.digest(chain: view.committee.chain, suite: view.committee.suite)
        let signature: [UInt8] =
            switch random.below(3) {
            case 0: block.signature
            case 1: (try? view.keys.blockKeys[Int(view.own)].sign(digest.bytes, context: .block)) ?? []
            default: random.bytes(block.signature.count)
            }
        let forged = Block(header: header, payload: block.payload, signature: signature, committee: view.committee)
        return [.block(forged, to: nil)]
    }
}

/// Signs blocks that break one rule.
struct RuleBreaker: Adversary {
    var random: SimulationRandom
    private var newest: Block?

    init(random: SimulationRandom) { self.random = random }

    mutating func publish(_ block: Block, twins: [Block], _ view: AdversaryView) -> [Shipment] {
        newest = block
        // Sometimes nothing but the broken one leaves.
        let broken = view.keys.sign(breakOne(block.header, view), block.payload)
        return random.chance(permille: 300) ? [.block(broken, to: nil)] : [.block(broken, to: nil), .block(block, to: nil)]
    }

    private mutating func breakOne(_ header: BlockHeader, _ view: AdversaryView) -> BlockHeader {
        var parents = header.parents
        switch random.below(6) {
        case 0: return header.with(parents: Array(parents.dropFirst()))
        case 1: return header.with(parents: parents.reversed())
        case 2: return header.with(parents: parents + parents.suffix(1))
        case 3: return header.with(epoch: header.prefix.epoch + 1)
        case 4:
            // One parent less than a quorum.
            let stakes = view.committee.stakes
            var stake = stakes[view.own]
            parents = Array(parents.prefix(1))
            for parent in header.parents.dropFirst() where stake + stakes[parent.author] < stakes.quorum {
                parents.append(parent)
                stake += stakes[parent.author]
            }
            return header.with(parents: parents)
        default: return header.with(round: header.prefix.round > 1 ? header.prefix.round - 1 : 0)
        }
    }
}

/// Sends what no decoder should swallow.
struct Garbler: Adversary {
    var random: SimulationRandom
    private var heard: [[UInt8]] = []

    init(random: SimulationRandom) { self.random = random }

    mutating func hear(_ input: Input, _ view: AdversaryView) -> [Shipment] {
        guard case .blocks(let blocks, _) = input, let block = blocks.first?.block else { return [] }
        heard = Array((heard + [PeerMessage.blocks([block.encoded]).wireBytes]).suffix(4))
        return []
    }

    mutating func act(_ view: AdversaryView) -> [Shipment] {
        var bytes = heard.isEmpty ? random.bytes(64) : heard[random.below(heard.count)]
        switch random.below(5) {
        case 0: bytes = random.bytes(random.below(200))
        case 1: bytes = Array(bytes.prefix(random.below(bytes.count)))
        case 2: bytes += random.bytes(1 + random.below(8))
        case 3:
            // Counts and lengths that promise more than follows.
            for place in 1..<min(5, bytes.count) { bytes[place] = UInt8.max }
        default: for _ in 0..<(1 + random.below(4)) { bytes[random.below(bytes.count)] ^= UInt8(1 + random.below(255)) }
        }
        return [Shipment(body: .bytes(bytes), to: nil)]
    }
}
