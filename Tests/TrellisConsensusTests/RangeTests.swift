// Catching up by ranges of certified commits: what is taken without a signature, what is not, and who is asked next.

import Testing
import TrellisConsensus
import TrellisCrypto
import TrellisModel

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
        // Those of all ranges on the way: others may ask for them.
        #expect(absence.asked.last?.message == .fetchCommits(after: 10))
        absence.give(.commits(absence.certified(10..<20)), from: try #require(absence.asked.last?.peer))
        absence.giveBlocks()
        #expect(absence.laggard.certified.isEmpty)
        absence.pass(10_000, answersAfter: 10)
        #expect(absence.laggard.certified.prefix(2) == [10, 20])
        #expect(absence.laggard.core.certificate?.checkpoint.index == UInt64(absence.commits.count))
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
        absence.pass(10_000, answersAfter: 10)
        #expect(absence.laggard.commits == absence.commits)
        #expect(!absence.askedPeers.dropFirst().contains(liar))
    }

    @Test func aLiarIsAskedAgainWhereEverybodyElseIsSilent() throws {
        var absence = try Absence()
        absence.wake()
        let liar = try #require(absence.asked.last?.peer)
        let last = absence.commits[9]
        let weak = CertifiedCommits(certificate: absence.certificate(of: last, by: [1, 2]), commits: Array(absence.commits[..<10]))
        absence.give(.commits(weak), from: liar)
        absence.pass(10_000, answersAfter: 10, except: [1, 2, 3])
        #expect(absence.askedPeers.count { $0 == liar } > 1)
        absence.pass(60_000, answersAfter: 10, except: Set([1, 2, 3]).subtracting([liar]))
        #expect(absence.laggard.commits == absence.commits)
    }

    /// On a link on which every answer takes three seconds, or half a minute.
    @Test(arguments: [UInt64(3000), 30_000]) func whoIsSlowIsWaitedFor(delay: UInt64) throws {
        var absence = try Absence()
        absence.wake()
        absence.pass(30 * delay, answersAfter: delay)
        // What is left is too little for a range.
        #expect(absence.laggard.core.highestRound + 8 >= Absence.rounds)
        #expect(absence.laggard.commits == Array(absence.commits.prefix(absence.laggard.commits.count)))
        // The first answers come when others have been asked already; what is known of the link then is kept to.
        #expect(absence.asked.count < 40)
    }

    @Test func whoClaimsAFarRoundAndIsSilentDelaysNobody() throws {
        var absence = try Absence()
        let invented = absence.test.authors.map { BlockReference(round: 499, author: $0, digest: HashSuite.sha256.hash([UInt8($0)])) }
        absence.laggard.deliver([absence.test.block(3, 500, invented)], from: 3)
        absence.pass(100_000, answersAfter: 10, except: [3])
        #expect(!absence.asked.isEmpty && absence.askedPeers.allSatisfy { $0 == 3 })
        absence.wake()
        absence.pass(3000, answersAfter: 10, except: [3])
        #expect(absence.laggard.commits == absence.commits)
    }

    @Test func anAnswerThatComesLateIsTaken() throws {
        var absence = try Absence()
        absence.wake()
        let first = try #require(absence.asked.last?.peer)
        absence.laggard.pass(1100)
        absence.collect()
        let second = try #require(absence.asked.last?.peer)
        #expect(second != first)
        absence.give(.commits(absence.certified(0..<10)), from: first)
        let request = try #require(absence.askedForBlocks)
        #expect(request.peer == first)
        absence.laggard.pass(5000)
        absence.collect()
        absence.give(.committed(request.references.compactMap { absence.blocks[$0]?.encoded }), from: first)
        #expect(absence.laggard.commits == Array(absence.commits[..<10]))
    }

    @Test func twoPeersAreAskedAtATime() throws {
        var absence = try Absence(rounds: 120)
        absence.wake()
        absence.give(.commits(absence.certified(0..<absence.commits.count)), from: try #require(absence.asked.last?.peer))
        let requests = absence.asked.compactMap { message, peer in
            if case .fetchCommitted(let references) = message { (references, peer) } else { nil }
        }
        #expect(requests.count == 2 && requests[0].1 != requests[1].1)
        #expect(Set(requests[0].0).isDisjoint(with: requests[1].0))
        // What comes first of the second half waits for its turn.
        absence.give(.committed(requests[1].0.compactMap { absence.blocks[$0]?.encoded }), from: requests[1].1)
        #expect(absence.laggard.commits.isEmpty)
        absence.give(.committed(requests[0].0.compactMap { absence.blocks[$0]?.encoded }), from: requests[0].1)
        #expect(absence.laggard.commits == absence.commits)
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
        absence.give(.commits(try absence.renamed(6)), from: liar)
        // The one that sent them cannot show the blocks that they name, and nobody else can.
        absence.giveBlocks()
        let before = absence.asked.count
        absence.pass(8000, answersAfter: 10)
        #expect(absence.laggard.commits == absence.commits)
        #expect(!absence.asked[before...].contains { if case .fetchCommits = $0.message { $0.peer == liar } else { false } })
    }

    @Test func commitsUnderFalseAuthorsOfASilentPeerAreGivenUp() throws {
        var absence = try Absence()
        absence.wake()
        let liar = try #require(absence.asked.last?.peer)
        absence.give(.commits(try absence.renamed(6)), from: liar)
        absence.pass(8000, answersAfter: 10, except: [liar])
        #expect(absence.laggard.commits == absence.commits)
    }

    @Test func whoIsSilentIsPassedOver() throws {
        var absence = try Absence()
        absence.wake()
        let first = try #require(absence.asked.last?.peer)
        absence.give(.commits(absence.certified(0..<10)), from: first)
        absence.laggard.pass(1100)
        absence.collect()
        let second = try #require(absence.askedForBlocks)
        #expect(second.peer != first)
        // An answer without anything that is wanted is no better than none.
        absence.give(.committed([absence.newest[0].encoded]), from: second.peer)
        absence.laggard.pass(3000)
        absence.collect()
        #expect(absence.askedForBlocks?.peer != second.peer)
        absence.giveBlocks()
        #expect(absence.laggard.commits == Array(absence.commits[..<10]))
    }

    @Test func encodesAndIsBounded() throws {
        let absence = try Absence()
        let committee = absence.test.committee
        let messages: [CatchUpMessage] = [
            .fetchCommits(after: 7), .commits(absence.certified(3..<9)), .fetchCommitted(absence.commits[2].blocks),
            .committed([absence.newest[0].encoded]), .unavailable,
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
