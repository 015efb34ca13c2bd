// The FinWhale rule for one slot of round r (PROTOCOL §5): two message delays while at most p of the stake is slow or faulty.
//
//   vote         an r+1 block with the leader's block as direct parent
//   certificate  an r+2 block whose parents that vote for the leader's block have stake >= majority
//   evidence     an r+2 block from which it can't be excluded that N - p voted for the leader's block: enough of its parents do, and too few
//                for a twin
//   direct       votes >= N - p: commit at r+1; certificates >= majority: commit; as many authors that did not vote for any block of the
//                slot, and as many whose r+2 block is no evidence of it: skip
//   anchor       the block with a certificate, or evidence >= majority, in its causal history; of two, that of the smaller digest
//
// Rests on the rule of blocks that goes with it (BlockRules.swift): who is exposed as an equivocator is no parent one round later. Then
// after a commit by votes every valid r+2 block is evidence of it, and none of a twin.

import TrellisModel

struct FinWhaleRule: SlotRule {
    let thresholds: FastPath

    /// An r+2 block, and how much of its parents votes for which block of the slot.
    private struct Support {
        let reference: BlockReference
        let votes: [BlockReference: Stake]
    }

    func direct(_ dag: DAG, _ slot: Slot, of author: ValidatorIndex) -> SlotStatus {
        let candidates = dag.slot(slot.round, author).map { $0.reference }
        let needed = thresholds.votes - (Mutation.isPlanted(.fastVotesOneShort) ? 1 : 0)
        for leader in candidates where dag.stake(at: slot.round + 1) >= needed {
            let voters = authors(dag, dag.blocks(slot.round + 1).joined().lazy.filter { $0.votes(for: leader) }.map { $0.reference })
            if voters >= needed { return .commit(leader, .fast) }
        }
        // All else takes a majority of the round above that.
        guard dag.stake(at: slot.round + 2) >= thresholds.majority else { return .undecided }
        let supports = supports(dag, slot, author)
        for leader in candidates
        where authors(dag, supports.lazy.filter { certifies($0, leader) }.map { $0.reference }) >= thresholds.majority {
            return .commit(leader, .direct)
        }
        // Where nobody has seen a block of the leader, everybody passes over whatever it may have built.
        let passedOver =
            candidates.isEmpty ? isPassedOver(nil, dag, slot, supports) : candidates.allSatisfy { isPassedOver($0, dag, slot, supports) }
        return passedOver ? .skip(.direct) : .undecided
    }

    func choice(_ dag: DAG, _ slot: Slot, of author: ValidatorIndex, reachable: Set<BlockReference>) -> BlockReference? {
        let supports = supports(dag, slot, author).filter { reachable.contains($0.reference) }
        return dag.slot(slot.round, author).map { $0.reference }.sorted().first { leader in
            supports.contains { certifies($0, leader) }
                || !Mutation.isPlanted(.evidenceIgnored)
                    && authors(dag, supports.lazy.filter { isEvidence($0, leader, dag) }.map { $0.reference }) >= thresholds.majority
        }
    }

    private func isPassedOver(_ leader: BlockReference?, _ dag: DAG, _ slot: Slot, _ supports: [Support]) -> Bool {
        let others = dag.blocks(slot.round + 1).joined().lazy.filter { block in leader.map { !block.votes(for: $0) } ?? true }
        guard authors(dag, others.map { $0.reference }) >= thresholds.majority else { return false }
        let unconvinced = supports.lazy.filter { support in leader.map { !isEvidence(support, $0, dag) } ?? true }
        return authors(dag, unconvinced.map { $0.reference }) >= thresholds.majority
    }

    private func certifies(_ support: Support, _ leader: BlockReference) -> Bool {
        support.votes[leader, default: 0] >= thresholds.majority
    }

    private func isEvidence(_ support: Support, _ leader: BlockReference, _ dag: DAG) -> Bool {
        let isExposed = support.votes.count > 1
        let needed = thresholds.evidence + (isExposed ? dag.stakes[leader.author] : 0)
        return support.votes.allSatisfy { ($0.value >= needed) == ($0.key == leader) } && support.votes[leader] != nil
    }

    private func supports(_ dag: DAG, _ slot: Slot, _ author: ValidatorIndex) -> [Support] {
        var votes: [BlockReference: BlockReference] = [:]
        for block in dag.blocks(slot.round + 1).joined() { votes[block.reference] = block.parent(round: slot.round, author: author) }
        return dag.blocks(slot.round + 2).joined().map { block in
            var supported: [BlockReference: Stake] = [:]
            for parent in block.parents {
                if let leader = votes[parent] { supported[leader, default: 0] += dag.stakes[parent.author] }
            }
            return Support(reference: block.reference, votes: supported)
        }
    }

    /// The stake of the authors of these blocks, each once.
    private func authors(_ dag: DAG, _ blocks: some Sequence<BlockReference>) -> Stake {
        var count = StakeCount(validators: dag.stakes.count)
        for block in blocks { count.insert(block.author, dag.stakes) }
        return count.stake
    }
}

extension Vertex {
    fileprivate func votes(for leader: BlockReference) -> Bool { parent(round: leader.round, author: leader.author) == leader }
}
