// Compact certificates: that they hold for every kind of committee, and every forgery that can be thought of does not.

import Testing

@testable import TrellisCrypto

@Suite struct CompactCertificateTests {
    private static let context = Domain("trellis/test/1")
    private static let message = Array("the message".utf8)

    /// A committee with keys, where signing is cheap.
    private struct Committee {
        let keys: [any SigningKey]
        let attesters: [Attester]

        init(_ weights: [UInt64]) throws {
            keys = try weights.map { _ in try SignatureScheme.ed25519.generate() }
            attesters = zip(keys, weights).map { Attester(scheme: $0.scheme, publicKey: $0.publicKey, weight: $1) }
        }

        func statement(proven: UInt64, strength: Int = 64, message: [UInt8] = CompactCertificateTests.message) throws -> CompactStatement {
            try CompactStatement(
                attesters: try AttesterCommitment(attesters), message: message, context: CompactCertificateTests.context,
                provenWeight: proven, strength: strength)
        }

        func builder(_ statement: CompactStatement, signers: some Sequence<Int>) throws -> CompactCertificateBuilder {
            var builder = try CompactCertificateBuilder(statement, attesters: attesters)
            for index in signers {
                try builder.add(try keys[index].sign(CompactCertificateTests.message, context: CompactCertificateTests.context), of: index)
            }
            return builder
        }
    }

    @Test func certificatesOfAllKindsOfCommitteesHold() throws {
        let committees: [(weights: [UInt64], signers: [Int], proven: UInt64)] = [
            ([5], [0], 2), ([1, 1, 1, 1], [0, 1, 2], 1), ([1, 1, 1, 1], [1, 2, 3], 2), ([100, 1, 1, 1], [0], 50),
            ((1...60).map { UInt64($0) }, Array(10..<60), 900), ([.max / 2, 1, .max / 2], [0, 2], .max / 4),
            ([UInt64](repeating: 1, count: 100), Array(stride(from: 0, to: 100, by: 2)), 30), ([3, 3], [0, 1], 0),
        ]
        for (weights, signers, proven) in committees {
            let committee = try Committee(weights)
            for strength in [64, 128, 256] {
                let statement = try committee.statement(proven: proven, strength: strength)
                let certificate = try committee.builder(statement, signers: signers).certificate()
                try certificate.verify(statement)
                #expect(certificate.signedWeight == signers.reduce(0) { $0 + weights[$1] })
                let decoded = try CompactCertificate(encoded: certificate.encoded)
                #expect(decoded == certificate)
                #expect(decoded.isValid(for: statement))
            }
        }
    }

