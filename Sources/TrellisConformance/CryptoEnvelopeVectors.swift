// Vectors of sealed envelopes (docs/envelope.md), made by an implementation that is not ours.

import TrellisCrypto

enum CryptoEnvelopeVectors {
    static func open(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let test = vector.test
        guard let purpose = test.text("purpose").flatMap({ Domain(bytes: Array($0.utf8)) }) else {
            throw VectorError(description: "\"purpose\" is no domain")
        }
        let context = EnvelopeContext(
            purpose: purpose, chain: try test.text("chain") == "" ? nil : test.digest("chain"), sender: try test.hex("sender"))
        guard let key = try? CompositeKEM.PrivateKey(serialized: SecretBytes(try test.hex("key"))) else {
            return try test.judge(accepted: false)
        }
        let opened = try? Envelope.open(try test.hex("envelope"), with: key, context: context)
        return try test.judge(opened, expected: test.hex("payload"))
    }
}
