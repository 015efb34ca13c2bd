// A ledger restored from its snapshot goes on exactly as the one that never stopped; a changed snapshot is refused; equal commits give
// equal bytes, now and in later versions.

import Testing
import TrellisCrypto
import TrellisLedger
import TrellisModel

@Suite struct SnapshotTests {
    static let fixed = "b802158cf85d384c9bb29b1709dbef3a1f5668b9f3e0833c56fa816c81450c70"

    @Test(arguments: UInt64(1)...8) func restoredLedgerContinuesAsTheOriginal(seed: UInt64) throws {
        var workload = Workload(seed: seed)
        var steady = Journal()
        var restarted = Journal()
        for _ in 0..<250 {
            let (payloads, timestamp) = workload.next()
            let first = try steady.run(payloads, at: timestamp)
            let second = try restarted.run(payloads, at: timestamp)
            #expect(first.checkpoint == second.checkpoint)
            #expect(first.appended == second.appended && first.decided == second.decided && first.opened == second.opened)
            #expect(steady.ledger.nextDeadline == restarted.ledger.nextDeadline)
            restarted.ledger = try Ledger(committee: committee, snapshot: restarted.ledger.snapshot)
            #expect(restarted.ledger.snapshot == steady.ledger.snapshot)
        }
        let counters = steady.ledger.counters
        #expect(counters.records > 0 && counters.approved > 0 && counters.rejected > 0 && counters.expired > 0)
        #expect(Set(steady.log.map(\.identifier)).count == steady.log.count)
    }

    /// What validators of different versions must agree on. A change of this value is a change of the protocol.
    @Test func executionIsFixed() throws {
        var workload = Workload(seed: 42)
        var journal = Journal()
        var bytes: [UInt8] = []
        for _ in 0..<300 {
            let (payloads, timestamp) = workload.next()
            let execution = try journal.run(payloads, at: timestamp)
            execution.checkpoint?.digest(.sha256).append(to: &bytes)
            bytes += execution.ignored.map(\.reason.rawValue)
        }
        bytes += journal.ledger.snapshot
        #expect(HashSuite.sha256.hash(bytes).description == Self.fixed)
    }

    @Test func emptyLedgerRoundTrips() throws {
        let empty = Ledger(committee: committee)
        let restored = try Ledger(committee: committee, snapshot: empty.snapshot)
        #expect(restored.snapshot == empty.snapshot && restored.lastCheckpoint == nil)
    }

    /// Whatever is changed contradicts the checkpoint that the snapshot carries.
    @Test func changedSnapshotIsRefused() throws {
        var workload = Workload(seed: 5)
        var journal = Journal()
        for _ in 0..<20 {
            let (payloads, timestamp) = workload.next()
            try journal.run(payloads, at: timestamp)
        }
        try journal.run([record(5000), Transaction(proposal(5001))], at: 2_000_000)
        let snapshot = journal.ledger.snapshot
        var accepted: [Int] = []
        for position in snapshot.indices {
            var changed = snapshot
            changed[position] ^= 1
            if (try? Ledger(committee: committee, snapshot: changed)) != nil { accepted.append(position) }
        }
        #expect(accepted.isEmpty)
        for length in snapshot.indices {
            #expect(throws: LedgerError.self) { try Ledger(committee: committee, snapshot: Array(snapshot[..<length])) }
        }
        #expect(throws: LedgerError.malformedSnapshot(.trailingBytes(offset: snapshot.count))) {
            try Ledger(committee: committee, snapshot: snapshot + [0])
        }
    }
}
