// When a validator builds its next block, what it waits for, and when it is quiet.

import Testing
import TrellisConsensus
import TrellisCrypto
import TrellisModel

@Suite struct PacingTests {
    @Test func aLoneValidatorCommitsAlone() throws {
        var driver = Driver(try TestCommittee([1]))
        driver.step(.submit([driver.test.record(1)]))
        // Round 1 carries nothing.
        #expect(driver.published.map(\.round) == [1, 2, 3, 4])
        #expect(driver.commits.count == 2)
        #expect(driver.commits.last?.blocks == [driver.published[1].reference])
    }

    @Test func nothingIsBuiltWithoutNeed() throws {
        var driver = Driver(try TestCommittee())
        driver.pass(60_000)
        #expect(driver.published.isEmpty)
        driver.step(.submit([driver.test.record(1)]))
        #expect(driver.published.map(\.round) == [1])
        driver.pass(60_000)
        #expect(driver.published.map(\.round) == [1])
    }

    @Test func whoLacksAQuorumOfItsOwnRoundAsksEverybodyForIt() throws {
        var driver = Driver(try TestCommittee())
        driver.step(.submit([driver.test.record(1)]))
        for _ in 0..<60 { driver.pass(1000) }
        let asked = driver.sent.filter { $0.message == .fetchRounds(from: 1) }.compactMap(\.to)
        #expect(Set(asked) == [1, 2, 3])
        #expect(asked.count < 40)
    }

    /// Blocks of all but validator 0: half of them vote for each leader, half do not, and nothing is decided.
    private func undecided(_ test: TestCommittee, to last: Round) -> [Block] {
        var below = test.genesis
        var blocks: [Block] = []
        for round in 1...last {
            let leader = ValidatorIndex((round - 1) % 7)
            let layer = test.authors.dropFirst().map { author in
                let parents = below.filter { round == 1 || author < 4 || author == leader || $0.author != leader }
                return test.block(author, round, round == 1 ? parents : parents.filter { $0.author != 0 })
            }
            blocks += layer
            below = layer.map(\.reference)
        }
        return blocks
    }

    @Test func aBlockThatTheJournalLostIsAskedForAndSteppedOver() throws {
        let test = try TestCommittee([1, 1, 1, 1, 1, 1, 1])
        var driver = Driver(test, recovered: Recovered(blocks: undecided(test, to: 6), highWater: 6))
        driver.step(.connected(3))
        #expect(driver.sent.contains { $0.message == .fetchRounds(from: 1) && $0.to == 3 })
        driver.step(.submit([test.record(1)]))
        driver.pass(300)
        #expect(driver.published.map(\.round) == [7])
    }

    @Test func aSecondBlockOfASlotCountsOnceSomebodyBuiltOnIt() throws {
        let test = try TestCommittee()
        var driver = Driver(test)
        let grid = test.grid([1, 2, 3], to: 4)
        driver.deliver(grid)
        driver.pass(60_000)
        let quietAt = driver.published.last?.round
        let below = grid.filter { $0.round == 3 }.map(\.reference)
        let twin = test.block(1, 4, below, [test.record(1)], timestamp: 1500)
        driver.deliver([twin])
        driver.pass(60_000)
        #expect(driver.equivocations == 1)
        #expect(driver.published.last?.round == quietAt)
        let parents = [twin.reference] + grid.filter { $0.round == 4 && $0.author != 1 }.map(\.reference)
        driver.deliver([2, 3].map { test.block($0, 5, parents) })
        for _ in 0..<4 { driver.pass(1000) }
        #expect(driver.published.last?.round == 6)
    }

    @Test func anOwnBlockAboveTheMarkIsMarkedBeforeItLeavesAgain() throws {
        let test = try TestCommittee()
        let blocks = test.grid(test.authors, to: 3)
        func first(highWater: Round) -> [Effect] {
            var core = Core(
                committee: test.committee, own: 0, pacing: Pacing(), recovered: Recovered(blocks: blocks, highWater: highWater))
            return core.step(.connected(1), now: Moment(monotonic: 1, wall: 5000))
        }
        guard case .publish(let block) = try #require(first(highWater: 2).first) else { Issue.record("nothing is published"); return }
        #expect(block.round == 3 && block.author == 0)
        #expect(!first(highWater: 3).contains { if case .publish = $0 { true } else { false } })
    }

