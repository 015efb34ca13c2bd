// A validator that does not know what it signed: whom it believes, from which round on it signs again, and what a liar can do about it.

import Testing
import TrellisConsensus
import TrellisCrypto
import TrellisModel

@Suite struct RecallTests {
    /// Validator 0 with an empty disk, and the nonce with which it asked.
    private func amnesic(_ test: TestCommittee) throws -> (driver: Driver, nonce: UInt64) {
        var driver = Driver(test, recovered: Recovered(recallNonce: 77))
        driver.step(.submit([test.record(1)]))
        let nonces = driver.sent.compactMap { sent -> UInt64? in
            if case .recall(let nonce) = sent.message { nonce } else { nil }
        }
        #expect(nonces.count == 3, "it asks everybody else")
        return (driver, try #require(nonces.first))
    }

    private func verified(_ block: Block) -> VerifiedBlock { VerifiedBlock(trusted: block) }

    @Test func itSignsTwoRoundsAboveWhatTheOthersHold() throws {
        let test = try TestCommittee()
        var (driver, nonce) = try amnesic(test)
        let grid = test.grid([0, 1, 2, 3], to: 5)
        // Its own newest block is of round 5, but nobody holds that of round 6, which it signed as well.
        driver.deliver(grid)
        #expect(driver.published.isEmpty && driver.core.isRecalling)
        for peer in [ValidatorIndex(1), 2] { driver.step(.recalled(nonce: nonce, verified(grid[16 + Int(peer)]), from: peer)) }
        driver.pass(5000)
        #expect(driver.published.isEmpty && driver.core.isRecalling, "two of the others are not a quorum")
        driver.step(.recalled(nonce: nonce, verified(grid[19]), from: 3))
        #expect(!driver.core.isRecalling && driver.recalled == 6)
        driver.pass(1000)
        #expect(driver.published.isEmpty, "round 6 passes without it")
        let six = [1, 2, 3].map { test.block($0, 6, grid[16...].map(\.reference), timestamp: 2000) }
        driver.deliver(six)
        driver.pass(1000)
        #expect(driver.published.map(\.round) == [7])
        #expect(driver.published.first?.header.parents.first == grid[16].reference, "it goes on from its own newest block")
    }

    @Test func whatIsNotHeldDoesNotCount() throws {
        let test = try TestCommittee([1, 1, 1, 1, 1, 1, 1])
        var (driver, nonce) = (Driver(test, recovered: Recovered(recallNonce: 77)), UInt64(0))
        driver.step(.tick)
        for case .recall(let asked) in driver.sent.map(\.message) { nonce = asked }
        let grid = test.grid([1, 2, 3, 4, 5, 6], to: 3)
        driver.deliver(grid)
        // Validators 5 and 6 name blocks of a far round that stand on nothing.
        let invented = test.authors.map { BlockReference(round: 99, author: $0, digest: HashSuite.sha256.hash([UInt8($0)])) }
        for liar in [ValidatorIndex(5), 6] { driver.step(.recalled(nonce: nonce, verified(test.block(liar, 100, invented)), from: liar)) }
        for peer in [ValidatorIndex(1), 2, 3, 4] { driver.step(.recalled(nonce: nonce, verified(grid[11 + Int(peer)]), from: peer)) }
        #expect(driver.core.isRecalling, "stake 4 of the 5 that are needed")
        // One of them tells the truth after all; the other can neither keep the validator silent nor drive it up.
        driver.step(.recalled(nonce: nonce, verified(test.block(5, 101, invented)), from: 5))
        #expect(driver.core.isRecalling)
        driver = Driver(test, recovered: Recovered(recallNonce: 77))
        driver.step(.tick)
        driver.deliver(grid)
        driver.step(.recalled(nonce: nonce, verified(test.block(6, 100, invented)), from: 6))
        for peer in [ValidatorIndex(1), 2, 3, 4, 5] { driver.step(.recalled(nonce: nonce, verified(grid[11 + Int(peer)]), from: peer)) }
        #expect(!driver.core.isRecalling && driver.recalled == 4)
    }

    @Test func answersToAnEarlierLifeAndOwnAnswersDoNotCount() throws {
        let test = try TestCommittee()
        var (driver, nonce) = try amnesic(test)
        for peer in test.authors { driver.step(.recalled(nonce: nonce &+ 1, nil, from: peer)) }
        driver.step(.recalled(nonce: nonce, nil, from: 0))
        driver.step(.recalled(nonce: nonce, nil, from: 9))
        for _ in 0..<3 { driver.step(.recalled(nonce: nonce, nil, from: 1)) }
        #expect(driver.core.isRecalling)
        for peer in [ValidatorIndex(2), 3] { driver.step(.recalled(nonce: nonce, nil, from: peer)) }
        #expect(!driver.core.isRecalling && driver.recalled == 1, "nobody has built anything: round 1 may have been signed")
    }

    @Test func anOwnBlockThatIsNotHeldRaisesTheMark() throws {
        let test = try TestCommittee()
        var (driver, nonce) = try amnesic(test)
        let parents = test.authors.map { BlockReference(round: 7, author: $0, digest: HashSuite.sha256.hash([UInt8($0)])) }
        driver.deliver([test.block(0, 8, parents)], from: 2)
        for peer in [ValidatorIndex(1), 2, 3] { driver.step(.recalled(nonce: nonce, nil, from: peer)) }
        #expect(driver.recalled == 9)
    }

    @Test func whoKnowsAnswersAndWhoDoesNotIsSilent() throws {
        let test = try TestCommittee()
        func answers(_ driver: Driver) -> [[UInt8]] {
            driver.sent.compactMap { sent in
                if case .recalled(5, let newest) = sent.message, sent.to == 2 { newest } else { nil }
            }
        }
        var fresh = Driver(test)
        fresh.step(.recall(nonce: 5, from: 2))
        #expect(answers(fresh) == [[]])
        fresh.step(.recall(nonce: 5, from: 2))
        #expect(answers(fresh).count == 1, "once in a while")
        fresh.step(.submit([test.record(1)]))
        fresh.pass(1000)
        fresh.step(.recall(nonce: 5, from: 2))
        #expect(answers(fresh).last == fresh.published.last?.encoded)
        var amnesic = Driver(test, recovered: Recovered(recallNonce: 77))
        amnesic.step(.recall(nonce: 5, from: 2))
        var lost = Driver(test, recovered: Recovered(highWater: 4))
        lost.step(.recall(nonce: 5, from: 2))
        #expect(answers(amnesic).isEmpty && answers(lost).isEmpty)
    }

    @Test func aRoundIsLetPassOnce() throws {
        let test = try TestCommittee()
        var driver = Driver(test)
        driver.deliver(test.grid([1, 2, 3], to: 3))
        func opens(_ round: Round) -> Bool {
            driver.pass(5000)
            let before = driver.core.round
            driver.step(.letPass(round, from: 2))
            driver.pass(5000)
            return driver.core.round > max(before, 3)
        }
        #expect(!opens(3), "it has come already")
        #expect(opens(4))
        #expect(!opens(4), "the network says it again")
        driver.deliver(test.grid([1, 2, 3], to: 4).suffix(3))
        #expect(opens(.max) && driver.core.round == 5, "one round at a time")
        #expect(!opens(4), "an old one")
    }

    @Test func whoMayHaveSignedMoreThanItHoldsAsksForRoundsToPassUntilItHasBuiltAnother() throws {
        let test = try TestCommittee()
        var driver = Driver(test, recovered: Recovered(highWater: 2))
        func asks() -> Int { driver.sent.count { if case .letPass(2) = $0.message { true } else { false } } }
        driver.step(.tick)
        driver.step(.tick)
        #expect(asks() == 1)
        driver.pass(5000)
        #expect(asks() > 1 && driver.published.isEmpty)
        let grid = test.grid([1, 2, 3], to: 2)
        driver.deliver(grid)
        driver.pass(5000)
        #expect(driver.published.map(\.round) == [3])
        let before = asks()
        driver.pass(5000)
        #expect(asks() == before && driver.published.count == 1)
    }
}
