// One simulated machine: the real core and the real ledger, its journal, and the interpreter of the core's effects. What it may do to the
// world is behind `SimulatedWorld`.

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
    var witness: Witness { get set }
    func schedule(_ event: SimulatedEvent, after delay: UInt64)
    /// Nil: to every other validator.
    func send(_ message: PeerMessage, from machine: SimulatedValidator, to peer: ValidatorIndex?)
    func note(_ line: @autoclosure () -> String)
    func isCorrect(_ validator: ValidatorIndex) -> Bool
    func logged(_ identifiers: [Digest], at machine: SimulatedValidator)
    func certified(_ checkpoint: Checkpoint, at machine: SimulatedValidator)
    func published(_ machine: SimulatedValidator)
    func resubmit(to machine: SimulatedValidator)
    func greet(_ machine: SimulatedValidator)
}

final class SimulatedValidator {
    let number: Int
    let identity: ValidatorIndex
    let behaviour: Behaviour
    unowned let world: any SimulatedWorld
    private(set) var core: Core?
    private(set) var journal = SimulatedJournal()
    private(set) var ledger: SimulatedLedger
    /// Grows with every crash; what was scheduled before one is void.
    private(set) var generation = 0
    private(set) var equivocationsSeen = 0
    private(set) var ticks: UInt64 = 0
    private(set) var certifiedLogSize: UInt64 = 0

    private let pacing: Pacing
    private let skew: Int64
    private let snapshotEvery: UInt64
    private var random: SimulationRandom
    private var bootOffset: UInt64 = 0
    private var outbox: [Effect] = []
    private var isSyncing = false
    private var answeredAt: UInt64 = 0
    private var wakeToken: UInt64 = 0
    private var ticksInSecond: (second: UInt64, count: Int) = (0, 0)
    private var castVotes: Set<Digest> = []
    private var accused: Set<EvidenceKey> = []

    init(
        number: Int, identity: ValidatorIndex, behaviour: Behaviour, world: any SimulatedWorld, pacing: Pacing, random: SimulationRandom
    ) {
        self.number = number
        self.identity = identity
        self.behaviour = behaviour
        self.world = world
        self.pacing = pacing
        self.random = random
        skew = Int64(self.random.below(2 * world.faults.skew + 1)) - Int64(world.faults.skew)
        snapshotEvery = self.random.between(1, 40)
        ledger = SimulatedLedger(committee: world.keys.committee)
    }

    var name: String { number == Int(identity) ? "v\(identity)" : "v\(identity)'" }
    var isUp: Bool { core != nil }
    var isCorrect: Bool { behaviour == .correct }
    private var committee: Committee { world.keys.committee }

    var moment: Moment {
        let milliseconds = world.now / 1000
        return Moment(monotonic: milliseconds + bootOffset, wall: UInt64(1_700_000_000_000 + Int64(milliseconds) + skew))
    }

    // MARK: Life

    func start() {
        bootOffset = random.below(1_000_000)
        let recovered = journal.recover(from: ledger.journalStart)
        journal.sync()
        core = Core(committee: committee, own: identity, pacing: pacing, recovered: recovered)
        world.note("\(name) starts: \(recovered.blocks.count) blocks, \(recovered.commits.count) commits, mark \(recovered.highWater)")
        for commit in recovered.commits where commit.index > ledger.ledger.lastCommit.index { replay(commit) }
        take(.executed(ledger.ledger.lastCheckpoint, nextDeadline: ledger.ledger.nextDeadline))
        world.greet(self)
        vote(on: ledger.ledger.pendingProposals.map(\.identifier))
        world.resubmit(to: self)
    }

    private func replay(_ commit: Commit) {
        let payloads = commit.blocks.map { journal.block($0)?.payload ?? .empty }
        for block in commit.blocks where !journal.contains(block) {
            world.witness.violation("\(name) cannot execute commit \(commit.index) again: block \(block) is not in its journal")
        }
        do {
            let execution = try ledger.execute(commit, payloads)
            if isCorrect, let checkpoint = execution.checkpoint { world.witness.executed(checkpoint, committee.suite, by: name) }
            world.logged(execution.appended.map(\.identifier), at: self)
        } catch {
            world.witness.violation("\(name) cannot execute commit \(commit.index) again: \(error)")
        }
    }

