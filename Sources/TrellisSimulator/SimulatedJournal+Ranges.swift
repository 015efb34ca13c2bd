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
        guard let place = commits[index], case .commit(let commit) = entries[place] else { return nil }
        return commit
    }

    private func certificate(_ index: UInt64) -> CheckpointCertificate? {
        guard let place = certificates[index], case .certificate(let certificate) = entries[place] else { return nil }
        return certificate
    }

    /// As a node's journal does.
    func certifiedCommits(after index: UInt64, newest: CheckpointCertificate?, _ limits: Limits) -> CertifiedCommits? {
        var certified: CertifiedCommits?
        var room = limits.messageBytes - limits.certificateBytes - 1024
        var found: [Commit] = []
        var next = index &+ 1
        while found.count < CertifiedCommits.commitsMaximum, let commit = commit(next) {
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
        fit(references.prefix(PeerMessage.fetchMaximum).compactMap(block), limits)
    }
}
