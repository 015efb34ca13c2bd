// ML-DSA (FIPS 204) as schemes of the registry: pure, hedged, with the domain as the context string. Which implementation serves a key is
// chosen when the key is made: the kernels here, the library's in PortableLatticeSignatures.swift.

extension SignatureScheme {
    /// ML-DSA-44: category 2, for logs and witnesses that ask for it.
    public static let mlDSA44 = lattice(.mlDSA44, .mlDSA44)
    /// ML-DSA-65: category 3, the default.
    public static let mlDSA65 = lattice(.mlDSA65, .mlDSA65)
    /// ML-DSA-87: category 5, as CNSA 2.0 asks.
    public static let mlDSA87 = lattice(.mlDSA87, .mlDSA87)

    private static func lattice(_ identifier: SignatureSchemeIdentifier, _ parameters: MLDSA.ParameterSet) -> SignatureScheme {
        let restore: @Sendable (SecretBytes, CryptoImplementation) throws -> any SigningKey = { seed, implementation in
            if implementation == .portable, let key = try PortableLattice.signingKey(seed, identifier) { return key }
            return try NativeLatticeSigningKey(identifier, seed, parameters)
        }
        return SignatureScheme(
            identifier: identifier, name: parameters.name, publicKeySize: parameters.publicKeySize,
            signatureSize: parameters.signatureSize, seedSize: MLDSA.seedSize, securityCategory: parameters.securityCategory,
            family: .lattice,
            makeKey: { try restore(SecretBytes(random: MLDSA.seedSize), $0) },
            restoreKey: restore,
            parseKey: { bytes, implementation in
                if implementation == .portable, let key = try PortableLattice.verifyingKey(bytes, identifier) { return key }
                return try NativeLatticeVerifyingKey(scheme: identifier, key: MLDSA.PublicKey(bytes, parameters))
            })
    }
}

private struct NativeLatticeSigningKey: SigningKey {
    let scheme: SignatureSchemeIdentifier
    let seed: SecretBytes
    private let key: MLDSA.PrivateKey

    var publicKey: [UInt8] { key.publicKey }

    init(_ scheme: SignatureSchemeIdentifier, _ seed: SecretBytes, _ parameters: MLDSA.ParameterSet) throws {
        self.scheme = scheme
        self.seed = seed
        key = try MLDSA.PrivateKey(seed: seed, parameters)
    }

    func sign(_ message: [UInt8], context: Domain) throws -> [UInt8] {
        try key.sign(message, context: context.bytes)
    }
}

struct NativeLatticeVerifyingKey: VerifyingKey {
    let scheme: SignatureSchemeIdentifier
    let key: MLDSA.PublicKey

    var bytes: [UInt8] { key.bytes }

    func isValid(_ signature: [UInt8], for message: [UInt8], context: Domain) -> Bool {
        key.isValid(signature, for: message, context: context.bytes)
    }
}

extension MLDSA {
    /// Signs without randomness (FIPS 204 §3.4), so that one message has one signature. Less safe than hedged signing where an attacker can
    /// disturb the computation or measure it closely: for signatures that are part of an identifier.
    ///
    /// - Throws: `CryptoError.parametersRefused` for a key that is not of ML-DSA.
    public static func signDeterministically(_ message: [UInt8], with key: any SigningKey, context: Domain) throws -> [UInt8] {
        let parameters: ParameterSet
        switch key.scheme {
        case .mlDSA44: parameters = .mlDSA44
        case .mlDSA65: parameters = .mlDSA65
        case .mlDSA87: parameters = .mlDSA87
        default: throw CryptoError.parametersRefused("only ML-DSA signs without randomness here")
        }
        return try PrivateKey(seed: key.seed, parameters).sign(message, context: context.bytes, randomness: .deterministic)
    }
}
