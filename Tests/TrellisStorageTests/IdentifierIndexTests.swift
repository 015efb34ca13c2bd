// The identifier index against a dictionary: present, absent, merged, reopened, rolled back, crashed.

import Testing

@testable import TrellisStorage

@Suite struct IdentifierIndexTests {
    /// The identifier of `value`; distinct values give distinct ones.
    private func key(_ value: UInt64) throws -> IndexKey {
        var random = SplitMix64(state: value)
        return try #require(IndexKey(bytes(32, &random)))
    }

    private func expect(_ index: IdentifierIndex, holds range: Range<UInt64>, outOf total: UInt64, every step: Int = 1) throws {
        for value in stride(from: UInt64(0), to: total, by: step) {
            let found = try index.lookup(key(value))
            guard found == (range.contains(value) ? value : nil) else {
                Issue.record("\(value) gives \(String(describing: found))")
                return
            }
        }
    }

    @Test func fiftyThousandIdentifiers() throws {
        let directory = try TemporaryDirectory()
        let total: UInt64 = 50_000
        do {
            let index = try IdentifierIndex(disk: RealDisk(root: directory.path), directory: "index", memoryItems: 500)
            for value in 0..<total {
                try index.insert(key(value), value)
                if value % 1500 == 0 { while try index.maintain() {} }
            }
            try expect(index, holds: 0..<total, outOf: 2 * total, every: 7)
            try index.flush()
            while try index.maintain() {}
            #expect(index.coveredUpTo == total - 1)
            #expect(index.runs.count < 3 * IdentifierIndex.fanIn)
            #expect(index.runs.contains { $0.level == 2 })
            #expect(index.runs.reduce(0) { $0 + $1.count } == total)
        }
        let index = try IdentifierIndex(disk: RealDisk(root: directory.path), directory: "index", memoryItems: 500)
        #expect(index.coveredUpTo == total - 1)
        try expect(index, holds: 0..<total, outOf: 2 * total, every: 7)
        try index.truncate(from: 30_000)
        #expect(index.coveredUpTo == 29_999)
        try expect(index, holds: 0..<30_000, outOf: total, every: 3)
        let error = storageError { try index.insert(key(5), 5) }
        #expect(error == .regression(path: "index", current: "value 29999", offered: "value 5"))
        for value in 30_000..<UInt64(36_000) { try index.insert(key(value), value) }
        try index.flush()
        while try index.maintain() {}
        try expect(index, holds: 0..<36_000, outOf: total, every: 3)
    }

    @Test func insertAloneKeepsTheRunsFew() throws {
        let index = try IdentifierIndex(disk: SimulatedDisk(), directory: "index", memoryItems: 20)
        for value in 0..<UInt64(5000) { try index.insert(key(value), value) }
        #expect(index.runs.count < 80)
        try expect(index, holds: 0..<5000, outOf: 6000)
    }

    @Test func keysThatShareTheirFirstBytesAreToldApart() throws {
        let index = try IdentifierIndex(disk: SimulatedDisk(), directory: "index", memoryItems: 1000)
        func near(_ value: UInt64) throws -> IndexKey {
            var bytes = [UInt8](repeating: value < 500 ? 1 : 2, count: 24)
            bytes.append(littleEndian: value)
            return try #require(IndexKey(bytes))
        }
        for value in 0..<UInt64(1000) where value % 2 == 0 { try index.insert(near(value), value) }
        try index.flush()
        for value in 0..<UInt64(1000) { #expect(try index.lookup(near(value)) == (value % 2 == 0 ? value : nil)) }
        #expect(IndexKey([UInt8](repeating: 0, count: 31)) == nil)
        #expect(try near(77).bytes == near(77).bytes && near(3) < near(700))
    }

    @Test func crashesLoseOnlyWhatIsNotCovered() throws {
        for seed in 0..<UInt64(25) {
            let disk = SimulatedDisk(seed: seed)
            var random = SplitMix64(state: seed)
            var next: UInt64 = 0
            for _ in 0..<3 {
                let index = try IdentifierIndex(disk: disk, directory: "index", memoryItems: 10)
                let covered = index.coveredUpTo
                next = covered.map { $0 + 1 } ?? 0
                try expect(index, holds: 0..<next, outOf: next + 100)
                if next > 20, Bool.random(using: &random) {
                    next -= UInt64.random(in: 1...20, using: &random)
                    try index.truncate(from: next)
                    try expect(index, holds: 0..<next, outOf: next + 100)
                }
                disk.failPower(afterOperations: Int.random(in: 1...250, using: &random))
                let error = storageError {
                    while true {
                        try index.insert(key(next), next)
                        next += 1
                        if next % 23 == 0 { try index.flush() }
                        if next % 31 == 0 { try index.maintain() }
                    }
                }
                #expect(error != nil)
                disk.crash()
            }
        }
    }

    @Test func lookupsRunBesideInsertsAndMerges() async throws {
        let directory = try TemporaryDirectory()
        let index = try IdentifierIndex(disk: RealDisk(root: directory.path), directory: "index", memoryItems: 50)
        let total: UInt64 = 4000
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                var next: UInt64 = 0
                while next < total {
                    // Once an identifier was found, it is never missed again.
                    if try index.lookup(key(next)) == next { next += 1 } else { await Task.yield() }
                    if next > 0, try index.lookup(key(next / 2)) != (next / 2) { return false }
                }
                return true
            }
            group.addTask {
                while try index.lookup(key(total - 1)) == nil {
                    try index.maintain()
                    await Task.yield()
                }
                return true
            }
            for value in 0..<total { try index.insert(key(value), value) }
            for try await isRight in group { #expect(isRight) }
        }
    }

    @Test func damageIsRefusedAndResetHeals() throws {
        func made() throws -> SimulatedDisk {
            let disk = SimulatedDisk()
            let index = try IdentifierIndex(disk: disk, directory: "index")
            for value in 0..<UInt64(300) { try index.insert(key(value), value) }
            try index.flush()
            return disk
        }
        let run = "index/000000000001.run"
        // Filter and fences are checked at opening, pages when read, the manifest at opening.
        var disk = try made()
        disk.rot(run, at: try disk.contents(run).count - 20)
        #expect(storageError { _ = try IdentifierIndex(disk: disk, directory: "index") }?.isCorrupt == true)
        disk = try made()
        try disk.remove(run)
        #expect(storageError { _ = try IdentifierIndex(disk: disk, directory: "index") }?.isCorrupt == true)
        disk = try made()
        disk.rot(run, at: 4096 + 100)
        let index = try IdentifierIndex(disk: disk, directory: "index")
        #expect(storageError { for value in 0..<UInt64(300) { _ = try index.lookup(key(value)) } }?.isCorrupt == true)
        for byte in stride(from: 0, to: try made().contents("index/MANIFEST").count, by: 3) {
            let disk = try made()
            disk.rot("index/MANIFEST", at: byte)
            #expect(storageError { _ = try IdentifierIndex(disk: disk, directory: "index") } != nil)
            try IdentifierIndex.reset(disk: disk, directory: "index")
            #expect(try IdentifierIndex(disk: disk, directory: "index").coveredUpTo == nil)
        }
        disk = try made()
        try disk.replace("index/000000000099.run", with: [1, 2, 3])
        _ = try IdentifierIndex(disk: disk, directory: "index")
        #expect(try disk.list("index") == ["000000000001.run", "MANIFEST"])
    }
}
