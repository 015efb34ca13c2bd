// AES-256-GCM (NIST SP 800-38D) with 12-byte nonces and 16-byte tags. The caller is answerable for never repeating a nonce.

import Crypto
import Foundation

/// AES-256-GCM under one key.
public struct AuthenticatedCipher: Sendable {
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
        let box: AES.GCM.SealedBox
        do {
            box = try AES.GCM.seal(plaintext, using: try checkedKey(), nonce: try checkedNonce(nonce), authenticating: associatedData)
        } catch let error as CryptoError {
            throw error
        } catch {
            throw CryptoError.authenticationFailed
        }
        guard let combined = box.combined else { throw CryptoError.authenticationFailed }
        return combined.withUnsafeBytes { [UInt8](UnsafeRawBufferPointer(rebasing: $0[Self.nonceSize...])) }
    }

    /// Checks and decrypts ciphertext ‖ tag.
    ///
    /// - Throws: `CryptoError.authenticationFailed` if anything was changed; `wrongSize` for a key or nonce of another size.
    public func open(_ sealed: [UInt8], nonce: [UInt8], associatedData: [UInt8]) throws -> [UInt8] {
        guard sealed.count >= Self.tagSize else { throw CryptoError.authenticationFailed }
        let key = try checkedKey()
        let nonce = try checkedNonce(nonce)
        let split = sealed.count - Self.tagSize
        do {
            let box = try AES.GCM.SealedBox(nonce: nonce, ciphertext: sealed[..<split], tag: sealed[split...])
            return [UInt8](try AES.GCM.open(box, using: key, authenticating: associatedData))
        } catch {
            throw CryptoError.authenticationFailed
        }
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
