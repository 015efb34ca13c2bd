// A whole committee in one thread: the loop over events, and what the machines can do to the world. Same configuration, same run, to the
// byte. What happens in which part of a run stands in Simulation+Phases.swift.

import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel

/// What can happen. The integers are the machine and, where there are two, its generation.
enum SimulatedEvent {
    case deliver(Letter, to: Int)
    case connected(Int, to: ValidatorIndex)
    case wake(Int, Int, token: UInt64)
    case sealed(Int, Int, Block)
    case synced(Int, Int, Block)
    case executed(Int, Int, Checkpoint?, Milliseconds?)
    case submit(Int, Int, [Transaction])
    case voteAgain(Int, Int, [Digest])
    case restart(Int)
    case crash
    case split
    case join
    case client
    case lie(Int)
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
    var witness = Witness()
    var report: SimulationReport
    private(set) var now: UInt64 = 0
    private(set) var machines: [SimulatedValidator] = []
    var network: SimulatedNetwork
    var random: SimulationRandom
    private var liars: [Int: Liar] = [:]
    private var queue = EventQueue<SimulatedEvent>()

    var submissions: [Submission] = []
    private var submissionsByIdentifier: [Digest: Int] = [:]
    var isHealed = false
    var lastPublishedAt: UInt64 = 0
    /// Messages that are no heartbeats.
    var businessMessages: UInt64 = 0

    /// - Throws: when no committee can be made of the configuration.
    public init(configuration: SimulationConfiguration) throws {
        self.configuration = configuration
        report = SimulationReport(configuration: configuration)
        var random = SimulationRandom(seed: configuration.seed)
        let faults = Faults(configuration.profile, &random)
        let count = max(1, configuration.validators)
        let stakes = (0..<count).map { _ in faults.hasUnequalStakes ? random.between(1, 5) : 1 }
        let parameters =
            configuration.profile == .calm
            ? Parameters()
            : Parameters(
                gcDepth: random.between(8, 64), payloadBytes: random.between(4096, 65536), transactionBytes: 2048,
                roundsAhead: random.between(16, 128))
        let keys = try SimulatedCommittee(
            seed: random.next(), stakes: stakes, signatures: configuration.signatures, parameters: parameters, deadline: 4000)
        var behaviours = Self.behaviours(stakes: keys.committee.stakes, faults: faults, &random)
        for index in behaviours.indices.suffix(min(max(0, configuration.down), count - 1)) { behaviours[index] = .silent }
        let twins = behaviours.indices.filter { behaviours[$0] == .twins }
        network = SimulatedNetwork(machines: count + twins.count, faults: faults, random: random.fork())
        self.faults = faults
        self.keys = keys
        self.random = random.fork()
        for (number, identity) in (Array(0..<count) + twins).enumerated() {
            let machine = SimulatedValidator(
                number: number, identity: ValidatorIndex(identity), behaviour: behaviours[identity], world: self, pacing: Pacing(),
                random: random.fork())
            machines.append(machine)
            if behaviours[identity] == .liar {
                liars[number] = Liar(own: ValidatorIndex(identity), keys: keys, random: random.fork())
            }
        }
    }

    /// Lets adversaries have at most f of the stake.
    private static func behaviours(stakes: Stakes, faults: Faults, _ random: inout SimulationRandom) -> [Behaviour] {
        var behaviours = [Behaviour](repeating: .correct, count: stakes.count)
        guard faults.isByzantine else { return behaviours }
        var left = stakes.faulty
        for candidate in random.shuffled(Array(behaviours.indices)) where stakes.each[candidate] <= left {
            left -= stakes.each[candidate]
            let bad = Behaviour.allCases.dropFirst()
            behaviours[candidate] = bad[bad.startIndex + random.below(bad.count)]
        }
        return behaviours
    }

