// A whole committee in one thread: the loop over events. Same configuration, same run, to the byte. What goes wrong stands in
// Simulation+Faults.swift, what the machines can do to the world in Simulation+World.swift, the course of a run in Simulation+Phases.swift.

import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel
import TrellisReplica

/// What can happen. The integers are the machine and, where there are two, its generation.
enum SimulatedEvent {
    case deliver(Letter, to: Int)
    case connected(Int, to: ValidatorIndex)
    case wake(Int, Int, token: UInt64)
    case sealed(Int, Int, Block)
    case synced(Int, Int, Block)
    indirect case executed(Int, Int, Checkpoint?, Milliseconds?)
    case submit(Int, Int, [Transaction])
    indirect case answered(Int, Int, CatchUpAnswer)
    case judged(Int, Int, [Digest])
    case voteAgain(Int, Int, [Digest])
    indirect case ship(Int, Shipment)
    case restart(Int)
    case operate(Int)
    case trap
    case arm
    case crash
    case crashAgain(Int)
    case split
    case join
    case clog
    case pause
    case jump
    case trouble
    case tune
    case starve
    case client
    case act(Int)

    /// The machine that cannot do this while it is paused.
    var machine: Int? {
        switch self {
        case .deliver(_, let number), .connected(let number, _), .wake(let number, _, _), .sealed(let number, _, _): number
        case .synced(let number, _, _), .executed(let number, _, _, _), .submit(let number, _, _): number
        case .judged(let number, _, _), .voteAgain(let number, _, _): number
        default: nil
        }
    }
}

/// A transaction that a client gave to a correct validator.
struct Submission {
    let transaction: Transaction
    let machine: Int
    let at: UInt64
    let isRecord: Bool
    var loggedAt: UInt64?
    var certifiedAt: UInt64?
}

/// Runs one configuration once.
public final class Simulation {
    let configuration: SimulationConfiguration
    let keys: SimulatedCommittee
    let faults: Faults
    var conspiracy: Conspiracy
    var witness = Witness()
    var report: SimulationReport
    private(set) var now: UInt64 = 0
    private(set) var machines: [SimulatedValidator] = []
    var network: SimulatedNetwork
    var random: SimulationRandom
    /// Chooses tunings: apart from `random`, so that runs without any are what they were.
    var tuner: SimulationRandom
    private var intake: Intake?
    private var queue = EventQueue<SimulatedEvent>()
    private var handled: UInt64 = 0

    var submissions: [Submission] = []
    var submissionsByIdentifier: [Digest: Int] = [:]
    var isHealed = false
    /// The machines that the newest trap left behind.
    var laggards: Set<Int> = []
    var lastPublishedAt: UInt64 = 0
    /// When a correct validator last took over an adversary's block of a round that is long past: what is in it wakes the others like anything
    /// else that an adversary proposes.
    var givenOutLateAt: UInt64 = 0
    /// Messages of correct validators that are no heartbeats.
    var businessMessages: UInt64 = 0

