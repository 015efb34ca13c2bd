// Vectors of Merkle proofs (RFC 9162 §2.1.3, §2.1.4): the proof as given, and the same proof with something changed.

import TrellisCrypto

enum CryptoMerkleVectors {
    static func proof(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        switch vector.test.text("type") {
        case "inclusion": try inclusion(vector.test)
        case "consistency": try consistency(vector.test)
        case let other: .skipped("Merkle proofs of the kind \(other ?? "that has no name")")
        }
    }

    private static func inclusion(_ test: CryptoVector) throws -> VectorOutcome {
        let (index, size) = (try test.size("leafIndex"), try test.size("treeSize"))
        let (leaf, root, path) = (try test.hex("leaf"), try test.digest("root"), try test.digests("path"))
        let verify = { (leaf: [UInt8], root: Digest, path: [Digest]) in
            Merkle.verifyInclusion(leafHash: Merkle.leafHash(leaf), index: index, size: size, proof: path, root: root)
        }
        let outcome = try test.judge(accepted: verify(leaf, root, path))
        guard try test.expectation() == .valid else { return outcome }
        return VectorOutcome.all(
            outcome, refused("another leaf", verify(leaf + [0], root, path)), refused("a longer path", verify(leaf, root, path + [root])),
            refused("another root", verify(leaf, Merkle.nodeHash(root, root), path)))
    }

    private static func consistency(_ test: CryptoVector) throws -> VectorOutcome {
        let (oldSize, newSize) = (try test.size("size1"), try test.size("size2"))
        let (oldRoot, newRoot, path) = (try test.digest("root1"), try test.digest("root2"), try test.digests("path"))
        let verify = { (oldRoot: Digest, newRoot: Digest, path: [Digest]) in
            Merkle.verifyConsistency(oldSize: oldSize, newSize: newSize, oldRoot: oldRoot, newRoot: newRoot, proof: path)
        }
        let outcome = try test.judge(accepted: verify(oldRoot, newRoot, path))
        guard try test.expectation() == .valid else { return outcome }
        return VectorOutcome.all(
            outcome, refused("a longer path", verify(oldRoot, newRoot, path + [newRoot])),
            refused("another old root", verify(Merkle.nodeHash(oldRoot, oldRoot), newRoot, path)),
            oldSize == 0 ? .agrees : refused("another new root", verify(oldRoot, Merkle.nodeHash(newRoot, newRoot), path)))
    }

    private static func refused(_ change: String, _ accepted: Bool) -> VectorOutcome {
        accepted ? .differs(expected: "\(change) refused", actual: "accepted") : .agrees
    }
}