    /// Runs all of it and returns what was found.
    public func run() -> SimulationReport {
        begin()
        if faults.crashEvery > 0 { schedule(.crash, after: random.below(2 * faults.crashEvery)) }
        if faults.partitionEvery > 0 { schedule(.split, after: random.below(2 * faults.partitionEvery)) }
        runPhases()
        report.violations = witness.violations
        report.commits = witness.commitCount
        report.highestRound = machines.compactMap { $0.core?.highestRound }.max() ?? 0
        report.submitted = submissions.count
        report.equivocations = machines.reduce(0) { $0 + $1.equivocationsSeen }
        report.evidence = machines.first { $0.isCorrect }?.ledger.ledger.evidence.count ?? 0
        return report
    }

    private func begin() {
        note("seed \(configuration.seed), profile \(configuration.profile.rawValue), stakes \(keys.committee.stakes.each)")
        for machine in machines where machine.behaviour != .correct { note("\(machine.name) is \(machine.behaviour.rawValue)") }
        for machine in machines where machine.behaviour != .silent { machine.start() }
        for number in liars.keys.sorted() { schedule(.lie(number), after: 50_000) }
    }

    /// Handles everything that happens before `end`.
    func advance(to end: UInt64) {
        while let next = queue.nextTime, next <= end, let (time, event) = queue.pop() {
            now = time
            handle(event)
        }
        now = end
    }

    private func handle(_ event: SimulatedEvent) {
        switch event {
        case .deliver(let letter, let number): deliver(letter, to: machines[number])
        case .connected(let number, let peer): machines[number].take(.connected(peer))
        case .wake(let number, let generation, let token):
            if let machine = current(number, generation) { machine.wake(token) }
        case .sealed(let number, let generation, let block): current(number, generation)?.take(.sealed(block))
        case .synced(let number, let generation, let block): current(number, generation)?.synced(block)
        case .executed(let number, let generation, let checkpoint, let deadline):
            current(number, generation)?.take(.executed(checkpoint, nextDeadline: deadline))
        case .submit(let number, let generation, let transactions): current(number, generation)?.take(.submit(transactions))
        case .voteAgain(let number, let generation, let identifiers): current(number, generation)?.voteAgain(identifiers)
        case .restart(let number): if !machines[number].isUp && !isHealed { machines[number].start() }
        case .crash: crashOne()
        case .split: split()
        case .join: join()
        case .client: submitInChaos()
        case .lie(let number): lie(number)
        }
    }

    private func current(_ number: Int, _ generation: Int) -> SimulatedValidator? {
        machines[number].generation == generation && machines[number].isUp ? machines[number] : nil
    }

    private func deliver(_ letter: Letter, to machine: SimulatedValidator) {
        let input = letter.open(keys.committee) { reference in
            if isCorrect(reference.author) { witness.saw(reference) }
        }
        guard let input, machine.isUp else { return }
        machine.take(input)
    }

    // MARK: Faults

    private func crashOne() {
        guard !isHealed else { return }
        schedule(.crash, after: random.below(2 * faults.crashEvery))
        let up = machines.filter { $0.isCorrect && $0.isUp }
        guard !up.isEmpty else { return }
        let machine = up[random.below(up.count)]
        machine.crash()
        report.crashes += 1
        // Some stay down until all is over, and find themselves far behind.
        let isLong = random.chance(permille: 150)
        schedule(.restart(machine.number), after: random.between(1000, isLong ? configuration.duration * 2000 : 3_000_000))
    }

    private func split() {
        guard !isHealed else { return }
        network.split()
        note("partition \(network.groups)")
        schedule(.join, after: random.between(50_000, 3_000_000))
    }

    func join() {
        guard network.isPartitioned else { return }
        network.join()
        note("partition over")
        if random.chance(permille: 700) { for machine in machines where machine.isUp { greet(machine) } }
        if !isHealed { schedule(.split, after: random.below(2 * faults.partitionEvery)) }
    }

