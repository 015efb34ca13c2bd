// Adversaries that sign what the protocol says and choose who gets it, and when.

import TrellisConsensus
import TrellisModel

/// Shows each block to some only, and serves nobody.
struct Withholder: Adversary {
    mutating func publish(_ block: Block, twins: [Block], _ view: AdversaryView) -> [Shipment] {
        view.others.filter { view.conspiracy.isFavoured($0, round: block.round * 16) }.map { .block(block, to: $0) }
    }

    func serves(_ peer: ValidatorIndex, _ view: AdversaryView) -> Bool { false }
    mutating func falsify(_ message: CatchUpMessage, _ view: AdversaryView) -> CatchUpMessage? { nil }
}

/// Talks to just as many as a quorum takes, always the same.
struct SelectiveSender: Adversary {
    private func friends(_ view: AdversaryView) -> [ValidatorIndex] {
        let stakes = view.committee.stakes
        var friends: [ValidatorIndex] = []
        var stake = stakes[view.own]
        for peer in view.others where peer != view.conspiracy.victim && stake < stakes.quorum {
            friends.append(peer)
            stake += stakes[peer]
        }
        return friends
    }

    mutating func publish(_ block: Block, twins: [Block], _ view: AdversaryView) -> [Shipment] {
        friends(view).map { .block(block, to: $0) }
    }

    func serves(_ peer: ValidatorIndex, _ view: AdversaryView) -> Bool { friends(view).contains(peer) }
}

/// Holds its blocks back until they are almost too late.
struct LateVoter: Adversary {
    var random: SimulationRandom

    mutating func publish(_ block: Block, twins: [Block], _ view: AdversaryView) -> [Shipment] {
        let delay = random.chance(permille: 200) ? 0 : random.between(150_000, 1_500_000)
        return view.others.map { peer in
            .block(block, to: peer, after: view.conspiracy.isFavoured(peer, round: block.round) ? delay : delay + 200_000)
        }
    }
}

/// Opens every round at once, waits for nobody, and always has work.
struct RoundRacer: Adversary {
    var random: SimulationRandom
    var isNoisy: Bool { true }
    var pacing: Pacing? {
        Pacing(leaderTimeout: 0, roundDelayMinimum: 0, stragglerDelay: 0, heartbeat: 500, futureHoldMaximum: 0, retry: 20)
    }

    mutating func work(_ view: AdversaryView) -> [Transaction] {
        Nonce(random.bytes(Nonce.size)).map { [Transaction(Record(nonce: $0, data: random.bytes(8)))] } ?? []
    }
}
