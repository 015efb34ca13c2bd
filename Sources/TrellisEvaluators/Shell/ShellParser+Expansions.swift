// Everything a dollar sign or a backtick can open: parameters, command substitutions, arithmetic. All of it is parsed, none evaluated.

extension ShellParser {
    /// The expansion at the dollar under the cursor; nil when the dollar is plain text.
    mutating func parseDollar(inDoubleQuotes: Bool) throws(ShellSyntaxError) -> ShellWordPart? {
        guard let next = peek(1) else { return nil }
        switch next {
        case UInt8(ascii: "("):
            if peek(2) == UInt8(ascii: "("), try isArithmetic(from: position + 3) {
                position += 3
                return .arithmetic(try parseArithmetic())
            }
            position += 1
            return .substitution(try parseSubstituted())
        case UInt8(ascii: "{"): return try parseBraces(inDoubleQuotes: inDoubleQuotes)
        case UInt8(ascii: "["): return .arithmetic(try parseBracketArithmetic())
        case UInt8(ascii: "'") where !inDoubleQuotes: return .quoted(try takeDollarQuoted())
        case UInt8(ascii: "\"") where !inDoubleQuotes:
            // `$"…"` is a double-quoted string with translation: the dollar alone is dropped.
            position += 1
            return .literal("")
        case _ where Self.isSpecialParameter(next):
            position += 2
            return .parameter(Self.plain(text([next])))
        case _ where Self.isNameByte(next):
            position += 1
            return .parameter(Self.plain(takeName()))
        default: return nil
        }
    }

    /// `( statements )` whose here-documents must end inside it: shells differ on where they read the rest.
    mutating func parseSubstituted() throws(ShellSyntaxError) -> [ShellStatement] {
        let pending = pendingHereDocuments.count
        let statements = try parseParenthesized()
        if pendingHereDocuments.count > pending, let open = pendingHereDocuments.last {
            throw .unterminated(construct: "here-document '\(text(open.delimiter))'", offset: open.offset)
        }
        return statements
    }

    private static func plain(_ name: String) -> ShellParameter {
        ShellParameter(name: name, operation: "", operand: [], isIndirectOrLength: false)
    }

