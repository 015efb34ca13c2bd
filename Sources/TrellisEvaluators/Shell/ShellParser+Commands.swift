// Single commands: simple commands with their assignments, and every compound command of POSIX sh and bash.

extension ShellParser {
    /// One command with the redirections after it. The cursor stands on its first byte.
    mutating func parseCommand() throws(ShellSyntaxError) -> ShellCommand {
        skipBlanks()
        if reservedWord() == "coproc" {
            position += "coproc".utf8.count
            skipBlanks()
        }
        guard let body = try parseCompound() else { return try parseSimple() }
        var redirections: [ShellRedirection] = []
        while true {
            skipBlanks()
            guard let redirection = try parseRedirection() else { break }
            redirections.append(redirection)
        }
        return ShellCommand(body: body, redirections: redirections)
    }

    // MARK: - Simple commands

    private mutating func parseSimple() throws(ShellSyntaxError) -> ShellCommand {
        let start = position
        var assignments: [ShellAssignment] = []
        var words: [ShellWord] = []
        var redirections: [ShellRedirection] = []
        while true {
            skipBlanks()
            if let redirection = try parseRedirection() {
                redirections.append(redirection)
                continue
            }
            guard let byte = peek(), !endsWord(byte) || isProcessSubstitution() else { break }
            // POSIX shells read `&>` as `&` and `>`, and what follows as another command.
            if redirections.last?.kind == .outputAndError { throw .unexpected(token: "word after '&>'", offset: position) }
            let word = try parseWord()
            if words.isEmpty, let assignment = Self.assignment(from: word) {
                count(assigned: assignment.name)
                assignments.append(assignment)
                continue
            }
            words.append(word)
            skipBlanks()
            if words.count == 1, assignments.isEmpty, redirections.isEmpty, peek() == UInt8(ascii: "(") {
                return try parseFunction(named: word.bareText)
            }
        }
        guard position > start, !(words.isEmpty && assignments.isEmpty && redirections.isEmpty) else {
            throw isAtEnd ? .missing(expected: "command", offset: position) : unexpectedHere()
        }
        countDeclared(words)
        return ShellCommand(body: .simple(assignments: assignments, words: words), redirections: redirections)
    }

    /// Splits `name=value` when the word starts that way, unquoted.
    static func assignment(from word: ShellWord) -> ShellAssignment? {
        guard case .literal(let head)? = word.parts.first, let equals = head.firstIndex(of: "=") else { return nil }
        var left = head[..<equals]
        var isPlain = true
        if left.last == "+" {
            left = left.dropLast()
            isPlain = false
        }
        if let bracket = left.firstIndex(of: "["), left.last == "]" {
            left = left[..<bracket]
            isPlain = false
        }
        guard isName(left) else { return nil }
        let tail = String(head[head.index(after: equals)...])
        var parts = Array(word.parts.dropFirst())
        if !tail.isEmpty { parts.insert(.literal(tail), at: 0) }
        return ShellAssignment(name: String(left), value: ShellWord(parts: parts), isPlain: isPlain)
    }

    static func isName(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
        return text.utf8.allSatisfy(isNameByte)
    }

    static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    mutating func count(assigned name: String) { assignmentCounts[name, default: 0] += 1 }

    /// Built-ins that set the variables named by their arguments.
    private mutating func countDeclared(_ words: [ShellWord]) {
        guard let program = words.first?.bareText, Self.declaringBuiltins.contains(program) else { return }
        for word in words.dropFirst() {
            if let assignment = Self.assignment(from: word) {
                count(assigned: assignment.name)
            } else if program != "export", let name = word.bareText, Self.isName(name) {
                count(assigned: name)
            }
        }
    }

    private static let declaringBuiltins: Set<String> = [
        "export", "declare", "typeset", "local", "readonly", "read", "mapfile", "readarray", "unset", "getopts", "printf",
    ]

    private mutating func parseFunction(named name: String?) throws(ShellSyntaxError) -> ShellCommand {
        guard let name else { throw unexpectedHere() }
        try enter()
        defer { depth -= 1 }
        position += 1
        skipBlanks()
        guard peek() == UInt8(ascii: ")") else { throw unexpectedHere() }
        position += 1
        try skipBlanksAndNewlines()
        return ShellCommand(body: .function(name: name, body: try parseCommand()), redirections: [])
    }

    // MARK: - Compound commands

    /// A compound command, or nil when a simple command stands here.
    private mutating func parseCompound() throws(ShellSyntaxError) -> ShellCommandBody? {
        if starts(with: "(("), try isArithmetic(from: position + 2) {
            position += 2
            return .arithmetic(ShellWord(parts: try parseArithmetic()))
        }
        if peek() == UInt8(ascii: "(") { return .subshell(try parseParenthesized()) }
        guard let word = reservedWord() else { return nil }
        let offset = position
        position += word.utf8.count
        switch word {
        case "{": return .group(try parseBody(endingWith: "}"))
        case "if": return try parseConditional()
        case "while", "until":
            let condition = try parseSomeStatements()
            try expect("do")
            return .loop([condition, try parseBody(endingWith: "done")])
        case "for", "select": return try parseFor()
        case "case": return try parseCase()
        case "function": return try parseFunctionKeyword()
        case "[[": return .test(try parseTest(openedAt: offset))
        case "in", "!", "time", "coproc":
            position = offset
            return nil
        default:
            position = offset
            throw unexpectedHere()
        }
    }

