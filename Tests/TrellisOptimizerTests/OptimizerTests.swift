// The optimizer against validators of which it is known what is best: what it finds, what that costs, and when it keeps still.

import Testing

@testable import TrellisOptimizer

/// A validator whose score is a function of what is chosen, with noise that follows from a seed.
struct SimulatedLoad {
    var state: UInt64 = 7
    /// Deviation of the logarithm of a latency, about.
    var noise = 0.05
    /// By what the latency is multiplied.
    var slowdown: (Choice, UInt64) -> Double

    mutating func measurement(_ number: UInt64, _ choice: Choice, operations: Int = 100) -> Measurement {
        // Three uniform numbers make a bell that does for this.
        var bell = 0.0
        for _ in 0..<3 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            bell += Double(state >> 11) / Double(1 << 53) - 0.5
        }
        return Measurement(
            number: number, operations: operations, overdue: 0, latency: 100 * slowdown(choice, number) * (1 + 2 * noise * bell),
            variation: 0.3, offered: 100, energy: 50, timeouts: 0)
    }
}

struct OptimizerTests {
    static let standard = Choice { knob in
        switch knob {
        case .batchBytes: 1 << 20
        case .batchDelay, .roundDelay: 0
        case .leaderTimeout: 200
        case .blocksInFlight: 1024
        case .retry: 250
        }
    }

    /// Runs so many intervals; the choices that were in force, one an interval.
    private func run(_ optimizer: inout Optimizer, _ load: inout SimulatedLoad, _ numbers: Range<UInt64>) -> [Choice] {
        numbers.map { number in
            let choice = optimizer.choice
            _ = optimizer.step(load.measurement(number, choice))
            return choice
        }
    }

    /// With a short memory, which is as much as these need.
    private func optimizer() -> Optimizer {
        var settings = OptimizerSettings()
        settings.history = 50
        return Optimizer(space: SearchSpace(standard: Self.standard), settings: settings)
    }

    private func steps(_ one: Choice, _ other: Choice, _ space: SearchSpace) -> Double {
        zip(space.levels(one), space.levels(other)).reduce(0) { $0 + abs($1.0 - $1.1) }
    }

