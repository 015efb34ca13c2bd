// A checker that never finds anything is worth nothing: each contradiction that it must find, planted.

import Testing
import TrellisConsensus
import TrellisCrypto
import TrellisModel
import TrellisReplica
import TrellisStorage

@testable import TrellisSimulator

@Suite struct WitnessTests {
    let keys: SimulatedCommittee

    init() throws { keys = try SimulatedCommittee(seed: 1, stakes: [1, 1, 1, 1]) }

    func reference(_ round: Round, _ author: ValidatorIndex, _ salt: UInt8) -> BlockReference {
        BlockReference(round: round, author: author, digest: HashSuite.sha256.hash([salt]))
    }

    func commit(_ index: UInt64, _ salt: UInt8, after previous: Commit? = nil, timestamp: Milliseconds = 1) -> Commit {
        let leader = reference(index, 0, salt)
        return Commit(
            index: index, leader: leader, blocks: [leader], timestamp: timestamp, previous: previous?.digest ?? keys.committee.chain,
            suite: .sha256)
    }

    @Test func oneOrderThatIsNone() {
        var witness = Witness()
        let first = commit(1, 1, timestamp: 5)
        witness.committed(first, by: "v0")
        witness.committed(commit(2, 2, after: first, timestamp: 5), by: "v0")
        #expect(witness.violations.isEmpty)
        witness.committed(commit(3, 3, timestamp: 4), by: "v0")
        #expect(witness.violations == ["the time of commit 3 goes back", "commit 3 does not follow the one before"])
    }

    @Test func timeThatGoesBack() {
        var witness = Witness()
        witness.saw(reference(1, 0, 1), timestamp: 10)
        witness.saw(reference(2, 0, 2), timestamp: 10)
        #expect(witness.violations.isEmpty)
        witness.saw(reference(3, 0, 3), timestamp: 9)
        #expect(witness.violations == ["v0 goes back in time in round 3"])
    }

    @Test func twoOrders() {
        var witness = Witness()
        witness.committed(commit(1, 1), by: "v0")
        witness.committed(commit(1, 1), by: "v1")
        #expect(witness.violations.isEmpty)
        witness.committed(commit(1, 2), by: "v2")
        #expect(witness.violations.count == 1)
        witness.committed(commit(3, 3), by: "v2")
        #expect(witness.violations.count == 2)
    }

    @Test func twoBlocksInARound() {
        var witness = Witness()
        witness.saw(reference(1, 2, 1))
        witness.saw(reference(1, 2, 1))
        witness.saw(reference(2, 2, 2))
        witness.saw(reference(1, 3, 2))
        #expect(witness.violations.isEmpty)
        witness.saw(reference(1, 2, 3))
        #expect(witness.violations == ["v2 published two blocks in round 1"])
    }

    @Test func twoStates() {
        var witness = Witness()
        func checkpoint(_ size: UInt64) -> Checkpoint {
            Checkpoint(
                chain: keys.committee.chain, epoch: 0, index: 1, commit: keys.committee.chain, logSize: size,
                logRoot: keys.committee.chain, state: keys.committee.chain, timestamp: 1)
        }
        witness.executed(checkpoint(1), .sha256, by: "v0")
        witness.executed(checkpoint(1), .sha256, by: "v1")
        #expect(witness.violations.isEmpty)
        witness.executed(checkpoint(2), .sha256, by: "v2")
        #expect(witness.violations.count == 1)
    }

    /// A journal on a disk of its own, and what was stored there.
    func journal(seed: UInt64) throws -> (disk: SimulatedDisk, journal: Journal, blocks: [Block]) {
        let disk = SimulatedDisk(seed: seed)
        let journal = try Journal(disk: disk, committee: keys.committee, isAmnesic: false)
        return (disk, journal, (0..<4).map { Block.genesis(author: ValidatorIndex($0), committee: keys.committee) })
    }

    @Test func whatIsDurableIsWhatTheDiskSays() throws {
        let (disk, journal, blocks) = try journal(seed: 1)
        for block in blocks { try journal.store(block) }
        #expect(!disk.isDurable(log: StoreLayout.journal, before: journal.end))
        // Written, and not synced.
        _ = try journal.read([blocks[0].reference])
        #expect(!disk.isDurable(log: StoreLayout.journal, before: journal.end))
        try journal.sync()
        #expect(disk.isDurable(log: StoreLayout.journal, before: journal.end))
    }

