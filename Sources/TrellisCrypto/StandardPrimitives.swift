// The library's primitives bare, as their standards name them, for checking it against published vectors. Not for use: they have
// no domain separation and no checked purpose. nil says that the input was refused.

import Crypto
import Foundation

package enum StandardPrimitives {
    // MARK: Hashes and what is made of them

    /// SHA3-256.
    package static func sha3(_ message: [UInt8]) -> [UInt8] {
        Array(SHA3_256.hash(data: message))
    }

    /// HMAC with SHA3-256.
    package static func hmacSHA3(key: [UInt8], message: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA3_256>.authenticationCode(for: message, using: SymmetricKey(data: key)))
    }

    /// HKDF-SHA-512; nil for more than 255 digests of output.
    package static func hkdfSHA512(secret: [UInt8], salt: [UInt8], info: [UInt8], count: Int) -> [UInt8]? {
        guard (1...255 * SHA512.byteCount).contains(count) else { return nil }
        let derived = KeyDerivation.derive(HKDF<SHA512>.self, SecretBytes(secret), salt, info, count)
        return derived.withBytes { Array($0) }
    }

    // MARK: AES-GCM with keys of 16, 24 and 32 bytes and nonces of 12 bytes and more

    package static func sealAESGCM(key: [UInt8], nonce: [UInt8], plaintext: [UInt8], associatedData: [UInt8]) -> [UInt8]? {
        guard let value = try? AES.GCM.Nonce(data: nonce) else { return nil }
        let box = try? AES.GCM.seal(plaintext, using: SymmetricKey(data: key), nonce: value, authenticating: associatedData)
        return box.map { [UInt8]($0.ciphertext) + [UInt8]($0.tag) }
    }

    package static func openAESGCM(
        key: [UInt8], nonce: [UInt8], ciphertext: [UInt8], tag: [UInt8], associatedData: [UInt8]
    ) -> [UInt8]? {
        guard let value = try? AES.GCM.Nonce(data: nonce) else { return nil }
        guard let box = try? AES.GCM.SealedBox(nonce: value, ciphertext: ciphertext, tag: tag) else { return nil }
        return (try? AES.GCM.open(box, using: SymmetricKey(data: key), authenticating: associatedData)).map { [UInt8]($0) }
    }

    // MARK: Key agreement

    /// How a P-384 public key is written.
    package enum PointEncoding: Sendable {
        /// An X9.63 point.
        case point
        /// A DER SubjectPublicKeyInfo.
        case subjectPublicKeyInfo
    }

    /// ECDH with a private scalar of 48 bytes.
    package static func ecdhP384(scalar: [UInt8], publicKey: [UInt8], encoding: PointEncoding) -> [UInt8]? {
        guard let key = try? P384.KeyAgreement.PrivateKey(rawRepresentation: scalar) else { return nil }
        var peer: P384.KeyAgreement.PublicKey?
        switch encoding {
        case .point:
            peer = try? P384.KeyAgreement.PublicKey(x963Representation: publicKey)
        case .subjectPublicKeyInfo:
            // The library looks at the point only; a key of another curve's parameters is known by its encoding.
            peer = try? P384.KeyAgreement.PublicKey(derRepresentation: publicKey)
            if let key = peer, [UInt8](key.derRepresentation) != publicKey { peer = nil }
        }
        guard let peer, let secret = try? key.sharedSecretFromKeyAgreement(with: peer) else { return nil }
        return secret.withUnsafeBytes { Array($0) }
    }

    package static func x25519(scalar: [UInt8], publicKey: [UInt8]) -> [UInt8]? {
        guard let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: scalar) else { return nil }
        guard let peer = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: publicKey) else { return nil }
        return (try? key.sharedSecretFromKeyAgreement(with: peer)).map { secret in secret.withUnsafeBytes { Array($0) } }
    }

    /// r ‖ s in 96 bytes from a DER ECDSA signature on P-384.
    package static func ecdsaP384Signature(der: [UInt8]) -> [UInt8]? {
        (try? P384.Signing.ECDSASignature(derRepresentation: der)).map { [UInt8]($0.rawRepresentation) }
    }
}

/// A key of a scheme without a context string of its own: it can sign a message as it is.
package protocol BareSigningKey: SigningKey {
    func signBare(_ message: [UInt8]) throws -> [UInt8]
}

/// A key of a scheme without a context string of its own: it can check a signature of a message as it is.
package protocol BareVerifyingKey: VerifyingKey {
    func isValidBare(_ signature: [UInt8], for message: [UInt8]) -> Bool
}

extension BareSigningKey {
    package func sign(_ message: [UInt8], context: Domain) throws -> [UInt8] {
        try signBare(context.prefixed + message)
    }
}

extension BareVerifyingKey {
    package func isValid(_ signature: [UInt8], for message: [UInt8], context: Domain) -> Bool {
        isValidBare(signature, for: context.prefixed + message)
    }
}
