// The real disk: plain system calls under one directory, held by one process at a time. No format and no policy lives here.

import Glibc

/// A directory of the file system, held by `flock` on its `LOCK` file until `release`, or for as long as this object lives.
public final class RealDisk: Disk {
    /// The directory, as given.
    public let root: String
    private let lock: Int32

    /// Makes the directory if need be and holds it.
    /// - Throws: `locked` if another process (or another `RealDisk`) holds it.
    public init(root: String) throws(StorageError) {
        self.root = root
        try makeDirectories(root)
        let path = root + "/LOCK"
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("open", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            var holder = [UInt8](repeating: 0, count: 32)
            let length = pread(descriptor, &holder, holder.count, 0)
            close(descriptor)
            guard code == EWOULDBLOCK else { throw failure("lock", path, code: code) }
            throw .locked(path: root, holder: String(decoding: holder.prefix(max(0, length)), as: UTF8.self))
        }
        // The holder's name is for people only: a full disk must not keep the directory from being opened.
        let holder = Array("process \(getpid())".utf8)
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, holder, holder.count, 0) }
        lock = descriptor
    }

    deinit {
        close(lock)
    }

    /// Lets another holder have the directory. The caller writes nothing more.
    public func release() {
        _ = flock(lock, LOCK_UN)
    }

    public func createDirectory(_ path: String) throws(StorageError) {
        try makeDirectories(full(path))
    }

    public func list(_ directory: String) throws(StorageError) -> [String] {
        guard let stream = opendir(full(directory)) else {
            if errno == ENOENT { return [] }
            throw failure("list", full(directory))
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            guard entry.pointee.d_type != UInt8(DT_DIR) else { continue }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasSuffix(Self.temporarySuffix) { names.append(name) }
        }
        return names.sorted()
    }

    public func exists(_ path: String) throws(StorageError) -> Bool {
        if access(full(path), F_OK) == 0 { return true }
        if errno == ENOENT || errno == ENOTDIR { return false }
        throw failure("look-up", full(path))
    }

    public func open(_ path: String) throws(StorageError) -> any DiskFile {
        let descriptor = Glibc.open(full(path), O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { throw .missing(path: full(path)) }
            throw failure("open", full(path))
        }
        return RealFile(path: path, name: full(path), descriptor: descriptor)
    }

    public func replace(_ path: String, with bytes: [UInt8]) throws(StorageError) {
        let target = full(path)
        let temporary = target + Self.temporarySuffix
        let descriptor = Glibc.open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("create", temporary) }
        let file = RealFile(path: path, name: temporary, descriptor: descriptor)
        do throws(StorageError) {
            try file.write(bytes, at: 0)
            guard fsync(descriptor) == 0 else { throw failure("sync", temporary) }
            guard rename(temporary, target) == 0 else { throw failure("rename", target) }
        } catch {
            unlink(temporary)
            throw error
        }
        try syncDirectory(parent(of: path))
    }

    public func remove(_ path: String) throws(StorageError) {
        guard unlink(full(path)) == 0 || errno == ENOENT else { throw failure("remove", full(path)) }
    }

    public func syncDirectory(_ path: String) throws(StorageError) {
        try syncDirectoryEntry(full(path))
    }

    public func salt() -> UInt64 {
        UInt64.random(in: .min ... .max)
    }

    private static let temporarySuffix = ".temporary"

    private func full(_ path: String) -> String {
        path.isEmpty ? root : root + "/" + path
    }
}

/// A file descriptor, closed with its last reference.
private final class RealFile: DiskFile {
    let path: String
    private let name: String
    private let descriptor: Int32

    init(path: String, name: String, descriptor: Int32) {
        self.path = path
        self.name = name
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    func size() throws(StorageError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("stat", name) }
        return Int(status.st_size)
    }

    func stamp() throws(StorageError) -> FileStamp? {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("stat", name) }
        return FileStamp(
            number: UInt64(status.st_ino), seconds: UInt64(bitPattern: Int64(status.st_ctim.tv_sec)),
            nanoseconds: UInt64(bitPattern: Int64(status.st_ctim.tv_nsec)))
    }

    func read(at offset: Int, count: Int) throws(StorageError) -> [UInt8] {
        guard count > 0 else { return [] }
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let length = pread(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
                if length < 0 && errno == EINTR { continue }
                if length < 0 { code = errno }
                if length <= 0 { return }
                filled += length
            }
        }
        guard code == 0 else { throw failure("read", name, code: code) }
        return bytes
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) {
        let code: Int32 = bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let length = pwrite(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written, off_t(offset + written))
                if length < 0 && errno == EINTR { continue }
                if length < 0 { return errno }
                if length == 0 { return ENOSPC }
                written += length
            }
            return 0
        }
        guard code == 0 else { throw failure("write", name, code: code) }
    }

    func sync() throws(StorageError) {
        guard fdatasync(descriptor) == 0 else { throw failure("sync", name) }
    }

    func truncate(to size: Int) throws(StorageError) {
        while ftruncate(descriptor, off_t(size)) != 0 {
            guard errno == EINTR else { throw failure("truncate", name) }
        }
    }
}

private func failure(_ operation: String, _ path: String, code: Int32 = errno) -> StorageError {
    if code == ENOSPC || code == EDQUOT { return .diskFull(path: path) }
    return .inputOutput(path: path, operation: operation, code: code, message: String(cString: strerror(code)))
}

private func syncDirectoryEntry(_ path: String) throws(StorageError) {
    let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("sync", path) }
}

/// Makes `path` and its parents, and makes each new entry durable in its parent.
private func makeDirectories(_ path: String) throws(StorageError) {
    if path.isEmpty || access(path, F_OK) == 0 { return }
    let above = path.hasPrefix("/") && parent(of: path).isEmpty ? "/" : parent(of: path)
    try makeDirectories(above)
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("create", path) }
    try syncDirectoryEntry(above.isEmpty ? "." : above)
}

private func parent(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
}
