// What a commit changes and what it must not: expiry, duplicates, votes out of time, malformed input, refused commits, checkpoints.

import Testing
import TrellisCrypto
import TrellisLedger
import TrellisModel

@Suite struct ExecutionTests {
    @Test func recordsAreAppendedInOrderWithTheirOwnBytes() throws {
        var journal = Journal()
        let records = (0..<7).map { record($0) }
        let execution = try journal.run([Array(records[0..<3]), [], Array(records[3...])])
        #expect(execution.appended.map(\.index) == Array(0..<7))
        #expect(execution.appended.map(\.identifier) == records.map(\.identifier))
        #expect(execution.appended.map { Array($0.bytes) } == records.map(\.bytes))
        #expect(journal.ledger.logRoot == Merkle.root(records.map(\.identifier)))
        #expect(journal.ledger.counters.records == 7)
    }

    /// The nodes given out are all that a store needs for a proof of every entry.
    @Test func nodesMakeProofs() throws {
        var journal = Journal()
        for start in [0, 1, 5, 11] { try journal.run((start..<start + 7).map { record($0) }) }
        let size = journal.ledger.logSize
        #expect(size == 18)
        let nodes = journal.nodes
        for entry in journal.log {
            let proof = Merkle.inclusionProof(index: entry.index, size: size) { level, index in
                nodes.first { $0.level == level && $0.index == index }?.hash ?? HashSuite.sha256.hash([])
            }
            let leaf = Merkle.leafHash(entry.bytes)
            #expect(Merkle.verifyInclusion(leafHash: leaf, index: entry.index, size: size, proof: proof, root: journal.ledger.logRoot))
        }
    }

    @Test func everythingTakesEffectOnce() throws {
        var journal = Journal()
        let asked = proposal(1)
        let first = try journal.run([record(1), record(1), Transaction(asked), Transaction(asked)])
        #expect(first.appended.count == 1 && first.opened == [asked.identifier])
        #expect(first.ignored.map(\.reason) == [.duplicate, .duplicate])

        let second = try journal.run([[record(1)], [Transaction(asked)]])
        #expect(second.appended.isEmpty && second.opened.isEmpty && second.checkpoint == nil)
        #expect(second.ignored.map(\.reason) == [.duplicate, .duplicate])

        try journal.run((UInt32(0)..<3).map { votes($0, [(asked, .approve)]) })
        let late = try journal.run([Transaction(asked), votes(3, [(asked, .approve)])])
        #expect(late.ignored.map(\.reason) == [.duplicate])
        #expect((late.votesCounted, late.votesIgnored) == (0, 1))
        #expect(late.checkpoint == nil)
        #expect(journal.log.count == 2)
    }

    /// A decision and the same proposal once more in one commit: `isLogged` does not know of it yet.
    @Test func expiredProposalIsNotReopenedByTheSameCommit() throws {
        var journal = Journal()
        let asked = proposal(1)
        try journal.run([Transaction(asked)], at: 1000)
        try journal.run([[]], at: 1001)
        let execution = try journal.run([Transaction(asked)], at: 2000)
        #expect(execution.decided.map(\.outcome) == [.expired])
        #expect(execution.ignored.map(\.reason) == [.duplicate])
        #expect(journal.ledger.pendingProposals.isEmpty)
    }

    @Test func deadlinesAreMetBeforeTheTransactionsOfTheCommit() throws {
        var journal = Journal()
        let (slow, fast) = (proposal(1), proposal(2, council: "weighted"))
        try journal.run([Transaction(slow), Transaction(fast)], at: 1000)
        #expect(journal.ledger.nextDeadline == 1040)
        #expect(try journal.run([[]], at: 1039).decided.isEmpty)
        let expired = try journal.run([votes(0, [(fast, .approve)], council: 1), votes(0, [(slow, .approve)])], at: 1040)
        #expect(expired.decided.map(\.proposal) == [fast])
        #expect(expired.decided.map(\.outcome) == [.expired])
        #expect((expired.votesCounted, expired.votesIgnored) == (1, 1))
        #expect(journal.ledger.nextDeadline == 1100)
        let last = try journal.run([votes(1, [(slow, .approve)]), votes(2, [(slow, .approve)])], at: 5000)
        #expect(last.decided.map(\.outcome) == [.expired])
        #expect(last.decided.first?.seats.map(\.verdict) == [.approve, nil, nil, nil])
        #expect(last.checkpoint != nil && journal.ledger.nextDeadline == nil)
        #expect(journal.ledger.counters.expired == 2)
    }

