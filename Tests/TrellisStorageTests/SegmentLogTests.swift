// The log alone: what comes back, what is cut, what is refused, what is repaired.

import Testing

@testable import TrellisStorage

@Suite struct SegmentLogTests {
    @Test func checksumVectors() {
        // RFC 3720 §B.4, and the check value of the catalogue of CRCs.
        let digits = Array("123456789".utf8)
        #expect(digits.crc32c(0..<9) == 0xE306_9283)
        #expect([UInt8](repeating: 0, count: 32).crc32c(0..<32) == 0x8A91_36AA)
        #expect([UInt8](repeating: 0xFF, count: 32).crc32c(0..<32) == 0x62A8_AB43)
        #expect([UInt8](0..<32).crc32c(0..<32) == 0x46DD_794E)
        let long = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for cut in [0, 1, 15, 16, 17, 500, 999, 1000] {
            #expect(long.crc32c(cut..<1000, seed: long.crc32c(0..<cut)) == long.crc32c(0..<1000))
        }
    }

    @Test func recordsComeBackInOrderAcrossSegments() throws {
        let directory = try TemporaryDirectory()
        let written = records(200, size: 90, seed: 1) + [Record(kind: 9, payload: [])] + records(3, size: 5000, seed: 2)
        var positions: [LogPosition] = []
        do {
            let log = try SegmentLog(disk: RealDisk(root: directory.path), directory: "log", segmentBytes: 2000)
            for start in stride(from: 0, to: written.count, by: 7) {
                positions += try log.append(Array(written[start..<min(start + 7, written.count)]))
                try log.commit(sync: start % 2 == 0)
            }
            try log.commit()
            #expect(try all(log) == written)
        }
        let log = try SegmentLog(disk: RealDisk(root: directory.path), directory: "log", segmentBytes: 2000)
        #expect(log.recovery.truncatedBytes == 0)
        #expect(log.recovery.records == written.count)
        #expect(try all(log) == written)
        #expect(positions == positions.sorted())
        for (position, record) in zip(positions, written) { #expect(try log.read(position) == record) }
        #expect(try all(log, from: positions[150]) == Array(written[150...]))
    }

    @Test func theBeginningOfARecordIsReadWithoutTheRest() throws {
        let log = try SegmentLog(disk: SimulatedDisk(), directory: "log")
        let written = records(2, size: 100_000, seed: 4)
        let positions = try log.append(written)
        #expect(storageError { _ = try log.readBeginning(of: positions[0], count: 10) } != nil, "not committed yet")
        try log.commit()
        for (position, record) in zip(positions, written) {
            #expect(try log.readBeginning(of: position, count: 77) == Array(record.payload.prefix(77)))
            #expect(try log.readBeginning(of: position, count: 200_000) == record.payload)
            #expect(try log.readBeginning(of: position, count: -1) == [])
        }
        #expect(storageError { _ = try log.readBeginning(of: LogPosition(rawValue: .max), count: 1) } != nil)
    }

    @Test func uncommittedRecordsAreNotRead() throws {
        let log = try SegmentLog(disk: SimulatedDisk(), directory: "log")
        let position = try #require(try log.append(records(1, size: 10, seed: 1)).first)
        #expect(storageError { _ = try log.read(position) } == .noRecord(path: "log", position: position.rawValue))
        var cursor = log.scan()
        #expect(try cursor.next() == nil)
        try log.commit()
        #expect(try cursor.next()?.position == position)
        #expect(storageError { _ = try log.read(LogPosition(rawValue: .max)) } != nil)
    }

    @Test func aTornTailIsCutAtEveryByte() throws {
        let written = records(4, size: 40, seed: 3)
        let record = RecordFormat.headerSize + 40
        for kept in 0..<record {
            let disk = SimulatedDisk(seed: UInt64(kept))
            let log = try SegmentLog(disk: disk, directory: "log")
            for record in written {
                try log.append([record])
                try log.commit()
            }
            disk.cut(firstSegment, to: SegmentHeader.size + 3 * record + kept)
            try expectTail(disk, kept: kept, written: written)
        }
        for kept in stride(from: 0, to: record, by: 1) {
            let directory = try TemporaryDirectory()
            let disk = try RealDisk(root: directory.path)
            let log = try SegmentLog(disk: disk, directory: "log")
            try log.append(written)
            try log.commit()
            try disk.open(firstSegment).truncate(to: SegmentHeader.size + 3 * record + kept)
            try expectTail(disk, kept: kept, written: written)
        }
    }

    private func expectTail(_ disk: any Disk, kept: Int, written: [Record]) throws {
        let log = try SegmentLog(disk: disk, directory: "log")
        #expect(log.recovery.truncatedBytes == kept)
        #expect(log.recovery.truncatedFile == (kept == 0 ? nil : firstSegment))
        #expect(try all(log) == Array(written[..<3]))
        try log.append([written[3]])
        try log.commit()
        let again = try SegmentLog(disk: disk, directory: "log")
        #expect(again.recovery.truncatedBytes == 0)
        #expect(try all(again) == written)
    }

    @Test func aWrongByteInTheLastRecordIsATornTail() throws {
        let written = records(3, size: 30, seed: 4)
        let record = RecordFormat.headerSize + 30
        for byte in 0..<record {
            let disk = try loggedOneByOne(written)
            disk.rot(firstSegment, at: SegmentHeader.size + 2 * record + byte, bit: byte)
            let log = try SegmentLog(disk: disk, directory: "log")
            #expect(try all(log) == Array(written[..<2]))
            #expect(log.recovery.truncatedBytes == record)
        }
    }

    @Test func aCorruptMiddleIsRefusedWithFileAndOffset() throws {
        let written = records(5, size: 30, seed: 5)
        let record = RecordFormat.headerSize + 30
        for byte in 0..<(4 * record) {
            let disk = try loggedOneByOne(written)
            disk.rot(firstSegment, at: SegmentHeader.size + byte, bit: byte)
            let error = storageError { _ = try SegmentLog(disk: disk, directory: "log") }
            let offset = SegmentHeader.size + byte / record * record
            #expect(error == .corrupt(file: firstSegment, offset: offset, hint: LogOpening.repairHint))
        }
        // Within one group too: only a hole of zeros looks like a crash.
        let disk = SimulatedDisk()
        let log = try SegmentLog(disk: disk, directory: "log")
        try log.append(written)
        try log.commit()
        disk.rot(firstSegment, at: SegmentHeader.size + record + 20)
        #expect(storageError { _ = try SegmentLog(disk: disk, directory: "log") }?.isCorrupt == true)
    }

    @Test func aDamagedHeaderIsRefused() throws {
        for byte in 0..<SegmentHeader.size {
            let disk = try loggedOneByOne(records(2, size: 30, seed: 6))
            disk.rot(firstSegment, at: byte, bit: byte)
            let error = try #require(storageError { _ = try SegmentLog(disk: disk, directory: "log") })
            #expect(error.isCorrupt)
        }
    }

    @Test func aNewerFileIsRefusedAndNotRepaired() throws {
        let disk = SimulatedDisk()
        try disk.replace(firstSegment, with: FileHeader(kind: "SEGM", version: 2).bytes + [UInt8](repeating: 1, count: 60))
        let newer = StorageError.newerFormat(file: firstSegment, found: 2, supported: 1)
        #expect(storageError { _ = try SegmentLog(disk: disk, directory: "log") } == newer)
        #expect(storageError { _ = try SegmentLog.repair(disk: disk, directory: "log") } == newer)
    }

    @Test func aHeaderThatIsNothingOfOursIsDamageOfWhichARepairKeepsACopy() throws {
        let script = Array("#!/bin/sh\necho this is no log, and long enough to be read as one\n".utf8)
        let wrongVersion = Array("TRLSSEGM".utf8) + [9, 0, 0, 0] + [UInt8](repeating: 7, count: 60)
        for bytes in [script, wrongVersion, []] {
            let disk = SimulatedDisk()
            try disk.replace(firstSegment, with: bytes)
            #expect(storageError { _ = try SegmentLog(disk: disk, directory: "log") }?.isCorrupt == true)
            let repair = try #require(try SegmentLog.repair(disk: disk, directory: "log"))
            #expect(try disk.contents(repair.copies[0]) == bytes)
            _ = try SegmentLog(disk: disk, directory: "log")
        }
    }

    @Test func damageInAnEarlierSegmentIsRefused() throws {
        let written = records(60, size: 100, seed: 7)
        func disk() throws -> SimulatedDisk {
            let disk = SimulatedDisk()
            let log = try SegmentLog(disk: disk, directory: "log", segmentBytes: 1000)
            for record in written {
                try log.append([record])
                try log.commit()
            }
            return disk
        }
        let second = "log/0000000001.segment"
        let size = try disk().contents(second).count
        let record = RecordFormat.headerSize + 100
        func error(_ change: (SimulatedDisk) throws -> Void) throws -> StorageError? {
            let disk = try disk()
            try change(disk)
            return storageError { _ = try SegmentLog(disk: disk, directory: "log", segmentBytes: 1000) }
        }
        let hint = LogOpening.repairHint
        // The last record of a segment that is not the last; a cut inside and at the end of a record; a segment that is gone.
        #expect(try error { $0.rot(second, at: size - 1) } == .corrupt(file: second, offset: size - record, hint: hint))
        #expect(try error { $0.cut(second, to: size - 5) } == .corrupt(file: second, offset: size - record, hint: hint))
        #expect(try error { $0.cut(second, to: size - record) } == .corrupt(file: second, offset: size - record, hint: hint))
        #expect(try error { try $0.remove(second) } == .corrupt(file: second, offset: 0, hint: hint))

        // Without the check of all segments, the damage is met when the record is read.
        let damaged = try disk()
        damaged.rot(second, at: size - 1)
        let log = try SegmentLog(disk: damaged, directory: "log", segmentBytes: 1000, verifiesAll: false)
        #expect(storageError { _ = try all(log) } == .corrupt(file: second, offset: size - record, hint: hint))
    }

    @Test func repairKeepsCopiesAndThePrefix() throws {
        let written = records(60, size: 100, seed: 8)
        for byte in [3, SegmentHeader.size + 3, SegmentHeader.size + 500] {
            let disk = SimulatedDisk()
            let log = try SegmentLog(disk: disk, directory: "log", segmentBytes: 1000)
            for record in written {
                try log.append([record])
                try log.commit()
            }
            let second = "log/0000000001.segment"
            let before = try disk.contents(second)
            disk.rot(second, at: byte)
            let repair = try #require(try SegmentLog.repair(disk: disk, directory: "log"))
            #expect(repair.file == second)
            #expect(try disk.contents(second + ".damaged").count == before.count)
            #expect(try SegmentLog.repair(disk: disk, directory: "log") == nil)
            let repaired = try SegmentLog(disk: disk, directory: "log", segmentBytes: 1000)
            let kept = try all(repaired)
            #expect(kept == Array(written[..<kept.count]))
            #expect(kept.count == 9 + (byte > 500 ? 4 : 0))
            try repaired.append(Array(written[kept.count...]))
            try repaired.commit()
            #expect(try all(SegmentLog(disk: disk, directory: "log", segmentBytes: 1000)) == written)
        }
        #expect(try StoreLayout.repair(on: SimulatedDisk()).isEmpty)
    }

    @Test func aRecordWithinARecordIsNotTakenForOne() throws {
        // A payload that holds the image of a whole segment of records must not make a torn tail look like a corrupt middle.
        let donor = try loggedOneByOne(records(5, size: 30, seed: 9)).contents(firstSegment)
        let disk = SimulatedDisk()
        let log = try SegmentLog(disk: disk, directory: "log")
        try log.append([Record(kind: 1, payload: [1, 2, 3])])
        try log.commit()
        let torn = try #require(try log.append([Record(kind: 2, payload: donor + donor)]).first)
        try log.commit()
        disk.rot(firstSegment, at: torn.offset)
        #expect(try all(SegmentLog(disk: disk, directory: "log")).count == 1)
    }

    @Test func oldSegmentsAreRemovedWhole() throws {
        let disk = SimulatedDisk()
        let written = records(60, size: 100, seed: 10)
        let log = try SegmentLog(disk: disk, directory: "log", segmentBytes: 1000)
        let positions = try log.append(written)
        try log.commit()
        try log.removeSegments(before: positions[30])
        #expect(log.first <= positions[30] && log.first > positions[20])
        #expect(storageError { _ = try log.read(positions[0]) } == .noRecord(path: "log", position: positions[0].rawValue))
        let kept = try all(log)
        #expect(kept == Array(written.suffix(kept.count)) && kept.count >= 30)
        try log.removeSegments(before: LogPosition(rawValue: .max))
        let last = try all(SegmentLog(disk: disk, directory: "log", segmentBytes: 1000))
        #expect(last == Array(written.suffix(last.count)))
    }

    @Test func readersRunBesideTheWriter() async throws {
        let directory = try TemporaryDirectory()
        let log = try SegmentLog(disk: RealDisk(root: directory.path), directory: "log", segmentBytes: 20_000)
        let written = records(400, size: 200, seed: 11)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    var cursor = log.scan()
                    var count = 0
                    while count < written.count {
                        guard let (position, record) = try cursor.next() else {
                            await Task.yield()
                            continue
                        }
                        guard record == written[count], try log.read(position) == record else { return -1 }
                        count += 1
                    }
                    return count
                }
            }
            for start in stride(from: 0, to: written.count, by: 5) {
                try log.append(Array(written[start..<(start + 5)]))
                try log.commit(sync: start % 50 == 0)
            }
            for try await count in group { #expect(count == written.count) }
        }
    }

    @Test func anOversizeRecordIsRefusedAndHarmless() throws {
        let log = try SegmentLog(disk: SimulatedDisk(), directory: "log")
        let record = Record(kind: 0, payload: [UInt8](repeating: 0, count: RecordFormat.payloadMax + 1))
        #expect(storageError { try log.append([record]) } != nil)
        try log.append(records(1, size: 1, seed: 1))
        try log.commit()
        #expect(try all(log).count == 1)
    }

    private func loggedOneByOne(_ written: [Record]) throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        let log = try SegmentLog(disk: disk, directory: "log")
        for record in written {
            try log.append([record])
            try log.commit()
        }
        return disk
    }
}
