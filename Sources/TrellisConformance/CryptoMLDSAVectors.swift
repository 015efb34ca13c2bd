// Vectors of ML-DSA (Wycheproof, ACVP, COSE and JOSE examples), against our kernels and, where it has the interface, the library.

import TrellisCrypto

enum CryptoMLDSAVectors {
    static func run(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let name = vector.text("parameterSet") ?? vector.file.text("algorithm") ?? "ML-DSA"
        guard let parameters = MLDSA.ParameterSet.allCases.first(where: { $0.name == name }) else { return .skipped(name) }
        switch (vector.text("mode"), vector.group.text("type")) {
        case ("keyGen", _): return try keyGeneration(parameters, vector.test)
        case ("sigVer", _): return try verification(parameters, vector)
        case ("sigGen", _): return try signing(parameters, vector)
        case (nil, "MlDsaVerify"): return try wycheproofVerification(parameters, vector)
        case (nil, "MlDsaSign"): return try wycheproofSigning(parameters, vector)
        default: return .skipped("\(name) \(vector.text("mode") ?? vector.group.text("type") ?? "of another kind")")
        }
    }

    // MARK: ACVP

    private static func keyGeneration(_ parameters: MLDSA.ParameterSet, _ test: CryptoVector) throws -> VectorOutcome {
        let seed = SecretBytes(try test.hex("seed"))
        let encoded = try? MLDSA.encodedPrivateKey(seed: seed, parameters)
        return VectorOutcome.all(
            try test.judge((try? MLDSA.PrivateKey(seed: seed, parameters))?.publicKey, expected: test.hex("pk")),
            test.has("sk") ? try test.judge(encoded.map { $0.withBytes { Array($0) } }, expected: test.hex("sk")) : .agrees)
    }

    private static func verification(_ parameters: MLDSA.ParameterSet, _ vector: CryptoVectorCase) throws -> VectorOutcome {
        let (test, signature) = (vector.test, try vector.test.hex("signature"))
        let bytes = try test.has("pk") ? test.hex("pk") : vector.group.hex("pk")
        guard let key = try? MLDSA.PublicKey(bytes, parameters) else { return try test.judge(accepted: false) }
        let mu = try representative(
            vector, formatted: key.mu(formatted:), digest: key.mu(digest:identifier:context:), pure: key.mu(_:context:))
        return try test.judge(accepted: mu.map { key.isValid(signature, for: $0) } ?? false)
    }

    private static func signing(_ parameters: MLDSA.ParameterSet, _ vector: CryptoVectorCase) throws -> VectorOutcome {
        let test = vector.test
        guard let key = try? MLDSA.PrivateKey(encoded: SecretBytes(try test.hex("sk")), parameters) else {
            return try test.judge(accepted: false)
        }
        let mu = try representative(
            vector, formatted: key.mu(formatted:), digest: key.mu(digest:identifier:context:), pure: key.mu(_:context:))
        let randomness: MLDSA.Randomness = test.has("rnd") ? .given(try test.hex("rnd")) : .deterministic
        let signature = mu.flatMap { try? key.sign(mu: $0, randomness: randomness) }
        let verifier = try? MLDSA.PublicKey(key.publicKey, parameters)
        return VectorOutcome.all(
            try test.judge(signature, expected: test.hex("signature")),
            try test.judge(accepted: mu.flatMap { mu in signature.map { verifier?.isValid($0, for: mu) ?? false } } ?? false))
    }

    /// What is signed, by the interface that the vector names; nil if that is refused.
    private static func representative(
        _ vector: CryptoVectorCase, formatted: ([UInt8]) throws -> MLDSA.Mu,
        digest: (_ digest: [UInt8], _ identifier: [UInt8], _ context: [UInt8]) throws -> MLDSA.Mu,
        pure: ([UInt8], [UInt8]) throws -> MLDSA.Mu
    ) throws -> MLDSA.Mu? {
        let test = vector.test
        if test.has("mu") { return MLDSA.Mu(try test.hex("mu")) }
        let message = try test.hex("message")
        if vector.text("signatureInterface") == "internal" { return try? formatted(message) }
        let context = try test.optionalHex("context")
        guard vector.text("preHash") == "preHash" else { return try? pure(message, context) }
        guard let function = vector.text("hashAlg").flatMap(PrehashFunction.init(name:)) else {
            throw VectorError(description: "\"hashAlg\" is no hash function that FIPS 204 approves")
        }
        return try? digest(function.digest(message), function.identifier, context)
    }

