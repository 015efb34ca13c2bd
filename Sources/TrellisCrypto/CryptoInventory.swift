// What cryptography this build has, read from the types that do it, for inventories and for people: each algorithm with what serves it.

/// A component that computes.
public enum CryptoProvider: String, Sendable, CaseIterable {
    /// Our C.
    case kernels = "CTrellisKernels"
    /// swift-crypto, with BoringSSL in it.
    case library = "swift-crypto"

    /// The version that Package.resolved pins; nil for what is part of this build.
    public var version: String? { self == .library ? "4.5.2" : nil }

    /// The package's URL (purl-spec); nil for what is part of this build.
    public var packageURL: String? { version.map { "pkg:swift/github.com/apple/swift-crypto@\($0)" } }
}

/// One algorithm with one set of parameters.
public struct CryptoAsset: Sendable, Equatable {
    /// The kind of algorithm, by CycloneDX's names.
    public enum Primitive: String, Sendable {
        case signature, kem, ae, hash, xof, mac, kdf

        /// What an algorithm of this kind does, by CycloneDX's names.
        public var functions: [String] {
            switch self {
            case .signature: ["keygen", "sign", "verify"]
            case .kem: ["keygen", "encapsulate", "decapsulate"]
            case .ae: ["encrypt", "decrypt"]
            case .hash, .xof: ["digest"]
            case .mac: ["tag"]
            case .kdf: ["keyderive"]
            }
        }
    }

    /// The standard's name.
    public let name: String
    public let primitive: Primitive
    /// The family by CycloneDX's names; nil if it has none for it.
    public let family: String?
    public let parameterSet: String
    /// The NIST category against a quantum computer; 0 for none.
    public let quantumCategory: Int
    /// What it is used for here.
    public let purpose: String
    /// What serves it; more than one for composites.
    public let providers: [CryptoProvider]
}

public enum CryptoInventory {
    /// Everything there is, with what serves it as the process is set now (`CryptoImplementation.current`).
    public static var assets: [CryptoAsset] {
        SignatureScheme.all.map(signature) + StatefulSignatureScheme.all.map(stateful) + devices + encapsulation + symmetric
    }

    /// What TPMs sign with: checked, never used to sign.
    private static var devices: [CryptoAsset] {
        [("ECDSA-P256", "ECDSA", "P-256"), ("RSA", nil, "2048 to 4096")].map { name, family, parameters in
            CryptoAsset(
                name: name, primitive: .signature, family: family, parameterSet: parameters, quantumCategory: 0,
                purpose: "checking the quotes of TPMs", providers: [.library])
        }
    }

    /// What serves lattices: the library has not all of ML-DSA's parameter sets.
    private static func lattice(_ scheme: SignatureSchemeIdentifier? = nil) -> CryptoProvider {
        CryptoImplementation.current == .native || scheme.map { !PortableLattice.serves($0) } ?? false ? .kernels : .library
    }

    private static var encapsulation: [CryptoAsset] {
        MLKEM.ParameterSet.allCases.map { set in
            CryptoAsset(
                name: set.name, primitive: .kem, family: family(of: set.name), parameterSet: set.name,
                quantumCategory: set.securityCategory, purpose: "the post-quantum half of hybrid key encapsulation",
                providers: [lattice()])
        }
            + [(CompositeKEM.name, "the peer channel, sealed envelopes"), (XWing.name, "other peers")].map { name, purpose in
                CryptoAsset(
                    name: name, primitive: .kem, family: nil, parameterSet: name,
                    quantumCategory: MLKEM.ParameterSet.mlKEM768.securityCategory, purpose: purpose,
                    providers: [lattice(), .library].unique)
            }
    }

