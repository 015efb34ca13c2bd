// What a running validator offers to whoever stands in front of it: the HTTP API, the commands, a program that embeds it. Values in,
// values out; nothing here knows of sockets or JSON.

public import TrellisAudit
public import TrellisCrypto
public import TrellisLedger
public import TrellisModel
public import TrellisVerify

/// How far a submitted proposal or record has come.
public enum EntryStatus: Sendable {
    /// Neither in the ledger nor in this validator's pool.
    case unknown
    /// Accepted by this validator, not ordered yet.
    case submitted
    /// Ordered; the council is voting.
    case pending(PendingProposal)
    /// In the log at `index`. `isCertified`: a receipt can be had.
    case logged(index: UInt64, entry: LogEntry, isCertified: Bool)
}

/// How long to wait for an entry.
public enum Finality: String, Sendable, CaseIterable {
    /// It is decided (a proposal) or ordered (a record).
    case decided
    /// A quorum attested the log that holds it: a receipt can be had.
    case certified
}

/// What happened in the ledger, in order. `position` grows by one per event of the log and resumes a stream.
public struct NodeEvent: Sendable {
    public enum Kind: Sendable {
        /// A proposal was ordered and waits for votes.
        case proposed(identifier: Digest, proposal: Proposal, deadline: Milliseconds)
        case decided(Decision)
        case recorded(identifier: Digest)
        /// Everything before `logSize` has a certificate.
        case certified(Checkpoint)
    }

    public let kind: Kind
    /// Index in the log for what is in it (`decided`, `recorded`); nil for the others, which are not replayed.
    public let logIndex: UInt64?

    public init(kind: Kind, logIndex: UInt64?) {
        self.kind = kind
        self.logIndex = logIndex
    }
}

public enum NodeError: Error, Sendable, CustomStringConvertible {
    case stopped(reason: String)
    /// The pool is full: try again later.
    case overloaded
    case tooLarge(bytes: Int, limit: Int)
    case unknownCouncil(String, known: [String])
    case refusedSealing(SealingRefusal)
    case invalid(String)
    case timedOut
    /// Asked again too soon: try later.
    case tooSoon
    case storage(String)

    public var description: String {
        switch self {
        case .stopped(let reason): "the validator has stopped: \(reason)"
        case .overloaded: "the pool is full"
        case .tooLarge(let bytes, let limit): "\(bytes) bytes exceed the limit of \(limit)"
        case .unknownCouncil(let name, let known): "no council is called '\(name)'; there is \(known.joined(separator: ", "))"
        case .refusedSealing(let refusal): "the sealed proposal cannot be decided: \(refusal)"
        case .invalid(let reason): reason
        case .timedOut: "not there yet"
        case .tooSoon: "one a second, for all who ask"
        case .storage(let reason): reason
        }
    }
}

/// A validator's state at a glance.
public struct NodeStatus: Sendable {
    public var chain: Digest
    public var epoch: Epoch
    public var validator: ValidatorIndex
    public var name: String
    public var round: Round
    public var highestRound: Round
    public var commitIndex: UInt64
    public var commitTimestamp: Milliseconds
    public var logSize: UInt64
    public var certifiedIndex: UInt64
    public var certifiedLogSize: UInt64
    public var pendingProposals: Int
    public var poolTransactions: Int
    public var poolBytes: Int
    public var suspendedBlocks: Int
    public var peersConnected: [ValidatorIndex]
    public var peerBytesSent: UInt64
    public var peerBytesReceived: UInt64
    public var blocksRejected: UInt64
    public var equivocations: UInt64
    /// Proofs of misbehaviour that the ledger holds.
    public var evidence: Int
    /// Votes in commits executed since the start that had no effect. Some are usual: what comes after the vote that decides is on nothing pending.
    public var refusedVotes: [VoteRefusal: UInt64] = [:]
    /// What adaptive thresholds follow; nil where no council has one.
    public var threshold: AdaptiveThreshold?
    /// Whether the validator signs nothing yet, because it does not know what it signed before.
    public var isRecalling: Bool
    /// Whether a TPM holds the audit trail; nil where there is none.
    public var isAuditInHardware: Bool?
    /// Nil while all is well; otherwise why the validator stopped.
    public var alarm: String?

