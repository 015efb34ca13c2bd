// Vectors of classical signature schemes: Ed25519 and ECDSA P-384 (Wycheproof, ACVP).

import TrellisCrypto

enum CryptoSignatureVectors {
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
