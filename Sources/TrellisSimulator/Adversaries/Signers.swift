// Adversaries that sign other blocks than the protocol says, but valid ones.

import TrellisConsensus
import TrellisModel

/// Signs up to four blocks in every round, two of which do without the leader's block, or some other. One face it shows to those who will miss the
/// leader's block themselves, the other one to the rest; or any of them to anybody.
struct Equivocator: Adversary {
    var random: SimulationRandom
    /// The newest own block, as long as no quorum can be had for it without the leader.
    private var onlyFace: Block?

    init(random: SimulationRandom) { self.random = random }

    mutating func twins(of block: Block, _ view: AdversaryView) -> [Block] {
        let others = otherFace(of: block, view)
        onlyFace = others.isEmpty ? block : nil
        return [again(block, view)] + others
    }

    /// The same a millisecond later.
    private func again(_ block: Block, _ view: AdversaryView) -> Block {
        view.keys.sign(block.header.with(timestamp: block.timestamp &+ 1), block.payload)
    }

    private mutating func otherFace(of block: Block, _ view: AdversaryView) -> [Block] {
        let unwanted = random.chance(permille: 700) ? view.leader(of: block.round - 1) : view.others[random.below(view.others.count)]
        let header = block.header.completed(view).without([unwanted], view)
        guard Set(header.parents) != Set(block.header.parents), !header.parents.contains(where: { $0.author == unwanted }) else {
            return []
        }
        let other = view.keys.sign(header, block.payload)
        return [other, again(other, view)]
    }

    mutating func publish(_ block: Block, twins: [Block], _ view: AdversaryView) -> [Shipment] {
        let all = [block] + twins
        guard random.chance(permille: 700) else {
            return view.others.flatMap { peer in
                (random.chance(permille: 150) ? all : [all[random.below(all.count)]]).map { .block($0, to: peer) }
            }
        }
        var faces = [all.filter { $0.header.parents == block.header.parents }, all.filter { $0.header.parents != block.header.parents }]
        // Where it leads itself there are two leaders, each with votes.
        if view.leader(of: block.round) == view.own { faces = [[block], twins] }
        return view.others.flatMap { peer -> [Shipment] in
            let face = faces[blames(peer, block.round, view) ? 1 : 0]
            // Nobody need wait for the other face for long.
            return face.isEmpty ? [.block(block, to: peer, after: 50_000)] : show(face, to: peer)
        }
    }

    /// Once others have built enough, there is another face for those who got none.
    mutating func hear(_ input: Input, _ view: AdversaryView) -> [Shipment] {
        guard case .blocks = input, let block = onlyFace, block.round == view.core.round else { return [] }
        let others = otherFace(of: block, view)
        guard !others.isEmpty else { return [] }
        onlyFace = nil
        return view.others.filter { blames($0, block.round, view) }.flatMap { show(others, to: $0) }
    }

    private mutating func show(_ face: [Block], to peer: ValidatorIndex) -> [Shipment] {
        face.prefix(random.chance(permille: 500) ? 1 : 2).map { .block($0, to: peer) }
    }

    /// Whether a peer will miss the leader's block as this face does, as far as the network helps; the same to all liars.
    private func blames(_ peer: ValidatorIndex, _ round: Round, _ view: AdversaryView) -> Bool {
        let leader = view.leader(of: round - 1)
        guard leader != view.own, let scarcity = view.conspiracy.scarcity else {
            return view.conspiracy.isFavoured(peer, round: round * 16)
        }
        return scarcity.keeps(leader, of: round - 1, from: peer)
    }
}

/// Leaves out the leader's block wherever a quorum can be had without it, and the victim's always.
struct ParentPicker: Adversary {
    mutating func seal(_ header: BlockHeader, _ view: AdversaryView) -> BlockHeader {
        header.without([view.leader(of: header.prefix.round - 1), view.conspiracy.victim], view)
    }
}

extension AdversaryView {
    /// The leader of a round, as far as the core has committed.
    func leader(of round: Round) -> ValidatorIndex { core.schedule.leader(Slot(round: round, rank: 0)) }
}

extension BlockHeader {
    /// This header with the blocks of the round below that there are by now.
    func completed(_ view: AdversaryView) -> BlockHeader {
        let dag = view.core.dag
        let below = prefix.round - 1
        let newer = view.others.filter { author in !parents.contains { $0.author == author && $0.round == below } }
            .compactMap { dag.slot(below, $0).first?.reference }
        let authors = Set(newer.map(\.author))
        return with(parents: parents.filter { !authors.contains($0.author) } + newer)
    }

    /// This header without parents of `unwanted`, as far as a quorum can be had without them.
    func without(_ unwanted: [ValidatorIndex], _ view: AdversaryView) -> BlockHeader {
        let stakes = view.committee.stakes
        var parents = parents
        for author in unwanted where author != view.own {
            let rest = parents.filter { $0.author != author }
            let stake = rest.filter { $0.round == prefix.round - 1 }.reduce(Stake(0)) { $0 + stakes[$1.author] }
            if stake >= stakes.quorum { parents = rest }
        }
        return with(parents: parents)
    }
}

/// Signs timestamps from the past and the future.
struct TimestampLiar: Adversary {
    var random: SimulationRandom

    mutating func seal(_ header: BlockHeader, _ view: AdversaryView) -> BlockHeader {
        let honest = header.prefix.timestamp
        let choices: [Milliseconds] = [0, honest - min(honest, 60_000), honest &+ 400, honest &+ 3_600_000, .max]
        return header.with(timestamp: choices[random.below(choices.count)])
    }
}

/// Attests roots that nobody computed, also of commits that are not there yet.
struct FalseAttester: Adversary {
    var random: SimulationRandom

    mutating func seal(_ header: BlockHeader, _ view: AdversaryView) -> BlockHeader {
        let next = view.core.lastCommit.index
        var indices = Set(header.attestations.map(\.index))
        for _ in 0..<random.below(4) { indices.insert(next + random.below(UInt64(6))) }
        let attestations = indices.sorted().prefix(view.committee.limits.attestations).map {
            Attestation(index: $0, checkpoint: view.conspiracy.falseRoot($0, view.committee.suite))
        }
        return header.with(attestations: Array(attestations))
    }
}
