// Runs commit-rule cases from files against the real DAG, commit rule, linearizer and block rules: expected slots and commits, invalid
// blocks with their reasons, and on every case the closed-subset property: no causally closed part of the blocks decides a slot
// otherwise than the whole does. The file format is described in Tests/TrellisConsensusTests/Cases/README.md.

import Foundation
import TrellisConsensus
import TrellisCrypto
import TrellisModel

public enum DagConformance {
    /// Runs every case of the files at `paths`. Throws when a file can't be read or is no such file.
    public static func run(files paths: [String]) throws -> ConformanceReport {
        var report = ConformanceReport()
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        for path in paths {
            let file = try decoder.decode(DagFile.self, from: try Data(contentsOf: URL(fileURLWithPath: path)))
            for scenario in file.scenarios ?? [] { run(scenario, into: &report) }
            for invalid in file.invalidBlocks ?? [] { run(invalid, into: &report) }
        }
        return report
    }

    private static let rules: Set<String> = ["mysticeti", "finwhale"]

    static func run(_ scenario: DagScenario, into report: inout ConformanceReport) {
        guard rules.contains(scenario.rule.name) else {
            report.skip("rule \(scenario.rule.name)")
            return
        }
        do {
            var differences = try scenario.check()
            differences += try scenario.checkClosedSubsets()
            if differences.isEmpty { report.pass() } else { report.fail(scenario.name + ": " + differences.joined(separator: "; ")) }
        } catch {
            report.fail("\(scenario.name): \(error)")
        }
    }

    static func run(_ invalid: DagInvalidBlock, into report: inout ConformanceReport) {
        guard rules.contains(invalid.rule.name) else {
            report.skip("rule \(invalid.rule.name)")
            return
        }
        do {
            let found = try invalid.verdict()
            let known = DagInvalidBlock.reasons.contains(invalid.reason)
            // A reason that we spell otherwise still asks for a refusal.
            let passed = known ? found == invalid.reason : found != nil
            if passed { report.pass() } else { report.fail("\(invalid.name): expected \(invalid.reason), got \(found ?? "valid")") }
        } catch {
            report.fail("\(invalid.name): \(error)")
        }
    }
}
