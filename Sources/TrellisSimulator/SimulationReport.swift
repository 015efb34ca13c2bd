// What a simulation found: violations first, then figures, then the transcript if it was asked for.

public import TrellisModel

/// How long a transaction took from submission until it was in the ledger of the validator it was given to, in microseconds.
public struct SimulatedLatency: Sendable, Equatable {
    public var median: UInt64 = 0
    public var worst: UInt64 = 0

    init(_ samples: [UInt64]) {
        let sorted = samples.sorted()
        median = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
        worst = sorted.last ?? 0
    }
}

public struct SimulationReport: Sendable {
    public var configuration: SimulationConfiguration
    /// What must never happen and did, one readable line each. Empty: the run passed.
    public internal(set) var violations: [String] = []
    public internal(set) var transcript: [String] = []

    public internal(set) var commits: UInt64 = 0
    public internal(set) var highestRound: Round = 0
    public internal(set) var submitted = 0
    public internal(set) var messages: UInt64 = 0
    public internal(set) var bytes: UInt64 = 0
    public internal(set) var crashes = 0
    /// Crashes after which what was on disk was lost, or an older copy came back.
    public internal(set) var losses = 0
    /// What went wrong with disks, and in which directories.
    var mishaps: Set<DiskMishap> = []
    /// How often a validator took over a state.
    public internal(set) var installed = 0
    public internal(set) var equivocations = 0
    /// Proofs of misbehaviour in the ledger.
    public internal(set) var evidence = 0
    /// Levels that the threshold was at, at some correct validator.
    public internal(set) var levels: Set<ThresholdLevel> = []
    /// Simulated milliseconds in all.
    public internal(set) var simulated: Milliseconds = 0
    /// Records under light load with no faults.
    public internal(set) var lightLoad = SimulatedLatency([])
    /// Proposals under light load, until they are decided.
    public internal(set) var decided = SimulatedLatency([])
    /// The lone record after the idle time.
    public internal(set) var afterIdle = SimulatedLatency([])
    /// From submission to a certificate over the lone record, in microseconds.
    public internal(set) var afterIdleCertified: UInt64 = 0
    /// Simulated milliseconds from healing until the last block was published.
    public internal(set) var quietAfter: Milliseconds = 0
    /// Messages and ticks per validator and simulated second while idle, in thousandths.
    public internal(set) var idleMessagesPermille: UInt64 = 0
    public internal(set) var idleTicksPermille: UInt64 = 0

    /// Whether more went wrong than the network can go on with: nothing need have been committed.
    public internal(set) var mayStall = false

    public var passed: Bool { violations.isEmpty }

    /// The command that repeats this run.
    public var command: String {
        var words = "trellis simulate --seed \(configuration.seed)"
        words += " --validators \(configuration.validators) --profile \(configuration.profile.rawValue)"
        words += " --duration \(configuration.duration) --idle \(configuration.idle)"
        if let adversary = configuration.adversary { words += " --adversary \(adversary)" }
        words += " --rule \(configuration.hasFastPath ? "finwhale" : "base")"
        words += " --schedule-interval \(configuration.scheduleInterval)"
        words += " --threshold-window \(configuration.thresholdWindow)"
        if configuration.down > 0 { words += " --down \(configuration.down)" }
        if configuration.signatures != .hash { words += " --signatures \(configuration.signatures.rawValue)" }
        return words
    }

    /// A few lines for people.
    public var summary: [String] {
        [
            "seed \(configuration.seed): \(configuration.validators) validators, \(configuration.profile.rawValue), "
                + "\(configuration.hasFastPath ? "finwhale" : "base rule"), "
                + "\(commits) commits, round \(highestRound), \(submitted) transactions, \(crashes) crashes, \(losses) lost disks, "
                + "\(equivocations) equivocations seen, \(evidence) proven, \(messages) messages"
                + (levels.isEmpty ? "" : "; thresholds: " + levels.sorted().map(\.name).joined(separator: ", ")),
            "light load: records median \(Self.milliseconds(lightLoad.median)) ms, worst \(Self.milliseconds(lightLoad.worst)) ms; "
                + "decisions median \(Self.milliseconds(decided.median)) ms, worst \(Self.milliseconds(decided.worst)) ms; "
                + "after idling: ordered in \(Self.milliseconds(afterIdle.worst)) ms, "
                + "certified in \(Self.milliseconds(afterIdleCertified)) ms",
            "quiet \(quietAfter) ms after healing; while idle \(Self.thousandths(idleMessagesPermille)) messages and "
                + "\(Self.thousandths(idleTicksPermille)) ticks per validator and second",
        ] + violations.map { "VIOLATION " + $0 }
    }

    static func milliseconds(_ microseconds: UInt64) -> String { thousandths(microseconds) }

    static func thousandths(_ value: UInt64) -> String {
        let rest = String(value % 1000)
        return "\(value / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }
}