    func crash() {
        guard isUp else { return }
        generation += 1
        core = nil
        outbox = []
        isSyncing = false
        wakeToken += 1
        castVotes = []
        accused = []
        journal.crash(&random)
        ledger.crash()
        world.note("\(name) crashes")
    }

    // MARK: Steps

    func take(_ input: Input) {
        guard core != nil else { return }
        let before = core?.isHalted ?? true
        outbox.append(contentsOf: core?.step(input, now: moment) ?? [])
        if isCorrect, let core, !before { world.witness.checkBounds(core, by: name) }
        carryOutAll()
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
        carryOutAll()
    }

    private func carryOutAll() {
        while !isSyncing, !outbox.isEmpty { carryOut(outbox.removeFirst()) }
    }

    private func work() -> UInt64 { random.below(world.faults.work + 1) }

    private func carryOut(_ effect: Effect) {
        switch effect {
        case .seal(let header, let payload):
            world.schedule(.sealed(number, generation, world.keys.sign(header, payload)), after: work())
        case .store(let block):
            journal.store(block)
            if block.author != identity { world.note("\(name) accepts \(block.reference)") }
        case .storeCommit(let commit):
            journal.store(commit)
            if isCorrect { world.witness.committed(commit, by: name) }
            world.note("\(name) commits \(commit.index): leader \(commit.leader), \(commit.blocks.count) blocks")
        case .publish(let block):
            guard !random.chance(permille: world.crashAtPublish) else { return crashAndRestart() }
            isSyncing = true
            world.schedule(.synced(number, generation, block), after: work())
        case .send(let message, let peer): world.send(message, from: self, to: peer)
        case .broadcast(let message): world.send(message, from: self, to: nil)
        case .serve(let references, let peer): serve(journal.read(references, committee.limits), to: peer)
        case .serveRounds(let round, let peer): serve(journal.read(from: round, committee.limits), to: peer)
        case .execute(let commit, let payloads): execute(commit, payloads)
        case .accepted(let block): evaluate(block)
        case .certified(let certificate): certified(certificate)
        case .equivocation(let first, let second):
            equivocationsSeen += 1
            world.note("\(name) sees equivocation: \(first) and \(second.reference)")
            if let held = journal.block(first) {
                let suite = committee.suite
                accuse(Evidence(.twinBlocks, AttestationProof(held, suite: suite), AttestationProof(second, suite: suite)))
            } else {
                world.witness.violation("\(name) does not hold \(first), whose twin it sees")
            }
        case .conflictingAttestations(let evidence): accuse(evidence)
        case .diverged(let index, _, _):
            if isCorrect { world.witness.violation("\(name) diverged from the quorum at checkpoint \(index)") }
        case .wake(let at):
            wakeToken += 1
            let now = moment.monotonic
            world.schedule(.wake(number, generation, token: wakeToken), after: at > now ? (at - now) * 1000 - world.now % 1000 : 0)
        }
    }

    /// Submits evidence that the ledger lacks.
    private func accuse(_ evidence: Evidence?) {
        guard let evidence else { return world.witness.violation("\(name) cannot prove what it saw") }
        if world.isCorrect(evidence.author) { world.witness.violation("\(name) accuses v\(evidence.author) of \(evidence.offence.name)") }
        guard evidence.author != identity, ledger.ledger.evidence.hasRoom(for: evidence.key), accused.insert(evidence.key).inserted,
            accused.count(where: { $0.author == evidence.author }) <= EvidenceRegister.perValidatorMaximum
        else { return }
        world.schedule(.submit(number, generation, [Transaction(evidence)]), after: work())
    }

    private func serve(_ blocks: [[UInt8]], to peer: ValidatorIndex) {
        if !blocks.isEmpty, behaviour != .withholder { world.send(.blocks(blocks), from: self, to: peer) }
    }

    private func certified(_ certificate: CheckpointCertificate) {
        do {
            _ = try certificate.verify(committee)
        } catch {
            world.witness.violation("\(name) holds an invalid certificate: \(error)")
        }
        certifiedLogSize = certificate.checkpoint.logSize
        world.note("\(name) has checkpoint \(certificate.checkpoint.index) certified by \(certificate.proofs.count)")
        world.certified(certificate.checkpoint, at: self)
    }

    // MARK: Publishing

