// What an evaluator is asked and what it answers. The caller maps its own proposals to these; nothing here knows of ledgers.

/// A proposal as a policy sees it.
public struct EvaluationInput: Sendable, Equatable {
    /// What the text is; `Policy.commandKind` for shell commands.
    public var kind: String
    /// The proposal itself: for a command, the command line.
    public var text: String
    /// Whatever else the proposer says, such as `agent`, `cwd` (absolute, for commands) and `purpose`. Claims, not facts.
    public var fields: [String: String]

    public init(kind: String, text: String, fields: [String: String] = [:]) {
        self.kind = kind
        self.text = text
        self.fields = fields
    }
}

/// What one seat of a council says to a proposal.
public enum PolicyVerdict: String, Sendable, CaseIterable {
    case approve, reject, abstain
}

/// A verdict with its grounds.
public struct Evaluation: Sendable, Equatable {
    public let verdict: PolicyVerdict
    /// At most `reasonMaximumBytes` of UTF-8, without control characters.
    public let reason: String
    /// The rule that decided; nil when none applied and the policy's default did.
    public let rule: String?
    /// What is known besides, bounded and printable as the reason is; for the log of this machine, never for a vote.
    public let detail: String?

    /// Longest reason, in bytes.
    public static let reasonMaximumBytes = 500

    public init(verdict: PolicyVerdict, reason: String, rule: String?, detail: String? = nil) {
        self.verdict = verdict
        self.reason = reason.printable(maximumBytes: Self.reasonMaximumBytes)
        self.rule = rule
        self.detail = detail?.printable(maximumBytes: Self.reasonMaximumBytes)
    }
}

extension String {
    /// The text with hidden characters and line breaks replaced by spaces, cut at a scalar boundary with an ellipsis when it is too long.
    func printable(maximumBytes: Int) -> String {
        let ellipsis: Unicode.Scalar = "…"
        var result = String.UnicodeScalarView()
        var size = 0
        var fitting = result.endIndex
        for scalar in unicodeScalars {
            let shown: Unicode.Scalar = HiddenCharacters.contains(scalar) || scalar.value < 0x20 ? " " : scalar
            let length = UTF8.width(shown)
            guard size + length <= maximumBytes else {
                result.removeSubrange(fitting...)
                result.append(ellipsis)
                return String(result)
            }
            result.append(shown)
            size += length
            if size + UTF8.width(ellipsis) <= maximumBytes { fitting = result.endIndex }
        }
        return String(result)
    }
}
