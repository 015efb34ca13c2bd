// What a simulated journal keeps for validators that are far behind: commits by index, and the certificate of one now and then.

import TrellisConsensus
import TrellisCrypto
import TrellisModel

extension SimulatedJournal {
    /// Commits between two certificates that are kept.
    private static let certificateEvery: UInt64 = 4

    mutating func keep(_ certificate: CheckpointCertificate) {
        guard certificate.checkpoint.index >= (certificates.keys.max() ?? 0) + Self.certificateEvery else { return }
        store(certificate)
    }

    private func commit(_ index: UInt64) -> Commit? {
        guard let place = commits[index], isKept(place), case .commit(let commit) = entries[place] else { return nil }
        return commit
    }

    private func certificate(_ index: UInt64) -> CheckpointCertificate? {
        guard let place = certificates[index], isKept(place), case .certificate(let certificate) = entries[place] else { return nil }
        return certificate
    }

    /// As a node's journal does.
    func certifiedCommits(after index: UInt64, newest: CheckpointCertificate?, _ limits: Limits) -> CertifiedCommits? {
        var certified: CertifiedCommits?
        var room = limits.messageBytes - limits.certificateBytes - 1024
        var found: [Commit] = []
        var next = index &+ 1
        while found.count < CertifiedCommits.commitsMaximum, let commit = commit(next), isWhole(commit) {
            room -= commit.wireBytes.count + 4
            guard room >= 0 else { break }
            found.append(commit)
            if let certificate = newest?.checkpoint.index == next ? newest : certificate(next) {
                certified = CertifiedCommits(certificate: certificate, commits: found)
            }
            next += 1
        }
        return certified
    }

    func readCommitted(_ references: [BlockReference], _ limits: Limits) -> [[UInt8]] {
        fit(references.prefix(PeerMessage.fetchMaximum).compactMap(kept), limits)
    }

    /// Whether a commit is held with all its blocks.
    func holds(_ index: UInt64) -> Bool { commit(index).map(isWhole) ?? false }
    private func isWhole(_ commit: Commit) -> Bool { commit.blocks.allSatisfy { kept($0) != nil } }

    /// As a node's journal does.
    func foundation(of index: UInt64, on base: Foundation?, _ committee: Committee) -> Foundation? {
        guard let commits = commits(downFrom: index, on: base, committee) else { return nil }
        let known = Dictionary(
            zip(base.map { Foundation.blocks($0.commits, committee) } ?? [], base?.headers ?? []), uniquingKeysWith: { first, _ in first })
        let headers = Foundation.blocks(commits, committee).compactMap { kept($0)?.header ?? known[$0] }
        return Foundation(commits: commits, headers: headers, committee: committee)
    }

    private func commits(downFrom index: UInt64, on base: Foundation?, _ committee: Committee) -> [Commit]? {
        var commits: [Commit] = []
        var next = index
        while let commit = commit(next) ?? base?.commits.first(where: { $0.index == next }) {
            commits.append(commit)
            if Foundation.reaches(commit, below: commits[0], committee) { return commits.reversed() }
            next -= 1
        }
        return nil
    }

    /// The first place that a foundation at `index` needs.
    func foundationStart(of index: UInt64, _ committee: Committee) -> Int? {
        guard let commits = commits(downFrom: index, on: nil, committee), let first = commits.first, let last = commits.last else {
            return nil
        }
        let blocks = position(above: Foundation.floor(last.leader.round, committee))
        return min(blocks, self.commits[first.index] ?? blocks)
    }
}
