// Policies: how rules decide, how reasons are filled in, and how each kind of mistake in a file is refused.
import Testing

@testable import TrellisEvaluators

struct PolicyTests {
    static func policy(_ rules: String, reason: String = "none") -> String {
        "version: 1\nname: test\n\(rules.isEmpty ? "" : "rules:\n\(rules)")default: { then: abstain, reason: \"\(reason)\" }\n"
    }

    static func rule(_ condition: String, reason: String = "hit") -> String {
        policy("  - name: r\n    when: \(condition)\n    then: reject\n    reason: \"\(reason)\"\n")
    }

    static func verdict(_ condition: String, _ text: String, kind: String = "command", _ fields: [String: String] = [:]) throws
        -> PolicyVerdict
    {
        try Policy(yaml: rule(condition), name: "test").evaluate(EvaluationInput(kind: kind, text: text, fields: fields)).verdict
    }

    /// Conditions with a command that fits and one that does not.
    static let conditions: [(String, String, String)] = [
        ("privileged", "sudo ls", "ls"),
        ("{ fact: privileged }", "sudo ls", "ls"),
        ("{ fact: privileged, equals: false }", "ls", "sudo ls"),
        ("{ not: privileged }", "ls", "sudo ls"),
        ("{ not: { fact: privileged } }", "ls", "sudo ls"),
        ("{ all: [deletes, recursive] }", "rm -r a", "rm a"),
        ("{ any: [privileged, network] }", "curl a", "ls"),
        ("{ all: [git, { any: [git_push, { not: network }] }] }", "git log", "git fetch"),
        ("{ fact: programs, contains: git }", "git log", "ls git"),
        ("{ fact: programs, contains: [git, hg] }", "hg log", "ls"),
        ("{ fact: programs, only: [ls, cat] }", "ls | cat", "ls | wc"),
        ("{ fact: programs, matches: \"g*t\" }", "git log", "got2"),
        ("{ fact: programs, matches: [\"x?\", \"[a-c]d\"] }", "cd", "ed"),
        ("{ fact: programs, greater_than: 1 }", "ls | wc", "ls"),
        ("{ fact: command_count, greater_than: 1, less_than: 3 }", "a; b", "a; b; c"),
        ("{ fact: command_count, equals: 1 }", "a", "a; b"),
        ("{ field: text, equals: ls }", "ls", "ls "),
        ("{ field: text, contains: \"-x\" }", "ls -x", "ls x"),
        ("{ field: text, in: [a, b] }", "b", "c"),
        ("{ field: text, matches: \"ls *\" }", "ls -l", "lsof"),
    ]

    @Test(arguments: conditions) func conditionDecides(condition: String, fitting: String, other: String) throws {
        #expect(try Self.verdict(condition, fitting) == .reject)
        #expect(try Self.verdict(condition, other) == .abstain)
    }

    @Test func fieldsDecide() throws {
        #expect(try Self.verdict("{ field: agent, equals: bot }", "x", kind: "text", ["agent": "bot"]) == .reject)
        #expect(try Self.verdict("{ field: agent, equals: bot }", "x", kind: "text") == .abstain)
        #expect(try Self.verdict("{ field: agent, exists: false }", "x", kind: "text") == .reject)
        #expect(try Self.verdict("{ field: agent }", "x", kind: "text", ["agent": ""]) == .reject)
        #expect(try Self.verdict("{ field: amount, greater_than: 100 }", "x", kind: "text", ["amount": "101"]) == .reject)
        #expect(try Self.verdict("{ field: amount, greater_than: 100 }", "x", kind: "text", ["amount": "many"]) == .abstain)
        // Facts are those of commands alone.
        #expect(try Self.verdict("privileged", "sudo ls", kind: "text") == .abstain)
    }

