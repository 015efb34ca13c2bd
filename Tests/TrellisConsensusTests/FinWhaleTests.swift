// The fast path: what four validators can do to one slot, all of it; the rule on exposed equivocators; and how the core follows both.

import Testing
import TrellisConformance
import TrellisConsensus
import TrellisCrypto
import TrellisModel

@Suite struct FinWhaleTests {
    let test: TestCommittee
    let thresholds: FastPath

    init() throws {
        test = try TestCommittee(parameters: Parameters(fastPathFaults: 1))
        thresholds = try #require(test.committee.fastPath)
    }

    @Test func thresholdsOfSmallCommittees() throws {
        #expect(thresholds == FastPath(votes: 3, evidence: 1, majority: 3))
        func fastPath(_ count: Int, _ p: Stake) -> FastPath? {
            Stakes([Stake](repeating: 1, count: count)).flatMap { FastPath($0, faults: p) }
        }
        #expect(fastPath(7, 1) == FastPath(votes: 6, evidence: 2, majority: 5))
        #expect(fastPath(9, 2) == FastPath(votes: 7, evidence: 3, majority: 6))
        #expect(fastPath(4, 0) == nil && fastPath(4, 2) == nil && fastPath(7, 2) == nil && fastPath(3, 1) == nil)
    }

    /// All of it runs as `trellis conformance finwhale`.
    @Test func noTwoViewsOfASlotDecideDifferently() {
        for (fastPath, hidesExposed) in [(thresholds, true), (nil, false)] {
            let result = SlotCheck.run(fastPath: fastPath, hidesExposed: hidesExposed, stride: 29)
            #expect(result.violations == [])
            #expect(result.commits > 5 && result.skips > 5, "\(result)")
        }
    }

    @Test(arguments: [
        FastPath(votes: 2, evidence: 1, majority: 3), FastPath(votes: 3, evidence: 2, majority: 3),
        FastPath(votes: 3, evidence: 1, majority: 2),
    ])
    func wrongThresholdsAreFound(_ wrong: FastPath) {
        #expect(SlotCheck.run(fastPath: wrong, hidesExposed: true, stride: 29).violationCount > 0)
    }

    @Test func withoutTheRuleOnExposedEquivocatorsItIsNotSafe() {
        #expect(SlotCheck.run(fastPath: thresholds, hidesExposed: false, stride: 7).violationCount > 0)
    }

    /// Twins of validator 1 in round 1: 0 and 2 build on the first, 3 on the second.
    private func exposing() -> (below: [Block], twins: [Block]) {
        let first = [ValidatorIndex(0), 1, 2, 3].map { test.block($0, 1, test.genesis) }
        let twin = test.block(1, 1, test.genesis, timestamp: 2000)
        let shown = first.map(\.reference)
        let other = shown.map { $0.author == 1 ? twin.reference : $0 }
        let second = [test.block(0, 2, shown), test.block(1, 2, shown), test.block(2, 2, shown), test.block(3, 2, other)]
        return (first + [twin] + second, [first[1], twin])
    }

    @Test func anExposedEquivocatorIsNoParent() throws {
        let (blocks, twins) = exposing()
        let above = blocks.suffix(4).map(\.reference)
        // By another validator, so that all of them come from outside.
        var driver = Driver(test, own: 0)
        driver.answersSeals = false
        driver.deliver(blocks.filter { $0.author != 0 } + blocks.filter { $0.author == 0 })
        #expect(driver.core.dag.slot(1, 1).map(\.reference).sorted() == twins.map(\.reference).sorted())
        #expect(throws: InvalidBlock.exposedEquivocatorAsParent(1)) {
            try BlockRules.checkExposed(round: 3, parents: above, in: driver.core.dag)
        }
        let bad = test.block(2, 3, above)
        let good = test.block(2, 3, above.filter { $0.author != 1 }, timestamp: 3000)
        driver.deliver([bad])
        #expect(!driver.core.dag.contains(bad.reference))
        driver.deliver([good])
        #expect(driver.core.dag.contains(good.reference))
        // The base rule takes both.
        let base = try TestCommittee()
        var other = Driver(base, own: 0)
        other.answersSeals = false
        other.deliver(blocks + [bad])
        #expect(other.core.dag.contains(bad.reference))
    }

    @Test func theOwnBlockLeavesOutWhoIsExposed() throws {
        let (blocks, _) = exposing()
        var driver = Driver(test, own: 0, recovered: Recovered(blocks: blocks, highWater: 2))
        driver.step(.submit([test.record(1)]))
        let own = try #require(driver.published.first)
        #expect(own.round == 3)
        #expect(own.header.parents.map(\.author) == [0, 2, 3])
        #expect(driver.core.dag.contains(own.reference))
    }

    @Test func withoutAQuorumBesidesTheExposedTheRoundWaits() throws {
        let (blocks, _) = exposing()
        let withoutTwo = blocks.filter { $0.author != 2 || $0.round == 1 }
        var driver = Driver(test, own: 0, recovered: Recovered(blocks: withoutTwo, highWater: 2))
        driver.step(.submit([test.record(1)]))
        for _ in 0..<5 { driver.pass(300) }
        #expect(driver.published.isEmpty)
        driver.deliver(blocks.filter { $0.author == 2 && $0.round == 2 }, from: 2)
        #expect(driver.published.map(\.round) == [3])
    }

    @Test func aLeaderCommitsOneRoundEarlier() throws {
        let grid = test.grid([1, 2, 3], to: 3)
        var fast = Driver(test)
        fast.answersSeals = false
        fast.deliver(grid)
        var slow = Driver(try TestCommittee())
        slow.answersSeals = false
        slow.deliver(grid)
        #expect(fast.commits.map(\.leader.round) == [1, 2])
        #expect(slow.commits.map(\.leader.round) == [1])
        #expect(fast.core.slotStatuses().isEmpty == false)
    }
}
