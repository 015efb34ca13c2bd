// From YAML to rules: every key, name and type is checked here, with its line, so that evaluation has nothing left to doubt.
import Yams

/// Reads one policy.
struct PolicyReader {
    let policy: String
    private var conditionCount = 0

    init(policy: String) { self.policy = policy }

    mutating func read(_ yaml: String) throws(PolicyError) -> Policy {
        try PolicyText.check(yaml, policy: policy)
        guard let root = try compose(yaml) else { throw error(1, .missing(name: "version", place: "the policy")) }
        let entries = try mapping(root, named: "the policy", keys: ["version", "name", "rules", "default"])
        let version = try text(try require("version", in: entries, of: root, place: "the policy"), named: "version")
        guard version == "1" else { throw error(line(of: entries["version"]), .unsupportedVersion(version)) }
        let name = try entries["name"].map { node throws(PolicyError) in try text(node, named: "name") } ?? policy
        let rules = try entries["rules"].map { node throws(PolicyError) in try readRules(node) } ?? []
        let fallback = try require("default", in: entries, of: root, place: "the policy")
        return Policy(name: name, rules: rules, fallback: try readDefault(fallback))
    }

    /// A list of rules with names of their own.
    mutating func readRules(_ list: Node) throws(PolicyError) -> [PolicyRule] {
        var rules: [PolicyRule] = []
        var names: Set<String> = []
        for node in try sequence(list, named: "rules") {
            let rule = try readRule(node)
            guard names.insert(rule.name).inserted else { throw error(line(of: node), .duplicate(what: "rule", name: rule.name)) }
            rules.append(rule)
            guard rules.count <= PolicyBounds.rulesMaximum else {
                throw error(line(of: node), .tooMany(what: "rules", maximum: PolicyBounds.rulesMaximum))
            }
        }
        return rules
    }

    /// What is said where no rule fits.
    func readDefault(_ node: Node) throws(PolicyError) -> PolicyOutcome {
        try readOutcome(try mapping(node, named: "default", keys: ["then", "reason"]), of: node, place: "default")
    }

    func compose(_ yaml: String) throws(PolicyError) -> Node? {
        do {
            return try Yams.compose(yaml: yaml)
        } catch let failure as YamlError {
            switch failure {
            case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
                throw error(mark.line, .notYAML(problem: problem))
            case .duplicatedKeysInMapping(let duplicates, let context):
                throw error(context.mark.line, .duplicate(what: "key", name: duplicates.first ?? ""))
            default: throw error(0, .notYAML(problem: "unreadable"))
            }
        } catch {
            throw self.error(0, .notYAML(problem: "unreadable"))
        }
    }

    // MARK: - Rules

    private mutating func readRule(_ node: Node) throws(PolicyError) -> PolicyRule {
        let entries = try mapping(node, named: "rule", keys: ["name", "when", "then", "reason"])
        let name = try text(try require("name", in: entries, of: node, place: "the rule"), named: "name")
        let place = "rule '\(name)'"
        let condition = try readCondition(try require("when", in: entries, of: node, place: place))
        return PolicyRule(name: name, condition: condition, outcome: try readOutcome(entries, of: node, place: place))
    }

    private func readOutcome(_ entries: [String: Node], of node: Node, place: String) throws(PolicyError) -> PolicyOutcome {
        let then = try require("then", in: entries, of: node, place: place)
        let word = try text(then, named: "then")
        guard let verdict = PolicyVerdict(rawValue: word) else {
            throw unknown("verdict", word, among: PolicyVerdict.allCases.map(\.rawValue), at: then)
        }
        let reason = try require("reason", in: entries, of: node, place: place)
        do {
            return PolicyOutcome(verdict: verdict, reason: try ReasonTemplate(try text(reason, named: "reason")))
        } catch let failure as ReasonTemplate.UnknownPlace {
            throw unknown("fact", failure.name, among: FactName.allCases.map(\.rawValue) + ["kind", "text"], at: reason)
        } catch let failure as PolicyError {
            throw failure
        } catch {
            throw self.error(line(of: reason), .wrongType(name: "reason", expected: "a text"))
        }
    }

    // MARK: - Conditions

