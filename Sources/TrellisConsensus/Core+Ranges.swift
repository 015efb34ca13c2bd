// Catching up by ranges of certified commits (PROTOCOL §8): a validator that is far behind asks one peer at a time for the commits after
// its own last one, up to a certified one, then for their blocks, and puts them out as its own. The certificate vouches for every digest, so
// no signature is checked inside; that the range extends the own chain is. Who lies is not asked again, who is silent not at once.

import TrellisCrypto
import TrellisModel

/// Getting one range.
struct RangeSync: Sendable {
    let peer: ValidatorIndex
    var askAgainAt: UInt64
    /// Who sent the commits.
    var source: ValidatorIndex
    /// Certified commits that are not put out yet, the next one last.
    var commits: [Commit] = []
    /// Their blocks that came, and those that were asked for and did not.
    var blocks: [BlockReference: Block] = [:]
    var asked: Set<BlockReference> = []
}

/// What is known about whom to ask.
struct RangePeers: Sendable {
    /// Who sent something false.
    var liars: Set<ValidatorIndex> = []
    /// The last one asked.
    var last: ValidatorIndex?
    /// Requests in vain since something came, and when the next round of asking may begin.
    var vain = 0
    var notBefore: UInt64 = 0
    /// How many could be asked when all had been asked in vain.
    var candidates = 0
}

extension Core {
    /// From how many rounds behind on certified commits are asked for, and not blocks.
    var rangesFrom: Round { max(4, committee.parameters.gcDepth / 2) }

    /// Whether certified commits are at hand that are not put out yet.
    var isBehindCertified: Bool { range.map { !$0.commits.isEmpty } ?? (transfer?.logSize != nil) }

    /// Whether blocks need not be asked for one round after the other.
    var isCatchingUp: Bool { range != nil || transfer != nil }

    mutating func hear(_ message: CatchUp, from peer: ValidatorIndex) {
        switch message {
        case .fetchCommits(let index): serveCommits(after: index, to: peer)
        case .fetchCommitted(let references): effects.append(.catchUp(.serveCommitted(references, to: peer)))
        case .commits(let commits): receive(commits, from: peer)
        case .committed(let blocks): receive(committed: blocks, from: peer)
        case .offer(let certificate, let size): receiveOffer(certificate, size: size, from: peer)
        case .fetchState(let index, let offset): effects.append(.catchUp(.serveState(index: index, offset: offset, to: peer)))
        case .state(let index, let offset, let bytes): receiveState(index, offset, bytes, from: peer)
        case .fetchEntries(let from, let size): effects.append(.catchUp(.serveEntries(from: from, size: size, to: peer)))
        case .entries(let from, let entries, let proof): receiveEntries(from, entries, proof, from: peer)
        case .lie where transfer?.peer == peer: transferLied()
        case .lie:
            guard range?.peer == peer else { return }
            rangePeers.liars.insert(peer)
            askedInVain()
        }
    }

    /// The same commits to one peer only once per retry interval, as with blocks.
    private mutating func serveCommits(after index: UInt64, to peer: ValidatorIndex) {
        let served = peers[peer]?.servedCommits
        if let served, index <= served.after, now.monotonic < served.at + pacing.retry { return }
        peers[peer, default: Peer()].servedCommits = (index, now.monotonic)
        effects.append(.catchUp(.serveCommits(after: index, to: peer)))
    }

    // MARK: Asking

    mutating func catchUp() {
        continueTransfer()
        guard transfer == nil, pacing.catchesUpByCommits else { return }
        if let range, range.askAgainAt <= now.monotonic { askedInVain() }
        // Who gets ahead while others are only said to be is asked at once.
        let mayAsk = now.monotonic >= rangePeers.notBefore || rangeCandidates.count > rangePeers.candidates
        guard range == nil, mayAsk, let peer = nextRangePeer() else { return }
        rangePeers.last = peer
        range = RangeSync(peer: peer, askAgainAt: now.monotonic + 4 * pacing.retry, source: peer)
        effects.append(.send(.catchUp(.fetchCommits(after: linearizer.last.index)), to: peer))
    }

    var rangeWish: UInt64? { transfer?.askAgainAt ?? range?.askAgainAt ?? (rangeCandidates.isEmpty ? nil : rangePeers.notBefore) }

    /// Who is far ahead, by its word or by its blocks.
    var rangeCandidates: [ValidatorIndex] {
        guard pacing.catchesUpByCommits else { return [] }
        let highest = linearizer.dag.highestRound
        let ahead = peers.filter { $0.key != own && $0.value.round > highest && $0.value.round - highest > rangesFrom }.keys.sorted()
        let honest = ahead.filter { !rangePeers.liars.contains($0) }
        // Liars are no more than f of the stake: if all seem to be, somebody was wronged.
        return honest.isEmpty ? ahead : honest
    }

