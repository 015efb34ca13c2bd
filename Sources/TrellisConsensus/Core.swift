// The protocol core of one validator: a pure state machine, step(input) -> [effect]. It holds the DAG, decides what to propose and when
// (Core+Propose.swift), accepts blocks and commits (Core+Accept.swift), and asks for what it lacks (Core+Synchronise.swift).
//
//   peers' blocks --> accept --(parents missing)--> suspend, fetch
//                       |
//                       +--> DAG --> commit rule --> linearise --> execute --> checkpoint --> attest in the next own block
//                       |
//                       +--> pace --> seal --> publish
//
// No I/O, no clock, no randomness: the rim (TrellisNode, or the simulator) carries the effects out in their order.

public import TrellisCrypto
public import TrellisModel

public struct Core: Sendable {
    public let committee: Committee
    public let own: ValidatorIndex
    /// The other validators, ascending.
    let others: [ValidatorIndex]
    /// As configured, and tuned since.
    public internal(set) var pacing: Pacing
    /// Nil under the base rule.
    let fastPath: FastPath?

    // What is known.
    var linearizer: Linearizer
    var suspension: Suspension
    var certifier: Certifier
    var pool: Pool
    var backlog: Backlog
    /// Blocks from the future, by the moment at which they are let in.
    var held: [(until: UInt64, block: Block, sender: ValidatorIndex)] = []

    // What this validator has said.
    var ownLast: Block
    /// Never sign at or below this round.
    var signedUpTo: Round
    /// The newest round of every author that the own chain cites.
    var cited: [ValidatorIndex: Round] = [:]
    var isSealing = false
    var attestationsDue: [Attestation] = []
    var nextDeadline: Milliseconds?

    // Pacing.
    var quorumRound: Round = 0
    var quorumSince: UInt64 = 0
    var leaderTimer: LeaderTimer
    var lastProposedAt: UInt64?
    /// When it would be time to follow others again if that were to happen once in a retry interval.
    var followAt: UInt64 = 0
    /// The newest own block's round when something was executed last.
    var executedIn: Round = 0
    var lastHeardFromUsAt: UInt64 = 0
    var wakeAt: UInt64?

    // Synchronisation.
    var peers: [ValidatorIndex: Peer] = [:]
    var fetches: Fetches
    var refillAt: UInt64 = 0
    var refillOffset = 0
    /// How many blocks beyond the second came into a slot for somebody's sake.
    var extraTwins: [ExtraTwins: UInt64] = [:]
    var rangeFetch: RangeFetch?
    /// Not nil while this validator finds out what it signed.
    var recall: Recall?
    /// When others are asked again to let the rounds pass that this validator may have signed.
    var letPassAt: UInt64 = 0
    /// Up to here rounds are opened without anything to do: somebody has to let them pass before it may sign.
    var wantedRound: Round = 0
    /// Whom to ask while far behind, and the certified commits that are fetched.
    var sources: CatchUpSources
    var range = RangeSync()
    /// Not nil while a state is fetched.
    var transfer: StateTransfer?
    var transfers: TransferHistory

    var now = Moment(monotonic: 0, wall: 0)
    var effects: [Effect] = []
    public private(set) var isHalted = false

    public init(committee: Committee, own: ValidatorIndex, pacing: Pacing, recovered: Recovered = Recovered()) {
        self.committee = committee
        self.own = own
        others = committee.validators.indices.map { ValidatorIndex($0) }.filter { $0 != own }
        self.pacing = pacing
        leaderTimer = LeaderTimer(pacing: pacing)
        backlog = Backlog(own: own)
        let schedule = LeaderSchedule(validators: committee.validators.count)
        fastPath = committee.fastPath
        suspension = Suspension(perSponsorMaximum: committee.limits.suspendedPerAuthor)
        fetches = Fetches(validators: committee.validators.count, retry: pacing.retry)
        sources = CatchUpSources(own: own, retry: pacing.retry)
        transfers = TransferHistory(validators: committee.validators.count)
        certifier = Certifier(committee: committee)
        pool = Pool(payloadLimit: committee.limits.payloadBytes)
        ownLast = Block.genesis(author: own, committee: committee)
        signedUpTo = recovered.highWater
        recall = recovered.recallNonce.map { Recall(nonce: $0) }
        let depth = committee.parameters.gcDepth
        let last = recovered.commits.last
        let floor = last.map { $0.leader.round > depth ? $0.leader.round - depth : 0 } ?? 0
        var dag = DAG(stakes: committee.stakes, startingAt: floor)
        if floor == 0 {
            for author in committee.validators.indices {
                let genesis = Block.genesis(author: ValidatorIndex(author), committee: committee)
                dag.insert(Vertex(reference: genesis.reference, parents: [], timestamp: 0))
            }
        }
        for vertex in recovered.vertices { dag.insert(vertex) }
        for block in recovered.blocks { dag.insert(Vertex(block)) }
        linearizer = Linearizer(
            dag: dag, rule: CommitRule(schedule: schedule, fastPath: fastPath), suite: committee.suite, gcDepth: depth,
            scheduleInterval: committee.parameters.scheduleInterval,
            last: .none(chain: committee.chain, suite: committee.suite))
        restore(recovered)
        executedIn = ownLast.round
    }