    private mutating func readCondition(_ node: Node) throws(PolicyError) -> PolicyCondition {
        conditionCount += 1
        guard conditionCount <= PolicyBounds.conditionsMaximum else {
            throw error(line(of: node), .tooMany(what: "conditions", maximum: PolicyBounds.conditionsMaximum))
        }
        if case .scalar(let scalar) = node { return .fact(try factName(scalar.string, at: node), []) }
        let entries = try mapping(node, named: "condition", keys: Self.combinators + Self.subjects + Self.operators)
        guard !entries.isEmpty else { throw error(line(of: node), .missing(name: "fact", place: "the condition")) }
        let leads = (Self.combinators + Self.subjects).filter { entries[$0] != nil }
        guard let lead = leads.first, let value = entries[lead] else {
            throw error(line(of: node), .missing(name: "fact", place: "the condition"))
        }
        guard leads.count == 1 else {
            throw error(line(of: entries[leads[1]]), .wrongType(name: leads[1], expected: "in a condition of its own"))
        }
        if Self.combinators.contains(lead) {
            if let other = entries.keys.sorted().first(where: { $0 != lead }) {
                throw error(line(of: entries[other]), .wrongType(name: other, expected: "in a condition with 'fact', 'field' or 'json'"))
            }
            return try readCombination(lead, value)
        }
        let name = try text(value, named: lead)
        var tests: [PolicyTest] = []
        for key in Self.operators {
            guard let operand = entries[key] else { continue }
            switch lead {
            case "fact": tests.append(try readTest(key, operand, of: try factName(name, at: value)))
            case "json" where key == "only": tests.append(.only(try texts(operand, named: key)))
            default: tests.append(try readFieldTest(key, operand))
            }
        }
        switch lead {
        case "fact": return .fact(try factName(name, at: value), tests)
        case "json":
            guard name.hasPrefix("/") else {
                throw error(line(of: value), .wrongType(name: lead, expected: "a pointer such as /budget/amount"))
            }
            return .json(name, tests)
        default: return .field(name, tests)
        }
    }

    private static let combinators = ["all", "any", "not"]
    private static let subjects = ["fact", "field", "json"]
    private static let operators = [
        "equals", "in", "contains", "mentions", "only", "matches", "greater_than", "less_than", "number", "flag", "exists",
    ]

    private mutating func readCombination(_ lead: String, _ value: Node) throws(PolicyError) -> PolicyCondition {
        if lead == "not" { return .not(try readCondition(value)) }
        var conditions: [PolicyCondition] = []
        for node in try sequence(value, named: lead) { conditions.append(try readCondition(node)) }
        guard !conditions.isEmpty else {
            throw error(line(of: value), .wrongType(name: lead, expected: "a list with at least one condition"))
        }
        return lead == "all" ? .all(conditions) : .any(conditions)
    }

    private func factName(_ name: String, at node: Node) throws(PolicyError) -> FactName {
        guard let fact = FactName(rawValue: name) else { throw unknown("fact", name, among: FactName.allCases.map(\.rawValue), at: node) }
        return fact
    }

    private func readTest(_ key: String, _ node: Node, of fact: FactName) throws(PolicyError) -> PolicyTest {
        switch (key, fact.kind) {
        case ("equals", .flag): return .isFlag(try flag(node, named: key))
        case ("equals", .count): return .isCount(try integer(node, named: key))
        case ("greater_than", .count), ("greater_than", .list): return .above(DecimalNumber(try integer(node, named: key)))
        case ("less_than", .count), ("less_than", .list): return .below(DecimalNumber(try integer(node, named: key)))
        case ("contains", .list): return .contains(try texts(node, named: key))
        case ("only", .list): return .only(try texts(node, named: key))
        case ("matches", .list): return .matches(try patterns(node, named: key))
        default:
            let kind =
                switch fact.kind {
                case .flag: "'equals'; the fact '\(fact.rawValue)' is a flag"
                case .count: "'equals', 'greater_than' or 'less_than'; the fact '\(fact.rawValue)' is a count"
                case .list: "'contains', 'only', 'matches', 'greater_than' or 'less_than'; the fact '\(fact.rawValue)' is a list"
                }
            throw error(line(of: node), .wrongType(name: key, expected: kind))
        }
    }

    private func readFieldTest(_ key: String, _ node: Node) throws(PolicyError) -> PolicyTest {
        switch key {
        case "equals": return .isText([try text(node, named: key)])
        case "in": return .isText(try sequence(node, named: key).map { item throws(PolicyError) in try text(item, named: key) })
        case "contains": return .contains(try texts(node, named: key))
        case "mentions": return .mentions(Phrases(try texts(node, named: key)))
        case "matches": return .matches(try patterns(node, named: key))
        case "greater_than": return .above(try decimal(node, named: key))
        case "less_than": return .below(try decimal(node, named: key))
        case "number": return .isNumber(try flag(node, named: key))
        case "flag": return .isTruth(try flag(node, named: key))
        case "exists": return .exists(try flag(node, named: key))
        default: throw error(line(of: node), .wrongType(name: key, expected: "used with a fact that is a list, not with a field"))
        }
    }
}
