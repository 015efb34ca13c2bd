// Private keys at rest: scrypt over a passphrase, then AES-256-GCM, as JSON text whose public part is authenticated too.
// Bytes in, bytes out: reading and writing files is the caller's.

import Foundation

/// The private keys of one holder, sealed under a passphrase.
///
/// The text says in the clear whose keys they are, with their roles, schemes and public keys; all of that, and the parameters of
/// the key derivation, is bound to the ciphertext.
public struct KeyFile: Sendable {
    /// One key and what it is for.
    public struct Entry: Sendable {
        /// "consensus", "identity", "seat".
        public let role: String
        public let key: any SigningKey

        public init(role: String, key: any SigningKey) {
            self.role = role
            self.key = key
        }
    }

    /// What a key file tells without its passphrase. Not authenticated until the file is opened.
    public struct Summary: Sendable, Equatable {
        public struct Key: Sendable, Equatable {
            public let role: String
            public let scheme: SignatureSchemeIdentifier
            public let publicKey: [UInt8]
        }
        public let name: String
        public let chainID: Digest?
        public let keys: [Key]
        /// Public keys of `CompositeKEM`, newest first.
        public let sealingKeys: [[UInt8]]
        /// What it takes to try a passphrase.
        public let cost: KeyDerivation.ScryptCost
    }

    /// The only version of the format that there is.
    public static let format = "trellis/keys/1"
    /// The largest file that is looked at, in bytes.
    public static let maximumSize = 1 << 20
    /// The most keys in one file.
    public static let maximumKeys = 64
    /// The most sealing keys in one file.
    public static let maximumSealingKeys = 16

    public let name: String
    /// The chain that the keys serve; nil while that is not known.
    public let chainID: Digest?
    public let entries: [Entry]
    /// What opens envelopes that were sealed to the holder: the key in use first, then older ones.
    public let sealing: [CompositeKEM.PrivateKey]

    public init(name: String, chainID: Digest?, entries: [Entry], sealing: [CompositeKEM.PrivateKey] = []) {
        self.name = name
        self.chainID = chainID
        self.entries = entries
        self.sealing = sealing
    }

    /// Encrypts the keys: JSON text in UTF-8, ending in a newline.
    ///
    /// - Throws: `CryptoError.malformedKeyFile` for too many keys; `parametersRefused` if scrypt fails.
    public func sealed(passphrase: String, cost: KeyDerivation.ScryptCost = .standard) throws -> [UInt8] {
        try sealed(passphrase: SecretBytes(Array(passphrase.utf8)), cost: cost)
    }

    /// Encrypts the keys, with a passphrase that zeroes itself.
    public func sealed(passphrase: SecretBytes, cost: KeyDerivation.ScryptCost = .standard) throws -> [UInt8] {
        guard entries.count <= Self.maximumKeys else { throw CryptoError.malformedKeyFile("more than \(Self.maximumKeys) keys") }
        guard sealing.count <= Self.maximumSealingKeys else {
            throw CryptoError.malformedKeyFile("more than \(Self.maximumSealingKeys) sealing keys")
        }
        let salt = SecretBytes(random: 16).withBytes { Array($0) }
        let nonce = SecretBytes(random: AuthenticatedCipher.nonceSize).withBytes { Array($0) }
        let keys = try Self.deriveKeys(passphrase: passphrase, salt: salt, cost: cost)
        var envelope = KeyFileEnvelope(
            format: Self.format, name: name, chainID: chainID?.description,
            keys: try entries.map { entry in
                guard let scheme = SignatureScheme.identified(entry.key.scheme) else {
                    throw CryptoError.malformedKeyFile("unknown signature scheme \(entry.key.scheme.rawValue)")
                }
                return .init(role: entry.role, scheme: scheme.name, publicKey: Data(entry.key.publicKey).base64EncodedString())
            },
            sealingKeys: sealing.isEmpty ? nil : sealing.map { Data($0.publicKey).base64EncodedString() },
            derivation: .init(
                name: "scrypt", rounds: cost.rounds, blockSize: cost.blockSize, parallelism: cost.parallelism,
                salt: Data(salt).base64EncodedString(), check: Data(keys.check).base64EncodedString()),
            nonce: Data(nonce).base64EncodedString(), ciphertext: "")
        let seeds = SecretBytes(joining: entries.map(\.key.seed) + sealing.map(\.serialized))
        let sealed = try keys.cipher.seal(secret: seeds, nonce: nonce, associatedData: envelope.associatedData)
        envelope.ciphertext = Data(sealed).base64EncodedString()
        return try envelope.encoded()
    }

