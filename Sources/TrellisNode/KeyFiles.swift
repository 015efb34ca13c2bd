// The key files of validators: which roles they hold, and what is wrong with one that cannot be used.

public import TrellisCrypto
import TrellisModel

public enum KeyFileError: Error, Sendable, CustomStringConvertible {
    case unreadable(path: String, reason: String)
    case openToOthers(path: String)
    case ownedByAnother(path: String, owner: UInt32)
    case refused(path: String, reason: String)
    case missingRole(path: String, role: String)
    case exists(path: String)

    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "cannot read \(path): \(reason)"
        case .openToOthers(let path): "\(path) can be read by others"
        case .ownedByAnother(let path, let owner): "\(path) belongs to the user \(owner)"
        case .refused(let path, let reason): "\(path): \(reason)"
        case .missingRole(let path, let role): "\(path) has no key for the role '\(role)'"
        case .exists(let path): "\(path) exists already"
        }
    }

    /// What a person may do about it; nil where that is plain.
    public var hint: String? {
        switch self {
        case .unreadable: nil
        case .openToOthers(let path): "chmod 600 \(path); and if others may have read it, change its passphrase and its keys"
        case .ownedByAnother(let path, _): "run as that user, or: chown \"$(id -u)\" \(path)"
        case .refused: nil
        case .missingRole: "'trellis keys show' tells what a key file holds"
        case .exists: "key files are never written over; choose another name"
        }
    }
}

public enum KeyFiles {
    private enum Role {
        static let consensus = "consensus"
        static let identity = "identity"
        static let seat = "seat"
        /// Of a seat in a council of its own: `seat:COUNCIL/SEAT`.
        static func seat(_ council: String, _ seat: String) -> String { "\(Role.seat):\(council)/\(seat)" }
    }

    /// The roles that a validator's key file has.
    public static let validatorRoles = [Role.consensus, Role.identity, Role.seat]

    /// The role of a key in a key file.
    static func seatRole(_ council: String, _ seat: String) -> String { Role.seat(council, seat) }

    /// Encrypts a validator's keys into a new file.
    public static func write(_ keys: ValidatorKeys, name: String, chain: Digest, to path: String, passphrase: String) throws {
        let entries =
            [
                KeyFile.Entry(role: Role.consensus, key: keys.consensus), KeyFile.Entry(role: Role.identity, key: keys.identity),
                KeyFile.Entry(role: Role.seat, key: keys.seat),
            ] + keys.councilSeats.map { KeyFile.Entry(role: $0.role, key: $0.key) }
        try SecretFiles.write(
            try KeyFile(name: name, chainID: chain, entries: entries, sealing: keys.sealing).sealed(passphrase: passphrase), to: path)
    }

    /// Opens a validator's key file. Throws `KeyFileError` that tells a wrong passphrase from a damaged file, and from keys that were made
    /// for another chain.
    public static func read(_ path: String, passphrase: SecretBytes, chain: Digest) throws(KeyFileError) -> ValidatorKeys {
        let bytes = try SecretFiles.read(path)
        let file: KeyFile
        do {
            file = try KeyFile(opening: bytes, passphrase: passphrase)
        } catch {
            throw .refused(path: path, reason: "\(error)")
        }
        if let found = file.chainID, found != chain {
            throw .refused(path: path, reason: "made for chain \(found), but genesis is of chain \(chain)")
        }
        let entries = file.entries
        func key(_ role: String) throws(KeyFileError) -> any SigningKey {
            guard let entry = entries.first(where: { $0.role == role }) else { throw .missingRole(path: path, role: role) }
            return entry.key
        }
        let seats = entries.filter { $0.role.hasPrefix(Role.seat + ":") }.map { ValidatorKeys.CouncilSeat(role: $0.role, key: $0.key) }
        return ValidatorKeys(
            consensus: try key(Role.consensus), identity: try key(Role.identity), seat: try key(Role.seat), councilSeats: seats,
            sealing: file.sealing)
    }
}
