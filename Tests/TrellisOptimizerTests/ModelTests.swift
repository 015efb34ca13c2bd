// The parts of the optimizer: the score, the Gaussian process, the test for drift, the account of predictions.

import Testing

@testable import TrellisOptimizer

struct ModelTests {
    private func measurement(latency: Double = 100, operations: Int = 100, overdue: Int = 0, energy: Double = 50) -> Measurement {
        Measurement(
            number: 0, operations: operations, overdue: overdue, latency: latency, variation: 0, offered: 100, energy: energy, timeouts: 0)
    }

    @Test func ratiosOfScoresDoNotDependOnUnits() {
        let weights = Weights()
        let inMilliseconds = weights.logScore(measurement(latency: 50)) - weights.logScore(measurement(latency: 100))
        let inMicroseconds = weights.logScore(measurement(latency: 50_000)) - weights.logScore(measurement(latency: 100_000))
        #expect(abs(inMilliseconds - inMicroseconds) < 1e-12)
        // 2 to the power of 0.3.
        #expect(abs(inMilliseconds - 0.207_944) < 1e-5)
        #expect(weights.logScore(measurement(operations: 50, overdue: 50)) < weights.logScore(measurement()))
        #expect(weights.logScore(measurement(energy: 100)) < weights.logScore(measurement()))
    }

    @Test func weightsAddUp() {
        #expect(Weights().isValid)
        #expect(!Weights(latency: 0.5).isValid)
        #expect(!Weights(latency: 1.3, throughput: -0.3, energy: 0, stability: 0).isValid)
        #expect(!Weights(latency: .nan).isValid)
    }

    @Test func theProcessKnowsWhatItSawAndLittleElse() {
        func trial(_ level: Double, _ time: Double) -> Trial { Trial(levels: [level, 0], load: 5, time: time) }
        let trials = (0..<20).map { trial(Double($0 % 2), Double($0)) }
        let model = GaussianProcess(trials, scores: trials.map { $0.levels[0] * 0.2 - 3 }, noise: 0.0001)
        #expect(abs(model.expected(trial(1, 20)) + 2.8) < 0.03)
        #expect(abs(model.expected(trial(0, 20)) + 3) < 0.03)
        let known = model.advantage(of: trial(1, 20), over: trial(0, 20))
        #expect(abs(known.mean - 0.2) < 0.02 && known.deviation < 0.02)
        let unknown = model.advantage(of: Trial(levels: [0, 1], load: 5, time: 20), over: trial(0, 20))
        #expect(unknown.deviation > 0.05)
        let same = model.advantage(of: trial(1, 20), over: trial(1, 20))
        #expect(same.mean == 0 && same.deviation < 1e-6)
    }

    @Test func anEmptyProcessExpectsNothing() {
        let model = GaussianProcess([], scores: [], noise: 0.01)
        let one = Trial(levels: [0], load: 0, time: 0)
        #expect(model.expected(one) == 0)
        #expect(model.advantage(of: Trial(levels: [1], load: 0, time: 0), over: one).deviation > 0)
    }

    @Test func driftIsToldFromNoise() {
        var calm = DriftTest()
        for step in 0..<1000 { #expect(calm.add(step % 2 == 0 ? 1 : -1) == nil) }
        var worse = DriftTest()
        #expect((0..<20).contains { _ in worse.add(-2) == .worse })
        var better = DriftTest()
        #expect((0..<20).contains { _ in better.add(2) == .better })
        var wild = DriftTest()
        #expect(wild.add(-1000) == nil)
    }

    @Test func predictionsAreAccountedFor() {
        var accuracy = Accuracy(kept: 3)
        #expect(accuracy.ofScore == nil && accuracy.ofRank == nil)
        accuracy.add(expected: 0, measured: 0)
        accuracy.add(expected: 1, measured: 1)
        #expect(accuracy.ofScore == 1 && accuracy.ofRank == 1)
        accuracy.add(expected: -1, measured: 2)
        // 0 < 1 was foretold, that 2 is the best was not, twice.
        #expect(accuracy.ofRank == 1.0 / 3)
        #expect((accuracy.ofScore ?? 1) < 0.7)
    }
}
