// The lies of a poisoner to those who are far behind: commits that nobody decided under a certificate of others, blocks with other
// signatures, blocks left out.

import TrellisConsensus
import TrellisCrypto
import TrellisModel

enum RangeForger {
    /// A false answer in the place of an honest one; nil: none at all.
    static func falsify(_ message: CatchUpMessage, _ view: AdversaryView, _ random: inout SimulationRandom) -> CatchUpMessage? {
        guard !random.chance(permille: 150) else { return nil }
        switch message {
        case .commits(let certified): return falsify(certified, view, &random).map { .commits($0) }
        case .committed(let blocks): return .committed(falsify(blocks, view, &random))
        case .offer(let certificate, let size):
            guard random.chance(permille: 300) else { return message }
            return random.chance(permille: 500)
                ? .offer(certificate.with(commit: certificate.checkpoint.commit, at: certificate.checkpoint.index + 1), size: size)
                : .offer(certificate, size: random.next())
        case .state(let index, let offset, var bytes):
            if offset == 0, random.chance(permille: 500), let other = relabelled(bytes, view, &random) {
                return .state(index: index, offset: offset, other)
            }
            // The count of records stands behind lengths, version, chain, epoch, and the last commit.
            let place = random.chance(permille: 700) ? 4 + 1 + 32 + 8 + 8 + view.committee.suite.digestSize + 8 : random.below(bytes.count)
            if place < bytes.count { bytes[place] ^= 1 }
            return .state(index: index, offset: offset, bytes)
        case .entries(let from, var entries, let proof):
            let place = random.below(entries.count)
            if random.chance(permille: 500) { entries.remove(at: place) } else { entries[place][entries[place].count - 1] ^= 1 }
            return .entries(from: from, entries, proof: proof)
        case .fetchCommits, .fetchCommitted, .fetchState, .fetchEntries, .unavailable: return message
        }
    }

    private static func falsify(
        _ certified: CertifiedCommits, _ view: AdversaryView, _ random: inout SimulationRandom
    ) -> CertifiedCommits? {
        guard let last = certified.commits.last else { return nil }
        let suite = view.committee.suite
        switch random.below(4) {
        case 0:
            // Another end, and the same certificate under it.
            let other = Commit(
                index: last.index, leader: last.leader, blocks: last.blocks, timestamp: last.timestamp &+ 1, previous: last.previous,
                standing: last.standing, suite: suite)
            return CertifiedCommits(
                certificate: certified.certificate.with(commit: other.digest, at: other.index),
                commits: certified.commits.dropLast() + [other])
        case 1:
            // One more commit than there is.
            let more = Commit(
                index: last.index + 1, leader: BlockReference(round: last.leader.round + 1, author: view.own, digest: last.digest),
                blocks: [BlockReference(round: last.leader.round + 1, author: view.own, digest: last.digest)],
                timestamp: last.timestamp, previous: last.digest, standing: last.standing, suite: suite)
            return CertifiedCommits(
                certificate: certified.certificate.with(commit: more.digest, at: more.index), commits: certified.commits + [more])
        case 2:
            // Blocks of other authors, which the digests do not tell.
            let commits = certified.commits.map { commit in
                let blocks = commit.blocks.map { block in
                    let isLeader = block == commit.leader
                    return isLeader ? block : BlockReference(round: block.round, author: view.own, digest: block.digest)
                }
                return Commit(
                    index: commit.index, leader: commit.leader, blocks: blocks, timestamp: commit.timestamp, previous: commit.previous,
                    standing: commit.standing, suite: suite)
            }
            return CertifiedCommits(certificate: certified.certificate, commits: commits)
        default: return CertifiedCommits(certificate: certified.certificate, commits: Array(certified.commits.dropFirst()))
        }
    }

    /// A whole state, of as many bytes, in which one of the last commits puts a block into the round before its own, which no digest tells.
    private static func relabelled(_ state: [UInt8], _ view: AdversaryView, _ random: inout SimulationRandom) -> [UInt8]? {
        let committee = view.committee
        var decoder = WireDecoder(state, suite: committee.suite)
        guard let ledger = try? decoder.byteString("ledger", limit: decoder.remaining),
            let foundation = try? Foundation(from: &decoder, committee: committee)
        else { return nil }
        var commits = foundation.commits
        let floor = foundation.floor(committee)
        let places = commits.indices.suffix(3).filter { commits[$0].blocks.count > 1 && commits[$0].blocks[0].round > floor + 1 }
        guard !places.isEmpty else { return nil }
        let place = places[random.below(places.count)]
        let old = commits[place]
        let first = BlockReference(round: old.blocks[0].round - 1, author: old.blocks[0].author, digest: old.blocks[0].digest)
        commits[place] = Commit(
            index: old.index, leader: old.leader, blocks: [first] + old.blocks.dropFirst(), timestamp: old.timestamp,
            previous: old.previous,
            standing: old.standing, suite: committee.suite)
        var encoder = WireEncoder()
        encoder.byteString(ledger)
        encoder.count(commits.count)
        for commit in commits { encoder.byteString(commit.wireBytes) }
        encoder.list(foundation.headers)
        return encoder.bytes
    }

    private static func falsify(_ blocks: [[UInt8]], _ view: AdversaryView, _ random: inout SimulationRandom) -> [[UInt8]] {
        switch random.below(3) {
        case 0:
            // The signature stands at the end: the digest stays.
            return blocks.map { Array($0.dropLast()) + [$0[$0.count - 1] ^ 1] }
        case 1: return blocks.filter { _ in random.chance(permille: 500) }
        default: return blocks.map { $0.enumerated().map { $0.offset == 28 ? $0.element ^ 1 : $0.element } }
        }
    }
}

extension CheckpointCertificate {
    /// The proofs of one checkpoint under that of another commit.
    func with(commit: Digest, at index: UInt64) -> CheckpointCertificate {
        let old = checkpoint
        let other = Checkpoint(
            chain: old.chain, epoch: old.epoch, index: index, commit: commit, logSize: old.logSize, logRoot: old.logRoot, state: old.state,
            timestamp: old.timestamp)
        return CheckpointCertificate(checkpoint: other, proofs: proofs)
    }
}
