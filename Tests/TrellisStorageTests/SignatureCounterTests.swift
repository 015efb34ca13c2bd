// The count of a stateful key's signatures: no index comes twice, whenever the power fails, and a count that was put back is refused.

import Foundation
import Testing
import TrellisStorage

@Suite struct SignatureCounterTests {
    private let key = [UInt8](repeating: 5, count: SignatureCounter.keyDigestSize)

    private func create(_ disk: any Disk, _ witness: (any Disk)? = nil, capacity: UInt32 = 1024) throws -> SignatureCounter {
        try SignatureCounter.create(key: key, capacity: capacity, disk: disk, path: "state", witness: witness, witnessPath: "witness")
    }

    private func open(_ disk: any Disk, _ witness: (any Disk)? = nil) throws -> SignatureCounter {
        try SignatureCounter.open(key: key, disk: disk, path: "state", witness: witness, witnessPath: "witness")
    }

    private func isRolledBack(_ body: () throws -> Void) -> Bool {
        do {
            try body()
            return false
        } catch SignatureCounterError.stateRolledBack {
            return true
        } catch {
            return false
        }
    }

    @Test func countsThroughReopeningsToTheEnd() throws {
        let (disk, witness) = (SimulatedDisk(), SimulatedDisk(seed: 1))
        var counter = try create(disk, witness, capacity: 20)
        var seen: [UInt32] = []
        while counter.remaining > 0 {
            seen.append(try counter.reserve())
            if seen.count % 3 == 0 { counter = try open(disk, witness) }
        }
        #expect(seen == Array(0..<20))
        #expect(throws: SignatureCounterError.exhausted(capacity: 20)) { try counter.reserve() }
        #expect(throws: SignatureCounterError.exhausted(capacity: 20)) { try open(disk, witness).reserve() }
    }

    /// The power fails at every operation in turn, of one disk or the other: what was handed out never comes again.
    @Test(arguments: [false, true])
    func noIndexComesTwiceWheneverThePowerFails(onTheWitness: Bool) throws {
        for seed: UInt64 in 0..<40 {
            let (disk, witness) = (SimulatedDisk(seed: seed), SimulatedDisk(seed: seed + 1000))
            var counter = try create(disk, witness)
            var highest: UInt32?
            for round in 0..<6 {
                (onTheWitness ? witness : disk).failPower(afterOperations: 1 + round + Int(seed % 3))
                do {
                    while true {
                        let index = try counter.reserve()
                        if let highest { #expect(index > highest) }
                        highest = index
                        if index > 200 { break }
                    }
                } catch {}
                // After a failure it says no more.
                #expect(throws: SignatureCounterError.self) { try counter.reserve() }
                disk.crash()
                witness.crash()
                counter = try open(disk, witness)
            }
            #expect(try counter.reserve() > highest ?? 0)
        }
    }

    @Test func aStateThatIsBehindItsWitnessIsRefused() throws {
        let (disk, witness) = (SimulatedDisk(), SimulatedDisk(seed: 1))
        var counter = try create(disk, witness)
        _ = try counter.reserve()
        let backup = try files(disk)
        for count in 1...4 {
            _ = try counter.reserve()
            for (name, bytes) in backup { try disk.replace(name, with: bytes) }
            if count == 1 {
                // One behind is what a crash between the two leaves: the witness's count holds.
                counter = try open(disk, witness)
                #expect(try counter.reserve() == 2)
            } else {
                #expect(isRolledBack { _ = try open(disk, witness) })
                return
            }
        }
    }

    @Test func aWitnessThatIsBehindOrStrangeIsRefused() throws {
        let (disk, witness, stranger) = (SimulatedDisk(), SimulatedDisk(seed: 1), SimulatedDisk(seed: 2))
        let counter = try create(disk, witness)
        let backup = try files(witness)
        _ = try counter.reserve()
        for (name, bytes) in backup { try witness.replace(name, with: bytes) }
        #expect(isRolledBack { _ = try open(disk, witness) })
        _ = try create(SimulatedDisk(seed: 3), stranger)
        #expect(isRolledBack { _ = try open(disk, stranger) })
        #expect(throws: SignatureCounterError.witness(isExpected: true)) { try open(disk) }
        let alone = SimulatedDisk(seed: 4)
        _ = try create(alone)
        #expect(throws: SignatureCounterError.witness(isExpected: false)) { try open(alone, witness) }
    }

    @Test func filesUnderItsFeetAreNoticed() throws {
        let disk = SimulatedDisk()
        let counter = try create(disk)
        _ = try counter.reserve()
        let backup = try files(disk)
        _ = try counter.reserve()
        _ = try counter.reserve()
        for (name, bytes) in backup { try disk.replace(name, with: bytes) }
        #expect(isRolledBack { _ = try counter.reserve() })
        #expect(throws: SignatureCounterError.self) { try counter.reserve() }
    }

    @Test func damageIsRefused() throws {
        for name in ["counter.0", "counter.1"] {
            for offset in [0, 4, 8, 12, 30, 44, 48, 52, 60, 90, 103] {
                let disk = SimulatedDisk()
                _ = try create(disk)
                disk.rot(name, at: offset)
                #expect(throws: SignatureCounterError.self, "\(name), byte \(offset)") { try open(disk) }
            }
            for size in [0, 1, 12, 50, 100] {
                let disk = SimulatedDisk()
                _ = try create(disk)
                disk.cut(name, to: size)
                #expect(throws: SignatureCounterError.self, "\(name), \(size) bytes") { try open(disk) }
            }
            let disk = SimulatedDisk()
            _ = try create(disk)
            try disk.remove(name)
            #expect(throws: SignatureCounterError.damaged(path: "state", reason: "\(name) is missing")) { try open(disk) }
            #expect(throws: SignatureCounterError.exists(path: "state")) { try create(disk) }
        }
        #expect(throws: SignatureCounterError.self) { try open(SimulatedDisk()) }
        let disk = SimulatedDisk()
        _ = try create(disk)
        #expect(throws: SignatureCounterError.otherKey(path: "state")) {
            try SignatureCounter.open(key: [UInt8](repeating: 6, count: 32), disk: disk, path: "state", witness: nil)
        }
    }

