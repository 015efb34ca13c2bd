// What a meter makes of the transactions that it follows.

import Testing

@testable import TrellisOptimizer

struct MeterTests {
    @Test func latencyIsFromGivenToCertified() {
        var meter = Meter<Int>()
        #expect(meter.isIdle)
        meter.given([1, 2, 3], at: 1_000_000)
        meter.ordered([1, 2, 99], in: 7)
        meter.ordered([3], in: 8)
        meter.certified(7, at: 1_050_000)
        let first = meter.measurement(
            5, interval: 500, now: 1_100_000, counters: .init(cpu: 400, leadersMissed: 1, round: 4))
        #expect(first.number == 5 && first.operations == 2 && first.overdue == 0 && first.latency == 50 && first.variation == 0)
        #expect(first.offered == 6 && first.energy == 200 && first.timeouts == 0.25)
        #expect(!first.isTelling && !meter.isIdle)
        meter.certified(8, at: 1_200_000)
        let second = meter.measurement(
            6, interval: 500, now: 1_600_000, counters: .init(cpu: 500, leadersMissed: 1, round: 8))
        #expect(second.operations == 1 && second.latency == 200 && second.energy == 100 && second.timeouts == 0)
        #expect(meter.isIdle)
    }

    @Test func whatWaitsLongerThanAnIntervalIsOverdue() {
        var meter = Meter<Int>()
        meter.given(0..<6, at: 0)
        meter.refused(4)
        let early = meter.measurement(0, interval: 100, now: 100_000, counters: .init())
        #expect(early.operations == 0 && early.overdue == 4 && !early.isTelling && early.latency == 0)
        let late = meter.measurement(1, interval: 100, now: 200_000, counters: .init())
        #expect(late.overdue == 6 && late.latency == 200 && late.isTelling)
        // In the end they are not waited for any more.
        _ = meter.measurement(2, interval: 100, now: 10_000_000, counters: .init())
        #expect(meter.isIdle)
    }

    @Test func whatIsFollowedStandsForAll() {
        var meter = Meter<Int>()
        let count = 2 * Meter<Int>.followedMaximum
        meter.given(0..<count, at: 0)
        meter.ordered(0..<count, in: 1)
        meter.certified(1, at: 10_000)
        let measurement = meter.measurement(0, interval: 100, now: 100_000, counters: .init(cpu: UInt64(count)))
        #expect(measurement.operations == count && measurement.energy == 1 && measurement.latency == 10)
    }

    @Test func aBeginningForgetsWhatItCostBefore() {
        var meter = Meter<Int>()
        meter.begin(.init(cpu: 1_000_000, leadersMissed: 5, round: 100))
        meter.given([1], at: 0)
        meter.ordered([1], in: 1)
        meter.certified(1, at: 1000)
        let measurement = meter.measurement(0, interval: 100, now: 100_000, counters: .init(cpu: 1_000_050, leadersMissed: 5, round: 110))
        #expect(measurement.energy == 50 && measurement.timeouts == 0)
    }
}
