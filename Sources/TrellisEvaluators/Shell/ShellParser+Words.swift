// Words and quoting: single quotes, double quotes, `$'…'`, backslashes, process substitution, and where a word ends.

extension ShellParser {
    /// One word. The cursor stands on its first byte, which may open a process substitution.
    mutating func parseWord() throws(ShellSyntaxError) -> ShellWord {
        var parts: [ShellWordPart] = []
        var literal: [UInt8] = []
        func flushed() -> [ShellWordPart] { literal.isEmpty ? parts : parts + [.literal(text(literal))] }
        while let byte = peek() {
            if byte == UInt8(ascii: "("), let opener = literal.last, Self.isExtendedGlob(opener), !isEmptyParentheses() {
                literal += try takeExtendedGlob()
                continue
            }
            if byte == UInt8(ascii: "("), literal.last == UInt8(ascii: "="), parts.isEmpty,
                Self.assignment(from: ShellWord(parts: flushed())) != nil
            {
                parts = flushed()
                literal = []
                parts.append(.array(try parseArray()))
                continue
            }
            if endsWord(byte), !isProcessSubstitution() { break }
            if let part = try parseSpecialPart(byte) {
                if !literal.isEmpty { parts.append(.literal(text(literal))) }
                literal = []
                parts.append(part)
            } else if byte == UInt8(ascii: "\\"), peek(1) == newline {
                position += 2
            } else {
                literal.append(byte)
                position += 1
            }
        }
        return ShellWord(parts: flushed())
    }

    /// A part that starts with a quote, a dollar, a backtick, a backslash or `<(`; nil when the byte is plain text.
    private mutating func parseSpecialPart(_ byte: UInt8) throws(ShellSyntaxError) -> ShellWordPart? {
        switch byte {
        case UInt8(ascii: "'"): return .quoted(try takeSingleQuoted())
        case UInt8(ascii: "\""): return .doubleQuoted(try parseDoubleQuoted())
        case UInt8(ascii: "$"): return try parseDollar(inDoubleQuotes: false)
        case UInt8(ascii: "`"): return try parseBackticks(inDoubleQuotes: false)
        case UInt8(ascii: "\\"):
            guard let next = peek(1), next != newline else { return nil }
            position += 1
            return .quoted(text(takeCharacter()))
        case UInt8(ascii: "<"), UInt8(ascii: ">"):
            position += 1
            return .process(try parseSubstituted(), isOutput: byte == UInt8(ascii: ">"))
        default: return nil
        }
    }

    func isProcessSubstitution() -> Bool { starts(with: "<(") || starts(with: ">(") }

    private func isEmptyParentheses() -> Bool { peek(1) == UInt8(ascii: ")") }