    @Test func builderRefusesWhatWouldSpoilIt() throws {
        let committee = try Committee([1, 2, 3])
        let statement = try committee.statement(proven: 3)
        var builder = try committee.builder(statement, signers: [0])
        let signature = try committee.keys[1].sign(Self.message, context: Self.context)
        #expect(throws: CompactCertificateError.duplicateSignature(0)) { try builder.add(signature, of: 0) }
        #expect(throws: CompactCertificateError.invalidSignature(2)) { try builder.add(signature, of: 2) }
        #expect(throws: CompactCertificateError.invalidSignature(2)) { try builder.add([], of: 2) }
        for index in [3, -1, Int.max] {
            #expect(throws: CompactCertificateError.unknownAttester(index)) { try builder.add(signature, of: index) }
        }
        #expect(throws: CompactCertificateError.notEnoughWeight(signed: 1, proven: 3)) { try builder.certificate() }
        try builder.add(signature, of: 1)
        #expect(throws: CompactCertificateError.notEnoughWeight(signed: 3, proven: 3)) { try builder.certificate() }
        #expect(throws: CompactCertificateError.self) {
            try CompactCertificateBuilder(statement, attesters: Array(committee.attesters.reversed()))
        }
        #expect(throws: CompactCertificateError.self) { try AttesterCommitment([]) }
        #expect(throws: CompactCertificateError.self) { try Committee([1, 0]).statement(proven: 0) }
        #expect(throws: CompactCertificateError.self) { try Committee([.max, 1]).statement(proven: 0) }
        for strength in [0, 63, 257, -1] {
            #expect(throws: CompactCertificateError.strengthRefused(strength)) { try committee.statement(proven: 1, strength: strength) }
        }
    }

    @Test func certificatesHoldForTheirStatementOnly() throws {
        // So many that the coins of another statement fall on others.
        let committee = try Committee([UInt64](repeating: 2, count: 200))
        let statement = try committee.statement(proven: 100)
        let certificate = try committee.builder(statement, signers: 0..<200).certificate()
        #expect(certificate.isValid(for: statement))
        let others = try Committee([UInt64](repeating: 2, count: 200))
        #expect(!certificate.isValid(for: try others.statement(proven: 100)))
        #expect(!certificate.isValid(for: try committee.statement(proven: 101)))
        #expect(!certificate.isValid(for: try committee.statement(proven: 99)))
        #expect(!certificate.isValid(for: try committee.statement(proven: 400)))
        #expect(!certificate.isValid(for: try committee.statement(proven: 100, strength: 65)))
        #expect(!certificate.isValid(for: try committee.statement(proven: 100, message: [])))
        let context = try CompactStatement(
            attesters: statement.attesters, message: Self.message, context: Domain("trellis/test/2"), provenWeight: 100, strength: 64)
        #expect(!certificate.isValid(for: context))
        let suite = try CompactStatement(
            attesters: AttesterCommitment(committee.attesters, suite: .sha256), message: Self.message, context: Self.context,
            provenWeight: 100, strength: 64)
        #expect(!certificate.isValid(for: suite))
    }

    @Test func forgedRevealsAreRefused() throws {
        let committee = try Committee((1...30).map { UInt64($0) })
        let statement = try committee.statement(proven: 150)
        let certificate = try committee.builder(statement, signers: 0..<28).certificate()
        try #require(certificate.reveals.count > 3)
        let forgeries: [(inout CompactCertificate) -> Void] = [
            { $0.reveals[1].attester = $0.reveals[2].attester },
            { $0.reveals[1].signature = $0.reveals[2].signature },
            { $0.reveals[1].signature[5] ^= 1 },
            { $0.reveals[1].signature = [] },
            { $0.reveals[1].before += 1 },
            { $0.reveals[1].before = .max },
            { $0.reveals[0].before = 0 },
            { $0.reveals[1].attester = Attester(scheme: .ed25519, publicKey: $0.reveals[1].attester.publicKey, weight: 400) },
            { $0.reveals[1].attester = Attester(scheme: .ed25519, publicKey: $0.reveals[1].attester.publicKey, weight: 0) },
            { $0.reveals[1].attester = Attester(scheme: .mlDSA65, publicKey: $0.reveals[1].attester.publicKey, weight: 2) },
            { $0.reveals[1].position += 1 },
            { $0.reveals[$0.reveals.count - 1].position = 30 },
            { $0.reveals[$0.reveals.count - 1].position = .max },
            { $0.reveals[0].position = -1 },
            { $0.reveals.swapAt(0, 1) },
            { $0.reveals.remove(at: 1) },
            { $0.reveals = [] },
            { $0.reveals.insert($0.reveals[1], at: 1) },
            { $0.attesterPath.swapAt(0, 1) },
            { $0.attesterPath.removeLast() },
            { $0.signaturePath.append($0.signaturePath[0]) },
            { $0.signaturePath = $0.attesterPath },
        ]
        for (number, forge) in forgeries.enumerated() {
            var forged = certificate
            forge(&forged)
            if forged != certificate { #expect(!forged.isValid(for: statement), "forgery \(number)") }
        }
    }

    /// A builder that claims more than it has: with signatures of little weight, coins fall where there are none.
    @Test func claimedWeightIsNotWeight() throws {
        let committee = try Committee([UInt64](repeating: 1, count: 40))
        let statement = try committee.statement(proven: 26)
        var builder = try committee.builder(statement, signers: 0..<26)
        for index in 26..<40 { builder.addUnchecked([UInt8](repeating: 7, count: 64), of: index) }
        let forged = try builder.certificate()
        #expect(forged.signedWeight == 40)
        #expect(!forged.isValid(for: statement))
        // The same, with those revealed that have no signature left out.
        var trimmed = forged
        trimmed.reveals.removeAll { $0.position >= 26 }
        #expect(!trimmed.isValid(for: statement))
        // Too little weight, and a claim beyond the committee's.
        let honest = try committee.builder(statement, signers: 0..<30).certificate()
        for claim in [0, 26, 29, 31, 41, UInt64.max] {
            let other = CompactCertificate(
                suite: honest.suite, signedWeight: claim, signatureRoot: honest.signatureRoot, reveals: honest.reveals,
                attesterPath: honest.attesterPath, signaturePath: honest.signaturePath)
            #expect(!other.isValid(for: statement), "\(claim)")
        }
    }

    @Test func revealsThatNoCoinAskedForAreRefused() throws {
        // One attester has nearly all weight, so coins fall on it alone.
        let committee = try Committee([1 << 60, 1, 1])
        let statement = try committee.statement(proven: 1 << 30)
        var builder = try CompactCertificateBuilder(statement, attesters: committee.attesters)
        let signatures = try committee.keys.map { try $0.sign(Self.message, context: Self.context) }
        for (index, signature) in signatures.enumerated() { try builder.add(signature, of: index) }
        let certificate = try builder.certificate()
        #expect(certificate.reveals.map(\.position) == [0])
        let before: [UInt64] = [0, 1 << 60, 1 << 60 + 1]
        let leaves = (0..<3).map {
            CompactCertificate.signatureLeafHash(before: before[$0], signature: signatures[$0], .sha384)
        }
        var padded = certificate
        padded.reveals.append(
            .init(position: 1, attester: committee.attesters[1], before: before[1], signature: signatures[1]))
        padded.signaturePath = [leaves[2]]
        padded.attesterPath = [committee.attesters[2].leafHash(.sha384)]
        #expect(throws: CompactCertificateError.refused("it reveals what no coin asked for")) { try padded.verify(statement) }
    }

    @Test func everyChangedByteAndEveryTruncationIsRefused() throws {
        let committee = try Committee([UInt64](repeating: 1, count: 12))
        let statement = try committee.statement(proven: 4)
        let bytes = try committee.builder(statement, signers: [0, 1, 2, 4, 5, 6, 7, 8, 10]).certificate().encoded
        func valid(_ bytes: [UInt8]) -> Bool { (try? CompactCertificate(encoded: bytes))?.isValid(for: statement) ?? false }
        #expect(valid(bytes))
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1 << UInt8(index % 8)
            #expect(!valid(changed), "byte \(index)")
            #expect(throws: CompactCertificateError.self) { try CompactCertificate(encoded: Array(bytes[..<index])) }
        }
        #expect(throws: CompactCertificateError.malformed("1 bytes follow its end")) { try CompactCertificate(encoded: bytes + [0]) }
    }

    @Test func theNumberOfCoinsIsExact() {
        // 2^r ≥ 2^t exactly at r = t; (2^63)^r against (2^63 - 1)^r would need far more than the limit.
        for strength in [1, 64, 128, 256] {
            #expect(CompactCertificateCoins.count(signed: 2, proven: 1, strength: strength) == strength)
            #expect(CompactCertificateCoins.count(signed: .max - 1, proven: .max / 2, strength: strength) == strength)
            #expect(CompactCertificateCoins.count(signed: 4, proven: 1, strength: strength) == (strength + 1) / 2)
            // One part in 2^63 less than a factor of two needs one more.
            #expect(CompactCertificateCoins.count(signed: .max - 2, proven: .max / 2, strength: strength) == strength + 1)
            #expect(CompactCertificateCoins.count(signed: .max, proven: .max / 2, strength: strength) == strength)
        }
        #expect(CompactCertificateCoins.count(signed: 3, proven: 2, strength: 256) == 438)
        #expect(CompactCertificateCoins.count(signed: 1, proven: 0, strength: 256) == 1)
        #expect(CompactCertificateCoins.count(signed: 1, proven: 1, strength: 64) == nil)
        #expect(CompactCertificateCoins.count(signed: 1, proven: 2, strength: 64) == nil)
        #expect(CompactCertificateCoins.count(signed: .max, proven: .max - 1, strength: 64) == nil)
    }

    @Test func coinsAreBelowTheWeight() {
        #expect(CompactCertificateCoins.coins(seed: [], weight: 0, count: 5) == [])
        #expect(CompactCertificateCoins.coins(seed: [1], weight: 1, count: 5) == [0, 0, 0, 0, 0])
        let weights: [UInt64] = [2, 3, 1 << 32, 1 << 63, 1 << 63 + 1, .max]
        for weight in weights {
            let coins = CompactCertificateCoins.coins(seed: [2], weight: weight, count: 100)
            #expect(coins.count == 100 && coins.allSatisfy { $0 < weight })
        }
    }
}