    private static func isSpecialParameter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "@"), UInt8(ascii: "*"), UInt8(ascii: "#"), UInt8(ascii: "?"), UInt8(ascii: "-"), UInt8(ascii: "$"),
            UInt8(ascii: "!"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private mutating func takeName() -> String {
        let start = position
        advance(while: Self.isNameByte)
        return text(bytes[start..<position])
    }

    // MARK: - ${ }

    private mutating func parseBraces(inDoubleQuotes: Bool) throws(ShellSyntaxError) -> ShellWordPart {
        try enter()
        defer { depth -= 1 }
        let offset = position
        position += 2
        // `${ command; }` and `${| command; }` substitute a command's output.
        if let byte = peek(), byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == newline || byte == UInt8(ascii: "|") {
            position += 1
            let statements = try parseSomeStatements()
            try expect("}")
            return .substitution(statements)
        }
        var isIndirectOrLength = false
        if let mark = peek(), mark == UInt8(ascii: "!") || mark == UInt8(ascii: "#"), let next = peek(1), next != UInt8(ascii: "}"),
            Self.isNameByte(next) || next == UInt8(ascii: "@") || next == UInt8(ascii: "*")
        {
            isIndirectOrLength = true
            position += 1
        }
        var name = takeName()
        if name.isEmpty, let byte = peek(), Self.isSpecialParameter(byte) {
            name = text([byte])
            position += 1
        }
        let operation = takeOperation()
        if operation == "=" || operation == ":=" { count(assigned: name) }
        let operand = try parseOperand(openedAt: offset, inDoubleQuotes: inDoubleQuotes)
        return .parameter(ShellParameter(name: name, operation: operation, operand: operand, isIndirectOrLength: isIndirectOrLength))
    }

    /// The operator bytes after the name, such as `:-`, `##`, `//`, `^^`, `@`, `[`.
    private mutating func takeOperation() -> String {
        let start = position
        while position - start < 2, let byte = peek() {
            guard Self.operationBytes.contains(byte) else { break }
            position += 1
        }
        return text(bytes[start..<position])
    }

    private static let operationBytes = Set(":-=?+%#/^,@[".utf8)

    /// The parts up to the closing brace.
    private mutating func parseOperand(openedAt offset: Int, inDoubleQuotes: Bool) throws(ShellSyntaxError) -> [ShellWordPart] {
        var parts: [ShellWordPart] = []
        var literal: [UInt8] = []
        while let byte = peek() {
            if byte == UInt8(ascii: "}") {
                position += 1
                if !literal.isEmpty { parts.append(.literal(text(literal))) }
                return parts
            }
            var part: ShellWordPart?
            switch byte {
            case UInt8(ascii: "$"): part = try parseDollar(inDoubleQuotes: inDoubleQuotes)
            case UInt8(ascii: "`"): part = try parseBackticks(inDoubleQuotes: inDoubleQuotes)
            case UInt8(ascii: "\""):
                let quote = position
                position += 1
                part = .doubleQuoted(try parseQuotedText(endingAt: UInt8(ascii: "\"")))
                guard peek() == UInt8(ascii: "\"") else { throw .unterminated(construct: "quote", offset: quote) }
                position += 1
            case UInt8(ascii: "'") where !inDoubleQuotes:
                let start = position + 1
                guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "'")) else {
                    throw .unterminated(construct: "quote", offset: position)
                }
                part = .quoted(text(bytes[start..<end]))
                position = end + 1
            case UInt8(ascii: "\\"):
                position += 1
                if let next = peek() { literal.append(next) }
                position = min(position + 1, bytes.count)
                continue
            default: break
            }
            if let part {
                if !literal.isEmpty { parts.append(.literal(text(literal))) }
                literal = []
                parts.append(part)
            } else {
                literal.append(byte)
                position += 1
            }
        }
        throw .unterminated(construct: "'${'", offset: offset)
    }

    // MARK: - Arithmetic

    /// True when the parenthesis open before `start` closes together with its neighbour: `(( … ))`, not `( (…) …)`.
    /// Throws when quotes make that a matter of opinion, on which shells differ.
    func isArithmetic(from start: Int) throws(ShellSyntaxError) -> Bool {
        let plain = closingParenthesis(from: start, honorsQuotes: false)
        guard plain == closingParenthesis(from: start, honorsQuotes: true) else {
            throw .unexpected(token: "quoted parenthesis between '((' and '))'", offset: start)
        }
        guard let plain else { return true }
        return plain + 1 < bytes.count && bytes[plain + 1] == UInt8(ascii: ")")
    }

    private func closingParenthesis(from start: Int, honorsQuotes: Bool) -> Int? {
        var open = 0
        var quote: UInt8?
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\\") where quote != UInt8(ascii: "'"): index += 1
            case UInt8(ascii: "'") where honorsQuotes && quote != UInt8(ascii: "\""),
                UInt8(ascii: "\"") where honorsQuotes && quote != UInt8(ascii: "'"):
                quote = quote == nil ? byte : nil
            case UInt8(ascii: "(") where quote == nil: open += 1
            case UInt8(ascii: ")") where quote == nil:
                if open == 0 { return index }
                open -= 1
            default: break
            }
            index += 1
        }
        return nil
    }

    /// The expansions inside `(( … ))`; the cursor stands after the opening parentheses and ends after the closing ones.
    mutating func parseArithmetic() throws(ShellSyntaxError) -> [ShellWordPart] {
        let offset = position
        let end = closingParenthesis(from: offset, honorsQuotes: false)
        var open = 0
        let parts = try parseExpressionParts { (byte: UInt8) in
            if byte == UInt8(ascii: "(") { open += 1 }
            guard byte == UInt8(ascii: ")") else { return false }
            open -= 1
            return open < 0
        }
        guard starts(with: "))"), position == end else { throw .unterminated(construct: "arithmetic", offset: offset) }
        position += 2
        return parts
    }

    private mutating func parseBracketArithmetic() throws(ShellSyntaxError) -> [ShellWordPart] {
        let offset = position
        position += 2
        let parts = try parseExpressionParts { $0 == UInt8(ascii: "]") }
        guard peek() == UInt8(ascii: "]") else { throw .unterminated(construct: "arithmetic", offset: offset) }
        position += 1
        return parts
    }

    /// Keeps the literal text too, so that an assignment in an expression can be seen.
    private mutating func parseExpressionParts(until isEnd: (UInt8) -> Bool) throws(ShellSyntaxError) -> [ShellWordPart] {
        try enter()
        defer { depth -= 1 }
        var parts: [ShellWordPart] = []
        var name: [UInt8] = []
        while let byte = peek(), !isEnd(byte) {
            if byte == UInt8(ascii: "$"), let part = try parseDollar(inDoubleQuotes: true) {
                parts.append(part)
            } else if byte == UInt8(ascii: "`") {
                parts.append(try parseBackticks(inDoubleQuotes: true))
            } else {
                if Self.isNameByte(byte) {
                    name.append(byte)
                } else if !name.isEmpty {
                    // Any variable named in arithmetic may be assigned there.
                    count(assigned: text(name))
                    name = []
                }
                position += 1
            }
        }
        if !name.isEmpty { count(assigned: text(name)) }
        return parts
    }

    // MARK: - Backticks

    /// `` `command` ``: the text between is unescaped and parsed as a script of its own.
    mutating func parseBackticks(inDoubleQuotes: Bool) throws(ShellSyntaxError) -> ShellWordPart {
        let offset = position
        position += 1
        var inner: [UInt8] = []
        while let byte = peek(), byte != UInt8(ascii: "`") {
            position += 1
            if byte == UInt8(ascii: "\\"), let next = peek() {
                position += 1
                let drops =
                    next == UInt8(ascii: "`") || next == UInt8(ascii: "\\") || next == UInt8(ascii: "$")
                    || (inDoubleQuotes && next == UInt8(ascii: "\""))
                inner += drops ? [next] : [byte, next]
            } else {
                inner.append(byte)
            }
        }
        guard !isAtEnd else { throw .unterminated(construct: "backtick", offset: offset) }
        position += 1
        var nested = ShellParser(bytes: inner, depth: depth)
        nested.hereDocuments = hereDocuments
        nested.assignmentCounts = assignmentCounts
        let script = try nested.parseScript()
        hereDocuments = script.hereDocuments
        assignmentCounts = script.assignmentCounts
        return .substitution(script.statements)
    }
}
