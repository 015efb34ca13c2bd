// What a run of a trace gives: the score of all validators, the figures it is made of, and how the optimizers fared.

public import TrellisOptimizer

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

public struct TraceResult: Sendable {
    private var sum = 0.0
    private var count = 0
    private var served = 0.0
    private var energy = 0.0
    private var unsteadiness = 0.0
    private var waited = 0.0
    public private(set) var finished = 0
    /// The longest and the mean time that a choice took, in milliseconds.
    public private(set) var choiceWorst = 0.0
    private var choiceSum = 0.0
    private var choices = 0
    /// Means over the optimizers; nil without any.
    public private(set) var accuracyOfScore: Double?
    public private(set) var accuracyOfRank: Double?
    /// What each of them did, and where it ended.
    public private(set) var deeds: [[Deed]] = []
    public private(set) var choicesAtEnd: [String] = []

    /// The geometric mean of the scores of all intervals of all validators in which there was enough to measure.
    public var score: Double { exp(sum / Double(max(1, count))) }
    /// CPU time by transaction at one validator, in microseconds; and the rest of what a score is made of.
    public var meanEnergy: Double { exp(energy / Double(max(1, count))) }
    /// Mean latency of all transactions, in milliseconds.
    public var latency: Double { waited / Double(max(1, finished)) }
    public var meanServed: Double { served / Double(max(1, count)) }
    public var meanUnsteadiness: Double { unsteadiness / Double(max(1, count)) }
    public var choiceMean: Double { choices == 0 ? 0 : choiceSum / Double(choices) }

    mutating func add(_ measurement: Measurement, _ weights: Weights) {
        guard measurement.isTelling else { return }
        sum += weights.logScore(measurement)
        count += 1
        served += Double(measurement.operations) / Double(measurement.operations + measurement.overdue)
        finished += measurement.operations
        waited += measurement.latency * Double(measurement.operations)
        energy += log(max(measurement.energy, 0.1))
        unsteadiness += measurement.variation + measurement.timeouts
    }

    mutating func took(nanoseconds: UInt64) {
        let milliseconds = Double(nanoseconds) / 1_000_000
        choiceWorst = max(choiceWorst, milliseconds)
        choiceSum += milliseconds
        choices += 1
    }

    mutating func finish(_ optimizers: [Optimizer], standard: Choice) {
        deeds = optimizers.map(\.deeds)
        choicesAtEnd = optimizers.map { $0.incumbent.difference(from: standard) }
        accuracyOfScore = Self.mean(optimizers.compactMap(\.accuracy.ofScore))
        accuracyOfRank = Self.mean(optimizers.compactMap(\.accuracy.ofRank))
    }

    private static func mean(_ values: [Double]) -> Double? { values.isEmpty ? nil : values.reduce(0, +) / Double(values.count) }
}
