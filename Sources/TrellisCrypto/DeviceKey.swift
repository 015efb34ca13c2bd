// Public keys of devices that attest, as TPMs have them: ECDSA on P-256 and P-384 and RSA of 2,048 to 4,096 bits, read from and written as
// SubjectPublicKeyInfo. They check signatures and nothing else; nothing of the protocol stands on them.

import Crypto
import CryptoExtras
import Foundation

/// A signature of a device, in its parts.
public enum DeviceSignature: Sendable, Equatable {
    /// Big-endian integers of any length, leading zeros left out or not.
    case ecdsa(r: [UInt8], s: [UInt8])
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    case rsaPKCS1([UInt8])
    /// RSASSA-PSS (RFC 8017 §8.1) with MGF1 of the same hash and a salt as long as its digest.
    case rsaPSS([UInt8])

    /// An ECDSA signature in DER (RFC 3279 §2.2.3) for a key; nil if it is none for the key's curve.
    package init?(der: [UInt8], for key: DeviceKey) {
        let raw: Data?
        switch key.algorithm {
        case .p256: raw = (try? P256.Signing.ECDSASignature(derRepresentation: der))?.rawRepresentation
        case .p384: raw = (try? P384.Signing.ECDSASignature(derRepresentation: der))?.rawRepresentation
        case .rsa: raw = nil
        }
        guard let raw else { return nil }
        self = .ecdsa(r: Array(raw.prefix(raw.count / 2)), s: Array(raw.suffix(raw.count / 2)))
    }
}

/// The public key of a device.
public struct DeviceKey: Sendable, Equatable {
    /// What kind of key it is.
    public enum Algorithm: Sendable, Equatable {
        case p256, p384
        case rsa(bits: Int)
    }

    private enum Parsed: Sendable {
        case p256(P256.Signing.PublicKey)
        case p384(P384.Signing.PublicKey)
        case rsa(_RSA.Signing.PublicKey)
    }

    /// The largest key, in bytes of SubjectPublicKeyInfo.
    public static let sizeMaximum = 1024

    public let algorithm: Algorithm
    /// The DER of SubjectPublicKeyInfo (RFC 5280 §4.1).
    public let der: [UInt8]
    private let parsed: Parsed

    /// Reads SubjectPublicKeyInfo in DER.
    ///
    /// - Throws: `CryptoError.invalidPublicKey` for anything but a key of one of these algorithms in its one encoding.
    public init(der: [UInt8]) throws(CryptoError) {
        guard der.count <= Self.sizeMaximum else { throw .invalidPublicKey(scheme: "device") }
        // The library looks at the point only: a key of another curve's parameters is known by its encoding.
        if let key = try? P256.Signing.PublicKey(derRepresentation: der), [UInt8](key.derRepresentation) == der {
            (algorithm, parsed) = (.p256, .p256(key))
        } else if let key = try? P384.Signing.PublicKey(derRepresentation: der), [UInt8](key.derRepresentation) == der {
            (algorithm, parsed) = (.p384, .p384(key))
        } else if let key = try? _RSA.Signing.PublicKey(derRepresentation: der), [UInt8](key.derRepresentation) == der,
            key.keySizeInBits <= 4096
        {
            (algorithm, parsed) = (.rsa(bits: key.keySizeInBits), .rsa(key))
        } else {
            throw .invalidPublicKey(scheme: "device")
        }
        self.der = der
    }

    /// Reads PEM (RFC 7468) of one `PUBLIC KEY`.
    ///
    /// - Throws: `CryptoError.invalidPublicKey`.
    public init(pem: String) throws(CryptoError) {
        let lines = pem.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        guard pem.utf8.count <= 2 * Self.sizeMaximum, lines.first == PublicKeyPEM.first, lines.last == PublicKeyPEM.last,
            let der = Data(base64Encoded: lines.dropFirst().dropLast().joined())
        else { throw .invalidPublicKey(scheme: "device") }
        try self.init(der: [UInt8](der))
    }

    /// The key of a point on P-256 or P-384, its coordinates big-endian and of the curve's size.
    ///
    /// - Throws: `CryptoError.invalidPublicKey`.
    public init(x: [UInt8], y: [UInt8]) throws(CryptoError) {
        guard x.count == y.count else { throw .invalidPublicKey(scheme: "device") }
        let point = [0x04] + x + y
        let der: Data?
        switch x.count {
        case 32: der = (try? P256.Signing.PublicKey(x963Representation: point))?.derRepresentation
        case 48: der = (try? P384.Signing.PublicKey(x963Representation: point))?.derRepresentation
        default: der = nil
        }
        guard let der else { throw .invalidPublicKey(scheme: "device") }
        try self.init(der: [UInt8](der))
    }

    /// PEM, ending in a newline.
    public var pem: String { PublicKeyPEM.encode(der) }

    /// "ECDSA P-256", "RSA-2048".
    public var name: String {
        switch algorithm {
        case .p256: "ECDSA P-256"
        case .p384: "ECDSA P-384"
        case .rsa(let bits): "RSA-\(bits)"
        }
    }

    public static func == (left: DeviceKey, right: DeviceKey) -> Bool { left.der == right.der }

    /// Whether `signature` is this key's over the digest of `message`: SHA-256, SHA-384 or SHA-512. Any malformed signature is just not valid.
    package func isValid(_ signature: DeviceSignature, for message: [UInt8], hash: PrehashFunction) -> Bool {
        switch hash {
        case .sha256: isValid(signature, for: SHA256.hash(data: message))
        case .sha384: isValid(signature, for: SHA384.hash(data: message))
        case .sha512: isValid(signature, for: SHA512.hash(data: message))
        default: false
        }
    }

    private func isValid(_ signature: DeviceSignature, for digest: some Crypto.Digest) -> Bool {
        switch (parsed, signature) {
        case (.p256(let key), .ecdsa(let r, let s)):
            guard let raw = Self.joined(r, s, size: 32) else { return false }
            return (try? P256.Signing.ECDSASignature(rawRepresentation: raw)).map { key.isValidSignature($0, for: digest) } ?? false
        case (.p384(let key), .ecdsa(let r, let s)):
            guard let raw = Self.joined(r, s, size: 48) else { return false }
            return (try? P384.Signing.ECDSASignature(rawRepresentation: raw)).map { key.isValidSignature($0, for: digest) } ?? false
        case (.rsa(let key), .rsaPKCS1(let bytes)):
            return key.isValidSignature(.init(rawRepresentation: bytes), for: digest, padding: .insecurePKCS1v1_5)
        case (.rsa(let key), .rsaPSS(let bytes)):
            return key.isValidSignature(.init(rawRepresentation: bytes), for: digest, padding: .PSS)
        default: return false
        }
    }

    /// Two integers, each of `size` bytes; nil if one has more.
    private static func joined(_ r: [UInt8], _ s: [UInt8], size: Int) -> [UInt8]? {
        let parts = [r, s].map { Array($0.drop { $0 == 0 }) }
        guard parts.allSatisfy({ $0.count <= size }) else { return nil }
        return parts.flatMap { [UInt8](repeating: 0, count: size - $0.count) + $0 }
    }
}
