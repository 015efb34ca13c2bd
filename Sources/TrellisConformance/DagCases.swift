// The commit-rule case files as values, and what each case asks of the code.

import TrellisConsensus
import TrellisCrypto
import TrellisModel

struct DagFile: Decodable {
    var scenarios: [DagScenario]?
    var invalidBlocks: [DagInvalidBlock]?
}

enum DagCaseError: Error, CustomStringConvertible {
    case malformed(String)

    var description: String {
        switch self {
        case .malformed(let reason): "malformed case: \(reason)"
        }
    }
}

struct DagBlock: Decodable {
    var id: String
    var author: UInt32
    var round: UInt64
    var parents: [String]
    var ts: UInt64?
}

struct DagRule: Decodable {
    var name: String
    /// What FinWhale tolerates on the fast path.
    var p: UInt64?

    /// Nil for the base rule.
    func fastPath(_ stakes: Stakes) throws -> FastPath? {
        guard name == "finwhale" else { return nil }
        guard let thresholds = FastPath(stakes, faults: p ?? 0) else { throw DagCaseError.malformed("no fast path for these stakes and p") }
        return thresholds
    }
}

struct DagScenario: Decodable {
    struct Expectation: Decodable {
        struct Slot: Decodable {
            var round: UInt64
            var rank: Int
            var author: UInt32?
            var status: String
            var block: String?
            var via: String?
        }

        struct Output: Decodable {
            var leader: String
            var blocks: [String]?
            var ts: UInt64?
        }

        var slots: [Slot]?
        var commits: [Output]?
    }

    var name: String
    var n: Int
    var rule: DagRule
    var leadersPerRound: Int?
    var schedule: [String: [UInt32]]?
    var stakes: [UInt64]?
    var gcDepth: UInt64?
    var raw: Bool?
    var blocks: [DagBlock]
    var expect: Expectation

    private func graph() throws -> DagGraph { try DagGraph(blocks, n: n, stakes: stakes, rule: rule) }

    private func commitRule() throws -> CommitRule {
        var overrides: [Round: [ValidatorIndex]] = [:]
        for (round, leaders) in schedule ?? [:] {
            guard let round = Round(round) else { throw DagCaseError.malformed("schedule round '\(round)'") }
            overrides[round] = leaders
        }
        return CommitRule(
            schedule: LeaderSchedule(validators: n, leadersPerRound: leadersPerRound ?? 1, overrides: overrides),
            fastPath: try graph().fastPath)
    }

    /// What differs from the expectation.
    func check() throws -> [String] {
        let graph = try graph()
        let rule = try commitRule()
        var differences = raw == true ? [] : graph.invalidBlocks()
        let dag = try graph.dag(including: nil)
        let statuses = Dictionary(uniqueKeysWithValues: rule.statuses(dag, after: Slot(round: 0, rank: .max)).map { ($0.slot, $0.status) })
        for expected in expect.slots ?? [] {
            let slot = Slot(round: expected.round, rank: expected.rank)
            let found = graph.describe(statuses[slot] ?? .undecided)
            let path = expected.via == nil ? found.via : expected.via
            if found.status != expected.status || found.block != expected.block || found.via != path {
                differences.append(
                    "slot \(slot): expected \(expected.status) \(expected.block ?? "") \(expected.via ?? ""), "
                        + "got \(found.status) \(found.block ?? "") \(found.via ?? "")")
            }
            if let author = expected.author, rule.schedule.leader(slot) != author {
                differences.append("slot \(slot): expected author \(author), got \(rule.schedule.leader(slot))")
            }
        }
        if let commits = expect.commits { differences += try checkCommits(commits, graph, rule, dag) }
        return differences
    }

    private func checkCommits(_ expected: [Expectation.Output], _ graph: DagGraph, _ rule: CommitRule, _ dag: DAG) throws -> [String] {
        var linearizer = Linearizer(
            dag: dag, rule: rule, suite: .sha256, gcDepth: gcDepth ?? .max,
            last: .none(chain: HashSuite.sha256.hash([UInt8]()), suite: .sha256))
        let commits = linearizer.advance()
        guard commits.count == expected.count else { return ["expected \(expected.count) commits, got \(commits.count)"] }
        var differences: [String] = []
        for (found, expected) in zip(commits, expected) {
            let blocks = found.blocks.map(graph.name)
            if graph.name(found.leader) != expected.leader {
                differences.append("commit \(found.index): expected leader \(expected.leader), got \(graph.name(found.leader))")
            }
            if let wanted = expected.blocks, wanted != blocks {
                differences.append("commit \(found.index): expected blocks \(wanted), got \(blocks)")
            }
            if let wanted = expected.ts, wanted != found.timestamp {
                differences.append("commit \(found.index): expected timestamp \(wanted), got \(found.timestamp)")
            }
        }
        return differences
    }

    /// Every prefix of the blocks, the causal history of every block, and that of some at random together decide no slot otherwise than the whole.
    func checkClosedSubsets() throws -> [String] {
        let graph = try graph()
        let rule = try commitRule()
        let whole = Dictionary(
            uniqueKeysWithValues: rule.statuses(try graph.dag(including: nil), after: Slot(round: 0, rank: .max)).map {
                ($0.slot, $0.status)
            })
        var subsets: [Set<String>] = (1..<max(2, blocks.count)).map { Set(blocks.prefix($0).map(\.id)) }
        subsets += blocks.map { graph.closure(of: [$0.id]) }
        // Pairs of newest blocks of two authors: what two validators together may know.
        for (index, block) in blocks.enumerated() where index % 3 == 0 {
            subsets.append(graph.closure(of: [block.id, blocks[blocks.count - 1 - index / 2].id]))
        }
        subsets += randomTips(64).map { graph.closure(of: $0) }
        var differences: [String] = []
        for subset in subsets {
            for (slot, status) in rule.statuses(try graph.dag(including: subset), after: Slot(round: 0, rank: .max)) {
                let known = whole[slot] ?? .undecided
                guard !graph.agree(status, known) else { continue }
                differences.append(
                    "slot \(slot): \(graph.describe(status)) on a closed subset of \(subset.count), \(graph.describe(known)) on all")
            }
        }
        return differences
    }
}

extension DagScenario {
    /// Sets of a few blocks each, the same for a case every time.
    private func randomTips(_ count: Int) -> [[String]] {
        var state = UInt64(blocks.count)
        func below(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(max(1, bound)))
        }
        return (0..<count).map { _ in (0...below(n)).map { _ in blocks[below(blocks.count)].id } }
    }
}

struct DagInvalidBlock: Decodable {
    /// The reasons that the block rules and the DAG can give.
    static let reasons: Set<String> = [
        "genesis_from_network", "parent_count", "own_parent_must_be_first_and_only_first", "duplicate_parent_author",
        "parent_round_not_lower", "parent_quorum_missing", "unknown_author", "missing_ancestor", "exposed_equivocator_as_parent",
    ]

    var name: String
    var n: Int
    var rule: DagRule
    var stakes: [UInt64]?
    var blocks: [DagBlock]
    var block: DagBlock
    var reason: String

    /// The rule that the block breaks; nil when it would be accepted.
    func verdict() throws -> String? {
        try DagGraph(blocks, n: n, stakes: stakes, rule: rule).verdict(block)
    }
}
