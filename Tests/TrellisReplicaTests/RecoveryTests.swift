// What a crash, damage, a lost disk and a later release leave of a validator's directory, on a disk that is simulated.

import Testing
import TrellisConsensus
import TrellisCrypto
import TrellisModel
import TrellisReplica
import TrellisStorage

@Suite struct RecoveryTests {
    let committee: Committee
    /// One of every validator, of round 0.
    let blocks: [Block]

    init() throws {
        let validators = try (UInt8(0)..<4).map { index in
            let key = try SignatureScheme.ed25519.signingKey(seed: SecretBytes([UInt8](repeating: index, count: 32))).publicKey
            return Genesis.ValidatorEntry(
                name: "v\(index)", stake: 1, scheme: "Ed25519", consensusKey: key, identityScheme: "Ed25519", identityKey: key)
        }
        let seat = Genesis.SeatEntry(name: "s", validator: 0, weight: 1, scheme: "Ed25519", key: validators[0].consensusKey)
        let committee = try Committee(
            genesis: Genesis(
                name: "test", nonce: [UInt8](repeating: 1, count: 16), created: 0, validators: validators,
                councils: [.init(name: "default", thresholdPermille: 670, isAdaptive: false, deadline: 100, seats: [seat])],
                parameters: Parameters()))
        self.committee = committee
        blocks = [0, 1, 2, 3].map { Block.genesis(author: $0, committee: committee) }
    }

    /// A directory of validator 0, as a new network gives it.
    func disk(seed: UInt64 = 1) throws -> SimulatedDisk {
        let disk = SimulatedDisk(seed: seed)
        try ValidatorDirectory.begin(disk, for: "v0", of: committee.chain)
        return disk
    }

    func open(_ disk: SimulatedDisk) throws -> (storage: StableStorage, recovery: Journal.Recovery) {
        try ValidatorDirectory.requireOwner(0, of: committee, on: disk)
        let isAmnesic = try ValidatorDirectory.isAmnesic(disk, 0, of: committee)
        return try StableStorage.open(
            disk, of: 0, committee, isAmnesic: isAmnesic, retention: Retention(), recallNonce: 7)
    }

    @Test func aCrashLosesOnlyWhatWasNotSynced() throws {
        var kept: Set<Int> = []
        for seed in UInt64(1)...40 {
            let disk = try disk(seed: seed)
            let journal = try open(disk).storage.journal
            try journal.store(blocks[0])
            try journal.seal(blocks[0])
            for block in blocks.dropFirst() { try journal.store(block) }
            // Written, as a read does, and not synced.
            _ = try journal.read([blocks[3].reference])
            disk.crash()
            let recovered = try open(disk).recovery.recovered
            #expect(recovered.blocks.map(\.reference) == blocks.prefix(recovered.blocks.count).map(\.reference))
            kept.insert(recovered.blocks.count)
        }
        #expect(kept.contains(1) && kept.contains(4) && !kept.contains(0))
    }

    @Test func theMarkSaysWhatWasSigned() throws {
        let disk = try disk()
        let block = blocks[0]
        do {
            let (storage, recovery) = try open(disk)
            #expect(recovery.recovered.recallNonce == nil && recovery.recovered.highWater == 0)
            try storage.journal.recall(upTo: 9)
            #expect(throws: StorageError.self) { try storage.journal.seal(block) }
        }
        disk.crash()
        #expect(try open(disk).recovery.recovered.highWater == 9)
        try ValidatorDirectory.forgetMark(on: disk)
        let forgotten = try open(disk)
        #expect(forgotten.recovery.recovered.recallNonce == 7)
        #expect(throws: StorageError.self) { try forgotten.storage.journal.seal(block) }
        try forgotten.storage.journal.recall(upTo: 12)
        #expect(try open(disk).recovery.recovered.highWater == 12)
    }

    @Test func anEmptyDiskHasForgottenAndANewOneHasNot() throws {
        #expect(try !ValidatorDirectory.isAmnesic(disk(), 0, of: committee))
        #expect(try ValidatorDirectory.isAmnesic(SimulatedDisk(), 0, of: committee))
        let used = try disk()
        _ = try open(used)
        #expect(try !ValidatorDirectory.isAmnesic(used, 0, of: committee))
        #expect(throws: ValidatorDirectory.OtherOwner.self) { try ValidatorDirectory.requireOwner(1, of: committee, on: used) }
    }

    @Test func damageIsCutAwayAndNothingBeforeIt() throws {
        var kept: Set<Int> = []
        for place in 0..<40 {
            let disk = try disk(seed: UInt64(place))
            let journal = try open(disk).storage.journal
            for block in blocks {
                try journal.store(block)
                try journal.sync()
            }
            let path = try #require(try disk.list(StoreLayout.journal).first.map { "\(StoreLayout.journal)/\($0)" })
            let size = try disk.open(path).size()
            disk.rot(path, at: size * place / 40, bit: place % 8)
            disk.crash()
            do { _ = try open(disk) } catch { #expect(try !ValidatorDirectory.repair(disk).repairs.isEmpty) }
            let recovered = try open(disk).recovery.recovered
            #expect(recovered.blocks.map(\.reference) == blocks.prefix(recovered.blocks.count).map(\.reference))
            kept.insert(recovered.blocks.count)
        }
        #expect(kept == [0, 1, 2, 3])
    }

    @Test func aJournalOfALaterReleaseIsRefusedAndNotRepaired() throws {
        let disk = try disk()
        try open(disk).storage.journal.sync()
        let path = try #require(try disk.list(StoreLayout.journal).first.map { "\(StoreLayout.journal)/\($0)" })
        let before = try disk.postdateSegment(path)
        #expect(throws: StorageError.self) { try open(disk) }
        #expect(throws: StorageError.self) { try ValidatorDirectory.repair(disk) }
        let file = try disk.open(path)
        try file.write(before, at: 0)
        try file.sync()
        _ = try open(disk)
    }
}