    /// - Throws: when no committee can be made of the configuration.
    public init(configuration: SimulationConfiguration) throws {
        self.configuration = configuration
        report = SimulationReport(configuration: configuration)
        tuner = SimulationRandom(seed: configuration.seed ^ 0x70E5)
        var random = SimulationRandom(seed: configuration.seed)
        var faults = Faults(configuration.profile, &random)
        // Who names an adversary wants to see it, whatever the profile.
        if configuration.adversary != nil { faults.isByzantine = true }
        let count = max(1, configuration.validators)
        let hasFastPath = configuration.hasFastPath && count >= 4
        let stakes = (0..<count).map { _ in faults.hasUnequalStakes && !hasFastPath ? random.between(1, 5) : 1 }
        var parameters =
            configuration.profile == .calm
            ? Parameters()
            : Parameters(
                // Where journals are kept short, little keeps others from taking over a state.
                gcDepth: random.between(8, faults.journalBytes == nil ? 64 : 12),
                payloadBytes: random.between(4096, 65536), transactionBytes: 2048,
                roundsAhead: random.between(16, 128))
        if hasFastPath { parameters.fastPathFaults = 1 }
        parameters.scheduleInterval = configuration.scheduleInterval
        parameters.thresholdWindow = configuration.thresholdWindow
        keys = try SimulatedCommittee(
            seed: random.next(), stakes: stakes, signatures: configuration.signatures, parameters: parameters, deadline: 4000)
        let cast = Self.cast(configuration, keys.committee.stakes, faults, &random)
        // Who hears seconds late cannot keep up with one for whom no round is fast enough.
        if cast.behaviours.contains(.roundRacer) { faults.narrowLink = 0 }
        let twins = cast.behaviours.indices.filter { cast.behaviours[$0] == .twins }
        network = SimulatedNetwork(
            machines: count + twins.count, faults: faults, messageBytes: keys.committee.limits.messageBytes, random: random.fork())
        conspiracy = Conspiracy(salt: random.next(), victim: ValidatorIndex(random.below(count)))
        self.faults = faults
        report.mayStall = faults.isSafetyOnly
        self.random = random.fork()
        for (number, identity) in (Array(0..<count) + twins).enumerated() {
            machines.append(
                SimulatedValidator(
                    number: number, identity: ValidatorIndex(identity), behaviour: cast.behaviours[identity], world: self,
                    isSlow: faults.hasSlowMachine && number == network.slowMachine,
                    damage: cast.damaged.contains(identity) ? faults.damage : 0, random: random.fork()))
        }
        intake = Intake(keys.committee) { [unowned self] block in
            witness.signed(block, isCorrect)
            guard isCorrect(block.author) else { return }
            // Whose journal was cut or lost does not know how late it was.
            let author = machines[Int(block.author)]
            witness.saw(block.reference, timestamp: author.damage > 0 || author.losses > 0 ? nil : block.timestamp)
        }
    }

    /// Who does what: adversaries and validators with damaged journals have at most f of the stake together.
    private static func cast(
        _ configuration: SimulationConfiguration, _ stakes: Stakes, _ faults: Faults, _ random: inout SimulationRandom
    ) -> (behaviours: [Behaviour], damaged: Set<Int>) {
        var behaviours = [Behaviour](repeating: .correct, count: stakes.count)
        var damaged: Set<Int> = []
        var left = stakes.faulty
        let named = configuration.adversary.flatMap { Behaviour(rawValue: $0) } ?? faults.adversary
        // In concert they are mostly of one kind.
        let kind = named ?? Behaviour(rawValue: configuration.kind) ?? .silent
        let isOneKind = named != nil || random.chance(permille: 600)
        for candidate in random.shuffled(Array(behaviours.indices)) where stakes.each[candidate] <= left {
            let isAdversary = faults.isByzantine && (faults.damage == 0 || random.chance(permille: 600))
            guard isAdversary || faults.damage > 0 else { continue }
            left -= stakes.each[candidate]
            if isAdversary {
                behaviours[candidate] = isOneKind ? kind : Behaviour.adversaries[random.below(Behaviour.adversaries.count)]
            } else {
                damaged.insert(candidate)
            }
        }
        for index in behaviours.indices.suffix(min(max(0, configuration.down), stakes.count - 1)) { behaviours[index] = .silent }
        return (behaviours, damaged)
    }

    /// Runs all of it and returns what was found.
    public func run() -> SimulationReport {
        begin()
        scheduleFaults()
        scheduleTunings()
        runPhases()
        report.violations = witness.violations
        report.commits = witness.commitCount
        report.highestRound = machines.compactMap { $0.process?.core.highestRound }.max() ?? 0
        report.submitted = submissions.count
        report.equivocations = machines.reduce(0) { $0 + $1.equivocationsSeen }
        report.evidence = machines.first { $0.isCorrect }?.process?.storage.ledger.ledger.evidence.count ?? 0
        report.simulated = now / 1000
        report.losses = machines.reduce(0) { $0 + $1.losses }
        report.mishaps = machines.reduce(into: []) { $0.formUnion($1.health.mishaps) }
        return report
    }

