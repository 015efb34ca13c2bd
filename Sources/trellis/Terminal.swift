// Writing for people and pipes: colour only where it is wanted, and nothing from outside that could steer a terminal.

import ArgumentParser
import Foundation

enum Terminal {
    enum Style: String {
        case bold = "1"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case dim = "2"

        /// Of an outcome or a verdict, by its name; nil where there is none yet.
        init(of name: String?) {
            switch name {
            case "approved", "approve": self = .green
            case "rejected", "reject": self = .red
            case "sealed": self = .dim
            default: self = .yellow
            }
        }
    }

    /// Standard output is a terminal and nobody said no (no-color.org).
    static let hasColor: Bool = {
        let environment = ProcessInfo.processInfo.environment
        return isatty(STDOUT_FILENO) == 1 && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }()

    static func styled(_ text: String, _ style: Style) -> String {
        hasColor ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    static func print(_ line: String) { write(Array((line + "\n").utf8), to: STDOUT_FILENO) }

    static func print(_ line: [UInt8]) { write(line + [UInt8(ascii: "\n")], to: STDOUT_FILENO) }

    static func error(_ line: String) { write(Array((line + "\n").utf8), to: STDERR_FILENO) }

    /// Ends the process when nobody reads any more.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { Trellis.exit(withError: ExitCode(Exit.failure)) }
            rest = rest.dropFirst(count)
        }
    }

    /// A name and what there is to say of it, in columns.
    static func row(_ name: String, _ value: String) -> String { name + String(repeating: " ", count: max(1, 11 - name.count)) + value }

    /// A value as one line of JSON, its names with underscores.
    static func json(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    /// `text` on one line, with characters that are not seen, or that move others, written as escapes.
    static func shown(_ text: String) -> String {
        var shown = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": shown += "\\n"
            case "\t": shown += "\\t"
            default:
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                    shown += "\\u{\(String(scalar.value, radix: 16))}"
                default: shown.unicodeScalars.append(scalar)
                }
            }
        }
        return shown
    }
}
