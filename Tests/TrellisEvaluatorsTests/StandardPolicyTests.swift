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

    static let examplesDirectory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
        .appending(path: "Examples")

    static func examples() throws -> [Example] {
        let text = try String(contentsOf: examplesDirectory.appending(path: "shell-commands.jsonl"), encoding: .utf8)
        return try text.split(separator: "\n").map { try JSONDecoder().decode(Example.self, from: Data($0.utf8)) }
    }

    @Test func shippedFileIsTheStandardPolicy() throws {
        let file = try String(contentsOf: Self.examplesDirectory.appending(path: "policy.yaml"), encoding: .utf8)
        #expect(file == Policy.standard)
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