    private mutating func restore(_ recovered: Recovered) {
        for commit in recovered.commits { linearizer.replay(commit) }
        for block in recovered.blocks {
            if block.author == own, block.round > ownLast.round { said(block) }
            // Certificates are made of signatures that somebody checked.
            if !recovered.unchecked.contains(block.reference) { report(certifier.heard(block)) }
            guard let vertex = linearizer.dag.vertex(block.reference), !vertex.isOutput, block.round > linearizer.gcRound else { continue }
            backlog.add(block)
            if block.author == own { pool.restore(block.payload, round: block.round) }
        }
        backlog.refresh(cited: cited)
        updateQuorumRound()
        // A crash came between its block and its mark: it must not leave before it is marked, or a damaged journal could have it signed again.
        if ownLast.round > recovered.highWater, recovered.recallNonce == nil { effects.append(.publish(ownLast)) }
    }

    /// One step of the protocol. Effects must be carried out in order, those of earlier steps first.
    public mutating func step(_ input: Input, now: Moment) -> [Effect] {
        self.now = Moment(monotonic: max(now.monotonic, self.now.monotonic), wall: now.wall)
        guard !isHalted else { return [] }
        handle(input)
        releaseHeld()
        commitDecided()
        if !range.commits.isEmpty { putOutRange() }
        backlog.refresh(cited: cited)
        synchronise()
        propose()
        arm()
        defer { effects = [] }
        return effects
    }

    private mutating func handle(_ input: Input) {
        switch input {
        case .submit(let transactions):
            pool.add(transactions, votesFrom: linearizer.dag.highestRound + 1)
        case .blocks(let blocks, let sender): receive(blocks, from: sender)
        case .heartbeat(let heartbeat, let sender): receive(heartbeat, from: sender)
        case .certificate(let certificate): report(certifier.accept(certificate))
        case .fetch(let references, let sender): effects.append(.serve(references, to: sender))
        case .fetchRounds(let round, let sender): serveRounds(from: round, to: sender)
        case .recall(let nonce, let sender): answerRecall(nonce, from: sender)
        case .recalled(let nonce, let newest, let sender): receiveRecalled(nonce, newest, from: sender)
        case .letPass(let round, let sender): letPass(round, for: sender)
        case .catchUp(let message, let sender): hear(message, from: sender)
        case .catchUpAnswer(let answer): hear(answer)
        case .connected(let peer): greet(peer)
        case .sealed(let block): publish(block)
        case .executed(let checkpoint, let deadline): executed(checkpoint, nextDeadline: deadline)
        case .tune(let tuning): tune(tuning)
        case .tick: wakeAt = nil
        }
    }

    private mutating func executed(_ checkpoint: Checkpoint?, nextDeadline deadline: Milliseconds?) {
        nextDeadline = deadline
        guard let checkpoint else { return }
        report(certifier.executed(checkpoint))
        guard checkpoint.index > certifier.certifiedIndex else { return }
        executedIn = ownLast.round
        let index = checkpoint.index + (Mutation.isPlanted(.attestationBeforeExecution) ? 1 : 0)
        attestationsDue.append(Attestation(index: index, checkpoint: checkpoint.digest(committee.suite)))
        if attestationsDue.count > committee.limits.attestations {
            attestationsDue.removeFirst(attestationsDue.count - committee.limits.attestations)
        }
    }

    mutating func report(_ findings: [Certifier.Finding]) {
        for finding in findings {
            switch finding {
            case .certified(let certificate):
                effects.append(.certified(certificate))
                // A certificate needs no more attestations; who lacks it is given it.
                attestationsDue.removeAll { $0.index <= certificate.checkpoint.index }
            case .conflictingAttestations(let evidence): effects.append(.conflictingAttestations(evidence))
            case .diverged(let index, let own, let quorum): halt(.diverged(index: index, own: own, quorum: quorum))
            }
        }
    }

    /// Says why, and does nothing any more.
    mutating func halt(_ effect: Effect) {
        effects.append(effect)
        isHalted = true
    }

    // What the rim may look at.
    /// How long a round waits for its leader's block at present, in milliseconds.
    public var leaderTimeout: UInt64 { leaderTimer.timeout(fruitlessTurns: fruitlessTurns) }
    /// How often all leaders have had their turn, and the rounds that decide it, since one was committed.
    public var fruitlessTurns: UInt64 { rounds(since: linearizer.last.leaderRound) / turn }
    /// Own blocks that left without the block of their leader: it was given up.
    public var leadersMissed: UInt64 { leaderTimer.missed }
    public var round: Round { ownLast.round }
    /// Who leads what, as far as this validator has committed.
    public var schedule: LeaderSchedule { linearizer.schedule }
    public var highestRound: Round { linearizer.dag.highestRound }
    public var lastCommit: Linearizer.LastCommit { linearizer.last }
    public var certificate: CheckpointCertificate? { certifier.certificate }
    public var poolBytes: Int { pool.bytes }
    public var poolCount: Int { pool.count }
    /// Transactions with votes that are in no own block yet.
    public var waitingVotes: Set<Digest> { pool.waitingVotes }
    /// Whether a transaction waits here, or rides in an own block that is not output yet.
    public func knows(_ identifier: Digest) -> Bool { pool.contains(identifier) }
    public var suspendedCount: Int { suspension.count }
    public var fetchCount: Int { fetches.count }
    public var dag: DAG { linearizer.dag }
    public var gcRound: Round { linearizer.gcRound }
    public func slotStatuses() -> [(slot: Slot, status: SlotStatus)] { linearizer.statuses() }
}

extension Vertex {
    public init(_ block: Block) {
        self.init(reference: block.reference, parents: block.header.parents, timestamp: block.timestamp)
    }
}
