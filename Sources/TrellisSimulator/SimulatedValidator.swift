// One simulated machine: the real core, the real store on a simulated disk, its clock, and the interpreter of the core's effects. What leaves
// it stands in SimulatedValidator+Publish.swift, what it executes in SimulatedValidator+Ledger.swift, what becomes of its disk in
// SimulatedValidator+Disk.swift. What it may do to the world is behind `SimulatedWorld`.

import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel
import TrellisReplica
import TrellisStorage

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
    /// Whether nothing goes wrong any more.
    var isHealed: Bool { get }
    /// Whether a machine may forget what it signed.
    func mayLose(_ machine: SimulatedValidator) -> Bool
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
    func accepted(_ block: Block, by machine: SimulatedValidator)
    /// Nothing that this machine sends arrives any more.
    func mute(_ machine: SimulatedValidator)
    /// Shows a machine's newest block to liars alone, and takes its disk.
    func spring(_ machine: SimulatedValidator, showing block: Block)
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
    let storage: StableStorage

    init(_ core: Core, _ storage: StableStorage) {
        self.core = core
        self.storage = storage
    }
}

final class SimulatedValidator {
    let number: Int
    let identity: ValidatorIndex
    let behaviour: Behaviour
    let name: String
    unowned let world: any SimulatedWorld
    /// While it is up.
    private(set) var process: SimulatedProcess?
    var clock: SimulatedClock
    var adversary: (any Adversary)?
    /// Grows with every crash; what was scheduled before one is void.
    private(set) var generation = 0
    /// Until when the process is stopped, in microseconds.
    var pausedUntil: UInt64 = 0
    private(set) var equivocationsSeen = 0
    private(set) var ticks: UInt64 = 0

    let disk: SimulatedDisk
    let retention: Retention
    /// What its disk must give back.
    var record = StoredRecord()
    /// How often a crash damages its journal, in per mille.
    let damage: Int
    var health: DiskHealth
    /// Copies of its disk, where disks are lost.
    var backups: [Backup] = []
    /// The segment whose header a later release wrote over, and what stood there.
    var postdated: (path: String, header: [UInt8])?
    /// How often what it had on disk was lost.
    var losses = 0
    /// From such a loss until it has signed again; and whether it may be so after the next crash.
    var hasForgotten = false
    var mayForget = false
    /// So many of its next blocks nobody will see, but liars the last of them; then its disk is lost. 0: it is in no trap.
    var blocksToHide = 0

