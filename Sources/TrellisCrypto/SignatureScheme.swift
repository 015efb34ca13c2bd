// What a signature scheme is to the rest of Trellis: its sizes, its keys, and the list of those we have.
// The schemes themselves are in LatticeSignatures.swift and ClassicalSignatures.swift.

/// The number of a signature scheme, as committees and signed objects carry it.
public struct SignatureSchemeIdentifier: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    public static let ed25519 = SignatureSchemeIdentifier(rawValue: 0x0001)
    public static let mlDSA44 = SignatureSchemeIdentifier(rawValue: 0x0044)
    public static let mlDSA65 = SignatureSchemeIdentifier(rawValue: 0x0065)
    public static let mlDSA87 = SignatureSchemeIdentifier(rawValue: 0x0087)
    public static let ecdsaP384 = SignatureSchemeIdentifier(rawValue: 0x0384)
    public static let mlDSA65Ed25519 = SignatureSchemeIdentifier(rawValue: 0x0165)
    public static let mlDSA87P384 = SignatureSchemeIdentifier(rawValue: 0x0187)
}

/// A private key that signs. Its seed is the whole of it.
public protocol SigningKey: Sendable {
    var scheme: SignatureSchemeIdentifier { get }
    /// The encoded public key, computed once.
    var publicKey: [UInt8] { get }
    /// The seed (or scalar) that `SignatureScheme.signingKey(seed:)` takes.
    var seed: SecretBytes { get }
    /// Signs `message` for one purpose. ML-DSA signatures are hedged: two of the same message differ.
    func sign(_ message: [UInt8], context: Domain) throws -> [UInt8]
}

/// A public key, parsed once, that checks signatures.
public protocol VerifyingKey: Sendable {
    var scheme: SignatureSchemeIdentifier { get }
    /// The encoded public key.
    var bytes: [UInt8] { get }
    /// Whether `signature` is valid for `message` and purpose. Any malformed signature is just not valid.
    func isValid(_ signature: [UInt8], for message: [UInt8], context: Domain) -> Bool
}

/// A signature scheme, with its sizes in bytes.
public struct SignatureScheme: Sendable {
    /// The mathematics that a scheme stands on.
    public enum Family: String, Sendable {
        case lattice
        case hash
        case classical
        case composite
    }

    public let identifier: SignatureSchemeIdentifier
    /// The standard's name, as in configuration and receipts: "ML-DSA-65".
    public let name: String
    public let publicKeySize: Int
    /// The size of a signature; the largest if it varies.
    public let signatureSize: Int
    public let seedSize: Int
    /// The NIST category of strength, 1 to 5, against the attacker that `isPostQuantum` says.
    public let securityCategory: Int
    public let family: Family
    let makeKey: @Sendable (CryptoImplementation) throws -> any SigningKey
    let restoreKey: @Sendable (SecretBytes, CryptoImplementation) throws -> any SigningKey
    let parseKey: @Sendable ([UInt8], CryptoImplementation) throws -> any VerifyingKey

    /// Whether the scheme is meant to withstand a quantum computer.
    public var isPostQuantum: Bool { family != .classical }

    /// A new random key.
    public func generate(_ implementation: CryptoImplementation = .current) throws -> any SigningKey { try makeKey(implementation) }

    /// The key of a seed.
    ///
    /// - Throws: `CryptoError.wrongSize`, or `invalidPrivateKey` for a P-384 scalar out of range.
    public func signingKey(seed: SecretBytes, _ implementation: CryptoImplementation = .current) throws -> any SigningKey {
        guard seed.count == seedSize else {
            throw CryptoError.wrongSize(of: "the seed of \(name)", expected: seedSize, actual: seed.count)
        }
        return try restoreKey(seed, implementation)
    }

    /// Parses a public key, once for many checks.
    ///
    /// - Throws: `CryptoError.wrongSize`, `invalidPublicKey`.
    public func verifyingKey(_ publicKey: [UInt8], _ implementation: CryptoImplementation = .current) throws -> any VerifyingKey {
        guard publicKey.count == publicKeySize else {
            throw CryptoError.wrongSize(of: "the public key of \(name)", expected: publicKeySize, actual: publicKey.count)
        }
        return try parseKey(publicKey, implementation)
    }

    /// Every scheme there is, the default first.
    public static let all: [SignatureScheme] = [mlDSA65, mlDSA87, mlDSA44, mlDSA65Ed25519, mlDSA87P384, ecdsaP384, ed25519] + slhDSA

    /// The scheme with this name; nil if there is none.
    public static func named(_ name: String) -> SignatureScheme? {
        all.first { $0.name == name }
    }

    /// The scheme with this identifier; nil if there is none.
    public static func identified(_ identifier: SignatureSchemeIdentifier) -> SignatureScheme? {
        all.first { $0.identifier == identifier }
    }
}
