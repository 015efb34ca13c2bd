// Making inclusion and consistency proofs (RFC 9162 §2.1.3.1, §2.1.4.1), from leaf hashes or from stored perfect nodes.
// The perfect node (level, index) is the root of the leaves index·2^level up to (index + 1)·2^level.

extension Merkle {
    /// The proof that `leafHashes[index]` is in the tree; nil if there is no such leaf.
    public static func inclusionProof(index: Int, leafHashes: [Digest], suite: HashSuite = .sha256) -> [Digest]? {
        guard leafHashes.indices.contains(index) else { return nil }
        return inclusionProof(index: UInt64(index), size: UInt64(leafHashes.count), suite: suite) { level, position in
            perfectRoot(level, position, leafHashes, suite)
        }
    }

    /// The proof that the tree of `leafHashes` begins with the tree of its first `oldSize`; nil if `oldSize` is too large.
    public static func consistencyProof(oldSize: Int, leafHashes: [Digest], suite: HashSuite = .sha256) -> [Digest]? {
        guard oldSize >= 0, oldSize <= leafHashes.count else { return nil }
        return consistencyProof(oldSize: UInt64(oldSize), newSize: UInt64(leafHashes.count), suite: suite) { level, position in
            perfectRoot(level, position, leafHashes, suite)
        }
    }

    /// The inclusion proof of leaf `index` in the tree of `size` leaves, built from stored perfect nodes.
    ///
    /// Reads about log2(size)² / 2 nodes at most. An index outside the tree gives an empty proof, which verifies nothing.
    public static func inclusionProof(
        index: UInt64, size: UInt64, suite: HashSuite = .sha256, node: (_ level: Int, _ index: UInt64) throws -> Digest
    ) rethrows -> [Digest] {
        guard index < size else { return [] }
        var proof: [Digest] = []
        var start: UInt64 = 0
        var end = size
        while end - start > 1 {
            let middle = start + largestPowerOfTwo(below: end - start)
            if index < middle {
                proof.append(try rangeRoot(middle, end, suite, node))
                end = middle
            } else {
                proof.append(try rangeRoot(start, middle, suite, node))
                start = middle
            }
        }
        return proof.reversed()
    }

    /// The consistency proof between the trees of `oldSize` and `newSize` leaves, built from stored perfect nodes.
    ///
    /// Empty when the sizes are equal, when the old tree is empty, and when `oldSize` exceeds `newSize`.
    public static func consistencyProof(
        oldSize: UInt64, newSize: UInt64, suite: HashSuite = .sha256, node: (_ level: Int, _ index: UInt64) throws -> Digest
    ) rethrows -> [Digest] {
        guard oldSize > 0, oldSize < newSize else { return [] }
        var proof: [Digest] = []
        var start: UInt64 = 0
        var end = newSize
        while oldSize != end {
            let middle = start + largestPowerOfTwo(below: end - start)
            if oldSize <= middle {
                proof.append(try rangeRoot(middle, end, suite, node))
                end = middle
            } else {
                proof.append(try rangeRoot(start, middle, suite, node))
                start = middle
            }
        }
        // The old tree itself is known to the verifier; any other subtree that the walk ends in is not.
        if start > 0 { proof.append(try rangeRoot(start, end, suite, node)) }
        return proof.reversed()
    }

    /// The root of the leaves in start..<end, where start is a multiple of every power of two below the range's length.
    private static func rangeRoot(
        _ start: UInt64, _ end: UInt64, _ suite: HashSuite, _ node: (Int, UInt64) throws -> Digest
    ) rethrows -> Digest {
        let length = end - start
        if length & (length - 1) == 0 {
            let level = length.trailingZeroBitCount
            return try node(level, start >> UInt64(level))
        }
        let middle = start + largestPowerOfTwo(below: length)
        let left = try rangeRoot(start, middle, suite, node)
        let right = try rangeRoot(middle, end, suite, node)
        return nodeHash(left, right, suite: suite)
    }

    /// The largest power of two strictly below `count`, which is at least 2.
    static func largestPowerOfTwo(below count: UInt64) -> UInt64 {
        1 << UInt64(63 - (count - 1).leadingZeroBitCount)
    }

    private static func perfectRoot(_ level: Int, _ index: UInt64, _ leafHashes: [Digest], _ suite: HashSuite) -> Digest {
        let start = Int(index) << level
        return root(leafHashes[start..<(start + (1 << level))], suite: suite)
    }
}
