// A policy: ordered rules of which the first that fits decides. Evaluation is a pure function of the policy and the input.

/// Rules read from YAML, as `docs/policy.md` describes them.
public struct Policy: Sendable {
    /// The name the policy gives itself.
    public let name: String
    let rules: [PolicyRule]
    let fallback: PolicyOutcome

    /// The kind of proposals whose text is read as a shell command.
    public static let commandKind = "command"

    /// Reads a policy.
    ///
    /// - Parameters:
    ///   - yaml: the policy's text, at most `PolicyBounds.lengthMaximumBytes`.
    ///   - name: what to call it in errors, usually the file's name.
    public init(yaml: String, name: String) throws(PolicyError) {
        var reader = PolicyReader(policy: name)
        self = try reader.read(yaml)
    }

    init(name: String, rules: [PolicyRule], fallback: PolicyOutcome) {
        self.name = name
        self.rules = rules
        self.fallback = fallback
    }

    /// The verdict on one proposal. The same input gives the same verdict and reason everywhere.
    public func evaluate(_ input: EvaluationInput) -> Evaluation { evaluate(PolicySubject(input)) }

    /// The same, where several policies judge one proposal.
    public func evaluate(_ subject: PolicySubject) -> Evaluation {
        let rule = rules.first { $0.condition.holds(for: subject) }
        let outcome = rule?.outcome ?? fallback
        return Evaluation(verdict: outcome.verdict, reason: outcome.reason.text(for: subject), rule: rule?.name)
    }
}

/// One rule.
struct PolicyRule: Sendable {
    var name: String
    var condition: PolicyCondition
    var outcome: PolicyOutcome
}

/// What a rule or the default says.
struct PolicyOutcome: Sendable {
    var verdict: PolicyVerdict
    var reason: ReasonTemplate
}

/// A condition over facts and fields.
indirect enum PolicyCondition: Sendable {
    case all([PolicyCondition])
    case any([PolicyCondition])
    case not(PolicyCondition)
    /// Every test must hold; without tests the fact must be true, above zero or not empty.
    case fact(FactName, [PolicyTest])
    /// Every test must hold; without tests the field must exist.
    case field(String, [PolicyTest])
    /// Every test must hold for the value that the pointer names in a JSON text; without tests there must be one.
    case json(String, [PolicyTest])

    func holds(for subject: PolicySubject) -> Bool {
        switch self {
        case .all(let conditions): return conditions.allSatisfy { $0.holds(for: subject) }
        case .any(let conditions): return conditions.contains { $0.holds(for: subject) }
        case .not(let condition): return !condition.holds(for: subject)
        case .fact(let name, let tests):
            let value = subject.facts[name]
            return tests.isEmpty ? value.isTrue : tests.allSatisfy { $0.holds(for: value) }
        case .field(let name, let tests):
            let value = subject.field(name)
            return tests.isEmpty ? value != nil : tests.allSatisfy { $0.holds(for: value, words: subject.words(of: name)) }
        case .json(let pointer, let tests):
            let value = subject.json?.value(at: pointer)
            return tests.isEmpty ? value != nil : tests.allSatisfy { $0.holds(for: value) }
        }
    }
}

/// One comparison.
enum PolicyTest: Sendable, Equatable {
    case isFlag(Bool)
    case isCount(Int)
    case isText([String])
    case contains([String])
    case only([String])
    case matches([GlobPattern])
    case above(DecimalNumber)
    case below(DecimalNumber)
    case exists(Bool)
    /// There is a value, and it is a number or it is none.
    case isNumber(Bool)
    /// There is a value, and it is `true` or `false` or it is neither.
    case isTruth(Bool)
    /// One of the phrases stands in the text, word for word, whatever its capitals.
    case mentions(Phrases)

    func holds(for value: FactValue) -> Bool {
        switch (self, value) {
        case (.isFlag(let expected), .flag(let actual)): expected == actual
        case (.isCount(let expected), .count(let actual)): expected == actual
        case (.above(let bound), .count(let actual)): DecimalNumber(actual) > bound
        case (.below(let bound), .count(let actual)): DecimalNumber(actual) < bound
        case (.above(let bound), .list(let values)): DecimalNumber(values.count) > bound
        case (.below(let bound), .list(let values)): DecimalNumber(values.count) < bound
        case (.contains(let wanted), .list(let values)): values.contains(where: wanted.contains)
        case (.only(let allowed), .list(let values)): values.allSatisfy(allowed.contains)
        case (.matches(let patterns), .list(let values)): values.contains { value in patterns.contains { $0.matches(value) } }
        default: false
        }
    }

    /// As for other texts; `words`: those of the field in each way it can be read.
    func holds(for field: String?, words: [WordSequence]) -> Bool {
        if case .mentions(let phrases) = self { phrases.stand(in: words) } else { holds(for: field) }
    }

    func holds(for text: String?) -> Bool {
        if case .exists(let expected) = self { return (text != nil) == expected }
        guard let text else { return false }
        switch self {
        case .isText(let allowed): return allowed.contains(text)
        case .contains(let parts): return parts.contains { text.contains($0) }
        case .matches(let patterns): return patterns.contains { $0.matches(text) }
        case .mentions(let phrases): return phrases.stand(in: Readings.of(text, json: JSONValue(containerIn: text)))
        case .above(let bound): return DecimalNumber(text).map { $0 > bound } ?? false
        case .below(let bound): return DecimalNumber(text).map { $0 < bound } ?? false
        case .isNumber(let expected): return (DecimalNumber(text) != nil) == expected
        case .isTruth(let expected): return ["true", "false"].contains(text) == expected
        case .isFlag, .isCount, .only, .exists: return false
        }
    }

    /// An array counts as a list of its strings and numbers, an object as a list of its names.
    func holds(for value: JSONValue?) -> Bool {
        switch (value, self) {
        case (.array?, .exists(let expected)), (.object?, .exists(let expected)): return expected
        case (.array?, .isNumber(let expected)), (.object?, .isNumber(let expected)): return !expected
        case (.array?, .isTruth(let expected)), (.object?, .isTruth(let expected)): return !expected
        case (.array?, .mentions(let phrases)), (.object?, .mentions(let phrases)):
            return phrases.stand(in: value.map { [Readings.decoded($0)] } ?? [])
        case (.array(let values)?, _): return holds(for: FactValue.list(values.compactMap(\.scalarText)))
        case (.object(let members)?, _): return holds(for: FactValue.list(members.map(\.name)))
        // 1, 1.0 and 10e-1 are one number.
        case (.number(let text)?, .isText(let allowed)):
            return allowed.contains(text) || allowed.contains { DecimalNumber($0).map { $0 == DecimalNumber(text) } ?? false }
        default: return holds(for: value?.scalarText)
        }
    }
}

extension JSONValue {
    /// A text that is a JSON object or array.
    init?(containerIn text: String) {
        guard Self.opensContainer(text), let value = try? JSONValue(json: Array(text.utf8)) else { return nil }
        self = value
    }

    /// Whether a text starts as a JSON object or array does.
    static func opensContainer(_ text: String) -> Bool {
        let first = text.utf8.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    }
}
