// How the IETF's composite drafts write a P-384 private key: ECPrivateKey (RFC 5915) with the curve named and no public key.

/// DER of ECPrivateKey { 1, OCTET STRING (48 bytes), [0] secp384r1 }: 64 bytes, in the one encoding that the drafts allow.
enum P384PrivateKeyEncoding {
    static let scalarSize = 48
    static let size = head.count + scalarSize + tail.count

    private static let head: [UInt8] = [0x30, 0x3e, 0x02, 0x01, 0x01, 0x04, 0x30]
    private static let tail: [UInt8] = [0xa0, 0x07, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22]

    static func write(_ scalar: SecretBytes) -> SecretBytes {
        SecretBytes(joining: [SecretBytes(head), scalar, SecretBytes(tail)])
    }

    /// The scalar; nil if the bytes are not this encoding. Whether it is in range is for the curve to say.
    static func scalar(in encoded: SecretBytes) -> SecretBytes? {
        guard encoded.count == size else { return nil }
        let isFramed = encoded.withBytes { $0.prefix(head.count).elementsEqual(head) && $0.suffix(tail.count).elementsEqual(tail) }
        return isFramed ? encoded.slice(head.count..<head.count + scalarSize) : nil
    }
}
