// How blocks come in, and that nothing a peer sends makes a validator hold more than its bounds.

import Testing
import TrellisConsensus
import TrellisCrypto
import TrellisModel

@Suite struct AcceptTests {
    func invented(_ round: Round, _ author: ValidatorIndex, _ salt: UInt64) -> BlockReference {
        var bytes = WireEncoder()
        bytes.u64(salt)
        return BlockReference(round: round, author: author, digest: HashSuite.sha256.hash(bytes.bytes))
    }

    func invented(by author: ValidatorIndex, _ round: Round, _ salt: UInt64, _ test: TestCommittee) -> Block {
        test.block(author, round, test.authors.map { invented(round - 1, $0, salt) })
    }

    @Test func blocksOfFarRoundsAreNotHeld() throws {
        let test = try TestCommittee()
        var driver = Driver(test)
        for number in 0..<UInt64(5000) {
            let round = number % 2 == 0 ? 1_000_000 + number : UInt64.max - number
            driver.deliver([invented(by: 1, round, number, test)])
        }
        #expect(driver.core.suspendedCount == 0)
        #expect(driver.core.fetchCount == 0)
        #expect(driver.stored.isEmpty)
        // Somebody claims to be ahead: now and then a range is asked for, ever more slowly.
        driver.sent = []
        for _ in 0..<600 { driver.pass(100) }
        let requests = driver.sent.count { if case .fetchRounds = $0.message { true } else { false } }
        #expect(requests < 20)
    }

    @Test func suspendedBlocksAndFetchesAreBounded() throws {
        let test = try TestCommittee(parameters: Parameters(roundsAhead: 32))
        var driver = Driver(test)
        for number in 0..<UInt64(2000) { driver.deliver([invented(by: 1, 2 + number % 30, number, test)]) }
        #expect(driver.core.suspendedCount == 32)
        for number in 0..<UInt64(2000) { driver.deliver([invented(by: ValidatorIndex(number % 4), 2 + number % 30, 9000 + number, test)]) }
        #expect(driver.core.suspendedCount <= 4 * 32)
        #expect(driver.core.fetchCount <= 1024)
    }

    @Test func anAdversaryDoesNotKeepOutWhatHonestBlocksStandOn() throws {
        let test = try TestCommittee(parameters: Parameters(roundsAhead: 32))
        var driver = Driver(test)
        for number in 0..<UInt64(500) { driver.deliver([invented(by: 1, 2 + number % 30, number, test)]) }
        let grid = test.grid([1, 2, 3], to: 12)
        // Newest first: every block waits for those below it, also those of validator 1, whose own places are taken.
        for block in grid.reversed() { driver.deliver([block]) }
        // A newest block may have made room for an older one; it comes again with the next.
        #expect(driver.stored.count { $0.author != 0 } >= grid.count - 3)
        #expect(driver.commits.count > 5)
    }

    @Test func aBlockFromTheFutureIsHeldOnce() throws {
        let test = try TestCommittee(parameters: Parameters(roundsAhead: 32))
        var driver = Driver(test)
        let repeated = test.block(1, 1, test.genesis, timestamp: driver.wall + 400)
        for _ in 0..<100 { driver.deliver([repeated], from: 2) }
        // The author's other block finds room, too.
        let other = test.block(1, 1, test.genesis, [test.record(1)], timestamp: driver.wall + 300)
        driver.deliver([other])
        driver.pass(500)
        #expect(Set(driver.stored.filter { $0.author == 1 }.map(\.reference)) == [repeated.reference, other.reference])
    }

    @Test func suspendedBlocksComeInWhenTheirParentsDo() throws {
        let test = try TestCommittee()
        var driver = Driver(test)
        let grid = test.grid([1, 2, 3], to: 4)
        driver.deliver(Array(grid.dropFirst(3)))
        #expect(driver.stored.isEmpty)
        #expect(driver.core.suspendedCount == 9)
        let asked = driver.sent.compactMap { entry -> [BlockReference]? in
            if case .fetch(let references) = entry.message { references } else { nil }
        }
        #expect(asked.flatMap { $0 } == grid.prefix(3).map(\.reference))
        driver.deliver(Array(grid.prefix(3)))
        #expect(driver.core.suspendedCount == 0)
        #expect(driver.stored.count { $0.author != 0 } == 12)
        #expect(driver.core.fetchCount == 0)
    }

    @Test func aThirdTwinComesInOnlyForTheSakeOfOthers() throws {
        let test = try TestCommittee()
        var driver = Driver(test)
        let twins = (0..<4).map { test.block(1, 1, test.genesis, timestamp: 100 + $0) }
        driver.deliver(twins)
        #expect(driver.stored.count { $0.author == 1 } == 2)
        #expect(driver.equivocations == 1)
        // The equivocator's own next block is no reason.
        let beside = [test.block(2, 1, test.genesis), test.block(3, 1, test.genesis)]
        driver.deliver(beside)
        driver.deliver([test.block(1, 2, [twins[3].reference] + beside.map(\.reference)), twins[3]])
        #expect(!driver.core.dag.contains(twins[3].reference))
        driver.deliver([test.block(2, 2, [twins[2].reference] + beside.map(\.reference))])
        driver.deliver([twins[2]])
        #expect(driver.core.dag.contains(twins[2].reference))
        #expect(driver.core.dag.slot(2, 2).count == 1)
    }