    func nextRangePeer() -> ValidatorIndex? {
        let candidates = rangeCandidates
        guard let last = rangePeers.last else { return candidates.isEmpty ? nil : candidates[Int(own) % candidates.count] }
        return candidates.first { $0 > last } ?? candidates.first
    }

    /// The next peer is asked; for the same blocks where the commits are at hand, as these are certified whoever sent them.
    mutating func askedInVain() {
        rangePeers.vain += 1
        let old = range
        range = nil
        let candidates = rangeCandidates.count
        guard rangePeers.vain < max(1, candidates) else {
            // Nobody has such blocks: whoever sent the commits gave them false rounds or authors. Or nobody has certified commits to offer.
            if let old, !old.commits.isEmpty, candidates > 1 { rangePeers.liars.insert(old.source) }
            let rounds = UInt64(min(rangePeers.vain / max(1, candidates), 5))
            rangePeers.notBefore = now.monotonic + 4 * pacing.retry << rounds
            rangePeers.candidates = candidates
            return
        }
        guard let old, !old.commits.isEmpty, let peer = nextRangePeer() else { return }
        rangePeers.last = peer
        range = RangeSync(peer: peer, askAgainAt: 0, source: old.source, commits: old.commits, blocks: old.blocks)
        fetchCommitted()
    }

    /// Asks for the next blocks that are not held.
    private mutating func fetchCommitted() {
        guard var current = range else { return }
        var wanted: [BlockReference] = []
        for commit in current.commits.reversed() where wanted.count < PeerMessage.fetchMaximum {
            for block in commit.blocks where current.blocks[block] == nil && !linearizer.dag.contains(block) {
                if wanted.count < PeerMessage.fetchMaximum { wanted.append(block) }
            }
        }
        current.asked = Set(wanted)
        current.askAgainAt = now.monotonic + 4 * pacing.retry
        range = current
        if !wanted.isEmpty { effects.append(.send(.catchUp(.fetchCommitted(wanted)), to: current.peer)) }
    }

    // MARK: Answers

    private mutating func receive(_ certified: CertifiedCommits, from peer: ValidatorIndex) {
        guard let current = range, current.peer == peer, current.commits.isEmpty else { return }
        let last = linearizer.last
        guard let next = certified.commits.first(where: { $0.index > last.index }), next.index == last.index + 1 else {
            return askedInVain()
        }
        guard next.previous == last.digest else {
            return report([.diverged(index: last.index, own: last.digest, quorum: next.previous)])
        }
        report(certifier.accept(certified.certificate))
        range?.commits = certified.commits.filter { $0.index > last.index }.reversed()
        fetchCommitted()
        putOutRange()
    }

    private mutating func receive(committed blocks: [Block], from peer: ValidatorIndex) {
        guard var current = range, current.peer == peer, !current.asked.isEmpty else { return }
        range = nil
        var bytes = 0
        for block in blocks where current.asked.remove(block.reference) != nil {
            // Our own blocks we send again, so their signatures matter.
            guard block.author != own || block.isSigned(in: committee) else {
                rangePeers.liars.insert(peer)
                continue
            }
            current.blocks[block.reference] = block
            bytes += block.encoded.count
        }
        range = current
        // An answer may be cut short by the size of a message alone.
        guard current.asked.isEmpty || bytes > committee.limits.messageBytes / 2, !rangePeers.liars.contains(peer) else {
            putOutRange()
            return range == nil ? () : askedInVain()
        }
        // Before anything is executed, so that the peer works meanwhile.
        fetchCommitted()
        putOutRange()
    }

    // MARK: Order

    /// Puts out every commit of the range whose blocks are all here.
    mutating func putOutRange() {
        while let commit = range?.commits.last {
            if commit.index > linearizer.last.index {
                guard commit.blocks.allSatisfy({ range?.blocks[$0] != nil || linearizer.dag.contains($0) }) else { return }
                // What was decided here meanwhile is the same, or else we are not of this committee's mind.
                guard commit.previous == linearizer.last.digest else {
                    let last = linearizer.last
                    return report([.diverged(index: last.index, own: last.digest, quorum: commit.previous)])
                }
                guard fits(commit) else { return askedInVain() }
                putOut(commit)
            }
            range?.commits.removeLast()
        }
        range = nil
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
        rangePeers.vain = 0
        var payloads: [Payload] = []
        for reference in commit.blocks {
            let block = range?.blocks.removeValue(forKey: reference)
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
