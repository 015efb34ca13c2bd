// The JSON text of a key file: its fields, their bounds, and the bytes of it that the cipher authenticates.

import Foundation

struct KeyFileEnvelope: Codable {
    struct Key: Codable {
        let role: String
        let scheme: String
        let publicKey: String

        enum CodingKeys: String, CodingKey {
            case role, scheme
            case publicKey = "public_key"
        }
    }

    struct Derivation: Codable {
        let name: String
        let rounds: Int
        let blockSize: Int
        let parallelism: Int
        let salt: String
        let check: String

        enum CodingKeys: String, CodingKey {
            case name, salt, check
            case rounds = "n"
            case blockSize = "r"
            case parallelism = "p"
        }
    }

    let format: String
    let name: String
    let chainID: String?
    let keys: [Key]
    /// Nil where there are none: older files have no such member.
    var sealingKeys: [String]?
    let derivation: Derivation
    let nonce: String
    var ciphertext: String

    enum CodingKeys: String, CodingKey {
        case format, name, keys, nonce, ciphertext
        case chainID = "chain_id"
        case sealingKeys = "sealing_keys"
        case derivation = "kdf"
    }

    /// Everything but the ciphertext, as the strings stand in the file: each with a length of four bytes, the numbers as decimals.
    var associatedData: [UInt8] {
        var fields = [format, name, chainID == nil ? "0" : "1", chainID ?? "", String(keys.count)]
        for key in keys { fields += [key.role, key.scheme, key.publicKey] }
        fields += [derivation.name, String(derivation.rounds), String(derivation.blockSize), String(derivation.parallelism)]
        fields += [derivation.salt, derivation.check, nonce] + (sealingKeys ?? [])
        var bytes: [UInt8] = []
        for field in fields {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: field.utf8.count).bigEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: field.utf8)
        }
        return bytes
    }

    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { throw CryptoError.malformedKeyFile("it cannot be encoded") }
        return [UInt8](data) + [UInt8(ascii: "\n")]
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(format, forKey: .format)
        try container.encode(name, forKey: .name)
        try container.encode(chainID, forKey: .chainID)
        try container.encode(keys, forKey: .keys)
        try container.encodeIfPresent(sealingKeys, forKey: .sealingKeys)
        try container.encode(derivation, forKey: .derivation)
        try container.encode(nonce, forKey: .nonce)
        try container.encode(ciphertext, forKey: .ciphertext)
    }

    func cost() throws -> KeyDerivation.ScryptCost {
        guard derivation.name == "scrypt" else { throw CryptoError.malformedKeyFile("kdf.name is not \"scrypt\"") }
        return try KeyDerivation.ScryptCost(
            rounds: derivation.rounds, blockSize: derivation.blockSize, parallelism: derivation.parallelism)
    }

    func summary() throws -> KeyFile.Summary {
        guard keys.count <= KeyFile.maximumKeys else { throw CryptoError.malformedKeyFile("more than \(KeyFile.maximumKeys) keys") }
        guard (sealingKeys ?? []).count <= KeyFile.maximumSealingKeys, sealingKeys?.isEmpty != true else {
            throw CryptoError.malformedKeyFile("no sealing keys, or more than \(KeyFile.maximumSealingKeys)")
        }
        var chain: Digest?
        if let chainID {
            guard let digest = Digest(hex: chainID) else { throw CryptoError.malformedKeyFile("chain_id is not a digest in hexadecimal") }
            chain = digest
        }
        return KeyFile.Summary(
            name: name, chainID: chain,
            keys: try keys.map { key in
                guard let scheme = SignatureScheme.named(key.scheme) else {
                    throw CryptoError.malformedKeyFile("unknown signature scheme \"\(key.scheme.prefix(40))\"")
                }
                let size = scheme.publicKeySize
                let publicKey = try Self.base64(key.publicKey, "public_key of \(scheme.name)", sizes: size...size)
                return KeyFile.Summary.Key(role: key.role, scheme: scheme.identifier, publicKey: publicKey)
            },
            sealingKeys: try (sealingKeys ?? []).map {
                try Self.base64($0, "sealing_keys", sizes: CompositeKEM.publicKeySize...CompositeKEM.publicKeySize)
            }, cost: try cost())
    }

    /// Bytes in canonical base64 only, so that no character can change unnoticed.
    static func base64(_ text: String, _ field: String, sizes: ClosedRange<Int>) throws -> [UInt8] {
        guard let data = Data(base64Encoded: text), data.base64EncodedString() == text else {
            throw CryptoError.malformedKeyFile("\(field) is not base64")
        }
        guard sizes.contains(data.count) else { throw CryptoError.malformedKeyFile("\(field) has \(data.count) bytes") }
        return [UInt8](data)
    }
}

extension KeyFileEnvelope {
    init(_ bytes: [UInt8]) throws {
        guard bytes.count <= KeyFile.maximumSize else { throw CryptoError.malformedKeyFile("more than \(KeyFile.maximumSize) bytes") }
        do {
            self = try JSONDecoder().decode(KeyFileEnvelope.self, from: Data(bytes))
        } catch {
            throw CryptoError.malformedKeyFile("it is not JSON with the fields of a key file")
        }
        guard format == KeyFile.format else { throw CryptoError.malformedKeyFile("its format is not \"\(KeyFile.format)\"") }
    }
}
