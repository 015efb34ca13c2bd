// Public keys as SubjectPublicKeyInfo (RFC 5280 §4.1), the form that certificates and other tools take: ML-DSA by RFC 9881, Ed25519 by
// RFC 8410, ECDSA by RFC 5480. Written only; nothing of ours reads it.

import Foundation

extension SignatureScheme {
    /// The DER of AlgorithmIdentifier; nil for a scheme that has none in a standard.
    private var algorithmIdentifier: [UInt8]? {
        switch identifier {
        // 2.16.840.1.101.3.4.3.17, .18 and .19, without parameters.
        case .mlDSA44: [0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x11]
        case .mlDSA65: [0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12]
        case .mlDSA87: [0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x13]
        // 1.3.101.112, without parameters.
        case .ed25519: [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70]
        // 1.2.840.10045.2.1 with the curve 1.3.132.0.34.
        case .ecdsaP384:
            [0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22]
        default: nil
        }
    }

    /// The DER of SubjectPublicKeyInfo; nil for a scheme that has none in a standard, or for a key of another size.
    public func subjectPublicKeyInfo(_ publicKey: [UInt8]) -> [UInt8]? {
        guard let algorithmIdentifier, publicKey.count == publicKeySize else { return nil }
        // A BIT STRING without unused bits.
        return Self.tagged(0x30, algorithmIdentifier + Self.tagged(0x03, [0] + publicKey))
    }

    /// The PEM text (RFC 7468) of `subjectPublicKeyInfo`, ending in a newline.
    public func publicKeyPEM(_ publicKey: [UInt8]) -> String? {
        subjectPublicKeyInfo(publicKey).map(PublicKeyPEM.encode)
    }

    /// DER: tag, length, content of fewer than 2^16 bytes.
    private static func tagged(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let length: [UInt8] =
            switch content.count {
            case ..<0x80: [UInt8(content.count)]
            case ..<0x100: [0x81, UInt8(content.count)]
            default: [0x82, UInt8(truncatingIfNeeded: content.count >> 8), UInt8(truncatingIfNeeded: content.count)]
            }
        return [tag] + length + content
    }
}

/// The PEM text (RFC 7468) of a SubjectPublicKeyInfo.
enum PublicKeyPEM {
    static let first = "-----BEGIN PUBLIC KEY-----"
    static let last = "-----END PUBLIC KEY-----"

    /// Ends in a newline.
    static func encode(_ der: [UInt8]) -> String {
        let text = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return "\(first)\n\(text)\n\(last)\n"
    }
}