    private static func isExtendedGlob(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "?"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "@"), UInt8(ascii: "!"): true
        default: false
        }
    }

    /// `(a|b)` after one of `?*+@!`, as text.
    private mutating func takeExtendedGlob() throws(ShellSyntaxError) -> [UInt8] {
        let start = position
        var open = 0
        while let byte = peek() {
            position += 1
            if byte == UInt8(ascii: "(") { open += 1 }
            if byte == UInt8(ascii: ")") { open -= 1 }
            if open == 0 { return Array(bytes[start..<position]) }
            // An expansion could hide in the pattern, and quotes its end: leave such words to a person.
            if Self.hidesInPattern.contains(byte) { throw .unexpected(token: "quote or expansion in a pattern", offset: position - 1) }
        }
        throw .unterminated(construct: "pattern", offset: start)
    }

    private static let hidesInPattern = Set("`$'\"\\".utf8)

    private mutating func parseArray() throws(ShellSyntaxError) -> [ShellWord] {
        try enter()
        defer { depth -= 1 }
        let offset = position
        position += 1
        var words: [ShellWord] = []
        while true {
            try skipBlanksAndNewlines()
            guard let byte = peek() else { throw .unterminated(construct: "array", offset: offset) }
            if byte == UInt8(ascii: ")") {
                position += 1
                return words
            }
            guard !endsWord(byte) || isProcessSubstitution() else { throw unexpectedHere() }
            words.append(try parseWord())
        }
    }

    /// One whole UTF-8 sequence, so that quoting never splits a character.
    private mutating func takeCharacter() -> ArraySlice<UInt8> {
        let start = position
        position += 1
        advance { $0 & 0xC0 == 0x80 }
        return bytes[start..<position]
    }

    // MARK: - Quotes

    private mutating func takeSingleQuoted() throws(ShellSyntaxError) -> String {
        let offset = position
        position += 1
        let start = position
        advance { $0 != UInt8(ascii: "'") }
        guard !isAtEnd else { throw .unterminated(construct: "quote", offset: offset) }
        position += 1
        return text(bytes[start..<position - 1])
    }

    private mutating func parseDoubleQuoted() throws(ShellSyntaxError) -> [ShellWordPart] {
        let offset = position
        position += 1
        let parts = try parseQuotedText(endingAt: UInt8(ascii: "\""))
        guard peek() == UInt8(ascii: "\"") else { throw .unterminated(construct: "quote", offset: offset) }
        position += 1
        return parts
    }

    /// Text in which only `$`, backticks and some backslashes are active, up to `end` or the end of the text.
    mutating func parseQuotedText(endingAt end: UInt8?) throws(ShellSyntaxError) -> [ShellWordPart] {
        var parts: [ShellWordPart] = []
        var literal: [UInt8] = []
        while let byte = peek(), byte != end {
            var part: ShellWordPart?
            switch byte {
            case UInt8(ascii: "$"): part = try parseDollar(inDoubleQuotes: true)
            case UInt8(ascii: "`"): part = try parseBackticks(inDoubleQuotes: end != nil)
            case UInt8(ascii: "\\"):
                position += 1
                if let next = peek(), Self.isEscapable(next, quote: end) {
                    position += 1
                    if next != newline { literal.append(next) }
                } else {
                    literal.append(byte)
                }
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
        if !literal.isEmpty { parts.append(.literal(text(literal))) }
        return parts
    }

    private static func isEscapable(_ byte: UInt8, quote: UInt8?) -> Bool {
        byte == UInt8(ascii: "$") || byte == UInt8(ascii: "`") || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\n") || byte == quote
    }

    /// `$'…'` with the escapes of bash; the cursor stands on the dollar.
    mutating func takeDollarQuoted() throws(ShellSyntaxError) -> String {
        let offset = position
        position += 2
        var value: [UInt8] = []
        while let byte = peek() {
            position += 1
            if byte == UInt8(ascii: "'") {
                // The shell ends the string at a zero byte; so does this.
                return text(value.prefix { $0 != 0 })
            }
            if byte == UInt8(ascii: "\\") { value += takeEscape() } else { value.append(byte) }
        }
        throw .unterminated(construct: "quote", offset: offset)
    }

    /// What follows a backslash in `$'…'`.
    private mutating func takeEscape() -> [UInt8] {
        guard let byte = peek() else { return [UInt8(ascii: "\\")] }
        position += 1
        switch byte {
        case UInt8(ascii: "a"): return [7]
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "e"), UInt8(ascii: "E"): return [27]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "v"): return [11]
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "?"): return [byte]
        case UInt8(ascii: "x"): return takeNumber(radix: 16, digitsMaximum: 2).map { [UInt8(truncatingIfNeeded: $0)] } ?? Array("\\x".utf8)
        case UInt8(ascii: "u"): return takeScalar(digitsMaximum: 4) ?? Array("\\u".utf8)
        case UInt8(ascii: "U"): return takeScalar(digitsMaximum: 8) ?? Array("\\U".utf8)
        case UInt8(ascii: "c"):
            guard let control = peek() else { return Array("\\c".utf8) }
            position += 1
            return [control & 0x1F]
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            position -= 1
            return takeNumber(radix: 8, digitsMaximum: 3).map { [UInt8(truncatingIfNeeded: $0)] } ?? []
        default: return [UInt8(ascii: "\\"), byte]
        }
    }

    private mutating func takeNumber(radix: UInt32, digitsMaximum: Int) -> UInt32? {
        var value: UInt32 = 0
        var digits = 0
        while digits < digitsMaximum, let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue, digit < radix {
            value = value &* radix &+ UInt32(digit)
            digits += 1
            position += 1
        }
        return digits == 0 ? nil : value
    }

    private mutating func takeScalar(digitsMaximum: Int) -> [UInt8]? {
        guard let value = takeNumber(radix: 16, digitsMaximum: digitsMaximum) else { return nil }
        guard let scalar = Unicode.Scalar(value) else { return Array("\u{FFFD}".utf8) }
        return Array(String(Character(scalar)).utf8)
    }
}
