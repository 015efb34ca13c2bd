// Pacing that changes while a validator runs: each number does what it says, within its bounds, and nothing waits for ever.

import Testing
import TrellisConsensus
import TrellisCrypto
import TrellisModel

@Suite struct TuningTests {
    private func tuning(
        batchBytes: Int = 1 << 20, batchDelay: UInt64 = 0, leaderTimeout: UInt64 = 200, roundDelay: UInt64 = 0, blocksInFlight: Int = 1024,
        retry: UInt64 = 250
    ) -> Tuning {
        Tuning(
            batchBytes: batchBytes, batchDelay: batchDelay, leaderTimeout: leaderTimeout, roundDelayMinimum: roundDelay,
            blocksInFlight: blocksInFlight, retry: retry)
    }

    private func record(_ number: Int, bytes: Int) -> Transaction {
        Transaction(Record(nonce: Nonce(idempotencyKey: "\(number)"), data: [UInt8](repeating: 1, count: bytes)))
    }

    @Test func numbersAreBroughtWithinTheirBounds() {
        let least = tuning(batchBytes: -1, leaderTimeout: 0, blocksInFlight: 0, retry: 0)
        #expect(least.batchBytes == 4096 && least.leaderTimeout == 10 && least.blocksInFlight == 1 && least.retry == 50)
        let most = tuning(
            batchBytes: .max, batchDelay: .max, leaderTimeout: .max, roundDelay: .max, blocksInFlight: .max, retry: .max)
        #expect(most.batchBytes == 64 << 20 && most.batchDelay == 100 && most.leaderTimeout == 2000)
        #expect(most.roundDelayMinimum == 200 && most.blocksInFlight == 1024 && most.retry == 1000)
    }

    @Test func tuningToWhatIsConfiguredChangesNothing() throws {
        var driver = Driver(try TestCommittee())
        let before = driver.core.pacing
        driver.step(.tune(Tuning(before)))
        #expect(driver.core.pacing == before)
    }

    @Test func blocksHoldNoMoreThanTheirBatch() throws {
        var driver = Driver(try TestCommittee([1]))
        driver.step(.tune(tuning(batchBytes: 5000)))
        driver.step(.submit([record(1, bytes: 2000), record(2, bytes: 2000), record(3, bytes: 2000), record(4, bytes: 60_000)]))
        for _ in 0..<20 { driver.pass(300) }
        let payloads = driver.published.map(\.payload.count).filter { $0 > 0 }
        // What is larger than a batch rides alone.
        #expect(payloads == [2, 1, 1])
    }

    @Test func ownBlocksInFlightAreBounded() throws {
        let test = try TestCommittee()
        var driver = Driver(test)
        driver.step(.tune(tuning(blocksInFlight: 1)))
        var below: [BlockReference] = []
        for round in Round(1)...14 {
            driver.step(.submit([test.record(round)]))
            let parents = round == 1 ? test.genesis : below
            let layer = [ValidatorIndex(1), 2, 3].map { test.block($0, round, parents) }
            let own = driver.published.last { $0.round == round }
            driver.deliver(layer)
            below = layer.map(\.reference) + (own.map { [$0.reference] } ?? [])
        }
        let carrying = driver.published.filter { !$0.payload.isEmpty }
        #expect(driver.published.count >= 14 && carrying.count >= 3)
        let rounds = carrying.map(\.round)
        // None while the one before is not ordered, which takes two rounds more at least.
        for (one, next) in zip(rounds, rounds.dropFirst()) { #expect(next >= one + 3) }
        #expect(carrying.dropFirst().allSatisfy { $0.payload.count > 1 })
    }

    @Test func aBlockWaitsForMoreAndNoLonger() throws {
        let test = try TestCommittee()
        var driver = Driver(test)
        driver.step(.tune(tuning(batchDelay: 40)))
        driver.step(.submit([test.record(1)]))
        driver.deliver([1, 2, 3].map { test.block($0, 1, test.genesis) })
        #expect(driver.published.map(\.round) == [1])
        driver.pass(39)
        driver.step(.submit([test.record(2)]))
        #expect(driver.published.map(\.round) == [1])
        driver.pass(1)
        #expect(driver.published.map(\.round) == [1, 2])
        #expect(driver.published.last?.payload.count == 2)
    }

    @Test func aFullBlockAndAnEmptyOneDoNotWait() throws {
        let test = try TestCommittee()
        var full = Driver(test)
        full.step(.tune(tuning(batchBytes: 4096, batchDelay: 40)))
        full.step(.submit([record(1, bytes: 5000)]))
        full.deliver([1, 2, 3].map { test.block($0, 1, test.genesis) })
        #expect(full.published.map(\.round) == [1, 2])

        var empty = Driver(test)
        empty.step(.tune(tuning(batchDelay: 40)))
        let first = [1, 2, 3].map { test.block($0, 1, test.genesis) }
        empty.deliver(first)
        empty.deliver([1, 2, 3].map { test.block($0, 2, first.map(\.reference), [test.record(UInt64($0))]) })
        #expect(empty.published.last?.round == 3)
    }

    @Test func theLeadersTimeoutAndTheLeastRoundTimeFollow() throws {
        let test = try TestCommittee()
        var driver = Driver(test)
        driver.step(.tune(tuning(leaderTimeout: 50)))
        #expect(driver.core.leaderTimeout == 50)
        driver.step(.submit([test.record(1)]))
        driver.deliver([test.block(2, 1, test.genesis), test.block(3, 1, test.genesis)])
        driver.pass(49)
        #expect(driver.published.map(\.round) == [1])
        #expect(driver.core.leadersMissed == 0)
        driver.pass(1)
        #expect(driver.published.map(\.round) == [1, 2])
        #expect(driver.core.leadersMissed == 1)

        var slow = Driver(try TestCommittee([1]))
        slow.step(.tune(tuning(roundDelay: 100)))
        slow.step(.submit([test.record(1)]))
        #expect(slow.published.count == 1)
        slow.step(.tune(tuning(roundDelay: 20)))
        slow.pass(20)
        #expect(slow.published.count == 2)
    }

    @Test func whatIsMissingIsAskedForAgainAfterTheNewTime() throws {
        let test = try TestCommittee()
        var driver = Driver(test)
        driver.step(.tune(tuning(retry: 60)))
        let first = [1, 2, 3].map { test.block($0, 1, test.genesis) }
        driver.deliver([test.block(1, 2, first.map(\.reference))])
        func asked() -> Int { driver.sent.count { if case .fetch = $0.message { true } else { false } } }
        let once = asked()
        #expect(once > 0)
        driver.pass(60)
        #expect(asked() > once)
    }
}
