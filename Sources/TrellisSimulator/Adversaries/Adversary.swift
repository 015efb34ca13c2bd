// What an adversary is: a machine with a validator's key that runs the real protocol and departs from it in one way, given a name. Up to f
// of the stake is in such hands, and acts in concert.

import TrellisConsensus
import TrellisCrypto
import TrellisModel

/// What an adversary may look at: its own machine, and what its kind agreed on.
struct AdversaryView {
    let core: Core
    let own: ValidatorIndex
    let keys: SimulatedCommittee
    let conspiracy: Conspiracy
    let wall: Milliseconds

    var committee: Committee { keys.committee }
    var others: [ValidatorIndex] { committee.validators.indices.map { ValidatorIndex($0) }.filter { $0 != own } }
}

/// What the adversaries of one run have in common.
struct Conspiracy {
    let salt: UInt64
    /// The validator that all of them work against.
    let victim: ValidatorIndex
    /// What the network keeps from whom, if it helps them.
    var scarcity: Scarcity?

    /// On which of two sides they put a validator: the same for all of them, and another every few rounds.
    func isFavoured(_ peer: ValidatorIndex, round: Round) -> Bool {
        var random = SimulationRandom(seed: salt ^ UInt64(peer) << 32 ^ round / 16)
        return random.chance(permille: 500)
    }

    /// The false root that all of them attest for a checkpoint.
    func falseRoot(_ index: UInt64, _ suite: HashSuite) -> Digest {
        var encoder = WireEncoder()
        encoder.u64(salt)
        encoder.u64(index)
        return suite.hash(encoder.bytes)
    }
}

/// One thing that an adversary sends.
struct Shipment {
    var body: Letter.Body
    /// Nil: to all others.
    var to: ValidatorIndex?
    /// In microseconds.
    var after: UInt64 = 0

    static func block(_ block: Block, to peer: ValidatorIndex?, after delay: UInt64 = 0) -> Shipment {
        Shipment(body: .message(.blocks([block.encoded])), to: peer, after: delay)
    }
}

/// How an adversary departs from the protocol. Whatever it leaves as it is, it does as a correct validator does.
protocol Adversary {
    /// Whether it may keep correct validators awake while there is nothing to do; never may it keep them busy.
    var isNoisy: Bool { get }
    /// How it paces itself, if not as others do.
    var pacing: Pacing? { get }
    /// The header that it signs where the protocol asks for `header`.
    mutating func seal(_ header: BlockHeader, _ view: AdversaryView) -> BlockHeader
    /// Other blocks that it signs for the same slot, and keeps.
    mutating func twins(of block: Block, _ view: AdversaryView) -> [Block]
    /// What it sends instead of its new block.
    mutating func publish(_ block: Block, twins: [Block], _ view: AdversaryView) -> [Shipment]
    /// Whether it answers a peer's requests for blocks.
    func serves(_ peer: ValidatorIndex, _ view: AdversaryView) -> Bool
    /// What it answers to who is far behind, where an honest validator answers `message`; nil: nothing.
    mutating func falsify(_ message: CatchUpMessage, _ view: AdversaryView) -> CatchUpMessage?
    /// What it serves of these encoded blocks.
    func serve(_ blocks: [[UInt8]], to peer: ValidatorIndex, _ view: AdversaryView) -> [[UInt8]]
    /// What it tells one peer where the protocol tells it `message`.
    mutating func says(_ message: PeerMessage, to peer: ValidatorIndex, _ view: AdversaryView) -> PeerMessage
    /// What it sends upon a message, beside what the protocol says.
    mutating func hear(_ input: Input, _ view: AdversaryView) -> [Shipment]
    /// What it does now and then.
    mutating func act(_ view: AdversaryView) -> [Shipment]
    /// What it gives itself to order now and then, to have work.
    mutating func work(_ view: AdversaryView) -> [Transaction]
}

extension Adversary {
    var isNoisy: Bool { false }
    var pacing: Pacing? { nil }
    mutating func seal(_ header: BlockHeader, _ view: AdversaryView) -> BlockHeader { header }
    mutating func twins(of block: Block, _ view: AdversaryView) -> [Block] { [] }
    mutating func publish(_ block: Block, twins: [Block], _ view: AdversaryView) -> [Shipment] { [.block(block, to: nil)] }
    func serves(_ peer: ValidatorIndex, _ view: AdversaryView) -> Bool { true }
    mutating func falsify(_ message: CatchUpMessage, _ view: AdversaryView) -> CatchUpMessage? { message }
    func serve(_ blocks: [[UInt8]], to peer: ValidatorIndex, _ view: AdversaryView) -> [[UInt8]] {
        serves(peer, view) ? blocks : []
    }
    mutating func says(_ message: PeerMessage, to peer: ValidatorIndex, _ view: AdversaryView) -> PeerMessage { message }
    mutating func hear(_ input: Input, _ view: AdversaryView) -> [Shipment] { [] }
    mutating func act(_ view: AdversaryView) -> [Shipment] { [] }
    mutating func work(_ view: AdversaryView) -> [Transaction] { [] }
}

extension BlockHeader {
    /// This header with other fields.
    func with(
        epoch: Epoch? = nil, round: Round? = nil, author: ValidatorIndex? = nil, timestamp: Milliseconds? = nil,
        parents: [BlockReference]? = nil, attestations: [Attestation]? = nil
    ) -> BlockHeader {
        let prefix = BlockPrefix(
            epoch: epoch ?? self.prefix.epoch, round: round ?? self.prefix.round, author: author ?? self.prefix.author,
            timestamp: timestamp ?? self.prefix.timestamp, scheme: self.prefix.scheme)
        return BlockHeader(
            prefix: prefix, parents: parents ?? self.parents, payloadRoot: payloadRoot, attestations: attestations ?? self.attestations)
    }
}
