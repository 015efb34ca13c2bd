// The words in which the protocol core and its rim talk: inputs, effects, and what the core needs to start. No logic.

public import TrellisCrypto
public import TrellisModel

/// One reading of both clocks. Pacing follows `monotonic`, timestamps follow `wall`; both in milliseconds.
public struct Moment: Sendable, Equatable {
    public var monotonic: UInt64
    public var wall: Milliseconds

    public init(monotonic: UInt64, wall: Milliseconds) {
        self.monotonic = monotonic
        self.wall = wall
    }
}

/// How a validator paces itself. All in milliseconds; each node may choose its own.
public struct Pacing: Sendable, Equatable {
    /// How long a round waits for its leader's block before round times are known; then twice a round, from half of this on.
    public var leaderTimeout: UInt64
    /// The most that it waits while leaders are committed, unless `leaderTimeout` is more; while none is, `patience` times as much.
    public var leaderTimeoutMaximum: UInt64
    /// The least time between two own blocks.
    public var roundDelayMinimum: UInt64
    /// How long a block waits for blocks of the round below that are still to be expected, once it could be built.
    public var stragglerDelay: UInt64
    public var heartbeat: UInt64
    /// How long a block from the future is held back at most.
    public var futureHoldMaximum: UInt64
    /// After how long an unanswered fetch goes to another peer, and an unheeded own block is sent again.
    public var retry: UInt64
    /// The most bytes of transactions in an own block, where genesis does not allow less.
    public var batchBytes = Tuning.batchBytesBounds.upperBound
    /// How long an own block waits for more transactions when it could be built.
    public var batchDelay: UInt64 = 0
    /// Own blocks with transactions that are neither ordered nor given up.
    public var blocksInFlight = Tuning.blocksInFlightBounds.upperBound
    /// Whether certified commits, and states, are asked for when far behind, and not blocks alone.
    public var catchesUpByCommits = true

    /// How many times `leaderTimeoutBound` a round waits at most while no leader is committed.
    public static let patience: UInt64 = 4
    /// The most that a round waits for its leader while leaders are committed, in milliseconds.
    public var leaderTimeoutBound: UInt64 { max(leaderTimeout, leaderTimeoutMaximum) }

    public init(
        leaderTimeout: UInt64 = 200, leaderTimeoutMaximum: UInt64 = 1000, roundDelayMinimum: UInt64 = 0, stragglerDelay: UInt64 = 2,
        heartbeat: UInt64 = 2000,
        futureHoldMaximum: UInt64 = 500,
        retry: UInt64 = 250
    ) {
        self.leaderTimeout = leaderTimeout
        self.leaderTimeoutMaximum = leaderTimeoutMaximum
        self.roundDelayMinimum = roundDelayMinimum
        self.stragglerDelay = stragglerDelay
        self.heartbeat = heartbeat
        self.futureHoldMaximum = futureHoldMaximum
        self.retry = retry
    }
}

/// What is rare and large is held indirectly, so that the rest stays small.
public enum Input: Sendable {
    /// Transactions of this validator's clients and seats.
    case submit([Transaction])
    /// Blocks from a peer, verified.
    case blocks([VerifiedBlock], from: ValidatorIndex)
    case heartbeat(Heartbeat, from: ValidatorIndex)
    /// A certificate from a peer, verified against the committee.
    indirect case certificate(CheckpointCertificate)
    /// A peer asks for blocks.
    case fetch([BlockReference], from: ValidatorIndex)
    case fetchRounds(Round, from: ValidatorIndex)
    /// A peer asks for our newest own block and for its own.
    case recall(nonce: UInt64, from: ValidatorIndex)
    /// A peer's newest own block, verified; nil: it has built none.
    case recalled(nonce: UInt64, VerifiedBlock?, from: ValidatorIndex)
    /// A peer may sign above this round only.
    case letPass(Round, from: ValidatorIndex)
    /// About catching up, checked as far as that takes no state.
    indirect case catchUp(CatchUp, from: ValidatorIndex)
    indirect case catchUpAnswer(CatchUpAnswer)
    case connected(ValidatorIndex)
    /// The block that `Effect.seal` asked for, signed.
    case sealed(Block)
    /// A commit was executed; its checkpoint, if it changed the ledger, is persisted. `nextDeadline` is that of the pending proposals.
    indirect case executed(Checkpoint?, nextDeadline: Milliseconds?)
    /// How this validator paces itself from now on.
    case tune(Tuning)
    case tick
}

/// What is rare and large is held indirectly, so that the rest stays small.
public enum Effect: Sendable {
    /// Sign this header over the payload and answer with `Input.sealed`.
    indirect case seal(BlockHeader, Payload)
    /// Append to the journal; it need not be synced yet.
    case store(Block)
    indirect case storeCommit(Commit)
    /// Sync the journal and the high-water mark, then send the block to every peer. In this order.
    case publish(Block)
    case send(PeerMessage, to: ValidatorIndex)
    case broadcast(PeerMessage)
    /// Read these blocks from the journal and send them.
    case serve([BlockReference], to: ValidatorIndex)
    case serveRounds(from: Round, to: ValidatorIndex)
    indirect case catchUp(CatchUpEffect)
    /// Execute on the ledger and answer with `Input.executed`. One payload per block of the commit.
    indirect case execute(Commit, [Payload])
    /// A block was accepted into the DAG for the first time: evaluate its proposals, before it commits.
    case accepted(Block)
    indirect case certified(CheckpointCertificate)
    /// This validator knows again what it may have signed: make it durable, as its high-water mark, before anything is sealed.
    case recalled(upTo: Round)
    /// The second block of a slot was accepted; both are stored. The rim makes evidence of them and submits it.
    indirect case equivocation(BlockReference, Block)
    /// To be submitted.
    indirect case conflictingAttestations(Evidence)
    /// A quorum attests another state than ours: stop and alarm.
    indirect case diverged(index: UInt64, own: Digest, quorum: Digest)
    /// The first entries of the certified log are not those of the log here, of so many entries: stop and alarm.
    indirect case logDiverged(size: UInt64, certified: Checkpoint)
    /// Call `tick` at this reading of the monotonic clock; replaces any earlier wish.
    case wake(at: UInt64)
}

/// What a restarted validator brings back from its journal.
public struct Recovered: Sendable {
    public var commits: [Commit]
    /// Blocks below the first of `blocks`, of which no more is known, and which are output: those of an installed state.
    public var vertices: [Vertex] = []
    /// Blocks in the order in which they were stored: parents before children.
    public var blocks: [Block]
    /// Those of them whose signatures nobody checked: a certified commit holds them.
    public var unchecked: Set<BlockReference> = []
    /// The highest round that this validator may have signed.
    public var highWater: Round
    /// Not nil: it may have signed more than that, and asks the others under this number, which no earlier start used.
    public var recallNonce: UInt64?

    public init(commits: [Commit] = [], blocks: [Block] = [], highWater: Round = 0, recallNonce: UInt64? = nil) {
        self.commits = commits
        self.blocks = blocks
        self.highWater = highWater
        self.recallNonce = recallNonce
    }
}
