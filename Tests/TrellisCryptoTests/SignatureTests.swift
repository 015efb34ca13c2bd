// Every signature scheme through the one interface: sizes, round trips, purposes, and malformed input.

import Testing
import TrellisCrypto

@Suite struct SignatureTests {
    @Test(arguments: SignatureScheme.all)
    func signsAndVerifies(scheme: SignatureScheme) throws {
        let key = try scheme.generate()
        let message = Array("a message".utf8)
        let signature = try key.sign(message, context: .block)
        #expect(key.scheme == scheme.identifier)
        #expect(key.publicKey.count == scheme.publicKeySize)
        #expect(key.seed.count == scheme.seedSize)
        #expect(signature.count <= scheme.signatureSize)
        if scheme.identifier != .mlDSA87P384 { #expect(signature.count == scheme.signatureSize) }

        let verifier = try scheme.verifyingKey(key.publicKey)
        #expect(verifier.bytes == key.publicKey)
        #expect(verifier.isValid(signature, for: message, context: .block))
        #expect(!verifier.isValid(signature, for: message, context: .checkpoint))
        #expect(!verifier.isValid(signature, for: message + [0], context: .block))
        #expect(!verifier.isValid([], for: message, context: .block))
        #expect(!verifier.isValid(signature + [0], for: message, context: .block))
        #expect(!verifier.isValid(Array(signature.dropLast()), for: message, context: .block))
        #expect(!verifier.isValid([UInt8](repeating: 0xff, count: signature.count), for: message, context: .block))
        for index in [0, signature.count / 2, signature.count - 1] {
            var changed = signature
            changed[index] ^= 1
            #expect(!verifier.isValid(changed, for: message, context: .block))
        }
        let empty = try key.sign([], context: .votes)
        #expect(verifier.isValid(empty, for: [], context: .votes))
    }

    @Test(arguments: SignatureScheme.all)
    func seedsAreTheWholeKey(scheme: SignatureScheme) throws {
        let key = try scheme.generate()
        let again = try scheme.signingKey(seed: key.seed)
        #expect(again.publicKey == key.publicKey)
        #expect(again.seed == key.seed)
        let signature = try again.sign([1, 2, 3], context: .genesis)
        #expect(try scheme.verifyingKey(key.publicKey).isValid(signature, for: [1, 2, 3], context: .genesis))
        #expect(throws: CryptoError.self) { try scheme.signingKey(seed: SecretBytes(random: scheme.seedSize + 1)) }
        #expect(throws: CryptoError.self) { try scheme.signingKey(seed: SecretBytes([])) }
        #expect(throws: CryptoError.self) { try scheme.verifyingKey([]) }
        #expect(throws: CryptoError.self) { try scheme.verifyingKey(key.publicKey + [0]) }
    }

    @Test func schemesAreFoundByNameAndNumber() {
        for scheme in SignatureScheme.all {
            #expect(SignatureScheme.named(scheme.name)?.identifier == scheme.identifier)
            #expect(SignatureScheme.identified(scheme.identifier)?.name == scheme.name)
        }
        #expect(SignatureScheme.named("ML-DSA-99") == nil)
        #expect(SignatureScheme.identified(.init(rawValue: 0)) == nil)
        #expect(SignatureScheme.all.filter { !$0.isPostQuantum }.map(\.name) == ["ECDSA-P384", "Ed25519"])
    }

    @Test func pointsOffTheCurveAndScalarsOutOfRangeAreRefused() throws {
        var point = try SignatureScheme.ecdsaP384.generate().publicKey
        point[96] ^= 1
        #expect(throws: CryptoError.invalidPublicKey(scheme: "ECDSA-P384")) { try SignatureScheme.ecdsaP384.verifyingKey(point) }
        for scalar in [UInt8(0), 0xff] {
            #expect(throws: CryptoError.invalidPrivateKey(scheme: "ECDSA-P384")) {
                try SignatureScheme.ecdsaP384.signingKey(seed: SecretBytes([UInt8](repeating: scalar, count: 48)))
            }
        }
    }
}
