// Just enough SQL to tell a statement that loses data from one that does not: words, quotes, comments, semicolons.

/// SQL text cut into statements of upper-case words; quoted text and comments are left out.
struct SQLScript {
    private(set) var statements: [[String]] = [[]]
    /// What psql's `\!` and sqlite's `.shell` hand to a shell.
    private(set) var shellCommands: [String] = []

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            for marker in ["\\!", ".shell ", ".system "] where line.hasPrefix(marker) {
                shellCommands.append(String(line.dropFirst(marker.count)))
            }
        }
        let bytes = Array(text.utf8)
        var index = 0
        var word: [UInt8] = []
        while index < bytes.count {
            let byte = bytes[index]
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            index += 1
            if Self.isWord(byte) {
                word.append(byte)
                continue
            }
            finish(&word)
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"):
                index = (bytes[index...].firstIndex(of: byte) ?? bytes.count - 1) + 1
            case UInt8(ascii: "-") where next == byte:
                index = bytes[index...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            case UInt8(ascii: "/") where next == UInt8(ascii: "*"):
                while index < bytes.count, !(bytes[index] == UInt8(ascii: "/") && bytes[index - 1] == UInt8(ascii: "*")) { index += 1 }
            case UInt8(ascii: ";"): statements.append([])
            default: break
            }
        }
        finish(&word)
    }

    private static func isWord(_ byte: UInt8) -> Bool { ShellParser.isNameByte(byte) || byte >= 0x80 }

    private mutating func finish(_ word: inout [UInt8]) {
        guard !word.isEmpty else { return }
        statements[statements.count - 1].append(String(decoding: word, as: UTF8.self).uppercased())
        word = []
    }

    /// Drops, truncates, or deletes or updates without a condition.
    var isDestructive: Bool {
        statements.contains { words in
            let lead = words.first(where: { !["EXPLAIN", "BEGIN", "DO"].contains($0) }) ?? ""
            switch lead {
            case "DROP", "TRUNCATE": return true
            case "DELETE", "UPDATE": return !words.contains("WHERE")
            case "ALTER": return words.contains("DROP")
            // A common table expression can end in a delete.
            case "WITH": return words.contains("DELETE") && !words.contains("WHERE")
            case "COPY": return words.contains("PROGRAM")
            default: return false
            }
        }
    }
}
