// SLH-DSA beyond its published vectors: agreement of the processor levels, the interfaces' prefixes, hedging, and bad input. Vectors of all
// sets are in CryptoConformanceTests, the common behaviour of schemes in SignatureTests.

import Testing
import TrellisCrypto

/// Serialized, for the level of the processor is of the whole process.
@Suite(.serialized) struct SLHDSATests {
    private let message = Array("a message".utf8)

    /// The fast sets; the small ones differ in their numbers only.
    private static let fast: [SLHDSA.ParameterSet] = SLHDSA.ParameterSet.allCases.filter { $0.name.hasSuffix("f") }

    private func key(_ parameters: SLHDSA.ParameterSet, _ byte: UInt8 = 7) throws -> SLHDSA.PrivateKey {
        try SLHDSA.PrivateKey(parameters, seed: SecretBytes([UInt8](repeating: byte, count: parameters.seedSize)))
    }

    @Test(arguments: fast)
    func plainCodeAndVectorsAgree(parameters: SLHDSA.ParameterSet) throws {
        defer { CryptoImplementation.select(.native) }
        var keys: [[UInt8]] = []
        var signatures: [[UInt8]] = []
        for implementation in CryptoImplementation.allCases {
            CryptoImplementation.select(implementation)
            let key = try key(parameters)
            let signature = try key.signature(for: message, .pure(context: [1]), randomness: nil)
            #expect(SLHDSA.isValid(signature, for: message, .pure(context: [1]), publicKey: key.publicKey, parameters))
            keys.append(key.publicKey)
            signatures.append(signature)
        }
        #expect(Set(keys).count == 1)
        #expect(Set(signatures).count == 1)
    }

    @Test func interfacesDoNotMix() throws {
        let parameters = SLHDSA.ParameterSet.sha2With128f
        let key = try key(parameters)
        let interfaces: [SLHDSA.Interface] = [
            .bare, .pure(context: []), .pure(context: [0]), .prehashed(function: 1, context: []), .prehashed(function: 2, context: []),
        ]
        for (signed, interface) in interfaces.enumerated() {
            let signature = try key.signature(for: message, interface, randomness: nil)
            for (checked, other) in interfaces.enumerated() {
                let valid = SLHDSA.isValid(signature, for: message, other, publicKey: key.publicKey, parameters)
                #expect(valid == (signed == checked), "signed \(interface), checked \(other)")
            }
        }
    }

    @Test func contextsHaveAtMost255Bytes() throws {
        let parameters = SLHDSA.ParameterSet.sha2With128f
        let key = try key(parameters)
        let longest = SLHDSA.Interface.pure(context: [UInt8](repeating: 1, count: 255))
        let signature = try key.signature(for: message, longest, randomness: nil)
        #expect(SLHDSA.isValid(signature, for: message, longest, publicKey: key.publicKey, parameters))
        for refused: SLHDSA.Interface in [
            .pure(context: [UInt8](repeating: 1, count: 256)), .prehashed(function: 1, context: [UInt8](repeating: 1, count: 256)),
            .prehashed(function: 0, context: []), .prehashed(function: 13, context: []), .prehashed(function: .min, context: []),
        ] {
            #expect(throws: CryptoError.self) { try key.signature(for: message, refused, randomness: nil) }
            #expect(!SLHDSA.isValid(signature, for: message, refused, publicKey: key.publicKey, parameters))
        }
    }

    @Test func hedgedSignaturesDifferAndDeterministicOnesDoNot() throws {
        let parameters = SLHDSA.ParameterSet.shakeWith128f
        let key = try key(parameters)
        let (first, second) = (
            try key.hedgedSignature(for: message, .pure(context: [])), try key.hedgedSignature(for: message, .pure(context: []))
        )
        #expect(first != second)
        for signature in [first, second] {
            #expect(SLHDSA.isValid(signature, for: message, .pure(context: []), publicKey: key.publicKey, parameters))
        }
        let deterministic = try key.signature(for: message, .bare, randomness: nil)
        #expect(try key.signature(for: message, .bare, randomness: nil) == deterministic)
        #expect(try key.signature(for: message, .bare, randomness: Array(key.publicKey.prefix(16))) == deterministic)
    }

    @Test func wrongLengthsAreRefused() throws {
        let parameters = SLHDSA.ParameterSet.sha2With128f
        let key = try key(parameters)
        let signature = try key.signature(for: message, .bare, randomness: nil)
        for count in [0, 1, 15, 16, 17, signature.count - 1] {
            #expect(!SLHDSA.isValid(Array(signature.prefix(count)), for: message, .bare, publicKey: key.publicKey, parameters))
        }
        for publicKey in [[], Array(key.publicKey.dropLast()), key.publicKey + [0]] {
            #expect(!SLHDSA.isValid(signature, for: message, .bare, publicKey: publicKey, parameters))
        }
        for count in [0, 15, 17, 32] {
            let randomness = [UInt8](repeating: 0, count: count)
            #expect(throws: CryptoError.self) { try key.signature(for: message, .bare, randomness: randomness) }
        }
        for count in [0, 47, 49] {
            #expect(throws: CryptoError.self) { try SLHDSA.PrivateKey(parameters, seed: SecretBytes([UInt8](repeating: 0, count: count))) }
        }
        // A signature of one set is none of another.
        for other in SLHDSA.ParameterSet.allCases where other != parameters {
            #expect(!SLHDSA.isValid(signature, for: message, .bare, publicKey: key.publicKey, other))
        }
    }

    @Test func theSetsHaveTheSizesOfTheStandard() {
        // FIPS 205 Table 2.
        let sizes = [
            "128s": (32, 7856, 1), "128f": (32, 17088, 1), "192s": (48, 16224, 3), "192f": (48, 35664, 3), "256s": (64, 29792, 5),
            "256f": (64, 49856, 5),
        ]
        for parameters in SLHDSA.ParameterSet.allCases {
            let expected = sizes[String(parameters.name.suffix(4))]
            #expect(parameters.publicKeySize == expected?.0)
            #expect(parameters.signatureSize == expected?.1)
            #expect(parameters.securityCategory == expected?.2)
            let scheme = SignatureScheme.slhDSA(parameters)
            #expect(scheme.family == .hash)
            #expect(scheme.isPostQuantum)
        }
        #expect(Set(SignatureScheme.slhDSA.map(\.identifier)).count == 12)
    }
}
