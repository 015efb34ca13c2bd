// Vectors of AES-GCM, HKDF, HMAC-SHA3-256, SHA3-256 and SHAKE (Wycheproof, ACVP).

import TrellisCrypto

enum CryptoSymmetricVectors {
    // MARK: AES-GCM

    static func aesGCM(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let test = vector.test
        let (key, nonce) = (try test.hex("key"), try test.hex("iv"))
        let plaintext = try test.hex(test.has("msg") ? "msg" : "pt")
        let (data, ciphertext, tag) = (try test.hex("aad"), try test.hex("ct"), try test.hex("tag"))
        guard [16, 24, 32].contains(key.count) else { return .skipped("AES-GCM with keys of \(key.count * 8) bits") }
        let expectation = try test.expectation()
        if nonce.count < 12, expectation != .invalid { return .skipped("AES-GCM with nonces under 96 bits") }
        let shortTag = tag.count < AuthenticatedCipher.tagSize
        if vector.group.text("direction") == "decrypt", shortTag { return .skipped("AES-GCM opening truncated tags") }

        let opened = open(key, nonce, ciphertext, tag, data)
        if expectation == .invalid { return try test.judge(opened, expected: plaintext) }
        let sealed = seal(key, nonce, plaintext, data)
        let sealing = try test.judge(sealed.map { Array($0.prefix(ciphertext.count + tag.count)) }, expected: ciphertext + tag)
        return shortTag ? sealing : VectorOutcome.all(sealing, try test.judge(opened, expected: plaintext))
    }

    /// Through the type that the channel uses where it can, through the bare primitive for other sizes.
    private static func seal(_ key: [UInt8], _ nonce: [UInt8], _ plaintext: [UInt8], _ data: [UInt8]) -> [UInt8]? {
        guard key.count == AuthenticatedCipher.keySize, nonce.count == AuthenticatedCipher.nonceSize else {
            return StandardPrimitives.sealAESGCM(key: key, nonce: nonce, plaintext: plaintext, associatedData: data)
        }
        return try? AuthenticatedCipher(key: SecretBytes(key)).seal(plaintext, nonce: nonce, associatedData: data)
    }

    private static func open(
        _ key: [UInt8], _ nonce: [UInt8], _ ciphertext: [UInt8], _ tag: [UInt8], _ data: [UInt8]
    ) -> [UInt8]? {
        guard key.count == AuthenticatedCipher.keySize, nonce.count == AuthenticatedCipher.nonceSize else {
            return StandardPrimitives.openAESGCM(key: key, nonce: nonce, ciphertext: ciphertext, tag: tag, associatedData: data)
        }
        return try? AuthenticatedCipher(key: SecretBytes(key)).open(ciphertext + tag, nonce: nonce, associatedData: data)
    }

    // MARK: HKDF

    static func hkdf(_ vector: CryptoVectorCase, _ name: String) throws -> VectorOutcome {
        let test = vector.test
        let (secret, salt, info) = (try test.hex("ikm"), try test.hex("salt"), try test.hex("info"))
        let count = try test.integer("size")
        let suite: HashSuite? =
            switch name {
            case "HKDF-SHA-256": .sha256
            case "HKDF-SHA-384": .sha384
            default: nil
            }
        let computed: [UInt8]?
        if let suite {
            computed = KeyDerivation.boundedHKDF(suite, secret: SecretBytes(secret), salt: salt, info: info, count: count)
                .map { derived in derived.withBytes { Array($0) } }
        } else {
            computed = StandardPrimitives.hkdfSHA512(secret: secret, salt: salt, info: info, count: count)
        }
        return try test.judge(computed, expected: test.hex("okm"))
    }

    // MARK: HMAC and SHA-3

    static func hmacSHA3(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let test = vector.test
        let tag = try test.hex("tag")
        let computed = StandardPrimitives.hmacSHA3(key: try test.hex("key"), message: try test.hex("msg"))
        return try test.judge(accepted: KeyDerivation.isEqual(Array(computed.prefix(tag.count)), tag) && !tag.isEmpty)
    }

    static func sha3(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let test = vector.test
        if test.has("largeMsg") { return .skipped("SHA3-256 of messages of gigabytes") }
        var message = try test.hex("msg")
        let bits = try test.integer("len")
        guard bits == message.count * 8 else {
            guard bits == 0 else { return .skipped("SHA3-256 of parts of bytes") }
            return try bothSHA3([], expected: test.hex("md"))
        }
        guard test.has("resultsArray") else { return try bothSHA3(message, expected: test.hex("md")) }
        // The Monte Carlo test: each result is the thousandth hash of hash of the one before.
        for result in try test.objects("resultsArray") {
            for _ in 0..<1000 { message = SHA3.digest256(message) }
            let expected = try result.hex("md")
            guard message == expected else { return .comparing(message, expected: expected) }
        }
        return .agrees
    }

    /// Our kernels and the library.
    private static func bothSHA3(_ message: [UInt8], expected: [UInt8]) -> VectorOutcome {
        VectorOutcome.all(
            .comparing(SHA3.digest256(message), expected: expected), .comparing(StandardPrimitives.sha3(message), expected: expected))
    }

    static func shake(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let test = vector.test
        let strength: SHAKE.Strength = vector.text("algorithm") == "SHAKE-128" ? .shake128 : .shake256
        let (message, bits, outBits) = (try test.hex("msg"), try test.integer("len"), try test.integer("outLen"))
        guard bits == message.count * 8 || bits == 0, outBits % 8 == 0, outBits <= 8 << 20 else {
            return .skipped("SHAKE of parts of bytes")
        }
        let input = bits == 0 ? [] : message
        return .comparing(SHAKE.output(strength, input, count: outBits / 8), expected: try test.hex("md"))
    }
}