    /// `( statements )`; the cursor stands on the opening parenthesis.
    mutating func parseParenthesized() throws(ShellSyntaxError) -> [ShellStatement] {
        let offset = position
        position += 1
        let statements = try parseStatements()
        guard peek() == UInt8(ascii: ")") else {
            throw isAtEnd ? .unterminated(construct: "parenthesis", offset: offset) : unexpectedHere()
        }
        position += 1
        return statements
    }

    private mutating func parseBody(endingWith word: String) throws(ShellSyntaxError) -> [ShellStatement] {
        let statements = try parseSomeStatements()
        try expect(word)
        return statements
    }

    private mutating func parseConditional() throws(ShellSyntaxError) -> ShellCommandBody {
        var blocks: [[ShellStatement]] = []
        while true {
            blocks.append(try parseSomeStatements())
            try expect("then")
            blocks.append(try parseSomeStatements())
            guard reservedWord() == "elif" else { break }
            position += "elif".utf8.count
        }
        if reservedWord() == "else" {
            position += "else".utf8.count
            blocks.append(try parseSomeStatements())
        }
        try expect("fi")
        return .conditional(blocks)
    }

    private mutating func parseFor() throws(ShellSyntaxError) -> ShellCommandBody {
        skipBlanks()
        if starts(with: "((") {
            position += 2
            let header = ShellWord(parts: try parseArithmetic())
            try skipStatementEnd()
            return .forArithmetic(header: header, body: try parseLoopBody())
        }
        guard let byte = peek(), !endsWord(byte), let name = try parseWord().bareText, Self.isName(name) else {
            throw .missing(expected: "variable name after 'for'", offset: position)
        }
        count(assigned: name)
        try skipBlanksAndNewlines()
        var words: [ShellWord]?
        if reservedWord() == "in" {
            position += "in".utf8.count
            var list: [ShellWord] = []
            while true {
                skipBlanks()
                guard let byte = peek(), !endsWord(byte) || isProcessSubstitution() else { break }
                list.append(try parseWord())
            }
            words = list
        }
        try skipStatementEnd()
        return .forEach(name: name, words: words, body: try parseLoopBody())
    }

    private mutating func skipStatementEnd() throws(ShellSyntaxError) {
        skipBlanks()
        if peek() == UInt8(ascii: ";") { position += 1 }
        try skipBlanksAndNewlines()
    }

    private mutating func parseLoopBody() throws(ShellSyntaxError) -> [ShellStatement] {
        if reservedWord() == "{" {
            position += 1
            return try parseBody(endingWith: "}")
        }
        try expect("do")
        return try parseBody(endingWith: "done")
    }

    private mutating func parseFunctionKeyword() throws(ShellSyntaxError) -> ShellCommandBody {
        try enter()
        defer { depth -= 1 }
        skipBlanks()
        guard let byte = peek(), !endsWord(byte), let name = try parseWord().bareText else {
            throw .missing(expected: "function name", offset: position)
        }
        skipBlanks()
        if peek() == UInt8(ascii: "("), peek(1) == UInt8(ascii: ")") { position += 2 }
        try skipBlanksAndNewlines()
        return .function(name: name, body: try parseCommand())
    }

    private mutating func parseCase() throws(ShellSyntaxError) -> ShellCommandBody {
        skipBlanks()
        guard let byte = peek(), !endsWord(byte) else { throw .missing(expected: "word after 'case'", offset: position) }
        let subject = try parseWord()
        try expect("in")
        var branches: [(patterns: [ShellWord], body: [ShellStatement])] = []
        while true {
            try skipBlanksAndNewlines()
            if reservedWord() == "esac" { break }
            if peek() == UInt8(ascii: "(") { position += 1 }
            var patterns: [ShellWord] = []
            repeat {
                if !patterns.isEmpty { position += 1 }
                skipBlanks()
                guard let byte = peek(), !endsWord(byte) else { throw .missing(expected: "'esac'", offset: position) }
                patterns.append(try parseWord())
                skipBlanks()
            } while peek() == UInt8(ascii: "|")
            guard peek() == UInt8(ascii: ")") else { throw .missing(expected: "')' after a pattern", offset: position) }
            position += 1
            branches.append((patterns, try parseStatements()))
            if starts(with: ";;&") { position += 3 } else if isCaseEnd() { position += 2 }
        }
        position += "esac".utf8.count
        return .choice(subject: subject, branches: branches)
    }

    /// The words of `[[ … ]]`; operators are skipped, expansions are kept.
    private mutating func parseTest(openedAt offset: Int) throws(ShellSyntaxError) -> [ShellWord] {
        var words: [ShellWord] = []
        while true {
            try skipBlanksAndNewlines()
            guard let byte = peek() else { throw .unterminated(construct: "'[['", offset: offset) }
            if starts(with: "]]"), peek(2).map(endsWord) ?? true {
                position += 2
                return words
            }
            if endsWord(byte), !isProcessSubstitution() {
                position += 1
            } else {
                words.append(try parseWord())
            }
        }
    }
}
