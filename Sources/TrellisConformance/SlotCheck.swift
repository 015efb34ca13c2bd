// The exhaustive check of a commit rule on one slot of four validators: whatever the three correct ones and an equivocator built, no two
// views decide differently, and no later anchor chooses otherwise than any view decided.
//
// In a world, a decision needs no more than four views: a commit stays one when a view grows, and a skip does while no further block of the
// slot comes in; so the largest view for each set of the slot's blocks shows all that can be decided. An anchor has seen blocks of round 3
// by at least three authors: what it chooses is eligible in the smallest such histories, and alone so in the largest.

import TrellisConsensus
public import TrellisModel

public enum SlotCheck {
    public struct Result: Sendable {
        /// Combinations of what the correct validators built that were checked.
        public var worlds = 0
        /// Worlds in which some view commits, or skips, the slot directly.
        public var commits = 0
        public var skips = 0
        /// One line for every world in which something contradicts something, at most twenty of them.
        public var violations: [String] = []
        public var violationCount = 0

        mutating func violation(_ line: @autoclosure () -> String) {
            violationCount += 1
            if violations.count < 20 { violations.append(line()) }
        }
    }

    /// Goes through all worlds, or each `stride`-th.
    ///
    /// - Parameters:
    ///   - fastPath: nil for the base rule.
    ///   - hidesExposed: whether blocks obey the rule that FinWhale adds; without it FinWhale is not safe.
    public static func run(fastPath: FastPath?, hidesExposed: Bool, stride: Int = 1) -> Result {
        var result = Result()
        var number = 0
        let rule = CommitRule(schedule: LeaderSchedule(validators: 4), fastPath: fastPath)
        // Who equivocates: the leader, or another.
        for equivocator in [SlotWorlds.leader, 3] {
            let worlds = SlotWorlds(equivocator: equivocator, hidesExposed: hidesExposed)
            for combination in worlds.combinations() { run(rule, worlds, combination, stride: max(1, stride), &number, &result) }
        }
        return result
    }

    private static func run(
        _ rule: CommitRule, _ worlds: SlotWorlds, _ combination: [ValidatorIndex: SlotVote], stride: Int, _ number: inout Int,
        _ result: inout Result
    ) {
        let below = worlds.round2(combination)
        let honest = worlds.honest
        // Absence from round 3 is what a smaller view sees; who can build nothing valid is absent.
        let choices = honest.map { author in
            worlds.round3(author, on: below).map { [$0] } + (worlds.round3(author, on: below).isEmpty ? [[]] : [])
        }
        let adversarial = worlds.round3(worlds.equivocator, on: below)
        for first in choices[0] {
            for second in choices[1] {
                for third in choices[2] {
                    number += 1
                    guard number % stride == 0 else { continue }
                    result.worlds += 1
                    let world = SlotWorld(
                        rule: rule, below: below, above: [first, second, third, adversarial], isLeaderHonest: worlds.isLeaderHonest)
                    world.check(&result)
                }
            }
        }
    }
}

/// One world, and what can be decided in it.
private struct SlotWorld {
    let rule: CommitRule
    let below: [ValidatorIndex: [Vertex]]
    /// Blocks of round 3, one list for each author.
    let above: [[Vertex]]
    let isLeaderHonest: Bool

    /// The largest view that holds no block of the slot but `shown`.
    private func view(_ shown: [BlockReference]) -> DAG? {
        guard let stakes = SlotWorlds.stakes else { return nil }
        var dag = DAG(stakes: stakes, startingAt: 1)
        for block in shown { dag.insert(Vertex(reference: block, parents: [], timestamp: 0)) }
        var held: Set<BlockReference> = []
        for block in below.values.joined() where block.parents.allSatisfy(shown.contains) {
            dag.insert(block)
            held.insert(block.reference)
        }
        for block in above.joined() where block.parents.allSatisfy(held.contains) { dag.insert(block) }
        return dag
    }

    func check(_ result: inout SlotCheck.Result) {
        let blocks = isLeaderHonest ? [SlotWorlds.blocks[0]] : SlotWorlds.blocks
        let shown = isLeaderHonest ? [[], blocks] : [[], [blocks[0]], [blocks[1]], blocks]
        let views = shown.compactMap(view)
        guard let whole = views.last else { return }
        let decided = views.map { rule.direct(whole: $0) }.filter { $0 != .undecided }
        guard let first = decided.first else { return }
        guard decided.allSatisfy({ $0.outcome == first.outcome }) else {
            return result.violation("two views decide differently: \(decided); \(self.description)")
        }
        let everything = Set(above.joined().map(\.reference))
        let chosen = rule.choice(whole, SlotWorlds.slot, reachable: everything)
        if case .commit(let block, _) = first {
            result.commits += 1
            let fewest = anchors()
            if chosen != block || fewest.contains(where: { rule.choice(whole, SlotWorlds.slot, reachable: $0) != block }) {
                result.violation("a view commits what an anchor does not: \(first); \(description)")
            }
        } else {
            result.skips += 1
            if chosen != nil { result.violation("a view skips what an anchor commits; \(description)") }
        }
    }

    /// The smallest histories that an anchor can have at round 3: one block each of three authors.
    private func anchors() -> [Set<BlockReference>] {
        above.indices.flatMap { left in
            above.indices.filter { $0 != left }.reduce([Set<BlockReference>()]) { known, author in
                known.flatMap { set in above[author].map { set.union([$0.reference]) } }
            }
        }
    }

    var description: String {
        above.map { blocks in blocks.count > 1 ? "*" : blocks.map { "\($0.parents)" }.joined() }.joined(separator: " / ")
    }
}

extension CommitRule {
    fileprivate func direct(whole dag: DAG) -> SlotStatus { direct(dag, SlotWorlds.slot) }
}

extension SlotStatus {
    /// The decision without the way to it.
    fileprivate var outcome: BlockReference? {
        if case .commit(let block, _) = self { block } else { nil }
    }
}
