// One validator's state and the interpreter of the core's effects: everything happens on one thread, in the order the core says. Opening
// and recovery stand here; what clients see stands in Replica+Service.swift.

import Logging
import TrellisConsensus
import TrellisCrypto
import TrellisEvaluators
import TrellisLedger
import TrellisModel
import TrellisReplica
import TrellisStorage
import TrellisTPM
import TrellisTransport

/// What a replica needs to open.
struct ReplicaConfiguration: Sendable {
    var committee: Committee
    var own: ValidatorIndex
    var consensusKey: any SigningKey
    var seats: Seats
    var pacing: Pacing
    var dataDirectory: String
    /// The most bytes of clients' transactions that wait for an own block.
    var poolBytesMaximum: Int
    /// How much of the journal is kept for peers that lag behind.
    var journalBytesKept: UInt64
    var optimizer: OptimizerConfiguration
    var logger: Logger
}

actor Replica {
    let configuration: ReplicaConfiguration
    /// Keeps the data directory the newest of its copies.
    nonisolated let markCounter: MarkCounter
    var committee: Committee { configuration.committee }
    var core: Core
    let storage: StableStorage
    var store: LedgerStore { storage.ledger }
    var journal: Journal { storage.journal }
    var waiters = Waiters()
    var events = EventHub()
    var budget: AnswerBudget
    /// What the core is told once it has begun anew on an installed state.
    var installed: Input?
    var alarm: String?
    var equivocations: UInt64 = 0
    /// Since the start.
    private(set) var refusedVotes: [VoteRefusal: UInt64] = [:]
    let inbox = Inbox()

    private let thread: ReplicaThread
    private let disk: RealDisk
    let logger: Logger
    private(set) var network: PeerNetwork?
    /// Is told what own blocks attest.
    private var audit: AuditTrail?
    /// What own blocks attested that the journal brought back.
    private var recoveredAttestations: [Attestation] = []
    private var wakeTask: Task<Void, Never>?
    /// Index merges beside the replica's thread, one after the other.
    private var maintenance: Task<Void, Never>?
    /// Proposals that this validator voted on, with the transactions that carry the votes once these are signed.
    var castVotes: [Digest: [Digest]] = [:]
    /// Votes of own seats that no own block can hold yet.
    var outbox = VoteOutbox()
    /// The seats that ask somebody over the network; nil while there are none, or before the start.
    var remoteSeats: RemoteSeats?
    var pendingEvidence = PendingEvidence()
    /// Twins among the blocks that the journal brought back: what was seen before a restart may not have been ordered.
    private var recoveredTwins: [(Block, Block)] = []
    var tuner: Tuner
    private var lag = Lag()
    private(set) var isStopped = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Opens the data directory, repairs a torn tail, executes what the last snapshot had not seen. Throws `StorageError` for what it
    /// cannot repair.
    ///
    /// - Parameter module: the TPM that tells old copies of the directory, or why it cannot be spoken with; nil where none is configured.
    init(_ configuration: ReplicaConfiguration, module: Result<any TrustedModule, TPMError>? = nil) throws {
        self.configuration = configuration
        logger = configuration.logger
        budget = AnswerBudget(configuration.committee.limits)
        thread = ReplicaThread(name: "replica-\(configuration.own)")
        disk = try RealDisk(root: configuration.dataDirectory)
        let isAmnesic = try DataDirectory.isAmnesic(
            disk, configuration.own, of: configuration.committee, module: module)
        markCounter = MarkCounter(disk, configuration.own, of: configuration.committee)
        let recovery: Journal.Recovery
        (storage, recovery) = try StableStorage.open(
            disk, of: configuration.own, configuration.committee, isAmnesic: isAmnesic,
            retention: Retention(journalBytes: configuration.journalBytesKept), recallNonce: .random(in: 0 ... .max))
        if recovery.truncatedBytes > 0 {
            logger.warning("cut off a torn journal tail", metadata: ["bytes": "\(recovery.truncatedBytes)"])
        }
        let (reached, executed) = (recovery.recovered.commits.last?.index ?? 0, storage.ledger.ledger.lastCommit.index)
        if reached < executed {
            logger.warning(
                "the journal ends before what was executed: asks the others for what it lacks",
                metadata: ["commit": "\(reached)", "executed": "\(executed)"])
        }
        core = Core(
            committee: configuration.committee, own: configuration.own, pacing: configuration.pacing, recovered: recovery.recovered)
        tuner = try Tuner(configuration)
        recoveredTwins = Self.twins(recovery.recovered.blocks)
        recoveredAttestations = recovery.recovered.blocks.filter { $0.author == configuration.own }.flatMap(\.header.attestations)
        thread.start()
    }

    deinit { thread.stop() }

    /// Goes on where the journal ended.
    func start(network: PeerNetwork?, audit: AuditTrail? = nil) {
        self.network = network
        self.audit = audit
        audit?.attested(recoveredAttestations.sorted { $0.index < $1.index })
        recoveredAttestations = []
        openRemoteSeats()
        if core.isRecalling {
            logger.warning("which rounds this validator signed is not known: it asks the others, and signs nothing until they answer")
        }
        run(.executed(store.ledger.lastCheckpoint, nextDeadline: store.ledger.nextDeadline))
        vote(onOpened: store.ledger.pendingProposals.map { ($0.identifier, $0.proposal) })
        for (first, second) in recoveredTwins {
            if let input = evidence(of: first, second) { run(input) }
        }
        recoveredTwins = []
    }

    func drain() {
        for input in inbox.take() {
            switch input {
            case .heartbeat(let heartbeat, let peer): heard(of: heartbeat.round, peer)
            case .blocks(let blocks, let peer): if let block = blocks.last?.block { heard(of: block.round, peer) }
            default: break
            }
            run(input)
        }
    }

    private func heard(of round: Round, _ peer: ValidatorIndex) {
        let highest = core.highestRound
        let margin = committee.parameters.gcDepth
        guard lag.isStuck(at: highest, margin: margin, claimed: round, now: SystemClock.now().monotonic) else { return }
        logger.warning(
            "far behind and no nearer for a minute: do the peers still keep the rounds that are missing?",
            metadata: ["round": "\(highest)", "peer": "\(peer)", "peer's round": "\(round)"])
    }

    /// Stops cleanly: saves a snapshot, so that the next start executes nothing again, and lets go of the data directory.
    func stop() async {
        guard !isStopped else { return }
        isStopped = true
        wakeTask?.cancel()
        tuner.task?.cancel()
        waiters.expireAll()
        events.finish()
        if alarm == nil {
            do { try snapshot() } catch { logger.error("no snapshot at stop", metadata: ["reason": "\(error)"]) }
        }
        await maintenance?.value
        disk.release()
    }

    // MARK: Effects

    func run(_ input: Input) {
        guard !isStopped, alarm == nil else { return }
        do {
            var inputs = [input]
            while !inputs.isEmpty, alarm == nil {
                for effect in core.step(inputs.removeFirst(), now: SystemClock.now()) {
                    if let answer = try carryOut(effect) { inputs.append(answer) }
                }
                if let next = installed { inputs.append(next) }
                installed = nil
            }
            // Not earlier: only between steps do the core and the ledger stand at the same commit.
            if alarm == nil, store.wantsSnapshot { try snapshot() }
        } catch {
            fail((error as? StorageError)?.hint.map { "\(error); \($0)" } ?? "\(error)")
        }
    }

    /// Carries out one effect; returns the input that answers it, if it is of the kind that is answered.
    private func carryOut(_ effect: Effect) throws -> Input? {
        switch effect {
        case .seal(let header, let payload): return .sealed(try sign(header, payload))
        case .store(let block): try storage.store(block)
        case .storeCommit(let commit): try journal.store(commit)
        case .publish(let block):
            try storage.seal(block)
            network?.broadcast(PeerMessage.blocks([block.encoded]).wireBytes)
            audit?.attested(block.header.attestations)
            if !block.payload.isEmpty { signVotes() }
        case .send(let message, let peer): network?.send(message.wireBytes, to: peer)
        case .broadcast(let message): network?.broadcast(message.wireBytes)
        case .serve(let references, let peer): try serve(peer) { try journal.read(references) }
        case .serveRounds(let from, let peer): try serve(peer) { try journal.read(from: from) }
        case .catchUp(let effect): return try carryOut(effect)
        case .execute(let commit, let payloads): return try execute(commit, payloads)
        case .accepted(let block): evaluate(block)
        case .certified(let certificate):
            try storage.certified(certificate)
            waiters.certified(logSize: certificate.checkpoint.logSize)
            meterCertified(certificate.checkpoint.index)
            events.publish(NodeEvent(kind: .certified(certificate.checkpoint), logIndex: nil))
        case .equivocation(let first, let second):
            equivocations += 1
            return try evidence(first, second)
        case .conflictingAttestations(let evidence): return accuse(evidence)
        case .diverged(let index, let own, let quorum):
            fail("a quorum attests \(quorum) for checkpoint \(index), but executing it here gave \(own)")
        case .logDiverged(let size, let certified):
            fail(
                "the log here, of \(size) entries, is not the beginning of the certified one, of \(certified.logSize): what is on this disk is not "
                    + "what the others have; start with an empty data directory, so that a state is taken over whole")
        case .recalled(let round):
            try journal.recall(upTo: round)
            logger.notice("knows again what it may have signed", metadata: ["signs above round": "\(round)"])
        case .wake(let at): wake(at: at)
        }
        return nil
    }

    private func sign(_ header: BlockHeader, _ payload: Payload) throws -> Block {
        let digest = header.digest(chain: committee.chain, suite: committee.suite)
        let signature = try configuration.consensusKey.sign(digest.bytes, context: .block)
        return Block(header: header, payload: payload, signature: signature, committee: committee)
    }

    private func execute(_ commit: Commit, _ payloads: [Payload]) throws -> Input {
        let level = store.ledger.threshold?.level
        guard let execution = try storage.execute(commit, payloads) else {
            return .executed(nil, nextDeadline: store.ledger.nextDeadline)
        }
        if let threshold = store.ledger.threshold, threshold.level != level { report(threshold) }
        for (reason, count) in execution.refusedVotes { refusedVotes[reason, default: 0] &+= UInt64(clamping: count) }
        for append in execution.appended { waiters.decided(append.identifier, at: append.index) }
        meterOrdered(execution.appended.lazy.map(\.identifier), in: commit.index)
        if !events.isEmpty { publish(execution) }
        let ignored = execution.ignored.map(\.identifier).filter { castVotes[$0] != nil && store.ledger.pending($0) == nil }
        forgetVotes(on: execution.decided.map(\.proposal.identifier) + ignored)
        vote(onOpened: execution.opened.compactMap { store.ledger.pending($0) }.map { ($0.identifier, $0.proposal) })
        if !execution.opened.isEmpty { voteAgainLater(execution.opened) }
        return .executed(execution.checkpoint, nextDeadline: store.ledger.nextDeadline)
    }

    private func report(_ threshold: AdaptiveThreshold) {
        logger.notice(
            "the threshold of adaptive councils moves",
            metadata: [
                "level": "\(threshold.level.name)", "permille": "\(threshold.level.permille)",
                "commit": "\(store.ledger.lastCommit.index)",
                "round times": "\(threshold.last?.roundTime.name ?? "")", "missed leaders": "\(threshold.last?.missedLeaders.name ?? "")",
                "late votes": "\(threshold.last?.lateVotes.name ?? "")", "equivocations": "\(threshold.last?.misbehaviour.name ?? "")",
            ])
    }

    private func publish(_ execution: Execution) {
        for identifier in execution.opened {
            guard let pending = store.ledger.pending(identifier) else { continue }
            let kind = NodeEvent.Kind.proposed(identifier: identifier, proposal: pending.proposal, deadline: pending.deadline)
            events.publish(NodeEvent(kind: kind, logIndex: nil))
        }
        for append in execution.appended {
            guard let event = NodeEvent(logBytes: Array(append.bytes), identifier: append.identifier, index: append.index) else { continue }
            events.publish(event)
        }
    }

    private func snapshot() throws {
        guard try storage.saveSnapshot(gcRound: core.gcRound) else { return }
        let earlier = maintenance
        maintenance = Task.detached { [logger, merge = store.maintenance] in
            await earlier?.value
            do { try merge() } catch { logger.error("index not merged", metadata: ["reason": "\(error)"]) }
        }
    }

    private func wake(at moment: UInt64) {
        wakeTask?.cancel()
        let now = SystemClock.now().monotonic
        let delay = moment > now ? moment - now : 0
        wakeTask = Task { [weak self] in
            try? await Task.sleep(for: .milliseconds(delay), tolerance: .milliseconds(delay > 500 ? 50 : 0))
            guard !Task.isCancelled else { return }
            await self?.run(.tick)
        }
    }

    private func fail(_ reason: String) {
        alarm = reason
        logger.critical("stopped", metadata: ["reason": "\(reason)"])
        waiters.expireAll()
        events.finish()
    }

    var peers: (connected: [ValidatorIndex], counters: PeerCounters) {
        (network?.connectedPeers ?? [], network?.counters ?? PeerCounters())
    }
}
