// One simulated machine: the real core and the real ledger, its journal, its clock, and the interpreter of the core's effects. What leaves
// it stands in SimulatedValidator+Publish.swift, what it executes in SimulatedValidator+Ledger.swift. What it may do to the world is behind
// `SimulatedWorld`.

import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel

/// What a machine can do to what is around it, and learn from it.
protocol SimulatedWorld: AnyObject {
    /// Microseconds since the beginning.
    var now: UInt64 { get }
    var faults: Faults { get }
    /// Chance that a publication is cut short by a crash, in per mille.
    var crashAtPublish: Int { get }
    var keys: SimulatedCommittee { get }
    var conspiracy: Conspiracy { get }
    var witness: Witness { get set }
    func schedule(_ event: SimulatedEvent, after delay: UInt64)
    /// Nil: to every other validator.
    func send(_ message: PeerMessage, from machine: SimulatedValidator, to peer: ValidatorIndex?)
    func ship(_ shipment: Shipment, from machine: SimulatedValidator)
    func note(_ line: @autoclosure () -> String)
    func isCorrect(_ validator: ValidatorIndex) -> Bool
    func committed(_ commit: Commit, by machine: SimulatedValidator)
    func logged(_ identifiers: [Digest], at machine: SimulatedValidator)
    func certified(_ checkpoint: Checkpoint, at machine: SimulatedValidator)
    /// The threshold of a correct machine's ledger is at this level.
    func reached(_ level: ThresholdLevel)
    /// A machine took over a state.
    func installed(_ machine: SimulatedValidator)
    func published(_ machine: SimulatedValidator)
    func spring(_ machine: SimulatedValidator)
    /// Whether this round is the one for which the network waits.
    func mayShut(on machine: SimulatedValidator, in round: Round) -> Bool
    func resubmit(to machine: SimulatedValidator)
    func greet(_ machine: SimulatedValidator)
}

/// What becomes of a validator's data directory while it is down.
enum Loss: String, CaseIterable {
    case wiped = "lost its disk"
    /// An older copy, and the operator says so: its mark is removed.
    case restored = "has an older copy of its disk"
    /// An older copy beside the present mark.
    case restoredBesideMark = "has an older copy of its disk, and its mark"
}

/// What is gone after a crash. The core is held by reference: a copy of it takes longer than many a step.
final class SimulatedProcess {
    var core: Core

    init(_ core: Core) { self.core = core }
}

final class SimulatedValidator {
    let number: Int
    let identity: ValidatorIndex
    let behaviour: Behaviour
    let name: String
    unowned let world: any SimulatedWorld
    /// While it is up.
    private(set) var process: SimulatedProcess?
    var journal = SimulatedJournal()
    var ledger: SimulatedLedger
    var clock: SimulatedClock
    var adversary: (any Adversary)?
    /// Grows with every crash; what was scheduled before one is void.
    private(set) var generation = 0
    /// Until when the process is stopped, in microseconds.
    var pausedUntil: UInt64 = 0
    /// How often a crash damages its journal, in per mille.
    let damage: Int
    private(set) var equivocationsSeen = 0
    private(set) var ticks: UInt64 = 0
    /// How often what it had on disk was lost.
    private(set) var losses = 0
    /// From such a loss until it has signed again.
    var hasForgotten = false
    /// Its next block will be shown to liars alone, and then its disk is lost.
    var isTrapped = false

    let pacing: Pacing
    let snapshotEvery: UInt64
    var random: SimulationRandom
    var isSyncing = false
    var answeredAt: UInt64 = 0
    var castVotes: Set<Digest> = []
    /// What it attests must be among these.
    var executedCheckpoints: Set<Attestation> = []
    private let workFactor: UInt64
    private var outbox: [Effect] = []
    private var outboxHead = 0
    private var wakeToken: UInt64 = 0
    private var ticksInSecond: (second: UInt64, count: Int) = (0, 0)
    private var steps = 0
    var accused: Set<EvidenceKey> = []
    /// What it offers to those who are far behind.
    var states = CertifiedStates(interval: 8)
    var budget: AnswerBudget

