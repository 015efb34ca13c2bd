// Fixed arrays, the high-water mark and snapshots.

import Testing

@testable import TrellisStorage

@Suite struct FixedArrayFileTests {
    @Test func itemsComeBackFromBufferAndFile() throws {
        let directory = try TemporaryDirectory()
        for disk in [try RealDisk(root: directory.path), SimulatedDisk()] as [any Disk] {
            var random = SplitMix64(state: 1)
            let items = (0..<20_000).map { _ in bytes(32, &random) }
            let array = try FixedArrayFile(disk: disk, path: "nodes", itemSize: 32)
            for item in items { try array.append(item) }
            #expect(array.count == 20_000)
            for index in stride(from: 0, to: 20_000, by: 777) { #expect(try array.read(UInt64(index)) == items[index]) }
            // Across the border between what is in the file and what is buffered.
            #expect(try array.read(10_000, count: 10_000) == Array(items[10_000...].joined()))
            #expect(try array.read(20_000, count: 0).isEmpty)
            for (index, count) in [(20_000, 1), (19_999, 2), (0, 20_001), (0, -1)] as [(UInt64, Int)] {
                #expect(storageError { _ = try array.read(index, count: count) } == .outOfRange(path: "nodes", index: index, count: 20_000))
            }
            #expect(storageError { _ = try array.read(.max) } != nil)
            #expect(storageError { try array.append([1]) } == .wrongSize(path: "nodes", bytes: 1, limit: 32))
            try array.sync()
            try array.truncate(count: 15_000)
            try array.truncate(count: 16_000)
            try array.append(items[0])
            try array.flush()
            let again = try FixedArrayFile(disk: disk, path: "nodes", itemSize: 32)
            #expect(again.count == 15_001)
            #expect(try again.read(15_000) == items[0])
            #expect(try again.read(14_999) == items[14_999])
            #expect(storageError { _ = try FixedArrayFile(disk: disk, path: "nodes", itemSize: 8) }?.isCorrupt == true)
        }
    }

    @Test func itemsUpToTheLastSyncSurviveACrash() throws {
        for seed in 0..<UInt64(50) {
            let disk = SimulatedDisk(seed: seed)
            let array = try FixedArrayFile(disk: disk, path: "nodes", itemSize: 8)
            for index in 0..<UInt64(100) { try array.append(Array(repeating: UInt8(index), count: 8)) }
            try array.sync()
            for _ in 0..<100 { try array.append(Array(repeating: 0xEE, count: 8)) }
            try array.flush()
            disk.crash()
            #expect(
                storageError {
                    try array.flush(); try array.append([UInt8](repeating: 1, count: 8)); try array.flush()
                } != nil)
            let again = try FixedArrayFile(disk: disk, path: "nodes", itemSize: 8)
            #expect(again.count >= 100)
            try again.truncate(count: 100)
            #expect(try again.read(0, count: 100) == (0..<100).flatMap { [UInt8](repeating: $0, count: 8) })
        }
    }
}

@Suite struct HighWaterMarkTests {
    typealias Mark = HighWaterMark.Mark

    @Test func theMarkOnlyGrows() throws {
        let directory = try TemporaryDirectory()
        let disk = try RealDisk(root: directory.path)
        let mark = try HighWaterMark(disk: disk, path: "high-water")
        #expect(mark.current == nil)
        let marks = [Mark(epoch: 0, round: 0), Mark(epoch: 0, round: 5), Mark(epoch: 1, round: 2), Mark(epoch: 1, round: 3)]
        for (index, next) in marks.enumerated() {
            try mark.advance(to: next)
            try mark.advance(to: next)
            for earlier in marks[..<index] {
                guard case .regression = storageError({ try mark.advance(to: earlier) }) else {
                    Issue.record("went back to \(earlier)")
                    return
                }
            }
            let reopened = try HighWaterMark(disk: disk, path: "high-water")
            #expect(reopened.current == next)
            #expect(!reopened.foundDamage)
        }
    }

    @Test func noCrashTakesTheMarkBack() throws {
        for seed in 0..<UInt64(300) {
            let disk = SimulatedDisk(seed: seed)
            var random = SplitMix64(state: seed)
            var acknowledged: Mark?
            var offered: Mark?
            for _ in 0..<5 {
                let mark = try HighWaterMark(disk: disk, path: "high-water")
                #expect(mark.current == acknowledged || mark.current == offered)
                acknowledged = mark.current
                disk.failPower(afterOperations: Int.random(in: 1...9, using: &random))
                while true {
                    let next = Mark(epoch: 0, round: (acknowledged?.round ?? 0) + UInt64.random(in: 1...9, using: &random))
                    offered = next
                    guard storageError({ try mark.advance(to: next) }) == nil else { break }
                    acknowledged = next
                }
                #expect(storageError { try mark.advance(to: Mark(epoch: 9, round: 9)) }?.isPoisoned == true)
                disk.crash()
            }
        }
    }

    @Test func damageIsReported() throws {
        let disk = SimulatedDisk()
        try HighWaterMark(disk: disk, path: "high-water").advance(to: Mark(epoch: 1, round: 1))
        disk.rot("high-water", at: 20)
        let mark = try HighWaterMark(disk: disk, path: "high-water")
        #expect(mark.foundDamage)
        #expect(mark.current == Mark(epoch: 1, round: 1))
        disk.rot("high-water", at: 4096 + 20)
        #expect(storageError { _ = try HighWaterMark(disk: disk, path: "high-water") }?.isCorrupt == true)
    }
}

@Suite struct SnapshotStoreTests {
    @Test func theNewestIntactSnapshotIsLoaded() throws {
        let disk = SimulatedDisk()
        let store = try SnapshotStore(disk: disk, directory: "snapshots")
        #expect(try store.latest().snapshot == nil)
        for sequence in [UInt64(3), 20, 100] { try store.save(sequence: sequence, bytes: Array("state \(sequence)".utf8)) }
        #expect(try store.sequences() == [20, 100])
        #expect(try store.latest().snapshot == Snapshot(sequence: 100, bytes: Array("state 100".utf8)))
        let path = "snapshots/00000000000000000100.snapshot"
        for byte in 0..<(try disk.contents(path).count) {
            disk.rot(path, at: byte, bit: byte)
            if let found = try? store.latest() {
                #expect(found.snapshot?.sequence == 20)
                #expect(found.damaged == [path])
            }
            disk.rot(path, at: byte, bit: byte)
        }
        disk.crash()
        #expect(try store.latest().snapshot?.sequence == 100)
    }
}
