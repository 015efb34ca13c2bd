// The little that the store asks of a disk. A real disk and a simulated one stand behind it; nothing above it knows which.

/// A directory tree. Paths are relative to its root, with `/` between names.
///
/// Files come into being by `replace` alone, whole and durable, so that no reader ever meets half a header.
public protocol Disk: Sendable {
    /// Makes the directory and its parents, durably; no error if it is there.
    func createDirectory(_ path: String) throws(StorageError)
    /// The names of the files in a directory, sorted; none if the directory does not exist.
    func list(_ directory: String) throws(StorageError) -> [String]
    /// Whether a file stands at `path`.
    func exists(_ path: String) throws(StorageError) -> Bool
    /// Opens an existing file for reading and writing. Throws `missing` if there is none.
    func open(_ path: String) throws(StorageError) -> any DiskFile
    /// Puts a file with these bytes at `path`, in place of any other: after a crash the old or the new one is there, whole.
    func replace(_ path: String, with bytes: [UInt8]) throws(StorageError)
    /// Removes a file; no error if there is none. Durable after `syncDirectory`. Files already open stay readable.
    func remove(_ path: String) throws(StorageError)
    /// Makes removals in the directory durable.
    func syncDirectory(_ path: String) throws(StorageError)
    /// Sixty-four bits that no peer can foresee, for checksum salts.
    func salt() -> UInt64
}

/// One open file. Reads may run beside each other and beside one writer.
public protocol DiskFile: AnyObject, Sendable {
    /// Its path, relative to the disk's root.
    var path: String { get }
    /// Its size in bytes.
    func size() throws(StorageError) -> Int
    /// Up to `count` bytes from `offset`; fewer only at the end of the file.
    func read(at offset: Int, count: Int) throws(StorageError) -> [UInt8]
    /// Writes all the bytes at `offset`, or throws after having written some of them. Durable after `sync`.
    func write(_ bytes: [UInt8], at offset: Int) throws(StorageError)
    /// Makes everything written durable (fdatasync).
    func sync() throws(StorageError)
    /// Cuts the file at `size` bytes. Durable after `sync`.
    func truncate(to size: Int) throws(StorageError)
    /// What tells this file, as it was last changed, from a copy of it; nil if the disk knows no such thing.
    func stamp() throws(StorageError) -> FileStamp?
}

/// The number of a file in its file system, and when it was last changed, by the file system's own account, which a copy does not carry over.
public struct FileStamp: Hashable, Sendable {
    let number: UInt64
    let seconds: UInt64
    let nanoseconds: UInt64
}

extension DiskFile {
    public func stamp() throws(StorageError) -> FileStamp? { nil }
}

extension Disk {
    /// The whole of a file.
    func contents(_ path: String) throws(StorageError) -> [UInt8] {
        let file = try open(path)
        return try file.read(at: 0, count: file.size())
    }
}
