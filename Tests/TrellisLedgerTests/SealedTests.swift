// Sealed proposals in the ledger: who may be named as a recipient, whose seats abstain by rule, which votes count, and when the sealed ones
// have decided.

import Testing
import TrellisCrypto
import TrellisLedger
import TrellisModel

@Suite struct SealedTests {
    private static let key: [UInt8] = (try? CompositeKEM.PrivateKey.generate().publicKey) ?? []
    private static let reply = try? CompositeKEM.PrivateKey.generate()

    /// Of the bounds only: nobody opens it here.
    static func envelope(_ recipients: Int) throws -> [UInt8] {
        let keys = try (0..<recipients).map { _ in try CompositeKEM.PrivateKey.generate().publicKey }
        return try Envelope.seal([1], to: keys, context: EnvelopeContext(purpose: .block))
    }

    private func sealed(
        _ recipients: [ValidatorIndex], council: String = "default", outcome: Bool = false, envelope: [UInt8]? = nil
    ) throws -> Proposal {
        let content = SealedContent(
            recipients: recipients, isOutcomeSealed: outcome, envelope: try envelope ?? Self.envelope(recipients.count))
        return Proposal(nonce: nonce(7), council: council, kind: "sealed", text: "", sealed: content)
    }

    /// The fixture's committee, which holds larger transactions.
    private static let roomy = Committee(
        chain: committee.chain, epoch: committee.epoch, suite: committee.suite, validators: committee.validators, stakes: committee.stakes,
        councils: committee.councils, parameters: Parameters())

    private func journal() -> Journal { Journal(ledger: Ledger(committee: Self.roomy)) }

    private func sealedVotes(_ seat: UInt32, _ verdict: Verdict, on proposal: Proposal, as shown: Verdict? = nil) throws -> Transaction {
        let reply = try #require(Self.reply)
        let place = SealedReason.Place(chain: committee.chain, proposal: proposal.identifier, council: 0, seat: seat)
        let reason = try SealedReason(verdict, "because \(seat)", to: reply.publicKey, for: place)
        let vote = Vote(proposal: proposal.identifier, verdict: shown ?? .sealed, reason: reason)
        return Transaction(VoteBatch(council: 0, seat: seat, votes: [vote], signature: []))
    }

    @Test func seatsOfOthersAbstainByRule() throws {
        var journal = journal()
        let asked = try sealed([0, 1, 3])
        try journal.run([Transaction(asked)])
        let pending = try #require(journal.ledger.pending(asked.identifier))
        #expect(pending.seats.map(\.verdict) == [nil, nil, .abstain, nil])
        #expect(pending.seats[2].reason == SealedContent.notRecipient)
        // What such a seat says all the same does not count.
        let late = try journal.run([votes(2, [(asked, .approve)])])
        #expect(late.refusedVotes == [.repeated: 1] && late.decided.isEmpty)
        let decided = try journal.run([votes(0, [(asked, .approve)]), votes(1, [(asked, .approve)]), votes(3, [(asked, .approve)])])
        let decision = try #require(decided.decided.first)
        #expect(decision.outcome == .approved && decision.tally == .approved)
        #expect(try Decision(wireBytes: decision.wireBytes, suite: .sha256) == decision)
        // Default: three of four must approve, and three take part: one rejection settles it.
        var other = self.journal()
        try other.run([Transaction(asked)])
        #expect(try other.run([votes(1, [(asked, .reject)])]).decided.map(\.outcome) == [.rejected])
    }

    @Test(
        arguments: [
            ([0, 1, 2], "default", true), ([0, 1], "default", false), ([0, 1], "weighted", true), ([1, 2], "weighted", false),
            ([0, 1, 2], "default and weighted", true), ([0, 1], "default and weighted", false), ([0, 1], "default or weighted", true),
            ([1, 3], "default or weighted", false), ([0, 1, 2, 4], "default", false), ([0, 1, 2, 3], "default", true),
        ] as [([ValidatorIndex], String, Bool)])
    func recipientsMustBeAbleToApprove(recipients: [ValidatorIndex], council: String, isTaken: Bool) throws {
        var journal = journal()
        let asked = try sealed(recipients, council: council)
        let execution = try journal.run([Transaction(asked)])
        #expect(execution.ignored.map(\.reason) == (isTaken ? [] : [.sealing]))
        #expect((journal.ledger.committee.refusal(ofSealing: asked) == nil) == isTaken)
    }

