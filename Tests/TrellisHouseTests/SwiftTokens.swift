// A small lexer for Swift, so that the rules look at code and never at comments or texts. It knows comments, every form of string with
// the code interpolated in it, words, numbers and single punctuation marks; that is all the rules need.

struct SwiftToken: Sendable, Equatable {
    enum Kind: Sendable {
        case word
        /// One piece of a text: between its quotes, or between two interpolations.
        case text
        case mark
    }

    let kind: Kind
    let string: String
    /// From 1.
    let line: Int
    /// No white space or comment stands before it.
    let isAttached: Bool
}

struct SwiftLexer {
    private let bytes: [UInt8]
    private var at = 0
    private var line = 1
    private var isAttached = false
    private var tokens: [SwiftToken] = []

    private init(_ text: String) { bytes = Array(text.utf8) }

    static func tokens(of text: String) -> [SwiftToken] {
        var lexer = SwiftLexer(text)
        lexer.run(untilParenthesis: false)
        return lexer.tokens
    }

    /// Reads to the end, or to the `)` that closes an interpolation.
    private mutating func run(untilParenthesis: Bool) {
        var depth = 0
        while at < bytes.count {
            let byte = bytes[at]
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                step()
                isAttached = false
            case UInt8(ascii: "/") where isNext(Self.lineComment): skipLine()
            case UInt8(ascii: "/") where isNext(Self.blockStart): skipBlock()
            case UInt8(ascii: "\""): string(hashes: 0)
            case UInt8(ascii: "#") where hashesBeforeQuote() > 0: string(hashes: hashesBeforeQuote())
            case _ where Self.isWord(byte): word()
            default:
                if byte == UInt8(ascii: "(") { depth += 1 }
                if byte == UInt8(ascii: ")") {
                    depth -= 1
                    if untilParenthesis, depth < 0 { return }
                }
                add(.mark, at..<at + 1)
                at += 1
                isAttached = true
            }
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "@"), UInt8(ascii: "$"), UInt8(ascii: "`"), 0x80...:
            true
        default: false
        }
    }

    private func isNext(_ text: [UInt8]) -> Bool {
        guard at + text.count <= bytes.count else { return false }
        for offset in text.indices where bytes[at + offset] != text[offset] { return false }
        return true
    }

    private static let lineComment = Array("//".utf8)
    private static let blockStart = Array("/*".utf8)
    private static let blockEnd = Array("*/".utf8)
    private static let longQuotes = Array("\"\"\"".utf8)

    private mutating func step() {
        if bytes[at] == UInt8(ascii: "\n") { line += 1 }
        at += 1
    }

    private mutating func add(_ kind: SwiftToken.Kind, _ range: Range<Int>) {
        tokens.append(SwiftToken(kind: kind, string: String(decoding: bytes[range], as: UTF8.self), line: line, isAttached: isAttached))
    }

    private mutating func word() {
        let start = at
        while at < bytes.count, Self.isWord(bytes[at]) { at += 1 }
        add(.word, start..<at)
        isAttached = true
    }

    private mutating func skipLine() {
        while at < bytes.count, bytes[at] != UInt8(ascii: "\n") { at += 1 }
        isAttached = false
    }

    private mutating func skipBlock() {
        var depth = 0
        repeat {
            if isNext(Self.blockStart) {
                depth += 1
                at += 2
            } else if isNext(Self.blockEnd) {
                depth -= 1
                at += 2
            } else {
                step()
            }
        } while depth > 0 && at < bytes.count
        isAttached = false
    }

    /// How many `#` open a raw string here; 0 when none begins here.
    private func hashesBeforeQuote() -> Int {
        let count = bytes[at...].prefix { $0 == UInt8(ascii: "#") }.count
        return at + count < bytes.count && bytes[at + count] == UInt8(ascii: "\"") ? count : 0
    }

    private mutating func string(hashes: Int) {
        at += hashes
        let quotes = isNext(Self.longQuotes) ? 3 : 1
        at += quotes
        let marks = [UInt8](repeating: UInt8(ascii: "#"), count: hashes)
        let end = [UInt8](repeating: UInt8(ascii: "\""), count: quotes) + marks
        let interpolation = [UInt8(ascii: "\\")] + marks + [UInt8(ascii: "(")]
        var start = at
        let first = line
        while at < bytes.count, !isNext(end) {
            if isNext(interpolation) {
                text(start..<at, first)
                at += 2 + hashes
                run(untilParenthesis: true)
                at = min(at + 1, bytes.count)
                start = at
            } else if hashes == 0, bytes[at] == UInt8(ascii: "\\") {
                step()
                if at < bytes.count { step() }
            } else {
                step()
            }
        }
        text(start..<at, first)
        at = min(at + end.count, bytes.count)
        isAttached = true
    }

    private mutating func text(_ range: Range<Int>, _ first: Int) {
        tokens.append(SwiftToken(kind: .text, string: String(decoding: bytes[range], as: UTF8.self), line: first, isAttached: isAttached))
        isAttached = true
    }
}

/// The tokens of every Swift file under Sources, read once.
enum SourceTokens {
    static let all: [(file: RepositoryFile, tokens: [SwiftToken])] = Repository.sources.map { ($0, SwiftLexer.tokens(of: $0.text)) }
}

extension [SwiftToken] {
    private static let importModifiers: Set = ["public", "package", "internal", "private", "fileprivate"]
    private static let importKinds: Set = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]

    /// The modules that a file imports, with the line.
    var imports: [(module: String, line: Int)] {
        indices.compactMap { index in
            guard self[index].string == "import", self[index].kind == .word else { return nil }
            if index > 0, self[index - 1].line == self[index].line {
                let before = self[index - 1].string
                guard Self.importModifiers.contains(before) || before.hasPrefix("@") else { return nil }
            }
            var next = index + 1
            if next < count, Self.importKinds.contains(self[next].string) { next += 1 }
            return next < count ? (self[next].string, self[index].line) : nil
        }
    }

    /// Where these tokens stand one after another.
    func occurrences(of sequence: [String]) -> [SwiftToken] {
        guard let first = sequence.first else { return [] }
        return indices.filter { index in
            self[index].string == first && self[index].kind != .text && index + sequence.count <= count
                && zip(self[index...], sequence).allSatisfy { $0.string == $1 && $0.kind != .text }
        }.map { self[$0] }
    }

    /// Marks that unwrap by force: `!` directly behind a value and not part of `!=`.
    var forceUnwraps: [SwiftToken] {
        indices.filter { index in
            guard index > 0, self[index].string == "!", self[index].kind == .mark, self[index].isAttached else { return false }
            let before = self[index - 1]
            if index + 1 < count, self[index + 1].string == "=", self[index + 1].isAttached { return false }
            return before.kind != .mark || [")", "]", "}", "?", "!"].contains(before.string)
        }.map { self[$0] }
    }
}