    /// Opens a key file and returns its keys, each checked against the public key that the file names.
    ///
    /// - Throws: `CryptoError.malformedKeyFile`, `parametersRefused`, `wrongPassphrase`, `keyFileAltered`.
    public static func open(_ bytes: [UInt8], passphrase: String) throws -> [Entry] {
        try KeyFile(opening: bytes, passphrase: passphrase).entries
    }

    /// Opens a key file whole.
    ///
    /// - Throws: `CryptoError.malformedKeyFile`, `parametersRefused`, `wrongPassphrase`, `keyFileAltered`.
    public init(opening bytes: [UInt8], passphrase: String) throws {
        try self.init(opening: bytes, passphrase: SecretBytes(Array(passphrase.utf8)))
    }

    /// Opens a key file whole, with a passphrase that zeroes itself.
    public init(opening bytes: [UInt8], passphrase: SecretBytes) throws {
        let envelope = try KeyFileEnvelope(bytes)
        let summary = try envelope.summary()
        let cost = try envelope.cost()
        let salt = try KeyFileEnvelope.base64(envelope.derivation.salt, "kdf.salt", sizes: 16...64)
        let check = try KeyFileEnvelope.base64(envelope.derivation.check, "kdf.check", sizes: 16...16)
        let nonce = try KeyFileEnvelope.base64(envelope.nonce, "nonce", sizes: 12...12)
        let ciphertext = try KeyFileEnvelope.base64(envelope.ciphertext, "ciphertext", sizes: 16...(1 << 16))
        let keys = try Self.deriveKeys(passphrase: passphrase, salt: salt, cost: cost)
        guard KeyDerivation.isEqual(keys.check, check) else { throw CryptoError.wrongPassphrase }
        let seeds: SecretBytes
        do {
            seeds = try keys.cipher.open(secret: ciphertext, nonce: nonce, associatedData: envelope.associatedData)
        } catch {
            throw CryptoError.keyFileAltered
        }
        name = summary.name
        chainID = summary.chainID
        (entries, sealing) = try Self.restore(summary, from: seeds)
    }

    /// Reads the public part, without a passphrase and without checking that it is what was written.
    ///
    /// - Throws: `CryptoError.malformedKeyFile`, `parametersRefused`.
    public static func summary(of bytes: [UInt8]) throws -> Summary {
        try KeyFileEnvelope(bytes).summary()
    }

    private static func restore(_ summary: Summary, from seeds: SecretBytes) throws -> ([Entry], [CompositeKEM.PrivateKey]) {
        var offset = 0
        let entries = try summary.keys.map { key in
            guard let scheme = SignatureScheme.identified(key.scheme) else { throw CryptoError.keyFileAltered }
            guard let seed = seeds.slice(offset..<offset + scheme.seedSize) else { throw CryptoError.keyFileAltered }
            offset += scheme.seedSize
            let restored = try scheme.signingKey(seed: seed)
            guard restored.publicKey == key.publicKey else { throw CryptoError.keyFileAltered }
            return Entry(role: key.role, key: restored)
        }
        let sealing = try summary.sealingKeys.map { publicKey in
            guard let serialized = seeds.slice(offset..<offset + CompositeKEM.privateKeySize) else { throw CryptoError.keyFileAltered }
            offset += CompositeKEM.privateKeySize
            let restored = try CompositeKEM.PrivateKey(serialized: serialized)
            guard restored.publicKey == publicKey else { throw CryptoError.keyFileAltered }
            return restored
        }
        guard offset == seeds.count else { throw CryptoError.keyFileAltered }
        return (entries, sealing)
    }

    /// 32 bytes for the cipher, and 16 that are published to tell a wrong passphrase from a changed file.
    private static func deriveKeys(
        passphrase: SecretBytes, salt: [UInt8], cost: KeyDerivation.ScryptCost
    ) throws -> (cipher: AuthenticatedCipher, check: [UInt8]) {
        let derived = try KeyDerivation.scrypt(passphrase: passphrase, salt: salt, cost: cost, count: 48)
        guard let key = derived.slice(0..<32), let check = derived.slice(32..<48) else {
            throw CryptoError.parametersRefused("the library gave another size")
        }
        return (AuthenticatedCipher(key: key), check.withBytes { Array($0) })
    }
}
