// The hybrid KEM: round trips, serialised keys, and everything malformed.

import Testing
import TrellisCrypto

@Suite struct CompositeKEMTests {
    @Test func bothSidesGetTheSameSecret() throws {
        let key = try CompositeKEM.PrivateKey.generate()
        #expect(key.publicKey.count == CompositeKEM.publicKeySize)
        #expect(CompositeKEM.publicKeySize == 1281)
        let (ciphertext, secret) = try CompositeKEM.encapsulate(to: key.publicKey)
        #expect(ciphertext.count == CompositeKEM.ciphertextSize)
        #expect(CompositeKEM.ciphertextSize == 1185)
        #expect(secret.count == CompositeKEM.sharedSecretSize)
        #expect(try key.decapsulate(ciphertext) == secret)
        #expect(try CompositeKEM.encapsulate(to: key.publicKey).sharedSecret != secret)
        #expect(try CompositeKEM.PrivateKey.generate().decapsulate(ciphertext) != secret)
    }

    @Test func wrongLengthsAreErrors() throws {
        let key = try CompositeKEM.PrivateKey.generate()
        let (ciphertext, _) = try CompositeKEM.encapsulate(to: key.publicKey)
        for length in [0, 1, 97, 1088, 1184, 1186, 4096] {
            let wrong = [UInt8](repeating: 4, count: length)
            #expect(throws: CryptoError.wrongSize(of: "the ciphertext of \(CompositeKEM.name)", expected: 1185, actual: length)) {
                try key.decapsulate(wrong)
            }
            #expect(throws: CryptoError.self) { try CompositeKEM.encapsulate(to: wrong) }
        }
        #expect(throws: CryptoError.self) { try key.decapsulate(ciphertext + [0]) }
        #expect(throws: CryptoError.self) { try CompositeKEM.PrivateKey(serialized: SecretBytes(random: 127)) }
        #expect(throws: CryptoError.self) { try CompositeKEM.PrivateKey(serialized: SecretBytes(random: 128)) }
    }

    @Test func invalidPointsAreErrors() throws {
        let key = try CompositeKEM.PrivateKey.generate()
        let (ciphertext, _) = try CompositeKEM.encapsulate(to: key.publicKey)
        // The prefix of another form, a coordinate off the curve, and coordinates that are zero or not below the field's prime.
        let changes: [(inout [UInt8]) -> Void] = [
            { $0[$0.count - 97] = 0x02 },
            { $0[$0.count - 97] = 0x00 },
            { $0[$0.count - 1] ^= 1 },
            { $0.replaceSubrange(($0.count - 96)..., with: [UInt8](repeating: 0, count: 96)) },
            { $0.replaceSubrange(($0.count - 96)..., with: [UInt8](repeating: 0xff, count: 96)) },
        ]
        for change in changes {
            var badCiphertext = ciphertext
            change(&badCiphertext)
            #expect(throws: CryptoError.invalidCiphertext(scheme: CompositeKEM.name)) { try key.decapsulate(badCiphertext) }
            var badKey = key.publicKey
            change(&badKey)
            #expect(throws: CryptoError.invalidPublicKey(scheme: CompositeKEM.name)) { try CompositeKEM.encapsulate(to: badKey) }
        }
        // ML-KEM coefficients that are not below q (FIPS 203 §7.2).
        var unreduced = key.publicKey
        unreduced.replaceSubrange(0..<384, with: [UInt8](repeating: 0xff, count: 384))
        #expect(throws: CryptoError.invalidPublicKey(scheme: CompositeKEM.name)) { try CompositeKEM.encapsulate(to: unreduced) }
    }

    @Test func changedLatticePartGivesAnotherSecret() throws {
        let key = try CompositeKEM.PrivateKey.generate()
        var (ciphertext, secret) = try CompositeKEM.encapsulate(to: key.publicKey)
        ciphertext[10] ^= 1
        #expect(try key.decapsulate(ciphertext) != secret)
        secret = try CompositeKEM.encapsulate(to: key.publicKey).sharedSecret
        #expect(secret.description == "SecretBytes(32)")
    }
}
