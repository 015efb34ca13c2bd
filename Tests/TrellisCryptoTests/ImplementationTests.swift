// Two implementations, one standard: what the kernels make the library takes, and the other way round; every level of vector instructions
// gives the same bytes; what is malformed both refuse.

import Testing
import TrellisCrypto

@Suite struct ImplementationTests {
    private static let lattice: [SignatureScheme] = [.mlDSA65, .mlDSA87, .mlDSA65Ed25519, .mlDSA87P384]

    @Test(arguments: lattice)
    func eachVerifiesWhatTheOtherSigns(scheme: SignatureScheme) throws {
        let native = try scheme.generate(.native)
        let portable = try scheme.signingKey(seed: native.seed, .portable)
        #expect(native.publicKey == portable.publicKey)
        for number in 0..<8 {
            let message = [UInt8](repeating: UInt8(number), count: number * 37)
            for signer in [native, portable] {
                let signature = try signer.sign(message, context: .block)
                for implementation in CryptoImplementation.allCases {
                    let verifier = try scheme.verifyingKey(native.publicKey, implementation)
                    #expect(verifier.isValid(signature, for: message, context: .block))
                    #expect(!verifier.isValid(signature, for: message, context: .votes))
                }
            }
        }
    }

    /// Verification agrees on signatures with one bit changed, wherever it is.
    @Test(arguments: [SignatureScheme.mlDSA65, .mlDSA87])
    func bothJudgeMutatedSignaturesAlike(scheme: SignatureScheme) throws {
        let key = try scheme.generate(.native)
        let verifiers = try CryptoImplementation.allCases.map { try scheme.verifyingKey(key.publicKey, $0) }
        let signature = try key.sign([1], context: .block)
        for place in stride(from: 0, to: signature.count, by: 29) {
            var changed = signature
            changed[place] ^= 1 << UInt8(place % 8)
            let answers = verifiers.map { $0.isValid(changed, for: [1], context: .block) }
            #expect(answers == [false, false])
        }
        // Hints are the last bytes: positions out of order, repeated, beyond the end, and counts that run backwards.
        for value in [UInt8(0), 1, 0x7f, 0xff] {
            for place in signature.count - 90..<signature.count {
                var changed = signature
                changed[place] = value
                let answers = verifiers.map { $0.isValid(changed, for: [1], context: .block) }
                #expect(answers[0] == answers[1])
                if changed != signature { #expect(!answers[0]) }
            }
        }
    }

    @Test(arguments: MLKEM.ParameterSet.allCases)
    func eachOpensWhatTheOtherSeals(parameters: MLKEM.ParameterSet) throws {
        let seed = SecretBytes(random: MLKEM.seedSize)
        let keys = try CryptoImplementation.allCases.map { try MLKEM.PrivateKey(seed: seed, parameters, $0) }
        #expect(keys[0].publicKey == keys[1].publicKey)
        for implementation in CryptoImplementation.allCases {
            let made = try MLKEM.encapsulate(to: keys[0].publicKey, parameters, implementation)
            for key in keys { #expect(try key.decapsulate(made.ciphertext) == made.sharedSecret) }
            // Implicit rejection: the same wrong secret from both.
            var changed = made.ciphertext
            changed[7] ^= 1
            let wrong = try keys.map { try $0.decapsulate(changed) }
            #expect(wrong[0] == wrong[1])
            #expect(wrong[0] != made.sharedSecret)
        }
        var large = keys[0].publicKey
        large[0] = 0xff
        large[1] = 0xff
        for implementation in CryptoImplementation.allCases {
            #expect(throws: CryptoError.invalidPublicKey(scheme: parameters.name)) {
                try MLKEM.encapsulate(to: large, parameters, implementation)
            }
        }
        #expect(throws: CryptoError.self) { try keys[0].decapsulate([]) }
        #expect(throws: CryptoError.self) { try MLKEM.encapsulate(to: [], parameters) }
        #expect(throws: CryptoError.self) { try MLKEM.PrivateKey(seed: SecretBytes([1]), parameters) }
        #expect(throws: CryptoError.self) { try MLKEM.PrivateKey(expanded: SecretBytes([1]), parameters) }
    }

    @Test func xWingOpensAcrossImplementations() throws {
        let key = try XWing.PrivateKey(seed: SecretBytes(random: XWing.seedSize), .native)
        let made = try XWing.encapsulate(to: key.publicKey, .portable)
        #expect(made.ciphertext.count == XWing.ciphertextSize)
        #expect(try key.decapsulate(made.ciphertext) == made.sharedSecret)
        // A point of low order is refused rather than used.
        let low = Array(made.ciphertext.prefix(1088)) + [UInt8](repeating: 0, count: 32)
        #expect(throws: CryptoError.invalidCiphertext(scheme: XWing.name)) { try key.decapsulate(low) }
        #expect(throws: CryptoError.self) { try XWing.encapsulate(to: key.publicKey, randomness: SecretBytes([1])) }
    }

    @Test(arguments: MLDSA.ParameterSet.allCases)
    func everyInterfaceRefusesWhatIsMalformed(parameters: MLDSA.ParameterSet) throws {
        #expect(throws: CryptoError.self) { try MLDSA.PrivateKey(seed: SecretBytes([1]), parameters) }
        #expect(throws: CryptoError.self) { try MLDSA.PrivateKey(encoded: SecretBytes([1]), parameters) }
        #expect(throws: CryptoError.self) { try MLDSA.PublicKey([1], parameters) }
        // Coefficients out of range.
        #expect(throws: CryptoError.invalidPrivateKey(scheme: parameters.name)) {
            try MLDSA.PrivateKey(encoded: SecretBytes([UInt8](repeating: 0xff, count: parameters.privateKeySize)), parameters)
        }
        let key = try MLDSA.PrivateKey(seed: SecretBytes(random: MLDSA.seedSize), parameters)
        let verifier = try MLDSA.PublicKey(key.publicKey, parameters)
        let long = [UInt8](repeating: 0, count: 256)
        #expect(throws: CryptoError.self) { try key.sign([], context: long) }
        #expect(throws: CryptoError.self) { try key.sign([], randomness: .given([1])) }
        #expect(MLDSA.Mu([1]) == nil)
        let signature = try key.sign([1], context: Array(long.dropLast()))
        #expect(verifier.isValid(signature, for: [1], context: Array(long.dropLast())))
        #expect(!verifier.isValid(signature, for: [1], context: long))
        for byte in [UInt8(0), 0xff] {
            let uniform = try MLDSA.PublicKey([UInt8](repeating: byte, count: parameters.publicKeySize), parameters)
            #expect(!uniform.isValid(signature, for: [1]))
            #expect(!uniform.isValid([UInt8](repeating: byte, count: parameters.signatureSize), for: [1]))
        }
        // The same key, message and no randomness: the same signature, and that of the representative alone.
        let again = try key.sign([1], context: [2], randomness: .deterministic)
        #expect(try key.sign(mu: verifier.mu([1], context: [2]), randomness: .deterministic) == again)
    }