    @Test func findsWhatIsBetterOneStepAtATime() {
        // Every step down of the leader's timeout takes a tenth off the latency.
        let space = SearchSpace(standard: Self.standard)
        var load = SimulatedLoad { choice, _ in
            switch choice[.leaderTimeout] {
            case ...25: 0.5
            case ...50: 0.63
            case ...100: 0.79
            default: 1
            }
        }
        var optimizer = optimizer()
        let choices = run(&optimizer, &load, 0..<300)
        #expect(optimizer.incumbent[.leaderTimeout] <= 50)
        #expect(optimizer.deeds.contains { $0.kind == .adopts })
        for (one, next) in zip(choices, choices.dropFirst()) { #expect(steps(one, next, space) <= 1) }
    }

    @Test func nothingIsLostWhereNothingIsBetter() {
        for seed in 1...3 as ClosedRange<UInt64> {
            var load = SimulatedLoad(state: seed) { choice, _ in choice == Self.standard ? 1 : 1.4 }
            var optimizer = optimizer()
            let choices = run(&optimizer, &load, 0..<300)
            #expect(optimizer.incumbent == Self.standard)
            // A latency 1.4 times as long costs a tenth of the score.
            let tried = choices.count { $0 != Self.standard }
            #expect(Double(tried) * 0.1 <= 0.02 * Double(choices.count), "seed \(seed): \(tried) of \(choices.count)")
        }
    }

    @Test func whatIsBadIsGivenUpAtOnce() {
        var load = SimulatedLoad { choice, _ in choice == Self.standard ? 1 : 8 }
        var optimizer = optimizer()
        let choices = run(&optimizer, &load, 0..<100)
        let runs = choices.split(separator: Self.standard)
        #expect(!runs.isEmpty && runs.allSatisfy { $0.count <= 2 })
        #expect(optimizer.deeds.contains { $0.kind == .abandons })
    }

    @Test func convergesAndIsStillUntilSomethingChanges() {
        var load = SimulatedLoad(noise: 0.01) { _, _ in 1 }
        var optimizer = optimizer()
        _ = run(&optimizer, &load, 0..<400)
        let hasConverged = optimizer.isConverged
        #expect(hasConverged, "\(optimizer.deeds.map(\.reason))")
        let still = run(&optimizer, &load, 400..<600)
        #expect(Set(still).count == 1)
        var changed = SimulatedLoad(noise: 0.01) { _, _ in 3 }
        _ = run(&optimizer, &changed, 600..<650)
        #expect(optimizer.deeds.contains { $0.kind == .drifts })
        let isConverged = optimizer.isConverged
        #expect(!isConverged)
    }

    @Test func whatWasAdoptedIsLeftWhenItTurnsOutWorse() {
        var load = SimulatedLoad(noise: 0.02) { choice, number in
            let isShort = choice[.leaderTimeout] < 200
            return number < 300 ? (isShort ? 0.6 : 1) : (isShort ? 4 : 1)
        }
        var optimizer = optimizer()
        _ = run(&optimizer, &load, 0..<300)
        #expect(optimizer.incumbent[.leaderTimeout] < 200)
        _ = run(&optimizer, &load, 300..<320)
        #expect(optimizer.incumbent == Self.standard)
    }

    @Test func whoOnlyWatchesChangesNothing() {
        var load = SimulatedLoad { _, _ in 1 }
        var optimizer = optimizer()
        optimizer.explores = false
        #expect(Set(run(&optimizer, &load, 0..<200)) == [Self.standard])
        #expect(optimizer.recommendation.choice != Self.standard && !optimizer.recommendation.isSure)
        #expect(optimizer.accuracy.count > 150)
    }

    @Test func idleIntervalsSayNothing() {
        var load = SimulatedLoad { _, _ in 1 }
        var optimizer = optimizer()
        for number in 0..<200 as Range<UInt64> { #expect(optimizer.step(load.measurement(number, optimizer.choice, operations: 2)) == nil) }
        #expect(optimizer.measured == 0)
    }

    @Test func memoryIsBounded() {
        var load = SimulatedLoad { choice, number in choice[.retry] < 250 ? 0.8 : number % 40 < 20 ? 1 : 2 }
        var settings = OptimizerSettings()
        settings.history = 30
        var optimizer = Optimizer(space: SearchSpace(standard: Self.standard), settings: settings)
        _ = run(&optimizer, &load, 0..<500)
        #expect(optimizer.history.count <= 30)
        #expect(optimizer.deeds.count <= Optimizer.deedsMaximum)
    }

    @Test func theSameMeasurementsGiveTheSameChoices() {
        func choices() -> [Choice] {
            var load = SimulatedLoad { choice, _ in choice[.retry] < 250 ? 0.7 : 1 }
            var optimizer = optimizer()
            return run(&optimizer, &load, 0..<200)
        }
        #expect(choices() == choices())
    }

    @Test func whatIsConfiguredIsOnTheLadder() {
        var standard = Self.standard
        standard[.leaderTimeout] = 333
        let space = SearchSpace(standard: standard)
        #expect(space.ladder(.leaderTimeout) == [25, 50, 100, 200, 333, 400, 800])
        #expect(space.neighbour(of: standard, Turn(knob: .leaderTimeout, isUp: false))?[.leaderTimeout] == 200)
        #expect(space.neighbour(of: standard, Turn(knob: .batchBytes, isUp: true)) == nil)
    }

    @Test func resetForgets() {
        var load = SimulatedLoad { choice, _ in choice[.retry] < 250 ? 0.5 : 1 }
        var optimizer = optimizer()
        _ = run(&optimizer, &load, 0..<300)
        #expect(optimizer.incumbent != Self.standard)
        optimizer.reset()
        #expect(optimizer.choice == Self.standard && optimizer.measured == 0 && optimizer.explores)
    }
}
