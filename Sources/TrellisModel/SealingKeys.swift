// The keys to which requests are sealed: each validator's, signed with the consensus key that genesis has of it, so that whoever hands them
// out cannot swap one. They are not in genesis: a key that was in use can be replaced, and destroyed, on the same chain.

import FoundationEssentials
public import TrellisCrypto

/// A validator's sealing key, and its signature.
public struct SealingKey: Sendable, Equatable {
    public let validator: ValidatorIndex
    /// By the validator's clock.
    public let issued: Milliseconds
    /// Of `CompositeKEM`: ML-KEM-768, then P-384.
    public let publicKey: [UInt8]
    public let signature: [UInt8]

    init(validator: ValidatorIndex, issued: Milliseconds, publicKey: [UInt8], signature: [UInt8]) {
        self.validator = validator
        self.issued = issued
        self.publicKey = publicKey
        self.signature = signature
    }

    /// Signs a key with the validator's consensus key.
    public init(
        _ publicKey: [UInt8], of validator: ValidatorIndex, issued: Milliseconds, signedBy key: any SigningKey, chain: Digest, epoch: Epoch
    ) throws {
        let digest = Self.signedDigest(chain: chain, epoch: epoch, validator: validator, issued: issued, publicKey: publicKey)
        self.init(
            validator: validator, issued: issued, publicKey: publicKey, signature: try key.sign(digest.bytes, context: .sealingKey))
    }

    /// T("trellis/sealing-key/1", chain, epoch u64, validator u32, issued u64, key), SHA-256; signed under the same domain as context.
    private static func signedDigest(
        chain: Digest, epoch: Epoch, validator: ValidatorIndex, issued: Milliseconds, publicKey: [UInt8]
    ) -> Digest {
        var encoder = WireEncoder()
        encoder.u64(epoch)
        encoder.u32(validator)
        encoder.u64(issued)
        return HashSuite.sha256.tagged(.sealingKey, [chain.bytes, encoder.bytes, publicKey])
    }

    func check(in committee: Committee) -> SignatureCheck? {
        guard let validator = committee.validator(validator) else { return nil }
        let digest = Self.signedDigest(
            chain: committee.chain, epoch: committee.epoch, validator: self.validator, issued: issued, publicKey: publicKey)
        return SignatureCheck(key: validator.key, message: digest.bytes, context: .sealingKey, signature: signature)
    }
}

/// Why a file of sealing keys is not to be used.
public enum SealingKeysError: Error, Sendable, Equatable, CustomStringConvertible {
    case unreadable(String)
    case otherChain(expected: Digest, found: String)
    /// Not a validator of genesis, or out of order.
    case unknownValidator(ValidatorIndex)
    case notAKey(ValidatorIndex)
    case notSigned(ValidatorIndex)

    public var description: String {
        switch self {
        case .unreadable(let reason): "not a file of sealing keys: \(reason)"
        case .otherChain(let expected, let found): "the sealing keys are of chain \(found), not of \(expected)"
        case .unknownValidator(let index): "genesis has no validator \(index) of this name, or it is listed twice or out of order"
        case .notAKey(let index): "the sealing key of validator \(index) is none"
        case .notSigned(let index): "the sealing key of validator \(index) is not signed by it"
        }
    }
}

/// The sealing keys of some or all validators, every one of them signed.
public struct SealingKeys: Sendable {
    public static let format = "trellis/sealing-keys/1"

    public let committee: Committee
    /// Ascending by validator.
    public private(set) var keys: [SealingKey] = []

    public init(committee: Committee) { self.committee = committee }

    /// No file of a committee is larger.
    public static func fileBytesMaximum(_ committee: Committee) -> Int {
        4096
            + committee.validators.reduce(0) {
                $0 + 2 * (CompositeKEM.publicKeySize + $1.scheme.signatureSize) + 8 * $1.name.utf8.count + 512
            }
    }

    public subscript(_ validator: ValidatorIndex) -> SealingKey? { keys.first { $0.validator == validator } }

    /// Public keys by validator.
    public var publicKeys: [ValidatorIndex: [UInt8]] {
        Dictionary(keys.map { ($0.validator, $0.publicKey) }, uniquingKeysWith: { first, _ in first })
    }

    /// Puts a key in the place of the one that its validator had. One that is not signed by it is not taken.
    public mutating func insert(_ key: SealingKey) {
        guard let check = key.check(in: committee), SignatureBatch.areValid([check]) == [true] else { return }
        keys.removeAll { $0.validator == key.validator }
        keys.insert(key, at: keys.firstIndex { $0.validator > key.validator } ?? keys.endIndex)
    }

    // MARK: File

    private struct File: Codable {
        struct Key: Codable {
            var validator: UInt32
            var name: String
            var issuedMs: UInt64
            var mlKem768: Data
            var p384: Data
            var signature: Data

            enum CodingKeys: String, CodingKey {
                case validator, name, signature, p384
                case issuedMs = "issued_ms"
                case mlKem768 = "ml_kem_768"
            }
        }

        var format: String
        var chainId: String
        var epoch: UInt64
        var algorithm: String
        var keys: [Key]

        enum CodingKeys: String, CodingKey {
            case format, epoch, algorithm, keys
            case chainId = "chain_id"
        }
    }

    private static let latticeSize = MLKEM.ParameterSet.mlKEM768.publicKeySize

    /// The file, which is what `GET /v1/keys` answers.
    public var json: [UInt8] {
        let file = File(
            format: Self.format, chainId: committee.chain.description, epoch: committee.epoch, algorithm: CompositeKEM.name,
            keys: keys.map {
                File.Key(
                    validator: $0.validator, name: committee.validator($0.validator)?.name ?? "", issuedMs: $0.issued,
                    mlKem768: Data($0.publicKey.prefix(Self.latticeSize)), p384: Data($0.publicKey.dropFirst(Self.latticeSize)),
                    signature: Data($0.signature))
            })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(file)).map { Array($0) + [UInt8(ascii: "\n")] } ?? []
    }

    /// Reads a file and checks every key in it against genesis: it is of this chain and epoch, and each key is signed by its validator.
    public init(json: [UInt8], committee: Committee) throws(SealingKeysError) {
        guard json.count <= Self.fileBytesMaximum(committee) else { throw .unreadable("too large for this committee") }
        let file: File
        do { file = try JSONDecoder().decode(File.self, from: Data(json)) } catch { throw .unreadable("not JSON with its members") }
        guard file.format == Self.format, file.algorithm == CompositeKEM.name else { throw .unreadable("another format or algorithm") }
        guard file.chainId == committee.chain.description, file.epoch == committee.epoch else {
            throw .otherChain(expected: committee.chain, found: "\(file.chainId), epoch \(file.epoch)")
        }
        var checks: [SignatureCheck] = []
        for entry in file.keys {
            let key = SealingKey(
                validator: entry.validator, issued: entry.issuedMs, publicKey: Array(entry.mlKem768 + entry.p384),
                signature: Array(entry.signature))
            guard keys.last.map({ $0.validator < key.validator }) ?? true, let check = key.check(in: committee),
                committee.validator(key.validator)?.name == entry.name
            else { throw .unknownValidator(key.validator) }
            guard entry.mlKem768.count == Self.latticeSize, key.publicKey.count == CompositeKEM.publicKeySize else {
                throw .notAKey(key.validator)
            }
            keys.append(key)
            checks.append(check)
        }
        self.committee = committee
        for (key, isValid) in zip(keys, SignatureBatch.areValid(checks)) where !isValid { throw .notSigned(key.validator) }
    }
}

extension Domain {
    static let sealingKey = Domain("trellis/sealing-key/1")
}
