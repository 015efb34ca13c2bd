// The base rule for one slot of round r (PROTOCOL §5): three message delays, any stakes.
//
//   vote         an r+1 block with the leader's block as direct parent
//   certificate  an r+2 block whose parents that vote for the leader's block have stake >= Q
//   blame        an r+1 block with no parent in the slot
//   direct       blames >= Q: skip; certificates >= Q: commit (distinct authors, each once per side)
//   anchor       the block that has a certificate in its causal history
//
//       r        r+1         r+2              >= r+3
//      [L] <--- votes <--- certificates <---- anchor

import TrellisModel

struct BaseRule: SlotRule {
    func direct(_ dag: DAG, _ slot: Slot, of author: ValidatorIndex) -> SlotStatus {
        // Of a single validator nothing would be left.
        let quorum = Mutation.isPlanted(.quorumOneShort) ? max(1, dag.stakes.quorum - 1) : dag.stakes.quorum
        let isLax = Mutation.isPlanted(.equivocationCountedTwice)
        // Neither side is a quorum before a quorum has spoken.
        guard dag.stake(at: slot.round + 1) >= quorum || isLax else { return .undecided }
        var blames = StakeCount(validators: dag.stakes.count)
        for block in dag.blocks(slot.round + 1).joined() where block.parent(round: slot.round, author: author) == nil {
            blames.insert(block.reference.author, dag.stakes, again: isLax)
        }
        if blames.stake >= quorum { return .skip(.direct) }
        guard dag.stake(at: slot.round + 2) >= quorum || isLax else { return .undecided }
        for leader in dag.slot(slot.round, author) {
            var certifiers = StakeCount(validators: dag.stakes.count)
            for certificate in certificates(dag, for: leader.reference) { certifiers.insert(certificate.author, dag.stakes, again: isLax) }
            if certifiers.stake >= quorum { return .commit(leader.reference, .direct) }
        }
        return .undecided
    }

    func choice(_ dag: DAG, _ slot: Slot, of author: ValidatorIndex, reachable: Set<BlockReference>) -> BlockReference? {
        dag.slot(slot.round, author).map(\.reference).first { certificates(dag, for: $0).contains(where: reachable.contains) }
    }

    private func isVote(_ block: Vertex, for leader: BlockReference) -> Bool {
        let voted = block.parent(round: leader.round, author: leader.author)
        if Mutation.isPlanted(.twinsShareVotes) { return voted != nil }
        return voted == leader || Mutation.isPlanted(.voteWithoutParentLink)
    }

    /// The r+2 blocks that are certificates for `leader`.
    private func certificates(_ dag: DAG, for leader: BlockReference) -> [BlockReference] {
        var votes = RoundSet(validators: dag.stakes.count)
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
