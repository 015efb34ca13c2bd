// The level of the threshold: each of the four is reached by what should lead there, it comes back by steps, proposals keep what they were
// opened with, and a ledger restored from a snapshot anywhere goes on with the same.

import Testing
import TrellisCrypto
import TrellisLedger
import TrellisModel

/// A ledger whose windows are scripted.
private struct Script {
    var journal = Journal(ledger: Ledger(committee: adaptiveCommittee))
    private var time: Milliseconds = 1_000_000
    private var number = 0
    /// After each window.
    private(set) var levels: [ThresholdLevel] = []

    var threshold: AdaptiveThreshold { get throws { try #require(journal.ledger.threshold) } }

    /// One commit, its leader so many rounds above the last one's.
    mutating func commit(_ transactions: [Transaction] = [], rounds: UInt64 = 1, perRound: Milliseconds = 100) throws -> Execution {
        journal.round += rounds
        time += rounds * perRound
        return try journal.run(transactions, at: time)
    }

    /// Commits to the end of the window; of every `skipping`, one has a leader missing before it.
    mutating func window(perRound: Milliseconds = 100, skipping: Int = .max, first: [Transaction] = []) throws {
        var transactions = first
        repeat {
            number += 1
            _ = try commit(transactions, rounds: number.isMultiple(of: skipping) ? 2 : 1, perRound: perRound)
            transactions = []
        } while !journal.ledger.lastCommit.index.isMultiple(of: 100)
        levels.append(try threshold.level)
    }

    /// A proposal, and the votes of so many seats in the last tenth of the time for it.
    mutating func lateVotes(_ proposal: Proposal, seats: Int) throws {
        _ = try commit([Transaction(proposal)])
        _ = try commit((0..<seats).map { votes(UInt32($0), [(proposal, .abstain)]) }, perRound: 90)
    }
}

private func twins(_ round: UInt64) throws -> Transaction {
    let committee = adaptiveCommittee
    let headers = [UInt8(1), 2].map { filling in
        BlockHeader(
            prefix: BlockPrefix(epoch: 0, round: round, author: 1, timestamp: 5, scheme: .ed25519),
            parents: [BlockReference(round: round - 1, author: 1, digest: HashSuite.sha256.hash([filling]))],
            payloadRoot: Payload.empty.root, attestations: [])
    }
    let proofs = headers.map {
        AttestationProof(Block(header: $0, payload: .empty, signature: [], committee: committee), suite: committee.suite)
    }
    return Transaction(try #require(Evidence(.twinBlocks, proofs[0], proofs[1])))
}

@Suite struct AdaptiveThresholdTests {
    @Test func beginsAtTheStandardAndComesDownAfterThreeGoodWindows() throws {
        var script = Script()
        #expect(try script.threshold.level == .standard)
        try script.window()
        #expect(script.levels.last == .standard)
        try script.window()
        #expect(script.levels.last == .standard)
        try script.window()
        #expect(script.levels.last == .good)
        try script.window()
        #expect(script.levels.last == .good)
        #expect(try script.threshold.level.permille == 600)
    }

    @Test func slowRoundsDegrade() throws {
        var script = Script()
        try script.window(perRound: 1000)
        #expect(script.levels.last == .standard)
        try script.window(perRound: 1001)
        #expect(script.levels.last == .degraded)
        #expect(try script.threshold.last?.roundTime == .degraded)
        #expect(try script.threshold.last?.missedLeaders == .good)
    }

    @Test func missedLeadersDegradeAndThenMeanAnAttack() throws {
        var script = Script()
        try script.window(skipping: 3)
        #expect(script.levels.last == .degraded)
        // Every commit after a missing leader: half of the rounds, which is not more than half.
        try script.window(skipping: 1)
        #expect(script.levels.last == .degraded)
        for _ in 0..<100 { _ = try script.commit(rounds: 3) }
        #expect(try script.threshold.level == .attack)
        #expect(try script.threshold.last?.missedLeaders == .attack)
    }

    @Test func lateAndSilentVotesDegrade() throws {
        var script = Script()
        try script.lateVotes(proposal(1), seats: 2)
        try script.window()
        #expect(script.levels.last == .degraded)
        #expect(try script.threshold.last?.late == 2)
        for _ in 0..<3 { try script.window() }
        #expect(try script.threshold.level == .standard)
        _ = try script.commit([Transaction(proposal(2))])
        try script.window()
        #expect(script.levels.last == .degraded)
        #expect(try script.threshold.last?.votes == 4)
        #expect(script.journal.ledger.counters.expired == 1)
    }

    /// Whoever has days to vote says nothing about the network.
    @Test func councilsWithAFixedThresholdDoNotCount() throws {
        var script = Script()
        _ = try script.commit([Transaction(proposal(1, council: "weighted"))])
        try script.window()
        #expect(try script.threshold.last?.votes == 0)
        #expect(script.journal.ledger.counters.expired == 1)
    }

    @Test func oneEquivocationIsAnAttackAndCalmComesBackByStages() throws {
        var script = Script()
        try script.window(first: [twins(7)])
        #expect(script.levels.last == .attack)
        #expect(try script.threshold.last?.equivocations == 1)
        for _ in 0..<9 { try script.window() }
        #expect(script.levels.dropFirst() == [.attack, .attack, .degraded, .degraded, .degraded, .standard, .standard, .standard, .good])
    }

    @Test func calmMustLast() throws {
        var script = Script()
        try script.window(perRound: 2000)
        try script.window()
        try script.window()
        #expect(try script.threshold.calm == 2)
        // Not worse than the level, and not better either.
        try script.window(perRound: 2000)
        #expect(script.levels.last == .degraded)
        #expect(try script.threshold.calm == 0)
        try script.window()
        try script.window()
        try script.window()
        #expect(script.levels.last == .standard)
    }

    @Test func aProposalKeepsTheThresholdThatItWasOpenedWith() throws {
        var script = Script()
        try script.window(perRound: 2000)
        let joint = proposal(2, council: "weighted or default")
        _ = try script.commit([Transaction(proposal(1)), Transaction(joint)])
        #expect(script.journal.ledger.pending(proposal(1).identifier)?.ballots.map(\.thresholdPermille) == [750])
        #expect(script.journal.ledger.pending(joint.identifier)?.ballots.map(\.thresholdPermille) == [600, 750])
        var fast = Script()
        for _ in 0..<99 { _ = try fast.commit() }
        // The hundredth commit closes the window; what it opens is of before.
        _ = try fast.commit([try twins(7), Transaction(proposal(3))], perRound: 1)
        #expect(try fast.threshold.level == .attack)
        let voted = try fast.commit((0..<3).map { votes($0, [(proposal(3), .approve)]) }, perRound: 1)
        #expect(voted.decided.first?.outcome == .approved && voted.decided.first?.ballots.first?.thresholdPermille == 670)
        // At 0.80 all four must approve.
        _ = try fast.commit([Transaction(proposal(4))], perRound: 1)
        let rejected = try fast.commit(
            [votes(0, [(proposal(4), .approve)]), votes(1, [(proposal(4), .reject)])], perRound: 1)
        #expect(rejected.decided.first?.outcome == .rejected && rejected.decided.first?.ballots.first?.thresholdPermille == 800)
    }

    @Test func theFloorHolds() {
        let seats = adaptiveCommittee.councils[0].seats
        let council = Council(name: "c", thresholdPermille: 700, isAdaptive: true, deadline: 1, seats: seats)
        #expect(ThresholdLevel.allCases.map(council.threshold(at:)) == [700, 700, 750, 800])
        #expect([600, 670, 700, 701, 750, 800].map(council.allows(threshold:)) == [false, false, true, false, true, true])
        let fixed = Council(name: "c", thresholdPermille: 600, deadline: 1, seats: seats)
        #expect(ThresholdLevel.allCases.allSatisfy { fixed.threshold(at: $0) == 600 } && !fixed.allows(threshold: 670))
    }
}

@Suite struct AdaptiveReplayTests {
    private static let committee = makeCommittee(window: 10)

    /// Random commits of all kinds, over four windows and a half of different quality.
    private static func sequence(_ seed: UInt64) -> [(payloads: [[Transaction]], rounds: UInt64, wait: Milliseconds)] {
        var generator = Seeded(seed)
        var workload = Workload(seed: seed)
        let slow = generator.below(3) == 0 ? UInt64(generator.below(1800)) : 0
        let misses = generator.below(5)
        return (0..<45).map { index in
            let isBusy = generator.below(8) == 0
            let rounds = UInt64(1 + (generator.below(4) < misses ? generator.below(4) : 0))
            let payloads = isBusy ? workload.next().payloads : []
            return (payloads, rounds, UInt64(generator.below(60)) + (index / 10 == 1 ? slow : 0))
        }
    }

    private static func run(_ journal: inout Journal, _ step: (payloads: [[Transaction]], rounds: UInt64, wait: Milliseconds)) throws {
        journal.round += step.rounds
        try journal.run(step.payloads, at: max(1_000_000, journal.ledger.lastCommit.timestamp) + step.rounds * step.wait)
    }

    @Test func aThousandSequencesComeToTheSameFromASnapshot() throws {
        var levels: Set<ThresholdLevel> = []
        for seed in UInt64(1)...1000 {
            let steps = Self.sequence(seed)
            var steady = Journal(ledger: Ledger(committee: Self.committee))
            let middle = 1 + Int(seed % 40)
            for step in steps[..<middle] { try Self.run(&steady, step) }
            var restarted = steady
            restarted.ledger = try Ledger(committee: Self.committee, snapshot: steady.ledger.snapshot)
            #expect(restarted.ledger.threshold == steady.ledger.threshold)
            for step in steps[middle...] {
                try Self.run(&steady, step)
                try Self.run(&restarted, step)
            }
            #expect(
                restarted.ledger.threshold == steady.ledger.threshold && restarted.ledger.lastCheckpoint == steady.ledger.lastCheckpoint)
            #expect(restarted.ledger.snapshot == steady.ledger.snapshot)
            levels.insert(try #require(steady.ledger.threshold).level)
        }
        #expect(levels == Set(ThresholdLevel.allCases))
    }

    /// A state that travels is that of its checkpoint, though commits that changed nothing came after it.
    @Test func aStateTakenOverIsThatOfItsCheckpoint() throws {
        var journal = Journal(ledger: Ledger(committee: Self.committee))
        var states = CertifiedStates(interval: 1)
        for step in Self.sequence(3) { try Self.run(&journal, step) }
        let checkpoint = try #require(journal.ledger.lastCheckpoint)
        #expect(checkpoint.index < journal.ledger.lastCommit.index)
        states.executed(journal.ledger)
        let isOffered = states.certified(CheckpointCertificate(checkpoint: checkpoint, proofs: []))
        #expect(isOffered)
        let state = try #require(states.state())
        let taken = try Ledger(committee: Self.committee, snapshot: state.ledger.snapshot, certified: checkpoint)
        #expect(taken.threshold != journal.ledger.threshold && taken.snapshot == state.ledger.snapshot)
    }

    @Test func changedSnapshotIsRefused() throws {
        var journal = Journal(ledger: Ledger(committee: Self.committee))
        for step in Self.sequence(5) { try Self.run(&journal, step) }
        journal.round += 1
        try journal.run([record(5000), Transaction(proposal(5001))], at: journal.ledger.lastCommit.timestamp)
        let snapshot = journal.ledger.snapshot
        for position in snapshot.indices {
            var changed = snapshot
            changed[position] ^= 1
            #expect((try? Ledger(committee: Self.committee, snapshot: changed)) == nil, "byte \(position)")
        }
        #expect(throws: LedgerError.self) { try Ledger(committee: TrellisLedgerTests.committee, snapshot: snapshot) }
    }
}
