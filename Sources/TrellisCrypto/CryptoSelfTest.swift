// The checks at start-up: that the cryptography in use gives, on this machine and with the instructions chosen here, what other
// implementations gave. A known answer for each algorithm, and for keys a pairwise consistency test (FIPS 140-3 IG 10.3.A calls for both).
//
// The answers were made by Scripts/make-vectors.py's parts (dilithium-py, kyber-py, slh-dsa, pyca): seeds are 0, 1, 2..., the message is "trellis",
// the context "trellis/self-test/1".

import Crypto
import Foundation

public enum CryptoSelfTest {
    /// One check: what of, and the check, which says whether the answer was right.
    struct Check {
        let name: String
        let passes: () throws -> Bool
    }

    private static let message = Array("trellis".utf8)
    private static let context = Domain("trellis/self-test/1")

    /// Checks what a validator with these signature schemes uses: hashes, cipher, key derivation, the channel's KEM, the schemes.
    ///
    /// - Returns: The names of what was checked.
    /// - Throws: `CryptoError.selfTestFailed` for the first that is wrong: nothing may be signed or verified then.
    @discardableResult
    public static func run(
        schemes: [SignatureScheme], _ implementation: CryptoImplementation = .current
    ) throws -> [String] {
        var seen: Set<SignatureSchemeIdentifier> = []
        let distinct = schemes.flatMap(withParts(of:)).filter { seen.insert($0.identifier).inserted }
        let checks = hashes + symmetric + [kem(implementation)] + distinct.map { signature($0, implementation) } + [batch]
        for check in checks {
            guard (try? check.passes()) == true else { throw CryptoError.selfTestFailed(check.name) }
        }
        return checks.map(\.name)
    }

    // MARK: Hashes and ciphers

    private static var hashes: [Check] {
        [
            Check(name: "SHA-256") {
                hex(SHA256.hash(data: message)) == "3a4ad37e305ff3bb775fb38a93345aa1f29961fcf88e9415a093d9e6eec8c65a"
            },
            Check(name: "SHA-384") {
                hex(SHA384.hash(data: message))
                    == "b8feca4e1134ed0d4440dc3aed2f6d106f347cafdb8d0b3b01ba2485179cbd70d581f62f308834ee1fe81d447cc412c0"
            },
            Check(name: "SHA3-256") {
                let expected = "81283ffd7c02d0ade8df3beb458777a037bab6ab848918ff780c6561a17439aa"
                // One alone, and nine: the lanes of eight and what is left over.
                let digests = SHA3.digests256(of: Array([[UInt8]](repeating: message, count: 9).joined()), length: message.count)
                return Hex.encode(SHA3.digest256(message)) == expected && Hex.encode(digests) == String(repeating: expected, count: 9)
            },
            Check(name: "SHAKE256") {
                Hex.encode(SHAKE.output(.shake256, message, count: 32))
                    == "e5a95f0e8b15281de6ef9d0ffcbaa4dab2958e4956878eb7304a0714fcd24418"
            },
        ]
    }

    private static var symmetric: [Check] {
        [
            Check(name: "AES-256-GCM") {
                let cipher = AuthenticatedCipher(key: SecretBytes(counting(32)))
                let nonce = [UInt8](repeating: 0, count: AuthenticatedCipher.nonceSize)
                let sealed = try cipher.seal(message, nonce: nonce, associatedData: context.bytes)
                let opened = try cipher.open(sealed, nonce: nonce, associatedData: context.bytes)
                return Hex.encode(sealed) == "7aced0b2d945f0e86357177a05c78b3ebb1949ec79ec59" && opened == message
            },
            Check(name: "HKDF-SHA-256") {
                let derived = KeyDerivation.boundedHKDF(
                    .sha256, secret: SecretBytes(counting(32)), salt: Array("salt".utf8), info: Array("info".utf8), count: 32)
                return derived.map { $0.withBytes { hex($0) } } == "64cc2a23b7a1da4310420350405fdf5d632cb9bda3700d753e96cbcfeb81d449"
            },
        ]
    }

    // MARK: Keys

    /// ML-KEM-768 by its answers, and the composite that the channel uses by opening its own ciphertext.
    private static func kem(_ implementation: CryptoImplementation) -> Check {
        Check(name: CompositeKEM.name) {
            let key = try MLKEM.PrivateKey(seed: SecretBytes(counting(MLKEM.seedSize)), .mlKEM768, implementation)
            guard hex(SHA256.hash(data: key.publicKey)) == "0b7934c83125c788995e2ba6bd761e33046b3e40571be53e023309a29f398cc9" else {
                return false
            }
            let made = try MLKEM.encapsulate(to: key.publicKey, .mlKEM768, message: SecretBytes(counting(32)), .native)
            guard hex(SHA256.hash(data: made.ciphertext)) == "39826fe40dc54a3fef68b7c228ed8fb22931012b6fa3bd3e7f204d54db0ac1e1",
                try key.decapsulate(made.ciphertext).withBytes({ hex($0) })
                    == "42f558b0bc5d700a911b0fc67f62376f7aee4667f1969e03f18bdfdf3c59fbdc"
            else { return false }
            // Implicit rejection: another secret, and always the same.
            var changed = made.ciphertext
            changed[5] ^= 1
            let rejected = try key.decapsulate(changed)
            guard rejected != made.sharedSecret, try key.decapsulate(changed) == rejected else { return false }
            let composite = try CompositeKEM.PrivateKey.generate(implementation)
            let sealed = try CompositeKEM.encapsulate(to: composite.publicKey, implementation)
            return try composite.decapsulate(sealed.ciphertext) == sealed.sharedSecret
        }
    }

