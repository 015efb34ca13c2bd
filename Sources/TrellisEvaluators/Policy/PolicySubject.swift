// What policies judge: a proposal with all that is found in it. Most of an evaluation's work is here, and does not depend on the policy.

/// What conditions and reasons are about: made once for all policies that judge one proposal.
public struct PolicySubject: Sendable {
    static let kindField = "kind"
    static let textField = "text"

    let input: EvaluationInput
    let facts: ShellFacts
    /// The text, where it is a JSON object or array.
    let json: JSONValue?
    /// What each field says, in each way it can be read.
    private let words: [String: [WordSequence]]

    /// Looks for every fact in a proposal, as a seat is shown it.
    public init(_ input: EvaluationInput) {
        var facts = ShellFacts()
        if input.kind == Policy.commandKind { facts = ShellFacts(command: input.text, workingDirectory: input.fields["cwd"]) }
        let json = JSONValue(containerIn: input.text)
        words = TextFacts.add(to: &facts, input: input, json: json)
        CapabilityFacts.add(to: &facts, input: input, json: json)
        self.input = input
        self.facts = facts
        self.json = json
    }

    /// The text of a field; `kind` and `text` are fields of every proposal.
    func field(_ name: String) -> String? {
        switch name {
        case Self.kindField: input.kind
        case Self.textField: input.text
        default: input.fields[name]
        }
    }

    /// The words of a field in each way it can be read; none where there is no such field.
    func words(of field: String) -> [WordSequence] { words[field] ?? [] }
}
