// The cursor of the shell parser and the grammar above single commands: lists, statements, pipelines.
// A recursive descent over bytes without a separate lexer, because in sh what a byte means depends on where it stands.

/// Parses one text. Create, call `parseScript`, discard.
struct ShellParser {
    let bytes: [UInt8]
    var position = 0
    var depth: Int
    var hereDocuments: [ShellWord] = []
    var pendingHereDocuments: [PendingHereDocument] = []
    var assignmentCounts: [String: Int] = [:]

    /// A `<<` whose body starts after the next newline.
    struct PendingHereDocument {
        var index: Int
        var delimiter: [UInt8]
        var isQuoted: Bool
        var stripsTabs: Bool
        var offset: Int
    }

    init(bytes: [UInt8], depth: Int = 0) {
        self.bytes = bytes
        self.depth = depth
    }

    /// Parses `text` as a whole script. `depth` counts the levels already open around it.
    static func parse(_ text: String, depth: Int = 0) throws(ShellSyntaxError) -> ShellScript {
        let bytes = Array(text.utf8)
        guard bytes.count <= ShellBounds.lengthMaximumBytes else { throw .tooLong(lengthBytes: bytes.count) }
        if let zero = bytes.firstIndex(of: 0) { throw .zeroByte(offset: zero) }
        var parser = ShellParser(bytes: bytes, depth: depth)
        return try parser.parseScript()
    }

    mutating func parseScript() throws(ShellSyntaxError) -> ShellScript {
        let statements = try parseStatements()
        guard isAtEnd else { throw unexpectedHere() }
        if let pending = pendingHereDocuments.first {
            throw .unterminated(construct: "here-document '\(text(pending.delimiter))'", offset: pending.offset)
        }
        return ShellScript(statements: statements, hereDocuments: hereDocuments, assignmentCounts: assignmentCounts)
    }

    // MARK: - Lists

    /// Statements up to the end of the text, a closing `)`, a `;;` or a closing reserved word, which is left for the caller.
    mutating func parseStatements() throws(ShellSyntaxError) -> [ShellStatement] {
        try enter()
        defer { depth -= 1 }
        var statements: [ShellStatement] = []
        while true {
            try skipBlanksAndNewlines()
            if isAtListEnd() { return statements }
            var statement = try parseStatement()
            skipBlanks()
            if peek() == UInt8(ascii: ";"), !isCaseEnd() {
                position += 1
            } else if peek() == UInt8(ascii: "&") {
                statement.isBackground = true
                position += 1
            } else if let byte = peek(), byte != newline, !isAtListEnd() {
                throw unexpectedHere()
            }
            statements.append(statement)
        }
    }

    /// As `parseStatements`, for places where the grammar wants at least one.
    mutating func parseSomeStatements() throws(ShellSyntaxError) -> [ShellStatement] {
        let statements = try parseStatements()
        guard !statements.isEmpty else { throw isAtEnd ? .missing(expected: "command", offset: position) : unexpectedHere() }
        return statements
    }

    private mutating func parseStatement() throws(ShellSyntaxError) -> ShellStatement {
        let first = try parsePipeline()
        var rest: [(joint: ShellStatement.Joint, pipeline: ShellPipeline)] = []
        while true {
            skipBlanks()
            let joint: ShellStatement.Joint
            if starts(with: "&&") { joint = .and } else if starts(with: "||") { joint = .or } else { break }
            position += 2
            try skipBlanksAndNewlines()
            rest.append((joint, try parsePipeline()))
        }
        return ShellStatement(first: first, rest: rest, isBackground: false)
    }

    private mutating func parsePipeline() throws(ShellSyntaxError) -> ShellPipeline {
        while true {
            skipBlanks()
            guard let word = reservedWord(), word == "!" || word == "time" else { break }
            position += word.utf8.count
            skipBlanks()
            if word == "time", starts(with: "-p"), peek(2).map(endsWord) ?? true { position += 2 }
        }
        var commands = [try parseCommand()]
        while true {
            skipBlanks()
            guard peek() == UInt8(ascii: "|"), peek(1) != UInt8(ascii: "|") else { break }
            position += peek(1) == UInt8(ascii: "&") ? 2 : 1
            try skipBlanksAndNewlines()
            commands.append(try parseCommand())
        }
        return ShellPipeline(commands: commands)
    }

