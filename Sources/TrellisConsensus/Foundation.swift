// What consensus needs of the past to go on from a commit without having seen it: the commits and the headers of the blocks that garbage
// collection has not passed yet (PROTOCOL §8). All of it is bound by the digest of the last commit.

import TrellisCrypto
public import TrellisModel

public struct Foundation: Sendable, WireEncodable {
    /// In order; the first one's leader is at or below the gc round of the last one, or there is none before it.
    public let commits: [Commit]
    /// Of the commits' blocks above that gc round, in their order.
    public let headers: [BlockHeader]
    /// The headers' blocks as the graph takes them, rounds ascending.
    public let vertices: [Vertex]

    /// Nil unless the headers are those of the commits' blocks, and all that these stand on above the gc round is among them. A commit's digest
    /// binds no more of its blocks than their digests, but for the leader: parents in headers say which rounds and authors are true, so that
    /// no block can be left out as one of a lower round.
    public init?(commits: [Commit], headers: [BlockHeader], committee: Committee) {
        let blocks = Self.blocks(commits, committee)
        guard blocks.count == headers.count else { return nil }
        var vertices: [Vertex] = []
        for (block, header) in zip(blocks, headers) {
            let isIts =
                header.prefix.round == block.round && header.prefix.author == block.author
                && header.digest(chain: committee.chain, suite: committee.suite) == block.digest
            guard isIts || Mutation.isPlanted(.foundationUnchecked) else { return nil }
            vertices.append(Vertex(reference: block, parents: header.parents, timestamp: header.prefix.timestamp))
        }
        let held = Set(blocks)
        let floor = Self.floor(commits.last?.leader.round ?? 0, committee)
        let isClosed =
            commits.allSatisfy { $0.leader.round <= floor || held.contains($0.leader) }
            && vertices.allSatisfy { $0.parents.allSatisfy { $0.round <= floor || held.contains($0) } }
        guard isClosed || Mutation.isPlanted(.foundationUnchecked) else { return nil }
        self.commits = commits
        self.headers = headers
        self.vertices = vertices.sorted { $0.reference < $1.reference }
    }

    public init(from decoder: inout WireDecoder, committee: Committee) throws(CatchUpError) {
        let commits: [Commit]
        var headers: [BlockHeader] = []
        do {
            // One leader a round.
            commits = try CertifiedCommits.commits(from: &decoder, limit: Int(clamping: committee.parameters.gcDepth) + 1)
            let count = try decoder.count("headers", limit: decoder.remaining)
            for _ in 0..<count { headers.append(try BlockHeader(from: &decoder, limits: committee.limits)) }
        } catch {
            throw .malformed(error)
        }
        guard let foundation = Foundation(commits: commits, headers: headers, committee: committee) else { throw .badHeaders }
        self = foundation
    }

    public func encode(to encoder: inout WireEncoder) {
        CertifiedCommits.encode(commits, to: &encoder)
        encoder.list(headers)
    }

    /// The gc round once the last of `commits` is put out.
    public static func floor(_ leaderRound: Round, _ committee: Committee) -> Round {
        let depth = committee.parameters.gcDepth
        return leaderRound > depth ? leaderRound - depth : 0
    }

    /// The blocks of `commits` whose headers are needed.
    public static func blocks(_ commits: [Commit], _ committee: Committee) -> [BlockReference] {
        let floor = floor(commits.last?.leader.round ?? 0, committee)
        return commits.flatMap { $0.blocks.filter { $0.round > floor } }
    }

    /// Whether no commit before `first` has blocks that `last` needs.
    public static func reaches(_ first: Commit, below last: Commit, _ committee: Committee) -> Bool {
        first.index == 1 || first.leader.round <= floor(last.leader.round, committee)
    }

    /// The gc round of its last commit.
    public func floor(_ committee: Committee) -> Round { Self.floor(commits.last?.leader.round ?? 0, committee) }

    /// Throws unless it is all that is needed to go on from the checkpoint's commit.
    public func verify(_ checkpoint: Checkpoint, _ committee: Committee) throws(CatchUpError) {
        try CertifiedCommits.checkChain(commits, to: checkpoint, committee)
        guard let first = commits.first, let last = commits.last, Self.reaches(first, below: last, committee) else {
            throw .brokenChain(index: checkpoint.index)
        }
    }
}