    @Test func firstRuleWins() throws {
        let rules = """
              - { name: first, when: git, then: approve, reason: "one" }
              - { name: second, when: network, then: reject, reason: "two" }

            """
        let policy = try Policy(yaml: Self.policy(rules), name: "test")
        #expect(policy.name == "test")
        #expect(
            policy.evaluate(EvaluationInput(kind: "command", text: "git push"))
                == Evaluation(verdict: .approve, reason: "one", rule: "first"))
        #expect(policy.evaluate(EvaluationInput(kind: "command", text: "curl a")).rule == "second")
        #expect(policy.evaluate(EvaluationInput(kind: "command", text: "ls")) == Evaluation(verdict: .abstain, reason: "none", rule: nil))
    }

    @Test func reasonsAreFilledIn() throws {
        func reason(_ template: String, _ text: String, _ fields: [String: String] = [:]) throws -> String {
            try Policy(yaml: Self.policy("", reason: template), name: "test").evaluate(
                EvaluationInput(kind: "command", text: text, fields: fields)
            ).reason
        }
        #expect(try reason("{programs} by {field.agent} as {kind}", "ls | wc", ["agent": "bot"]) == "ls, wc by bot as command")
        #expect(try reason("{privileged} {command_count} {{x}} {field.none}.", "sudo ls") == "yes 1 {x} .")
        #expect(try reason("{paths}", "cat a/1 a/2 a/3 a/4 a/5 a/6 a/7") == "a/1, a/2, a/3, a/4, a/5 and 2 more")
        #expect(try reason("{text}", "a\nb\u{202E}c\u{1B}[0m") == "a b c [0m")
        let long = try reason(
            "{paths} {paths} {paths}", (0..<9).map { "cat é\($0)/" + String(repeating: "é", count: 90) }.joined(separator: ";"))
        #expect(long.utf8.count <= Evaluation.reasonMaximumBytes && long.utf8.count > 490)
        #expect(long.hasSuffix("…"))
    }

    @Test func reasonsAreCutAtScalars() {
        for length in 480...520 {
            let text = String(repeating: "a", count: length % 7) + String(repeating: "日", count: length / 3)
            let cut = text.printable(maximumBytes: 500)
            #expect(cut.utf8.count <= 500)
            #expect(text.utf8.count <= 500 ? cut == text : cut.hasSuffix("…") && text.hasPrefix(cut.dropLast()))
        }
    }

    static let mistakes: [(String, String)] = [
        (rule("{ fact: privilegd }"), "p.yaml:5: unknown fact 'privilegd'; did you mean 'privileged'?"),
        (rule("[privileged]"), "p.yaml:5: 'condition' must be a mapping"),
        (rule("sytem_paths"), "p.yaml:5: unknown fact 'sytem_paths'; did you mean 'system_paths'?"),
        (rule("{ fact: zzzzzzzzzz }"), "p.yaml:5: unknown fact 'zzzzzzzzzz'"),
        (rule("{ fcat: git }"), "p.yaml:5: unknown key 'fcat'; did you mean 'fact'?"),
        (rule("{ fact: programs, contain: git }"), "p.yaml:5: unknown key 'contain'; did you mean 'contains'?"),
        (rule("{ fact: git, contains: x }"), "p.yaml:5: 'contains' must be 'equals'; the fact 'git' is a flag"),
        (rule("{ fact: git, equals: yes }"), "p.yaml:5: 'equals' must be true or false"),
        (rule("{ fact: command_count, greater_than: ten }"), "p.yaml:5: 'greater_than' must be a whole number"),
        (rule("{ field: agent, only: [a] }"), "p.yaml:5: 'only' must be used with a fact that is a list, not with a field"),
        (rule("{ all: [] }"), "p.yaml:5: 'all' must be a list with at least one condition"),
        (rule("{ all: [git], fact: git }"), "p.yaml:5: 'fact' must be in a condition of its own"),
        (rule("{ all: [git], equals: true }"), "p.yaml:5: 'equals' must be in a condition with 'fact', 'field' or 'json'"),
        (rule("{ equals: true }"), "p.yaml:5: 'fact' is missing in the condition"),
        (rule("git", reason: "{progams}"), "p.yaml:7: unknown fact 'progams'; did you mean 'programs'?"),
        (
            policy("  - name: r\n    when: git\n    then: rejct\n    reason: x\n"),
            "p.yaml:6: unknown verdict 'rejct'; did you mean 'reject'?"
        ),
        (policy("  - name: r\n    whne: git\n    then: reject\n    reason: x\n"), "p.yaml:5: unknown key 'whne'; did you mean 'when'?"),
        (policy("  - name: r\n    then: reject\n    reason: x\n"), "p.yaml:4: 'when' is missing in rule 'r'"),
        (policy("  - when: git\n    then: reject\n    reason: x\n"), "p.yaml:4: 'name' is missing in the rule"),
        (
            policy("  - { name: r, when: git, then: reject, reason: x }\n  - { name: r, when: git, then: reject, reason: x }\n"),
            "p.yaml:5: rule 'r' stands twice"
        ),
        (policy("  - name: r\n    name: s\n    when: git\n    then: reject\n    reason: x\n"), "p.yaml:4: key 'name' stands twice"),
        (policy("  git\n"), "p.yaml:4: 'rules' must be a list"),
        ("version: 2\ndefault: { then: approve, reason: x }\n", "p.yaml:1: version '2' is not supported; this release reads version 1"),
        ("versoin: 1\n", "p.yaml:1: unknown key 'versoin'; did you mean 'version'?"),
        ("version: 1\n", "p.yaml:1: 'default' is missing in the policy"),
        ("", "p.yaml:1: 'version' is missing in the policy"),
        ("- a\n", "p.yaml:1: 'the policy' must be a mapping"),
        ("version: 1\nname: [\n", "p.yaml:3: not YAML: did not find expected node content"),
        (
            "version: &v 1\ndefault: { then: approve, reason: x }\n",
            "p.yaml:1: '&v': anchors and aliases are not allowed; quote the text if none is meant"
        ),
        ("version: 1\nname: *v\n", "p.yaml:2: '*v': anchors and aliases are not allowed; quote the text if none is meant"),
        ("version: 1\u{7}\n", "p.yaml:1: not YAML: control character 7"),
    ]

    @Test(arguments: mistakes) func mistakeIsNamed(yaml: String, message: String) {
        let error = #expect(throws: PolicyError.self) { try Policy(yaml: yaml, name: "p.yaml") }
        #expect(error?.description == message)
    }

    @Test func boundsHold() {
        func problem(_ yaml: String) -> PolicyError.Problem? {
            do {
                _ = try Policy(yaml: yaml, name: "p")
                return nil
            } catch {
                return error.problem
            }
        }
        for opening in ["[", "{a: ", "- ", "? ", "  "] { #expect(problem(String(repeating: opening, count: 50_000)) == .tooDeep) }
        #expect(problem(String(repeating: "#", count: 300_000)) == .tooLarge(lengthBytes: 300_000))
        let pattern = String(repeating: "a", count: 300)
        #expect(problem(Self.rule("{ field: text, matches: \"\(pattern)\" }")) == .tooMany(what: "characters in a pattern", maximum: 256))
        let rules = (0...1_000).map { "  - { name: r\($0), when: git, then: reject, reason: x }\n" }.joined()
        #expect(problem(Self.policy(rules)) == .tooMany(what: "rules", maximum: 1_000))
    }

    @Test func billionLaughsIsRefused() {
        let bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
        #expect(throws: PolicyError.self) { try Policy(yaml: bomb, name: "p") }
    }

    static let globs: [(String, String, Bool)] = [
        ("*", "", true), ("a*", "abc", true), ("*c", "abc", true), ("a*b*c", "aXbYc", true), ("a*b*c", "acb", false), ("?", "é", true),
        ("?", "", false),
        ("[a-c]", "b", true), ("[!a-c]", "b", false), ("[]]", "]", true), ("[", "[", true), ("[a", "[a", true), ("\\*", "*", true),
        ("\\*", "a", false),
        ("*a*a*a*a*a*a*b", String(repeating: "a", count: 2_000), false), ("/etc/*", "/etc/a/b", true), ("", "", true), ("", "a", false),
    ]

    @Test(arguments: globs) func globMatches(pattern: String, text: String, fits: Bool) {
        #expect(GlobPattern(pattern).matches(text) == fits)
    }

    @Test func nearestNameIsNear() {
        #expect(NearestName.of("delets", in: ["writes", "deletes"]) == "deletes")
        #expect(NearestName.of("qqqq", in: ["writes", "deletes"]) == nil)
        #expect(NearestName.distance(Array("abcd".utf8), Array("acbd".utf8)) == 1)
        #expect(NearestName.distance([], Array("ab".utf8)) == 2)
    }
}
