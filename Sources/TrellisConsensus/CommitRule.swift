// The base commit rule (PROTOCOL §5), a pure function of a causally closed DAG, the stakes and the leader schedule.
//
//   vote         an r+1 block with the leader's block as direct parent
//   certificate  an r+2 block whose parents that vote for the leader's block have stake >= Q
//   blame        an r+1 block with no parent in the slot
//   direct       blames >= Q: skip; certificates >= Q: commit (distinct authors, each once per side)
//   indirect     the first slot of round >= r+3 that is not skipped: undecided, wait; committed, it is the anchor, and the slot
//                commits the block that has a certificate in the anchor's causal history, or else is skipped
//
//       r        r+1         r+2              >= r+3
//      [L] <--- votes <--- certificates <---- anchor

public import TrellisModel

public enum SlotStatus: Sendable, Equatable {
    public enum Path: String, Sendable { case direct, indirect }

    case commit(BlockReference, Path)
    case skip(Path)
    case undecided
}

public struct CommitRule: Sendable {
    public let schedule: LeaderSchedule

    public init(schedule: LeaderSchedule) { self.schedule = schedule }

    /// The status of every slot above `last` up to the highest round, in order.
    public func statuses(_ dag: DAG, after last: Slot) -> [(slot: Slot, status: SlotStatus)] {
        guard dag.highestRound >= last.round else { return [] }
        var statuses: [Slot: SlotStatus] = [:]
        var slots: [Slot] = []
        for round in last.round...dag.highestRound {
            slots.append(contentsOf: schedule.slots(round).filter { $0 > last && $0.round > 0 })
        }
        for slot in slots.reversed() {
            var status = direct(dag, slot)
            if status == .undecided { status = indirect(dag, slot, later: statuses) }
            statuses[slot] = status
        }
        return slots.map { ($0, statuses[$0] ?? .undecided) }
    }

    private func direct(_ dag: DAG, _ slot: Slot) -> SlotStatus {
        let author = schedule.leader(slot)
        let quorum = dag.stakes.quorum - (Mutation.isPlanted(.quorumOneShort) ? 1 : 0)
        let isLax = Mutation.isPlanted(.equivocationCountedTwice)
        var blames = StakeCount(validators: dag.stakes.count)
        for block in dag.blocks(slot.round + 1).joined() where block.parent(round: slot.round, author: author) == nil {
            blames.insert(block.reference.author, dag.stakes, again: isLax)
        }
        if blames.stake >= quorum { return .skip(.direct) }
        for leader in dag.slot(slot.round, author) {
            var certifiers = StakeCount(validators: dag.stakes.count)
            for certificate in certificates(dag, for: leader.reference) { certifiers.insert(certificate.author, dag.stakes, again: isLax) }
            if certifiers.stake >= quorum { return .commit(leader.reference, .direct) }
        }
        return .undecided
    }

    private func indirect(_ dag: DAG, _ slot: Slot, later: [Slot: SlotStatus]) -> SlotStatus {
        let first = slot.round + (Mutation.isPlanted(.anchorTooEarly) ? 1 : 3)
        guard dag.highestRound >= first else { return .undecided }
        for round in first...dag.highestRound {
            for candidate in schedule.slots(round) {
                switch later[candidate] ?? .undecided {
                case .skip: continue
                case .undecided where Mutation.isPlanted(.undecidedAnchorPassedOver): continue
                case .undecided: return .undecided
                case .commit(let anchor, _): return decide(dag, slot, anchor: anchor)
                }
            }
        }
        return .undecided
    }

    private func decide(_ dag: DAG, _ slot: Slot, anchor: BlockReference) -> SlotStatus {
        guard !Mutation.isPlanted(.indirectRuleSkipped) else { return .skip(.indirect) }
        let reachable = dag.ancestors(of: anchor, at: slot.round + 2)
        for leader in dag.slot(slot.round, schedule.leader(slot))
        where certificates(dag, for: leader.reference).contains(where: reachable.contains) {
            return .commit(leader.reference, .indirect)
        }
        return .skip(.indirect)
    }

    private func isVote(_ block: Vertex, for leader: BlockReference) -> Bool {
        let voted = block.parent(round: leader.round, author: leader.author)
        if Mutation.isPlanted(.twinsShareVotes) { return voted != nil }
        return voted == leader || Mutation.isPlanted(.voteWithoutParentLink)
    }

    /// The r+2 blocks that are certificates for `leader`.
    private func certificates(_ dag: DAG, for leader: BlockReference) -> [BlockReference] {
        var votes: Set<BlockReference> = []
        var voters = StakeCount(validators: dag.stakes.count)
        for block in dag.blocks(leader.round + 1).joined()
        where isVote(block, for: leader) {
            votes.insert(block.reference)
            voters.insert(block.reference.author, dag.stakes)
        }
        let quorum = dag.stakes.quorum - (Mutation.isPlanted(.certificateOneVoteLess) ? 1 : 0)
        guard voters.stake >= quorum else { return [] }
        var certificates: [BlockReference] = []
        for block in dag.blocks(leader.round + 2).joined() {
            var supporting = StakeCount(validators: dag.stakes.count)
            for parent in block.parents where votes.contains(parent) { supporting.insert(parent.author, dag.stakes) }
            if supporting.stake >= quorum { certificates.append(block.reference) }
        }
        return certificates
    }
}
