// Succession: the old keys of a holder sign its new ones, and the new ones sign too, so that whoever trusts the old public keys can tell that
// the new ones are the same holder's. JSON text; it holds nothing secret.

import Foundation

/// A statement that new keys take the place of old ones, role by role, signed by both.
///
/// The bytes that every key signs, for the purpose "trellis/key-succession/1": each field with a u32 little-endian length: name, chain (or
/// nothing), and for each step: role, the old scheme's name, the old public key, the new scheme's name, the new public key. So no step can
/// be taken out, added or moved to another statement.
public struct KeySuccession: Sendable, Equatable {
    /// The only version of the format that there is.
    public static let format = "trellis/key-succession/1"
    /// The largest text that is looked at, in bytes.
    public static let maximumSize = 1 << 20

    /// One half of a step: a public key and its signature of the step.
    public struct Side: Sendable, Equatable {
        public let scheme: SignatureSchemeIdentifier
        public let publicKey: [UInt8]
        let signature: [UInt8]
    }

    /// The keys of one role.
    public struct Step: Sendable, Equatable {
        public let role: String
        public let old: Side
        public let new: Side
    }

    public let name: String
    public let chainID: Digest?
    public let steps: [Step]

    /// Lets every key of `new` take the place of the key of `old` with its role, in order.
    ///
    /// - Throws: `CryptoError.malformedSuccession` unless the roles, name and chain of both are the same; `signingFailed`.
    public init(from old: KeyFile, to new: KeyFile) throws {
        guard old.name == new.name, old.chainID == new.chainID, old.entries.map(\.role) == new.entries.map(\.role) else {
            throw CryptoError.malformedSuccession("the old keys and the new are of others, or for other roles")
        }
        name = old.name
        chainID = old.chainID
        let unsigned = zip(old.entries, new.entries).map { before, after in
            Step(role: before.role, old: Side(before.key, []), new: Side(after.key, []))
        }
        guard Self.areDistinct(unsigned) else {
            throw CryptoError.malformedSuccession("a role stands twice, or a key follows itself")
        }
        let statement = Self.statement(old.name, old.chainID, unsigned)
        steps = try zip(old.entries, new.entries).map { before, after in
            Step(
                role: before.role, old: Side(before.key, try before.key.sign(statement, context: .keySuccession)),
                new: Side(after.key, try after.key.sign(statement, context: .keySuccession)))
        }
    }

    /// Whether every key of every step signed the whole statement, in which no role stands twice and no key follows itself.
    public var isValid: Bool {
        let statement = Self.statement(name, chainID, steps)
        return !steps.isEmpty && Self.areDistinct(steps) && steps.allSatisfy { $0.old.signed(statement) && $0.new.signed(statement) }
    }

    private static func areDistinct(_ steps: [Step]) -> Bool {
        Set(steps.map(\.role)).count == steps.count && steps.allSatisfy { $0.old.publicKey != $0.new.publicKey }
    }

    private static func statement(_ name: String, _ chain: Digest?, _ steps: [Step]) -> [UInt8] {
        var writer = ByteWriter()
        writer.string(Array(name.utf8))
        writer.string(chain?.bytes ?? [])
        for step in steps {
            writer.string(Array(step.role.utf8))
            for side in [step.old, step.new] {
                writer.string(Array((SignatureScheme.identified(side.scheme)?.name ?? "").utf8))
                writer.string(side.publicKey)
            }
        }
        return writer.bytes
    }
}

extension KeySuccession.Side {
    fileprivate init(_ key: any SigningKey, _ signature: [UInt8]) {
        self.init(scheme: key.scheme, publicKey: key.publicKey, signature: signature)
    }

    fileprivate func signed(_ statement: [UInt8]) -> Bool {
        guard let key = try? SignatureScheme.identified(scheme)?.verifyingKey(publicKey) else { return false }
        return key.isValid(signature, for: statement, context: .keySuccession)
    }
}

// MARK: Text

extension KeySuccession {
    private struct Text: Codable {
        struct Side: Codable {
            let scheme: String
            let publicKey: String
            let signature: String

            enum CodingKeys: String, CodingKey {
                case scheme, signature
                case publicKey = "public_key"
            }
        }

        struct Step: Codable {
            let role: String
            let old: Side
            let new: Side
        }

        let format: String
        let name: String
        let chainID: String?
        let steps: [Step]

        enum CodingKeys: String, CodingKey {
            case format, name, steps
            case chainID = "chain_id"
        }
    }

    /// JSON text in UTF-8, ending in a newline.
    ///
    /// - Throws: `CryptoError.malformedSuccession` if a name cannot be encoded.
    public func encoded() throws -> [UInt8] {
        func text(_ side: Side) -> Text.Side {
            Text.Side(
                scheme: SignatureScheme.identified(side.scheme)?.name ?? "", publicKey: Data(side.publicKey).base64EncodedString(),
                signature: Data(side.signature).base64EncodedString())
        }
        let whole = Text(
            format: Self.format, name: name, chainID: chainID?.description,
            steps: steps.map { Text.Step(role: $0.role, old: text($0.old), new: text($0.new)) })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(whole) else { throw CryptoError.malformedSuccession("it cannot be encoded") }
        return [UInt8](data) + [UInt8(ascii: "\n")]
    }

    /// Reads a statement. That it was signed is for `isValid`.
    ///
    /// - Throws: `CryptoError.malformedSuccession`.
    public init(encoded bytes: [UInt8]) throws {
        guard bytes.count <= Self.maximumSize else { throw CryptoError.malformedSuccession("more than \(Self.maximumSize) bytes") }
        guard let text = try? JSONDecoder().decode(Text.self, from: Data(bytes)), text.format == Self.format else {
            throw CryptoError.malformedSuccession("it is not JSON of the format \(Self.format)")
        }
        guard (1...KeyFile.maximumKeys).contains(text.steps.count) else {
            throw CryptoError.malformedSuccession("it has \(text.steps.count) steps, not 1 to \(KeyFile.maximumKeys)")
        }
        name = text.name
        chainID = try text.chainID.map { hex in
            guard let digest = Digest(hex: hex) else { throw CryptoError.malformedSuccession("chain_id is not a digest in hexadecimal") }
            return digest
        }
        steps = try text.steps.map { Step(role: $0.role, old: try Self.side($0.old), new: try Self.side($0.new)) }
    }

    private static func side(_ text: Text.Side) throws -> Side {
        guard let scheme = SignatureScheme.named(text.scheme) else { throw CryptoError.malformedSuccession("unknown signature scheme") }
        guard let key = Data(base64Encoded: text.publicKey), key.count == scheme.publicKeySize,
            let signature = Data(base64Encoded: text.signature), signature.count <= scheme.signatureSize
        else { throw CryptoError.malformedSuccession("a key or a signature is not base64 of its size") }
        return Side(scheme: scheme.identifier, publicKey: [UInt8](key), signature: [UInt8](signature))
    }
}

extension Domain {
    static let keySuccession = Domain("trellis/key-succession/1")
}
