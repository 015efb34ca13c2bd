// Vectors of key encapsulation: ML-KEM (Wycheproof, ACVP), the composite KEM of the peer channel, and X-Wing. What the library has a way
// to do, it does too, beside our kernels.

import TrellisCrypto

enum CryptoKEMVectors {
    static func mlkem(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let (test, group) = (vector.test, vector.group)
        let name = vector.text("parameterSet") ?? vector.file.text("algorithm") ?? "ML-KEM"
        guard let parameters = MLKEM.ParameterSet.allCases.first(where: { $0.name == name }) else { return .skipped(name) }
        switch group.text("type") ?? group.text("function") ?? vector.text("mode") {
        case "MLKEMTest":
            return try decapsulation(parameters, test, seed: test.hex("seed"), secret: "K")
        case "MLKEMKeyGen":
            return try keyGeneration(parameters, test, seed: test.hex("seed"))
        case "keyGen":
            return try keyGeneration(parameters, test, seed: test.hex("d") + test.hex("z"))
        case "decapsulation" where group.text("keyFormat") == "seed":
            return try decapsulation(parameters, test, seed: test.hex("d") + test.hex("z"), secret: "k")
        case "MLKEMEncapsTest":
            return try encapsulation(parameters, test, secret: "K")
        case "encapsulation":
            return try encapsulation(parameters, test, secret: "k")
        case "encapsulationKeyCheck":
            return try test.judge(accepted: accepts(parameters, publicKey: test.hex("ek")))
        case "MLKEMDecapsValidationTest":
            return try expandedDecapsulation(parameters, test, secret: "K")
        case "decapsulation":
            return try expandedDecapsulation(parameters, test, secret: "k")
        case "decapsulationKeyCheck":
            return try test.judge(accepted: expandedKey(parameters, test) != nil)
        case let other:
            return .skipped("\(name) \(other ?? "of another kind")")
        }
    }

    private static func key(_ parameters: MLKEM.ParameterSet, _ seed: [UInt8], _ implementation: CryptoImplementation) -> MLKEM.PrivateKey?
    {
        try? MLKEM.PrivateKey(seed: SecretBytes(seed), parameters, implementation)
    }

    private static func expandedKey(_ parameters: MLKEM.ParameterSet, _ test: CryptoVector) throws -> MLKEM.PrivateKey? {
        try? MLKEM.PrivateKey(expanded: SecretBytes(try test.hex("dk")), parameters)
    }

    private static func keyGeneration(_ parameters: MLKEM.ParameterSet, _ test: CryptoVector, seed: [UInt8]) throws -> VectorOutcome {
        let expanded = test.has("dk") ? try expandedKey(parameters, test) : nil
        return VectorOutcome.all(
            try test.judge(key(parameters, seed, .native)?.publicKey, expected: test.hex("ek")),
            try test.judge(key(parameters, seed, .portable)?.publicKey, expected: test.hex("ek")),
            test.has("dk") ? try test.judge(expanded?.publicKey, expected: test.hex("ek")) : .agrees)
    }

    private static func decapsulation(
        _ parameters: MLKEM.ParameterSet, _ test: CryptoVector, seed: [UInt8], secret: String
    ) throws -> VectorOutcome {
        for implementation in CryptoImplementation.allCases {
            let key = key(parameters, seed, implementation)
            let computed = bytes(try? key?.decapsulate(try test.hex("c")))
            let outcome = try test.judge(computed, expected: test.hex(secret))
            guard case .agrees = outcome else { return outcome }
            guard try test.expectation() == .valid, test.has("ek") else { continue }
            let parsed = try test.judge(key?.publicKey, expected: test.hex("ek"))
            guard case .agrees = parsed else { return parsed }
        }
        return .agrees
    }

    private static func expandedDecapsulation(
        _ parameters: MLKEM.ParameterSet, _ test: CryptoVector, secret: String
    ) throws -> VectorOutcome {
        let computed = bytes(try? expandedKey(parameters, test)?.decapsulate(try test.hex("c")))
        return try test.judge(computed, expected: test.hex(secret))
    }

    private static func encapsulation(_ parameters: MLKEM.ParameterSet, _ test: CryptoVector, secret: String) throws -> VectorOutcome {
        let message = SecretBytes(try test.hex("m"))
        let made = try? MLKEM.encapsulate(to: try test.hex("ek"), parameters, message: message, .native)
        return VectorOutcome.all(
            try test.judge(made?.ciphertext, expected: test.hex("c")), try test.judge(bytes(made?.sharedSecret), expected: test.hex(secret))
        )
    }

    private static func accepts(_ parameters: MLKEM.ParameterSet, publicKey: [UInt8]) -> Bool {
        let answers = CryptoImplementation.allCases.map { (try? MLKEM.encapsulate(to: publicKey, parameters, $0)) != nil }
        return answers.allSatisfy { $0 }
    }

    private static func bytes(_ secret: SecretBytes?) -> [UInt8]? { secret.map { $0.withBytes { Array($0) } } }

    /// draft-ietf-lamps-pq-composite-kem: base64; besides the vector itself, a ciphertext of our own must open.
    static func composite(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let test = vector.test
        let name = test.identifier ?? "a composite KEM without a name"
        guard name == CompositeKEM.name else { return .skipped(name) }
        let (publicKey, serialized) = (try test.base64("ek"), SecretBytes(try test.base64("dk")))
        let ciphertext = try test.base64("c")
        guard let key = try? CompositeKEM.PrivateKey(serialized: serialized) else { return try test.judge(accepted: false) }
        let computed = (try? key.decapsulate(ciphertext)).map { secret in secret.withBytes { Array($0) } }
        let outcome = try test.judge(computed, expected: test.base64("k"))
        guard try test.expectation() == .valid else { return outcome }
        let own = try? CompositeKEM.encapsulate(to: publicKey)
        let opened = own.flatMap { try? key.decapsulate($0.ciphertext) }
        return VectorOutcome.all(
            .comparing(key.publicKey, expected: publicKey), outcome,
            try test.judge(accepted: own != nil && own?.sharedSecret == opened))
    }

    /// draft-connolly-cfrg-xwing-kem: keys, encapsulation with its randomness, and decapsulation.
    static func xWing(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let (test, seed) = (vector.test, SecretBytes(try vector.test.hex("seed")))
        for implementation in CryptoImplementation.allCases {
            let key = try? XWing.PrivateKey(seed: seed, implementation)
            let outcome = VectorOutcome.all(
                try test.judge(key?.publicKey, expected: test.hex("pk")),
                try test.judge(bytes(try? key?.decapsulate(try test.hex("ct"))), expected: test.hex("ss")))
            guard case .agrees = outcome else { return outcome }
        }
        guard try !test.optionalHex("eseed").isEmpty else { return .agrees }
        let made = try? XWing.encapsulate(to: try test.hex("pk"), randomness: SecretBytes(try test.hex("eseed")), .native)
        return VectorOutcome.all(
            try test.judge(made?.ciphertext, expected: test.hex("ct")), try test.judge(bytes(made?.sharedSecret), expected: test.hex("ss")))
    }
}
