// Merkle trees against the recursive definition of RFC 9162 §2.1, for every small size.

import Testing
import TrellisCrypto

@Suite struct MerkleTests {
    /// MTH of RFC 9162 §2.1.1, as written there.
    private func definition(_ leaves: ArraySlice<Digest>, _ suite: HashSuite) -> Digest {
        guard let first = leaves.first else { return suite.hash([]) }
        if leaves.count == 1 { return first }
        var split = 1
        while split * 2 < leaves.count { split *= 2 }
        let middle = leaves.startIndex + split
        return suite.hash([1] + definition(leaves[..<middle], suite).bytes + definition(leaves[middle...], suite).bytes)
    }

    private func leaves(_ count: Int, _ suite: HashSuite = .sha256) -> [Digest] {
        (0..<count).map { Merkle.leafHash([UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)], suite: suite) }
    }

    @Test func leafIsPrefixedWithZero() {
        #expect(Merkle.leafHash([5, 6]) == HashSuite.sha256.hash([0, 5, 6]))
        #expect(Merkle.leafHash([9, 5, 6][1...]) == HashSuite.sha256.hash([0, 5, 6]))
        #expect(Merkle.leafHash([]) == HashSuite.sha256.hash([0]))
    }

    @Test(arguments: [HashSuite.sha256, .sha384])
    func rootsAndFrontiersAgreeWithTheDefinition(suite: HashSuite) {
        let all = leaves(130, suite)
        var frontier = MerkleFrontier(suite: suite)
        for size in 0...130 {
            let root = definition(all[..<size], suite)
            #expect(Merkle.root(Array(all[..<size]), suite: suite) == root)
            #expect(frontier.root() == root)
            #expect(frontier.size == UInt64(size))
            #expect(MerkleFrontier(size: frontier.size, nodes: frontier.nodes, suite: suite) == frontier)
            if size < 130 { frontier.append(all[size]) }
        }
    }

    @Test func inclusionProofsVerifyAtEverySizeAndIndex() throws {
        let all = leaves(130)
        var stored: [[Digest]] = []
        var frontier = MerkleFrontier()
        for size in 1...130 {
            frontier.append(all[size - 1]) { level, index, hash in
                if stored.count == level { stored.append([]) }
                #expect(stored[level].count == Int(index))
                stored[level].append(hash)
            }
            let root = frontier.root()
            for index in 0..<size {
                let proof = Merkle.inclusionProof(index: UInt64(index), size: UInt64(size)) { stored[$0][Int($1)] }
                if size % 13 == 0 { #expect(Merkle.inclusionProof(index: index, leafHashes: Array(all[..<size])) == proof) }
                let verify = { (leaf: Digest, at: Int, of: Int, path: [Digest], under: Digest) in
                    Merkle.verifyInclusion(leafHash: leaf, index: UInt64(at), size: UInt64(of), proof: path, root: under)
                }
                #expect(verify(all[index], index, size, proof, root))
                #expect(!verify(all[(index + 1) % 130], index, size, proof, root))
                #expect(!verify(all[index], index, size, proof + [root], root))
                #expect(!verify(all[index], index + size, size, proof, root))
                if !proof.isEmpty {
                    #expect(!verify(all[index], index, size, Array(proof.dropLast()), root))
                    #expect(!verify(all[index], index ^ 1, size, proof, root))
                }
            }
        }
    }

    @Test func proofsOfLeavesThatAreNotThereDoNotExist() {
        let all = leaves(5)
        #expect(Merkle.inclusionProof(index: 5, leafHashes: all) == nil)
        #expect(Merkle.inclusionProof(index: -1, leafHashes: all) == nil)
        #expect(Merkle.inclusionProof(index: 7, size: 5) { _, _ in all[0] }.isEmpty)
        #expect(!Merkle.verifyInclusion(leafHash: all[0], index: 0, size: 0, proof: [], root: all[0]))
        #expect(!Merkle.verifyInclusion(leafHash: all[0], index: .max, size: .max, proof: [], root: all[0]))
        let many = [Digest](repeating: all[0], count: 100)
        #expect(!Merkle.verifyInclusion(leafHash: all[0], index: 0, size: .max, proof: many, root: all[0]))
    }

    @Test func consistencyProofsVerifyForEveryPairOfSizes() throws {
        let all = leaves(70)
        let roots = (0...70).map { Merkle.root(Array(all[..<$0])) }
        for new in 0...70 {
            for old in 0...new {
                let proof = try #require(Merkle.consistencyProof(oldSize: old, leafHashes: Array(all[..<new])))
                let verify = { (oldRoot: Digest, newRoot: Digest, path: [Digest]) in
                    Merkle.verifyConsistency(
                        oldSize: UInt64(old), newSize: UInt64(new), oldRoot: oldRoot, newRoot: newRoot, proof: path)
                }
                #expect(verify(roots[old], roots[new], proof))
                #expect(!verify(roots[old], roots[new], proof + [roots[1]]))
                #expect(!verify(all[3], roots[new], proof))
                if old > 0 { #expect(!verify(roots[old], all[3], proof)) }
                if !proof.isEmpty { #expect(!verify(roots[old], roots[new], Array(proof.dropLast()))) }
            }
        }
        #expect(Merkle.consistencyProof(oldSize: 71, leafHashes: all) == nil)
        #expect(!Merkle.verifyConsistency(oldSize: 5, newSize: 4, oldRoot: roots[5], newRoot: roots[4], proof: []))
    }

    @Test func frontiersOfAnotherShapeAreRefused() {
        let all = leaves(3)
        #expect(MerkleFrontier(size: 5, nodes: all) == nil)
        #expect(MerkleFrontier(size: .max, nodes: [Digest](repeating: all[0], count: 64)) == nil)
        #expect(MerkleFrontier(size: 1, nodes: leaves(1, .sha384)) == nil)
    }
}