    @Test func noRoundIsSkippedUnlessTheOneThreeBackIsDecided() throws {
        let test = try TestCommittee([1, 1, 1, 1, 1, 1, 1])
        let blocks = undecided(test, to: 6)
        var driver = Driver(test, pacing: Pacing(roundDelayMinimum: 10))
        driver.step(.submit([test.record(1)]))
        driver.deliver(blocks)
        #expect(driver.commits.isEmpty)
        for _ in 0..<10 { driver.pass(300) }
        // Round 2 may be left out: what lies three below round 3 is genesis.
        #expect(driver.published.map(\.round) == [1, 3, 4, 5, 6, 7])
    }

    @Test func whoMissedManyRoundsGoesOnAtTheEnd() throws {
        let test = try TestCommittee(parameters: Parameters(gcDepth: 8))
        var driver = Driver(test)
        driver.deliver(test.grid([1, 2, 3], to: 41))
        driver.step(.submit([test.record(1)]))
        let own = try #require(driver.published.first)
        #expect(own.round == 42)
        #expect(throws: Never.self) { try BlockRules.check(own, test.committee) }
    }

    @Test func aRoundWaitsForItsLeaderUntilTheTimer() throws {
        let test = try TestCommittee()
        var driver = Driver(test)
        driver.step(.submit([test.record(1)]))
        driver.deliver([test.block(2, 1, test.genesis), test.block(3, 1, test.genesis)])
        #expect(driver.published.map(\.round) == [1])
        #expect(driver.wakeAt == driver.now + 200)
        driver.pass(199)
        #expect(driver.published.map(\.round) == [1])
        driver.pass(1)
        #expect(driver.published.map(\.round) == [1, 2])
    }

    @Test func aBlockWaitsAMomentForWhoIsALittleLate() throws {
        let test = try TestCommittee()
        var driver = Driver(test, pacing: Pacing(stragglerDelay: 5))
        driver.step(.submit([test.record(1)]))
        let first = [ValidatorIndex(1), 2, 3].map { test.block($0, 1, test.genesis) }
        // A quorum, and its leader.
        driver.deliver(Array(first.prefix(2)))
        #expect(driver.published.map(\.round) == [1])
        #expect(driver.wakeAt == driver.now + 5)
        driver.pass(4)
        #expect(driver.published.map(\.round) == [1])
        // The last one ends the wait.
        driver.deliver([first[2]])
        #expect(driver.published.map(\.round) == [1, 2])
        let second = [ValidatorIndex(2), 3].map { test.block($0, 2, [driver.published[0].reference] + first.map(\.reference)) }
        driver.deliver(second)
        driver.pass(5)
        #expect(driver.published.map(\.round) == [1, 2, 3])
        // Who was not there in round 2 is not waited for in round 3.
        let parents = [driver.published[1].reference] + second.map(\.reference)
        driver.deliver([ValidatorIndex(2), 3].map { test.block($0, 3, parents) })
        #expect(driver.published.map(\.round) == [1, 2, 3, 4])
    }

    @Test func theLeadersBlockEndsTheWait() throws {
        let test = try TestCommittee()
        var driver = Driver(test)
        driver.step(.submit([test.record(1)]))
        driver.deliver([test.block(2, 1, test.genesis), test.block(3, 1, test.genesis), test.block(1, 1, test.genesis)])
        #expect(driver.published.map(\.round) == [1, 2])
        #expect(driver.published.last?.header.parents.count == 4)
    }

    @Test func nobodyWaitsForALeaderThatOthersGaveUp() throws {
        let test = try TestCommittee()
        var driver = Driver(test)
        driver.step(.submit([test.record(1)]))
        let first = [test.block(2, 1, test.genesis), test.block(3, 1, test.genesis)]
        let parents = [driver.published[0].reference] + first.map(\.reference)
        driver.deliver(first)
        driver.deliver([test.block(2, 2, parents)])
        #expect(driver.published.map(\.round) == [1])
        driver.deliver([test.block(3, 2, parents)])
        #expect(driver.published.map(\.round).prefix(2) == [1, 2])
    }