    /// A commit after a pause may have the time of before it.
    @Test func timeBeginsAfterAPauseThatFollowsTheOpening() throws {
        var journal = Journal()
        let (asked, open) = (proposal(1), proposal(2))
        try journal.run([Transaction(open)], at: 1000)
        try journal.run([Transaction(asked)], at: 1010)
        let next = try journal.run([votes(0, [(asked, .approve)])], at: 60_000)
        #expect(next.decided.map(\.proposal) == [open] && next.decided.map(\.outcome) == [.expired])
        #expect(next.postponed == [asked.identifier] && next.votesCounted == 1)
        #expect(journal.ledger.nextDeadline == 60_100)
        #expect(try Ledger(committee: journal.ledger.committee, snapshot: journal.ledger.snapshot).snapshot == journal.ledger.snapshot)
        let decided = try journal.run([[votes(1, [(asked, .approve)]), votes(2, [(asked, .approve)])]], at: 60_050).decided
        #expect(decided.map(\.outcome) == [.approved] && decided.first?.proposed.timestamp == 60_000)
    }

    /// Once, however long the next pause is; and a pause alone is something to attest.
    @Test func timeBeginsAnewOnce() throws {
        var journal = Journal()
        try journal.run([Transaction(proposal(1))], at: 1000)
        let second = try journal.run([[]], at: 60_000)
        #expect(second.decided.isEmpty && second.checkpoint != nil)
        #expect(try journal.run([[]], at: 120_000).decided.map(\.outcome) == [.expired])
    }

    @Test func expiryIsByDeadlineThenIdentifier() throws {
        var journal = Journal()
        let proposals = (0..<6).map { proposal($0, council: $0 % 2 == 0 ? "default" : "weighted") }
        try journal.run(proposals.map { Transaction($0) }, at: 0)
        try journal.run([[]], at: 1)
        let decided = try journal.run([[]], at: 1000).decided.map(\.proposal)
        let byIdentifier = proposals.sorted { $0.identifier < $1.identifier }
        #expect(decided == byIdentifier.filter { $0.council == "weighted" } + byIdentifier.filter { $0.council == "default" })
    }

    @Test func votesOutOfPlaceAreIgnored() throws {
        var journal = Journal()
        let asked = proposal(1)
        // Before the proposal, in the same commit.
        let early = try journal.run([votes(0, [(asked, .reject)]), Transaction(asked)])
        #expect((early.votesCounted, early.votesIgnored) == (0, 1))
        // Another council's seat, then seats and councils that are not.
        let other = try journal.run([votes(0, [(asked, .reject)], council: 1)])
        #expect((other.votesCounted, other.votesIgnored) == (0, 1))
        let unknown = try journal.run([votes(4, [(asked, .reject)]), votes(0, [(asked, .reject)], council: 2)])
        #expect(unknown.ignored.map(\.reason) == [.unknownSeat, .unknownSeat])
        #expect(journal.ledger.pending(asked.identifier)?.seats.allSatisfy { $0.verdict == nil } == true)
        // A repeated verdict within one batch counts once.
        let twice = try journal.run([votes(0, [(asked, .approve), (asked, .reject)])])
        #expect((twice.votesCounted, twice.votesIgnored) == (1, 1))
        #expect(journal.ledger.pending(asked.identifier)?.seats.first?.verdict == .approve)
    }

    @Test func malformedAndOversizedAreIgnoredInPlace() throws {
        var journal = Journal()
        let good = record(1).bytes
        let asked = proposal(1).wireBytes
        let limit = committee.limits.transactionBytes
        let long = Proposal(nonce: nonce(2), kind: "k", text: String(repeating: "x", count: limit))
        let cases: [([UInt8], IgnoreReason)] = [
            ([0x00], .malformed), ([0x10, 1, 2], .malformed), ([0xFF], .malformed), ([0x01], .malformed), ([0x02], .malformed),
            ([0x03], .malformed), (good + [0], .malformed), (Array(good.dropLast()), .malformed), (asked + [0], .malformed),
            (Array(asked.dropLast()), .malformed), (votes(0, [(proposal(1), .approve)]).bytes + [0], .malformed),
            (record(1, bytes: limit + 1).bytes, .tooLarge), (long.wireBytes, .tooLarge),
            (proposal(3, council: "nowhere").wireBytes, .unknownCouncil), (proposal(3, council: "").wireBytes, .unknownCouncil),
        ]
        let execution = try journal.run(cases.map { Transaction(bytes: $0.0) } + [record(2, bytes: limit)])
        #expect(execution.ignored.map(\.reason) == cases.map(\.1))
        #expect(execution.ignored.map(\.identifier) == cases.map { Transaction(bytes: $0.0).identifier })
        #expect(execution.appended.count == 1)
    }