    @Test func evidenceGoesIntoBlocksAFewAtATime() throws {
        let test = try TestCommittee()
        var driver = Driver(test)
        let evidence = try (1...6).map { round in
            let proofs = (0..<2).map { AttestationProof(test.block(1, Round(round), test.genesis, timestamp: $0), suite: .sha256) }
            return Transaction(try #require(Evidence(.twinBlocks, proofs[0], proofs[1])))
        }
        driver.step(.submit(evidence + [test.record(1)]))
        for block in test.grid([1, 2, 3], to: 4) {
            driver.deliver([block], from: block.author)
            driver.pass(300)
        }
        let carried = driver.published.map { block in (0..<block.payload.count).count { block.payload.kind($0) == .evidence } }
        #expect(carried.filter { $0 > 0 } == [4, 2])
        for block in driver.published { _ = try VerifiedBlock(wireBytes: block.encoded, committee: test.committee) }
    }

    @Test func theFutureIsHeldBackForHalfASecondAtMost() throws {
        let test = try TestCommittee()
        var driver = Driver(test)
        let soon = test.block(1, 1, test.genesis, timestamp: driver.wall + 100)
        let late = test.block(2, 1, test.genesis, timestamp: driver.wall + 3_600_000)
        let never = test.block(3, 1, test.genesis, timestamp: .max)
        driver.deliver([soon, late, never])
        #expect(driver.stored.isEmpty)
        // What is held back for long is let in at multiples of 16 ms.
        let hold = (driver.now + 100 + 15) / 16 * 16 - driver.now
        #expect((100...115).contains(hold))
        #expect(driver.wakeAt == driver.now + hold)
        driver.pass(hold - 1)
        #expect(driver.stored.isEmpty)
        driver.pass(1)
        #expect(driver.stored.map(\.author).contains(1))
        #expect(driver.core.dag.slot(1, 2).isEmpty)
        driver.pass(450 - hold)
        #expect(driver.core.dag.slot(1, 2).isEmpty)
        driver.pass(50)
        #expect(driver.core.dag.contains(late.reference))
        #expect(driver.core.dag.contains(never.reference))
    }

    @Test(arguments: [UInt64(40), 300, .max]) func whatIsHeldBackLongWakesItsValidatorAFewTimesOnly(behind: UInt64) throws {
        let test = try TestCommittee()
        var driver = Driver(test)
        driver.wall -= min(driver.wall, behind)
        var wakes: Set<UInt64> = []
        for block in test.grid([1, 2, 3], to: 100) {
            driver.deliver([block], from: block.author)
            if let wake = driver.wakeAt { wakes.insert(wake) }
            driver.pass(1)
        }
        #expect(wakes.count < 40)
    }

    @Test func oneAuthorsFutureDoesNotKeepOutAnothers() throws {
        let test = try TestCommittee()
        var driver = Driver(test)
        driver.deliver((0..<3000).map { test.block(1, 1, test.genesis, timestamp: driver.wall + 1000 + $0) })
        driver.deliver([test.block(2, 1, test.genesis, timestamp: driver.wall + 1)])
        driver.pass(1)
        #expect(driver.core.dag.slot(1, 2).count == 1)
    }

    @Test func transactionsOfABlockThatWasNeverOrderedAreProposedAgain() throws {
        let test = try TestCommittee(parameters: Parameters(gcDepth: 8))
        var driver = Driver(test)
        driver.step(.submit([test.record(1)]))
        driver.deliver(test.grid([1, 2, 3], to: 1))
        #expect(driver.published.map(\.round) == [1, 2])
        #expect(driver.published.last?.payload.identifiers == [test.record(1).identifier])
        #expect(driver.core.poolCount == 0)
        #expect(driver.core.knows(test.record(1).identifier))
        driver.deliver(test.grid([1, 2, 3], to: 21))
        #expect(driver.published.count == 3)
        #expect(driver.published.last?.payload.identifiers == [test.record(1).identifier])
        #expect(driver.core.knows(test.record(1).identifier))
    }

    @Test func anOwnBlockFromAPeerIsGoneOnFrom() throws {
        let test = try TestCommittee()
        var driver = Driver(test)
        driver.answersSeals = false
        driver.step(.submit([test.record(1)]))
        let sealing = try #require(driver.sealing)
        // The journal was lost, and with it that these had been published.
        let grid = test.grid([0, 1, 2, 3], to: 5)
        driver.deliver(grid)
        driver.step(.sealed(test.sign(sealing.header, sealing.payload)))
        #expect(driver.published.isEmpty)
        let next = try #require(driver.sealing)
        #expect(next.header.prefix.round == 6)
        #expect(next.payload.identifiers == [test.record(1).identifier])
    }
}
