// Tuning while running: after every interval, what is to be in force in the next.
//
//   measurement --> score --> Gaussian process --+--> drift? forget, and begin anew
//                                                +--> is the neighbour that is tried better, worse, or neither? adopt, abandon, go on
//                                                +--> may a neighbour be tried, and which promises most? try, or converge
//
// The method is GP-UCB (Srinivas, Krause, Kakade, Seeger, Gaussian Process Optimization in the Bandit Setting, ICML 2010) with the load as
// context (Krause and Ong, Contextual Gaussian Process Bandit Optimization, NIPS 2011), held to neighbours one step of one knob away, and to
// an account: what trying has cost may at no time exceed a share of what the configured choice would have brought (Wu, Shariff, Lattimore,
// Szepesvari, Conservative Bandits, ICML 2016). No clock, no randomness: the same measurements give the same choices.

public struct OptimizerSettings: Sendable, Equatable {
    public var weights = Weights()
    /// Measurements that are remembered.
    public var history = 100
    /// Measurements in one turn: half of them under what is tried, half under what it is tried against.
    public var window = 10
    /// What a neighbour must promise, as a share of the score, to be tried.
    public var convergence = 0.05
    /// The share of the score that trying may cost at any time.
    public var lossMaximum = 0.01

    public init() {}
}

public struct Optimizer: Sendable {
    public let space: SearchSpace
    public let settings: OptimizerSettings
    /// What is to be in force now.
    public internal(set) var choice: Choice
    /// What is known to be best; `choice`, unless something is tried.
    public internal(set) var incumbent: Choice
    /// Whether it tries anything; otherwise it only watches.
    public var explores = true
    public internal(set) var isConverged = false
    /// What is left of the allowed loss, in shares of an interval's score.
    public internal(set) var account: Double
    public private(set) var accuracy: Accuracy
    /// The newest last, at most `deedsMaximum`.
    public private(set) var deeds: [Deed] = []
    /// Measurements that counted.
    public private(set) var measured: UInt64 = 0
    /// Logarithms of the last interval's score, and of what was expected.
    public private(set) var lastScore: Double?
    public private(set) var lastExpected: Double?

    static let deedsMaximum = 50
    /// What may be lost before anything was earned.
    private static let accountAtFirst = 0.1
    private static let accountMaximum = 1.0

    struct Sample: Sendable {
        let choice: Choice
        let trial: Trial
        let score: Double
    }

    var history: [Sample] = []
    var model: GaussianProcess
    var probe: Probe?
    /// The turn of the intervals in which something was tried last.
    var lastTurn: UInt64?
    private var drift = DriftTest()
    /// The noise of a score, as a variance of its logarithm.
    private(set) var noise = Optimizer.noiseAtFirst
    /// Whether the interval that comes still finishes what came before a change.
    private var isSettling = false

    private static let noiseAtFirst = 0.01
    private static let noiseLeast = 0.0001

    /// A neighbour that is tried.
    struct Probe: Sendable {
        let turn: Turn
        let choice: Choice
        /// Which turn of the intervals it is.
        let number: UInt64
        var samples = 0
    }

    public init(space: SearchSpace, settings: OptimizerSettings = OptimizerSettings()) {
        self.space = space
        self.settings = settings
        choice = space.standard
        incumbent = space.standard
        account = Self.accountAtFirst
        accuracy = Accuracy(kept: settings.history)
        model = GaussianProcess([], scores: [], noise: Self.noiseAtFirst)
    }

    /// Takes in what an interval brought.
    ///
    /// - Returns: what is to be in force from now on; nil: what is.
    public mutating func step(_ measurement: Measurement) -> Choice? {
        guard measurement.isTelling else { return nil }
        let before = choice
        let score = settings.weights.logScore(measurement)
        let trial = Trial(levels: space.levels(choice), load: measurement.load, time: Double(measurement.number))
        measured += 1
        lastScore = score
        if isSettling {
            isSettling = false
        } else {
            judge(score, trial, measurement.number)
            learn(Sample(choice: choice, trial: trial, score: score))
            if probe != nil { probe?.samples += 1 }
        }
        keepAccount(trial)
        decide(trial, measurement.number)
        isSettling = choice != before
        return choice == before ? nil : choice
    }

    /// Forgets what was learned and goes back to what is configured.
    public mutating func reset() {
        let explores = explores
        self = Optimizer(space: space, settings: settings)
        self.explores = explores
        isSettling = true
    }

    /// Compares what was measured with what was expected.
    private mutating func judge(_ score: Double, _ trial: Trial, _ number: UInt64) {
        guard history.count >= 5 else { return }
        let expected = model.expected(trial)
        lastExpected = expected
        accuracy.add(expected: expected, measured: score)
        guard probe == nil, let direction = drift.add((score - expected) / noise.squareRoot()) else { return }
        history.removeFirst(max(0, history.count - settings.window / 2))
        isConverged = false
        if direction == .worse, incumbent != space.standard { incumbent = space.standard }
        choice = incumbent
        did(.drifts, number, "scores are \(direction == .worse ? "lower" : "higher") than what was learned says: it is forgotten")
    }

    private mutating func learn(_ sample: Sample) {
        history.append(sample)
        if history.count > settings.history {
            // What was tried is rarer, and worth more, than what is in force all the time.
            let isMostlyOrdinary = 2 * history.count(where: { $0.choice == incumbent }) > history.count
            history.remove(at: isMostlyOrdinary ? history.firstIndex { $0.choice == incumbent } ?? 0 : 0)
        }
        noise = measuredNoise
        model = GaussianProcess(history.map(\.trial), scores: history.map(\.score), noise: noise)
    }

    /// From differences of neighbouring measurements under one choice and a similar load; of those the median, so that jumps do not count.
    private var measuredNoise: Double {
        let differences = zip(history, history.dropFirst()).compactMap { one, next in
            one.choice == next.choice && abs(one.trial.load - next.trial.load) < 0.5 ? abs(next.score - one.score) : nil
        }
        guard differences.count >= 4 else { return max(noise, Self.noiseAtFirst) }
        // The median of such differences is 0.6745 times their deviation, and that is the root of two times the noise's.
        let deviation = differences.sorted()[differences.count / 2] / 0.6745
        return max(deviation * deviation / 2, Self.noiseLeast)
    }

    /// Every interval earns a share, and costs what the choice in force is expected to lose against the configured one.
    private mutating func keepAccount(_ trial: Trial) {
        account += settings.lossMaximum
        if choice != space.standard { account += model.advantage(of: at(choice, trial), over: at(space.standard, trial)).mean }
        account = min(account, Self.accountMaximum)
    }

    func at(_ choice: Choice, _ trial: Trial) -> Trial {
        Trial(levels: space.levels(choice), load: trial.load, time: trial.time)
    }

    mutating func did(_ kind: Deed.Kind, _ number: UInt64, _ reason: String) {
        deeds.append(Deed(number: number, kind: kind, choice: choice, reason: reason))
        if deeds.count > Self.deedsMaximum { deeds.removeFirst() }
    }
}