@Suite struct MerkleMultiproofTests {
    @Test func everySubsetOfSmallTrees() throws {
        for size in 1...9 {
            let leaves = (0..<size).map { HashSuite.sha256.hash([UInt8($0)]) }
            let root = Merkle.root(leaves)
            for subset in 0..<(1 << size) {
                let positions = (0..<size).filter { subset >> $0 & 1 == 1 }
                let proof = try #require(Merkle.multiproof(positions: positions, leafHashes: leaves))
                let shown = positions.map { (position: $0, hash: leaves[$0]) }
                #expect(Merkle.multiproofRoot(size: size, leaves: shown, proof: proof) == root)
                #expect(Merkle.multiproofRoot(size: size, leaves: shown, proof: proof + [root]) == nil)
                if !proof.isEmpty { #expect(Merkle.multiproofRoot(size: size, leaves: shown, proof: proof.dropLast()) == nil) }
                if positions.count == 1 {
                    let single = try #require(Merkle.inclusionProof(index: positions[0], leafHashes: leaves))
                    #expect(Set(single) == Set(proof))
                }
            }
        }
    }

    @Test func positionsAscendWithinTheTree() {
        let leaves = (0..<5).map { HashSuite.sha256.hash([UInt8($0)]) }
        for positions in [[1, 1], [2, 1], [-1], [5], [0, 5]] {
            #expect(Merkle.multiproof(positions: positions, leafHashes: leaves) == nil)
            let shown = positions.map { (position: $0, hash: leaves[0]) }
            #expect(Merkle.multiproofRoot(size: 5, leaves: shown, proof: leaves) == nil)
        }
        #expect(Merkle.multiproofRoot(size: 0, leaves: [], proof: []) == nil)
        #expect(Merkle.multiproofRoot(size: 2, leaves: [(position: 0, hash: leaves[0])], proof: [HashSuite.sha384.hash([])]) == nil)
    }
}