    private func publish(_ block: Block) {
        journal.sync()
        if !journal.mark(block.round) { world.witness.violation("\(name) publishes round \(block.round) below its mark") }
        if isCorrect { checkDurable(block) }
        guard !random.chance(permille: world.crashAtPublish) else { return crashAndRestart() }
        world.note("\(name) publishes \(block.reference): \(block.header.parents.count) parents, \(block.payload.count) transactions")
        world.published(self)
        let isCutShort = random.chance(permille: world.crashAtPublish)
        if isCutShort || behaviour == .withholder {
            for peer in others where random.chance(permille: 500) { world.send(.blocks([block.encoded]), from: self, to: peer) }
        } else if behaviour == .equivocator {
            equivocate(block)
        } else {
            world.send(.blocks([block.encoded]), from: self, to: nil)
        }
        if isCutShort { crashAndRestart() }
    }

    private var others: [ValidatorIndex] { committee.validators.indices.map { ValidatorIndex($0) }.filter { $0 != identity } }

    private func crashAndRestart() {
        crash()
        world.schedule(.restart(number), after: random.between(1000, 2_000_000))
    }

    private func checkDurable(_ block: Block) {
        let floor = core?.gcRound ?? 0
        for reference in [block.reference] + block.header.parents where reference.round > floor && !journal.isSynced(reference) {
            world.witness.violation("\(name) publishes \(block.reference) before \(reference) is durable")
        }
    }

    /// Shows one block to some and its twin to the others.
    private func equivocate(_ block: Block) {
        let prefix = block.header.prefix
        let other = BlockPrefix(
            epoch: prefix.epoch, round: prefix.round, author: prefix.author, timestamp: prefix.timestamp + 1, scheme: prefix.scheme)
        let header = BlockHeader(
            prefix: other, parents: block.header.parents, payloadRoot: block.header.payloadRoot, attestations: block.header.attestations)
        let twin = world.keys.sign(header, block.payload)
        journal.store(twin)
        for peer in others {
            world.send(.blocks([random.chance(permille: 500) ? twin.encoded : block.encoded]), from: self, to: peer)
        }
    }

    // MARK: Ledger and votes

    private func execute(_ commit: Commit, _ payloads: [Payload]) {
        for (reference, payload) in zip(commit.blocks, payloads) {
            guard let block = journal.block(reference) else {
                world.witness.violation("\(name) commits \(reference), which it does not hold")
                continue
            }
            if block.header.payloadRoot != payload.root {
                world.witness.violation("\(name) executes another payload than \(reference) has")
            }
        }
        do {
            let execution = try ledger.execute(commit, payloads)
            if isCorrect, let checkpoint = execution.checkpoint { world.witness.executed(checkpoint, committee.suite, by: name) }
            world.logged(execution.appended.map(\.identifier), at: self)
            vote(on: execution.opened.filter { !castVotes.contains($0) })
            if !execution.opened.isEmpty { world.schedule(.voteAgain(number, generation, execution.opened), after: 2_000_000) }
            answeredAt = max(answeredAt, world.now + work())
            world.schedule(
                .executed(number, generation, execution.checkpoint, ledger.ledger.nextDeadline), after: answeredAt - world.now)
        } catch {
            world.witness.violation("\(name) cannot execute commit \(commit.index): \(error)")
        }
        if ledger.commitsSinceSnapshot >= snapshotEvery {
            journal.sync()
            let depth = committee.parameters.gcDepth
            let floor = commit.leader.round > depth ? commit.leader.round - depth : 0
            ledger.saveSnapshot(journalStart: journal.position(above: floor))
        }
    }

    private func evaluate(_ block: Block) {
        let proposals = (0..<block.payload.count).filter { block.payload.kind($0) == .propose }.map { block.payload.identifiers[$0] }
        vote(on: proposals.filter { !castVotes.contains($0) })
    }

    private func vote(on proposals: [Digest]) {
        guard !proposals.isEmpty, let votes = world.keys.approve(proposals, as: identity) else { return }
        castVotes.formUnion(proposals)
        world.schedule(.submit(number, generation, [votes]), after: work())
    }

    /// A vote that was ordered before its proposal did not count.
    func voteAgain(_ identifiers: [Digest]) {
        let missing = identifiers.compactMap { ledger.ledger.pending($0) }.filter { $0.seats[Int(identity)].verdict == nil }
        guard !missing.isEmpty else { return }
        vote(on: missing.map(\.identifier))
        world.schedule(.voteAgain(number, generation, missing.map(\.identifier)), after: 2_000_000)
    }
}
