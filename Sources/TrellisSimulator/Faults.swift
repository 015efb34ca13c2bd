// What goes wrong, in numbers, for every profile. Times in microseconds, chances in per mille. Everything follows from the seed.

import TrellisConsensus
import TrellisModel

struct Faults {
    // Messages.
    var delay: (least: UInt64, most: UInt64) = (10_000, 10_000)
    /// Chance that a message takes up to twenty times as long, and sometimes up to two hundred times.
    var straggler = 0
    var loss = 0
    /// Loss after the network has healed.
    var lossAfter = 0
    var duplicate = 0
    /// Chance that a message comes once more, seconds later.
    var replay = 0
    /// Chance that a link is slow throughout, up to ten times.
    var slowLink = 0
    /// How long the largest message takes to and from one machine, others in proportion to their size; 0: no time.
    var narrowLink: UInt64 = 0
    /// Mean time between partitions, and between spells of clogged machines; 0: none.
    var partitionEvery: UInt64 = 0
    var clogEvery: UInt64 = 0
    /// How correct validators pace themselves.
    var pacing = Pacing()
    /// Mean time between changes of what the network keeps from whom; 0: nothing, ever.
    var starveEvery: UInt64 = 0

    // Machines.
    /// The most that signing, syncing and executing take.
    var work: UInt64 = 0
    /// Whether one validator's work and messages take ten times as long.
    var hasSlowMachine = false
    /// Mean time between crashes, and between pauses; 0: none.
    var crashEvery: UInt64 = 0
    var pauseEvery: UInt64 = 0
    /// Chance that a crash comes again and again.
    var crashLoop = 0
    /// Chance that a block's publication is cut short by a crash.
    var crashAtPublish = 0
    /// Chance that a crash damages the journal: it is repaired by cutting it where the damage begins.
    var damage = 0
    /// Chance that what is on the disk of a crashed validator is lost, or comes back as an older copy.
    var amnesia = 0
    /// Mean time between moments at which the network helps liars with somebody who forgets; 0: none.
    var trapEvery: UInt64 = 0
    /// Chance that a later release wrote to a crashed validator's journal.
    var postdate = 0
    /// Mean time between full disks and syncs that fail; 0: none.
    var troubleEvery: UInt64 = 0
    /// Chance that a start meets a read that is wrong once, and chance that a sync takes long.
    var flippedRead = 0
    var slowSync = 0

    // Clocks.
    /// The most that a clock is off, in milliseconds, and the most that it drifts, in parts per million.
    var skew: UInt64 = 0
    var drift: UInt64 = 0
    /// Mean time between jumps of some clock; 0: none.
    var jumpEvery: UInt64 = 0

    /// How many bytes of their journals validators keep for others; nil: all.
    var journalBytes: UInt64?
    /// Whether whoever crashes is down for long.
    var isAbsent = false

    var isByzantine = false
    /// How adversaries behave; nil: as the cast says.
    var adversary: Behaviour?
    /// Whether there may be more faults than the network can go on with, though not more than f of the stake lies.
    var isSafetyOnly = false
    var hasUnequalStakes = false

    init(_ profile: SimulationProfile, _ random: inout SimulationRandom) {
        guard profile != .calm else { return }
        let least = random.chance(permille: 100) ? random.between(500, 2000) : random.between(2000, 40_000)
        delay = (least, least + random.between(0, 4 * least))
        work = random.chance(permille: 500) ? random.between(0, 10_000) : 0
        skew = random.chance(permille: 300) ? random.between(0, 400) : random.between(0, 3)
        hasUnequalStakes = random.chance(permille: 250)
        let all: [SimulationProfile] = [
            .jitter, .lossy, .partitions, .clogs, .slow, .crashes, .absences, .disks, .clocks, .pauses, .byzantine, .amnesia,
            .quorums,
        ]
        // Chaos is most of it, and never twice the same.
        for part in all where profile == part || (profile == .chaos && part != .absences && random.chance(permille: 700)) {
            add(part, profile, &random)
        }
        // From a generator apart, so that runs without them are what they were.
        var apart = random
        var disks = SimulationRandom(seed: apart.next() ^ 0xD15C)
        guard troubleEvery > 0 else { return }
        flippedRead = 300
        slowSync = disks.chance(permille: 500) ? 5 + disks.below(150) : 0
    }

    private mutating func add(_ part: SimulationProfile, _ profile: SimulationProfile, _ random: inout SimulationRandom) {
        switch part {
        // A third of the messages late means that everybody sees another quorum first.
        case .jitter: straggler = random.chance(permille: 500) ? random.below(60) : 100 + random.below(300)
        case .lossy:
            loss = 5 + random.below(random.chance(permille: 300) ? 295 : 150)
            lossAfter = random.chance(permille: 500) ? random.below(30) : 0
            duplicate = random.below(500)
            replay = random.chance(permille: 500) ? random.below(500) : 0
        case .partitions: partitionEvery = random.between(500_000, 4_000_000)
        case .clogs: clogEvery = random.between(500_000, 4_000_000)
        case .slow:
            slowLink = random.below(300)
            hasSlowMachine = random.chance(permille: 700)
        case .crashes:
            crashEvery = random.between(200_000, 3_000_000)
            crashAtPublish = random.below(20)
            crashLoop = random.chance(permille: 300) ? random.below(500) : 0
        case .absences:
            crashEvery = random.between(300_000, 2_000_000)
            isAbsent = true
            journalBytes = random.below(UInt64(20 << 10))
            isByzantine = random.chance(permille: 700)
            narrowLink = random.chance(permille: 400) ? random.between(2_000_000, 6_000_000) : 0
        case .disks:
            crashEvery = crashEvery > 0 ? crashEvery : random.between(500_000, 3_000_000)
            damage = random.chance(permille: 700) ? 100 + random.below(500) : 0
            troubleEvery = random.between(500_000, 4_000_000)
            postdate = 50
        case .clocks:
            skew = random.between(0, 400)
            drift = random.below(UInt64(2000))
            jumpEvery = random.between(300_000, 3_000_000)
        case .pauses: pauseEvery = random.between(200_000, 3_000_000)
        case .byzantine: isByzantine = true
        case .amnesia:
            crashEvery = crashEvery > 0 ? crashEvery : random.between(300_000, 2_000_000)
            amnesia = 200 + random.below(600)
            // While one has forgotten, it needs the messages of all others, and it depends on who is slow whether that matters.
            straggler = max(straggler, random.below(300))
            // Who has forgotten, and f of the stake in bad hands, are too many faults to go on; never may anything be signed twice.
            isSafetyOnly = random.chance(permille: isByzantine ? 200 : 500)
            if isSafetyOnly, !isByzantine, random.chance(permille: 700) { adversary = .falseWitness }
            trapEvery = isSafetyOnly ? random.between(300_000, 2_000_000) : 0
            isByzantine = isByzantine || isSafetyOnly
        case .quorums:
            starveEvery = random.between(100_000, 1_000_000)
            pacing.leaderTimeout = random.between(10, 60)
            // Alone, it is quick: what it takes are many rounds that wait for what is kept from them.
            if profile == .quorums {
                delay = (500, random.between(1000, 8000))
                pacing.leaderTimeoutMaximum = 2 * pacing.leaderTimeout
            }
            // What is split by the network is best told apart by who says different things to either side.
            isByzantine = isByzantine || random.chance(permille: 700)
            if adversary == nil, random.chance(permille: 500) { adversary = .equivocator }
        case .calm, .chaos: break
        }
    }
}
