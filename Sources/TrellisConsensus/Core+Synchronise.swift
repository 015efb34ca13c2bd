// Getting what is missing and telling others what they miss: exact fetches of missing parents, ranges when far behind, heartbeats
// while quiet, and the own newest block again to whoever seems not to have it. Every answer is treated like any other block.

import TrellisCrypto
import TrellisModel

/// What is known of a peer's progress.
struct Peer: Sendable {
    /// The highest round of a block that it wrote or sent.
    private(set) var round: Round = 0
    var answeredAt: UInt64?
    /// When it was last told what it had forgotten, and when a round was last let pass for it.
    var recalledAt: UInt64?
    var letPassAt: UInt64?
    /// The round in its heartbeat for which it was asked, how often, and when last.
    var asked: (round: Round, count: Int, at: UInt64)?
    /// The range last served to it, and when.
    var served: (from: Round, at: UInt64)?

    mutating func heardRound(_ heard: Round) { round = max(round, heard) }
}

struct RangeFetch: Sendable {
    var from: Round
    var peer: ValidatorIndex
    /// How many peers could be asked.
    var candidates: Int
    /// Requests for this range before.
    var attempts = 0
    var askAgainAt: UInt64
}

extension Core {
    /// From how many rounds behind on whole ranges are fetched.
    private var rangeThreshold: Round { 4 }

    /// Asks `holder` for `reference`, unless it was asked before.
    mutating func wish(_ reference: BlockReference, from holder: ValidatorIndex) {
        guard holder != own, !fetches.isKnown(holder, of: reference), !Mutation.isPlanted(.missingNotFetched),
            Self.isWelcome(reference, linearizer.dag, suspension)
        else { return }
        // Its author pays only for what it signed for itself: else a liar could fill everybody's account with inventions.
        fetches.add(reference, holder: holder, sponsors: suspension.dependentAuthors(of: reference), now: now.monotonic)
    }

    /// A third block of a slot would be refused as long as its author alone built on it.
    private static func isWelcome(_ reference: BlockReference, _ dag: DAG, _ suspension: Suspension) -> Bool {
        dag.slot(reference.round, reference.author).count < 2 || !suspension.sponsors(of: reference).isEmpty
    }

    mutating func synchronise() {
        fetchMissing()
        catchUp()
        fetchRange()
        recallOwnBlocks()
        keepInTouch()
    }

    private mutating func fetchMissing() {
        refillFetches()
        let requests = fetches.due(now.monotonic) { reference in
            !linearizer.dag.contains(reference) && !suspension.contains(reference) && suspension.isAwaited(reference)
                && Self.isWelcome(reference, linearizer.dag, suspension)
                && !held.contains { $0.block.reference == reference }
        }
        for (peer, references) in requests {
            for start in stride(from: 0, to: references.count, by: PeerMessage.fetchMaximum) {
                let part = Array(references[start..<min(start + PeerMessage.fetchMaximum, references.count)])
                effects.append(.send(.fetch(part), to: peer))
            }
        }
    }

    /// Wishes again for what is missing and not being fetched: there was no room, or the block came and found none.
    private mutating func refillFetches() {
        guard suspension.count > 0, now.monotonic >= refillAt else { return }
        refillAt = now.monotonic + pacing.retry
        let missing = suspension.missing
        guard !missing.isEmpty else { return }
        // A part of them each time, so that invented ones cost little and keep out none.
        for offset in 0..<min(missing.count, 4 * PeerMessage.fetchMaximum) {
            let reference = missing[(refillOffset + offset) % missing.count]
            for author in suspension.dependentAuthors(of: reference) { wish(reference, from: author) }
        }
        refillOffset = (refillOffset + 4 * PeerMessage.fetchMaximum) % missing.count
    }

    private mutating func fetchRange() {
        let highest = linearizer.dag.highestRound
        let isStuck = lacksQuorum
        let candidates = isStuck ? others : peersAhead(by: rangeThreshold)
        guard !candidates.isEmpty, !isCatchingUp else {
            rangeFetch = nil
            return
        }
        if let pending = rangeFetch, pending.from == highest, pending.askAgainAt > now.monotonic {
            // Who gets ahead while others are only said to be is asked at once.
            guard pending.attempts >= pending.candidates, candidates.count > pending.candidates else { return }
        }
        var peer = candidates[Int(highest % Round(candidates.count))]
        // The same range again means that the peer asked before did not help.
        if let pending = rangeFetch, pending.from == highest {
            peer = candidates.first { $0 > pending.peer } ?? candidates[0]
        }
        // A liar may claim to be ahead: each time all were asked in vain, the next round of asking is slower.
        let attempts = rangeFetch.map { $0.from == highest ? $0.attempts + 1 : 0 } ?? 0
        let wait = 4 * pacing.retry << UInt64(min(attempts / candidates.count, 5))
        rangeFetch = RangeFetch(
            from: highest, peer: peer, candidates: candidates.count, attempts: attempts, askAgainAt: now.monotonic + wait)
        // An answer may be full before it gets past the round we hold in part: then the next round, whose parents are fetched one by one.
        effects.append(.send(.fetchRounds(from: max(1, highest + Round(isStuck ? 0 : attempts % 2))), to: peer))
    }

