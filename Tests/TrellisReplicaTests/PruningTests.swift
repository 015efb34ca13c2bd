// What a validator with a small journal keeps for those who are far behind.

import Testing
import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel
import TrellisReplica
import TrellisStorage

@Suite struct PruningTests {
    let committee: Committee
    let storage: StableStorage

    init() throws {
        committee = try RecoveryTests().committee
        let disk = SimulatedDisk(seed: 1)
        try ValidatorDirectory.begin(disk, for: "v0", of: committee.chain)
        storage = try StableStorage.open(
            disk, of: 0, committee, isAmnesic: false, retention: Retention(journalBytes: 1 << 18), recallNonce: 7
        ).storage
    }

    /// A block of 8 KiB in every one of these rounds, each ordered by a commit of its own and executed.
    func execute(_ rounds: ClosedRange<Round>) throws -> Checkpoint? {
        var checkpoint: Checkpoint?
        for round in rounds {
            let record = TrellisModel.Record(nonce: Nonce(idempotencyKey: "\(round)"), data: [UInt8](repeating: 1, count: 8192))
            let payload = Payload([Transaction(record)])
            let prefix = BlockPrefix(epoch: 0, round: round, author: 0, timestamp: round, scheme: .ed25519)
            let block = Block(
                header: BlockHeader(prefix: prefix, parents: [], payloadRoot: payload.root, attestations: []), payload: payload,
                signature: [UInt8](repeating: 0, count: 64), committee: committee)
            let commit = Commit(
                index: round, leader: block.reference, blocks: [block.reference], timestamp: round,
                previous: storage.ledger.ledger.lastCommit.digest, suite: committee.suite)
            try storage.store(block)
            try storage.journal.store(commit)
            checkpoint = try storage.execute(commit, [payload])?.checkpoint ?? checkpoint
        }
        return checkpoint
    }

    func isHeld(_ round: Round) throws -> Bool { try storage.journal.ranges.isWhole(round) && !storage.journal.read(from: round).isEmpty }

    @Test func nothingIsDroppedThatTheNewestCertifiedStateDoesNotCover() throws {
        var certified: Checkpoint?
        for end in [Round(100), 200, 300] {
            let newest = try #require(try execute(end - 99...end))
            #expect(try storage.saveSnapshot(gcRound: end - 64))
            #expect(try isHeld(certified.map { $0.index + 1 } ?? 1))
            // With every hundredth commit certified from the second hundred on.
            guard end > 100 else { continue }
            try storage.certified(CheckpointCertificate(checkpoint: newest, proofs: []))
            certified = newest
        }
        _ = try execute(301...700)
        #expect(try storage.saveSnapshot(gcRound: 636))
        #expect(try isHeld(301))
        #expect(try !isHeld(1))
    }
}
