// Inclusion proofs of many leaves of one tree (RFC 9162 §2.1) at once: the hashes that their single proofs would share, or that the
// leaves themselves give, are left out. The hashes stand in the order in which a walk from the left meets the subtrees they are of.

extension Merkle {
    /// The roots of the largest subtrees without any of `positions`, from left to right.
    ///
    /// `positions` ascend without repetition; nil if they do not, or leave the tree.
    public static func multiproof(positions: [Int], leafHashes: [Digest], suite: HashSuite = .sha256) -> [Digest]? {
        guard isAscending(positions, below: leafHashes.count) else { return nil }
        var proof: [Digest] = []
        collect(0..<leafHashes.count, positions[...], leafHashes, suite, into: &proof)
        return proof
    }

    private static func collect(
        _ range: Range<Int>, _ positions: ArraySlice<Int>, _ leafHashes: [Digest], _ suite: HashSuite, into proof: inout [Digest]
    ) {
        guard !range.isEmpty else { return }
        guard !positions.isEmpty else { return proof.append(root(leafHashes[range], suite: suite)) }
        guard range.count > 1 else { return }
        let (left, right) = halves(range)
        let (lower, upper) = split(positions, at: right.lowerBound) { $0 }
        collect(left, lower, leafHashes, suite, into: &proof)
        collect(right, upper, leafHashes, suite, into: &proof)
    }

    /// The root of the tree of `size` leaves that has `leaves` at their positions, if `proof` is right; nil if it has too few or too many
    /// digests, or positions do not ascend or leave the tree.
    public static func multiproofRoot(
        size: Int, leaves: [(position: Int, hash: Digest)], proof: [Digest], suite: HashSuite = .sha256
    ) -> Digest? {
        guard size > 0, isAscending(leaves.map(\.position), below: size) else { return nil }
        guard leaves.allSatisfy({ $0.hash.count == suite.digestSize }), proof.allSatisfy({ $0.count == suite.digestSize }) else {
            return nil
        }
        var rest = proof[...]
        guard let root = rebuild(0..<size, leaves[...], suite, &rest), rest.isEmpty else { return nil }
        return root
    }

    private static func rebuild(
        _ range: Range<Int>, _ leaves: ArraySlice<(position: Int, hash: Digest)>, _ suite: HashSuite, _ proof: inout ArraySlice<Digest>
    ) -> Digest? {
        guard let first = leaves.first else { return proof.popFirst() }
        guard range.count > 1 else { return first.hash }
        let (left, right) = halves(range)
        let (lower, upper) = split(leaves, at: right.lowerBound, \.position)
        guard let leftHash = rebuild(left, lower, suite, &proof), let rightHash = rebuild(right, upper, suite, &proof) else { return nil }
        return nodeHash(leftHash, rightHash, suite: suite)
    }

    private static func isAscending(_ positions: [Int], below size: Int) -> Bool {
        zip(positions, positions.dropFirst()).allSatisfy { $0 < $1 } && (positions.first ?? 0) >= 0 && (positions.last ?? -1) < size
    }

    /// A range of at least two leaves, split at the largest power of two below its length.
    private static func halves(_ range: Range<Int>) -> (Range<Int>, Range<Int>) {
        let middle = range.lowerBound + Int(largestPowerOfTwo(below: UInt64(range.count)))
        return (range.lowerBound..<middle, middle..<range.upperBound)
    }

    private static func split<Element>(
        _ sorted: ArraySlice<Element>, at boundary: Int, _ position: (Element) -> Int
    ) -> (ArraySlice<Element>, ArraySlice<Element>) {
        let index = sorted.partitioningIndex { position($0) >= boundary }
        return (sorted[..<index], sorted[index...])
    }
}

extension RandomAccessCollection where Index == Int {
    /// The first index whose element, and every one behind it, fulfils a condition that no element before it does.
    func partitioningIndex(where condition: (Element) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = low + (high - low) / 2
            if condition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
