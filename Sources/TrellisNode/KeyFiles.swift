// Key files and passphrases on disk: written 0600 and synced, refused when others can read them.

import Foundation
import Glibc
public import TrellisCrypto
import TrellisModel

public enum KeyFileError: Error, Sendable, CustomStringConvertible {
    case unreadable(path: String, reason: String)
    case openToOthers(path: String)
    case refused(path: String, reason: String)
    case missingRole(path: String, role: String)
    case exists(path: String)

    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "cannot read \(path): \(reason)"
        case .openToOthers(let path): "\(path) can be read by others; run: chmod 600 \(path)"
        case .refused(let path, let reason): "\(path): \(reason)"
        case .missingRole(let path, let role): "\(path) has no key for the role '\(role)'"
        case .exists(let path): "\(path) exists already"
        }
    }
}

public enum KeyFiles {
    private enum Role {
        static let consensus = "consensus"
        static let identity = "identity"
        static let seat = "seat"
    }

    /// Writes `bytes` to a new file that only its owner can read.
    public static func writeSecret(_ bytes: [UInt8], to path: String) throws(KeyFileError) {
        let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST { throw .exists(path: path) }
            throw .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
    }

    /// Reads a file of at most `limit` bytes that nobody but its owner may read.
    public static func readSecret(_ path: String, limit: Int = KeyFile.maximumSize) throws(KeyFileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
        guard information.st_mode & 0o077 == 0 else { throw .openToOthers(path: path) }
        guard information.st_mode & S_IFMT == S_IFREG, information.st_size <= limit else {
            throw .unreadable(path: path, reason: "not a file of at most \(limit) bytes")
        }
        var bytes = [UInt8](repeating: 0, count: Int(information.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress?.advanced(by: filled), $0.count - filled) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .unreadable(path: path, reason: "it became shorter while it was read") }
            filled += count
        }
        return bytes
    }

    /// Encrypts a validator's keys into a new file.
    public static func write(_ keys: ValidatorKeys, name: String, chain: Digest, to path: String, passphrase: String) throws {
        let entries = [
            KeyFile.Entry(role: Role.consensus, key: keys.consensus), KeyFile.Entry(role: Role.identity, key: keys.identity),
            KeyFile.Entry(role: Role.seat, key: keys.seat),
        ]
        try writeSecret(try KeyFile(name: name, chainID: chain, entries: entries).sealed(passphrase: passphrase), to: path)
    }

    /// Opens a validator's key file. Throws `KeyFileError` that tells a wrong passphrase from a damaged file, and from keys that were made
    /// for another chain.
    public static func read(_ path: String, passphrase: String, chain: Digest) throws(KeyFileError) -> ValidatorKeys {
        let bytes = try readSecret(path)
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
        return ValidatorKeys(consensus: try key(Role.consensus), identity: try key(Role.identity), seat: try key(Role.seat))
    }
}
