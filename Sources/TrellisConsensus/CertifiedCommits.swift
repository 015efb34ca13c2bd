// Commits in a row that end at a certified one. Each commit's digest binds the one before it and the digests of its blocks, so the
// certificate at the end vouches for all of them, and for every block, whoever sent them.

import TrellisCrypto
public import TrellisModel

/// Why what a peer sent to a validator that is far behind proves nothing.
public enum CatchUpError: Error, Sendable, Equatable, CustomStringConvertible {
    case malformed(WireError)
    case badCertificate(CertificateError)
    /// The commits are no chain, or do not end at the certificate's.
    case brokenChain(index: UInt64)
    /// A commit whose blocks are not in order, or of nobody in the committee.
    case badCommit(index: UInt64)
    /// Not the headers of the commits' blocks.
    case badHeaders

    public var description: String {
        switch self {
        case .malformed(let error): "malformed: \(error)"
        case .badCertificate(let error): "its certificate proves nothing: \(error)"
        case .brokenChain(let index): "commit \(index) is not on the way to the certified one"
        case .badCommit(let index): "commit \(index) names blocks that no commit can have"
        case .badHeaders: "its headers are not those of the commits' blocks"
        }
    }
}

/// The layout: the certificate, then each commit as a byte string, since where a commit ends shows at its end only.
public struct CertifiedCommits: Sendable, Equatable, WireEncodable, WireDecodable {
    /// Commits in one answer.
    public static let commitsMaximum = 256

    public let certificate: CheckpointCertificate
    /// In order; the last is the one that `certificate` is about.
    public let commits: [Commit]

    public init(certificate: CheckpointCertificate, commits: [Commit]) {
        self.certificate = certificate
        self.commits = commits
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        certificate = try CheckpointCertificate(from: &decoder)
        commits = try Self.commits(from: &decoder, limit: Self.commitsMaximum)
    }

    public func encode(to encoder: inout WireEncoder) {
        certificate.encode(to: &encoder)
        Self.encode(commits, to: &encoder)
    }

    static func commits(from decoder: inout WireDecoder, limit: Int) throws(WireError) -> [Commit] {
        let count = try decoder.count("commits", limit: limit)
        var commits: [Commit] = []
        for _ in 0..<count {
            commits.append(try Commit(wireBytes: try decoder.byteString("commit", limit: decoder.remaining), suite: decoder.suite))
        }
        return commits
    }

    static func encode(_ commits: [Commit], to encoder: inout WireEncoder) {
        encoder.count(commits.count)
        for commit in commits { encoder.byteString(commit.wireBytes) }
    }

    /// Throws unless the committee's quorum vouches for every commit.
    public func verify(_ committee: Committee) throws(CatchUpError) {
        try Self.checkChain(commits, to: certificate.checkpoint, committee)
        guard !Mutation.isPlanted(.rangeEndUnchecked) else { return }
        do {
            _ = try certificate.verify(committee)
        } catch {
            throw .badCertificate(error)
        }
    }

    /// Throws unless `commits` are a chain that ends at the checkpoint's commit. A commit's digest says nothing of its index and of its
    /// blocks' rounds and authors: the first follows from the checkpoint's, the others show when the blocks come.
    static func checkChain(_ commits: [Commit], to checkpoint: Checkpoint, _ committee: Committee) throws(CatchUpError) {
        guard let last = commits.last, last.index == checkpoint.index, last.digest == checkpoint.commit else {
            throw .brokenChain(index: checkpoint.index)
        }
        for (commit, next) in zip(commits, commits.dropFirst()) {
            guard next.index > 0, commit.index == next.index - 1, commit.digest == next.previous, commit.leader.round < next.leader.round
            else { throw .brokenChain(index: commit.index) }
        }
        for commit in commits {
            let isOrdered = zip(commit.blocks, commit.blocks.dropFirst()).allSatisfy { $0 < $1 }
            let isOfCommittee = commit.blocks.allSatisfy { $0.round > 0 && Int($0.author) < committee.validators.count }
            guard isOrdered, isOfCommittee, commit.blocks.last == commit.leader else { throw .badCommit(index: commit.index) }
        }
    }
}
