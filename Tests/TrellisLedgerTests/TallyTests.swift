// When a council has decided, and on what: tables of votes and what must come of them.

import Testing
import TrellisCrypto
import TrellisLedger
import TrellisModel

@Suite struct TallyTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let council: String
        /// One letter for each vote in order, as seat then verdict: `0a` approves, `r` rejects, `n` abstains.
        let votes: String
        let outcome: Outcome?
        var testDescription: String { "\(council): \(votes) -> \(outcome?.name ?? "open")" }
    }

    static let cases: [Case] = [
        // Of weight 4 at 670 per mille, 3 must approve.
        Case(council: "default", votes: "", outcome: nil),
        Case(council: "default", votes: "0a 1a", outcome: nil),
        Case(council: "default", votes: "0a 1a 2a", outcome: .approved),
        Case(council: "default", votes: "0a 1a 2a 3r", outcome: .approved),
        Case(council: "default", votes: "0r 1a 2a 3a", outcome: .approved),
        Case(council: "default", votes: "0r 1a 2a", outcome: nil),
        Case(council: "default", votes: "0r 1r", outcome: .rejected),
        Case(council: "default", votes: "0n", outcome: nil),
        Case(council: "default", votes: "0n 1n", outcome: .rejected),
        Case(council: "default", votes: "0n 1r", outcome: .rejected),
        Case(council: "default", votes: "0n 1a 2a 3a", outcome: .approved),
        Case(council: "default", votes: "0n 1n 2n 3n", outcome: .rejected),
        // A seat's first vote counts, whatever it says later.
        Case(council: "default", votes: "0a 0r 0n 1a 0a", outcome: nil),
        Case(council: "default", votes: "0r 0a 1a 2a 3a", outcome: .approved),
        Case(council: "default", votes: "0a 0a 0a", outcome: nil),
        // Of weight 10 at 600 per mille, 6 must approve.
        Case(council: "weighted", votes: "0a", outcome: nil),
        Case(council: "weighted", votes: "0a 2a", outcome: .approved),
        Case(council: "weighted", votes: "1a 2a", outcome: nil),
        Case(council: "weighted", votes: "0r", outcome: .rejected),
        Case(council: "weighted", votes: "0n", outcome: .rejected),
        Case(council: "weighted", votes: "1r", outcome: nil),
        Case(council: "weighted", votes: "1n 2n", outcome: .rejected),
        Case(council: "weighted", votes: "1n 0a 2a", outcome: .approved),
    ]

    static let verdicts: [Character: Verdict] = ["a": .approve, "r": .reject, "n": .abstain]

    static func batches(_ test: Case, on proposal: Proposal) -> [Transaction] {
        let council: UInt32 = test.council == "default" ? 0 : 1
        return test.votes.split(separator: " ").compactMap { vote in
            guard let seat = vote.first?.wholeNumberValue, let verdict = vote.last.flatMap({ verdicts[$0] }) else { return nil }
            return votes(UInt32(seat), [(proposal, verdict)], council: council)
        }
    }

    /// Once with all votes in one commit, once with each vote in a commit of its own.
    @Test(arguments: cases) func tally(_ test: Case) throws {
        let proposal = proposal(1, council: test.council)
        let batches = Self.batches(test, on: proposal)
        var together = Journal()
        try together.run([Transaction(proposal)])
        let execution = try together.run(batches)
        #expect(execution.decided.map(\.outcome) == (test.outcome.map { [$0] } ?? []))
        #expect((together.ledger.pending(proposal.identifier) == nil) == (test.outcome != nil))

        var apart = Journal()
        try apart.run([Transaction(proposal)])
        let decided = try batches.flatMap { try apart.run([$0]).decided }
        #expect(decided.map(\.outcome) == (test.outcome.map { [$0] } ?? []))
    }

    @Test func decisionHoldsEverySeatAndBothTimes() throws {
        var journal = Journal()
        let first = proposal(1)
        try journal.run([Transaction(first)], at: 1000)
        try journal.run([votes(3, [(first, .reject)])], at: 1010)
        let execution = try journal.run([votes(1, [(first, .abstain)])], at: 1020)
        let decision = try #require(execution.decided.first)
        #expect(decision.proposal == first)
        #expect(decision.outcome == .rejected)
        #expect(decision.ballots.map(\.thresholdPermille) == [670])
        #expect(
            decision.seats == [
                SeatVote(seat: 0, weight: 1, verdict: nil, reason: ""),
                SeatVote(seat: 1, weight: 1, verdict: .abstain, reason: "seat 1"),
                SeatVote(seat: 2, weight: 1, verdict: nil, reason: ""),
                SeatVote(seat: 3, weight: 1, verdict: .reject, reason: "seat 3"),
            ])
        #expect(decision.proposed == OrderPoint(commit: 1, timestamp: 1000))
        #expect(decision.decided == OrderPoint(commit: 3, timestamp: 1020))
        #expect(execution.appended.map(\.identifier) == [first.identifier])
        #expect(execution.appended.map { Array($0.bytes) } == [decision.wireBytes])
        #expect(try LogEntry(wireBytes: decision.wireBytes) == .decision(decision))
    }

    @Test func oneBatchDecidesManyInTheOrderOfOpening() throws {
        var journal = Journal()
        let proposals = (0..<5).map { proposal($0) }
        try journal.run(proposals.map { Transaction($0) })
        for seat: UInt32 in 0..<2 { try journal.run([votes(seat, proposals.map { ($0, .approve) })]) }
        let execution = try journal.run([votes(2, proposals.reversed().map { ($0, .approve) })])
        #expect(execution.decided.map(\.proposal) == proposals)
        #expect(execution.votesCounted == 5)
        #expect(journal.ledger.counters.approved == 5)
    }
}
