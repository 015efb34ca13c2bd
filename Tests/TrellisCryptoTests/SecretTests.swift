// Secrets, key derivation and the AEAD.

import Testing
import TrellisCrypto

@Suite struct SecretTests {
    @Test func secretsNeverDescribeThemselves() {
        let secret = SecretBytes([0xde, 0xad, 0xbe, 0xef])
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), String(describing: [secret]), dumped] {
            #expect(!text.contains("222") && !text.lowercased().contains("de"))
        }
        #expect("\(secret)" == "SecretBytes(4)")
    }

    @Test func comparisonLooksAtEveryByte() {
        let bytes: [UInt8] = Array(0..<64)
        #expect(SecretBytes(bytes) == SecretBytes(bytes))
        for index in bytes.indices {
            var other = bytes
            other[index] ^= 0x80
            #expect(SecretBytes(bytes) != SecretBytes(other))
            #expect(!KeyDerivation.isEqual(bytes, other))
        }
        #expect(SecretBytes(bytes) != SecretBytes(Array(bytes.dropLast())))
        #expect(SecretBytes([]) == SecretBytes([]))
        #expect(KeyDerivation.isEqual(bytes, bytes))
        #expect(!KeyDerivation.isEqual(bytes, []))
    }

    @Test func partsAndRandomness() {
        let secret = SecretBytes([1, 2, 3, 4])
        #expect(secret.slice(1..<3) == SecretBytes([2, 3]))
        #expect(secret.slice(3..<5) == nil)
        #expect(secret.slice(-1..<2) == nil)
        #expect(SecretBytes(joining: [secret, SecretBytes([]), SecretBytes([5])]) == SecretBytes([1, 2, 3, 4, 5]))
        #expect(SecretBytes(random: 32) != SecretBytes(random: 32))
        #expect(SecretBytes(random: 33).withBytes { $0.count } == 33)
    }

    @Test func sealedBytesOpenOnlyUnchanged() throws {
        let cipher = AuthenticatedCipher(key: SecretBytes(random: 32))
        let nonce: [UInt8] = Array(0..<12)
        let plaintext: [UInt8] = Array("attack at dawn".utf8)
        let data: [UInt8] = [1, 2, 3]
        let sealed = try cipher.seal(plaintext, nonce: nonce, associatedData: data)
        #expect(sealed.count == plaintext.count + AuthenticatedCipher.tagSize)
        #expect(try cipher.open(sealed, nonce: nonce, associatedData: data) == plaintext)
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 4
            #expect(throws: CryptoError.authenticationFailed) { try cipher.open(changed, nonce: nonce, associatedData: data) }
        }
        for length in 0..<sealed.count {
            #expect(throws: CryptoError.authenticationFailed) {
                try cipher.open(Array(sealed[..<length]), nonce: nonce, associatedData: data)
            }
        }
        #expect(throws: CryptoError.authenticationFailed) { try cipher.open(sealed, nonce: nonce, associatedData: [1, 2, 4]) }
        #expect(throws: CryptoError.authenticationFailed) { try cipher.open(sealed, nonce: nonce.reversed(), associatedData: data) }
        #expect(throws: CryptoError.authenticationFailed) {
            try AuthenticatedCipher(key: SecretBytes(random: 32)).open(sealed, nonce: nonce, associatedData: data)
        }
        let empty = try cipher.seal([], nonce: nonce, associatedData: [])
        #expect(try cipher.open(empty, nonce: nonce, associatedData: []) == [])
    }

    @Test func wrongKeyAndNonceSizesAreErrors() {
        let cipher = AuthenticatedCipher(key: SecretBytes(random: 32))
        for count in [0, 8, 11, 13, 16] {
            let nonce = [UInt8](repeating: 0, count: count)
            #expect(throws: CryptoError.wrongSize(of: "an AES-GCM nonce", expected: 12, actual: count)) {
                try cipher.seal([1], nonce: nonce, associatedData: [])
            }
            #expect(throws: CryptoError.self) { try cipher.open([UInt8](repeating: 0, count: 17), nonce: nonce, associatedData: []) }
        }
        for count in [0, 16, 31, 33] {
            #expect(throws: CryptoError.wrongSize(of: "an AES-256 key", expected: 32, actual: count)) {
                try AuthenticatedCipher(key: SecretBytes(random: count)).seal([1], nonce: Array(0..<12), associatedData: [])
            }
        }
    }

    @Test func scryptAgreesWithTheStandard() throws {
        // RFC 7914 §12, the third vector.
        let secret = try KeyDerivation.scrypt(
            passphrase: SecretBytes(Array("pleaseletmein".utf8)), salt: Array("SodiumChloride".utf8),
            cost: .init(rounds: 16384, blockSize: 8, parallelism: 1), count: 64)
        let expected = Hex.decode(
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
        )
        #expect(expected.map { SecretBytes($0) } == secret)
    }

    @Test func costsOutOfBoundsAreRefused() throws {
        for (rounds, blockSize, parallelism) in [
            (0, 8, 1), (-1024, 8, 1), (1000, 8, 1), (512, 8, 1), (1 << 21, 8, 1), (Int.max, 8, 1), (Int.min, 8, 1), (1 << 20, 8, 1),
            (1 << 15, 0, 1), (1 << 15, 33, 1), (1 << 15, .max, 1), (1 << 15, 8, 0), (1 << 15, 8, 17), (1 << 15, 8, .max),
        ] {
            #expect(throws: CryptoError.self) {
                try KeyDerivation.ScryptCost(rounds: rounds, blockSize: blockSize, parallelism: parallelism)
            }
        }
        let standard = KeyDerivation.ScryptCost.standard
        #expect(try KeyDerivation.ScryptCost(rounds: 1 << 15, blockSize: 8, parallelism: 1) == standard)
        for count in [0, -1, 1025] {
            #expect(throws: CryptoError.self) {
                try KeyDerivation.scrypt(passphrase: SecretBytes([1]), salt: [1], cost: standard, count: count)
            }
        }
    }

    @Test func hkdfCountsAreExact() {
        let secret = SecretBytes(random: 32)
        for count in [0, 1, 47, 48, 49, 255 * 48] {
            #expect(KeyDerivation.hkdf(.sha384, secret: secret, salt: [], info: [1], count: count).count == count)
        }
        #expect(KeyDerivation.hmac(.sha384, key: secret, message: []).count == 48)
        #expect(KeyDerivation.hmac(.sha256, key: secret, message: []).count == 32)
    }
}
