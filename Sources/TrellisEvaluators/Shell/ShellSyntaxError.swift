// Why a command line could not be parsed, and the bounds that keep the parser's work small on any input.

/// A parse failure. Offsets are bytes from the start of the text.
public enum ShellSyntaxError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A construct that has an opening but no end, such as `quote` or `here-document 'EOF'`.
    case unterminated(construct: String, offset: Int)
    /// A token where the grammar has no place for it.
    case unexpected(token: String, offset: Int)
    /// Something that must stand at this place.
    case missing(expected: String, offset: Int)
    /// A zero byte, which no shell carries in a command.
    case zeroByte(offset: Int)
    /// More levels of nesting than `ShellBounds.depthMaximum`.
    case tooDeep(offset: Int)
    /// More bytes than `ShellBounds.lengthMaximumBytes`.
    case tooLong(lengthBytes: Int)
    /// The text is well formed, but expanding it exceeds `ShellBounds.workMaximum`.
    case tooMuchWork

    public var description: String {
        switch self {
        case .unterminated(let construct, let offset): "unterminated \(construct) at byte \(offset)"
        case .unexpected(let token, let offset): "unexpected \(token) at byte \(offset)"
        case .missing(let expected, let offset): "missing \(expected) at byte \(offset)"
        case .zeroByte(let offset): "zero byte at byte \(offset)"
        case .tooDeep(let offset): "more than \(ShellBounds.depthMaximum) levels of nesting at byte \(offset)"
        case .tooLong(let length): "\(length) bytes, more than the \(ShellBounds.lengthMaximumBytes) that are read"
        case .tooMuchWork: "expands to more than can be examined"
        }
    }
}

/// What the parser and the walker are willing to do for one text.
public enum ShellBounds {
    /// Longest text parsed, in bytes.
    public static let lengthMaximumBytes = 65_536
    /// Deepest nesting of substitutions, compounds and commands given as strings, together.
    public static let depthMaximum = 40
    /// Work units (bytes parsed and expanded, arguments and commands visited) spent on one text, nested texts included.
    public static let workMaximum = 1_000_000
    /// Most words that braces and loops may make of one word.
    public static let alternativesMaximum = 256
}
