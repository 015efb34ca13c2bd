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
    /// The serialised private key: a 64-byte ML-KEM seed, then a 64-byte ECPrivateKey (RFC 5915): 128 bytes.
    public static let privateKeySize = MLKEM.seedSize + P384PrivateKeyEncoding.size

    private static let pointSize = 97
    private static let label = Array("MLKEM768-P384".utf8)
    /// A private key, for one exchange or many.
    public struct PrivateKey: Sendable {
        /// The encoded public key: 1281 bytes.
        public let publicKey: [UInt8]
        /// The draft's serialised form, as `init(serialized:)` reads it.
        public let serialized: SecretBytes
        private let lattice: MLKEM.PrivateKey
        private let curve: P384.KeyAgreement.PrivateKey
        private let point: [UInt8]

        private init(_ lattice: MLKEM.PrivateKey, _ curve: P384.KeyAgreement.PrivateKey, _ serialized: SecretBytes) {
            self.serialized = serialized
            self.lattice = lattice
            self.curve = curve
            point = [UInt8](curve.publicKey.x963Representation)
            publicKey = lattice.publicKey + point
        }

        /// A new random key.
        public static func generate(_ implementation: CryptoImplementation = .current) throws -> PrivateKey {
            let (curve, scalar) = try randomCurveKey()
            let seed = SecretBytes(random: MLKEM.seedSize)
            return PrivateKey(
                try MLKEM.PrivateKey(seed: seed, .mlKEM768, implementation), curve,
                SecretBytes(joining: [seed, P384PrivateKeyEncoding.write(scalar)]))
        }

        /// Reads the draft's serialised form, in exactly the one encoding that it allows.
        ///
        /// - Throws: `CryptoError.wrongSize`, `invalidPrivateKey`.
        public init(serialized: SecretBytes, _ implementation: CryptoImplementation = .current) throws {
            guard serialized.count == privateKeySize else {
                throw CryptoError.wrongSize(of: "the private key of \(name)", expected: privateKeySize, actual: serialized.count)
            }
            guard let seed = serialized.slice(0..<MLKEM.seedSize),
                let scalar = serialized.slice(MLKEM.seedSize..<privateKeySize).flatMap(P384PrivateKeyEncoding.scalar)
            else { throw CryptoError.invalidPrivateKey(scheme: name) }
            do {
                self = PrivateKey(
                    try MLKEM.PrivateKey(seed: seed, .mlKEM768, implementation),
                    try scalar.withBytes { try P384.KeyAgreement.PrivateKey(rawRepresentation: $0) }, serialized)
            } catch {
                throw CryptoError.invalidPrivateKey(scheme: name)
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
            let latticePart = Array(ciphertext.prefix(ciphertextSize - pointSize))
            let curvePart = Array(ciphertext.suffix(pointSize))
            do {
                let latticeSecret = try lattice.decapsulate(latticePart)
                let curveSecret = SecretBytes(try curve.sharedSecretFromKeyAgreement(with: try parsePoint(curvePart)))
                return HybridSecret.combine(latticeSecret, curveSecret, ciphertext: curvePart, publicKey: point, label: label)
            } catch {
                throw CryptoError.invalidCiphertext(scheme: name)
            }
        }
    }

    /// Makes a shared secret for the holder of a public key, and the ciphertext that tells it.
    ///
    /// - Throws: `CryptoError.wrongSize`, `invalidPublicKey`.
    public static func encapsulate(
        to publicKey: [UInt8], _ implementation: CryptoImplementation = .current
    ) throws -> (ciphertext: [UInt8], sharedSecret: SecretBytes) {
        guard publicKey.count == publicKeySize else {
            throw CryptoError.wrongSize(of: "the public key of \(name)", expected: publicKeySize, actual: publicKey.count)
        }
        let point = Array(publicKey.suffix(pointSize))
        do {
            let lattice = try MLKEM.encapsulate(to: Array(publicKey.prefix(publicKeySize - pointSize)), .mlKEM768, implementation)
            let ephemeral = try randomCurveKey().key
            let curveSecret = SecretBytes(try ephemeral.sharedSecretFromKeyAgreement(with: try parsePoint(point)))
            let curveCiphertext = [UInt8](ephemeral.publicKey.x963Representation)
            let secret = HybridSecret.combine(
                lattice.sharedSecret, curveSecret, ciphertext: curveCiphertext, publicKey: point, label: label)
            return (lattice.ciphertext + curveCiphertext, secret)
        } catch {
            throw CryptoError.invalidPublicKey(scheme: name)
        }
    }

    /// A random private key, by testing candidates (FIPS 186-5 §A.2.2): of 2^190 one is refused. The library's own way makes keys until one lies in
    /// the lesser half of the points, which only compact encodings need, and tries each on a signature: about ten times the work.
    ///
    /// - Throws: `CryptoError.invalidPrivateKey` when the library takes none.
    private static func randomCurveKey() throws -> (key: P384.KeyAgreement.PrivateKey, scalar: SecretBytes) {
        for _ in 0..<16 {
            let scalar = SecretBytes(random: 48)
            if let key = try? scalar.withBytes({ try P384.KeyAgreement.PrivateKey(rawRepresentation: $0) }) { return (key, scalar) }
        }
        throw CryptoError.invalidPrivateKey(scheme: name)
    }

    private static func parsePoint(_ bytes: [UInt8]) throws -> P384.KeyAgreement.PublicKey {
        guard bytes.first == 0x04 else { throw CryptoError.invalidPublicKey(scheme: name) }
        return try P384.KeyAgreement.PublicKey(x963Representation: bytes)
    }
}
