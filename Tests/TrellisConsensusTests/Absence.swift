// A validator that was away, and the others, who went on without it: what it asks for, and what they answer.

import Testing
import TrellisConsensus
import TrellisCrypto
import TrellisModel

/// What the others of a committee have decided without validator 0, and a validator 0 that asks them.
struct Absence {
    static let rounds: Round = 60

    let test: TestCommittee
    let blocks: [BlockReference: Block]
    let newest: [Block]
    let commits: [Commit]
    var laggard: Driver
    /// Whom validator 0 asked, in order, and for what.
    var asked: [(message: CatchUpMessage, peer: ValidatorIndex)] = []

    init(rounds: Round = Self.rounds) throws {
        test = try TestCommittee(parameters: Parameters(gcDepth: 16))
        let grid = test.grid([1, 2, 3], to: rounds)
        blocks = Dictionary(grid.map { ($0.reference, $0) }, uniquingKeysWith: { first, _ in first })
        newest = grid.suffix(3)
        var other = Driver(test, own: 1)
        other.answersSeals = false
        other.deliver(grid, from: 2)
        commits = other.commits
        laggard = Driver(test)
    }

    /// The certificate of the checkpoint after a commit, attested by some.
    func certificate(of commit: Commit, by authors: [ValidatorIndex] = [1, 2, 3]) -> CheckpointCertificate {
        let checkpoint = checkpoint(commit)
        let attestation = Attestation(index: commit.index, checkpoint: checkpoint.digest(.sha256))
        let blocks = authors.map { test.block($0, Self.rounds + 5, test.genesis, attestations: [attestation]) }
        return CheckpointCertificate(checkpoint: checkpoint, proofs: blocks.map { AttestationProof($0, suite: .sha256) })
    }

    func checkpoint(_ commit: Commit) -> Checkpoint {
        let root = HashSuite.sha256.hash(commit.digest.bytes)
        return Checkpoint(
            chain: test.committee.chain, epoch: 0, index: commit.index, commit: commit.digest, logSize: commit.index, logRoot: root,
            state: root, timestamp: commit.timestamp)
    }

    func certified(_ range: Range<Int>) -> CertifiedCommits {
        CertifiedCommits(certificate: certificate(of: commits[range.upperBound - 1]), commits: Array(commits[range]))
    }

    /// The first commits, with all but the leaders' blocks under validator 0's name, which no digest tells.
    func renamed(_ count: Int) throws -> CertifiedCommits {
        let renamed = commits[..<count].map { commit in
            let blocks = commit.blocks.map {
                $0 == commit.leader ? $0 : BlockReference(round: $0.round, author: 0, digest: $0.digest)
            }
            return Commit(
                index: commit.index, leader: commit.leader, blocks: blocks, timestamp: commit.timestamp, previous: commit.previous,
                suite: .sha256)
        }
        try #require(renamed.map(\.digest) == commits[..<count].map(\.digest) && renamed.map(\.blocks) != commits[..<count].map(\.blocks))
        return CertifiedCommits(certificate: certificate(of: commits[count - 1]), commits: renamed)
    }

    /// Hears the newest blocks, so that it finds itself far behind.
    mutating func wake() {
        for block in newest { laggard.deliver([block], from: block.author) }
        collect()
    }

    mutating func collect() {
        for case (.catchUp(let message), let peer?) in laggard.sent { asked.append((message, peer)) }
        laggard.sent = []
    }

    mutating func give(_ message: CatchUpMessage, from peer: ValidatorIndex) {
        laggard.step(.catchUp((try? message.checked(test.committee)) ?? .lie, from: peer))
        collect()
    }

    mutating func hear(_ answer: CatchUpAnswer) {
        laggard.step(.catchUpAnswer(answer))
        collect()
    }

    /// The last request for blocks.
    var askedForBlocks: (references: [BlockReference], peer: ValidatorIndex)? {
        for (message, peer) in asked.reversed() { if case .fetchCommitted(let references) = message { return (references, peer) } }
        return nil
    }

    /// Answers the last request for blocks, with what `falsify` makes of each.
    mutating func giveBlocks(_ falsify: (Block) -> [UInt8] = { $0.encoded }) {
        guard let (references, peer) = askedForBlocks else { return }
        give(.committed(references.compactMap { blocks[$0].map(falsify) }), from: peer)
    }

    /// What an honest peer answers.
    func answer(_ message: CatchUpMessage) -> CatchUpMessage? {
        switch message {
        case .fetchCommits(let index):
            let first = Int(index)
            return first < commits.count ? .commits(certified(first..<min(first + 20, commits.count))) : .unavailable
        case .fetchCommitted(let references): return .committed(references.compactMap { blocks[$0]?.encoded })
        default: return nil
        }
    }

    /// Lets time pass while every request is answered so much later.
    mutating func pass(_ milliseconds: UInt64, answersAfter delay: UInt64, except silent: Set<ValidatorIndex> = []) {
        var answered = asked.count
        var due: [(at: UInt64, message: CatchUpMessage, peer: ValidatorIndex)] = []
        let end = laggard.now + milliseconds
        while laggard.now < end {
            for (message, peer) in asked[answered...] where !silent.contains(peer) {
                if let answer = answer(message) { due.append((laggard.now + delay, answer, peer)) }
            }
            answered = asked.count
            for (_, message, peer) in due.filter({ $0.at <= laggard.now }) { give(message, from: peer) }
            due.removeAll { $0.at <= laggard.now }
            laggard.pass(50)
            collect()
        }
    }

    var askedPeers: [ValidatorIndex] { asked.map(\.peer) }
    var isAskingForCommits: Bool {
        guard case .fetchCommits? = asked.last?.message else { return false }
        return true
    }
}