    private func files(_ disk: SimulatedDisk) throws -> [(String, [UInt8])] {
        try ["counter.0", "counter.1"].map { name in
            let file = try disk.open(name)
            return (name, try file.read(at: 0, count: file.size()))
        }
    }

    // MARK: Real files

    private func run(_ arguments: String...) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    @Test(arguments: [["cp", "-r"], ["cp", "-a"], ["cp", "-al"]])
    func aCopyPutBackIsRefusedWithoutAWitness(copy: [String]) throws {
        let directory = try TemporaryDirectory()
        let root = directory.path
        let (state, backup) = (root + "/state", root + "/backup")
        do {
            let disk = try RealDisk(root: state)
            _ = try create(disk).reserve()
        }
        #expect(try run("cp", "-a", state, backup) == 0)
        do {
            let disk = try RealDisk(root: state)
            #expect(try open(disk).reserve() == 1)
        }
        #expect(try run("rm", "-rf", state) == 0)
        #expect(try run(copy[0], copy[1], backup, state) == 0)
        let disk = try RealDisk(root: state)
        #expect(isRolledBack { _ = try open(disk) })
    }

    @Test func contentsWrittenBackIntoTheSameFilesAreRefused() throws {
        let directory = try TemporaryDirectory()
        let root = directory.path
        let (state, backup) = (root + "/state", root + "/backup")
        do {
            let disk = try RealDisk(root: state)
            _ = try create(disk).reserve()
        }
        #expect(try run("cp", "-a", state, backup) == 0)
        do {
            let disk = try RealDisk(root: state)
            #expect(try open(disk).reserve() == 1)
        }
        for name in ["counter.0", "counter.1"] { #expect(try run("cp", "-p", "\(backup)/\(name)", "\(state)/\(name)") == 0) }
        let disk = try RealDisk(root: state)
        #expect(isRolledBack { _ = try open(disk) })
    }

    @Test func aMovedDirectoryGoesOn() throws {
        let directory = try TemporaryDirectory()
        let root = directory.path
        do {
            let disk = try RealDisk(root: root + "/state")
            #expect(try create(disk).reserve() == 0)
        }
        #expect(try run("mv", root + "/state", root + "/moved") == 0)
        let disk = try RealDisk(root: root + "/moved")
        #expect(try open(disk).reserve() == 1)
    }
}
