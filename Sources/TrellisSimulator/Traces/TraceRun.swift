// One trace from beginning to end, under one fixed choice or with an optimizer at every validator: real cores and a real ledger in one thread,
// on a network with delays, loss and bandwidth, on machines whose work takes time. Same trace and seed, same run.

import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel
public import TrellisOptimizer
import TrellisReplica

/// Who chooses.
public enum TraceTuning: Sendable {
    case fixed(Choice)
    /// One optimizer at every validator, that sees what is measured there and moves what is paced there.
    case online(OptimizerSettings)
}

public final class TraceRun {
    private enum Event {
        case arrive(Letter, to: Int)
        case done(Int, TraceWork)
        case wake(Int, token: UInt64)
        case clients(Int)
        case measure
    }

    /// How often clients come, in microseconds.
    private static let clientsEvery: UInt64 = 2000

    let trace: Trace
    private let keys: SimulatedCommittee
    private var queue = EventQueue<Event>()
    private var now: UInt64 = 0
    private var random: SimulationRandom
    private var machines: [TraceMachine] = []
    private var intake: Intake?
    /// Everybody executes the same: once.
    private var ledger: Ledger
    private var executions: [UInt64: (checkpoint: Checkpoint?, identifiers: [Digest], deadline: Milliseconds?)] = [:]
    private var logged: Set<Digest> = []
    private var records: UInt64 = 0
    /// What clients have coming, in records.
    private var due: [Double]
    private var interval: UInt64 = 0
    private var result: TraceResult
    private let clock: () -> UInt64
    private let settings: OptimizerSettings

    /// What is configured where nothing else is.
    public static var standard: Choice {
        var choice = Choice(Tuning(.ofTraces))
        choice[.batchBytes] = Parameters().payloadBytes
        return choice
    }

    /// - Parameters:
    ///   - clock: nanoseconds, to say how long a choice takes; nothing else depends on it.
    public init(_ trace: Trace, tuning: TraceTuning, seed: UInt64, clock: @escaping () -> UInt64 = { 0 }) throws {
        self.trace = trace
        self.clock = clock
        keys = try SimulatedCommittee(
            seed: 1, stakes: [Stake](repeating: 1, count: trace.validators),
            parameters: Parameters(scheduleInterval: Parameters.scheduleIntervalStandard))
        ledger = Ledger(committee: keys.committee)
        random = SimulationRandom(seed: seed)
        due = [Double](repeating: 0, count: trace.validators)
        result = TraceResult()
        if case .online(let settings) = tuning { self.settings = settings } else { settings = OptimizerSettings() }
        intake = Intake(keys.committee) { _ in }
        machines = try (0..<trace.validators).map { try TraceMachine(own: ValidatorIndex($0), committee: keys.committee) }
        for number in machines.indices {
            switch tuning {
            case .fixed(let choice): machines[number].answers.append((.input(.tune(Tuning(choice))), 0))
            case .online(let settings):
                machines[number].optimizer = Optimizer(space: SearchSpace(standard: Self.standard), settings: settings)
            }
        }
    }

    /// Runs so many intervals.
    public func run(intervals: UInt64) throws -> TraceResult {
        for number in machines.indices {
            for peer in machines.indices where peer != number {
                machines[number].inbox.append((.input(.connected(ValidatorIndex(peer))), WorkCost.messageReceived))
            }
            work(number)
            queue.add(.clients(number), at: random.below(Self.clientsEvery))
        }
        queue.add(.measure, at: trace.interval * 1000)
        while interval < intervals, let (time, event) = queue.pop() {
            now = time
            try handle(event)
        }
        result.finish(machines.compactMap(\.optimizer), standard: Self.standard)
        return result
    }

    private func handle(_ event: Event) throws {
        switch event {
        case .arrive(let letter, let number):
            give(number, .open(letter), cpu: max(WorkCost.messageReceived, WorkCost.blockReceived * UInt64(letter.blockCount)))
        case .done(let number, let work):
            machines[number].isBusy = false
            try finish(work, at: number)
            self.work(number)
        case .wake(let number, let token): if machines[number].wakeToken == token { give(number, .input(.tick), cpu: WorkCost.tick) }
        case .clients(let number): clients(of: number)
        case .measure: measure()
        }
    }

    private func give(_ number: Int, _ work: TraceWork, cpu: UInt64) {
        machines[number].inbox.append((work, cpu))
        self.work(number)
    }

    /// Begins the next piece of work, if none is under way.
    private func work(_ number: Int) {
        guard !machines[number].isBusy, let (work, cpu) = machines[number].next() else { return }
        machines[number].isBusy = true
        machines[number].cpu += cpu
        var time = cpu * (number == machines.count - 1 ? trace.slowness : 1)
        if case .publish = work { time += trace.sync }
        queue.add(.done(number, work), at: now + time)
    }

    private func finish(_ work: TraceWork, at number: Int) throws {
        switch work {
        case .input(let input): try step(number, input)
        case .open(let letter): if let intake, let input = letter.open(intake) { try step(number, input) }
        case .publish(let block):
            try machines[number].journal.sync()
            send(.blocks([block.encoded]), from: number, to: nil)
        }
    }

    private func step(_ number: Int, _ input: Input) throws {
        let moment = Moment(monotonic: now / 1000, wall: 1_700_000_000_000 + now / 1000)
        for effect in machines[number].core.step(input, now: moment) { try carryOut(effect, at: number) }
    }