    /// Two of seven are faulty and vote for nothing; the slowest of the others votes late.
    @Test func aRoundWaitsForAQuorumOfVotesUntilTheTimer() throws {
        let test = try TestCommittee([1, 1, 1, 1, 1, 1, 1])
        func driver(lateVote: Bool) throws -> Driver {
            var driver = Driver(test)
            driver.step(.submit([test.record(1)]))
            let first = test.grid(test.authors, to: 1)
            driver.deliver(first.filter { $0.author != 0 })
            let own = try #require(driver.published.first { $0.round == 1 })
            let below = [own.reference] + first.filter { $0.author != 0 }.map(\.reference)
            // Validator 1 leads round 1.
            func second(_ author: ValidatorIndex) -> Block {
                test.block(author, 2, author < 5 ? below : below.filter { $0.author != 1 }, [test.record(UInt64(author))])
            }
            driver.deliver([2, 3, 5, 6].map(second))
            #expect(driver.published.map(\.round) == [1, 2])
            if lateVote { driver.deliver([4, 1].map(second)) }
            return driver
        }
        var timed = try driver(lateVote: false)
        #expect(timed.published.map(\.round) == [1, 2])
        timed.pass(timed.core.leaderTimeout)
        #expect(timed.published.map(\.round) == [1, 2, 3])
        #expect(try driver(lateVote: true).published.map(\.round) == [1, 2, 3])
    }

    @Test func theLeaderTimerFollowsTheRounds() throws {
        let test = try TestCommittee()
        var driver = Driver(test)
        driver.step(.submit([test.record(1)]))
        #expect(driver.core.leaderTimeout == 200)
        // Everybody else takes 300 ms, then a whole second and a half, then 10 ms.
        var below: [Block] = driver.published
        var timeouts: [UInt64] = []
        for round in Round(1)...30 {
            driver.pass(round < 3 ? 300 : round < 5 ? 1500 : 10)
            let parents = round == 1 ? test.genesis : below.map(\.reference)
            let layer = [ValidatorIndex(1), 2, 3].map { test.block($0, round, parents, [test.record(100 + round)]) }
            let own = driver.published.last { $0.round == round }
            driver.deliver(layer)
            below = layer + (own.map { [$0] } ?? [])
            timeouts.append(driver.core.leaderTimeout)
        }
        #expect(timeouts[0] == 600)
        #expect(timeouts[4] <= 2000 && timeouts[3] == 1000)
        #expect(timeouts.allSatisfy { (100...1000).contains($0) })
        #expect(timeouts.last == 100)
    }

