// Amnesia (PROTOCOL §8): a validator that does not know which rounds it signed finds out from the others before it signs again.
//
// It asks everybody for their newest own blocks, and gets its own newest one with them. An answer counts once the block that it names is
// held here, with all that it stands on. When others of stake >= Q count, the validator goes on at least two rounds above the highest
// block named, and above the highest validly signed own block that came. Until then it asks the others to let the rounds pass that it may
// have signed, by their number, so that quiet ones get that far, and old requests ask for what is long past.
//
// Why that suffices: to sign for round r, it had to hold blocks of round r - 1 of stake >= Q. Their authors and those who answer overlap in
// more than f of the stake, so in somebody honest, whose newest block is of round r - 1 or later; r is thus at most one above the highest
// block named. A false answer can raise nothing: what it names must be held. At worst it does not count, as silence does not. That others
// hold the own blocks is not relied on: the last ones may have reached nobody, or liars alone.

import TrellisCrypto
import TrellisModel

struct Recall: Sendable {
    /// Echoed in every answer, so that none counts that was given to an earlier life of this validator.
    let nonce: UInt64
    var askAgainAt: UInt64 = 0
    /// What each peer named as its newest block.
    var answers: [ValidatorIndex: BlockReference] = [:]
    /// The highest round of an own block, validly signed, that any peer sent, whether or not its parents are held.
    var highestOwn: Round = 0
}

extension Core {
    /// Whether this validator signs nothing yet, because it does not know what it signed.
    public var isRecalling: Bool { recall != nil }

    /// Asks who has not answered; ends the recall when enough have.
    mutating func recallOwnBlocks() {
        guard var recall else { return askToLetPass() }
        var counted = StakeCount(validators: committee.validators.count)
        if Mutation.isPlanted(.recallCountsItself) { counted.insert(own, committee.stakes) }
        var highest = max(recall.highestOwn, ownLast.round)
        for (peer, newest) in recall.answers where newest.round <= linearizer.gcRound || linearizer.dag.contains(newest) {
            counted.insert(peer, committee.stakes)
            if !Mutation.isPlanted(.recallByOwnBlocks) { highest = max(highest, newest.round) }
        }
        guard counted.stake < committee.stakes.quorum, !Mutation.isPlanted(.recallNotAsked) else { return resume(above: highest) }
        guard now.monotonic >= recall.askAgainAt else { return }
        recall.askAgainAt = now.monotonic + 4 * pacing.retry
        self.recall = recall
        for peer in others where recall.answers[peer] == nil { ask(peer) }
    }

    /// `highest`: no block above the round that follows it was signed.
    private mutating func resume(above highest: Round) {
        signedUpTo = max(signedUpTo, highest &+ (Mutation.isPlanted(.recallOneRoundShort) ? 0 : 1))
        recall = nil
        effects.append(.recalled(upTo: signedUpTo))
    }

    /// Asks one peer, if there is anything to ask.
    mutating func ask(_ peer: ValidatorIndex) {
        guard let recall else { return }
        effects.append(.send(.recall(nonce: recall.nonce), to: peer))
    }

    /// A peer does not know what it signed: tells it where we are, and sends it its newest block. Who is in the same need, or lost its own
    /// newest block, cannot help.
    mutating func answerRecall(_ nonce: UInt64, from peer: ValidatorIndex) {
        guard recall == nil, !isSealing, !hasLostOwn, peer != own, Int(peer) < committee.validators.count else { return }
        if let answered = peers[peer]?.recalledAt, now.monotonic < answered + pacing.retry { return }
        peers[peer, default: Peer()].recalledAt = now.monotonic
        var round = linearizer.dag.highestRound
        while round > linearizer.dag.lowestRound, linearizer.dag.slot(round, peer).isEmpty { round -= 1 }
        let newest = linearizer.dag.slot(round, peer).map(\.reference).filter { $0.round > 0 }
        if !newest.isEmpty { effects.append(.serve(newest, to: peer)) }
        effects.append(.send(.recalled(nonce: nonce, newest: ownLast.round > 0 ? ownLast.encoded : []), to: peer))
    }

    /// `newest` is verified and the sender's own; nil: it has none.
    mutating func receiveRecalled(_ nonce: UInt64, _ newest: VerifiedBlock?, from sender: ValidatorIndex) {
        guard let recall, recall.nonce == nonce, sender != own, Int(sender) < committee.validators.count else { return }
        let genesis = Block.genesis(author: sender, committee: committee).reference
        let named = newest?.block.reference ?? genesis
        // The lower of two answers must not replace the higher.
        guard named.round >= recall.answers[sender]?.round ?? 0 else { return }
        self.recall?.answers[sender] = named
        if let newest { receive([newest], from: sender) }
    }

    // MARK: Rounds that must not be signed

    /// Whether it may have signed rounds above its newest block: it builds another one as soon as it may, and cannot help others before.
    var hasLostOwn: Bool { recall == nil && ownLast.round < signedUpTo }

    /// Whether the rounds that it must not sign are still to come, so that others have to build them.
    var mustLetPass: Bool { hasLostOwn && linearizer.dag.highestRound < signedUpTo }

    private mutating func askToLetPass() {
        guard mustLetPass, now.monotonic >= letPassAt else { return }
        letPassAt = now.monotonic + 4 * pacing.retry
        effects.append(.broadcast(.letPass(signedUpTo)))
    }

    /// Opens the next round for a peer's sake, if that is not yet beyond those that it must not sign.
    mutating func letPass(_ round: Round, for peer: ValidatorIndex) {
        guard peer != own, Int(peer) < committee.validators.count, round > linearizer.dag.highestRound else { return }
        if let last = peers[peer]?.letPassAt, now.monotonic < last + pacing.retry { return }
        peers[peer, default: Peer()].letPassAt = now.monotonic
        wantedRound = max(wantedRound, linearizer.dag.highestRound + 1)
    }
}