    private static var symmetric: [CryptoAsset] {
        // Preimages and keys take Grover's search: the categories of SP 800-57's AES-128, SHA-256, AES-192, SHA-384 and AES-256.
        let hashes = HashSuite.allCases.map { suite in
            CryptoAsset(
                name: suite.standardName, primitive: .hash, family: "SHA-2", parameterSet: String(suite.digestSize * 8),
                quantumCategory: suite == .sha256 ? 2 : 4, purpose: "digests, Merkle trees", providers: [.library])
        }
        let derivations = HashSuite.allCases.map { keyed("HKDF", .kdf, "keys from shared secrets", $0) }
        let codes = HashSuite.allCases.map { keyed("HMAC", .mac, "key confirmation", $0) }
        let others = [
            CryptoAsset(
                name: AuthenticatedCipher.name, primitive: .ae, family: "AES", parameterSet: String(AuthenticatedCipher.keySize * 8),
                quantumCategory: 5, purpose: "peer channel, envelopes, key files", providers: [.library]),
            CryptoAsset(
                name: "SHA3-256", primitive: .hash, family: "SHA-3", parameterSet: "256", quantumCategory: 2,
                purpose: "combining the secrets of hybrid key encapsulation", providers: [.kernels, .library]),
            CryptoAsset(
                name: "SHAKE256", primitive: .xof, family: "SHA-3", parameterSet: "256", quantumCategory: 2,
                purpose: "coins of compact certificates, inside ML-DSA and ML-KEM", providers: [.kernels]),
            CryptoAsset(
                name: "scrypt", primitive: .kdf, family: "scrypt",
                parameterSet: "N=\(KeyDerivation.ScryptCost.standard.rounds), r=\(KeyDerivation.ScryptCost.standard.blockSize), "
                    + "p=\(KeyDerivation.ScryptCost.standard.parallelism)",
                quantumCategory: 0, purpose: "keys from passphrases", providers: [.library]),
        ]
        return hashes + derivations + codes + others
    }

    private static func keyed(_ family: String, _ primitive: CryptoAsset.Primitive, _ purpose: String, _ suite: HashSuite) -> CryptoAsset {
        CryptoAsset(
            name: "\(family)-\(suite.standardName)", primitive: primitive, family: family, parameterSet: suite.standardName,
            quantumCategory: suite == .sha256 ? 2 : 4, purpose: purpose, providers: [.library])
    }

    private static func stateful(_ scheme: StatefulSignatureScheme) -> CryptoAsset {
        let isShort = scheme.name.contains("M24") || scheme.name.hasSuffix("_192")
        return CryptoAsset(
            name: scheme.name, primitive: .signature, family: scheme.name.hasPrefix("LMS") ? "LMS" : "XMSS", parameterSet: scheme.name,
            quantumCategory: isShort ? 3 : 5, purpose: "ceremonies and releases: 1,024 signatures a key, counted on disk",
            providers: [.kernels])
    }

    private static func signature(_ scheme: SignatureScheme) -> CryptoAsset {
        let providers: [CryptoProvider] =
            switch scheme.family {
            case .lattice: [lattice(scheme.identifier)]
            case .hash: [.kernels]
            case .classical: [.library]
            case .composite: [lattice(), .library]
            }
        return CryptoAsset(
            name: scheme.name, primitive: .signature, family: family(of: scheme.name), parameterSet: scheme.name,
            quantumCategory: scheme.isPostQuantum ? scheme.securityCategory : 0,
            purpose: "signatures of blocks, handshakes, seats and receipts", providers: providers.unique)
    }

    /// CycloneDX's families that our schemes belong to, told by the scheme's name.
    private static func family(of name: String) -> String? {
        ["ML-DSA", "ML-KEM", "SLH-DSA", "LMS", "XMSS", "ECDSA"].first { name.hasPrefix($0) } ?? (name == "Ed25519" ? "EdDSA" : nil)
    }
}

extension [CryptoProvider] {
    /// Each once, in the order of all.
    fileprivate var unique: [CryptoProvider] { CryptoProvider.allCases.filter(contains) }
}
