// A small Gaussian process (Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, algorithm 2.1) over what was tried: the
// score is what the load and the hour bring for every choice alike, and what the choice adds, a part of which depends on the load.

/// Where a score was, or may be, measured.
struct Trial: Sendable, Equatable {
    /// How far up its ladder each knob stood.
    var levels: [Double]
    /// Logarithm of the load.
    var load: Double
    /// The number of the interval.
    var time: Double
}

struct GaussianProcess: Sendable {
    /// How much scores may differ, as variances of their logarithms.
    private static let common = 0.25
    private static let effect = 0.02
    private static let interaction = 0.01
    /// Over which distances they are alike: in steps of a ladder, in logarithms of the load, in intervals.
    private static let stepScale = 2.0
    private static let loadScale = 0.7
    private static let timeScale = 40.0

    private let trials: [Trial]
    private let mean: Double
    /// The lower triangle of the Cholesky factor of the covariance, row by row.
    private let factor: [[Double]]
    private let weights: [Double]

    /// - Parameters:
    ///   - scores: logarithms, one for each trial.
    ///   - noise: variance of a measurement, above 0.
    init(_ trials: [Trial], scores: [Double], noise: Double) {
        self.trials = trials
        mean = scores.isEmpty ? 0 : scores.reduce(0, +) / Double(scores.count)
        var factor: [[Double]] = []
        factor.reserveCapacity(trials.count)
        for (row, trial) in trials.enumerated() {
            let covariances = trials[...row].map { Self.covariance(trial, $0) }
            var line = Self.solve(factor, Array(covariances.dropLast()))
            let rest = (covariances.last ?? 0) + noise - line.reduce(0) { $0 + $1 * $1 }
            line.append(max(rest, noise / 1000).squareRoot())
            factor.append(line)
        }
        self.factor = factor
        let mean = mean
        weights = Self.solveTransposed(factor, Self.solve(factor, scores.map { $0 - mean }))
    }

    /// The score that is expected there.
    func expected(_ trial: Trial) -> Double { mean + dot(trials.map { Self.covariance(trial, $0) }, weights) }

    /// By how much the score at `trial` is expected to exceed that at `base`, and the standard deviation of that. What is common to both
    /// cancels out.
    func advantage(of trial: Trial, over base: Trial) -> (mean: Double, deviation: Double) {
        let covariances = trials.map { Self.covariance(trial, $0) - Self.covariance(base, $0) }
        let explained = Self.solve(factor, covariances).reduce(0) { $0 + $1 * $1 }
        let prior = Self.covariance(trial, trial) + Self.covariance(base, base) - 2 * Self.covariance(trial, base)
        return (dot(covariances, weights), max(prior - explained, 0).squareRoot())
    }

    /// Rational quadratic in steps, in load and in time.
    private static func covariance(_ one: Trial, _ other: Trial) -> Double {
        var steps = 0.0
        for (a, b) in zip(one.levels, other.levels) { steps += (a - b) * (a - b) }
        let gap = (one.load - other.load) / loadScale
        let alikeInLoad = 1 / (1 + gap * gap / 2)
        let alikeInSteps = 1 / (1 + steps / (2 * stepScale * stepScale))
        let age = (one.time - other.time) / timeScale
        // Smooth in time too: a score that wanders from interval to interval is noise.
        return common * alikeInLoad / (1 + age * age / 2) + (effect + interaction * alikeInLoad) * alikeInSteps
    }

    private func dot(_ one: [Double], _ other: [Double]) -> Double {
        var sum = 0.0
        for (a, b) in zip(one, other) { sum += a * b }
        return sum
    }

    /// Solves L x = b.
    private static func solve(_ factor: [[Double]], _ right: [Double]) -> [Double] {
        var solution: [Double] = []
        solution.reserveCapacity(right.count)
        for (line, value) in zip(factor, right) {
            var rest = value
            for (place, known) in solution.enumerated() { rest -= line[place] * known }
            solution.append(rest / line[solution.count])
        }
        return solution
    }

    /// Solves Lᵀ x = b.
    private static func solveTransposed(_ factor: [[Double]], _ right: [Double]) -> [Double] {
        var rest = right
        for row in factor.indices.reversed() {
            rest[row] /= factor[row][row]
            let known = rest[row]
            for column in 0..<row { rest[column] -= factor[row][column] * known }
        }
        return rest
    }
}