    // MARK: Wycheproof

    private static func wycheproofVerification(_ parameters: MLDSA.ParameterSet, _ vector: CryptoVectorCase) throws -> VectorOutcome {
        let (test, bytes) = (vector.test, try vector.group.hex("publicKey"))
        let (message, signature, context) = (try test.hex("msg"), try test.hex("sig"), try test.optionalHex("ctx"))
        let native = (try? MLDSA.PublicKey(bytes, parameters))?.isValid(signature, for: message, context: context) ?? false
        return VectorOutcome.all(
            try test.judge(accepted: native),
            try library(parameters, bytes, test, message, context, signature))
    }

    /// Signing vectors: a seed or an encoded private key, and the signature that deterministic signing gives.
    private static func wycheproofSigning(_ parameters: MLDSA.ParameterSet, _ vector: CryptoVectorCase) throws -> VectorOutcome {
        let (test, group) = (vector.test, vector.group)
        let key: MLDSA.PrivateKey? =
            if group.has("privateSeed") {
                try? MLDSA.PrivateKey(seed: SecretBytes(try group.hex("privateSeed")), parameters)
            } else {
                try? MLDSA.PrivateKey(encoded: SecretBytes(try group.hex("privateKey")), parameters)
            }
        guard let key else { return try test.judge(accepted: false) }
        let context = try test.optionalHex("ctx")
        let mu: MLDSA.Mu? = test.has("msg") ? try? key.mu(try test.hex("msg"), context: context) : MLDSA.Mu(try test.hex("mu"))
        let randomness: MLDSA.Randomness = test.has("rnd") ? .given(try test.hex("rnd")) : .deterministic
        let signature = mu.flatMap { try? key.sign(mu: $0, randomness: randomness) }
        let outcome = try test.judge(signature, expected: test.hex("sig"))
        guard try test.expectation() == .valid else { return outcome }
        return VectorOutcome.all(
            outcome, group.has("publicKey") ? .comparing(key.publicKey, expected: try group.hex("publicKey")) : .agrees,
            test.has("msg") ? try library(parameters, key.publicKey, test, test.hex("msg"), context, test.hex("sig")) : .agrees)
    }

    /// The examples of RFC 9964: a seed, its public key, and a signature of the given bytes without a context.
    static func example(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let (test, published) = (vector.test, try vector.test.hex("raw_public_key"))
        guard let parameters = MLDSA.ParameterSet.allCases.first(where: { $0.publicKeySize == published.count }) else {
            return .skipped("signatures with a public key of \(published.count) bytes")
        }
        let (message, signature) = (try test.hex("raw_to_be_signed"), try test.hex("raw_signature"))
        let key = try? MLDSA.PrivateKey(seed: SecretBytes(try test.hex("priv")), parameters)
        let isValid = (try? MLDSA.PublicKey(published, parameters))?.isValid(signature, for: message) ?? false
        return VectorOutcome.all(
            try test.judge(key?.publicKey, expected: published), try test.judge(accepted: isValid),
            try library(parameters, published, test, message, [], signature))
    }

    /// The library's judgement of the same signature, of the sets that it has.
    private static func library(
        _ parameters: MLDSA.ParameterSet, _ key: [UInt8], _ test: CryptoVector, _ message: [UInt8], _ context: [UInt8], _ signature: [UInt8]
    ) throws -> VectorOutcome {
        guard parameters != .mlDSA44, let scheme = SignatureScheme.named(parameters.name) else { return .agrees }
        guard let domain = Domain(bytes: context) else { return try test.judge(accepted: false) }
        let isValid = (try? scheme.verifyingKey(key, .portable))?.isValid(signature, for: message, context: domain) ?? false
        return try test.judge(accepted: isValid)
    }
}
