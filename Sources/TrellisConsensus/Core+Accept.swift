// How blocks get into the DAG and what follows from it: holding back the future, waiting for parents, equivocation, commits.

import TrellisCrypto
import TrellisModel

/// A slot and who built on more than two of its blocks.
struct ExtraTwins: Sendable, Hashable {
    let round: Round
    let author: ValidatorIndex
    let sponsor: ValidatorIndex
}

extension Core {
    mutating func receive(_ blocks: [VerifiedBlock], from sender: ValidatorIndex) {
        for verified in blocks {
            let block = verified.block
            peers[block.author, default: Peer()].heardRound(block.round)
            peers[sender, default: Peer()].heardRound(block.round)
            fetches.remove(block.reference)
            if block.author == own, let known = recall?.highestOwn { recall?.highestOwn = max(known, block.round) }
            if block.timestamp > now.wall {
                guard block.round > linearizer.gcRound, !linearizer.dag.contains(block.reference),
                    !held.contains(where: { $0.block.reference == block.reference })
                else { continue }
                let count = Mutation.isPlanted(.heldUnbounded) ? 0 : held.count { $0.block.author == block.author }
                guard count < committee.limits.suspendedPerAuthor else { continue }
                held.append((until: letIn(after: block.timestamp - now.wall), block: block, sender: sender))
            } else {
                admit(block, from: sender)
            }
        }
        answerIfBehind(sender, blocks)
    }

    /// When a block is let in whose timestamp is so far ahead. Every block of a validator whose clock is behind waits, and each by itself would
    /// wake it: they are let in together, at moments that are the further apart the longer they wait, so that no wait is doubled. Nothing waits
    /// longer than the most.
    private func letIn(after ahead: UInt64) -> UInt64 {
        let most = pacing.futureHoldMaximum
        let hold = min(ahead, most)
        let grain = UInt64(1) << UInt64(63 - max(1, min(hold, most / 16)).leadingZeroBitCount)
        return min((now.monotonic + hold + grain - 1) / grain * grain, (now.monotonic + most) / grain * grain)
    }

    /// Lets in what was held back for a timestamp ahead of our clock.
    mutating func releaseHeld() {
        guard !held.isEmpty, !Mutation.isPlanted(.futureNeverLetIn) else { return }
        let due = held.filter { $0.until <= now.monotonic }
        guard !due.isEmpty else { return }
        held.removeAll { $0.until <= now.monotonic }
        for entry in due { admit(entry.block, from: entry.sender) }
    }

    /// Accepts a block, or suspends it until its parents are here. What it releases is accepted in turn, without recursion.
    mutating func admit(_ block: Block, from sender: ValidatorIndex) {
        var open = [block]
        while let next = open.popLast() {
            guard next.round > linearizer.gcRound, !linearizer.dag.contains(next.reference) else { continue }
            guard next.round <= linearizer.dag.highestRound + committee.limits.roundsAhead else { continue }
            let missing = next.header.parents.filter { $0.round > linearizer.gcRound && !linearizer.dag.contains($0) }
            guard missing.isEmpty else {
                suspend(next, missing: missing, from: sender)
                continue
            }
            guard mayEnter(next), accept(next) else { continue }
            open.append(contentsOf: suspension.release(next.reference))
        }
    }

    /// Whether the rule on parents holds that needs the parents. It needs two rounds above the gc round,
    /// below which nobody knows everything.
    private func mayEnter(_ block: Block) -> Bool {
        guard fastPath != nil, block.round > linearizer.gcRound + 2 else { return true }
        do {
            try BlockRules.checkExposed(round: block.round, parents: block.header.parents, in: linearizer.dag)
            return true
        } catch {
            return false
        }
    }

    private mutating func suspend(_ block: Block, missing: [BlockReference], from sender: ValidatorIndex) {
        guard suspension.suspend(block, missing: missing) else { return }
        // Whoever built the block holds all that it stands on, and so does who sent it.
        for reference in suspension.missing(below: block.reference) {
            wish(reference, from: sender)
            wish(reference, from: block.author)
        }
    }

    /// A third block of one slot comes in only when somebody else built on it, and for everybody who does only so many: equivocation must
    /// not fill our memory. An honest author cites one chain of an equivocator in each of its blocks.
    private mutating func isNeeded(_ reference: BlockReference) -> Bool {
        if Mutation.isPlanted(.twinsUnbounded) { return true }
        for sponsor in suspension.sponsors(of: reference) {
            let key = ExtraTwins(round: reference.round, author: reference.author, sponsor: sponsor)
            guard extraTwins[key, default: 0] < committee.parameters.gcDepth else { continue }
            extraTwins[key, default: 0] += 1
            return true
        }
        return false
    }

    /// Takes a block whose parents are all held into the DAG.
    @discardableResult
    private mutating func accept(_ block: Block) -> Bool {
        let twins = linearizer.dag.slot(block.round, block.author)
        guard twins.count < 2 || isNeeded(block.reference) else { return false }
        guard linearizer.insert(Vertex(block)) else { return false }
        backlog.add(block)
        if block.author == own { adopt(block) }
        effects.append(.store(block))
        if let first = twins.first { effects.append(.equivocation(first.reference, block)) }
        effects.append(.accepted(block))
        report(certifier.heard(block))
        updateQuorumRound()
        return true
    }

    /// An own block, mostly the one just built. One that comes from a peer is one that our journal lost: we go on from it, and never
    /// sign for its round again.
    mutating func adopt(_ block: Block) {
        guard block.round > ownLast.round, !Mutation.isPlanted(.ownBlockNotAdopted) else { return }
        said(block)
        pool.restore(block.payload, round: block.round)
    }

    /// Puts out every commit that the DAG now decides.
    mutating func commitDecided() {
        while true {
            let before = linearizer.gcRound
            for commit in linearizer.advance() {
                effects.append(.storeCommit(commit))
                let payloads = commit.blocks.map { backlog.take($0) }
                for block in commit.blocks where block.author == own { pool.settle(round: block.round) }
                effects.append(.execute(commit, payloads))
            }
            // What garbage collection lets in can decide more.
            guard linearizer.gcRound > before else { return }
            collect()
        }
    }

    /// Garbage collection after the gc round moved.
    mutating func collect() {
        let floor = linearizer.gcRound
        backlog.drop(atOrBelow: floor)
        if !Mutation.isPlanted(.reclaimedForgotten) { pool.reclaim(atOrBelow: floor) }
        suspension.prune(atOrBelow: floor)
        fetches.remove(atOrBelow: floor)
        extraTwins = extraTwins.filter { $0.key.round > floor }
        for block in suspension.release(atOrBelow: floor) { admit(block, from: block.author) }
    }

    mutating func updateQuorumRound() {
        let highest = linearizer.dag.highestRound
        let reached = linearizer.dag.stake(at: highest) >= committee.stakes.quorum ? highest : (highest > 0 ? highest - 1 : 0)
        guard reached > quorumRound else { return }
        quorumRound = reached
        quorumSince = now.monotonic
        leaderTimer.reachedQuorum(of: reached, now: now.monotonic)
    }
}
