// Catching up by ranges of certified commits: what is taken without a signature, what is not, and who is asked next.

import Testing
import TrellisConsensus
import TrellisCrypto
import TrellisModel

/// What the others of a committee have decided without validator 0, and a validator 0 that asks them.
private struct Absence {
    static let rounds: Round = 60

    let test: TestCommittee
    let blocks: [BlockReference: Block]
    let newest: [Block]
    let commits: [Commit]
    var laggard: Driver
    /// Whom validator 0 asked, in order, and for what.
    var asked: [(message: CatchUpMessage, peer: ValidatorIndex)] = []

    init() throws {
        test = try TestCommittee(parameters: Parameters(gcDepth: 16))
        let grid = test.grid([1, 2, 3], to: Self.rounds)
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

    /// Answers the last request for blocks, with what `falsify` makes of each.
    mutating func giveBlocks(_ falsify: (Block) -> [UInt8] = { $0.encoded }) {
        guard case .fetchCommitted(let references)? = asked.last?.message, let peer = asked.last?.peer else { return }
        give(.committed(references.compactMap { blocks[$0].map(falsify) }), from: peer)
    }

    var askedPeers: [ValidatorIndex] { asked.map(\.peer) }
    var isAskingForCommits: Bool {
        guard case .fetchCommits? = asked.last?.message else { return false }
        return true
    }
}

@Suite struct RangeTests {
    @Test func putsOutACertifiedRangeAsItsOwn() throws {
        var absence = try Absence()
        absence.wake()
        #expect(absence.asked.last?.message == .fetchCommits(after: 0))
        let peer = try #require(absence.asked.last?.peer)
        absence.give(.commits(absence.certified(0..<20)), from: peer)
        // No signature inside is looked at.
        absence.giveBlocks { Array($0.encoded.dropLast()) + [$0.encoded[$0.encoded.count - 1] ^ 1] }
        #expect(absence.laggard.commits == Array(absence.commits[..<20]))
        #expect(absence.laggard.core.lastCommit.digest == absence.commits[19].digest)
        #expect(absence.laggard.takenFromRanges.count == Set(absence.commits[..<20].flatMap(\.blocks)).count)
        #expect(absence.laggard.stored.allSatisfy { $0.author == 0 })
        // It goes on from there at once, and then block by block.
        #expect(absence.asked.last?.message == .fetchCommits(after: 20))
        let last = absence.commits.count
        absence.give(.commits(absence.certified(20..<last)), from: try #require(absence.asked.last?.peer))
        absence.giveBlocks()
        #expect(absence.laggard.commits == absence.commits)
        absence.laggard.deliver(absence.blocks.values.sorted { $0.reference < $1.reference }, from: 2)
        #expect(absence.laggard.core.highestRound == Absence.rounds)
        #expect(!absence.laggard.isDiverged)
    }

    @Test func adoptsTheCertificateOnceItHasExecuted() throws {
        var absence = try Absence()
        let own = absence
        absence.laggard.execute = { commit, _ in own.checkpoint(commit) }
        absence.wake()
        absence.give(.commits(absence.certified(0..<10)), from: try #require(absence.asked.last?.peer))
        #expect(absence.laggard.core.certificate == nil)
        absence.giveBlocks()
        #expect(absence.laggard.core.certificate?.checkpoint.index == 10)
    }

    @Test func stopsWhereAQuorumHasAnotherState() throws {
        var absence = try Absence()
        let own = absence
        absence.laggard.execute = { commit, _ in own.checkpoint(own.commits[Int(commit.index) % own.commits.count]) }
        absence.wake()
        absence.give(.commits(absence.certified(0..<10)), from: try #require(absence.asked.last?.peer))
        absence.giveBlocks()
        #expect(absence.laggard.core.isHalted == absence.laggard.isDiverged)
    }

    @Test func takesNothingThatItsEndDoesNotCertify() throws {
        var absence = try Absence()
        absence.wake()
        let liar = try #require(absence.asked.last?.peer)
        let last = absence.commits[9]
        let weak = CertifiedCommits(certificate: absence.certificate(of: last, by: [1, 2]), commits: Array(absence.commits[..<10]))
        absence.give(.commits(weak), from: liar)
        #expect(absence.laggard.commits.isEmpty)
        for _ in 0..<20 {
            absence.laggard.pass(1000)
            absence.collect()
        }
        #expect(absence.asked.count > 2)
        #expect(!absence.askedPeers.dropFirst().contains(liar))
    }

    @Test func aRangeMustExtendTheOwnChain() throws {
        var absence = try Absence()
        absence.wake()
        let other = Commit(
            index: 1, leader: absence.commits[0].leader, blocks: absence.commits[0].blocks, timestamp: 7,
            previous: absence.commits[3].digest, suite: .sha256)
        absence.give(
            .commits(CertifiedCommits(certificate: absence.certificate(of: other), commits: [other])),
            from: try #require(absence.asked.last?.peer))
        #expect(absence.laggard.isDiverged)
    }

    /// A commit's digest does not say of which rounds its blocks are: one said to be of a lower round must not be missed.
    @Test func aFoundationWithoutABlockThatOthersStandOnIsNone() throws {
        let absence = try Absence()
        let committee = absence.test.committee
        let commits = Array(absence.commits.suffix(30))
        let last = try #require(commits.last)
        func headers(_ commits: [Commit]) -> [BlockHeader] {
            Foundation.blocks(commits, committee).compactMap { absence.blocks[$0]?.header }
        }
        let honest = try #require(Foundation(commits: commits, headers: headers(commits), committee: committee))
        #expect(honest.vertices.count > 40)
        var left = false
        let relabelled = commits.map { commit in
            var blocks = commit.blocks
            if !left, commit.leader.round + 4 > last.leader.round, blocks.count > 1, blocks[0] != commit.leader {
                blocks[0] = BlockReference(round: 1, author: blocks[0].author, digest: blocks[0].digest)
                left = true
            }
            return Commit(
                index: commit.index, leader: commit.leader, blocks: blocks, timestamp: commit.timestamp, previous: commit.previous,
                suite: .sha256)
        }
        #expect(left && relabelled.map(\.digest) == commits.map(\.digest))
        let known = headers(relabelled)
        #expect(known.count == honest.headers.count - 1)
        #expect(Foundation(commits: relabelled, headers: known, committee: committee) == nil)
    }

    @Test func commitsUnderFalseAuthorsAreGivenUp() throws {
        var absence = try Absence()
        absence.wake()
        let liar = try #require(absence.asked.last?.peer)
        let last = absence.commits[5]
        var previous = Commit.origin(chain: absence.test.committee.chain, suite: .sha256)
        let renamed = absence.commits[..<6].map { commit in
            let blocks = commit.blocks.map {
                $0 == commit.leader ? $0 : BlockReference(round: $0.round, author: 0, digest: $0.digest)
            }
            let renamed = Commit(
                index: commit.index, leader: commit.leader, blocks: blocks, timestamp: commit.timestamp, previous: previous, suite: .sha256)
            previous = renamed.digest
            return renamed
        }
        #expect(renamed.last?.digest == last.digest)
        absence.give(.commits(CertifiedCommits(certificate: absence.certificate(of: last), commits: renamed)), from: liar)
        for _ in 0..<60 where !absence.isAskingForCommits || absence.asked.last?.peer == liar {
            absence.laggard.pass(1000)
            absence.giveBlocks()
            absence.collect()
        }
        let honest = try #require(absence.asked.last?.peer)
        #expect(absence.isAskingForCommits && honest != liar)
        absence.give(.commits(absence.certified(0..<10)), from: honest)
        absence.giveBlocks()
        #expect(absence.laggard.commits == Array(absence.commits[..<10]))
    }

    @Test func whoIsSilentIsPassedOver() throws {
        var absence = try Absence()
        absence.wake()
        let first = try #require(absence.asked.last?.peer)
        absence.give(.commits(absence.certified(0..<10)), from: first)
        absence.laggard.pass(1100)
        absence.collect()
        #expect(absence.asked.last?.peer != first)
        // An answer that leaves out what would have fitted is no better than none.
        let second = try #require(absence.asked.last?.peer)
        guard case .fetchCommitted(let references)? = absence.asked.last?.message else { throw InvalidBlock.genesisFromNetwork }
        absence.give(.committed(references.prefix(4).compactMap { absence.blocks[$0]?.encoded }), from: second)
        #expect(absence.asked.last?.peer != second)
        absence.giveBlocks()
        #expect(absence.laggard.commits == Array(absence.commits[..<10]))
    }

    @Test func encodesAndIsBounded() throws {
        let absence = try Absence()
        let committee = absence.test.committee
        let messages: [CatchUpMessage] = [
            .fetchCommits(after: 7), .commits(absence.certified(3..<9)), .fetchCommitted(absence.commits[2].blocks),
            .committed([absence.newest[0].encoded]),
        ]
        for message in messages {
            let bytes = PeerMessage.catchUp(message).wireBytes
            #expect(try PeerMessage(wireBytes: bytes, committee: committee) == .catchUp(message))
            #expect(throws: WireError.self) { try PeerMessage(wireBytes: bytes + [0], committee: committee) }
            #expect(throws: WireError.self) { try PeerMessage(wireBytes: bytes.dropLast(), committee: committee) }
        }
        let many = [Commit](repeating: absence.commits[0], count: CertifiedCommits.commitsMaximum + 1)
        let tooMany = CertifiedCommits(certificate: absence.certificate(of: absence.commits[0]), commits: many)
        #expect(throws: WireError.self) {
            try PeerMessage(wireBytes: PeerMessage.catchUp(.commits(tooMany)).wireBytes, committee: committee)
        }
    }
}
