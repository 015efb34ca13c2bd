// Checks on a policy's raw text that must pass before the YAML parser may see it, because that parser recurses and follows aliases.

enum PolicyText {
    /// Refuses what is too long, too deep, not text, or uses aliases.
    static func check(_ yaml: String, policy: String) throws(PolicyError) {
        let length = yaml.utf8.count
        guard length <= PolicyBounds.lengthMaximumBytes else {
            throw PolicyError(policy: policy, line: 0, problem: .tooLarge(lengthBytes: length))
        }
        var scan = Scan()
        for byte in yaml.utf8 {
            if let problem = scan.step(byte) { throw PolicyError(policy: policy, line: scan.line, problem: problem) }
        }
    }

    /// Follows quotes and comments just well enough to see brackets and aliases outside them.
    private struct Scan {
        var line = 1
        private var flowDepth = 0
        private var quote: UInt8?
        private var isComment = false
        private var isEscaped = false
        /// Columns of blanks, dashes and question marks a line starts with: each can open a level.
        private var indentation = 0
        private var isIndenting = true
        /// True where a node can start.
        private var isNodeStart = true
        /// The `*` or `&` just seen where a node can start: an alias or anchor when a name follows.
        private var pendingAlias: UInt8?
        private var previous: UInt8 = UInt8(ascii: "\n")

        mutating func step(_ byte: UInt8) -> PolicyError.Problem? {
            defer { previous = byte }
            if byte < 0x20, byte != 0x0A, byte != 0x0D, byte != 0x09 { return .notYAML(problem: "control character \(byte)") }
            if let mark = pendingAlias {
                pendingAlias = nil
                if byte > 0x20 { return .aliasRefused(name: String(decoding: byte < 0x80 ? [mark, byte] : [mark], as: UTF8.self)) }
            }
            if byte == 0x0A {
                line += 1
                (isComment, isIndenting, isNodeStart, indentation, isEscaped) = (false, true, true, 0, false)
                return nil
            }
            if isComment { return nil }
            if isIndenting, byte == 0x20 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "?") {
                indentation += 1
                if indentation > PolicyBounds.depthMaximum { return .tooDeep }
                if quote == nil { return nil }
            } else {
                isIndenting = false
            }
            return quote == nil ? stepPlain(byte) : stepQuoted(byte)
        }

        private mutating func stepQuoted(_ byte: UInt8) -> PolicyError.Problem? {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                isEscaped = true
            } else if byte == quote {
                quote = nil
                isNodeStart = false
            }
            return nil
        }

        private mutating func stepPlain(_ byte: UInt8) -> PolicyError.Problem? {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"): if isNodeStart { quote = byte }
            case UInt8(ascii: "#"): if previous <= 0x20 { isComment = true }
            case UInt8(ascii: "*"), UInt8(ascii: "&"): pendingAlias = isNodeStart ? byte : nil
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                flowDepth += 1
                if flowDepth > PolicyBounds.depthMaximum { return .tooDeep }
            case UInt8(ascii: "]"), UInt8(ascii: "}"): flowDepth = max(0, flowDepth - 1)
            default: break
            }
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "?"), UInt8(ascii: "-"):
                isNodeStart = true
            case 0x20, 0x09, 0x0D: break
            default: isNodeStart = false
            }
            return nil
        }
    }
}
