// The traces on which the optimizer is measured: that they run, are served, and come out the same again.

import Testing
import TrellisOptimizer
import TrellisSimulator

@Suite struct TraceTests {
    @Test(arguments: Trace.all.map(\.name)) func isServedAsConfigured(name: String) throws {
        let trace = try #require(Trace.named(name))
        let result = try TraceRun(trace, tuning: .fixed(TraceRun.standard), seed: 1).run(intervals: name == "idle-burst" ? 8 : 3)
        #expect(result.finished > 100)
        #expect(result.meanServed > 0.9, "\(result.meanServed)")
        #expect(result.score.isFinite && result.score > 0 && result.latency > 0)
    }

    @Test func theSameSeedGivesTheSameRun() throws {
        let trace = try #require(Trace.named("lossy"))
        func run(_ seed: UInt64) throws -> TraceResult {
            try TraceRun(trace, tuning: .online(OptimizerSettings()), seed: seed).run(intervals: 4)
        }
        let (one, again, other) = (try run(3), try run(3), try run(4))
        #expect(one.score == again.score && one.finished == again.finished)
        #expect(one.score != other.score)
        #expect(one.deeds.count == 4)
    }

    /// The worst that can be chosen is slow, and no more than that.
    @Test func everyEndOfEveryLadderIsServed() throws {
        let trace = try #require(Trace.named("bursty"))
        for isUp in [false, true] {
            let choice = Choice { knob in (isUp ? knob.ladder.last : knob.ladder.first) ?? 0 }
            let result = try TraceRun(trace, tuning: .fixed(choice), seed: 1).run(intervals: 6)
            #expect(result.finished > 1000, "\(choice)")
        }
    }
}
