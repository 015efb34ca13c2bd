// Mistakes planted in the protocol, and that the simulator finds them; all of them with `trellis simulate --mutations`.

import Testing
import TrellisSimulator

@Suite struct MutationTests {
    /// Those that some of the first seeds find, one of every kind.
    @Test(arguments: [
        "vote-without-parent-link", "history-unsorted", "output-forgotten", "sync-left-out", "duplicates-executed", "certified-too-early",
        "attestation-before-execution", "never-quiet", "pacing-rule-removed", "twins-unbounded",
    ])
    func isFound(mutation: String) throws {
        let outcome = try #require(
            try MutationCheck.run(mutation, seeds: 1...40) {
                SimulationConfiguration(seed: $0, idle: 2000, hasFastPath: false, scheduleInterval: 0, thresholdWindow: 0)
            })
        #expect(outcome.caught != nil)
    }

    /// Disks that are lost at the worst moment are rare among the first seeds, and what else goes wrong would move it.
    @Test(
        arguments: [
            ("recall-not-asked", UInt64(1)), ("recall-one-round-short", 201),
        ])
    func isFoundWhereDisksAreLost(mutation: String, near seed: UInt64) throws {
        let profile = try #require(MutationCheck.profile(for: mutation))
        let outcome = try #require(
            try MutationCheck.run(mutation, seeds: seed...seed + 20) {
                SimulationConfiguration(seed: $0, profile: profile)
            }
        )
        #expect(outcome.caught != nil)
    }

    /// Both take a network that keeps a leader's block from some alone, and a liar who says one thing to these and another to the rest.
    @Test(arguments: ["quorum-one-short", "equivocation-counted-twice"]) func isFoundWhereQuorumsAreScarce(mutation: String) throws {
        let outcome = try #require(
            try MutationCheck.run(mutation, seeds: 1...20) {
                SimulationConfiguration(seed: $0, validators: 4, profile: .quorums, hasFastPath: false)
            }
        )
        #expect(outcome.caught != nil)
    }

    /// Each needs something of its own: a fast path, leaders by reputation, a bound.
    @Test(
        arguments: [
            ("fast-votes-one-short", UInt64(1)), ("standing-forgotten", 1), ("leader-timer-unbounded", 1),
            ("fetches-unbounded", 45),
        ])
    func isFoundWhereItCounts(mutation: String, near seed: UInt64) throws {
        let outcome = try #require(try MutationCheck.run(mutation, seeds: seed...seed + 20) { SimulationConfiguration(seed: $0) })
        #expect(outcome.caught != nil)
    }

    @Test func nobodyPlantsAMistakeThatIsNotThere() throws {
        #expect(try MutationCheck.run("none", seeds: 1...1) { SimulationConfiguration(seed: $0) } == nil)
        #expect(MutationCheck.mutations.count >= 15)
    }
}
