// The standard policy against the shipped examples: every command gets the verdict a careful engineer gave it.
import Foundation
import Testing
import TrellisEvaluators

struct StandardPolicyTests {
    struct Example: Decodable {
        var command: String
        var agent: String
        var cwd: String
        var purpose: String
        var expect: String
    }

    /// A file of the repository, by its path from the root.
    static func text(of path: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    static func examples() throws -> [Example] {
        try text(of: "Examples/shell-commands.jsonl").split(separator: "\n").map {
            try JSONDecoder().decode(Example.self, from: Data($0.utf8))
        }
    }

    @Test func shippedFileIsTheStandardPolicy() throws {
        #expect(try Self.text(of: "Examples/policy.yaml") == Policy.standard)
    }

    @Test func everyExampleGetsItsVerdict() throws {
        let policy = try Policy(yaml: Policy.standard, name: "standard")
        let examples = try Self.examples()
        #expect(examples.count >= 220)
        #expect(Set(examples.map(\.command)).count == examples.count)
        for example in examples {
            let evaluation = policy.evaluate(
                EvaluationInput(
                    kind: "command", text: example.command,
                    fields: ["agent": example.agent, "cwd": example.cwd, "purpose": example.purpose]))
            #expect(
                evaluation.verdict.rawValue == example.expect,
                "\(example.command) → \(evaluation.rule ?? "default"): \(evaluation.reason)")
            #expect(!evaluation.reason.isEmpty && evaluation.reason.utf8.count <= Evaluation.reasonMaximumBytes)
        }
    }

    @Test func otherKindsAreLeftToOthers() throws {
        let policy = try Policy(yaml: Policy.standard, name: "standard")
        let evaluation = policy.evaluate(EvaluationInput(kind: "text", text: "rm -rf /"))
        #expect(evaluation.verdict == .abstain)
        #expect(evaluation.rule == "not-a-command")
        #expect(evaluation.reason == "No rule applies to a proposal of kind 'text'.")
    }
}
