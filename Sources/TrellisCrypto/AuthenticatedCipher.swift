// AES-256-GCM (NIST SP 800-38D) with 12-byte nonces and 16-byte tags. The caller is answerable for never repeating a nonce.

import Crypto
import Foundation

/// AES-256-GCM under one key.
public struct AuthenticatedCipher: Sendable {
    public static let name = "AES-256-GCM"
    public static let keySize = 32
    public static let nonceSize = 12
    public static let tagSize = 16

    private let key: SymmetricKey

    /// Takes a key of 32 bytes; any other size is a programming error that `seal` and `open` report as `wrongSize`.
    public init(key: SecretBytes) {
        self.key = key.symmetricKey
    }

    /// Encrypts and authenticates: ciphertext ‖ tag, 16 bytes more than the plaintext.
    ///
    /// - Throws: `CryptoError.wrongSize` for a key or nonce of another size.
    public func seal(_ plaintext: [UInt8], nonce: [UInt8], associatedData: [UInt8]) throws -> [UInt8] {
        var sealed: [UInt8] = []
        sealed.reserveCapacity(plaintext.count + Self.tagSize)
        try seal(plaintext.span.bytes, nonce: nonce, associatedData: associatedData, into: &sealed)
        return sealed
    }

    /// Checks and decrypts ciphertext ‖ tag.
    ///
    /// - Throws: `CryptoError.authenticationFailed` if anything was changed; `wrongSize` for a key or nonce of another size.
    public func open(_ sealed: [UInt8], nonce: [UInt8], associatedData: [UInt8]) throws -> [UInt8] {
        var plaintext: [UInt8] = []
        try open(sealed.span.bytes, nonce: nonce, associatedData: associatedData, into: &plaintext)
        return plaintext
    }

    /// As `seal`, of bytes that do not leave memory that is zeroed.
    public func seal(secret: SecretBytes, nonce: [UInt8], associatedData: [UInt8]) throws -> [UInt8] {
        try secret.withBytes { bytes in
            var sealed: [UInt8] = []
            try seal(bytes.bytes, nonce: nonce, associatedData: associatedData, into: &sealed)
            return sealed
        }
    }

    /// As `open`, of a secret.
    public func open(secret sealed: [UInt8], nonce: [UInt8], associatedData: [UInt8]) throws -> SecretBytes {
        try opening(sealed.span.bytes, nonce: nonce, associatedData: associatedData) { SecretBytes($0) }
    }

    /// Appends ciphertext ‖ tag to `output`.
    func seal(_ plaintext: RawSpan, nonce: [UInt8], associatedData: [UInt8] = [], into output: inout [UInt8]) throws {
        let key = try checkedKey()
        let nonce = try checkedNonce(nonce)
        let box = try? plaintext.withUnsafeBytes { try AES.GCM.seal($0, using: key, nonce: nonce, authenticating: associatedData) }
        guard let combined = box?.combined else { throw CryptoError.authenticationFailed }
        combined.withUnsafeBytes { output.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[Self.nonceSize...])) }
    }

    /// Appends the plaintext of ciphertext ‖ tag to `output`; nothing unless all of it is authentic.
    func open(_ sealed: RawSpan, nonce: [UInt8], associatedData: [UInt8] = [], into output: inout [UInt8]) throws {
        try opening(sealed, nonce: nonce, associatedData: associatedData) { output.append(contentsOf: $0) }
    }

    /// Gives the plaintext to `body`, and zeroes it then.
    private func opening<Result>(
        _ sealed: RawSpan, nonce: [UInt8], associatedData: [UInt8], _ body: (UnsafeRawBufferPointer) -> Result
    ) throws -> Result {
        guard sealed.byteCount >= Self.tagSize else { throw CryptoError.authenticationFailed }
        let key = try checkedKey()
        let nonce = try checkedNonce(nonce)
        let split = sealed.byteCount - Self.tagSize
        let opened = try? sealed.withUnsafeBytes { bytes in
            let box = try AES.GCM.SealedBox(
                nonce: nonce, ciphertext: UnsafeRawBufferPointer(rebasing: bytes[..<split]),
                tag: UnsafeRawBufferPointer(rebasing: bytes[split...]))
            return try AES.GCM.open(box, using: key, authenticating: associatedData)
        }
        guard var plaintext = opened else { throw CryptoError.authenticationFailed }
        defer { plaintext.resetBytes(in: plaintext.startIndex..<plaintext.endIndex) }
        return plaintext.withUnsafeBytes(body)
    }

    private func checkedKey() throws -> SymmetricKey {
        guard key.bitCount == Self.keySize * 8 else {
            throw CryptoError.wrongSize(of: "an AES-256 key", expected: Self.keySize, actual: key.bitCount / 8)
        }
        return key
    }

    private func checkedNonce(_ nonce: [UInt8]) throws -> AES.GCM.Nonce {
        guard nonce.count == Self.nonceSize, let value = try? AES.GCM.Nonce(data: nonce) else {
            throw CryptoError.wrongSize(of: "an AES-GCM nonce", expected: Self.nonceSize, actual: nonce.count)
        }
        return value
    }
}