    @Test func aCrashLosesWhatWasNotSynced() throws {
        var kept: Set<Int> = []
        for seed in UInt64(1)...50 {
            let (disk, before, blocks) = try journal(seed: seed)
            var record = StoredRecord()
            for (place, block) in blocks.prefix(3).enumerated() {
                try before.store(block)
                record.stored(.block(block, isChecked: true), end: before.end)
                if place > 0 { continue }
                try before.sync()
                record.becameDurable()
            }
            _ = try before.read([blocks[0].reference])
            #expect(record.isDurable(blocks[0].reference) && !record.isDurable(blocks[1].reference))
            disk.crash()
            let after = try Journal(disk: disk, committee: keys.committee, isAmnesic: false)
            let found = try record.compare(with: after.log, .sha256)
            #expect(found.lost == 0 && found.problems == [])
            #expect(record.isDurable(blocks[0].reference))
            #expect(record.block(blocks[1].reference) != nil || record.block(blocks[2].reference) == nil)
            kept.insert(record.count)
        }
        #expect(kept == [1, 2, 3])
    }

    @Test func whatADiskLosesOrMakesUpIsSeen() throws {
        let (disk, before, blocks) = try journal(seed: 2)
        var record = StoredRecord()
        for block in blocks.prefix(3) {
            try before.store(block)
            record.stored(.block(block, isChecked: true), end: before.end)
        }
        try before.sync()
        record.becameDurable()
        var other = StoredRecord()
        for block in blocks.reversed().prefix(2) { other.stored(.block(block, isChecked: true), end: before.end) }
        #expect(try other.compare(with: before.log, .sha256).problems.count == 3)
        let path = "\(StoreLayout.journal)/\(try disk.list(StoreLayout.journal)[0])"
        disk.cut(path, to: try disk.open(path).size() - 1)
        disk.crash()
        let after = try Journal(disk: disk, committee: keys.committee, isAmnesic: false)
        #expect(try record.compare(with: after.log, .sha256).lost == 1)
        #expect(record.count == 2 && record.block(blocks[2].reference) == nil)
    }

    @Test func anOlderCopyForgetsWhatCameLater() throws {
        let (disk, journal, blocks) = try journal(seed: 3)
        var record = StoredRecord()
        try journal.store(blocks[0])
        record.stored(.block(blocks[0], isChecked: true), end: journal.end)
        try journal.sync()
        let (copy, backup) = (disk.copy(), record)
        try journal.seal(blocks[0])
        try journal.store(blocks[1])
        record.stored(.block(blocks[1], isChecked: true), end: journal.end)
        try journal.sync()
        try journal.recall(upTo: 9)
        disk.restore(copy, keeping: [StoreLayout.highWater])
        record = backup
        let restored = try Journal(disk: disk, committee: keys.committee, isAmnesic: false)
        let found = try record.compare(with: restored.log, .sha256)
        #expect(found.lost == 0 && found.problems == [] && record.count == 1)
        let recovered = try restored.recover(from: .start, executed: 0, on: nil, recallNonce: 0).recovered
        #expect(recovered.highWater == 9 && recovered.blocks.map(\.reference) == [blocks[0].reference])
    }

    @Test func randomNumbersAreTheSameEverywhere() {
        var random = SimulationRandom(seed: 42)
        #expect((0..<3).map { _ in random.next() } == [1_546_998_764_402_558_742, 6_990_951_692_964_543_102, 12_544_586_762_248_559_009])
    }

    @Test func eventsComeInTheOrderOfTimeAndThenOfScheduling() {
        var queue = EventQueue<Int>()
        for (event, time) in [(1, 30), (2, 10), (3, 20), (4, 10), (5, 30), (6, 5)] { queue.add(event, at: UInt64(time)) }
        var order: [Int] = []
        while let next = queue.pop() { order.append(next.event) }
        #expect(order == [6, 2, 4, 3, 1, 5])
    }
}