    @Test func randomTransactionsNeverTrap() throws {
        var generator = Seeded(11)
        var journal = Journal()
        for _ in 0..<64 {
            let noise = (0..<64).map { _ in
                Transaction(bytes: [[1, 2, 3, 16][generator.below(4)]] + generator.bytes(generator.below(200)))
            }
            try journal.run(noise)
        }
        #expect(journal.ledger.pendingProposals.isEmpty)
    }

    @Test func pendingIsBounded() throws {
        var journal = Journal()
        let proposals = (0..<Ledger.pendingMaximum + 3).map { proposal($0) }
        let execution = try journal.run(proposals.map { Transaction($0) })
        #expect(execution.opened.count == Ledger.pendingMaximum)
        #expect(execution.ignored.map(\.reason) == [.pendingFull, .pendingFull, .pendingFull])
        try journal.run([[]])
        // What was refused may come again when there is room.
        let later = try journal.run([proposals.suffix(3).map { Transaction($0) }], at: 1_000_000)
        #expect(later.decided.count == Ledger.pendingMaximum && later.opened.count == 3)
    }

    @Test func onlyChangesYieldCheckpoints() throws {
        var journal = Journal()
        #expect(try journal.run([[]]).checkpoint == nil)
        #expect(journal.ledger.lastCheckpoint == nil && journal.ledger.lastCommit.index == 1)
        let first = try #require(try journal.run([record(1)]).checkpoint)
        #expect((first.index, first.logSize, first.timestamp) == (2, 1, 1000))
        #expect(first.commit == journal.ledger.lastCommit.digest && first.chain == committee.chain)
        #expect(try journal.run([record(1)]).checkpoint == nil)
        let asked = proposal(1)
        let opened = try #require(try journal.run([Transaction(asked)]).checkpoint)
        let voted = try #require(try journal.run([votes(0, [(asked, .approve)])]).checkpoint)
        #expect(opened.logRoot == first.logRoot && voted.logRoot == first.logRoot)
        #expect(Set([first.state, opened.state, voted.state]).count == 3)
        #expect(try journal.run([votes(0, [(asked, .reject)])]).checkpoint == nil)
        #expect(journal.ledger.lastCheckpoint == voted)
    }

    @Test func onlyTheNextCommitIsExecuted() throws {
        var journal = Journal()
        try journal.run([record(1)])
        let before = journal.ledger.snapshot
        let next = journal.commit([[]], at: 1000)
        func other(index: UInt64, previous: Digest) -> Commit {
            Commit(index: index, leader: next.leader, blocks: next.blocks, timestamp: 1000, previous: previous, suite: .sha256)
        }
        let foreign = HashSuite.sha256.hash([9])
        let empty = Payload([])
        #expect(throws: LedgerError.wrongIndex(expected: 2, found: 1)) {
            try journal.ledger.execute(other(index: 1, previous: next.previous), payloads: [empty]) { _ in false }
        }
        #expect(throws: LedgerError.wrongIndex(expected: 2, found: 3)) {
            try journal.ledger.execute(other(index: 3, previous: next.previous), payloads: [empty]) { _ in false }
        }
        #expect(throws: LedgerError.otherHistory(index: 2, expected: next.previous, found: foreign)) {
            try journal.ledger.execute(other(index: 2, previous: foreign), payloads: [empty]) { _ in false }
        }
        #expect(throws: LedgerError.wrongPayloads(index: 2, expected: 1, found: 0)) {
            try journal.ledger.execute(next, payloads: []) { _ in false }
        }
        struct Unreadable: Error {}
        #expect(throws: Unreadable.self) {
            try journal.ledger.execute(next, payloads: [Payload([record(2), record(3)])]) { identifier in
                if identifier == record(3).identifier { throw Unreadable() }
                return false
            }
        }
        #expect(journal.ledger.snapshot == before)
    }
}
