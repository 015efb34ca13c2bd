// Vectors of composite signatures, in the shape of the IETF draft's own: base64, keyed by the name of the combination.

import TrellisCrypto

enum CryptoCompositeVectors {
    /// draft-ietf-lamps-pq-composite-sigs. A file that says "expected": "reject" holds signatures made under labels that no longer stand.
    static func signature(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let test = vector.test
        let name = test.identifier ?? "a composite signature without a name"
        guard let scheme = SignatureScheme.all.first(where: { $0.family == .composite && "id-\($0.name.dropFirst(8))" == name }) else {
            return .skipped(name)
        }
        let message = try test.base64("m")
        guard let empty = Domain(bytes: []), let context = Domain(bytes: test.has("ctx") ? try test.base64("ctx") : []) else {
            return .skipped("contexts of more than 255 bytes")
        }
        let verifier = try? scheme.verifyingKey(test.base64("pk"))
        let isValid = verifier?.isValid(try test.base64("s"), for: message, context: empty) ?? false
        if vector.file.text("expected") == "reject" {
            return isValid ? .differs(expected: "refused", actual: "accepted") : .agrees
        }
        var isValidInContext = true
        if test.has("sWithContext") {
            isValidInContext = verifier?.isValid(try test.base64("sWithContext"), for: message, context: context) ?? false
        }
        let verified = VectorOutcome.all(try test.judge(accepted: isValid), try test.judge(accepted: isValidInContext))
        // Drafts before the label's last change wrote private keys otherwise; their signatures still stand.
        let seed = try test.base64("sk")
        guard seed.count == scheme.seedSize else { return verified }
        let key = try? scheme.signingKey(seed: SecretBytes(seed))
        let own = try? key?.sign(message, context: context)
        return VectorOutcome.all(
            verified, try test.judge(key?.publicKey, expected: test.base64("pk")),
            try test.judge(accepted: own.map { verifier?.isValid($0, for: message, context: context) ?? false } ?? false))
    }
}
