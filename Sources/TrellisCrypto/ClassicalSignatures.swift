// Ed25519 (RFC 8032) and ECDSA P-384 with SHA-384 (FIPS 186-5), r ‖ s in 96 bytes. Neither has a context string of its own,
// so the signed message is (length of domain as one byte ‖ domain ‖ message).

import Crypto
import Foundation

extension SignatureScheme {
    /// Ed25519: not post-quantum; for comparison and for composites.
    public static let ed25519 = SignatureScheme(
        identifier: .ed25519, name: "Ed25519", publicKeySize: 32, signatureSize: 64, seedSize: 32, securityCategory: 1,
        family: .classical,
        makeKey: { _ in try Ed25519SigningKey(SecretBytes(random: 32)) },
        restoreKey: { seed, _ in try Ed25519SigningKey(seed) },
        parseKey: { bytes, _ in try Ed25519VerifyingKey(bytes) })

    /// ECDSA P-384 with SHA-384: not post-quantum; for comparison and for composites.
    public static let ecdsaP384 = SignatureScheme(
        identifier: .ecdsaP384, name: "ECDSA-P384", publicKeySize: 97, signatureSize: 96, seedSize: 48, securityCategory: 3,
        family: .classical,
        makeKey: { _ in P384SigningKey(P384.Signing.PrivateKey()) },
        restoreKey: { seed, _ in try P384SigningKey(seed) },
        parseKey: { bytes, _ in try P384VerifyingKey(bytes) })
}

private struct Ed25519SigningKey: BareSigningKey {
    let scheme = SignatureSchemeIdentifier.ed25519
    let publicKey: [UInt8]
    let seed: SecretBytes
    private let key: Curve25519.Signing.PrivateKey

    init(_ seed: SecretBytes) throws {
        do {
            key = try seed.withBytes { try Curve25519.Signing.PrivateKey(rawRepresentation: $0) }
        } catch {
            throw CryptoError.invalidPrivateKey(scheme: "Ed25519")
        }
        self.seed = seed
        publicKey = [UInt8](key.publicKey.rawRepresentation)
    }

    func signBare(_ message: [UInt8]) throws -> [UInt8] {
        do {
            return [UInt8](try key.signature(for: message))
        } catch {
            throw CryptoError.signingFailed(scheme: "Ed25519")
        }
    }
}

private struct Ed25519VerifyingKey: BareVerifyingKey {
    let scheme = SignatureSchemeIdentifier.ed25519
    let bytes: [UInt8]
    private let key: Curve25519.Signing.PublicKey

    init(_ bytes: [UInt8]) throws {
        do {
            key = try Curve25519.Signing.PublicKey(rawRepresentation: bytes)
        } catch {
            throw CryptoError.invalidPublicKey(scheme: "Ed25519")
        }
        self.bytes = bytes
    }

    func isValidBare(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        signature.count == 64 && key.isValidSignature(signature, for: message)
    }
}

private struct P384SigningKey: BareSigningKey {
    let scheme = SignatureSchemeIdentifier.ecdsaP384
    let publicKey: [UInt8]
    let seed: SecretBytes
    private let key: P384.Signing.PrivateKey

    init(_ key: P384.Signing.PrivateKey) {
        self.key = key
        seed = SecretBytes([UInt8](key.rawRepresentation))
        publicKey = [UInt8](key.publicKey.x963Representation)
    }

    init(_ seed: SecretBytes) throws {
        do {
            key = try seed.withBytes { try P384.Signing.PrivateKey(rawRepresentation: $0) }
        } catch {
            throw CryptoError.invalidPrivateKey(scheme: "ECDSA-P384")
        }
        self.seed = seed
        publicKey = [UInt8](key.publicKey.x963Representation)
    }

    func signBare(_ message: [UInt8]) throws -> [UInt8] {
        do {
            return [UInt8](try key.signature(for: SHA384.hash(data: message)).rawRepresentation)
        } catch {
            throw CryptoError.signingFailed(scheme: "ECDSA-P384")
        }
    }
}

private struct P384VerifyingKey: BareVerifyingKey {
    let scheme = SignatureSchemeIdentifier.ecdsaP384
    let bytes: [UInt8]
    private let key: P384.Signing.PublicKey

    init(_ bytes: [UInt8]) throws {
        do {
            key = try P384.Signing.PublicKey(x963Representation: bytes)
        } catch {
            throw CryptoError.invalidPublicKey(scheme: "ECDSA-P384")
        }
        self.bytes = bytes
    }

    func isValidBare(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        guard signature.count == 96 else { return false }
        guard let parsed = try? P384.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
        return key.isValidSignature(parsed, for: SHA384.hash(data: message))
    }
}
