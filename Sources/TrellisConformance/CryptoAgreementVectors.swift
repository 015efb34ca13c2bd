// Vectors of Diffie-Hellman: ECDH on P-384 and X25519 (Wycheproof).

import TrellisCrypto

enum CryptoAgreementVectors {
    static func ecdh(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let (test, group) = (vector.test, vector.group)
        let curve = group.text("curve") ?? "an unnamed curve"
        guard curve == "secp384r1" else { return .skipped("ECDH on \(curve)") }
        let encoding: StandardPrimitives.PointEncoding
        switch group.text("encoding") {
        case "asn": encoding = .subjectPublicKeyInfo
        case "ecpoint": encoding = .point
        case let other: return .skipped("ECDH keys in the encoding \(other ?? "that has no name")")
        }
        // Private keys are integers of any length.
        let integer = try test.hex("private").drop { $0 == 0 }
        guard integer.count <= 48 else { return try test.judge(accepted: false) }
        let scalar = [UInt8](repeating: 0, count: 48 - integer.count) + integer
        let secret = StandardPrimitives.ecdhP384(scalar: scalar, publicKey: try test.hex("public"), encoding: encoding)
        return try test.judge(secret, expected: test.hex("shared"))
    }

    static func x25519(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let (test, group) = (vector.test, vector.group)
        let curve = group.text("curve") ?? "an unnamed curve"
        guard curve == "curve25519" else { return .skipped("XDH on \(curve)") }
        guard group.text("type") == "XdhComp" else { return .skipped("X25519 keys that are not raw") }
        let secret = StandardPrimitives.x25519(scalar: try test.hex("private"), publicKey: try test.hex("public"))
        return try test.judge(secret, expected: test.hex("shared"))
    }
}
