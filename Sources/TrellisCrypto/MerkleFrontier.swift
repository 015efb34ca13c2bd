// The right edge of a growing Merkle tree: enough to append leaves and to know the root, in log2(size) digests.

/// A Merkle tree that grows by appending, kept as the roots of its perfect subtrees, left to right.
public struct MerkleFrontier: Sendable, Equatable {
    /// The number of leaves.
    public private(set) var size: UInt64
    /// The roots of the perfect subtrees, the largest first: one for each bit set in `size`.
    public private(set) var nodes: [Digest]
    /// The hash function of the tree.
    public let suite: HashSuite

    /// The largest number of leaves that a frontier may be restored with.
    public static let maximumSize: UInt64 = 1 << 62

    /// The empty tree.
    public init(suite: HashSuite = .sha256) {
        size = 0
        nodes = []
        self.suite = suite
    }

    /// A tree restored from its size and perfect subtrees; nil if their number or their digest size does not fit.
    public init?(size: UInt64, nodes: [Digest], suite: HashSuite = .sha256) {
        guard size <= Self.maximumSize, nodes.count == size.nonzeroBitCount else { return nil }
        guard nodes.allSatisfy({ $0.count == suite.digestSize }) else { return nil }
        self.size = size
        self.nodes = nodes
        self.suite = suite
    }

    /// Appends a leaf, given by its leaf hash.
    public mutating func append(_ leafHash: Digest) {
        append(leafHash) { _, _, _ in }
    }

    /// Appends a leaf, given by its leaf hash, and tells of the nodes that it completes.
    ///
    /// `onNode` is called for every perfect node that this leaf completes, the leaf itself (level 0) first. Storing them all
    /// is enough for `Merkle.inclusionProof(index:size:node:)` at any later size.
    public mutating func append(
        _ leafHash: Digest, onNode: (_ level: Int, _ index: UInt64, _ hash: Digest) throws -> Void
    ) rethrows {
        let leaf = size
        var hash = leafHash
        try onNode(0, leaf, hash)
        let merges = (~leaf).trailingZeroBitCount
        var kept = nodes.count
        for level in 0..<merges {
            kept -= 1
            hash = Merkle.nodeHash(nodes[kept], hash, suite: suite)
            try onNode(level + 1, leaf >> UInt64(level + 1), hash)
        }
        nodes.removeSubrange(kept...)
        nodes.append(hash)
        size += 1
    }

    /// The root of the tree as it stands.
    public func root() -> Digest {
        guard var hash = nodes.last else { return Merkle.emptyRoot(suite: suite) }
        for left in nodes.dropLast().reversed() {
            hash = Merkle.nodeHash(left, hash, suite: suite)
        }
        return hash
    }
}