    private static func signature(_ scheme: SignatureScheme, _ implementation: CryptoImplementation) -> Check {
        Check(name: scheme.name) {
            if let known = answers[scheme.identifier] {
                let key = try scheme.signingKey(seed: SecretBytes(counting(scheme.seedSize)), implementation)
                guard hex(SHA256.hash(data: key.publicKey)) == known.publicKey else { return false }
                if let expected = known.signature, try deterministic(scheme, key) != expected { return false }
            }
            return try isConsistent(scheme, try scheme.generate(implementation), implementation)
        }
    }

    /// What is checked for a scheme. Of a composite both parts too, so that each answers for itself. Small hash-based signatures take longer
    /// than a start should: instead, the fast set of the same hashes is checked, which differs in the shape of its trees only.
    private static func withParts(of scheme: SignatureScheme) -> [SignatureScheme] {
        switch scheme.identifier {
        case .mlDSA65Ed25519: [.mlDSA65, .ed25519, scheme]
        case .mlDSA87P384: [.mlDSA87, .ecdsaP384, scheme]
        case _ where scheme.family == .hash && scheme.name.hasSuffix("s"):
            SignatureScheme.named(scheme.name.dropLast() + "f").map { [$0] } ?? []
        default: [scheme]
        }
    }

    /// Three signatures side by side: the lanes keep them apart.
    private static var batch: Check {
        Check(name: "ML-DSA-65 batches") {
            let key = try MLDSA.PrivateKey(seed: SecretBytes(counting(MLDSA.seedSize)), .mlDSA65)
            let verifier = try SignatureScheme.mlDSA65.verifyingKey(key.publicKey, .native)
            let good = try key.sign(message, context: context.bytes, randomness: .deterministic)
            var bad = good
            bad[100] ^= 1
            let checks = [good, bad, good].map { SignatureCheck(key: verifier, message: message, context: context, signature: $0) }
            return SignatureBatch.areValid(checks) == [true, false, true]
        }
    }

    /// A signature of a fresh key verifies, and one of another message does not.
    private static func isConsistent(
        _ scheme: SignatureScheme, _ key: any SigningKey, _ implementation: CryptoImplementation
    ) throws -> Bool {
        let verifier = try scheme.verifyingKey(key.publicKey, implementation)
        let signature = try key.sign(message, context: context)
        return verifier.isValid(signature, for: message, context: context)
            && !verifier.isValid(signature, for: message + [0], context: context)
    }

    /// SHA-256 of the signature of the known key, made without randomness; for ML-DSA the kernels' (the library only hedges).
    private static func deterministic(_ scheme: SignatureScheme, _ key: any SigningKey) throws -> String {
        if let parameters = MLDSA.ParameterSet.allCases.first(where: { $0.name == scheme.name }) {
            let key = try MLDSA.PrivateKey(seed: key.seed, parameters)
            return hex(SHA256.hash(data: try key.sign(message, context: context.bytes, randomness: .deterministic)))
        }
        return hex(SHA256.hash(data: try key.sign(message, context: context)))
    }

    /// SHA-256 of the public key, and of the deterministic signature where there is one.
    private static let answers: [SignatureSchemeIdentifier: (publicKey: String, signature: String?)] = [
        .mlDSA44: (
            "9f107644c1084526af3bc8098680b05499a2325a644e388fb4f970e058d19d46",
            "f738a0a48cae3c6850eb6073ce08fcb39aeb2c63497655f5f3210021a08171b1"
        ),
        .mlDSA65: (
            "d666806e11cee19a7c989f7445f90dd419cf4d2d51db8c0fdb4c0f0a542238c9",
            "c87f7d71b36ba20d71db0f495ed687c26475058cc9b8d4b73d61cc1317cc7d74"
        ),
        .mlDSA87: (
            "91dc389cfaa01470b7f66eee45a4ae9026d154817c754dfe22298b3fa241ffcd",
            "491677ccca6ee3c4bc48018d73021f87a72ee32b1d81e250c37c0c42ab97e517"
        ),
        .ed25519: (
            "56475aa75463474c0285df5dbf2bcab73da651358839e9b77481b2eab107708c",
            "4642a765222d27c3612c596e9b5e99c1b90af9435d84f0c0dad0ef7d3af5e90c"
        ),
        .slhDSASHA2With128f: ("f577b74987c6313ffa546b8885ca8450c7f427c20f0d9b52d166264016b8beba", nil),
        .slhDSASHA2With192f: ("305951b67f8a79021a7f6ad01ac0e4ecc111f7c8aeb07579741431f1e6cbe9d9", nil),
        .slhDSASHA2With256f: ("6aea562ed5cc1b0883f84bb6e198b32f0a00e62fc96da86efc1b199b4ab09a22", nil),
        .slhDSASHAKEWith128f: ("99197c0060fec43eaefd42ebb68848f66cf3b2db814670dee2ac5c37d4aade64", nil),
        .slhDSASHAKEWith192f: ("9fe0ba0705788e84b64e4b9135e57653f10d86f151fefd650148a345b31dc5a9", nil),
        .slhDSASHAKEWith256f: ("dd5905dec5af9c92a466e9bae1935ecdc05a4b714604999effae812b1ce3ae5e", nil),
        .ecdsaP384: ("9148d215f88455de22ba7ebb2a9976f1714d0354316afc1208e63ceddb770359", nil),
    ]

    private static func counting(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0) } }

    private static func hex<Bytes: Sequence>(_ bytes: Bytes) -> String where Bytes.Element == UInt8 { Hex.encode(Array(bytes)) }
}
