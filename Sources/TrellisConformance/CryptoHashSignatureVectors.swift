// Vectors of SLH-DSA (ACVP, and of the collections of BoringSSL, Bouncy Castle and Botan): keys of seeds, signatures byte for byte, and
// verdicts, of the internal interface, the pure one and HashSLH-DSA.

import TrellisCrypto

enum CryptoHashSignatureVectors {
    static func slhdsa(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let test = vector.test
        let name = test.text("SphincsParameterSet") ?? test.text("Instance") ?? vector.text("parameterSet") ?? "SLH-DSA"
        guard let parameters = SLHDSA.ParameterSet(rawValue: name) else { return .skipped(name) }
        if test.has("skSeed") {
            return try keyGeneration(
                parameters, seed: test.hex("skSeed") + test.hex("skPrf") + test.hex("pkSeed"), publicKey: test.hex("pk"),
                secretKey: test.hex("sk"))
        }
        if test.has("seed"), test.has("priv") {
            return try keyGeneration(parameters, seed: test.hex("seed"), publicKey: test.hex("pub"), secretKey: test.hex("priv"))
        }
        if test.has("HashSigDet") { return try hashed(parameters, test) }
        return try signature(parameters, vector)
    }

    /// A key of three seeds; a secret key is the seeds and the root.
    private static func keyGeneration(
        _ parameters: SLHDSA.ParameterSet, seed: [UInt8], publicKey: [UInt8], secretKey: [UInt8]
    ) throws -> VectorOutcome {
        guard seed.count == parameters.seedSize, secretKey.starts(with: seed) else {
            throw VectorError(description: "the secret key does not begin with the seeds")
        }
        let scheme = SignatureScheme.slhDSA(parameters)
        return VectorOutcome.all(
            .comparing(try scheme.signingKey(seed: SecretBytes(seed)).publicKey, expected: publicKey),
            .comparing(Array(publicKey.suffix(parameters.nodeSize)), expected: Array(secretKey.suffix(parameters.nodeSize))))
    }

    /// The deterministic signature, of which the digest is given; what randomness another one had is not said.
    private static func hashed(_ parameters: SLHDSA.ParameterSet, _ test: CryptoVector) throws -> VectorOutcome {
        let key = try privateKey(parameters, secretKey: test.hex("sk"))
        let (message, expected) = (try test.hex("msg"), try test.hex("HashSigDet"))
        let signature = try key.signature(for: message, .pure(context: []), randomness: nil)
        let digest =
            parameters.name.contains("SHAKE") ? StandardPrimitives.sha3(signature) : HashSuite.sha256.hash(signature).bytes
        let valid = SLHDSA.isValid(signature, for: message, .pure(context: []), publicKey: key.publicKey, parameters)
        return VectorOutcome.all(
            .comparing(key.publicKey, expected: try test.hex("pk")), .comparing(digest, expected: expected),
            try test.judge(accepted: valid))
    }

    private static func signature(_ parameters: SLHDSA.ParameterSet, _ vector: CryptoVectorCase) throws -> VectorOutcome {
        let test = vector.test
        let (interface, message) = try signed(vector)
        let published = try test.hex(test.has("signature") ? "signature" : test.has("sig") ? "sig" : "Signature")
        let secret = test.has("sk") ? "sk" : test.has("priv") ? "priv" : "PrivateKey"
        let open = test.has("pk") ? "pk" : test.has("pub") ? "pub" : "PublicKey"
        let expected = try accepts(test)

        var publicKey = test.has(open) ? try test.hex(open) : []
        var made = VectorOutcome.agrees
        // Whoever says whether a signature holds does not say of what randomness it is.
        if expected == nil, test.has(secret) {
            let key = try privateKey(parameters, secretKey: test.hex(secret))
            if publicKey.isEmpty { publicKey = key.publicKey }
            let signature = try key.signature(for: message, interface, randomness: randomness(test))
            made = .comparing(signature, expected: published)
        }
        let valid = SLHDSA.isValid(published, for: message, interface, publicKey: publicKey, parameters)
        return VectorOutcome.all(made, .judging(accepted: valid, expected: expected ?? true))
    }

    /// What is signed: BoringSSL's vectors give a digest with the "hash" that it is of, ACVP's the message that is to be hashed.
    private static func signed(_ vector: CryptoVectorCase) throws -> (SLHDSA.Interface, [UInt8]) {
        let test = vector.test
        let message = try test.hex(test.has("message") ? "message" : test.has("msg") ? "msg" : "Msg")
        let context = try test.optionalHex("context")
        if let name = test.text("hash") ?? (vector.text("preHash") == "preHash" ? test.text("hashAlg") ?? "" : nil) {
            guard let function = PrehashFunction(name: name.replacing("SHA-", with: "SHA2-")) else {
                throw VectorError(description: "'\(name)' is no hash function")
            }
            return (
                .prehashed(function: Int(function.rawValue), context: context), test.has("hash") ? message : function.digest(message)
            )
        }
        let isPure =
            test.has("Instance") || vector.text("interface") == "external/pure" || vector.text("signatureInterface") == "external"
        return (isPure ? .pure(context: context) : .bare, message)
    }

    private static func randomness(_ test: CryptoVector) throws -> [UInt8]? {
        if test.has("entropy") { return try test.hex("entropy") }
        return test.has("additionalRandomness") ? try test.hex("additionalRandomness") : nil
    }

    /// Whether the vector says that a signature holds; nil if it says nothing of that.
    static func accepts(_ test: CryptoVector) throws -> Bool? {
        if let flag = test.flag("testPassed") ?? test.flag("valid") { return flag }
        guard let text = test.text("testPassed") ?? test.text("valid") ?? test.text("Valid") ?? test.text("result") else { return nil }
        switch text.lowercased() {
        case "true", "1", "valid": return true
        case "false", "0", "invalid": return false
        default: throw VectorError(description: "'\(text)' is no verdict")
        }
    }

    /// A key of the encoded secret key: three seeds and the root, which is held to what the seeds give.
    private static func privateKey(_ parameters: SLHDSA.ParameterSet, secretKey: [UInt8]) throws -> SLHDSA.PrivateKey {
        let key = try SLHDSA.PrivateKey(parameters, seed: SecretBytes(Array(secretKey.prefix(parameters.seedSize))))
        guard Array(secretKey.dropFirst(parameters.seedSize)) == Array(key.publicKey.suffix(parameters.nodeSize)) else {
            throw VectorError(description: "the secret key does not end with the root of its seeds")
        }
        return key
    }
}
