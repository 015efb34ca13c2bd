// Pacing and proposing (PROTOCOL §4): when a validator is active, when it may build its next block, and what that block holds.

import TrellisCrypto
import TrellisModel

extension Core {
    /// Whether there is anything to do. A quiescent validator only follows rounds that others open.
    var isActive: Bool { hasWork || certifier.isWaiting }

    /// Whether rounds of its own get it done. Attestations of what it executed come within a turn, or not the sooner for more rounds: who
    /// still lacks some then waits for somebody who is away, or does not agree.
    private var hasWork: Bool {
        !pool.isEmpty || Mutation.isPlanted(.neverQuiet) || backlog.hasPayload || !attestationsDue.isEmpty
            || ownLast.round < wantedRound || hasLostOwn || nextDeadline.map { $0 <= now.wall } ?? false
            || (certifier.isWaiting && rounds(since: executedIn) < turn)
    }

    /// Rounds in which every validator leads once, and what the last of them takes to be decided.
    var turn: UInt64 { UInt64(committee.validators.count) + 3 }

    /// How many own rounds lie above `round`.
    func rounds(since round: Round) -> UInt64 { ownLast.round > round ? ownLast.round - round : 0 }

    /// The round of the block that could be built now, if any.
    var proposableRound: Round? {
        // Whoever has certified commits still to put out would only vote where all is decided.
        guard !isSealing, recall == nil, !isBehindCertified else { return nil }
        // No round is entered without the own block of the round before, unless the slot three rounds back is decided. A block that the
        // journal lost counts as built: it cannot be built again.
        let isFree = Mutation.isPlanted(.pacingRuleRemoved)
        var target = isFree ? quorumRound + 1 : min(quorumRound + 1, max(signedUpTo &+ 1, linearizer.lastDecided.round + 3))
        // Others may need our block of a lower round: they need not hold an equivocator's that we have a quorum with. And what equivocators are
        // exposed by may leave too few parents for this one.
        while target > max(ownLast.round, linearizer.dag.lowestRound), !isWanted(target) || (fastPath != nil && votes(for: target) == nil) {
            target -= 1
        }
        guard target > ownLast.round, target > signedUpTo else { return nil }
        return isWanted(target) ? target : nil
    }

    private func isWanted(_ round: Round) -> Bool { isActive || linearizer.dag.highestRound >= round }

    /// The moment from which `target` may be built: the leader's block or its timer, and the least round time.
    func readyAt(_ target: Round) -> UInt64 {
        var earliest = lastProposedAt.map { $0 + pacing.roundDelayMinimum } ?? 0
        // Without anything to do ourselves we follow others at once for a commit's rounds, since somebody may need them to go on; but not at
        // their pace for long: they must not be able to keep us busy with nothing.
        if !hasWork { earliest = max(earliest, followAt > 3 * pacing.retry ? followAt - 3 * pacing.retry : 0) }
        // The rest of a round that has its quorum is built for those who stay in it; all such wishes of a while fall on one moment.
        // Where they have gone on there is nobody to wait with, and who is behind must not fall behind further.
        if !isActive, target <= quorumRound, linearizer.dag.highestRound <= quorumRound {
            earliest = max(earliest, (quorumSince / pacing.retry + 2) * pacing.retry)
        }
        guard target == quorumRound + 1, target > 1, target > linearizer.dag.highestRound || !isOvertaken(target) else { return earliest }
        // Only what holds something waits for more, and only in a round that others have not left behind.
        if pacing.batchDelay > 0, pool.mayGather(upTo: pacing.batchBytes) { earliest = max(earliest, quorumSince + pacing.batchDelay) }
        let isComplete = holdsLeader(of: target - 1) && (target < 3 || holdsVotes(for: target - 2))
        guard isComplete else { return max(earliest, quorumSince + leaderTimeout) }
        return lacksStragglers(of: target - 1) ? max(earliest, quorumSince + pacing.stragglerDelay) : earliest
    }

    /// Whether a block of `round` is still to be expected: its author built the round before. Who is left out by a moment loses its vote for
    /// this round's leader, and all it carried waits for another round.
    private func lacksStragglers(of round: Round) -> Bool {
        let dag = linearizer.dag
        return others.contains { dag.slot(round, $0).isEmpty && !dag.slot(round - 1, $0).isEmpty }
    }

    private func holdsLeader(of round: Round) -> Bool {
        schedule.slots(round).map(schedule.leader).allSatisfy { $0 == own || !linearizer.dag.slot(round, $0).isEmpty }
    }

    /// Whether the blocks above the leaders' of `round` hold a quorum of votes for each, or so many that are none that no quorum can come of it.
    /// Liars can be among the first quorum of a round and vote for nothing: whoever went on with that would never see a slow validator's vote.
    private func holdsVotes(for round: Round) -> Bool {
        let dag = linearizer.dag
        return schedule.slots(round).map(schedule.leader).allSatisfy { leader in
            var votes: [BlockReference: Stake] = [:]
            var others: Stake = 0
            for (author, blocks) in dag.blocks(round + 1).enumerated() {
                // Of twins the first is what the own block stands on.
                guard let block = blocks.first else { continue }
                let stake = committee.stakes[ValidatorIndex(author)]
                if let vote = block.parent(round: round, author: leader) { votes[vote, default: 0] += stake } else { others += stake }
            }
            let most = votes.values.max() ?? 0
            return most >= committee.stakes.quorum
                || committee.stakes.total - others - (votes.values.reduce(0, +) - most) < committee.stakes.quorum
        }
    }

    /// Whether others of a quorum have built `target` already, so that waiting for its leader helps nobody.
    private func isOvertaken(_ target: Round) -> Bool { linearizer.dag.stake(at: target) > committee.stakes.faulty }

