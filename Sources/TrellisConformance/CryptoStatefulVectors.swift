// Vectors of LMS with HSS and of XMSS with XMSS^MT (ACVP and its kin, and the collections of liboqs and Botan): keys of seeds, signatures
// byte for byte, and verdicts.

import TrellisCrypto

enum CryptoStatefulVectors {
    // MARK: LMS

    static func lms(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let (test, group) = (vector.test, vector.group)
        switch vector.text("mode") {
        case "keyGen":
            let published = try test.hex("publicKey")
            let seed = try test.hex("i") + test.hex("seed")
            return .comparing(try lmsKey(published, seed: seed)?.publicKey ?? [], expected: published)
        case "sigGen":
            return try lmsSigning(
                publicKey: group.hex("publicKey"), seed: group.has("seed") ? group.hex("i") + group.hex("seed") : nil, test)
        case "sigVer":
            let valid = StatefulSignatures.isValidLMS(
                try test.hex("signature"), for: try test.hex("message"), publicKey: try group.hex("publicKey"))
            return try test.judge(accepted: valid)
        default:
            return try hss(test)
        }
    }

    /// The key of identifier and seed, with the types that a public key begins with; nil if those are none.
    private static func lmsKey(_ publicKey: [UInt8], seed: [UInt8]) throws -> StatefulSigningKey? {
        guard publicKey.count > 8,
            let scheme = StatefulSignatureScheme(lmsType: number(publicKey[0..<4]), oneTimeType: number(publicKey[4..<8]))
        else { return nil }
        return try StatefulSigningKey(scheme, seed: SecretBytes(seed))
    }

    /// A published signature must hold; with the seed, ours must be the same, given its index and randomizer.
    private static func lmsSigning(publicKey: [UInt8], seed: [UInt8]?, _ test: CryptoVector) throws -> VectorOutcome {
        let (message, published) = (try test.hex("message"), try test.hex("signature"))
        let valid = VectorOutcome.judging(
            accepted: StatefulSignatures.isValidLMS(published, for: message, publicKey: publicKey), expected: true)
        guard let seed, let key = try lmsKey(publicKey, seed: seed), published.count == key.scheme.signatureSize else { return valid }
        let index = OneTimeIndex(number(published[0..<4]))
        let randomizer = Array(published[8..<(8 + key.scheme.nodeSize)])
        return VectorOutcome.all(
            valid, .comparing(key.publicKey, expected: publicKey),
            .comparing(try key.signBare(message, with: index, randomizer: randomizer), expected: published))
    }

    /// HSS of liboqs and Botan, and Botan's LMS keys with the digest of a signature, whose randomizer is derived from the seed.
    private static func hss(_ test: CryptoVector) throws -> VectorOutcome {
        if test.has("HashSig") {
            let published = try test.hex("PublicKey")
            guard published.count > 24, let index = UInt32(test.text("q") ?? ""),
                let key = try lmsKey(published, seed: Array(published[8..<24]) + test.hex("Seed"))
            else { throw VectorError(description: "the public key or \"q\" is none") }
            let signature = try key.signBare(test.hex("Msg"), with: OneTimeIndex(index))
            return VectorOutcome.all(
                .comparing(key.publicKey, expected: published),
                .comparing(HashSuite.sha256.hash(signature).bytes, expected: try test.hex("HashSig")))
        }
        if test.has("InvalidSignature") {
            return .judging(accepted: try isValidHSS(test, "PublicKey", "InvalidSignature", "Msg"), expected: false)
        }
        let isLibOQS = test.has("sm")
        return .judging(
            accepted: try isValidHSS(test, isLibOQS ? "pk" : "PublicKey", isLibOQS ? "sm" : "Signature", isLibOQS ? "msg" : "Msg"),
            expected: true)
    }

    private static func isValidHSS(_ test: CryptoVector, _ key: String, _ signature: String, _ message: String) throws -> Bool {
        StatefulSignatures.isValidHSS(try test.hex(signature), for: try test.hex(message), publicKey: try test.hex(key))
    }

    // MARK: XMSS

    static func xmss(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let (test, group) = (vector.test, vector.group)
        switch vector.text("mode") {
        case "keyGen":
            return try keyGeneration(
                publicKey: test.hex("publicKey"), seeds: test.hex("S_XMSS") + test.hex("SK_PRF") + test.hex("I"))
        case "sigGen":
            let seeds = try group.hex("S_XMSS") + group.hex("SK_PRF") + group.hex("I")
            if test.has("signatureSHA256") { return try hashedSigning(publicKey: group.hex("publicKey"), seeds: seeds, test) }
            return try signing(
                publicKey: group.hex("publicKey"), seeds: seeds, signature: test.hex("signature"), message: test.hex("message"))
        case "sigVer":
            let valid = StatefulSignatures.isValidXMSS(
                try test.hex("signature"), for: try test.hex("message"), publicKey: try group.hex("publicKey"))
            return try test.judge(accepted: valid)
        default:
            return try test.has("sm") ? libOQS(vector) : botan(test)
        }
    }

