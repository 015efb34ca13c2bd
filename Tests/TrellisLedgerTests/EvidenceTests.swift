// Evidence in the ledger: each offence once, so many against one validator, in the state and over restarts.

import Testing
import TrellisCrypto
import TrellisLedger
import TrellisModel

@Suite struct EvidenceTests {
    private func proof(_ author: ValidatorIndex, _ round: Round, _ tag: UInt8) -> AttestationProof {
        let prefix = BlockPrefix(epoch: 0, round: round, author: author, timestamp: UInt64(tag), scheme: .ed25519)
        let header = BlockHeader(prefix: prefix, parents: [], payloadRoot: Payload.empty.root, attestations: [])
        return AttestationProof(Block(header: header, payload: .empty, signature: [], committee: committee), suite: .sha256)
    }

    private func twins(_ author: ValidatorIndex, _ round: Round, _ tags: (UInt8, UInt8) = (1, 2)) throws -> Transaction {
        Transaction(try #require(Evidence(.twinBlocks, proof(author, round, tags.0), proof(author, round, tags.1))))
    }

    @Test func anOffenceIsRecordedOnce() throws {
        var journal = Journal()
        let first = try journal.run([try twins(1, 5)])
        #expect(first.evidence.count == 1 && first.appended.isEmpty)
        let checkpoint = try #require(first.checkpoint, "it changes the state")
        // The same, and other headers that show the same.
        let again = try journal.run([try twins(1, 5), try twins(1, 5, (3, 4))])
        #expect(again.ignored.map(\.reason) == [.duplicate, .duplicate] && again.checkpoint == nil)
        let second = try journal.run([try twins(1, 6), try twins(2, 5)])
        #expect(second.evidence.count == 2 && second.checkpoint?.state != checkpoint.state)
        #expect(journal.ledger.evidence.entries.map(\.evidence.author) == [1, 1, 2])
        #expect(try journal.run([Transaction(bytes: [4, 1, 0])]).ignored.map(\.reason) == [.malformed])
    }

    @Test func oneValidatorCannotFillTheLedger() throws {
        var journal = Journal()
        let most = EvidenceRegister.perValidatorMaximum
        let execution = try journal.run((1...UInt64(most + 3)).map { try twins(1, $0) })
        #expect(execution.evidence.count == most)
        #expect(execution.ignored.map(\.reason) == [.evidenceFull, .evidenceFull, .evidenceFull])
        #expect(try journal.run([try twins(2, 1)]).evidence.count == 1)
    }

    @Test func aSnapshotCarriesItAndItsChangeIsNoticed() throws {
        var journal = Journal()
        try journal.run([record(1), try twins(1, 5), Transaction(proposal(2))])
        let snapshot = journal.ledger.snapshot
        let restored = try Ledger(committee: committee, snapshot: snapshot)
        #expect(restored.evidence.entries == journal.ledger.evidence.entries && restored.snapshot == snapshot)
        journal.ledger = restored
        #expect(try journal.run([try twins(1, 5)]).ignored.map(\.reason) == [.duplicate])
        for position in snapshot.indices {
            var changed = snapshot
            changed[position] ^= 1
            #expect(throws: LedgerError.self, "byte \(position)") { try Ledger(committee: committee, snapshot: changed) }
        }
    }
}
