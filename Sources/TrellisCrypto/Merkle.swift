// Merkle trees as in Certificate Transparency (RFC 9162 §2.1): leaf and node hashes, roots, and the checks of proofs.
// Making proofs is in Merkle+Proofs.swift; growing a tree leaf by leaf in MerkleFrontier.swift.

/// Merkle trees of RFC 9162 §2.1: leaf = H(0x00 ‖ entry), node = H(0x01 ‖ left ‖ right), the empty tree = H("").
public enum Merkle {
    /// The hash of a leaf that holds `bytes`.
    public static func leafHash(_ bytes: ArraySlice<UInt8>, suite: HashSuite = .sha256) -> Digest {
        bytes.withUnsafeBytes { leafHash($0, suite: suite) }
    }

    /// The hash of a leaf that holds `bytes`.
    public static func leafHash(_ bytes: [UInt8], suite: HashSuite = .sha256) -> Digest {
        bytes.withUnsafeBytes { leafHash($0, suite: suite) }
    }

    /// The hash of a leaf that holds the bytes in `buffer`.
    public static func leafHash(_ buffer: UnsafeRawBufferPointer, suite: HashSuite = .sha256) -> Digest {
        suite.hashing { update in
            withUnsafeBytes(of: UInt8(0x00), update)
            update(buffer)
        }
    }

    /// The hash of an inner node over its two children.
    public static func nodeHash(_ left: Digest, _ right: Digest, suite: HashSuite = .sha256) -> Digest {
        withUnsafeTemporaryAllocation(byteCount: 1 + left.count + right.count, alignment: 8) { buffer in
            buffer[0] = 0x01
            left.withBytes { UnsafeMutableRawBufferPointer(rebasing: buffer[1...]).copyMemory(from: $0) }
            right.withBytes { UnsafeMutableRawBufferPointer(rebasing: buffer[(1 + left.count)...]).copyMemory(from: $0) }
            return suite.hashing { update in update(UnsafeRawBufferPointer(buffer)) }
        }
    }

    /// The root of the empty tree, H("").
    public static func emptyRoot(suite: HashSuite = .sha256) -> Digest { suite.hash([]) }

    /// The root of the tree with these leaf hashes.
    public static func root(_ leafHashes: [Digest], suite: HashSuite = .sha256) -> Digest {
        root(leafHashes[...], suite: suite)
    }

    static func root(_ leafHashes: ArraySlice<Digest>, suite: HashSuite) -> Digest {
        guard !leafHashes.isEmpty else { return emptyRoot(suite: suite) }
        var level = Array(leafHashes)
        while level.count > 1 {
            var parents: [Digest] = []
            parents.reserveCapacity((level.count + 1) / 2)
            for left in stride(from: 0, to: level.count, by: 2) {
                let right = left + 1
                // The last node of an odd level moves up as it is: that is the split at the largest power of two.
                parents.append(right < level.count ? nodeHash(level[left], level[right], suite: suite) : level[left])
            }
            level = parents
        }
        return level[0]
    }

    /// Whether `proof` shows that the tree of `size` leaves under `root` has `leafHash` at `index` (RFC 9162 §2.1.3.2).
    public static func verifyInclusion(
        leafHash: Digest, index: UInt64, size: UInt64, proof: [Digest], root: Digest, suite: HashSuite = .sha256
    ) -> Bool {
        inclusionRoot(leafHash: leafHash, index: index, size: size, proof: proof, suite: suite) == root
    }

    /// The root of the tree of `size` leaves that has `leafHash` at `index`, if `proof` is right; nil if it does not go with index and size.
    public static func inclusionRoot(
        leafHash: Digest, index: UInt64, size: UInt64, proof: [Digest], suite: HashSuite = .sha256
    ) -> Digest? {
        guard index < size, proof.count <= 64 else { return nil }
        guard leafHash.count == suite.digestSize, proof.allSatisfy({ $0.count == suite.digestSize }) else { return nil }
        var position = index
        var last = size - 1
        var hash = leafHash
        for sibling in proof {
            guard last > 0 else { return nil }
            if position & 1 == 1 || position == last {
                hash = nodeHash(sibling, hash, suite: suite)
                while position & 1 == 0, position != 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                hash = nodeHash(hash, sibling, suite: suite)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 ? hash : nil
    }

    /// How many digests the inclusion proof of leaf `index` in a tree of `size` leaves has; none outside the tree.
    public static func proofSize(index: UInt64, size: UInt64) -> Int {
        guard index < size else { return 0 }
        // On the right edge, only the levels where the way turns right have a sibling.
        let inner = (index ^ (size - 1)).bitWidth - (index ^ (size - 1)).leadingZeroBitCount
        return inner + (index >> UInt64(inner)).nonzeroBitCount
    }

    /// Whether `proof` shows that the tree of `newSize` leaves begins with the tree of `oldSize` (RFC 9162 §2.1.4.2).
    ///
    /// Equal sizes need equal roots and an empty proof; the empty tree is a beginning of every tree, with an empty proof.
    public static func verifyConsistency(
        oldSize: UInt64, newSize: UInt64, oldRoot: Digest, newRoot: Digest, proof: [Digest], suite: HashSuite = .sha256
    ) -> Bool {
        guard oldSize <= newSize, proof.count <= 64 else { return false }
        guard hasSize(suite, oldRoot, newRoot), proof.allSatisfy({ $0.count == suite.digestSize }) else { return false }
        if oldSize == newSize { return proof.isEmpty && oldRoot == newRoot }
        if oldSize == 0 { return proof.isEmpty && oldRoot == emptyRoot(suite: suite) }
        var path = proof[...]
        if oldSize & (oldSize - 1) == 0 { path = [oldRoot] + proof }
        guard let first = path.popFirst() else { return false }
        var position = oldSize - 1
        var last = newSize - 1
        while position & 1 == 1 {
            position >>= 1
            last >>= 1
        }
        var oldHash = first
        var newHash = first
        for sibling in path {
            guard last > 0 else { return false }
            if position & 1 == 1 || position == last {
                oldHash = nodeHash(sibling, oldHash, suite: suite)
                newHash = nodeHash(sibling, newHash, suite: suite)
                while position & 1 == 0, position != 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                newHash = nodeHash(newHash, sibling, suite: suite)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 && oldHash == oldRoot && newHash == newRoot
    }

    private static func hasSize(_ suite: HashSuite, _ first: Digest, _ second: Digest) -> Bool {
        first.count == suite.digestSize && second.count == suite.digestSize
    }
}