    init(
        number: Int, identity: ValidatorIndex, behaviour: Behaviour, world: any SimulatedWorld, isSlow: Bool, damage: Int,
        random: SimulationRandom
    ) {
        self.number = number
        self.identity = identity
        self.behaviour = behaviour
        self.world = world
        self.damage = damage
        self.random = random
        name = number == Int(identity) ? "v\(identity)" : "v\(identity)'"
        adversary = behaviour.adversary(own: identity, random: self.random.fork())
        pacing = adversary?.pacing ?? Pacing()
        workFactor = isSlow ? 10 : 1
        clock = SimulatedClock(world.faults, &self.random)
        snapshotEvery = self.random.between(1, 40)
        ledger = SimulatedLedger(committee: world.keys.committee)
        budget = AnswerBudget(world.keys.committee.limits)
        if world.faults.hasDisks { journal = SimulatedJournal(disk: try? JournalDisk(seed: self.random.next())) }
    }

    var isUp: Bool { process != nil }
    var isCorrect: Bool { behaviour == .correct }
    var committee: Committee { world.keys.committee }
    var moment: Moment { clock.moment(world.now) }

    // MARK: Life

    /// Starts, unless its journal is of a later release: then it stays down.
    func start() {
        if let problems = journal.refusal() {
            for problem in problems { world.witness.violation("\(name): \(problem)") }
            return world.note("\(name) refuses to start: its journal is of a later release")
        }
        clock.boot(&random)
        // An installed state needs no commit in the journal.
        let suffices = ledger.foundation == nil ? journal.lastCommit >= ledger.snapshotCommit : journal.count >= ledger.journalStart
        if !suffices { ledger = SimulatedLedger(committee: committee) }
        var recovered = journal.recover(from: ledger.journalStart, ledger, &random)
        if Mutation.isPlanted(.highWaterMarkForgotten) { recovered.highWater = 0 }
        journal.sync()
        process = SimulatedProcess(Core(committee: committee, own: identity, pacing: pacing, recovered: recovered))
        world.note("\(name) starts: \(recovered.blocks.count) blocks, \(recovered.commits.count) commits, mark \(recovered.highWater)")
        for commit in recovered.commits where commit.index > ledger.ledger.lastCommit.index { replay(commit) }
        states.executed(ledger.ledger)
        take(.executed(ledger.ledger.lastCheckpoint, nextDeadline: ledger.ledger.nextDeadline))
        world.greet(self)
        vote(on: ledger.ledger.pendingProposals.map(\.identifier))
        world.resubmit(to: self)
    }

    func crash() {
        guard isUp else { return }
        isTrapped = false
        generation += 1
        process = nil
        outbox = []
        outboxHead = 0
        isSyncing = false
        pausedUntil = 0
        wakeToken += 1
        castVotes = []
        accused = []
        states = CertifiedStates(interval: states.interval)
        let isDamaged = random.chance(permille: damage)
        for problem in journal.crash(&random, isDamaged: isDamaged) where isCorrect { world.witness.violation("\(name): \(problem)") }
        ledger.crash()
        world.note(isDamaged ? "\(name) crashes, and its journal is cut" : "\(name) crashes")
    }

    /// All that it had on disk while it was down is gone, or an older copy came back.
    func lose(_ loss: Loss) {
        let kept = loss == .wiped ? 0 : random.below(journal.count + 1)
        let problems = journal.lose(keeping: kept, keepsMark: loss == .restoredBesideMark, &random)
        for problem in problems { world.witness.violation("\(name): \(problem)") }
        if loss == .wiped { ledger = SimulatedLedger(committee: committee) }
        losses += 1
        hasForgotten = true
        world.note("\(name) \(loss.rawValue), \(journal.count) entries are left")
    }

    // MARK: Steps

    func take(_ input: Input) {
        guard let process else { return }
        if adversary != nil { conspire { $0.hear(input, $1) } }
        let wasHalted = process.core.isHalted
        outbox.append(contentsOf: process.core.step(input, now: moment))
        if isCorrect, !wasHalted { checkBounds(process) }
        carryOutAll()
    }

    private func checkBounds(_ process: SimulatedProcess) {
        steps += 1
        world.witness.checkBounds(suspended: process.core.suspendedCount, fetches: process.core.fetchCount, committee, by: name)
        if steps % 32 == 0 { world.witness.checkFootprint(process.core, by: name) }
    }