    private static func scheme(_ publicKey: [UInt8]) -> StatefulSignatureScheme? {
        publicKey.count > 4 ? StatefulSignatureScheme(xmssIdentifier: number(publicKey[0..<4])) : nil
    }

    private static func keyGeneration(publicKey: [UInt8], seeds: [UInt8]) throws -> VectorOutcome {
        guard let scheme = scheme(publicKey) else { return .skipped("XMSS of an unknown set") }
        return .comparing(try StatefulSigningKey(scheme, seed: SecretBytes(seeds)).publicKey, expected: publicKey)
    }

    /// A published signature must hold; with the seeds, ours must be the same.
    private static func signing(publicKey: [UInt8], seeds: [UInt8]?, signature: [UInt8], message: [UInt8]) throws -> VectorOutcome {
        let valid = VectorOutcome.judging(
            accepted: StatefulSignatures.isValidXMSS(signature, for: message, publicKey: publicKey), expected: true)
        guard let seeds, let scheme = scheme(publicKey), signature.count > 4 else { return valid }
        let key = try StatefulSigningKey(scheme, seed: SecretBytes(seeds))
        return VectorOutcome.all(
            valid, .comparing(key.publicKey, expected: publicKey),
            .comparing(try key.signBare(message, with: OneTimeIndex(number(signature[0..<4]))), expected: signature))
    }

    /// Our signature with the given index must have the given digest, and hold.
    private static func hashedSigning(publicKey: [UInt8], seeds: [UInt8], _ test: CryptoVector) throws -> VectorOutcome {
        guard let scheme = scheme(publicKey), let index = UInt32(exactly: try test.size("q")) else {
            return .skipped("XMSS of an unknown set")
        }
        let (key, message) = (try StatefulSigningKey(scheme, seed: SecretBytes(seeds)), try test.hex("message"))
        let signature = try key.signBare(message, with: OneTimeIndex(index))
        return VectorOutcome.all(
            .comparing(key.publicKey, expected: publicKey),
            .comparing(HashSuite.sha256.hash(signature).bytes, expected: try test.hex("signatureSHA256")),
            .judging(accepted: StatefulSignatures.isValidXMSS(signature, for: message, publicKey: publicKey), expected: true))
    }

    /// liboqs: the secret key holds identifier, index, S_XMSS and SK_PRF, then root and SEED among what its implementation keeps.
    private static func libOQS(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let test = vector.test
        let (publicKey, signature, message) = (try test.hex("pk"), try test.hex("sm"), try test.hex("msg"))
        if vector.text("parameterSet")?.hasPrefix("XMSSMT") == true {
            return .judging(accepted: StatefulSignatures.isValidXMSSMT(signature, for: message, publicKey: publicKey), expected: true)
        }
        let (secret, size) = (try test.hex("sk"), (publicKey.count - 4) / 2)
        guard secret.count >= 8 + 2 * size else { throw VectorError(description: "\"sk\" is too short") }
        return try signing(
            publicKey: publicKey, seeds: Array(secret[8..<(8 + 2 * size)]) + publicKey.suffix(size), signature: signature, message: message)
    }

    /// Botan: its encoding of a private key is the public key, an index, SK_PRF, S_XMSS and how the chains are derived from it: as SP 800-208
    /// has it if that byte is 2.
    private static func botan(_ test: CryptoVector) throws -> VectorOutcome {
        if test.has("SecretSeed") {
            return try keyGeneration(
                publicKey: test.hex("PublicKey"), seeds: test.hex("SecretSeed") + test.hex("SecretPrf") + test.hex("PublicSeed"))
        }
        let (signature, message) = (try test.hex("Signature"), try test.hex("Msg"))
        guard test.has("PrivateKey") else {
            return try signing(publicKey: test.hex("PublicKey"), seeds: nil, signature: signature, message: message)
        }
        let secret = try test.hex("PrivateKey")
        let size = 32, publicSize = 4 + 2 * size
        guard secret.count >= publicSize + 4 + 2 * size else { throw VectorError(description: "\"PrivateKey\" is too short") }
        let parts = secret.dropFirst(publicSize + 4)
        let seeds = Array(parts.dropFirst(size).prefix(size) + parts.prefix(size) + secret[(4 + size)..<publicSize])
        let isStandard = parts.count > 2 * size && parts.last == 2
        return try signing(
            publicKey: Array(secret.prefix(publicSize)), seeds: isStandard ? seeds : nil, signature: signature, message: message)
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }
}
