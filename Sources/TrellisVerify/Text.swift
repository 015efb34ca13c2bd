// Text that is safe to show and that never changes: JSON with one layout, strings without hidden characters, times in UTC. Every rule is
// spelled out here, since a receipt file must come out the same byte for byte in decades.

import TrellisModel

/// Writes JSON in one fixed form: keys in the order given, two spaces a level, no trailing newline.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private var depth = 0
    private var isFirst = true

    mutating func open(_ bracket: Unicode.Scalar, key: String? = nil) {
        item(key)
        bytes.append(UInt8(ascii: bracket))
        depth += 1
        isFirst = true
    }

    mutating func close(_ bracket: Unicode.Scalar) {
        depth -= 1
        if !isFirst { newLine() }
        bytes.append(UInt8(ascii: bracket))
        isFirst = false
    }

    mutating func string(_ key: String, _ value: String) {
        item(key)
        quoted(value)
    }

    /// A string that needs no escapes.
    mutating func plain(_ key: String, _ value: String) {
        item(key)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: value.utf8)
        bytes.append(UInt8(ascii: "\""))
    }

    /// An element of a list has no key.
    mutating func number(_ key: String?, _ value: UInt64) {
        item(key)
        bytes.append(contentsOf: "\(value)".utf8)
    }

    private mutating func item(_ key: String?) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        if depth > 0 { newLine() }
        isFirst = false
        guard let key else { return }
        quoted(key)
        bytes.append(contentsOf: ": ".utf8)
    }

    private mutating func newLine() {
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    }

    private mutating func quoted(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        Text.escape(text, into: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// JSON bytes without the white space between tokens (RFC 8259 §2). Looks at nothing else, so any bytes will do.
    static func withoutWhitespace(_ json: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        kept.reserveCapacity(json.count)
        var isInString = false
        var isEscaped = false
        for byte in json {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                kept.append(byte)
            } else if ![0x20, 0x09, 0x0A, 0x0D].contains(byte) {
                isInString = byte == UInt8(ascii: "\"")
                kept.append(byte)
            }
        }
        return kept
    }
}

package enum Text {
    /// The text of a file's last field, if it has this name, found from the end: `"name": "…" }`.
    static func lastField(_ name: String, of json: [UInt8]) -> ArraySlice<UInt8>? {
        var rest = json[...]
        func skipSpace() { while let byte = rest.last, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { rest.removeLast() } }
        func skip(_ token: String) -> Bool {
            skipSpace()
            guard rest.suffix(token.utf8.count).elementsEqual(token.utf8) else { return false }
            rest.removeLast(token.utf8.count)
            return true
        }
        guard skip("}"), skip("\""), let opening = rest.lastIndex(of: UInt8(ascii: "\"")) else { return nil }
        let text = rest[(opening + 1)...]
        rest = json[...opening]
        guard skip("\""), skip(":"), skip("\"\(name)\"") else { return nil }
        return text
    }

    /// Appends `text` as the inside of a JSON string. Characters that a terminal or an editor would act on instead of showing (controls,
    /// zero-width and direction marks, tags) are escaped as well.
    static func escape(_ text: String, into bytes: inout [UInt8]) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": bytes.append(contentsOf: "\\\(scalar)".utf8)
            case "\n": bytes.append(contentsOf: "\\n".utf8)
            case "\r": bytes.append(contentsOf: "\\r".utf8)
            case "\t": bytes.append(contentsOf: "\\t".utf8)
            case _ where isHidden(scalar):
                for unit in String(scalar).utf16 {
                    let hex = String(unit, radix: 16)
                    bytes.append(contentsOf: "\\u".utf8)
                    bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 4 - hex.utf8.count))
                    bytes.append(contentsOf: hex.utf8)
                }
            default: bytes.append(contentsOf: Array(String(scalar).utf8))
            }
        }
    }

    /// A fixed list: Unicode's own properties differ between versions of its tables.
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F, 0xAD, 0x061C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFE00...0xFE0F, 0xFEFF,
            0xFFF9...0xFFFB, 0xE0000...0xE0FFF:
            true
        default: false
        }
    }

    /// `text` in quotes, without hidden characters, cut after about `limit` bytes.
    static func quoted(_ text: String, limit: Int = 2000) -> String {
        let shown = text.truncated(utf8: limit)
        var bytes = Array("\"".utf8)
        escape(shown, into: &bytes)
        bytes.append(UInt8(ascii: "\""))
        let rest = text.utf8.count - shown.utf8.count
        return String(decoding: bytes, as: UTF8.self) + (rest > 0 ? " and \(rest) bytes more" : "")
    }

    /// ISO 8601 in UTC with milliseconds, by the proleptic Gregorian calendar.
    package static func time(_ milliseconds: UInt64) -> String {
        // Days are counted from 0000-03-01, so that a leap day is the last of its year, in eras of 400 years.
        let days = milliseconds / 86_400_000 + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        let rest = milliseconds % 86_400_000
        let clock = "\(padded(rest / 3_600_000, 2)):\(padded(rest / 60_000 % 60, 2)):\(padded(rest / 1000 % 60, 2))"
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(clock).\(padded(rest % 1000, 3))Z"
    }

    private static func padded(_ value: UInt64, _ width: Int) -> String {
        let digits = "\(value)"
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
