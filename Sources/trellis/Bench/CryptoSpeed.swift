// What `trellis crypto speed` measures: a row per operation, with keys made beforehand as a validator has them.

import TrellisCrypto

enum CryptoSpeed {
    /// Every row there is.
    static func rows() throws -> [SpeedRow] {
        try hashes() + MLDSA.ParameterSet.allCases.flatMap(lattice) + classical() + encapsulation() + envelopes() + batches()
    }

    private static let message = [UInt8](repeating: 7, count: 64)

    private static func hashes() -> [SpeedRow] {
        let batch = [UInt8](repeating: 5, count: 8 * 64)
        // A call is too short to time alone: a hundred are timed together.
        return [
            SpeedRow(
                "SHA3-256 of 64 B", operations: 100, native: { for _ in 0..<100 { _ = SHA3.digest256(message) } },
                library: { for _ in 0..<100 { _ = StandardPrimitives.sha3(message) } }),
            SpeedRow(
                "SHA3-256 of 64 B, 8 at once", operations: 800, native: { for _ in 0..<100 { _ = SHA3.digests256(of: batch, length: 64) } }),
        ]
    }

    private static func lattice(_ parameters: MLDSA.ParameterSet) throws -> [SpeedRow] {
        let seed = SecretBytes(random: MLDSA.seedSize)
        guard let scheme = SignatureScheme.named(parameters.name) else { return [] }
        let (native, portable) = (try scheme.signingKey(seed: seed, .native), try scheme.signingKey(seed: seed, .portable))
        let hasLibrary = parameters != .mlDSA44
        let (verifier, libraryVerifier) = (
            try scheme.verifyingKey(native.publicKey, .native), try scheme.verifyingKey(native.publicKey, .portable)
        )
        let signature = try native.sign(message, context: .block)
        let checks = (0..<64).map { _ in SignatureCheck(key: verifier, message: message, context: .block, signature: signature) }
        func check(_ isValid: Bool) throws { if !isValid { throw CryptoError.authenticationFailed } }
        return [
            SpeedRow(
                "\(scheme.name) key from a seed", native: { _ = try scheme.signingKey(seed: seed, .native) },
                library: hasLibrary ? { _ = try scheme.signingKey(seed: seed, .portable) } : nil),
            SpeedRow(
                "\(scheme.name) sign", native: { _ = try native.sign(message, context: .block) },
                library: hasLibrary ? { _ = try portable.sign(message, context: .block) } : nil),
            SpeedRow(
                "\(scheme.name) verify, key parsed each time",
                native: { try check(try scheme.verifyingKey(native.publicKey, .native).isValid(signature, for: message, context: .block)) },
                library: hasLibrary
                    ? { try check(try scheme.verifyingKey(native.publicKey, .portable).isValid(signature, for: message, context: .block)) }
                    : nil),
            SpeedRow(
                "\(scheme.name) verify", native: { try check(verifier.isValid(signature, for: message, context: .block)) },
                library: hasLibrary ? { try check(libraryVerifier.isValid(signature, for: message, context: .block)) } : nil),
            SpeedRow(
                "\(scheme.name) verify, 64 at once", operations: checks.count,
                native: { try check(SignatureBatch.areValid(checks).allSatisfy { $0 }) }),
        ]
    }

    /// For comparison: these are the library's in either case.
    private static func classical() throws -> [SpeedRow] {
        try [SignatureScheme.ed25519, .ecdsaP384, .mlDSA65Ed25519, .mlDSA87P384].flatMap { scheme in
            let key = try scheme.generate(.native)
            let verifier = try scheme.verifyingKey(key.publicKey, .native)
            let signature = try key.sign(message, context: .block)
            return [
                SpeedRow("\(scheme.name) sign", native: { _ = try key.sign(message, context: .block) }),
                SpeedRow("\(scheme.name) verify", native: { _ = verifier.isValid(signature, for: message, context: .block) }),
            ]
        }
    }

    private static func encapsulation() throws -> [SpeedRow] {
        let lattice = try MLKEM.ParameterSet.allCases.flatMap { parameters in
            let seed = SecretBytes(random: MLKEM.seedSize)
            let (native, portable) = (
                try MLKEM.PrivateKey(seed: seed, parameters, .native), try MLKEM.PrivateKey(seed: seed, parameters, .portable)
            )
            let ciphertext = try MLKEM.encapsulate(to: native.publicKey, parameters).ciphertext
            return [
                SpeedRow(
                    "\(parameters.name) key from a seed", native: { _ = try MLKEM.PrivateKey(seed: seed, parameters, .native) },
                    library: { _ = try MLKEM.PrivateKey(seed: seed, parameters, .portable) }),
                SpeedRow(
                    "\(parameters.name) encapsulate", native: { _ = try MLKEM.encapsulate(to: native.publicKey, parameters, .native) },
                    library: { _ = try MLKEM.encapsulate(to: native.publicKey, parameters, .portable) }),
                SpeedRow(
                    "\(parameters.name) decapsulate", native: { _ = try native.decapsulate(ciphertext) },
                    library: { _ = try portable.decapsulate(ciphertext) }),
            ]
        }
        let (native, portable) = (try CompositeKEM.PrivateKey.generate(.native), try CompositeKEM.PrivateKey.generate(.portable))
        let (ours, theirs) = (try CompositeKEM.encapsulate(to: native.publicKey), try CompositeKEM.encapsulate(to: portable.publicKey))
        return lattice + [
            SpeedRow(
                "\(CompositeKEM.name) encapsulate", native: { _ = try CompositeKEM.encapsulate(to: native.publicKey, .native) },
                library: { _ = try CompositeKEM.encapsulate(to: native.publicKey, .portable) }),
            SpeedRow(
                "\(CompositeKEM.name) decapsulate", native: { _ = try native.decapsulate(ours.ciphertext) },
                library: { _ = try portable.decapsulate(theirs.ciphertext) }),
        ]
    }
}
