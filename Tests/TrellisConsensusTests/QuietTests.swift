// What keeps a validator awake, and what it does for others when it has nothing to do itself.

import Testing
import TrellisConsensus
import TrellisCrypto
import TrellisModel

@Suite struct QuietTests {
    @Test(arguments: [false, true])
    func anIdleValidatorSleeps(hasPassedDeadline: Bool) throws {
        let test = try TestCommittee()
        var driver = Driver(test)
        driver.step(.submit([test.record(1)]))
        driver.deliver(test.grid([1, 2, 3], to: 8))
        if hasPassedDeadline { driver.step(.executed(nil, nextDeadline: driver.wall - 1)) }
        var ticks = 0
        let end = driver.now + 10_000
        while driver.now < end, let at = driver.wakeAt, ticks < 10_000 {
            driver.wakeAt = nil
            let step = at > driver.now ? at - driver.now : 0
            driver.pass(step)
            ticks += 1
        }
        #expect(ticks <= 60, "\(ticks) ticks in ten seconds")
    }

    @Test func withoutOwnNeedOthersAreFollowedForACommitAndThenSlowly() throws {
        let test = try TestCommittee()
        var driver = Driver(test)
        let grid = test.grid([1, 2, 3], to: 9)
        // One block of the next round each time: somebody has opened it.
        for count in [4, 7, 10, 13] { driver.deliver(Array(grid.prefix(count))) }
        #expect(driver.published.map(\.round) == [2, 3, 4, 5])
        driver.deliver(Array(grid.prefix(16)))
        driver.pass(249)
        #expect(driver.published.map(\.round) == [2, 3, 4, 5])
        driver.pass(1)
        #expect(driver.published.map(\.round) == [2, 3, 4, 5, 6])
    }

    @Test func whoOnlyLacksOthersAttestationsBuildsRoundsForATurnAndThenSlowly() throws {
        let test = try TestCommittee()
        var driver = Driver(test)
        driver.execute = { commit, _ in
            commit.index > 1
                ? nil
                : Checkpoint(
                    chain: test.committee.chain, epoch: 0, index: 1, commit: commit.digest, logSize: 1, logRoot: commit.digest,
                    state: commit.digest, timestamp: commit.timestamp)
        }
        let grid = test.grid([1, 2, 3], to: 40)
        var below = 0
        while driver.commits.isEmpty {
            driver.deliver(Array(grid[below..<below + 3]))
            below += 3
        }
        let executed = driver.core.round
        while below < grid.count {
            driver.deliver(Array(grid[below..<below + 3]))
            below += 3
        }
        // A turn of 4 + 3 rounds, and those that a commit may take.
        #expect(driver.core.round - executed >= 7)
        #expect(driver.core.round - executed <= 12)
        let before = driver.published.count
        driver.pass(249)
        #expect(driver.published.count == before)
        driver.pass(1)
        #expect(driver.published.count == before + 1)
    }

    /// Of twins the journal may give back another one first than the one that the own chain cites: that one's payload is none to go on for.
    @Test(arguments: [false, true]) func aTwinThatTheOwnChainPassedByKeepsNobodyAwake(isCited: Bool) throws {
        let test = try TestCommittee()
        let first = test.authors.map { test.block($0, 1, test.genesis) }
        let below = first.map(\.reference)
        let twins = [test.block(1, 2, below, [test.record(1)]), test.block(1, 2, below)]
        let second = [ValidatorIndex(0), 2, 3].map { test.block($0, 2, below) }
        let own = test.block(0, 3, second.map(\.reference) + [twins[isCited ? 0 : 1].reference])
        var driver = Driver(test, recovered: Recovered(blocks: first + twins + second + [own], highWater: 3))
        driver.deliver([ValidatorIndex(2), 3].map { test.block($0, 3, (second + [twins[1]]).map(\.reference)) })
        driver.pass(5000)
        #expect(driver.published.map(\.round) == (isCited ? [4] : []))
    }
}