    public init(
        chain: Digest, epoch: Epoch, validator: ValidatorIndex, name: String, round: Round, highestRound: Round, commitIndex: UInt64,
        commitTimestamp: Milliseconds, logSize: UInt64, certifiedIndex: UInt64, certifiedLogSize: UInt64, pendingProposals: Int,
        poolTransactions: Int, poolBytes: Int, suspendedBlocks: Int, peersConnected: [ValidatorIndex], peerBytesSent: UInt64,
        peerBytesReceived: UInt64, blocksRejected: UInt64, equivocations: UInt64, evidence: Int, isRecalling: Bool,
        alarm: String?
    ) {
        self.chain = chain
        self.epoch = epoch
        self.validator = validator
        self.name = name
        self.round = round
        self.highestRound = highestRound
        self.commitIndex = commitIndex
        self.commitTimestamp = commitTimestamp
        self.logSize = logSize
        self.certifiedIndex = certifiedIndex
        self.certifiedLogSize = certifiedLogSize
        self.pendingProposals = pendingProposals
        self.poolTransactions = poolTransactions
        self.poolBytes = poolBytes
        self.suspendedBlocks = suspendedBlocks
        self.peersConnected = peersConnected
        self.peerBytesSent = peerBytesSent
        self.peerBytesReceived = peerBytesReceived
        self.blocksRejected = blocksRejected
        self.equivocations = equivocations
        self.evidence = evidence
        self.isRecalling = isRecalling
        self.alarm = alarm
    }
}

public protocol NodeService: Sendable {
    var genesis: Genesis { get }
    var committee: Committee { get }
    /// What requests are sealed to; nil where this validator takes no sealed ones.
    var sealingKeys: SealingKeys? { get }

    /// Puts transactions into the pool; those already known are accepted again without effect. Throws `overloaded`, `tooLarge`,
    /// `unknownCouncil`, `refusedSealing`, `stopped`.
    func submit(_ transactions: [Transaction]) async throws(NodeError)
    func status(of identifier: Digest) async throws(NodeError) -> EntryStatus
    /// Waits until all are at least at `finality`; throws `timedOut` otherwise, with nothing lost.
    func wait(for identifiers: [Digest], until finality: Finality, timeout: Duration) async throws(NodeError)
    func entry(at index: UInt64) async throws(NodeError) -> LogEntry?
    /// Nil until the entry is certified.
    func receipt(of identifier: Digest) async throws(NodeError) -> Receipt?
    /// Decisions (and no records) at log indices >= `from`, in order, at most `limit`; `next` is where to go on.
    func decisions(from: UInt64, limit: Int) async throws(NodeError) -> (decisions: [(index: UInt64, decision: Decision)], next: UInt64)
    /// Log events from log index `from` (nil: only what happens from now on), then live ones. Ends when the node stops.
    func events(from: UInt64?) async throws(NodeError) -> AsyncStream<NodeEvent>
    /// All recorded evidence of misbehaviour, in the order of the ledger.
    func evidence() async -> [RecordedEvidence]
    func certificate() async -> CheckpointCertificate?
    func nodeStatus() async -> NodeStatus
    /// What tunes this validator, what it did and why.
    func optimizerReport() async -> OptimizerReport
    /// Says what it may do from now on. Throws `invalid` for `apply` where what is configured is out of its bounds.
    func setOptimizer(_ mode: OptimizerMode) async throws(NodeError)
    func audit() async throws(NodeError) -> AuditState
    /// Lines of the audit log from record `from` on, each with its newline, as many as fit `bytes` but one at least; none at its end.
    func auditLog(from: UInt64, bytes: Int) async throws(NodeError) -> (text: [UInt8], next: UInt64)
    /// A quote of the audit log in answer to a nonce. Throws `tooSoon`, `invalid`, `stopped`, `storage`.
    func auditQuote(nonce: [UInt8]) async throws(NodeError) -> AuditQuote
}
