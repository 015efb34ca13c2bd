// SLH-DSA as signature schemes, with the domain as context string. The stateful hash-based schemes are not among them, and never sign votes:
// see StatefulSignatures.swift.

extension SignatureSchemeIdentifier {
    // The first digit: SHA-2 small, SHA-2 fast, SHAKE small, SHAKE fast; then the bits.
    public static let slhDSASHA2With128s = SignatureSchemeIdentifier(rawValue: 0x1128)
    public static let slhDSASHA2With192s = SignatureSchemeIdentifier(rawValue: 0x1192)
    public static let slhDSASHA2With256s = SignatureSchemeIdentifier(rawValue: 0x1256)
    public static let slhDSASHA2With128f = SignatureSchemeIdentifier(rawValue: 0x2128)
    public static let slhDSASHA2With192f = SignatureSchemeIdentifier(rawValue: 0x2192)
    public static let slhDSASHA2With256f = SignatureSchemeIdentifier(rawValue: 0x2256)
    public static let slhDSASHAKEWith128s = SignatureSchemeIdentifier(rawValue: 0x3128)
    public static let slhDSASHAKEWith192s = SignatureSchemeIdentifier(rawValue: 0x3192)
    public static let slhDSASHAKEWith256s = SignatureSchemeIdentifier(rawValue: 0x3256)
    public static let slhDSASHAKEWith128f = SignatureSchemeIdentifier(rawValue: 0x4128)
    public static let slhDSASHAKEWith192f = SignatureSchemeIdentifier(rawValue: 0x4192)
    public static let slhDSASHAKEWith256f = SignatureSchemeIdentifier(rawValue: 0x4256)

    fileprivate init(_ parameters: SLHDSA.ParameterSet) {
        self =
            switch parameters {
            case .sha2With128s: .slhDSASHA2With128s
            case .sha2With192s: .slhDSASHA2With192s
            case .sha2With256s: .slhDSASHA2With256s
            case .sha2With128f: .slhDSASHA2With128f
            case .sha2With192f: .slhDSASHA2With192f
            case .sha2With256f: .slhDSASHA2With256f
            case .shakeWith128s: .slhDSASHAKEWith128s
            case .shakeWith192s: .slhDSASHAKEWith192s
            case .shakeWith256s: .slhDSASHAKEWith256s
            case .shakeWith128f: .slhDSASHAKEWith128f
            case .shakeWith192f: .slhDSASHAKEWith192f
            case .shakeWith256f: .slhDSASHAKEWith256f
            }
    }
}

extension SignatureScheme {
    /// SLH-DSA with every parameter set of FIPS 205.
    public static let slhDSA: [SignatureScheme] = SLHDSA.ParameterSet.allCases.map(slhDSA)

    /// SLH-DSA with one parameter set. Seeds are SK.seed, SK.prf and PK.seed; signatures are hedged.
    public static func slhDSA(_ parameters: SLHDSA.ParameterSet) -> SignatureScheme {
        SignatureScheme(
            identifier: SignatureSchemeIdentifier(parameters), name: parameters.name, publicKeySize: parameters.publicKeySize,
            signatureSize: parameters.signatureSize, seedSize: parameters.seedSize, securityCategory: parameters.securityCategory,
            family: .hash,
            makeKey: { _ in try HashSigningKey(key: SLHDSA.PrivateKey(parameters, seed: SecretBytes(random: parameters.seedSize))) },
            restoreKey: { seed, _ in try HashSigningKey(key: SLHDSA.PrivateKey(parameters, seed: seed)) },
            parseKey: { bytes, _ in HashVerifyingKey(parameters: parameters, bytes: bytes) })
    }
}

private struct HashSigningKey: SigningKey {
    let key: SLHDSA.PrivateKey

    var scheme: SignatureSchemeIdentifier { SignatureSchemeIdentifier(key.parameters) }
    var publicKey: [UInt8] { key.publicKey }
    var seed: SecretBytes { key.seed }

    func sign(_ message: [UInt8], context: Domain) throws -> [UInt8] {
        try key.hedgedSignature(for: message, .pure(context: context.bytes))
    }
}

private struct HashVerifyingKey: VerifyingKey {
    let parameters: SLHDSA.ParameterSet
    let bytes: [UInt8]

    var scheme: SignatureSchemeIdentifier { SignatureSchemeIdentifier(parameters) }

    func isValid(_ signature: [UInt8], for message: [UInt8], context: Domain) -> Bool {
        SLHDSA.isValid(signature, for: message, .pure(context: context.bytes), publicKey: bytes, parameters)
    }
}