    mutating func propose() {
        guard let target = proposableRound, readyAt(target) <= now.monotonic else { return }
        if !hasWork { followAt = max(followAt, now.monotonic) + pacing.retry }
        // A commit's time is that of its leader's parents, and the genesis blocks below round 1 have none: a proposal there would expire
        // at once.
        let payload = target > 1 ? pool.take(for: target, bytes: pacing.batchBytes, blocks: pacing.blocksInFlight) : .empty
        let timestamp = Mutation.isPlanted(.timestampsUnclamped) ? now.wall : max(now.wall, ownLast.timestamp)
        let prefix = BlockPrefix(
            epoch: committee.epoch, round: target, author: own, timestamp: timestamp,
            scheme: committee.validators[Int(own)].scheme.identifier)
        let header = BlockHeader(
            prefix: prefix, parents: parents(for: target), payloadRoot: payload.root, attestations: attestationsDue)
        attestationsDue = []
        isSealing = true
        effects.append(.seal(header, payload))
    }

    /// The own previous block first; then for every other author its newest block below `round`, if the own chain has not cited
    /// it yet: those of the round below are votes, older ones weak links that bring a slow validator's blocks into the order.
    private func parents(for round: Round) -> [BlockReference] {
        var parents = [ownLast.reference]
        let votes = fastPath == nil ? nil : votes(for: round)
        for author in others {
            if let votes, !linearizer.dag.slot(round - 1, author).isEmpty {
                parents.append(contentsOf: votes.filter { $0.author == author })
                continue
            }
            guard let newest = newestBlock(of: author, below: round) else { continue }
            if newest.round == round - 1 || newest.round > cited[author, default: 0] { parents.append(newest) }
        }
        return parents
    }

    /// The blocks of the round below that an own block of `round` may have as parents where exposed equivocators may not be among them;
    /// nil when that leaves less than a quorum. Of twins, those that came first; if that does not do, those that go with some other block, or
    /// that others chose.
    private func votes(for round: Round) -> [BlockReference]? {
        let dag = linearizer.dag
        let below = dag.blocks(round - 1)
        let exposure = Exposure(dag, below.joined().lazy.map { $0.reference }, below: round)
        let first = below.compactMap { $0.first?.reference }
        if let allowed = allowed(first, round, exposure) { return allowed }
        guard !exposure.isEmpty else { return nil }
        for block in below.joined() {
            let companions = below.compactMap { twins in
                (twins.first { exposure.agree(block.reference, $0.reference) } ?? twins.first)?.reference
            }
            if let allowed = allowed(companions, round, exposure) { return allowed }
        }
        for block in dag.blocks(round).joined() {
            if let allowed = allowed(block.parents.filter { $0.round + 1 == round }, round, exposure) { return allowed }
        }
        return nil
    }

    /// What is left of `choice` without those whom it exposes; nil when that is less than a quorum.
    private func allowed(_ choice: [BlockReference], _ round: Round, _ exposure: Exposure) -> [BlockReference]? {
        let all = choice.filter { $0.author != own } + (ownLast.round + 1 == round ? [ownLast.reference] : [])
        let exposed = exposure.exposed(by: all)
        guard ownLast.round + 1 < round || !exposed.contains(own) else { return nil }
        let allowed = all.filter { !exposed.contains($0.author) }
        return allowed.reduce(0) { $0 + committee.stakes[$1.author] } >= committee.stakes.quorum ? allowed : nil
    }

    private func newestBlock(of author: ValidatorIndex, below round: Round) -> BlockReference? {
        var candidate = round - 1
        let floor = max(linearizer.gcRound, linearizer.dag.lowestRound)
        while true {
            if let vertex = linearizer.dag.slot(candidate, author).first { return vertex.reference }
            guard candidate > floor else { return nil }
            candidate -= 1
        }
    }

    /// `block` is the newest own one.
    mutating func said(_ block: Block) {
        ownLast = block
        signedUpTo = max(signedUpTo, block.round)
        for parent in block.header.parents { cited[parent.author] = max(cited[parent.author, default: 0], parent.round) }
    }

    mutating func publish(_ block: Block) {
        isSealing = false
        guard block.round > signedUpTo, block.round > linearizer.gcRound else {
            // An own block of this round or a later one came back from a peer meanwhile: this one must never leave. Nor is one of any use
            // whose round others have left behind and forgotten.
            attestationsDue = Array((block.header.attestations + attestationsDue).suffix(committee.limits.attestations))
            pool.giveUp(round: block.round)
            return
        }
        said(block)
        pool.publish(round: block.round)
        lastProposedAt = now.monotonic
        leaderTimer.published(
            round: block.round, sawLeader: holdsLeader(of: block.round - 1),
            sawVotes: block.round < 3 || holdsVotes(for: block.round - 2), now: now.monotonic)
        lastHeardFromUsAt = now.monotonic
        admit(block, from: own)
        effects.append(.publish(block))
    }

    /// Wishes for one wake-up: the earliest moment at which anything above would act by itself.
    mutating func arm() {
        var wishes: [UInt64] = []
        if let target = proposableRound { wishes.append(readyAt(target)) }
        wishes.append(contentsOf: held.map(\.until))
        wishes.append(contentsOf: synchroniseWishes())
        // Once it has passed we are active, and everything above says when to act.
        if let nextDeadline, nextDeadline > now.wall { wishes.append(now.monotonic &+ min(nextDeadline - now.wall, .max >> 1)) }
        guard let earliest = wishes.min() else { return }
        let at = max(earliest, now.monotonic + 1)
        guard at != wakeAt else { return }
        wakeAt = at
        effects.append(.wake(at: at))
    }
}
