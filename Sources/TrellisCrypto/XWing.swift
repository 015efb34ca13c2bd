// X-Wing (IETF draft-connolly-cfrg-xwing-kem): ML-KEM-768 and X25519, combined by SHA3-256. For peers that speak it; the committee's own
// channel uses the composite with P-384.

internal import CTrellisKernels
import Crypto
import Foundation

/// secret = SHA3-256(mlkemSS ‖ curveSS ‖ curveCT ‖ curvePK ‖ label). In keys and ciphertexts the ML-KEM part comes first.
public enum XWing {
    public static let name = "X-Wing"
    public static let publicKeySize = 1184 + curveSize
    public static let ciphertextSize = 1088 + curveSize
    public static let sharedSecretSize = 32
    /// The seed that the whole private key is expanded from, in bytes.
    public static let seedSize = 32

    private static let curveSize = 32
    /// \./ over /^\.
    private static let label: [UInt8] = [0x5c, 0x2e, 0x2f, 0x2f, 0x5e, 0x5c]

    /// A private key.
    public struct PrivateKey: Sendable {
        /// The encoded public key: 1216 bytes.
        public let publicKey: [UInt8]
        private let lattice: MLKEM.PrivateKey
        private let curve: Curve25519.KeyAgreement.PrivateKey
        private let point: [UInt8]

        /// The key of a seed: SHAKE256(seed, 96) is the ML-KEM seed, then the X25519 scalar.
        ///
        /// - Throws: `CryptoError.wrongSize` unless the seed has 32 bytes.
        public init(seed: SecretBytes, _ implementation: CryptoImplementation = .current) throws {
            guard seed.count == seedSize else {
                throw CryptoError.wrongSize(of: "the seed of \(name)", expected: seedSize, actual: seed.count)
            }
            let count = MLKEM.seedSize + curveSize
            let expanded = SecretBytes(count) { output in
                seed.withBytes { tk_shake256(output, count, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), $0.count) }
            }
            guard let first = expanded.slice(0..<MLKEM.seedSize), let second = expanded.slice(MLKEM.seedSize..<expanded.count) else {
                throw CryptoError.invalidPrivateKey(scheme: name)
            }
            do {
                lattice = try MLKEM.PrivateKey(seed: first, .mlKEM768, implementation)
                curve = try second.withBytes { try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: $0) }
            } catch {
                throw CryptoError.invalidPrivateKey(scheme: name)
            }
            point = [UInt8](curve.publicKey.rawRepresentation)
            publicKey = lattice.publicKey + point
        }

        /// A new random key.
        public static func generate(_ implementation: CryptoImplementation = .current) throws -> PrivateKey {
            try PrivateKey(seed: SecretBytes(random: seedSize), implementation)
        }

        /// The shared secret in a ciphertext.
        ///
        /// - Throws: `CryptoError.wrongSize`, `invalidCiphertext` for a point of low order.
        public func decapsulate(_ ciphertext: [UInt8]) throws -> SecretBytes {
            guard ciphertext.count == ciphertextSize else {
                throw CryptoError.wrongSize(of: "the ciphertext of \(name)", expected: ciphertextSize, actual: ciphertext.count)
            }
            let curvePart = Array(ciphertext.suffix(curveSize))
            do {
                let latticeSecret = try lattice.decapsulate(Array(ciphertext.prefix(ciphertextSize - curveSize)))
                let peer = try Curve25519.KeyAgreement.PublicKey(rawRepresentation: curvePart)
                let curveSecret = try contributory(curve.sharedSecretFromKeyAgreement(with: peer))
                return HybridSecret.combine(latticeSecret, curveSecret, ciphertext: curvePart, publicKey: point, label: label)
            } catch {
                throw CryptoError.invalidCiphertext(scheme: name)
            }
        }
    }

    /// Makes a shared secret for the holder of a public key, and the ciphertext that tells it.
    ///
    /// - Parameter randomness: The draft's `eseed`, 64 bytes, for published vectors; fresh by default.
    /// - Throws: `CryptoError.wrongSize`, `invalidPublicKey`.
    public static func encapsulate(
        to publicKey: [UInt8], randomness: SecretBytes? = nil, _ implementation: CryptoImplementation = .current
    ) throws -> (ciphertext: [UInt8], sharedSecret: SecretBytes) {
        guard publicKey.count == publicKeySize else {
            throw CryptoError.wrongSize(of: "the public key of \(name)", expected: publicKeySize, actual: publicKey.count)
        }
        guard randomness == nil || randomness?.count == 64 else {
            throw CryptoError.wrongSize(of: "the randomness of \(name)", expected: 64, actual: randomness?.count ?? 0)
        }
        let point = Array(publicKey.suffix(curveSize))
        do {
            let scalar = randomness?.slice(curveSize..<2 * curveSize) ?? SecretBytes(random: curveSize)
            let ephemeral = try scalar.withBytes { try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: $0) }
            let lattice = try MLKEM.encapsulate(
                to: Array(publicKey.prefix(publicKeySize - curveSize)), .mlKEM768, message: randomness?.slice(0..<32), implementation)
            let peer = try Curve25519.KeyAgreement.PublicKey(rawRepresentation: point)
            let curveSecret = try contributory(ephemeral.sharedSecretFromKeyAgreement(with: peer))
            let curveCiphertext = [UInt8](ephemeral.publicKey.rawRepresentation)
            return (
                lattice.ciphertext + curveCiphertext,
                HybridSecret.combine(
                    lattice.sharedSecret, curveSecret, ciphertext: curveCiphertext, publicKey: point, label: label)
            )
        } catch {
            throw CryptoError.invalidPublicKey(scheme: name)
        }
    }

    /// The secret, unless the peer's point was of low order and made it zero (RFC 7748 §6.1).
    private static func contributory(_ secret: SharedSecret) throws -> SecretBytes {
        let bytes = SecretBytes(secret)
        guard bytes != SecretBytes([UInt8](repeating: 0, count: curveSize)) else { throw CryptoError.invalidPublicKey(scheme: name) }
        return bytes
    }
}
