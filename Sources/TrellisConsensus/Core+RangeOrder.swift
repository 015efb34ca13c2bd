// How the blocks of certified commits become the own order: put out commit by commit, as if they had been decided here.

import TrellisCrypto
import TrellisModel

extension Core {
    /// Puts out every commit of the range whose blocks are all here.
    mutating func putOutRange() {
        while let next = range.commits.first {
            let commit = next.commit
            if commit.index > linearizer.last.index {
                guard commit.blocks.allSatisfy({ range.blocks[$0] != nil || linearizer.dag.contains($0) }) else { return }
                // What was decided here meanwhile is the same, or else we are not of this committee's mind.
                guard commit.previous == linearizer.last.digest else {
                    let last = linearizer.last
                    return report([.diverged(index: last.index, own: last.digest, quorum: commit.previous)])
                }
                guard fits(commit) else {
                    sources.wasInVain(next.source, now: now.monotonic)
                    return range.removeAll()
                }
                putOut(commit)
            }
            range.removeFirst()
        }
    }

    /// Whether the graph can take what it lacks of a commit: no round is empty below its blocks.
    private func fits(_ commit: Commit) -> Bool {
        var highest = linearizer.dag.highestRound
        for reference in commit.blocks where !linearizer.dag.contains(reference) {
            guard reference.round >= linearizer.dag.lowestRound, reference.round <= highest + 1 else { return false }
            highest = max(highest, reference.round)
        }
        return true
    }

    private mutating func putOut(_ commit: Commit) {
        var payloads: [Payload] = []
        for reference in commit.blocks {
            let block = range.take(reference)
            if let block, linearizer.insert(Vertex(block)) {
                if block.author == own { adopt(block) }
                effects.append(.catchUp(.store(block)))
                payloads.append(block.payload)
            } else {
                payloads.append(backlog.take(reference))
            }
            fetches.remove(reference)
            if reference.author == own { pool.settle(round: reference.round) }
        }
        effects.append(.storeCommit(commit))
        linearizer.replay(commit)
        effects.append(.execute(commit, payloads))
        collect()
        for reference in commit.blocks {
            for block in suspension.release(reference) { admit(block, from: block.author) }
        }
        updateQuorumRound()
    }
}
