// What executing a commit gave, and the proof that a quorum saw the same: commits, checkpoints and their certificates (PROTOCOL §7).

public import TrellisCrypto

/// A committed leader with the blocks it brings into the order. Encoded, it stands alone: whether it has a standing shows at its end.
public struct Commit: Sendable, Equatable, WireEncodable, WireDecodable {
    /// From 1, without gaps.
    public let index: UInt64
    public let leader: BlockReference
    /// In output order.
    public let blocks: [BlockReference]
    public let timestamp: Milliseconds
    public let previous: Digest
    /// Nil where leaders take turns for ever.
    public let standing: LeaderStanding?
    public let digest: Digest

    public init(
        index: UInt64, leader: BlockReference, blocks: [BlockReference], timestamp: Milliseconds, previous: Digest,
        standing: LeaderStanding? = nil, suite: HashSuite
    ) {
        self.index = index
        self.leader = leader
        self.blocks = blocks
        self.timestamp = timestamp
        self.previous = previous
        self.standing = standing
        var ordered = WireEncoder()
        leader.encode(to: &ordered)
        ordered.count(blocks.count)
        for block in blocks { ordered.digest(block.digest) }
        ordered.u64(timestamp)
        standing?.encode(to: &ordered)
        digest = suite.tagged(.commit, [previous.bytes, ordered.bytes])
    }

    /// What the first commit of a chain names as its previous one.
    public static func origin(chain: Digest, suite: HashSuite) -> Digest { suite.tagged(.commit, [chain.bytes]) }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        let index = try decoder.u64()
        let leader = try BlockReference(from: &decoder)
        let blocks: [BlockReference] = try decoder.list("committed blocks", limit: decoder.remaining)
        let timestamp = try decoder.u64()
        let previous = try decoder.digest()
        let standing = decoder.remaining > 0 ? try LeaderStanding(from: &decoder) : nil
        self.init(
            index: index, leader: leader, blocks: blocks, timestamp: timestamp, previous: previous, standing: standing,
            suite: decoder.suite)
    }

    public func encode(to encoder: inout WireEncoder) {
        encoder.u64(index)
        leader.encode(to: &encoder)
        encoder.list(blocks)
        encoder.u64(timestamp)
        encoder.digest(previous)
        standing?.encode(to: &encoder)
    }
}

/// The executed state after a commit that changed the ledger.
public struct Checkpoint: Sendable, Hashable, WireEncodable, WireDecodable {
    public static let encodedSizeMaximum = 32 + 8 + 8 + 48 + 8 + 32 + 48 + 8

    public let chain: Digest
    public let epoch: Epoch
    /// The commit's index: growing, with gaps where commits changed nothing.
    public let index: UInt64
    public let commit: Digest
    public let logSize: UInt64
    public let logRoot: Digest
    public let state: Digest
    public let timestamp: Milliseconds

    public init(
        chain: Digest, epoch: Epoch, index: UInt64, commit: Digest, logSize: UInt64, logRoot: Digest, state: Digest, timestamp: Milliseconds
    ) {
        self.chain = chain
        self.epoch = epoch
        self.index = index
        self.commit = commit
        self.logSize = logSize
        self.logRoot = logRoot
        self.state = state
        self.timestamp = timestamp
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        chain = try decoder.digest(.sha256)
        epoch = try decoder.u64()
        index = try decoder.u64()
        commit = try decoder.digest()
        logSize = try decoder.u64()
        logRoot = try decoder.digest(.sha256)
        state = try decoder.digest()
        timestamp = try decoder.u64()
    }

    public func encode(to encoder: inout WireEncoder) {
        encoder.digest(chain)
        encoder.u64(epoch)
        encoder.u64(index)
        encoder.digest(commit)
        encoder.u64(logSize)
        encoder.digest(logRoot)
        encoder.digest(state)
        encoder.u64(timestamp)
    }

    /// The tagged hash that headers attest.
    public func digest(_ suite: HashSuite) -> Digest { suite.tagged(.checkpoint, [wireBytes]) }
}