    /// Lets the adversary in this machine send what it likes.
    func conspire(_ body: (inout any Adversary, AdversaryView) -> [Shipment]) {
        guard var own = adversary, let process else { return }
        let view = AdversaryView(core: process.core, own: identity, keys: world.keys, conspiracy: world.conspiracy, wall: moment.wall)
        let shipments = body(&own, view)
        adversary = own
        for shipment in shipments { world.ship(shipment, from: self) }
    }

    func wake(_ token: UInt64) {
        guard token == wakeToken, isUp else { return }
        ticks += 1
        let second = world.now / 1_000_000
        if ticksInSecond.second != second { ticksInSecond = (second, 0) }
        ticksInSecond.count += 1
        if ticksInSecond.count == 300, isCorrect { world.witness.violation("\(name) woke itself 300 times in second \(second)") }
        take(.tick)
    }

    func synced(_ block: Block) {
        isSyncing = false
        publish(block)
        if let failure = journal.failure { return stop(failure) }
        carryOutAll()
    }

    private func carryOutAll() {
        while !isSyncing, outboxHead < outbox.count {
            outboxHead += 1
            carryOut(outbox[outboxHead - 1])
            if let failure = journal.failure { return stop(failure) }
        }
        guard outboxHead == outbox.count else { return }
        outbox.removeAll(keepingCapacity: true)
        outboxHead = 0
    }

    /// A node that cannot write stops, and is started again once somebody has seen to its disk.
    private func stop(_ failure: String) {
        world.note("\(name) stops: \(failure)")
        crashAndRestart()
    }

    func work() -> UInt64 { random.below(world.faults.work + 1) * workFactor }

    private func carryOut(_ effect: Effect) {
        switch effect {
        case .seal(let header, let payload): seal(header, payload)
        case .store(let block):
            journal.store(block)
            if isCorrect { world.witness.accepted(block, committee, by: name) }
            if block.author != identity { world.note("\(name) accepts \(block.reference)") }
        case .storeCommit(let commit):
            journal.store(commit)
            if isCorrect { world.committed(commit, by: self) }
            world.note("\(name) commits \(commit.index): leader \(commit.leader), \(commit.blocks.count) blocks")
        case .publish(let block):
            guard !random.chance(permille: world.crashAtPublish) else { return crashAndRestart() }
            isSyncing = true
            world.schedule(.synced(number, generation, block), after: work())
        case .send(let message, let peer): send(message, to: peer)
        case .broadcast(let message): world.send(message, from: self, to: nil)
        case .serve(let references, let peer): serve(to: peer) { journal.read(references, committee) }
        case .serveRounds(let round, let peer): serve(to: peer) { journal.read(from: round, committee) }
        case .catchUp(let effect): carryOut(effect)
        case .execute(let commit, let payloads): execute(commit, payloads)
        case .accepted(let block): evaluate(block)
        case .certified(let certificate): certified(certificate)
        case .equivocation(let first, let second):
            equivocationsSeen += 1
            world.note("\(name) sees equivocation: \(first) and \(second.reference)")
            if let held = journal.block(first) {
                let suite = committee.suite
                // Such a signature may prove nothing.
                guard journal.isChecked(first) || held.isSigned(in: committee) else { return }
                accuse(Evidence(.twinBlocks, AttestationProof(held, suite: suite), AttestationProof(second, suite: suite)))
            } else if !ledger.isInFoundation(first) {
                world.witness.violation("\(name) does not hold \(first), whose twin it sees")
            }
        case .conflictingAttestations(let evidence): accuse(evidence)
        case .diverged(let index, _, _):
            if isCorrect { world.witness.violation("\(name) diverged from the quorum at checkpoint \(index)") }
        case .logDiverged(let size, _):
            if isCorrect { world.witness.violation("\(name) holds that its log of \(size) entries is not the quorum's") }
        case .recalled(let round):
            world.note("\(name) knows again that it signed nothing above round \(round)")
            journal.recall(upTo: round)
        case .wake(let at):
            wakeToken += 1
            let now = moment.monotonic
            world.schedule(.wake(number, generation, token: wakeToken), after: at > now ? (at - now) * 1000 - world.now % 1000 : 0)
        }
    }
}
