// What can go wrong between the house and its disk, said with the facts a person needs to act. No recovery lives here.

/// The one error of this module.
public enum StorageError: Error, Equatable, Sendable {
    /// No space (or quota) left while writing `path`. Nothing acknowledged before is lost.
    case diskFull(path: String)
    /// A system call failed: `operation` on `path` with the platform's error number and its text.
    case inputOutput(path: String, operation: String, code: Int32, message: String)
    /// A file that must be there is not.
    case missing(path: String)
    /// Another process holds the data directory.
    case locked(path: String, holder: String)
    /// Bytes that were once acknowledged no longer match their checksum. `offset` is in bytes from the file's start.
    case corrupt(file: String, offset: Int, hint: String)
    /// The file does not begin with the magic of its kind.
    case foreignFormat(file: String, expected: String)
    /// The file was written by a later release.
    case newerFormat(file: String, found: UInt32, supported: UInt32)
    /// An earlier write or sync failed, so that what the disk holds is unknown: reads go on, writes refuse until a restart.
    case poisoned(path: String, cause: String)
    /// No committed record begins at this position.
    case noRecord(path: String, position: UInt64)
    /// One record, or one item, is larger (or other) than the file's format admits.
    case wrongSize(path: String, bytes: Int, limit: Int)
    /// An item beyond the end of a fixed array.
    case outOfRange(path: String, index: UInt64, count: UInt64)
    /// A value that may only grow was offered a smaller one.
    case regression(path: String, current: String, offered: String)
}

extension StorageError: CustomStringConvertible {
    /// One sentence: what happened, to which file.
    public var description: String {
        switch self {
        case .diskFull(let path): "no space left on the disk while writing \(path)"
        case .inputOutput(let path, let operation, let code, let message): "\(operation) of \(path) failed: \(message) (error \(code))"
        case .missing(let path): "\(path) is missing"
        case .locked(let path, let holder): "\(path) is in use by another process\(holder.isEmpty ? "" : " (\(holder))")"
        case .corrupt(let file, let offset, _): "\(file) is corrupt at byte \(offset)"
        case .foreignFormat(let file, let expected): "\(file) is not a \(expected) file"
        case .newerFormat(let file, let found, let supported):
            "\(file) has format version \(found); this release reads up to version \(supported)"
        case .poisoned(let path, let cause): "\(path) takes no more writes since an earlier one failed: \(cause)"
        case .noRecord(let path, let position): "\(path) has no record at position \(position)"
        case .wrongSize(let path, let bytes, let limit): "\(bytes) bytes do not fit \(path), whose limit is \(limit)"
        case .outOfRange(let path, let index, let count): "\(path) has \(count) items, none at \(index)"
        case .regression(let path, let current, let offered): "\(path) stands at \(current) and refuses to go back to \(offered)"
        }
    }

    /// What a person can do about it, if anything is to be done.
    public var hint: String? {
        switch self {
        case .diskFull: "free some space and start again; nothing that was acknowledged is lost"
        case .locked: "stop the other process, or choose another data directory"
        case .corrupt(_, _, let hint): hint
        case .foreignFormat: "check that the data directory belongs to this program"
        case .newerFormat: "start the release that wrote it, or a later one"
        case .poisoned: "look after the disk, then start again"
        default: nil
        }
    }
}