    @Test func batchesJudgeEachSignatureAlone() async throws {
        let schemes: [SignatureScheme] = [.mlDSA65, .mlDSA44, .mlDSA87, .ed25519, .mlDSA65Ed25519]
        var checks: [SignatureCheck] = []
        var expected: [Bool] = []
        let keys = try schemes.map { try $0.generate(.native) }
        for number in 0..<61 {
            let index = number % 3 == 0 ? number / 3 % schemes.count : 0
            let verifier = try schemes[index].verifyingKey(keys[index].publicKey, .native)
            let message = [UInt8](repeating: 1, count: number)
            var signature = try keys[index].sign(message, context: .block)
            let isGood = number % 7 != 3
            if !isGood { signature[number] ^= 1 }
            if number == 17 { signature = [] }
            checks.append(SignatureCheck(key: verifier, message: message, context: .block, signature: signature))
            expected.append(isGood && number != 17)
        }
        #expect(SignatureBatch.areValid(checks) == expected)
        #expect(await SignatureBatch.areValid(checks, cores: 2) == expected)
        #expect(await SignatureBatch.areValid(checks, cores: 0) == expected)
        #expect(SignatureBatch.areValid([]) == [])
    }

    @Test func shakeGivesTheSameInPartsAsWhole() {
        for strength in [SHAKE.Strength.shake128, .shake256] {
            var shake = SHAKE(strength)
            shake.absorb([1, 2])
            shake.absorb([])
            shake.absorb([UInt8](repeating: 3, count: 400))
            var output = shake.output
            let parts = output.next(1) + output.next(0) + output.next(300)
            #expect(parts == SHAKE.output(strength, [1, 2] + [UInt8](repeating: 3, count: 400), count: 301))
        }
        #expect(SHA3.digests256(of: [], length: 64) == [])
        #expect(SHA3.digests256(of: [1, 2], length: 0) == [])
        #expect(SHA3.digests256(of: [1, 2, 3], length: 2) == SHA3.digest256([1, 2]))
        let messages = (0..<13).map { [UInt8](repeating: UInt8($0), count: 200) }
        #expect(SHA3.digests256(of: Array(messages.joined()), length: 200) == Array(messages.map(SHA3.digest256).joined()))
    }

    @Test(arguments: CryptoImplementation.allCases)
    func selfTestPasses(implementation: CryptoImplementation) throws {
        let names = try CryptoSelfTest.run(schemes: SignatureScheme.all, implementation)
        #expect(names.contains("ML-DSA-65"))
        #expect(names.contains("AES-256-GCM"))
        #expect(Set(names).count == names.count)
    }
}