    @Test func theLeaderTimerGrowsWhileNoLeaderIsCommitted() throws {
        let test = try TestCommittee([1, 1, 1, 1, 1, 1, 1])
        var driver = Driver(test)
        driver.step(.submit([test.record(1)]))
        // Nobody sees a leader in time: every slot is decided, and none is committed.
        var below = test.genesis
        var timeouts: [Round: UInt64] = [:]
        for round in Round(1)...60 {
            let leader = ValidatorIndex((round - 1) % 7)
            let parents = below.filter { round == 1 || $0.author != leader }
            let layer = test.authors.dropFirst().map { test.block($0, round, parents.filter { round == 1 || $0.author != 0 }) }
            driver.deliver(layer)
            below = layer.map(\.reference)
            timeouts[driver.core.round] = driver.core.leaderTimeout
        }
        #expect(driver.commits.isEmpty)
        #expect(driver.core.round >= 50)
        for (round, timeout) in timeouts { #expect(timeout == min(200 << (round / 10), 4000), "round \(round)") }
        // A commit ends it.
        for round in Round(61)...64 {
            let layer = test.authors.dropFirst().map { test.block($0, round, below) }
            driver.deliver(layer)
            below = layer.map(\.reference)
        }
        #expect(!driver.commits.isEmpty)
        #expect(driver.core.leaderTimeout == 200)
    }

    @Test func roundsTakeTheirLeastTime() throws {
        let test = try TestCommittee([1])
        var driver = Driver(test, pacing: Pacing(roundDelayMinimum: 100))
        driver.step(.submit([test.record(1)]))
        #expect(driver.published.count == 1)
        #expect(driver.wakeAt == driver.now + 100)
        driver.pass(99)
        #expect(driver.published.count == 1)
        driver.pass(1)
        #expect(driver.published.count == 2)
    }

    @Test func nothingIsSealedWhileABlockIsBeingSealed() throws {
        let test = try TestCommittee()
        var driver = Driver(test)
        driver.answersSeals = false
        driver.step(.submit([test.record(1)]))
        let first = try #require(driver.sealing)
        driver.sealing = nil
        driver.deliver(test.grid([1, 2, 3], to: 10))
        for _ in 0..<20 { driver.pass(300) }
        #expect(driver.sealing == nil)
        driver.step(.sealed(test.sign(first.header, first.payload)))
        #expect(driver.published.map(\.round) == [1])
    }

    @Test func votesRideAboveTheBlocksThatTheyMayBeAbout() throws {
        let test = try TestCommittee()
        var driver = Driver(test, pacing: Pacing(roundDelayMinimum: 100))
        driver.step(.submit([test.record(1)]))
        let first = [ValidatorIndex(1), 2, 3].map { test.block($0, 1, test.genesis) }
        driver.deliver(first)
        let parents = [driver.published[0].reference] + first.map(\.reference)
        driver.deliver([test.block(1, 2, parents)])
        let votes = VoteBatch(
            council: 0, seat: 0, votes: [Vote(proposal: parents[0].digest, verdict: .approve, reason: "")], signature: [1])
        driver.step(.submit([Transaction(votes)]))
        driver.pass(100)
        // The own block of round 2 stands beside the block of validator 1, not above it.
        #expect(driver.published.map(\.round) == [1, 2])
        #expect(driver.published.last?.payload.identifiers == [test.record(1).identifier])
        driver.deliver([test.block(2, 2, parents), test.block(3, 2, parents)])
        driver.pass(100)
        #expect(driver.published.last?.round == 3)
        #expect(driver.published.last?.payload.identifiers == [Transaction(votes).identifier])
    }

    @Test func ofTheVotesOfASeatOneBatchRidesInABlock() throws {
        let test = try TestCommittee()
        var driver = Driver(test, pacing: Pacing(roundDelayMinimum: 100))
        func batch(_ seat: UInt32, _ number: UInt8) -> Transaction {
            let votes = [Vote(proposal: HashSuite.sha256.hash([number]), verdict: .approve, reason: "")]
            return Transaction(VoteBatch(council: 0, seat: seat, votes: votes, signature: [1]))
        }
        driver.step(.submit([test.record(1)]))
        let first = [ValidatorIndex(1), 2, 3].map { test.block($0, 1, test.genesis) }
        driver.deliver(first)
        driver.step(.submit([batch(0, 1), batch(0, 2), batch(1, 1), batch(0, 3)]))
        var parents = [driver.published[0].reference] + first.map(\.reference)
        for round in Round(2)...6 {
            driver.pass(100)
            let others = [ValidatorIndex(1), 2, 3].map { test.block($0, round, parents) }
            driver.deliver(others)
            parents = (driver.published.last.map { [$0.reference] } ?? []) + others.map(\.reference)
        }
        let rode = driver.published.map { block in
            block.payload.identifiers.indices.filter { block.payload.kind($0) == .votes }.map { block.payload.identifiers[$0] }
        }
        let expected = [[batch(0, 1), batch(1, 1)], [batch(0, 2)], [batch(0, 3)]]
        #expect(rode.filter { !$0.isEmpty } == expected.map { $0.map(\.identifier) })
        #expect(driver.core.waitingVotes.isEmpty)
    }

    @Test func whatFitsIntoNoBlockIsDropped() throws {
        var driver = Driver(try TestCommittee())
        driver.step(.submit([Transaction(bytes: [UInt8](repeating: 3, count: driver.test.committee.limits.payloadBytes))]))
        #expect(driver.core.poolCount == 0)
        #expect(driver.published.isEmpty)
    }
}
