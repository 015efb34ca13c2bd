// What the optimizer is told of one interval, and the one number it makes of it.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One interval of a running validator, about the transactions that its own clients gave it.
public struct Measurement: Sendable, Equatable {
    /// Which interval it is. All validators count alike, so that they try the same at the same time.
    public var number: UInt64
    /// Transactions of own clients that were finished.
    public var operations: Int
    /// Transactions of own clients that were refused, or had waited for longer than an interval at its end.
    public var overdue: Int
    /// From being given to being certified, on average, in milliseconds; of those that are overdue where none was finished.
    public var latency: Double
    /// The standard deviation of that by its mean.
    public var variation: Double
    /// Transactions that own clients gave it, a second.
    public var offered: Double
    /// CPU time by finished transaction, in microseconds.
    public var energy: Double
    /// Rounds whose leader was given up, by round.
    public var timeouts: Double

    public init(
        number: UInt64, operations: Int, overdue: Int, latency: Double, variation: Double, offered: Double, energy: Double, timeouts: Double
    ) {
        self.number = number
        self.operations = operations
        self.overdue = overdue
        self.latency = latency
        self.variation = variation
        self.offered = offered
        self.energy = energy
        self.timeouts = timeouts
    }

    /// Fewer transactions say nothing.
    private static let transactionsMinimum = 5

    /// Whether there was enough to measure.
    public var isTelling: Bool { operations + overdue >= Self.transactionsMinimum }

    /// The logarithm of the load, by which intervals are comparable.
    var load: Double { log(max(offered, 1)) }
}

/// What counts how much; the sum is 1.
public struct Weights: Sendable, Equatable {
    public var latency: Double
    public var throughput: Double
    public var energy: Double
    public var stability: Double

    public init(latency: Double = 0.3, throughput: Double = 0.3, energy: Double = 0.2, stability: Double = 0.2) {
        self.latency = latency
        self.throughput = throughput
        self.energy = energy
        self.stability = stability
    }

    public var isValid: Bool {
        let all = [latency, throughput, energy, stability]
        return all.allSatisfy { (0...1).contains($0) } && abs(all.reduce(0, +) - 1) < 0.000_001
    }

    /// The logarithm of the score: a weighted geometric mean, since ratios of it do not depend on the units and references chosen (Fleming and
    /// Wallace, "How not to lie with statistics", 1986). Throughput counts as the finished share of what was to be finished.
    public func logScore(_ measurement: Measurement) -> Double {
        let served = Double(measurement.operations) / Double(max(1, measurement.operations + measurement.overdue))
        let unsteadiness = 1 + measurement.variation + measurement.timeouts
        return throughput * log(max(served, 0.01)) - latency * log(max(measurement.latency, 0.1))
            - energy * log(max(measurement.energy, 0.1)) - stability * log(unsteadiness)
    }
}
