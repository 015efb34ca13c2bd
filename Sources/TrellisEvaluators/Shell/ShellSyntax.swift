// The syntax tree of a POSIX sh / bash command line, as the parser builds it and the walker reads it.
// Only shapes live here: nothing is expanded, resolved or judged.

/// A whole parsed text: its statements, the here-document bodies its redirections point at, and how often each variable is assigned.
struct ShellScript {
    var statements: [ShellStatement]
    /// Indexed by `ShellRedirection.hereDocument`, shared by every nesting level of this text.
    var hereDocuments: [ShellWord]
    /// Names assigned anywhere in the text with the number of places; a name assigned once has one knowable value.
    var assignmentCounts: [String: Int]
}

/// Pipelines joined by `&&` and `||`, ended by `;`, `&` or a newline.
struct ShellStatement {
    var first: ShellPipeline
    var rest: [(joint: Joint, pipeline: ShellPipeline)]
    var isBackground: Bool

    enum Joint { case and, or }
}

/// Commands joined by `|`; the reserved words `!` and `time` before them change nothing that the facts need.
struct ShellPipeline {
    var commands: [ShellCommand]
}

/// One command with the redirections that apply to all of it.
struct ShellCommand {
    var body: ShellCommandBody
    var redirections: [ShellRedirection]
}

/// What a command is. Compound commands hold the statements inside them, so that every inner command can be found.
indirect enum ShellCommandBody {
    case simple(assignments: [ShellAssignment], words: [ShellWord])
    case subshell([ShellStatement])
    case group([ShellStatement])
    /// `if`: conditions and branches alternate; `while` and `until`: the condition, then the body.
    case conditional([[ShellStatement]])
    case loop([[ShellStatement]])
    /// `for` and `select`; `words` is nil when the positional parameters are walked.
    case forEach(name: String, words: [ShellWord]?, body: [ShellStatement])
    case forArithmetic(header: ShellWord, body: [ShellStatement])
    case choice(subject: ShellWord, branches: [(patterns: [ShellWord], body: [ShellStatement])])
    case function(name: String, body: ShellCommand)
    case arithmetic(ShellWord)
    /// `[[ … ]]`: the words inside, without the operators.
    case test([ShellWord])
}

/// `name=value`, `name+=value` or `name[subscript]=value`.
struct ShellAssignment {
    var name: String
    var value: ShellWord
    /// True for `=` on a plain name: only then does the value replace what was there.
    var isPlain: Bool
}

/// A redirection. `descriptor` is the number or `{name}` before the operator.
struct ShellRedirection {
    var descriptor: String?
    var kind: Kind
    var target: ShellWord
    /// Index of the body in `ShellScript.hereDocuments`, for `<<` and `<<-`.
    var hereDocument: Int?

    enum Kind { case input, output, append, clobber, readWrite, duplicateInput, duplicateOutput, outputAndError, hereDocument, hereString }
}

/// One word: its parts stand side by side without a blank between them.
struct ShellWord {
    var parts: [ShellWordPart]

    /// The text of a word made of unquoted literal text alone (how reserved words must be written).
    var bareText: String? {
        guard parts.count == 1, case .literal(let text)? = parts.first else { return nil }
        return text
    }
}

/// A piece of a word.
indirect enum ShellWordPart {
    /// Unquoted text: globs, braces and a leading tilde are still active in it.
    case literal(String)
    /// Text from single quotes, `$'…'` or a backslash: nothing in it is active.
    case quoted(String)
    /// What stands between double quotes: `.literal` parts in it are plain text.
    case doubleQuoted([ShellWordPart])
    case parameter(ShellParameter)
    case substitution([ShellStatement])
    case process([ShellStatement], isOutput: Bool)
    case arithmetic([ShellWordPart])
    /// `name=( … )`
    case array([ShellWord])
}

/// `$name` or `${name…}`. `operation` is the text between the name and the operand (`:-`, `%%`, `/`, …), empty for a plain expansion;
/// `operand` holds the parts after it, in which substitutions can hide.
struct ShellParameter {
    var name: String
    var operation: String
    var operand: [ShellWordPart]
    /// `${!name}` or `${#name}`.
    var isIndirectOrLength: Bool
}
