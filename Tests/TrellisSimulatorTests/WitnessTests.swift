// A checker that never finds anything is worth nothing: each contradiction that it must find, planted.

import Testing
import TrellisCrypto
import TrellisModel

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

    @Test func aCrashLosesWhatWasNotSynced() throws {
        var journal = SimulatedJournal()
        var random = SimulationRandom(seed: 3)
        let genesis = (0..<4).map { Block.genesis(author: ValidatorIndex($0), committee: keys.committee) }
        journal.store(genesis[0])
        journal.sync()
        journal.store(genesis[1])
        journal.store(genesis[2])
        #expect(journal.isSynced(genesis[0].reference))
        #expect(!journal.isSynced(genesis[1].reference))
        var kept: Set<Int> = []
        for _ in 0..<50 {
            var copy = journal
            copy.crash(&random)
            #expect(copy.contains(genesis[0].reference))
            #expect(copy.contains(genesis[1].reference) || !copy.contains(genesis[2].reference))
            kept.insert(copy.count)
        }
        #expect(kept == [1, 2, 3])
        var lost: Set<Int> = []
        for _ in 0..<50 {
            var copy = journal
            copy.sync()
            copy.crash(&random, isDamaged: true)
            lost.insert(copy.count)
        }
        #expect(lost.isSuperset(of: [1, 2, 3]))
        let marks = [journal.mark(4), journal.mark(3)]
        #expect(marks == [true, false])
    }

    @Test func aJournalOfALaterReleaseIsRefusedAndLeftAlone() throws {
        var random = SimulationRandom(seed: 5)
        var disk = try JournalDisk(seed: 5)
        let entries = (0..<4).map { SimulatedJournal.Entry.block(Block.genesis(author: ValidatorIndex($0), committee: keys.committee)) }
        for entry in entries { try disk.append(entry) }
        try disk.sync()
        #expect(disk.refusal() == nil)
        try disk.postdate(&random)
        #expect(disk.refusal() == [])
        try disk.undoPostdate()
        #expect(disk.refusal() == nil)
        let found = disk.crash(entries, synced: 4, round: 0, isDamaged: false)
        #expect(found.kept == 4 && found.problems == [])
    }

    @Test func whatIsLostIsGoneAndItsMarkMayStay() throws {
        var random = SimulationRandom(seed: 6)
        for disk in [nil, try JournalDisk(seed: 6)] {
            var journal = SimulatedJournal(disk: disk)
            for author in 0..<4 { journal.store(Block.genesis(author: ValidatorIndex(author), committee: keys.committee)) }
            journal.sync()
            let isMarked = journal.mark(7)
            var problems = journal.lose(keeping: 2, keepsMark: true, &random)
            #expect(isMarked && journal.count == 2 && journal.markedRound == 7 && !journal.isAmnesic)
            problems += journal.lose(keeping: 0, keepsMark: false, &random)
            #expect(problems == [])
            #expect(journal.count == 0 && journal.isAmnesic)
            journal.recall(upTo: 9)
            #expect(journal.failure == nil && journal.markedRound == 9 && !journal.isAmnesic)
        }
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
