// What a simulation is asked to do: the seed, the size, and what goes wrong meanwhile. Everything not said follows from the seed.

public import TrellisModel

/// What goes wrong during the first part of a simulation; afterwards the network heals and everybody is up.
public enum SimulationProfile: String, Sendable, CaseIterable {
    /// Every message takes exactly 10 ms.
    case calm
    /// Delays vary widely, messages overtake one another, clocks differ.
    case jitter
    /// Messages are lost and doubled, and go on being lost to the end.
    case lossy
    /// The committee falls apart and comes together again.
    case partitions
    /// Validators crash at any point and restart from their journals.
    case crashes
    /// Up to f of the stake is adversarial.
    case byzantine
    /// All of it.
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
    /// How many validators are down from beginning to end, the last ones of the committee.
    public var down: Int
    /// Whether the report carries a line for everything that happens.
    public var transcript: Bool

    /// - Parameters:
    ///   - validators: nil: the seed chooses, mostly 4.
    ///   - profile: nil: the seed chooses.
    public init(
        seed: UInt64, validators: Int? = nil, duration: Milliseconds = 6000, profile: SimulationProfile? = nil, idle: Milliseconds = 30_000,
        signatures: SimulatedSignatures = .hash, down: Int = 0, transcript: Bool = false
    ) {
        var random = SimulationRandom(seed: seed ^ 0x5EED)
        let sizes = [4, 4, 4, 4, 4, 1, 2, 3, 5, 7, 7, 10]
        let profiles = SimulationProfile.allCases
        let chosenSize = sizes[random.below(sizes.count)]
        let chosenProfile = profiles[random.below(profiles.count)]
        self.seed = seed
        self.validators = validators ?? chosenSize
        self.duration = duration
        self.profile = profile ?? chosenProfile
        self.idle = idle
        self.signatures = signatures
        self.down = down
        self.transcript = transcript
    }
}

/// How an adversarial validator behaves.
enum Behaviour: String, CaseIterable {
    case correct
    /// Never says anything.
    case silent
    /// Shows each block to some only, and serves nobody.
    case withholder
    /// Signs two blocks in every round and shows them to different validators.
    case equivocator
    /// Two full validators run under one key, each heard by some.
    case twins
    /// Signs blocks of far rounds with invented parents, third twins and false attestations; claims any round.
    case liar
}

/// The numbers behind a profile. Times in microseconds, chances in per mille.
struct Faults {
    var delay: (least: UInt64, most: UInt64) = (10_000, 10_000)
    /// Chance that a message takes up to twenty times as long.
    var straggler = 0
    var loss = 0
    /// Loss after the network has healed.
    var lossAfter = 0
    var duplicate = 0
    /// The most that a clock is off, in milliseconds.
    var skew: UInt64 = 0
    /// The most that signing, syncing and executing take.
    var work: UInt64 = 0
    /// Mean time between partitions, and between crashes; 0: none.
    var partitionEvery: UInt64 = 0
    var crashEvery: UInt64 = 0
    /// Chance that a block's publication is cut short by a crash.
    var crashAtPublish = 0
    var isByzantine = false
    var hasUnequalStakes = false

    init(_ profile: SimulationProfile, _ random: inout SimulationRandom) {
        guard profile != .calm else { return }
        let least = random.between(100, 20_000)
        delay = (least, least + random.between(0, 4 * least))
        work = random.chance(permille: 500) ? random.between(0, 10_000) : 0
        skew = random.chance(permille: 300) ? random.between(0, 400) : random.between(0, 3)
        hasUnequalStakes = random.chance(permille: 250)
        let isChaos = profile == .chaos
        if profile == .jitter || isChaos { straggler = random.below(60) }
        if profile == .lossy || isChaos {
            loss = 5 + random.below(200)
            lossAfter = random.chance(permille: 500) ? random.below(30) : 0
            duplicate = random.below(100)
        }
        if profile == .partitions || isChaos { partitionEvery = random.between(500_000, 4_000_000) }
        if profile == .crashes || isChaos {
            crashEvery = random.between(200_000, 3_000_000)
            crashAtPublish = random.below(20)
        }
        if profile == .byzantine || isChaos { isByzantine = true }
    }
}
