// Vectors of key encapsulation: ML-KEM (Wycheproof, ACVP), the composite KEM of the peer channel, and X-Wing.
// The library encapsulates with randomness of its own only, so published encapsulations cannot be repeated.

import TrellisCrypto

enum CryptoKEMVectors {
    static func mlkem(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let (test, group) = (vector.test, vector.group)
        let name = vector.text("parameterSet") ?? vector.file.text("algorithm") ?? "ML-KEM"
        guard let kem = StandardPrimitives.SeedKEM(rawValue: name), kem != .xWing else { return .skipped(name) }
        switch group.text("type") ?? group.text("function") ?? vector.text("mode") {
        case "MLKEMTest":
            return try decapsulation(kem, test, seed: test.hex("seed"), secret: "K")
        case "MLKEMKeyGen":
            return try test.judge(kem.publicKey(seed: test.hex("seed")), expected: test.hex("ek"))
        case "keyGen":
            return try test.judge(kem.publicKey(seed: test.hex("d") + test.hex("z")), expected: test.hex("ek"))
        case "decapsulation" where group.text("keyFormat") == "seed":
            return try decapsulation(kem, test, seed: test.hex("d") + test.hex("z"), secret: "k")
        case "encapsulationKeyCheck":
            return try test.judge(accepted: kem.encapsulates(to: test.hex("ek")))
        case "MLKEMEncapsTest":
            if try test.expectation() == .invalid { return try test.judge(accepted: kem.encapsulates(to: test.hex("ek"))) }
            return .skipped("\(name) encapsulation with given randomness")
        case "encapsulation":
            return .skipped("\(name) encapsulation with given randomness")
        case "MLKEMDecapsValidationTest", "decapsulation", "decapsulationKeyCheck":
            return .skipped("\(name) with an expanded private key")
        case let other:
            return .skipped("\(name) \(other ?? "of another kind")")
        }
    }

    private static func decapsulation(
        _ kem: StandardPrimitives.SeedKEM, _ test: CryptoVector, seed: [UInt8], secret: String
    ) throws -> VectorOutcome {
        let computed = kem.decapsulate(seed: seed, ciphertext: try test.hex("c"))
        let outcome = try test.judge(computed, expected: test.hex(secret))
        guard try test.expectation() == .valid, test.has("ek") else { return outcome }
        return VectorOutcome.all(try test.judge(kem.publicKey(seed: seed), expected: test.hex("ek")), outcome)
    }

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

    static func xWing(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let (test, kem) = (vector.test, StandardPrimitives.SeedKEM.xWing)
        let seed = try test.hex("seed")
        return VectorOutcome.all(
            try test.judge(kem.publicKey(seed: seed), expected: test.hex("pk")),
            try test.judge(kem.decapsulate(seed: seed, ciphertext: test.hex("ct")), expected: test.hex("ss")))
    }
}
