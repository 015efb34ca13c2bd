// Reading and writing the files that commands name, with bounds and with errors that say which file.

import Foundation
import TrellisModel

enum Files {
    /// The bytes of a file; of standard input for `-`. Ends with a usage failure when it cannot be read or is larger than `limit`.
    static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        let handle: FileHandle
        if path == "-" {
            handle = .standardInput
        } else {
            guard !isDirectory(path), let opened = FileHandle(forReadingAtPath: path) else {
                throw Failure("cannot read \(path)", hint: "is the path right, and may you read it?", code: Exit.usage)
            }
            handle = opened
        }
        var bytes: [UInt8] = []
        do {
            while bytes.count <= limit, let chunk = try handle.read(upToCount: 1 << 16), !chunk.isEmpty { bytes.append(contentsOf: chunk) }
        } catch {
            throw Failure("cannot read \(path): \(error.localizedDescription)", code: Exit.usage)
        }
        guard bytes.count <= limit else { throw Failure("\(path) is larger than \(limit) bytes", code: Exit.usage) }
        return bytes
    }

    static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw Failure("cannot write \(path): \(error.localizedDescription)")
        }
    }

    static func isFile(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory.boolValue
    }

    static func isDirectory(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }

    static func genesis(_ path: String) throws(Failure) -> Genesis {
        let bytes = try read(path, limit: Genesis.fileBytesMaximum)
        do {
            return try Genesis(json: bytes)
        } catch {
            throw Failure("\(path): \(error)", hint: "'trellis dev' and 'trellis network init' write genesis.json", code: Exit.usage)
        }
    }
}
