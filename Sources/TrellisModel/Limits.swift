// Every bound on what a peer or client can make a validator hold, derived from the committee's schemes, size and parameters.

public import TrellisCrypto

/// What genesis fixes for all validators of an epoch.
public struct Parameters: Sendable, Equatable {
    /// Rounds below the last committed leader that may still be output.
    public var gcDepth: UInt64
    /// The most bytes of transactions in one block.
    public var payloadBytes: UInt64
    /// The most bytes of data in one record or proposal text.
    public var transactionBytes: UInt64
    /// Rounds that a peer's blocks may be ahead of ours before we fetch ranges instead of holding them.
    public var roundsAhead: UInt64
    /// The stake that may be slow or faulty while blocks still commit after two message delays; 0: the base commit rule.
    public var fastPathFaults: Stake
    /// Commits after which leaders are chosen anew by reputation; 0: they take turns for ever.
    public var scheduleInterval: UInt64
    /// Commits after which the level of adaptive thresholds is computed anew; 0 where no council has one.
    public var thresholdWindow: UInt64

    /// What new networks are given.
    public static let scheduleIntervalStandard: UInt64 = 300
    public static let thresholdWindowStandard: UInt64 = 100

    public init(
        gcDepth: UInt64 = 64, payloadBytes: UInt64 = 1 << 20, transactionBytes: UInt64 = 256 << 10, roundsAhead: UInt64 = 128,
        fastPathFaults: Stake = 0, scheduleInterval: UInt64 = 0, thresholdWindow: UInt64 = 0
    ) {
        self.gcDepth = gcDepth
        self.payloadBytes = payloadBytes
        self.transactionBytes = transactionBytes
        self.roundsAhead = roundsAhead
        self.fastPathFaults = fastPathFaults
        self.scheduleInterval = scheduleInterval
        self.thresholdWindow = thresholdWindow
    }
}

public struct Limits: Sendable, Equatable {
    /// Attestations in one header: what an author may have executed since its last block, newest first to matter.
    public static let attestationsMaximum = 64
    /// Evidence in one block: each costs whoever checks the block two signatures.
    public static let evidenceMaximum = 4
    /// Proposals with sections in one block: each may cost whoever checks the block a key and a signature.
    public static let extendedProposalsMaximum = 256
    /// The most that genesis may set `transactionBytes` to.
    public static let transactionBytesMaximum: UInt64 = 16 << 20
    /// Blocks in one answer to a fetch.
    public static let fetchedBlocksMaximum = 512
    /// Proposals that may be pending at once, and the most bytes that the decisions on all of them can take; beyond that, proposals have no effect.
    public static let pendingMaximum = 16_384
    public static let pendingBytesMaximum = 256 << 20
    /// Evidence that is recorded against one validator; one piece is enough to know.
    public static let evidencePerValidatorMaximum = 8

    public let parents: Int
    public let attestations: Int
    public let signatureBytes: Int
    public let headerBytes: Int
    public let payloadBytes: Int
    public let transactionBytes: Int
    public let blockBytes: Int
    public let certificateBytes: Int
    /// The largest message between peers.
    public let messageBytes: Int
    /// Suspended blocks held per author.
    public let suspendedPerAuthor: Int
    public let roundsAhead: UInt64

    public init(validators: [Validator], councils: [Council], suite: HashSuite, parameters: Parameters) {
        parents = validators.count
        attestations = Self.attestationsMaximum
        let seatSignatures = councils.flatMap(\.seats).map(\.scheme.signatureSize).max() ?? 0
        signatureBytes = max(validators.map(\.scheme.signatureSize).max() ?? 0, seatSignatures)
        let attestationBytes = 8 + suite.digestSize
        headerBytes =
            BlockPrefix.encodedSize + 4 + parents * BlockReference.encodedSize(suite) + HashSuite.sha256.digestSize
            + 4 + attestations * attestationBytes
        transactionBytes = Int(clamping: parameters.transactionBytes)
        let proof = AttestationProof.encodedSizeMaximum(suite, signatureBytes: signatureBytes)
        // A vote with the longest reason and any evidence must always fit.
        let batchBytes = signatureBytes + 512 + SealedReason.textSize
        payloadBytes = max(Int(clamping: parameters.payloadBytes), transactionBytes + 64, batchBytes, 2 * proof + 64)
        blockBytes = headerBytes + payloadBytes + 4 + signatureBytes
        certificateBytes = Checkpoint.encodedSizeMaximum + 4 + validators.count * proof
        messageBytes = max(blockBytes + certificateBytes, 4 * blockBytes) + 4096
        roundsAhead = parameters.roundsAhead
        suspendedPerAuthor = Int(clamping: parameters.roundsAhead)
    }
}
