// Proposals that need several councils, all of them or any; and votes that must not count.

import Testing
import TrellisCrypto
import TrellisLedger
import TrellisModel

@Suite struct JointCouncilTests {
    @Test(arguments: [
        ("legal", CouncilNeed.one("legal")), ("a and b", .all(["a", "b"])), ("c or a or b", .any(["c", "a", "b"])), ("and", .one("and")),
        ("", nil), ("a  and b", nil), (" a", nil), ("a and", nil), ("a and b or c", nil), ("a xor b", nil), ("a and a", nil), ("a b", nil),
        (Array(repeating: "x", count: 9).enumerated().map { "\($1)\($0)" }.joined(separator: " or "), nil),
    ])
    func needs(text: String, need: CouncilNeed?) { #expect(CouncilNeed(text) == need) }

    /// `d` and `w` are votes of the councils default (3 of 4) and weighted (6 of 5 + 3 + 2), with seat and verdict as in TallyTests.
    @Test(arguments: [
        ("default and weighted", "d0a d1a d2a", nil), ("default and weighted", "d0a d1a d2a w0a w2a", Outcome.approved),
        ("default and weighted", "d0r d1r", .rejected), ("default and weighted", "w0n", .rejected),
        ("weighted and default", "w0a w1a", nil), ("default or weighted", "w0a w1a", .approved), ("default or weighted", "w0r", nil),
        ("default or weighted", "w0r d0r d1r", .rejected), ("default or weighted", "w0r d0r d1a d2a d3a", .approved),
        ("weighted or default", "", nil),
    ])
    func decides(council: String, votes text: String, outcome: Outcome?) throws {
        let asked = proposal(1, council: council)
        var journal = Journal()
        try journal.run([Transaction(asked)])
        let batches = text.split(separator: " ").map { vote in
            let letters = Array(vote)
            return votes(
                UInt32(letters[1].wholeNumberValue ?? 9), [(asked, TallyTests.verdicts[letters[2]] ?? .abstain)],
                council: letters[0] == "d" ? 0 : 1)
        }
        let execution = try journal.run(batches)
        #expect(execution.votesCounted == batches.count)
        #expect(execution.decided.first?.outcome == outcome)
        guard let decision = execution.decided.first else {
            let pending = try #require(journal.ledger.pending(asked.identifier))
            #expect(pending.ballots.map { $0.seats.count } == (council.hasPrefix("default") ? [4, 3] : [3, 4]))
            // The later deadline is the proposal's: 100 ms of default, not 40 of weighted.
            #expect(pending.deadline == 1100)
            return
        }
        #expect(decision.ballots.count == 2 && decision.tally == outcome)
        #expect(try Decision(wireBytes: decision.wireBytes, suite: .sha256) == decision)
        #expect(decision.wireBytes.first == EntryKind.jointDecision.rawValue)
        guard case .decision(let logged) = try LogEntry(wireBytes: Array(execution.appended[0].bytes)) else { return }
        #expect(logged == decision)
    }

    @Test func unknownCouncilsAreRefused() throws {
        var journal = Journal()
        let execution = try journal.run([
            Transaction(proposal(1, council: "default and nobody")), Transaction(proposal(2, council: "default nor weighted")),
        ])
        #expect(execution.ignored.map(\.reason) == [.unknownCouncil, .unknownCouncil])
    }

    @Test func snapshotsKeepThem() throws {
        var journal = Journal()
        let asked = proposal(1, council: "weighted or default")
        try journal.run([Transaction(asked), Transaction(proposal(2))])
        try journal.run([votes(1, [(asked, .approve)], council: 1)])
        var restored = journal
        restored.ledger = try Ledger(committee: committee, snapshot: journal.ledger.snapshot)
        #expect(restored.ledger.pending(asked.identifier)?.ballots.map(\.council) == [1, 0])
        let last = [votes(0, [(asked, .approve)], council: 1)]
        let (one, other) = (try journal.run(last), try restored.run(last))
        #expect(one.checkpoint != nil && one.checkpoint == other.checkpoint)
        #expect(one.decided == other.decided && one.decided.first?.outcome == .approved)
    }

    @Test func votesThatDoNotCountSayWhy() throws {
        var journal = Journal()
        let asked = proposal(1)
        let never = proposal(2)
        try journal.run([Transaction(asked)], at: 1000)
        let twice = try journal.run([votes(0, [(asked, .approve)]), votes(0, [(asked, .reject)])], at: 1001)
        #expect(twice.refusedVotes == [.repeated: 1])
        #expect(twice.counted.map(\.seat) == [0] && twice.counted.map(\.index) == [0])
        #expect(try journal.run([votes(1, [(asked, .approve)], council: 1)], at: 1002).refusedVotes == [.otherCouncil: 1])
        #expect(try journal.run([votes(1, [(never, .approve)])], at: 1003).refusedVotes == [.notPending: 1])
        // At the deadline it expires before the votes of the same commit are looked at.
        let late = try journal.run([votes(1, [(asked, .approve)]), votes(2, [(asked, .approve)]), votes(3, [(asked, .approve)])], at: 1100)
        #expect(late.refusedVotes == [.notPending: 3])
        #expect(late.decided.map(\.outcome) == [.expired])
        #expect(VoteRefusal.allCases.allSatisfy { !$0.name.isEmpty })
    }
}
