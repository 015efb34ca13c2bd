// A ledger's files that are derived from its entries: lost, damaged, exchanged for one another, they are derived again or refused, and nobody gets
// a wrong entry.

import Testing
import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel
import TrellisReplica
import TrellisStorage

@Suite struct DerivedTests {
    private static let commits = 12
    private let committee: Committee

    init() throws { committee = try RecoveryTests().committee }

    private func records(_ commit: Int) throws -> [TrellisModel.Record] {
        try (0..<3).map { place in
            let nonce = try #require(Nonce([UInt8](repeating: UInt8(commit * 16 + place), count: Nonce.size)))
            return TrellisModel.Record(nonce: nonce, data: [UInt8](repeating: 7, count: 40 + 10 * place))
        }
    }

    private var identifiers: [Digest] {
        get throws { try (1...Self.commits).flatMap { try records($0).map { Transaction($0).identifier } } }
    }

    private func run(_ store: LedgerStore, to last: Int) throws {
        for index in Int(store.ledger.lastCommit.index) + 1..<last + 1 {
            let leader = BlockReference(round: Round(index), author: 0, digest: HashSuite.sha256.hash([UInt8(index)]))
            let commit = Commit(
                index: UInt64(index), leader: leader, blocks: [leader], timestamp: 1000 + UInt64(index),
                previous: store.ledger.lastCommit.digest, suite: committee.suite)
            _ = try store.execute(commit, [Payload(try records(index).map { Transaction($0) })])
        }
    }

    /// With snapshots after the eighth commit and the tenth.
    private func filled(seed: UInt64 = 1) throws -> SimulatedDisk {
        let disk = SimulatedDisk(seed: seed)
        try StoreLayout.create(on: disk)
        let store = try LedgerStore.open(disk, committee)
        for last in [8, 10] {
            try run(store, to: last)
            try store.saveSnapshot(journalStart: .start)
        }
        try run(store, to: Self.commits)
        disk.crash()
        return disk
    }

    /// Whether all entries are found and are what they were. Some may be refused if `isDamaged`, none may be another.
    private func isWhole(_ store: LedgerStore, isDamaged: Bool = false) throws -> Bool {
        var whole = true
        for (place, identifier) in try identifiers.enumerated() {
            do {
                let entry = try store.entry(at: UInt64(place))
                #expect(entry?.identifier == identifier)
                #expect(try store.logIndex(of: identifier) == UInt64(place))
            } catch StorageError.corrupt {
                #expect(isDamaged)
                whole = false
            }
        }
        #expect(try store.logIndex(of: HashSuite.sha256.hash([1])) == nil)
        return whole
    }

    @Test(
        arguments: [
            [], ["log/positions"], ["log/nodes/00"], ["log/nodes/02"], ["log/decisions"], ["index/MANIFEST"], ["index/000000000001.run"],
        ])
    func whatIsLostIsDerivedAgain(lost: [String]) throws {
        let disk = try filled()
        let intact = try LedgerStore.open(disk, committee).ledger
        for file in lost {
            #expect(try disk.exists(file))
            try disk.remove(file)
            try disk.syncDirectory("")
        }
        if lost == ["index/000000000001.run"] {
            // The manifest names it.
            #expect(throws: StorageError.self) { try LedgerStore.open(disk, committee) }
            #expect(try ValidatorDirectory.repair(disk).isDerivedRemoved)
        }
        let store = try LedgerStore.open(disk, committee)
        #expect(store.ledger.lastCommit.index == 10 && store.ledger.logRoot == intact.logRoot)
        try run(store, to: Self.commits)
        #expect(try isWhole(store))
        #expect(try isWhole(opened(disk, store)))
    }

    private func opened(_ disk: SimulatedDisk, _ store: LedgerStore) throws -> LedgerStore {
        try store.saveSnapshot(journalStart: .start)
        return try LedgerStore.open(disk, committee)
    }

    /// Every file, damaged in many places: after a repair everything is as it was, and before it nothing is given out that is wrong.
    @Test func noDamageGivesAWrongEntry() throws {
        var (refused, unnoticed) = (0, 0)
        for file in try filled().paths where !file.hasPrefix(StoreLayout.journal) {
            for place in 0..<6 {
                let disk = try filled()
                let size = try disk.open(file).size()
                disk.rot(file, at: size * place / 6, bit: place % 8)
                do {
                    let store = try LedgerStore.open(disk, committee)
                    try run(store, to: Self.commits)
                    if try isWhole(store, isDamaged: true) { unnoticed += 1 }
                } catch is StorageError {
                    refused += 1
                }
                disk.crash()
                _ = try ValidatorDirectory.repair(disk)
                let store = try LedgerStore.open(disk, committee)
                try run(store, to: Self.commits)
                #expect(try isWhole(store), "\(file) \(place)")
            }
        }
        #expect(refused > 5 && unnoticed > 5)
    }

    @Test func aSnapshotWhoseEntriesAreGoneIsPassedOver() throws {
        let disk = try filled()
        let path = "\(StoreLayout.entries)/0000000000.segment"
        // Like a torn tail, in what was synced.
        disk.cut(path, to: try disk.open(path).size() / 4)
        let store = try LedgerStore.open(disk, committee)
        #expect(store.ledger.lastCommit.index == 0)
        try run(store, to: Self.commits)
        #expect(try isWhole(store))
        // What is saved now counts, and not what was passed over.
        #expect(try opened(disk, store).ledger.lastCommit.index == UInt64(Self.commits))
    }

    /// A read that is wrong once makes no difference anywhere.
    @Test func whatIsReadWrongOnceIsReadAgain() throws {
        let disk = try filled()
        var flipped: Set<String> = []
        for count in stride(from: 0, to: 400, by: 3) {
            disk.flipRead(after: count)
            let store = try LedgerStore.open(disk, committee)
            #expect(store.ledger.lastCommit.index == 10)
            try run(store, to: Self.commits)
            #expect(try isWhole(store))
            guard let file = disk.takeFlippedRead() else { continue }
            flipped.insert(file)
        }
        let places = Set(flipped.map { $0.split(separator: "/").prefix(2).joined(separator: "/") })
        #expect(places.isSuperset(of: ["log/entries", "log/positions", "log/nodes"]), "\(flipped)")
    }
}
