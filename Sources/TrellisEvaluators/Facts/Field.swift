// A word after expansion: what is known of an argument, and where it is not known.

/// One argument as far as it can be known before the command runs.
struct Field: Equatable {
    enum Piece: Equatable {
        case text(String)
        /// An expansion whose value is not knowable; `isGuarded` when it cannot be empty.
        case unresolved(String, isGuarded: Bool)
    }

    private(set) var pieces: [Piece] = []
    /// Holds an active glob character.
    var hasGlob = false
    /// Starts with an active `~` or with `$HOME`.
    var startsAtHome = false
    /// One of several values of which a single run may see only one.
    var isAlternative = false
    /// Some of it was fetched over the network.
    var isFromNetwork = false

    init() {}

    init(_ text: String) { append(text) }

    static func unresolved(_ rendering: String) -> Field {
        var field = Field()
        field.append(unresolved: rendering, isGuarded: false)
        return field
    }

    mutating func append(_ text: String) {
        guard !text.isEmpty else { return }
        if case .text(var last)? = pieces.last {
            // Taken out first, so that the text grows in place.
            pieces.removeLast()
            last += text
            pieces.append(.text(last))
        } else {
            pieces.append(.text(text))
        }
    }

    mutating func append(unresolved rendering: String, isGuarded: Bool) { pieces.append(.unresolved(rendering, isGuarded: isGuarded)) }

    mutating func append(_ other: Field) {
        if pieces.isEmpty { startsAtHome = other.startsAtHome }
        append(pieces: other.pieces)
        hasGlob = hasGlob || other.hasGlob
        isAlternative = isAlternative || other.isAlternative
        isFromNetwork = isFromNetwork || other.isFromNetwork
    }

    private mutating func append(pieces others: some Sequence<Piece>) {
        for piece in others {
            switch piece {
            case .text(let text): append(text)
            case .unresolved(let rendering, let isGuarded): append(unresolved: rendering, isGuarded: isGuarded)
            }
        }
    }

    /// The whole text, or nil when some of it is not knowable.
    var literal: String? {
        switch pieces.first {
        case nil: ""
        case .text(let text)? where pieces.count == 1: text
        default: nil
        }
    }

    /// The text with unknown pieces as they were written.
    var text: String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .unresolved(let rendering, _): rendering
            }
        }.joined()
    }

    /// The known text before the first unknown piece.
    var knownPrefix: String {
        guard case .text(let text)? = pieces.first else { return "" }
        return text
    }

    /// The field without the known text `prefix` it starts with, for options with an attached value.
    func dropping(prefix: String) -> Field {
        guard case .text(let text)? = pieces.first, text.hasPrefix(prefix) else { return self }
        var result = Field(String(text.dropFirst(prefix.count)))
        result.append(pieces: pieces.dropFirst())
        result.hasGlob = hasGlob
        result.isAlternative = isAlternative
        result.isFromNetwork = isFromNetwork
        result.startsAtHome = result.knownPrefix.hasPrefix("~")
        return result
    }

    /// The last component of the path this field names as a program.
    var programName: String? {
        guard let literal, !literal.isEmpty, !isAlternative else { return nil }
        if hasGlob, literal != "[" { return nil }
        return literal.pathComponents.last ?? literal
    }
}

/// What a command reads from the command before it, or hands to the one after it.
enum Stream {
    case none
    /// Known text.
    case text(String)
    /// A list of file names of which these are the shapes.
    case paths([Field])
    /// Not knowable; `isFromNetwork` when it was fetched.
    case opaque(isFromNetwork: Bool)

    /// The stream as arguments, as `xargs` makes them.
    var fields: [Field] {
        switch self {
        case .none: []
        case .text(let text): text.split(whereSeparator: \.isWhitespace).map { Field(String($0)) }
        case .paths(let fields): fields
        case .opaque: [.unresolved("<input>")]
        }
    }
}
