// Files that hold secrets: written for their owner alone and synced, replaced without a moment in which neither the old nor the new is
// there, refused where others could read them.

import Foundation
import Glibc
public import TrellisCrypto

public enum SecretFiles {
    /// The longest passphrase that is read from a file, in bytes.
    public static let passphraseSizeMaximum = 4096

    /// Writes `bytes` to a new file that only its owner can read.
    public static func write(_ bytes: [UInt8], to path: String) throws(KeyFileError) {
        try create(path, with: bytes)
        try syncDirectory(of: path)
    }

    /// Puts `bytes` in the place of a file's: writes and syncs a file of a name of its own beside it, then renames. Whatever happens, the path
    /// leads to all of the old bytes or all of the new, also when several do it at once. The file's owner stays its owner, and where the path
    /// is a link, it stays one. What a crash leaves behind is named `.FILE.….new`.
    public static func replace(_ link: String, with bytes: [UInt8]) throws(KeyFileError) {
        guard let resolved = realpath(link, nil) else { throw failure(link) }
        defer { free(resolved) }
        let path = String(cString: resolved)
        var old = stat()
        guard stat(path, &old) == 0 else { throw failure(path) }
        let folder = open(Self.folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure(path) }
        defer { close(folder) }
        // One at a time: closing lets go of the lock.
        guard flock(folder, LOCK_EX) == 0 else { throw failure(path) }
        let tag = Hex.encode(SecretBytes(random: 8).withBytes { Array($0) })
        let name = path.split(separator: "/").last ?? "keys"
        let new = "\(Self.folder(of: path))/.\(name).\(tag).new"
        try create(new, with: bytes, owner: (old.st_uid, old.st_gid))
        guard rename(new, path) == 0 else {
            let error = failure(path)
            unlink(new)
            throw error
        }
        try syncDirectory(of: path)
    }

    /// Reads a file of at most `limit` bytes that nobody but its owner may read.
    public static func read(_ path: String, limit: Int = KeyFile.maximumSize) throws(KeyFileError)
        -> [UInt8]
    {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { throw failure(path) }
        guard information.st_mode & S_IFMT == S_IFREG, information.st_size <= limit else {
            throw .unreadable(path: path, reason: "not a file of at most \(limit) bytes")
        }
        guard information.st_mode & 0o077 == 0 else { throw .openToOthers(path: path) }
        guard information.st_uid == geteuid() || geteuid() == 0 else {
            throw .ownedByAnother(path: path, owner: information.st_uid)
        }
        var bytes = [UInt8](repeating: 0, count: Int(information.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress?.advanced(by: filled), $0.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw .unreadable(path: path, reason: "it became shorter while it was read")
            }
            filled += count
        }
        return bytes
    }

    /// The passphrase in a file: its text without line ends before and behind it.
    public static func readPassphrase(_ path: String) throws(KeyFileError) -> SecretBytes {
        var bytes = try read(path, limit: passphraseSizeMaximum)
        defer { SecretBytes.erase(&bytes) }
        let isText = { (byte: UInt8) in byte != UInt8(ascii: "\n") && byte != UInt8(ascii: "\r") }
        guard let start = bytes.firstIndex(where: isText), let end = bytes.lastIndex(where: isText)
        else { return SecretBytes([]) }
        return bytes.withUnsafeBytes { SecretBytes(UnsafeRawBufferPointer(rebasing: $0[start...end])) }
    }

    private static func create(
        _ path: String, with bytes: [UInt8], owner: (user: uid_t, group: gid_t)? = nil
    ) throws(KeyFileError) {
        let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST { throw .exists(path: path) }
            throw failure(path)
        }
        defer { close(descriptor) }
        do {
            try fill(descriptor, with: bytes, owner: owner, path)
        } catch {
            // It is this call's own: O_EXCL made it.
            unlink(path)
            throw error
        }
    }

    private static func fill(
        _ descriptor: Int32, with bytes: [UInt8], owner: (user: uid_t, group: gid_t)?, _ path: String
    ) throws(KeyFileError) {
        if let owner, owner.user != geteuid(), fchown(descriptor, owner.user, owner.group) != 0 { throw failure(path) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(path) }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw failure(path) }
    }

    private static func syncDirectory(of path: String) throws(KeyFileError) {
        let folder = folder(of: path)
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(folder) }
    }

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    private static func failure(_ path: String) -> KeyFileError {
        .unreadable(path: path, reason: String(cString: strerror(errno)))
    }
}