    // MARK: - Cursor

    var newline: UInt8 { UInt8(ascii: "\n") }
    var isAtEnd: Bool { position >= bytes.count }

    func peek(_ ahead: Int = 0) -> UInt8? {
        let index = position + ahead
        return index < bytes.count ? bytes[index] : nil
    }

    func starts(with prefix: StaticString) -> Bool {
        guard bytes.count - position >= prefix.utf8CodeUnitCount else { return false }
        return prefix.withUTF8Buffer { buffer in
            buffer.indices.allSatisfy { bytes[position + $0] == buffer[$0] }
        }
    }

    func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    /// Moves past every byte for which `isWanted` holds.
    mutating func advance(while isWanted: (UInt8) -> Bool) {
        position = bytes[position...].firstIndex { !isWanted($0) } ?? bytes.count
    }

    /// Opens one level of nesting.
    mutating func enter() throws(ShellSyntaxError) {
        guard depth < ShellBounds.depthMaximum else { throw .tooDeep(offset: position) }
        depth += 1
    }

    /// Skips spaces, tabs, continued lines and a comment, but no newline.
    mutating func skipBlanks() {
        while let byte = peek() {
            if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") {
                position += 1
            } else if byte == UInt8(ascii: "\\"), peek(1) == newline {
                position += 2
            } else if byte == UInt8(ascii: "#") {
                advance { $0 != UInt8(ascii: "\n") }
            } else {
                return
            }
        }
    }

    mutating func skipBlanksAndNewlines() throws(ShellSyntaxError) {
        skipBlanks()
        while peek() == newline {
            position += 1
            try readHereDocuments()
            skipBlanks()
        }
    }

    /// True for bytes that end an unquoted word.
    func endsWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "|"),
            UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "<"), UInt8(ascii: ">"):
            true
        default: false
        }
    }

    /// The bare word at the cursor if it could be a reserved word: letters, or one of `! { }`, or `[[`.
    func reservedWord() -> String? {
        var length = 0
        while length < 9, let byte = peek(length), !endsWord(byte) { length += 1 }
        guard length > 0, length < 9 else { return nil }
        let candidate = text(bytes[position..<position + length])
        return Self.reservedWords.contains(candidate) ? candidate : nil
    }

    private static let reservedWords: Set<String> = [
        "!", "time", "{", "}", "[[", "if", "then", "elif", "else", "fi", "while", "until", "for", "select", "do", "done", "case",
        "esac", "in", "function", "coproc",
    ]
    private static let closingWords: Set<String> = ["}", "then", "elif", "else", "fi", "do", "done", "esac"]

    func isCaseEnd() -> Bool { starts(with: ";;") || starts(with: ";&") }

    func isAtListEnd() -> Bool {
        guard let byte = peek() else { return true }
        if byte == UInt8(ascii: ")") || isCaseEnd() { return true }
        return reservedWord().map(Self.closingWords.contains) ?? false
    }

    /// Consumes the reserved word or fails, naming what is missing.
    mutating func expect(_ word: String) throws(ShellSyntaxError) {
        try skipBlanksAndNewlines()
        guard reservedWord() == word else { throw isAtEnd ? .missing(expected: "'\(word)'", offset: position) : unexpectedHere() }
        position += word.utf8.count
    }

    func unexpectedHere() -> ShellSyntaxError {
        guard let byte = peek() else { return .unexpected(token: "end", offset: position) }
        if byte == newline { return .unexpected(token: "newline", offset: position) }
        var length = 1
        while length < 12, let next = peek(length), next > 0x20, endsWord(byte) == endsWord(next) { length += 1 }
        return .unexpected(token: "'\(text(bytes[position..<position + length]))'", offset: position)
    }
}
