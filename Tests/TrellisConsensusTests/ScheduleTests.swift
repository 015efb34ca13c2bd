// Leaders by reputation: who loses slots and gets them back, and that all agree, whatever came first and wherever they were restarted.

import Testing
import TrellisConsensus
import TrellisCrypto
import TrellisModel

@Suite struct ScheduleTests {
    private func linearizer(_ test: TestCommittee, interval: UInt64) -> Linearizer {
        var dag = DAG(stakes: test.committee.stakes)
        for genesis in test.genesis { dag.insert(Vertex(reference: genesis, parents: [], timestamp: 0)) }
        return Linearizer(
            dag: dag, rule: CommitRule(schedule: LeaderSchedule(validators: test.authors.count), fastPath: test.committee.fastPath),
            suite: .sha256, gcDepth: 8, scheduleInterval: interval, last: .none(chain: test.committee.chain, suite: .sha256))
    }

    /// Rounds in which everybody but those that are down cites all blocks of the round below.
    private func rounds(
        _ range: ClosedRange<Round>, down: (Round) -> ValidatorIndex?, on below: inout [BlockReference], _ test: TestCommittee
    )
        -> [Block]
    {
        var blocks: [Block] = []
        var newest: [ValidatorIndex: BlockReference] = [:]
        for reference in below { newest[reference.author] = reference }
        for round in range {
            let up = test.authors.filter { $0 != down(round) }
            let layer = up.map { author in
                let parents =
                    [newest[author] ?? test.genesis[Int(author)]]
                    + newest.values.filter { $0.author != author && $0.round + 1 == round }.sorted()
                return test.block(author, round, parents, timestamp: 1000 + round)
            }
            for block in layer { newest[block.author] = block.reference }
            blocks += layer
        }
        below = newest.values.sorted()
        return blocks
    }

    @Test(arguments: [0, 1] as [Stake])
    func whoIsDownLosesItsSlotsAndGetsThemBack(fastPathFaults: Stake) throws {
        let test = try TestCommittee(parameters: Parameters(fastPathFaults: fastPathFaults))
        var linearizer = linearizer(test, interval: 10)
        var below = test.genesis
        let down: @Sendable (Round) -> ValidatorIndex? = { $0 <= 40 ? 3 : nil }
        var commits: [Commit] = []
        for block in rounds(1...100, down: down, on: &below, test) {
            linearizer.insert(Vertex(block))
            commits += linearizer.advance()
        }
        let standings = try commits.map { try #require($0.standing) }
        #expect(standings[8].leaders == [0, 1, 2, 3] && standings[8].scores[3] == 0)
        #expect(standings[9].since == commits[9].leader.round && standings[9].scores == [0, 0, 0, 0])
        // All have the same votes in all certificates: of equals the last is the best.
        #expect(standings[9].leaders == [0, 1, 2, 2])
        let between = commits.filter { $0.leader.round > standings[9].since && $0.leader.round < 40 }
        #expect(between.map(\.leader.round) == Array(standings[9].since + 1..<40), "no round waits for who is down")
        let last = try #require(standings.last)
        #expect(last.leaders == [0, 1, 2, 3])
        #expect(commits.suffix(8).contains { $0.leader.author == 3 })
    }

    @Test func anEquivocatorLosesWhatItEarned() throws {
        let test = try TestCommittee()
        var linearizer = linearizer(test, interval: 1000)
        var below = test.genesis
        var blocks = rounds(1...20, down: { _ in nil }, on: &below, test)
        // Both twins are cited: one by validator 0, one by the others.
        let twins = [test.block(3, 21, below), test.block(3, 21, below, timestamp: 9999)]
        let others = [ValidatorIndex(0), 1, 2].map { test.block($0, 21, below) }
        blocks += others + twins
        let above = [ValidatorIndex(0), 1, 2].map { author in
            test.block(author, 22, others.map(\.reference) + [twins[author == 0 ? 0 : 1].reference])
        }
        blocks += above
        below = above.map(\.reference)
        blocks += rounds(23...26, down: { _ in 3 }, on: &below, test)
        var commits: [Commit] = []
        for block in blocks {
            linearizer.insert(Vertex(block))
            commits += linearizer.advance()
        }
        let scores = try commits.map { try #require($0.standing).scores[3] }
        #expect(scores.contains { $0 > 20 })
        #expect(scores.last == 0)
    }

    @Test func atMostFOfTheStakeLosesItsSlots() throws {
        func leaders(_ scores: [UInt64], _ stakes: [Stake]) throws -> [ValidatorIndex] {
            Reputation.leaders(scores, try #require(Stakes(stakes)))
        }
        #expect(try leaders([5, 5, 5, 5], [1, 1, 1, 1]) == [0, 1, 2, 3])
        #expect(try leaders([0, 0, 9, 8], [1, 1, 1, 1]) == [2, 1, 2, 3])
        #expect(try leaders([0, 0, 0, 1, 2, 3, 4], [1, 1, 1, 1, 1, 1, 1]) == [6, 5, 2, 3, 4, 5, 6])
        // f is 2: the one with stake 5 may not be passed over, and nobody after it in the order.
        #expect(try leaders([0, 1, 2, 3], [5, 1, 1, 1]) == [0, 1, 2, 3])
        #expect(try leaders([3, 0, 2, 1], [5, 1, 1, 1]) == [0, 0, 2, 2])
        #expect(try leaders([0], [1]) == [0])
    }

    @Test func aStandingIsPartOfTheCommit() throws {
        let leader = BlockReference(round: 3, author: 1, digest: HashSuite.sha256.hash([1]))
        func commit(_ standing: LeaderStanding?) -> Commit {
            Commit(index: 1, leader: leader, blocks: [leader], timestamp: 5, previous: leader.digest, standing: standing, suite: .sha256)
        }
        var standing = LeaderStanding(validators: 4)
        standing.scores[2] = 7
        let read = try Commit(wireBytes: commit(standing).wireBytes, suite: .sha256)
        #expect(read == commit(standing) && read.standing == standing)
        #expect(try Commit(wireBytes: commit(nil).wireBytes, suite: .sha256).standing == nil)
        #expect(commit(standing).digest != commit(nil).digest)
        #expect(commit(standing).digest != commit(LeaderStanding(validators: 4)).digest)
    }
}
