// Power failures, failed syncs and full disks, on simulated and on real ones.

import Glibc
import Testing

@testable import TrellisStorage

@Suite struct CrashTests {
    /// Everything committed with sync is there after a crash, in order, and nothing is invented, whatever of the rest the disk kept.
    @Test func whatWasSyncedSurvivesEveryCrash() throws {
        var tails = 0
        for seed in 0..<UInt64(500) {
            let disk = SimulatedDisk(seed: seed)
            var random = SplitMix64(state: seed &* 7919)
            var written: [Record] = []
            for _ in 0..<4 {
                if Bool.random(using: &random) { disk.failPower(afterOperations: Int.random(in: 1...4, using: &random)) }
                guard let log = try openUnlessThePowerFails(disk) else {
                    disk.crash()
                    continue
                }
                let found = try all(log)
                #expect(found.elementsEqual(written.prefix(found.count)), "seed \(seed)")
                tails += log.recovery.truncatedBytes > 0 ? 1 : 0
                written = found
                disk.failPower(afterOperations: Int.random(in: 1...30, using: &random))
                let acknowledged = writeUntilThePowerFails(log, &written, &random)
                disk.crash()
                let reopened = try SegmentLog(disk: disk, directory: "log", segmentBytes: 3000)
                tails += reopened.recovery.truncatedBytes > 0 ? 1 : 0
                let survived = try all(reopened)
                #expect(survived.count >= acknowledged, "seed \(seed)")
                #expect(survived.elementsEqual(written.prefix(survived.count)), "seed \(seed)")
                written = survived
            }
        }
        #expect(tails > 100)
    }

    private func openUnlessThePowerFails(_ disk: SimulatedDisk) throws -> SegmentLog? {
        var log: SegmentLog?
        let error = storageError { log = try SegmentLog(disk: disk, directory: "log", segmentBytes: 3000) }
        if let error, error.isCorrupt { throw error }
        return log
    }

    /// Returns how many of the records were acknowledged; `written` has also those that were not.
    private func writeUntilThePowerFails(_ log: SegmentLog, _ written: inout [Record], _ random: inout SplitMix64) -> Int {
        var acknowledged = written.count
        while true {
            let group = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                Record(kind: UInt8.random(in: 0...255, using: &random), payload: bytes(Int.random(in: 0...900, using: &random), &random))
            }
            written += group
            do {
                try log.append(group)
                let sync = Int.random(in: 0..<10, using: &random) < 7
                try log.commit(sync: sync)
                if sync { acknowledged = written.count }
            } catch {
                return acknowledged
            }
        }
    }

    @Test func aFailedSyncPoisonsTheLog() throws {
        let disk = SimulatedDisk()
        let log = try SegmentLog(disk: disk, directory: "log")
        let written = records(2, size: 50, seed: 1)
        let positions = try log.append([written[0]])
        try log.commit()
        disk.failNextSync()
        try log.append([written[1]])
        #expect(storageError { try log.commit() } != nil)
        #expect(storageError { try log.commit() }?.isPoisoned == true)
        #expect(storageError { try log.append(written) }?.isPoisoned == true)
        #expect(try log.read(positions[0]) == written[0])
        #expect(try all(log) == [written[0]])
        disk.crash()
        let found = try all(SegmentLog(disk: disk, directory: "log"))
        #expect(found.first == written[0])
    }

    @Test func aFullSimulatedDiskLosesNothingAcknowledged() throws {
        for quota in [400, 2500, 2600, 9000, 9071, 12_345] {
            let disk = SimulatedDisk(seed: UInt64(quota), quota: quota)
            let acknowledged = try fill(disk, segmentBytes: 3000)
            disk.crash()
            try expectPrefix(disk, acknowledged: acknowledged)
            disk.setQuota(.max)
            let log = try SegmentLog(disk: disk, directory: "log", segmentBytes: 3000)
            try log.append(records(1, size: 10, seed: 0))
            try log.commit()
        }
    }

    @Test(.enabled(if: SmallFileSystem.isAllowed)) func aFullRealDiskLosesNothingAcknowledged() throws {
        let mounted = try #require(SmallFileSystem(bytes: 256 << 10))
        do {
            let disk = try RealDisk(root: mounted.directory.path + "/data")
            let acknowledged = try fill(disk, segmentBytes: 50_000)
            #expect(acknowledged > 1000)
            try expectPrefix(disk, acknowledged: acknowledged)
            #expect(
                storageError {
                    try SnapshotStore(disk: disk, directory: "snapshots").save(sequence: 1, bytes: [UInt8](repeating: 1, count: 300_000))
                }?.isDiskFull == true)
            #expect(try disk.list("snapshots").isEmpty)
        }
    }

    /// Writes until the disk is full; returns the number of records acknowledged.
    private func fill(_ disk: any Disk, segmentBytes: Int) throws -> Int {
        let log = try SegmentLog(disk: disk, directory: "log", segmentBytes: segmentBytes)
        let written = records(3000, size: 100, seed: 5)
        var acknowledged = 0
        let error = storageError {
            for record in written {
                try log.append([record])
                try log.commit()
                acknowledged += 1
            }
        }
        #expect(error?.isDiskFull == true)
        #expect(storageError { try log.append([written[0]]) }?.isPoisoned == true)
        #expect(try all(log) == Array(written[..<acknowledged]))
        return acknowledged
    }

    private func expectPrefix(_ disk: any Disk, acknowledged: Int) throws {
        let log = try SegmentLog(disk: disk, directory: "log")
        let found = try all(log)
        #expect(found.count >= acknowledged)
        #expect(found == Array(records(3000, size: 100, seed: 5)[..<found.count]))
    }
}

/// A file system in memory of a few bytes, where the tests may mount one.
final class SmallFileSystem {
    let directory: TemporaryDirectory

    static var isAllowed: Bool { SmallFileSystem(bytes: 4096) != nil }

    init?(bytes: Int) {
        guard let directory = try? TemporaryDirectory() else { return nil }
        self.directory = directory
        guard mount("none", directory.path, "tmpfs", 0, "size=\(bytes)") == 0 else { return nil }
    }

    deinit {
        umount2(directory.path, Int32(MNT_DETACH))
    }
}