    private func begin() {
        let rule = keys.committee.fastPath == nil ? "base rule" : "finwhale"
        note("seed \(configuration.seed), profile \(configuration.profile.rawValue), \(rule), stakes \(keys.committee.stakes.each)")
        for machine in machines where machine.behaviour != .correct { note("\(machine.name) is \(machine.behaviour.rawValue)") }
        for machine in machines where machine.behaviour != .silent { machine.start() }
        for machine in machines where machine.adversary != nil { schedule(.act(machine.number), after: 50_000) }
    }

    /// What happens in one run, at most: more is a busy loop.
    private var eventsMaximum: UInt64 { 1_000_000 + 500 * configuration.duration }

    /// Handles everything that happens before `end`.
    func advance(to end: UInt64) {
        while handled < eventsMaximum, !isOver, let next = queue.nextTime, next <= end, let (time, event) = queue.pop() {
            now = time
            handled += 1
            if handled == eventsMaximum { witness.violation("\(handled) events by \(SimulationReport.milliseconds(now)) ms") }
            if let number = event.machine, machines[number].pausedUntil > now {
                queue.add(event, at: machines[number].pausedUntil)
            } else {
                handle(event)
            }
        }
        now = end
    }

    private var isOver: Bool { configuration.stopsAtViolation && !witness.violations.isEmpty }

    func schedule(_ event: SimulatedEvent, after delay: UInt64) { queue.add(event, at: now + delay) }

    private func handle(_ event: SimulatedEvent) {
        switch event {
        case .deliver(let letter, let number): if machines[number].isUp { deliver(letter, to: machines[number]) }
        case .connected(let number, let peer): machines[number].take(.connected(peer))
        case .wake(let number, let generation, let token): current(number, generation)?.wake(token)
        case .sealed(let number, let generation, let block): current(number, generation)?.take(.sealed(block))
        case .synced(let number, let generation, let block): current(number, generation)?.synced(block)
        case .executed(let number, let generation, let checkpoint, let deadline):
            current(number, generation)?.take(.executed(checkpoint, nextDeadline: deadline))
        case .answered(let number, let generation, let answer): current(number, generation)?.take(.catchUpAnswer(answer))
        case .submit(let number, let generation, let transactions): current(number, generation)?.take(.submit(transactions))
        case .judged(let number, let generation, let identifiers): current(number, generation)?.judged(identifiers)
        case .voteAgain(let number, let generation, let identifiers): current(number, generation)?.voteAgain(identifiers)
        case .ship(let number, let shipment): ship(shipment, from: machines[number])
        case .restart(let number): if !machines[number].isUp { machines[number].start() }
        case .operate(let number): operate(machines[number])
        case .trap: setTrap()
        case .arm: armTrap()
        case .crash: crashOne()
        case .crashAgain(let number): crashAgain(machines[number])
        case .split: split()
        case .join: join()
        case .clog: clog()
        case .pause: pauseOne()
        case .jump: jumpOne()
        case .trouble: troubleOne()
        case .tune: tuneOne()
        case .starve: starve()
        case .client: submitInChaos()
        case .act(let number): act(machines[number])
        }
    }

    private func current(_ number: Int, _ generation: Int) -> SimulatedValidator? {
        machines[number].generation == generation && machines[number].isUp ? machines[number] : nil
    }

    private func deliver(_ letter: Letter, to machine: SimulatedValidator) {
        guard let intake, let input = letter.open(intake) else { return }
        if isKept(input, from: machine) { schedule(.deliver(letter, to: machine.number), after: 5000) } else { machine.take(input) }
    }
}