    let pacing: Pacing
    var random: SimulationRandom
    var isSyncing = false
    var answeredAt: UInt64 = 0
    var castVotes: Set<Digest> = []
    var unsignedVotes: [Digest] = []
    /// So many fit a transaction of 2,048 bytes.
    static let votesOfBatch = 16
    /// What it attests must be among these.
    var executedCheckpoints: Set<Attestation> = []
    private let workFactor: UInt64
    private var outbox: [Effect] = []
    private var outboxHead = 0
    private var wakeToken: UInt64 = 0
    private var ticksInSecond: (second: UInt64, count: Int) = (0, 0)
    private var steps = 0
    var accused: Set<EvidenceKey> = []
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
        pacing = adversary?.pacing ?? world.faults.pacing
        workFactor = isSlow ? 10 : 1
        var luck = self.random
        health = DiskHealth(luck: SimulationRandom(seed: luck.next() ^ 0xD15C))
        clock = SimulatedClock(world.faults, &self.random, luck: &health.luck)
        retention = Retention(world.faults, snapshotEvery: self.random.between(1, 40))
        disk = SimulatedDisk(seed: self.random.next())
        let committee = world.keys.committee
        budget = AnswerBudget(committee.limits)
        // On an empty disk without a quota nothing is refused.
        try? ValidatorDirectory.begin(disk, for: committee.validators[Int(identity)].name, of: committee.chain)
    }

    var isUp: Bool { process != nil }
    var isCorrect: Bool { behaviour == .correct }
    var committee: Committee { world.keys.committee }
    var moment: Moment { clock.moment(world.now) }

    // MARK: Life

    /// Starts, if its disk lets it; somebody has seen to that.
    func start() {
        disk.mend()
        beginTrouble()
        guard let (storage, recovered) = openStorage() else { return }
        (health.isDamaged, health.isTroubled, mayForget) = (false, false, false)
        if !world.isHealed, health.luck.chance(permille: damage) { trouble(.misdirected) }
        clock.boot(&random)
        process = SimulatedProcess(Core(committee: committee, own: identity, pacing: pacing, recovered: recovered), storage)
        world.note("\(name) starts: \(recovered.blocks.count) blocks, \(recovered.commits.count) commits, mark \(recovered.highWater)")
        let ledger = storage.ledger.ledger
        take(.executed(ledger.lastCheckpoint, nextDeadline: ledger.nextDeadline))
        world.greet(self)
        vote(on: ledger.pendingProposals.map(\.identifier))
        world.resubmit(to: self)
    }

    func crash() {
        guard isUp else { return }
        blocksToHide = 0
        generation += 1
        process = nil
        outbox = []
        outboxHead = 0
        isSyncing = false
        pausedUntil = 0
        wakeToken += 1
        castVotes = []
        unsignedVotes = []
        accused = []
        world.note("\(name) crashes")
        crashDisk()
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
    func conspire(_ body: (inout any Adversary, AdversaryView) throws -> [Shipment]) rethrows {
        guard var own = adversary, let process else { return }
        let view = AdversaryView(core: process.core, own: identity, keys: world.keys, conspiracy: world.conspiracy, wall: moment.wall)
        let shipments = try body(&own, view)
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
        attempt { try publish(block, $0) }
        carryOutAll()
    }

    private func carryOutAll() {
        while let process, !isSyncing, outboxHead < outbox.count {
            outboxHead += 1
            let effect = outbox[outboxHead - 1]
            attempt { try carryOut(effect, $0) }
            if self.process !== process { return }
        }
        guard isUp, outboxHead == outbox.count else { return }
        outbox.removeAll(keepingCapacity: true)
        outboxHead = 0
        // Not earlier: only between steps do the core and the ledger stand at the same commit.
        attempt(saveSnapshot)
    }

    /// Does what may fail. A node that cannot write stops, and is started again once somebody has seen to its disk.
    private func attempt(_ body: (SimulatedProcess) throws -> Void) {
        guard let process else { return }
        do {
            try body(process)
        } catch {
            let isExpected = (health.isTroubled || health.isSuspect) && error is StorageError
            if case .corrupt? = error as? StorageError { health.isToBeRepaired = true }
            if isCorrect, !isExpected { world.witness.violation("\(name) stops: \(error)") }
            world.note("\(name) stops: \(error)")
            crashAndRestart()
        }
    }

    func work() -> UInt64 { random.below(world.faults.work + 1) * workFactor }

    private func carryOut(_ effect: Effect, _ process: SimulatedProcess) throws {
        let storage = process.storage
        switch effect {
        case .seal(let header, let payload):
            seal(header, payload)
            if !unsignedVotes.isEmpty { world.schedule(.judged(number, generation, []), after: 0) }
        case .store(let block):
            try store(block, on: storage)
            world.accepted(block, by: self)
            if block.author != identity { world.note("\(name) accepts \(block.reference)") }
        case .storeCommit(let commit):
            try storage.journal.store(commit)
            record.stored(.commit(commit), end: storage.journal.end)
            if isCorrect { world.committed(commit, by: self) }
            world.note("\(name) commits \(commit.index): leader \(commit.leader), \(commit.blocks.count) blocks")
        case .publish(let block):
            guard !random.chance(permille: world.crashAtPublish) else { return crashAndRestart() }
            isSyncing = true
            world.schedule(.synced(number, generation, block), after: work() + slowSync())
        case .send(let message, let peer): send(message, to: peer)
        case .broadcast(let message): world.send(message, from: self, to: nil)
        case .serve(let references, let peer): try serve(to: peer) { try storage.journal.read(references) }
        case .serveRounds(let round, let peer): try serve(to: peer) { try storage.journal.read(from: round) }
        case .catchUp(let effect): try carryOut(effect, process)
        case .execute(let commit, let payloads): try execute(commit, payloads, storage)
        case .accepted(let block): evaluate(block)
        case .certified(let certificate): try certified(certificate, storage)
        case .equivocation(let first, let second):
            equivocationsSeen += 1
            world.note("\(name) sees equivocation: \(first) and \(second.reference)")
            try accuse(first, second, storage)
        case .conflictingAttestations(let evidence): accuse(evidence)
        case .diverged(let index, _, _):
            if isCorrect { world.witness.violation("\(name) diverged from the quorum at checkpoint \(index)") }
        case .logDiverged(let size, _):
            if isCorrect { world.witness.violation("\(name) holds that its log of \(size) entries is not the quorum's") }
        case .recalled(let round):
            world.note("\(name) knows again that it signed nothing above round \(round)")
            try storage.journal.recall(upTo: round)
            noteDurable(storage)
            record.mark = round
        case .wake(let at):
            wakeToken += 1
            world.schedule(.wake(number, generation, token: wakeToken), after: clock.delay(until: at, world.now))
        }
    }

    func store(_ block: Block, isChecked: Bool = true, on storage: StableStorage) throws {
        try storage.store(block, isChecked: isChecked)
        record.stored(.block(block, isChecked: isChecked), end: storage.journal.end)
    }

    /// What was stored counts as durable once the disk says so.
    func noteDurable(_ storage: StableStorage) {
        if disk.isDurable(log: StoreLayout.journal, before: storage.journal.end) { record.becameDurable() }
    }
}

extension Retention {
    /// Small segments, so that short runs have many, and everything more often than a node needs it.
    init(_ faults: Faults, snapshotEvery: UInt64) {
        self.init()
        if let kept = faults.journalBytes {
            journalBytes = kept
            segmentBytes = 4 << 10
        } else {
            segmentBytes = 32 << 10
        }
        certificateEvery = 4
        snapshotCommits = snapshotEvery
        stateEvery = 8
    }
}