    @Test func whatIsNoEnvelopeForThemIsRefused() throws {
        let three = try Self.envelope(3)
        let bad: [[UInt8]] = [
            [], [1, 2, 3], Array(three.prefix(200)), Array(three.dropLast(18)), try Self.envelope(2), [0] + three.dropFirst(),
        ]
        for envelope in bad {
            var journal = journal()
            let execution = try journal.run([Transaction(try sealed([0, 1, 2], envelope: envelope))])
            #expect(execution.ignored.map(\.reason) == [.sealing])
        }
    }

    @Test func sealedVotesDecideWhenAllHaveVoted() throws {
        var journal = journal()
        let asked = try sealed([0, 1, 2, 3], outcome: true)
        try journal.run([Transaction(asked)])
        // Verdicts in the clear do not count where they are to be sealed.
        #expect(try journal.run([votes(0, [(asked, .approve)])]).refusedVotes == [.otherForm: 1])
        for (seat, verdict) in [(UInt32(0), Verdict.approve), (1, .reject), (2, .approve)] {
            #expect(try journal.run([try sealedVotes(seat, verdict, on: asked)]).decided.isEmpty)
        }
        let restored = try Ledger(committee: Self.roomy, snapshot: journal.ledger.snapshot)
        #expect(restored.pending(asked.identifier)?.seats == journal.ledger.pending(asked.identifier)?.seats)
        let execution = try journal.run([try sealedVotes(3, .approve, on: asked)])
        let decision = try #require(execution.decided.first)
        #expect(decision.outcome == .sealed && decision.tally == .sealed && journal.ledger.counters.sealed == 1)
        #expect(journal.ledger.counters.decisions == 1)
        let opened = OpenedDecision(decision, with: try #require(Self.reply), in: committee)
        #expect(opened.outcome == .approved)
        #expect(opened.ballots[0].seats.map(\.verdict) == [.approve, .reject, .approve, .approve])
        #expect(opened.ballots[0].seats.map(\.reason) == (0..<4).map { "because \($0)" })
        // Nobody else learns what they come to.
        let stranger = OpenedDecision(decision, with: try .generate(), in: committee)
        #expect(stranger.outcome == .rejected && stranger.ballots[0].seats.allSatisfy { $0.reason == OpenedDecision.unreadable })
        #expect(try Ledger(committee: Self.roomy, snapshot: journal.ledger.snapshot).counters == journal.ledger.counters)
    }

    @Test func atTheDeadlineSealedVotesMayHaveDecided() throws {
        var journal = journal()
        let asked = try sealed([0, 1, 2, 3], outcome: true)
        try journal.run([Transaction(asked)], at: 1000)
        try journal.run(try (0..<3).map { try sealedVotes($0, .approve, on: asked) }, at: 1001)
        let execution = try journal.run([record(1)], at: 1100)
        #expect(execution.decided.map(\.outcome) == [.sealed])
        let opened = OpenedDecision(try #require(execution.decided.first), with: try #require(Self.reply), in: committee)
        #expect(opened.outcome == .approved)
        // Enough who cannot read it reject it for all to see.
        var unread = self.journal()
        try unread.run([Transaction(asked)])
        #expect(try unread.run([votes(0, [(asked, .abstain)]), votes(1, [(asked, .abstain)])]).decided.map(\.outcome) == [.rejected])
    }

    @Test func reasonsInTheClearKeepTheirBound() throws {
        var journal = journal()
        let plain = proposal(1)
        try journal.run([Transaction(plain)])
        #expect(try journal.run([try sealedVotes(0, .approve, on: plain, as: .approve)]).refusedVotes == [.otherForm: 1])
        #expect(try journal.run([try sealedVotes(0, .approve, on: plain)]).refusedVotes == [.otherForm: 1])
    }
}
