// The hybrid KEM id-MLKEM768-ECDH-P384-SHA3-256 (IETF draft-ietf-lamps-pq-composite-kem): ML-KEM-768 (FIPS 203) and
// ephemeral P-384 ECDH, combined so that the secret holds while either of them does.

import Crypto
import Foundation

/// id-MLKEM768-ECDH-P384-SHA3-256: secret = SHA3-256(mlkemSS ‖ tradSS ‖ tradCT ‖ tradPK ‖ "MLKEM768-P384").
///
/// In keys and ciphertexts the ML-KEM part comes first, then the P-384 point, uncompressed.
public enum CompositeKEM {
    public static let name = "id-MLKEM768-ECDH-P384-SHA3-256"
    public static let publicKeySize = 1184 + pointSize
    public static let ciphertextSize = 1088 + pointSize
    public static let sharedSecretSize = 32
    /// The serialised private key: a 64-byte ML-KEM seed, then a 64-byte ECPrivateKey (RFC 5915).
    public static let privateKeySize = 128

    private static let pointSize = 97
    private static let label = Array("MLKEM768-P384".utf8)
    /// DER of ECPrivateKey { 1, OCTET STRING (48), [0] secp384r1 }: what stands before and after the 48-byte scalar.
    private static let ecPrivateKeyHead: [UInt8] = [0x30, 0x3e, 0x02, 0x01, 0x01, 0x04, 0x30]
    private static let ecPrivateKeyTail: [UInt8] = [0xa0, 0x07, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22]

    /// A private key, for one exchange or many.
    public struct PrivateKey: Sendable {
        /// The encoded public key: 1281 bytes.
        public let publicKey: [UInt8]
        private let lattice: MLKEM768.PrivateKey
        private let curve: P384.KeyAgreement.PrivateKey
        private let point: [UInt8]

        private init(_ lattice: MLKEM768.PrivateKey, _ curve: P384.KeyAgreement.PrivateKey) {
            self.lattice = lattice
            self.curve = curve
            point = [UInt8](curve.publicKey.x963Representation)
            publicKey = [UInt8](lattice.publicKey.rawRepresentation) + point
        }

        /// A new random key.
        public static func generate() throws -> PrivateKey {
            do {
                return PrivateKey(try MLKEM768.PrivateKey(), P384.KeyAgreement.PrivateKey())
            } catch {
                throw CryptoError.invalidPrivateKey(scheme: name)
            }
        }

        /// Reads the draft's serialised form, in exactly the one encoding that it allows.
        ///
        /// - Throws: `CryptoError.wrongSize`, `invalidPrivateKey`.
        public init(serialized: SecretBytes) throws {
            guard serialized.count == privateKeySize else {
                throw CryptoError.wrongSize(of: "the private key of \(name)", expected: privateKeySize, actual: serialized.count)
            }
            self = try serialized.withBytes { bytes in
                guard bytes[64..<71].elementsEqual(ecPrivateKeyHead), bytes[119..<128].elementsEqual(ecPrivateKeyTail) else {
                    throw CryptoError.invalidPrivateKey(scheme: name)
                }
                do {
                    return PrivateKey(
                        try MLKEM768.PrivateKey(seedRepresentation: Data(bytes[0..<64]), publicKey: nil),
                        try P384.KeyAgreement.PrivateKey(rawRepresentation: UnsafeRawBufferPointer(rebasing: bytes[71..<119])))
                } catch {
                    throw CryptoError.invalidPrivateKey(scheme: name)
                }
            }
        }

        /// The shared secret in a ciphertext.
        ///
        /// A ciphertext of the right form that was not made for this key gives another secret, not an error.
        ///
        /// - Throws: `CryptoError.wrongSize`, `invalidCiphertext`.
        public func decapsulate(_ ciphertext: [UInt8]) throws -> SecretBytes {
            guard ciphertext.count == ciphertextSize else {
                throw CryptoError.wrongSize(of: "the ciphertext of \(name)", expected: ciphertextSize, actual: ciphertext.count)
            }
            let latticePart = ciphertext.prefix(ciphertextSize - pointSize)
            let curvePart = Array(ciphertext.suffix(pointSize))
            do {
                let latticeSecret = try lattice.decapsulate(latticePart)
                let curveSecret = try curve.sharedSecretFromKeyAgreement(with: try parsePoint(curvePart))
                return combine(latticeSecret, curveSecret, ciphertext: curvePart, publicKey: point)
            } catch {
                throw CryptoError.invalidCiphertext(scheme: name)
            }
        }
    }

    /// Makes a shared secret for the holder of a public key, and the ciphertext that tells it.
    ///
    /// - Throws: `CryptoError.wrongSize`, `invalidPublicKey`.
    public static func encapsulate(to publicKey: [UInt8]) throws -> (ciphertext: [UInt8], sharedSecret: SecretBytes) {
        guard publicKey.count == publicKeySize else {
            throw CryptoError.wrongSize(of: "the public key of \(name)", expected: publicKeySize, actual: publicKey.count)
        }
        let point = Array(publicKey.suffix(pointSize))
        do {
            let lattice = try MLKEM768.PublicKey(rawRepresentation: publicKey.prefix(publicKeySize - pointSize)).encapsulate()
            let ephemeral = P384.KeyAgreement.PrivateKey()
            let curveSecret = try ephemeral.sharedSecretFromKeyAgreement(with: try parsePoint(point))
            let curveCiphertext = [UInt8](ephemeral.publicKey.x963Representation)
            let secret = combine(lattice.sharedSecret, curveSecret, ciphertext: curveCiphertext, publicKey: point)
            return ([UInt8](lattice.encapsulated) + curveCiphertext, secret)
        } catch {
            throw CryptoError.invalidPublicKey(scheme: name)
        }
    }

    private static func parsePoint(_ bytes: [UInt8]) throws -> P384.KeyAgreement.PublicKey {
        guard bytes.first == 0x04 else { throw CryptoError.invalidPublicKey(scheme: name) }
        return try P384.KeyAgreement.PublicKey(x963Representation: bytes)
    }

    private static func combine(
        _ latticeSecret: SymmetricKey, _ curveSecret: SharedSecret, ciphertext: [UInt8], publicKey: [UInt8]
    ) -> SecretBytes {
        var hash = SHA3_256()
        latticeSecret.withUnsafeBytes { hash.update(bufferPointer: $0) }
        curveSecret.withUnsafeBytes { hash.update(bufferPointer: $0) }
        hash.update(data: ciphertext)
        hash.update(data: publicKey)
        hash.update(data: label)
        return hash.finalize().withUnsafeBytes { SecretBytes($0) }
    }
}