    private func carryOut(_ effect: Effect, at number: Int) throws {
        switch effect {
        case .seal(let header, let payload):
            let cost = WorkCost.blockBuilt + WorkCost.transaction * UInt64(payload.count)
            machines[number].answers.append((.input(.sealed(keys.sign(header, payload))), cost))
        case .store(let block): try machines[number].journal.store(block)
        case .publish(let block): machines[number].answers.append((.publish(block), 0))
        case .send(let message, let peer): send(message, from: number, to: Int(peer))
        case .broadcast(let message): send(message, from: number, to: nil)
        case .serve(let references, let peer): serve(try machines[number].journal.read(references), from: number, to: Int(peer))
        case .serveRounds(let round, let peer):
            serve(try machines[number].journal.read(from: round), from: number, to: Int(peer))
        case .execute(let commit, let payloads):
            let (checkpoint, identifiers, deadline) = try execute(commit, payloads)
            machines[number].meter.ordered(identifiers, in: commit.index)
            let cost = WorkCost.transaction * UInt64(payloads.reduce(0) { $0 + $1.count })
            machines[number].answers.append((.input(.executed(checkpoint, nextDeadline: deadline)), cost))
        case .certified(let certificate): machines[number].meter.certified(certificate.checkpoint.index, at: now)
        case .wake(let at):
            machines[number].wakeToken += 1
            queue.add(.wake(number, token: machines[number].wakeToken), at: max(now, at * 1000))
        case .diverged, .logDiverged: throw TraceError.diverged
        case .storeCommit, .catchUp, .accepted, .equivocation, .conflictingAttestations, .recalled: break
        }
    }

    private func execute(
        _ commit: Commit, _ payloads: [Payload]
    ) throws -> (checkpoint: Checkpoint?, identifiers: [Digest], deadline: Milliseconds?) {
        if let known = executions[commit.index] { return known }
        let execution = try ledger.execute(commit, payloads: payloads) { logged.contains($0) }
        let identifiers = execution.appended.map(\.identifier)
        logged.formUnion(identifiers)
        executions[commit.index] = (execution.checkpoint, identifiers, ledger.nextDeadline)
        return (execution.checkpoint, identifiers, ledger.nextDeadline)
    }

    // MARK: Network

    private func serve(_ blocks: [[UInt8]], from number: Int, to peer: Int) {
        if !blocks.isEmpty { send(.blocks(blocks), from: number, to: peer) }
    }

    /// Nil: to all others.
    private func send(_ message: PeerMessage, from number: Int, to peer: Int?) {
        let letter = Letter(sender: ValidatorIndex(number), body: .message(message))
        for receiver in machines.indices where receiver != number && (peer == nil || receiver == peer) {
            machines[number].cpu += WorkCost.messageSent
            let leaves = max(now, machines[number].wireFreeAt) + UInt64(Double(message.wireSize) / trace.bandwidth)
            machines[number].wireFreeAt = leaves
            guard !random.chance(permille: trace.loss) else { continue }
            queue.add(.arrive(letter, to: receiver), at: leaves + trace.delays[number][receiver] + random.below(trace.jitter + 1))
        }
    }

    // MARK: Clients and measuring

    private func clients(of number: Int) {
        queue.add(.clients(number), at: now + Self.clientsEvery)
        let share = trace.load(now / 1000) * Double(Self.clientsEvery) / 1_000_000 / Double(machines.count)
        due[number] += share * Double(random.between(0, 2000)) / 1000
        var transactions: [Transaction] = []
        while due[number] >= 1 {
            due[number] -= 1
            records += 1
            let data = [UInt8](repeating: UInt8(records & 0xFF), count: trace.recordBytes)
            let transaction = Transaction(Record(nonce: Nonce(idempotencyKey: "\(records)"), data: data))
            machines[number].meter.given(CollectionOfOne(transaction.identifier), at: now)
            transactions.append(transaction)
        }
        if !transactions.isEmpty { give(number, .input(.submit(transactions)), cpu: WorkCost.transaction * UInt64(transactions.count)) }
    }

    private func measure() {
        queue.add(.measure, at: now + trace.interval * 1000)
        for number in machines.indices {
            let core = machines[number].core
            let measurement = machines[number].meter.measurement(
                interval, interval: trace.interval, now: now,
                counters: .init(cpu: machines[number].cpu, leadersMissed: core.leadersMissed, round: core.round))
            result.add(measurement, settings.weights)
            let start = clock()
            let choice = machines[number].optimizer?.step(measurement)
            if machines[number].optimizer != nil { result.took(nanoseconds: clock() - start) }
            if let choice { give(number, .input(.tune(Tuning(choice))), cpu: WorkCost.tick) }
        }
        interval += 1
    }
}

public enum TraceError: Error, CustomStringConvertible {
    case diverged

    public var description: String { "two validators executed the same commit to different states" }
}

extension PeerMessage {
    /// Bytes on the wire with signatures of ML-DSA-65; of what is rare, roughly.
    fileprivate var wireSize: Int {
        switch self {
        case .blocks(let blocks): blocks.reduce(64) { $0 + $1.count + WorkCost.signatureBytes }
        case .certificate(let certificate): 256 + certificate.proofs.count * (WorkCost.signatureBytes + 512)
        case .fetch(let references): 64 + references.count * 44
        default: 96
        }
    }
}
