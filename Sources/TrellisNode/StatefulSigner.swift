// A stateful signing key (LMS, XMSS) with its count on disk: for firmware, genesis and root ceremonies, never for votes. The pure signing is in
// TrellisCrypto, the count in TrellisStorage (whose SignatureCounter.swift says what it withstands); here they meet, so that no signature is
// made but of an index that was durably spent.

public import TrellisCrypto
import TrellisStorage

/// What keeps a stateful key from signing.
public enum StatefulSignerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// All one-time keys are spent.
    case exhausted(capacity: Int)
    /// The count was put back, or may have been: retire the key.
    case stateRolledBack(String)
    /// Another process, or another part of this one, holds the directory.
    case stateInUse(directory: String)
    /// The count is missing, damaged, or an earlier write of it failed.
    case damaged(String)
    /// The count is of another key.
    case otherKey(directory: String)
    /// There is a count already where a new one was to begin.
    case exists(directory: String)
    /// The key was made with a witness and is opened without, or the other way round.
    case witness(isExpected: Bool)
    /// The disk refused.
    case disk(String)

    init(_ error: SignatureCounterError) {
        self =
            switch error {
            case .exhausted(let capacity): .exhausted(capacity: Int(capacity))
            case .stateRolledBack: .stateRolledBack(error.description)
            case .stateInUse(let path, _): .stateInUse(directory: path)
            case .damaged: .damaged(error.description)
            case .otherKey(let path): .otherKey(directory: path)
            case .exists(let path): .exists(directory: path)
            case .witness(let isExpected): .witness(isExpected: isExpected)
            case .storage(let error): .disk(error.description)
            }
    }

    public var description: String {
        switch self {
        case .exhausted(let capacity): "all \(capacity) one-time keys are spent: retire the key"
        case .stateRolledBack(let text), .damaged(let text), .disk(let text): text
        case .stateInUse(let directory): "\(directory) is in use by another process"
        case .otherKey(let directory): "the count in \(directory) is of another key"
        case .exists(let directory): "there is a count in \(directory) already"
        case .witness(let isExpected): isExpected ? "this key has a witness, which is not given" : "this key was made without a witness"
        }
    }
}

/// A key that signs 1,024 times.
public final class StatefulSigner: Sendable {
    public let key: StatefulSigningKey
    private let counter: SignatureCounter

    private init(_ key: StatefulSigningKey, _ counter: SignatureCounter) {
        self.key = key
        self.counter = counter
    }

    /// Makes a new random key and begins its count in `directory`, and in `witness` if there is one: another directory, better on another
    /// device and outside of the backups of the first. The caller keeps `key.seed`, in one place only.
    ///
    /// There is no way to begin a count for a seed that exists: the count of a seed begins with it.
    ///
    /// - Throws: `StatefulSignerError` (`exists`, `stateInUse`, `disk`).
    public static func create(_ scheme: StatefulSignatureScheme, directory: String, witness: String?) throws -> StatefulSigner {
        let (disk, witnessDisk) = try places(directory, witness)
        let key = try StatefulSigningKey(scheme, seed: SecretBytes(random: scheme.seedSize))
        return StatefulSigner(
            key,
            try told {
                try SignatureCounter.create(
                    key: digest(of: key), capacity: UInt32(scheme.capacity), disk: disk, path: directory, witness: witnessDisk,
                    witnessPath: witness ?? "")
            })
    }

    /// Opens the key of a seed with its count. Both directories are held until this object goes.
    ///
    /// - Throws: `StatefulSignerError` (`stateInUse`, `stateRolledBack`, `damaged`, `otherKey`, `witness`, `disk`); `CryptoError.wrongSize`.
    public static func open(
        _ scheme: StatefulSignatureScheme, seed: SecretBytes, directory: String, witness: String?
    ) throws -> StatefulSigner {
        let (disk, witnessDisk) = try places(directory, witness)
        let key = try StatefulSigningKey(scheme, seed: seed)
        return StatefulSigner(
            key,
            try told {
                try SignatureCounter.open(
                    key: digest(of: key), disk: disk, path: directory, witness: witnessDisk, witnessPath: witness ?? "")
            })
    }

    /// How many signatures are left.
    public var remaining: Int { counter.remaining }

    /// Signs `message` for one purpose. The one-time key is spent, durably, before it is used; if anything fails after that, it is wasted.
    ///
    /// - Throws: `StatefulSignerError` (`exhausted`, `stateRolledBack`, `damaged`, `disk`); `CryptoError.signingFailed`.
    public func sign(_ message: [UInt8], context: Domain) throws -> [UInt8] {
        let index = OneTimeIndex(try Self.told { try counter.reserve() })
        let signature = try key.sign(message, context: context, with: index)
        // A signature made wrong by a fault could give away what a right one does not.
        guard key.scheme.isValid(signature, for: message, context: context, publicKey: key.publicKey) else {
            throw CryptoError.signingFailed(scheme: key.scheme.name)
        }
        return signature
    }

    private static func digest(of key: StatefulSigningKey) -> [UInt8] { HashSuite.sha256.hash(key.publicKey).bytes }

    private static func places(_ directory: String, _ witness: String?) throws -> (RealDisk, RealDisk?) {
        try told {
            do {
                return (try RealDisk(root: directory), try witness.map { try RealDisk(root: $0) })
            } catch let error as StorageError {
                throw SignatureCounterError(error)
            }
        }
    }

    /// The result of `body`, or its error in this room's terms.
    private static func told<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as SignatureCounterError {
            throw StatefulSignerError(error)
        }
    }
}
