// LMS and XMSS beyond their published vectors: every scheme on offer, agreement of the processor levels, indices beyond the tree, wrong types,
// truncated and altered input.

import Testing
import TrellisCrypto

/// Serialized, for the level of the processor is of the whole process.
@Suite(.serialized) struct StatefulSignatureTests {
    private let message = Array("a firmware image".utf8)
    private static let quick: [StatefulSignatureScheme] = StatefulSignatureScheme.all.filter { !$0.name.hasSuffix("W8") }

    private func key(_ scheme: StatefulSignatureScheme, _ byte: UInt8 = 3) throws -> StatefulSigningKey {
        try StatefulSigningKey(scheme, seed: SecretBytes([UInt8](repeating: byte, count: scheme.seedSize)))
    }

    @Test func theSchemesAreThoseOfTheStandards() {
        #expect(StatefulSignatureScheme.lms.count == 16)
        #expect(StatefulSignatureScheme.xmss.count == 4)
        for scheme in StatefulSignatureScheme.all {
            #expect(scheme.capacity == 1024)
            #expect(StatefulSignatureScheme.named(scheme.name) == scheme)
            // They are not for committees.
            #expect(SignatureScheme.named(scheme.name) == nil)
        }
        // RFC 8554 Table 1 with §5.4; RFC 8391 §5.3.1.
        #expect(StatefulSignatureScheme.named("LMS_SHA256_M32_H10/LMOTS_SHA256_N32_W8")?.signatureSize == 1452)
        #expect(StatefulSignatureScheme.named("LMS_SHA256_M32_H10/LMOTS_SHA256_N32_W4")?.signatureSize == 2508)
        #expect(StatefulSignatureScheme.named("XMSS-SHA2_10_256")?.signatureSize == 2500)
        #expect(StatefulSignatureScheme.named("XMSS-SHA2_10_192")?.signatureSize == 1492)
        #expect(StatefulSignatureScheme(lmsType: 6, oneTimeType: 5) == nil)
        #expect(StatefulSignatureScheme(lmsType: 4, oneTimeType: 1) == nil)
        #expect(StatefulSignatureScheme(lmsType: .max, oneTimeType: .max) == nil)
        #expect(StatefulSignatureScheme(xmssIdentifier: 0) == nil)
        #expect(StatefulSignatureScheme(xmssIdentifier: 22) == nil)
    }

    @Test(arguments: quick)
    func signsAndVerifies(scheme: StatefulSignatureScheme) throws {
        let key = try key(scheme)
        #expect(key.publicKey.count == scheme.publicKeySize)
        for index: UInt32 in [0, 1023] {
            let signature = try key.sign(message, context: .genesis, with: OneTimeIndex(index))
            #expect(signature.count == scheme.signatureSize)
            #expect(scheme.isValid(signature, for: message, context: .genesis, publicKey: key.publicKey))
            #expect(!scheme.isValid(signature, for: message, context: .block, publicKey: key.publicKey))
            #expect(!scheme.isValid(signature, for: message + [0], context: .genesis, publicKey: key.publicKey))
            refusesAltered(scheme, signature, key.publicKey)
        }
        for index: UInt32 in [1024, 1025, .max] {
            #expect(throws: CryptoError.signingFailed(scheme: scheme.name)) {
                try key.sign(message, context: .genesis, with: OneTimeIndex(index))
            }
        }
        for count in [0, scheme.seedSize - 1, scheme.seedSize + 1] {
            #expect(throws: CryptoError.self) { try StatefulSigningKey(scheme, seed: SecretBytes([UInt8](repeating: 0, count: count))) }
        }
    }

    private func refusesAltered(_ scheme: StatefulSignatureScheme, _ signature: [UInt8], _ publicKey: [UInt8]) {
        // The index, the types, the randomizer, chains, the path.
        for place in Array(0..<12) + stride(from: 12, to: signature.count, by: 97) + [signature.count - 1] {
            for bit: UInt8 in [0x01, 0x80] {
                var changed = signature
                changed[place] ^= bit
                #expect(!scheme.isValid(changed, for: message, context: .genesis, publicKey: publicKey), "byte \(place)")
            }
        }
        for count in [0, 3, 4, 8, 11, signature.count / 2, signature.count - 1] {
            #expect(!scheme.isValid(Array(signature.prefix(count)), for: message, context: .genesis, publicKey: publicKey))
        }
        #expect(!scheme.isValid(signature + [0], for: message, context: .genesis, publicKey: publicKey))
        for place in 0..<publicKey.count {
            var changed = publicKey
            changed[place] ^= 0x10
            #expect(!scheme.isValid(signature, for: message, context: .genesis, publicKey: changed), "byte \(place) of the key")
        }
        for count in 0..<publicKey.count {
            #expect(!scheme.isValid(signature, for: message, context: .genesis, publicKey: Array(publicKey.prefix(count))))
        }
        for other in StatefulSignatureScheme.all where other != scheme {
            #expect(!other.isValid(signature, for: message, context: .genesis, publicKey: publicKey))
        }
    }

    @Test(arguments: [
        "LMS_SHA256_M32_H10/LMOTS_SHA256_N32_W4", "LMS_SHAKE_M24_H10/LMOTS_SHAKE_N24_W4", "XMSS-SHA2_10_192", "XMSS-SHAKE256_10_192",
    ])
    func plainCodeAndVectorsAgree(name: String) throws {
        defer { CryptoImplementation.select(.native) }
        let scheme = try #require(StatefulSignatureScheme.named(name))
        var signatures: [[UInt8]] = []
        for implementation in CryptoImplementation.allCases {
            CryptoImplementation.select(implementation)
            let key = try key(scheme)
            signatures.append(try key.signBare(message, with: OneTimeIndex(516)))
            #expect(signatures.last.map { isValidBare($0, key) } == true)
        }
        #expect(Set(signatures).count == 1)
    }

    private func isValidBare(_ signature: [UInt8], _ key: StatefulSigningKey) -> Bool {
        key.scheme.name.hasPrefix("LMS")
            ? StatefulSignatures.isValidLMS(signature, for: message, publicKey: key.publicKey)
            : StatefulSignatures.isValidXMSS(signature, for: message, publicKey: key.publicKey)
    }

    /// Whatever bytes come, in whatever lengths, the answer is no.
    @Test func nonsenseIsRefused() {
        var state: UInt64 = 1
        func random(_ count: Int) -> [UInt8] {
            (0..<count).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 33)
            }
        }
        for number in 0..<400 {
            let size = [0, 3, 4, 24, 28, 52, 56, 60, 68, 132][number % 10]
            var publicKey = random(size)
            // Likely identifiers, types and levels.
            for place in 0..<min(size, 12) { publicKey[place] = place % 4 == 3 ? UInt8(number % 25) : 0 }
            var signature = random((number * 37) % 6000)
            for place in 0..<min(signature.count, 4) { signature[place] = place == 3 ? UInt8(number % 3) : 0 }
            #expect(!StatefulSignatures.isValidLMS(signature, for: message, publicKey: publicKey))
            #expect(!StatefulSignatures.isValidHSS(signature, for: message, publicKey: publicKey))
            #expect(!StatefulSignatures.isValidXMSS(signature, for: message, publicKey: publicKey))
            #expect(!StatefulSignatures.isValidXMSSMT(signature, for: message, publicKey: publicKey))
        }
    }
}
