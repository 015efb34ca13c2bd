// Vectors of signature schemes: ML-DSA (Wycheproof, ACVP, COSE and JOSE examples), Ed25519 and ECDSA P-384.

import TrellisCrypto

enum CryptoSignatureVectors {
    // MARK: ML-DSA

    static func mldsa(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let name = vector.text("parameterSet") ?? vector.file.text("algorithm") ?? "ML-DSA"
        guard let scheme = SignatureScheme.named(name) else { return .skipped(name) }
        switch (vector.text("mode"), vector.group.text("type")) {
        case ("keyGen", _):
            return try vector.test.judge(publicKey(scheme, seed: vector.test.hex("seed")), expected: vector.test.hex("pk"))
        case ("sigVer", _):
            if let other = otherInterface(vector) { return .skipped("\(name) \(other)") }
            let key = try vector.test.has("pk") ? vector.test.hex("pk") : vector.group.hex("pk")
            return try vector.test.judge(
                accepted: isValid(scheme, key, vector.test, message: "message", context: "context", signature: "signature"))
        case ("sigGen", _):
            return .skipped("\(name) signing with an expanded private key")
        case (nil, "MlDsaVerify"):
            let key = try vector.group.hex("publicKey")
            return try vector.test.judge(accepted: isValid(scheme, key, vector.test, message: "msg", context: "ctx", signature: "sig"))
        case (nil, "MlDsaSign"):
            return try signing(scheme, vector)
        default:
            return .skipped("\(name) \(vector.text("mode") ?? vector.group.text("type") ?? "of another kind")")
        }
    }

    /// What an ACVP vector asks for beyond the pure, external interface of FIPS 204 §5.2 and §5.3; nil if nothing.
    private static func otherInterface(_ vector: CryptoVectorCase) -> String? {
        if vector.group.flag("externalMu") == true { return "external mu" }
        if vector.text("signatureInterface") == "internal" { return "internal interface" }
        if vector.text("preHash") == "preHash" { return "pre-hash" }
        return nil
    }

    private static func publicKey(_ scheme: SignatureScheme, seed: [UInt8]) -> [UInt8]? {
        (try? scheme.signingKey(seed: SecretBytes(seed)))?.publicKey
    }

    private static func isValid(
        _ scheme: SignatureScheme, _ key: [UInt8], _ test: CryptoVector, message: String, context: String, signature: String
    ) throws -> Bool {
        let (message, signature) = (try test.hex(message), try test.hex(signature))
        guard let domain = Domain(bytes: try test.optionalHex(context)) else { return false }
        return (try? scheme.verifyingKey(key))?.isValid(signature, for: message, context: domain) ?? false
    }

    /// Signing vectors: the key of the seed, the published signature under it, and a signature of our own, which is hedged and
    /// so can only be verified.
    private static func signing(_ scheme: SignatureScheme, _ vector: CryptoVectorCase) throws -> VectorOutcome {
        let (test, group) = (vector.test, vector.group)
        guard test.has("msg") else { return .skipped("\(scheme.name) external mu") }
        let message = try test.hex("msg")
        guard let domain = Domain(bytes: try test.optionalHex("ctx")) else { return try test.judge(accepted: false) }
        guard group.has("privateSeed") else {
            if try test.expectation() == .invalid { return .skipped("\(scheme.name) signing with an expanded private key") }
            let verifier = try? scheme.verifyingKey(group.hex("publicKey"))
            return try test.judge(accepted: verifier?.isValid(test.hex("sig"), for: message, context: domain) ?? false)
        }
        guard let key = try? scheme.signingKey(seed: SecretBytes(try group.hex("privateSeed"))) else {
            return try test.judge(accepted: false)
        }
        if try test.expectation() == .invalid { return try test.judge(accepted: (try? key.sign(message, context: domain)) != nil) }
        let verifier = try? scheme.verifyingKey(key.publicKey)
        let own = try? key.sign(message, context: domain)
        return VectorOutcome.all(
            .comparing(key.publicKey, expected: try group.hex("publicKey")),
            try test.judge(accepted: verifier?.isValid(test.hex("sig"), for: message, context: domain) ?? false),
            try test.judge(accepted: own.map { verifier?.isValid($0, for: message, context: domain) ?? false } ?? false))
    }

