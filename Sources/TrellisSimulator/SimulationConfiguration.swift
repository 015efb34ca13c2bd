// What a simulation is asked to do: the seed, the size, and what goes wrong meanwhile. Everything not said follows from the seed.

public import TrellisModel

/// What goes wrong during the first part of a simulation; afterwards the network heals and everybody is up.
public enum SimulationProfile: String, Sendable, CaseIterable {
    /// Every message takes exactly 10 ms.
    case calm
    /// Delays vary widely, messages overtake one another, clocks differ.
    case jitter
    /// Messages are lost, doubled, and come again seconds later; some go on being lost to the end.
    case lossy
    /// The committee falls apart and comes together again; some are heard who cannot hear.
    case partitions
    /// Machines clog one after the other, and come free in another order.
    case clogs
    /// One validator is ten times as slow as the others, and some links are.
    case slow
    /// Validators crash at any point, some again and again, and restart from their journals.
    case crashes
    /// Validators are down for long, while the others keep little of their journals.
    case absences
    /// Journals are damaged, and cut where the damage begins.
    case disks
    /// Clocks are off, drift and jump.
    case clocks
    /// Processes stop and go on.
    case pauses
    /// Up to f of the stake is adversarial.
    case byzantine
    /// Disks are lost, or replaced by older copies; often somebody lies to whoever has forgotten what it signed.
    case amnesia
    /// The network shows everybody a bare quorum of every round, each another one; often somebody equivocates.
    case quorums
    /// Most of it at once.
    case chaos
}

public struct SimulationConfiguration: Sendable {
    public var seed: UInt64
    public var validators: Int
    public var profile: SimulationProfile
    /// How long things go wrong, in simulated milliseconds.
    public var duration: Milliseconds
    /// How long everybody is quiet before the lone transaction at the end, in simulated milliseconds.
    public var idle: Milliseconds
    public var signatures: SimulatedSignatures
    /// Whether four and more commit by the FinWhale rule, with equal stakes.
    public var hasFastPath: Bool
    /// Commits after which leaders are chosen by reputation; 0: never.
    public var scheduleInterval: UInt64
    /// Commits after which the level of the threshold is computed anew; 0: it is fixed.
    public var thresholdWindow: UInt64
    /// How many validators are down from beginning to end, the last ones of the committee.
    public var down: Int
    /// How every adversary behaves, if not as the seed chooses; see `behaviours`.
    public var adversary: String?
    /// How adversaries behave where there are some and nobody says: as the seed's number chooses.
    let kind: String
    /// Whether the pacing of validators is tuned at random; see Simulation+Tunings.swift.
    public var isTuned: Bool
    /// Whether the report carries a line for everything that happens.
    public var transcript: Bool
    /// Whether nothing is run beyond the first violation.
    var stopsAtViolation = false

    /// What adversaries there are.
    public static var behaviours: [String] { Behaviour.adversaries.map(\.rawValue) }

    /// Half of all runs have most of what can go wrong. What sets validators at odds soonest comes more often than the rest.
    private static let profiles: [SimulationProfile] = {
        let single = SimulationProfile.allCases + [.quorums, .quorums, .quorums]
        return single + [SimulationProfile](repeating: .chaos, count: single.count - 2)
    }()
    /// Two seeds of five have the fast path.
    private static let rules = 5

    /// Among so many seeds in a row every profile occurs with every kind of adversary under both rules, whatever luck says.
    static let mixPeriod = UInt64(profiles.count * behaviours.count * rules)

    private static func mix(_ seed: UInt64) -> (profile: SimulationProfile, kind: String, hasFastPath: Bool) {
        // A prime that divides no number of choices: all places of the period come once, and neighbours are far apart.
        let place = Int(seed % mixPeriod * 7919 % mixPeriod)
        let (rest, profile) = place.quotientAndRemainder(dividingBy: profiles.count)
        let (rule, kind) = rest.quotientAndRemainder(dividingBy: behaviours.count)
        return (profiles[profile], behaviours[kind], rule < 2)
    }

    /// - Parameters:
    ///   - validators: nil: the seed chooses, mostly 4.
    ///   - profile: nil: the seed chooses.
    ///   - hasFastPath: nil: the seed chooses.
    ///   - scheduleInterval: nil: the seed chooses.
    ///   - thresholdWindow: nil: the seed chooses.
    ///   - isTuned: nil: the seed chooses.
    public init(
        seed: UInt64, validators: Int? = nil, duration: Milliseconds = 6000, profile: SimulationProfile? = nil, idle: Milliseconds = 30_000,
        signatures: SimulatedSignatures = .hash, hasFastPath: Bool? = nil, scheduleInterval: UInt64? = nil, thresholdWindow: UInt64? = nil,
        down: Int = 0, adversary: String? = nil, isTuned: Bool? = nil, transcript: Bool = false
    ) {
        var random = SimulationRandom(seed: seed ^ 0x5EED)
        let sizes = [4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 1, 2, 3, 5, 6, 7, 7, 10]
        let mix = Self.mix(seed)
        let chosenSize = sizes[random.below(sizes.count)]
        let intervals: [UInt64] = [0, 300, 10, 10, 3]
        let chosenInterval = intervals[random.below(intervals.count)]
        let windows: [UInt64] = [0, 100, 20, 5]
        let chosenWindow = windows[random.below(windows.count)]
        self.seed = seed
        self.validators = validators ?? chosenSize
        self.duration = duration
        self.profile = profile ?? mix.profile
        self.idle = idle
        self.signatures = signatures
        self.hasFastPath = hasFastPath ?? mix.hasFastPath
        self.scheduleInterval = scheduleInterval ?? chosenInterval
        self.thresholdWindow = thresholdWindow ?? chosenWindow
        self.down = down
        self.adversary = adversary
        kind = mix.kind
        var tuner = SimulationRandom(seed: seed ^ 0x7E2E)
        self.isTuned = isTuned ?? tuner.chance(permille: 350)
        self.transcript = transcript
    }
}