    /// Whether this validator has something to do, has built the highest round that it knows, and has for some time not seen a quorum of it.
    /// Others may hold the blocks that their authors do not send to it.
    private var lacksQuorum: Bool {
        repeatsItself && quorumRound < ownLast.round && now.monotonic >= (lastProposedAt ?? 0) + 4 * pacing.retry
    }

    /// Serves whole rounds, but the same ones to one peer only once per retry interval: an answer costs far more than its request.
    mutating func serveRounds(from round: Round, to peer: ValidatorIndex) {
        let served = peers[peer]?.served
        if let served, round <= served.from, now.monotonic < served.at + pacing.retry { return }
        peers[peer, default: Peer()].served = (round, now.monotonic)
        effects.append(.serveRounds(from: round, to: peer))
    }

    /// While active and stuck, says the own newest block again; while quiet, sends a heartbeat now and then.
    private mutating func keepInTouch() {
        guard committee.validators.count > 1 else { return }
        if repeatsItself, now.monotonic >= lastHeardFromUsAt + pacing.retry {
            effects.append(.broadcast(.blocks([ownLast.encoded])))
            beat()
        }
        if now.monotonic >= lastHeardFromUsAt + pacing.heartbeat { beat() }
    }

    private mutating func beat() {
        effects.append(.broadcast(.heartbeat(Heartbeat(round: ownLast.round, certified: certifier.certifiedIndex))))
        lastHeardFromUsAt = now.monotonic
    }

    /// Whether the own newest block is sent again until there is another: while there is something to do.
    private var repeatsItself: Bool { isActive && ownLast.round > 0 && !isSealing && recall == nil }

    func synchroniseWishes() -> [UInt64] {
        var wishes: [UInt64] = []
        if let next = fetches.nextAt { wishes.append(next) }
        if let rangeFetch { wishes.append(rangeFetch.askAgainAt) }
        if let recall { wishes.append(recall.askAgainAt) }
        if mustLetPass { wishes.append(letPassAt) }
        if let catchUpWish { wishes.append(catchUpWish) }
        if committee.validators.count > 1 {
            wishes.append(lastHeardFromUsAt + (repeatsItself ? pacing.retry : pacing.heartbeat))
        }
        return wishes
    }

    mutating func receive(_ heartbeat: Heartbeat, from sender: ValidatorIndex) {
        if heartbeat.certified < certifier.certifiedIndex { tellNewest(sender) }
        // A round claimed in a heartbeat is only a hint of where to ask; a false one costs a request now and then that brings nothing.
        let highest = linearizer.dag.highestRound
        guard !isCatchingUp, heartbeat.round > highest || heartbeat.round == highest && linearizer.dag.slot(highest, sender).isEmpty,
            !suspension.contains(round: heartbeat.round, author: sender)
        else { return }
        var asked = peers[sender]?.asked ?? (heartbeat.round, 0, 0)
        if asked.round != heartbeat.round { asked = (heartbeat.round, 0, asked.at) }
        if peers[sender]?.asked != nil, now.monotonic < asked.at + pacing.retry << UInt64(min(asked.count, 6)) { return }
        peers[sender, default: Peer()].asked = (asked.round, asked.count + 1, now.monotonic)
        effects.append(.send(.fetchRounds(from: max(1, highest)), to: sender))
    }

    mutating func greet(_ peer: ValidatorIndex) {
        peers[peer, default: Peer()].answeredAt = nil
        effects.append(.send(.heartbeat(Heartbeat(round: ownLast.round, certified: certifier.certifiedIndex)), to: peer))
        tellNewest(peer)
        ask(peer)
        // Own blocks that the journal lost: others may hold them, and may need them for a quorum.
        if ownLast.round < signedUpTo { effects.append(.send(.fetchRounds(from: ownLast.round + 1), to: peer)) }
    }

    /// A quiescent validator, and one that is two rounds on, answers blocks that are behind.
    mutating func answerIfBehind(_ sender: ValidatorIndex, _ blocks: [VerifiedBlock]) {
        guard sender != own, let newest = blocks.map(\.block).filter({ $0.author == sender }).map(\.round).max() else { return }
        let behind = newest < ownLast.round && (!isActive || newest + 2 <= ownLast.round)
        if behind { tellNewest(sender) }
    }

    /// Sends the own newest block and the newest certificate, at most once per retry interval and peer.
    private mutating func tellNewest(_ peer: ValidatorIndex) {
        guard peer != own, Int(peer) < committee.validators.count else { return }
        if let answered = peers[peer]?.answeredAt, now.monotonic < answered + pacing.retry { return }
        peers[peer, default: Peer()].answeredAt = now.monotonic
        if ownLast.round > 0 { effects.append(.send(.blocks([ownLast.encoded]), to: peer)) }
        if let certificate = certifier.certificate { effects.append(.send(.certificate(certificate), to: peer)) }
    }
}
