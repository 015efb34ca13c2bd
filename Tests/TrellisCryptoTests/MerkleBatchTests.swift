// Batch signatures: every message of batches of many sizes, and everything that does not belong together.

import Testing

@testable import TrellisCrypto

@Suite struct MerkleBatchTests {
    private static let context = Domain("trellis/test/1")

    private func messages(_ count: Int) -> [[UInt8]] { (0..<count).map { Array("message \($0)".utf8) } }

    @Test func everyMessageOfEveryBatchIsProven() throws {
        let key = try SignatureScheme.ed25519.generate()
        let publicKey = try SignatureScheme.ed25519.verifyingKey(key.publicKey)
        for (count, suite) in [
            (1, HashSuite.sha256), (2, .sha256), (3, .sha384), (7, .sha256), (8, .sha256), (33, .sha384), (100, .sha256),
        ] {
            let messages = messages(count)
            let proofs = try MerkleBatchProof.sign(messages, with: key, context: Self.context, suite: suite)
            #expect(proofs.count == count)
            var verifier = MerkleBatchVerifier(key: publicKey, context: Self.context)
            for (index, proof) in proofs.enumerated() {
                #expect(proof.index == UInt64(index) && proof.size == UInt64(count))
                #expect(proof.path.count == Merkle.proofSize(index: UInt64(index), size: UInt64(count)))
                #expect(proof.isValid(for: messages[index], by: publicKey, context: Self.context))
                let own = verifier.isValid(proof, for: messages[index])
                let other = verifier.isValid(proof, for: messages[index] + [0])
                #expect(own && !other)
                #expect(try MerkleBatchProof(encoded: proof.encoded) == proof)
            }
        }
    }

    @Test func proofSizesAreThoseOfTheProofs() throws {
        let leaves = (0..<70).map { HashSuite.sha256.hash([UInt8($0)]) }
        for size in 1...leaves.count {
            for index in 0..<size {
                let proof = try #require(Merkle.inclusionProof(index: index, leafHashes: Array(leaves[..<size])))
                #expect(Merkle.proofSize(index: UInt64(index), size: UInt64(size)) == proof.count)
            }
        }
        #expect(Merkle.proofSize(index: 3, size: 3) == 0)
        #expect(Merkle.proofSize(index: .max - 1, size: .max) == 63)
    }

    @Test func everySchemeSignsBatches() throws {
        for scheme in SignatureScheme.all {
            let key = try scheme.generate()
            let proofs = try MerkleBatchProof.sign(messages(3), with: key, context: Self.context)
            let publicKey = try scheme.verifyingKey(key.publicKey)
            for (message, proof) in zip(messages(3), proofs) {
                #expect(proof.isValid(for: message, by: publicKey, context: Self.context))
                #expect(try MerkleBatchProof(encoded: proof.encoded) == proof)
                #expect(proof.encoded.count == 67 + proof.path.count * 32 + proof.signature.count)
            }
        }
    }

    @Test func whatDoesNotBelongTogetherIsRefused() throws {
        let (key, other) = (try SignatureScheme.ed25519.generate(), try SignatureScheme.ed25519.generate())
        let publicKey = try SignatureScheme.ed25519.verifyingKey(key.publicKey)
        let messages = messages(5)
        let proofs = try MerkleBatchProof.sign(messages, with: key, context: Self.context)
        let again = try MerkleBatchProof.sign(messages, with: key, context: Self.context)
        func valid(_ proof: MerkleBatchProof, _ message: [UInt8], _ context: Domain = Self.context) -> Bool {
            var verifier = MerkleBatchVerifier(key: publicKey, context: context)
            _ = verifier.isValid(proofs[0], for: messages[0])
            let once = proof.isValid(for: message, by: publicKey, context: context)
            let again = verifier.isValid(proof, for: message)
            #expect(again == once)
            return once
        }
        #expect(valid(proofs[2], messages[2]))
        #expect(!valid(proofs[2], messages[3]))
        #expect(!valid(proofs[2], messages[2], Domain("trellis/test/2")))
        let stranger = try SignatureScheme.ed25519.verifyingKey(other.publicKey)
        #expect(!proofs[2].isValid(for: messages[2], by: stranger, context: Self.context))
        let otherScheme = try SignatureScheme.ecdsaP384.generate()
        #expect(
            !proofs[2].isValid(
                for: messages[2], by: try SignatureScheme.ecdsaP384.verifyingKey(otherScheme.publicKey), context: Self.context))
        func changed(
            suite: HashSuite = .sha256, index: UInt64 = 2, size: UInt64 = 5, salt: [UInt8]? = nil, path: [Digest]? = nil,
            signature: [UInt8]? = nil
        ) -> MerkleBatchProof {
            MerkleBatchProof(
                suite: suite, scheme: .ed25519, index: index, size: size, salt: salt ?? proofs[2].salt, path: path ?? proofs[2].path,
                signature: signature ?? proofs[2].signature)
        }
        #expect(valid(changed(), messages[2]))
        for proof in [
            changed(suite: .sha384), changed(index: 3), changed(size: 6), changed(size: .max), changed(salt: proofs[1].salt),
            changed(salt: []), changed(path: proofs[3].path), changed(path: proofs[2].path.dropLast()),
            changed(path: proofs[2].path + [proofs[2].path[0]]), changed(path: again[2].path), changed(signature: again[2].signature),
            changed(signature: []),
        ] {
            #expect(!valid(proof, messages[2]))
        }
        // Neither does a signature of the one kind pass for one of the other.
        let statement = try #require(proofs[2].statement(of: messages[2], Self.context))
        #expect(!publicKey.isValid(proofs[2].signature, for: statement, context: Self.context))
        #expect(!valid(changed(signature: try key.sign(statement, context: Self.context)), messages[2]))
    }

    @Test func everyChangedByteAndEveryTruncationIsRefused() throws {
        let key = try SignatureScheme.ed25519.generate()
        let publicKey = try SignatureScheme.ed25519.verifyingKey(key.publicKey)
        let message = messages(11)[10]
        let bytes = try MerkleBatchProof.sign(messages(11), with: key, context: Self.context)[10].encoded
        func valid(_ bytes: [UInt8]) -> Bool {
            (try? MerkleBatchProof(encoded: bytes))?.isValid(for: message, by: publicKey, context: Self.context) ?? false
        }
        #expect(valid(bytes))
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1 << UInt8(index % 8)
            #expect(!valid(changed), "byte \(index)")
            #expect(throws: CryptoError.self) { try MerkleBatchProof(encoded: Array(bytes[..<index])) }
        }
        #expect(throws: CryptoError.malformedBatchProof("1 bytes follow its end")) { try MerkleBatchProof(encoded: bytes + [0]) }
    }

    @Test func batchesHaveBounds() throws {
        let key = try SignatureScheme.ed25519.generate()
        #expect(throws: CryptoError.self) { try MerkleBatchProof.sign([], with: key, context: Self.context) }
        let tooMany = [[UInt8]](repeating: [], count: MerkleBatchProof.sizeMaximum + 1)
        #expect(throws: CryptoError.self) { try MerkleBatchProof.sign(tooMany, with: key, context: Self.context) }
    }
}
