// What the storage tests share: a directory that goes away, seeded records, and a log's contents as a list.

import Foundation

@testable import TrellisStorage

/// A fresh directory of the real file system, removed with the last reference.
final class TemporaryDirectory {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("trellis-storage-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

func bytes(_ count: Int, _ random: inout SplitMix64) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count { bytes.append(littleEndian: random.next()) }
    return Array(bytes.prefix(count))
}

func records(_ count: Int, size: Int, seed: UInt64) -> [Record] {
    var random = SplitMix64(state: seed)
    return (0..<count).map { Record(kind: UInt8($0 % 7), payload: bytes(size, &random)) }
}

func all(_ log: SegmentLog, from position: LogPosition = .start) throws -> [Record] {
    var cursor = log.scan(from: position)
    var found: [Record] = []
    while let (_, record) = try cursor.next() { found.append(record) }
    return found
}

/// The error that `body` throws, if any.
func storageError(_ body: () throws -> Void) -> StorageError? {
    do {
        try body()
        return nil
    } catch {
        return error as? StorageError
    }
}

extension StorageError {
    var isCorrupt: Bool { if case .corrupt = self { true } else { false } }
    var isDiskFull: Bool { if case .diskFull = self { true } else { false } }
    var isPoisoned: Bool { if case .poisoned = self { true } else { false } }
}

let firstSegment = "log/0000000000.segment"
