// What `trellis crypto speed` measures of the objects that are made of the primitives: envelopes and batches of signatures. Beside each
// stands what it cannot go below.

import TrellisCrypto

extension CryptoSpeed {
    private static let payload = [UInt8](repeating: 7, count: 1 << 20)
    private static let purpose = Domain("trellis/speed/1")

    /// The library's column is the sum of the parts: AES-256-GCM alone, and for sealing one encapsulation, for opening one decapsulation.
    static func envelopes() throws -> [SpeedRow] {
        let key = try CompositeKEM.PrivateKey.generate()
        let context = EnvelopeContext(purpose: purpose)
        let envelope = try Envelope.seal(payload, to: [key.publicKey], context: context)
        let cipher = AuthenticatedCipher(key: SecretBytes(random: AuthenticatedCipher.keySize))
        let nonce = [UInt8](repeating: 0, count: AuthenticatedCipher.nonceSize)
        let sealed = try cipher.seal(payload, nonce: nonce, associatedData: [])
        let ciphertext = try CompositeKEM.encapsulate(to: key.publicKey).ciphertext
        return [
            SpeedRow(
                "envelope of 1 MiB seal; beside it its parts",
                native: { _ = try Envelope.seal(payload, to: [key.publicKey], context: context) },
                library: {
                    _ = try CompositeKEM.encapsulate(to: key.publicKey)
                    _ = try cipher.seal(payload, nonce: nonce, associatedData: [])
                }),
            SpeedRow(
                "envelope of 1 MiB open; beside it its parts", native: { _ = try Envelope.open(envelope, with: key, context: context) },
                library: {
                    _ = try key.decapsulate(ciphertext)
                    _ = try cipher.open(sealed, nonce: nonce, associatedData: [])
                }),
            SpeedRow("AES-256-GCM of 1 MiB seal", native: { _ = try cipher.seal(payload, nonce: nonce, associatedData: []) }),
        ]
    }

    /// Per message; the library's column is a signature each.
    static func batches() throws -> [SpeedRow] {
        let scheme = SignatureScheme.mlDSA65
        let key = try scheme.generate()
        let verifier = try scheme.verifyingKey(key.publicKey)
        let messages = (0..<1024).map { [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: 64) }
        let proofs = try MerkleBatchProof.sign(messages, with: key, context: purpose)
        let signature = try key.sign(messages[0], context: purpose)
        return [
            SpeedRow(
                "\(scheme.name) sign, batch of 1024; beside it alone", operations: messages.count,
                native: { _ = try MerkleBatchProof.sign(messages, with: key, context: purpose) },
                library: { for message in messages { _ = try key.sign(message, context: purpose) } }),
            SpeedRow(
                "\(scheme.name) verify, batch of 1024; beside it alone", operations: messages.count,
                native: {
                    var batch = MerkleBatchVerifier(key: verifier, context: purpose)
                    for (message, proof) in zip(messages, proofs) {
                        guard batch.isValid(proof, for: message) else { throw CryptoError.authenticationFailed }
                    }
                },
                library: { for _ in messages { _ = verifier.isValid(signature, for: messages[0], context: purpose) } }),
        ]
    }
}
