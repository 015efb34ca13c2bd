// Deriving keys: HKDF (RFC 5869), HMAC (FIPS 198-1), scrypt (RFC 7914), and comparison in constant time.

import Crypto
import CryptoExtras
import Foundation

/// Keys from secrets.
public enum KeyDerivation {
    /// HKDF extract and expand (RFC 5869). `count` is at most 255 digests; more is a programming error.
    public static func hkdf(_ suite: HashSuite, secret: SecretBytes, salt: [UInt8], info: [UInt8], count: Int) -> SecretBytes {
        guard let derived = boundedHKDF(suite, secret: secret, salt: salt, info: info, count: count) else {
            preconditionFailure("HKDF gives at most 255 digests")
        }
        return derived
    }

    /// HKDF; nil for a negative count or more than 255 digests.
    package static func boundedHKDF(
        _ suite: HashSuite, secret: SecretBytes, salt: [UInt8], info: [UInt8], count: Int
    ) -> SecretBytes? {
        guard (0...255 * suite.digestSize).contains(count) else { return nil }
        guard count > 0 else { return SecretBytes([]) }
        switch suite {
        case .sha256: return derive(HKDF<SHA256>.self, secret, salt, info, count)
        case .sha384: return derive(HKDF<SHA384>.self, secret, salt, info, count)
        }
    }

    static func derive<Function: HashFunction>(
        _: HKDF<Function>.Type, _ secret: SecretBytes, _ salt: [UInt8], _ info: [UInt8], _ count: Int
    ) -> SecretBytes {
        let key = HKDF<Function>.deriveKey(inputKeyMaterial: secret.symmetricKey, salt: salt, info: info, outputByteCount: count)
        return SecretBytes(key)
    }

    /// HMAC of `message`: as many bytes as the suite's digest.
    public static func hmac(_ suite: HashSuite, key: SecretBytes, message: [UInt8]) -> [UInt8] {
        switch suite {
        case .sha256: Array(HMAC<SHA256>.authenticationCode(for: message, using: key.symmetricKey))
        case .sha384: Array(HMAC<SHA384>.authenticationCode(for: message, using: key.symmetricKey))
        }
    }

    /// Compares in time that depends on the lengths only.
    public static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for (leftByte, rightByte) in zip(left, right) { difference |= leftByte ^ rightByte }
        return difference == 0
    }

    /// The cost of scrypt (RFC 7914 §2): it needs 128 · `blockSize` · `rounds` bytes of memory.
    public struct ScryptCost: Sendable, Hashable {
        /// N: a power of two.
        public let rounds: Int
        /// r.
        public let blockSize: Int
        /// p.
        public let parallelism: Int

        /// N = 2^15, r = 8, p = 1: 32 MiB and about a tenth of a second.
        public static let standard = ScryptCost(uncheckedRounds: 1 << 15, blockSize: 8, parallelism: 1)
        /// The most memory that a cost may ask for, in bytes.
        public static let memoryLimit = 256 << 20

        /// Accepts N from 2^10 to 2^20, r up to 32, p up to 16, and 256 MiB of memory at most.
        ///
        /// - Throws: `CryptoError.parametersRefused`.
        public init(rounds: Int, blockSize: Int, parallelism: Int) throws {
            guard (1 << 10...1 << 20).contains(rounds), rounds & (rounds - 1) == 0 else {
                throw CryptoError.parametersRefused("N = \(rounds) is not a power of two from 2^10 to 2^20")
            }
            guard (1...32).contains(blockSize) else { throw CryptoError.parametersRefused("r = \(blockSize) is not from 1 to 32") }
            guard (1...16).contains(parallelism) else { throw CryptoError.parametersRefused("p = \(parallelism) is not from 1 to 16") }
            guard 128 * blockSize * rounds <= Self.memoryLimit else {
                throw CryptoError.parametersRefused("N = \(rounds) with r = \(blockSize) needs more than \(Self.memoryLimit >> 20) MiB")
            }
            self.init(uncheckedRounds: rounds, blockSize: blockSize, parallelism: parallelism)
        }

        private init(uncheckedRounds rounds: Int, blockSize: Int, parallelism: Int) {
            self.rounds = rounds
            self.blockSize = blockSize
            self.parallelism = parallelism
        }
    }

    /// scrypt (RFC 7914): `count` bytes, from 1 to 1024.
    ///
    /// - Throws: `CryptoError.parametersRefused` for another count or if the library refuses.
    public static func scrypt(passphrase: SecretBytes, salt: [UInt8], cost: ScryptCost, count: Int) throws -> SecretBytes {
        guard (1...1024).contains(count) else { throw CryptoError.parametersRefused("\(count) bytes of output") }
        do {
            return try passphrase.withBytes { password in
                SecretBytes(
                    try KDF.Scrypt.deriveKey(
                        from: password, salt: salt, outputByteCount: count, rounds: cost.rounds, blockSize: cost.blockSize,
                        parallelism: cost.parallelism, maxMemory: ScryptCost.memoryLimit * 2))
            }
        } catch {
            throw CryptoError.parametersRefused("the library refused them")
        }
    }
}