    private func lie(_ number: Int) {
        schedule(.lie(number), after: random.between(10_000, isHealed ? 2_000_000 : 200_000))
        guard let core = machines[number].core else { return }
        let peer = ValidatorIndex(random.below(keys.committee.validators.count))
        guard peer != machines[number].identity, let message = liars[number]?.message(core: core, wall: machines[number].moment.wall) else {
            return
        }
        send(message, from: machines[number], to: peer)
    }

    // MARK: Clients

    func submit(_ transaction: Transaction, isRecord: Bool, to machine: SimulatedValidator) {
        submissionsByIdentifier[transaction.identifier] = submissions.count
        submissions.append(Submission(transaction: transaction, machine: machine.number, at: now, isRecord: isRecord))
        note("client gives \(isRecord ? "record" : "proposal") \(transaction.identifier.description.prefix(8)) to \(machine.name)")
        machine.take(.submit([transaction]))
    }
}

extension Simulation: SimulatedWorld {
    func schedule(_ event: SimulatedEvent, after delay: UInt64) { queue.add(event, at: now + delay) }

    func send(_ message: PeerMessage, from machine: SimulatedValidator, to peer: ValidatorIndex?) {
        let bytes = message.wireBytes
        let letter = Letter(sender: machine.identity, bytes: bytes)
        var isBusiness = true
        if case .heartbeat = message { isBusiness = false }
        if isBusiness { note("\(machine.name) to \(peer.map { "v\($0)" } ?? "all"): \(message.summary)") }
        for receiver in machines where receiver.identity != machine.identity && receiver.isUp {
            if let peer, receiver.identity != peer { continue }
            // Each of the two machines of one key is heard by half of the others.
            if machine.behaviour == .twins, (receiver.number + machine.number) % 2 == 0, receiver.number % 3 != 0 { continue }
            report.messages += 1
            report.bytes += UInt64(bytes.count)
            if isBusiness { businessMessages += 1 }
            for delay in network.delays(from: machine.number, to: receiver.number) {
                schedule(.deliver(letter, to: receiver.number), after: delay)
            }
        }
    }

    func note(_ line: @autoclosure () -> String) {
        guard configuration.transcript else { return }
        let time = SimulationReport.milliseconds(now)
        report.transcript.append(String(repeating: " ", count: max(0, 12 - time.utf8.count)) + time + "  " + line())
    }

    func isCorrect(_ validator: ValidatorIndex) -> Bool { machines[Int(validator)].isCorrect }

    var crashAtPublish: Int { isHealed ? 0 : faults.crashAtPublish }

    func published(_ machine: SimulatedValidator) { lastPublishedAt = now }

    func logged(_ identifiers: [Digest], at machine: SimulatedValidator) {
        for identifier in identifiers {
            guard let place = submissionsByIdentifier[identifier], submissions[place].machine == machine.number else { continue }
            if submissions[place].loggedAt == nil { submissions[place].loggedAt = now }
        }
    }

    func certified(_ checkpoint: Checkpoint, at machine: SimulatedValidator) {
        for place in submissions.indices.reversed() where submissions[place].machine == machine.number {
            guard submissions[place].certifiedAt == nil else { break }
            if submissions[place].loggedAt != nil { submissions[place].certifiedAt = now }
        }
    }

    /// A client whose validator crashed gives it everything again that is not in its ledger.
    func resubmit(to machine: SimulatedValidator) {
        let lost = submissions.filter { $0.machine == machine.number && !machine.ledger.isLogged($0.transaction.identifier) }
        if !lost.isEmpty { machine.take(.submit(lost.map(\.transaction))) }
    }

    /// Connections come up between this machine and all others.
    func greet(_ machine: SimulatedValidator) {
        for other in machines
        where other.identity != machine.identity && other.isUp && network.groups[other.number] == network.groups[machine.number] {
            schedule(.connected(machine.number, to: other.identity), after: random.below(20_000))
            schedule(.connected(other.number, to: machine.identity), after: random.below(20_000))
        }
    }
}