    /// The examples of RFC 9964: a seed, its public key, and a signature of the given bytes without a context.
    static func mldsaExample(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let test = vector.test
        let published = try test.hex("raw_public_key")
        guard let scheme = SignatureScheme.all.first(where: { $0.family == .lattice && $0.publicKeySize == published.count }) else {
            return .skipped(published.count == 1312 ? "ML-DSA-44" : "signatures with a public key of \(published.count) bytes")
        }
        guard let context = Domain(bytes: []) else { return .skipped("empty contexts") }
        let verifier = try? scheme.verifyingKey(published)
        let valid = verifier?.isValid(try test.hex("raw_signature"), for: try test.hex("raw_to_be_signed"), context: context) ?? false
        return VectorOutcome.all(
            try test.judge(publicKey(scheme, seed: test.hex("priv")), expected: published), try test.judge(accepted: valid))
    }

    // MARK: Ed25519

    static func ed25519(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let (test, group) = (vector.test, vector.group)
        if let curve = group.text("curve"), curve != "ED-25519" { return .skipped("EdDSA on \(curve)") }
        if group.flag("preHash") == true { return .skipped("Ed25519ph") }
        if try !test.optionalHex("context").isEmpty { return .skipped("Ed25519ctx") }
        switch vector.text("mode") {
        case "sigGen":
            let key = try? SignatureScheme.ed25519.signingKey(seed: SecretBytes(try group.hex("d")))
            let signature = try (key as? any BareSigningKey)?.signBare(test.hex("message"))
            return VectorOutcome.all(
                try test.judge(key?.publicKey, expected: group.hex("q")), try test.judge(signature, expected: test.hex("signature")))
        case "sigVer":
            return try test.judge(
                accepted: isValid(.ed25519, test.hex("q"), test.hex("signature"), test.hex("message")))
        case nil:
            let publicKey = try group.object("publicKey")
            if let curve = publicKey.text("curve"), curve != "edwards25519" { return .skipped("EdDSA on \(curve)") }
            return try test.judge(accepted: isValid(.ed25519, publicKey.hex("pk"), test.hex("sig"), test.hex("msg")))
        case .some(let mode):
            return .skipped("Ed25519 \(mode)")
        }
    }

    private static func isValid(_ scheme: SignatureScheme, _ key: [UInt8], _ signature: [UInt8], _ message: [UInt8]) -> Bool {
        let verifier = (try? scheme.verifyingKey(key)) as? any BareVerifyingKey
        return verifier?.isValidBare(signature, for: message) ?? false
    }

    // MARK: ECDSA

    static func ecdsa(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let (test, group) = (vector.test, vector.group)
        guard group.has("publicKey") else { return .skipped("ECDSA \(vector.text("mode") ?? "of another kind")") }
        let publicKey = try group.object("publicKey")
        let curve = publicKey.text("curve") ?? "an unnamed curve"
        guard curve == "secp384r1", group.text("sha") == "SHA-384" else {
            return .skipped("ECDSA on \(curve) with \(group.text("sha") ?? "an unnamed hash")")
        }
        let written = try test.hex("sig")
        let signature: [UInt8]? =
            switch group.text("type") {
            case "EcdsaVerify": StandardPrimitives.ecdsaP384Signature(der: written)
            case "EcdsaP1363Verify": written
            default: throw VectorError(description: "\"type\" is no kind of ECDSA signature")
            }
        let (key, message) = (try publicKey.hex("uncompressed"), try test.hex("msg"))
        return try test.judge(accepted: signature.map { isValid(.ecdsaP384, key, $0, message) } ?? false)
    }
}
