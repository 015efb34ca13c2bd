// The ways in which one text is read: as it stands, and as it stands for whoever undoes the escapes of JSON, as every program and every
// model does that a JSON text is given to. What rules look for must not hide behind `\u0069`.

enum Readings {
    /// Texts within strings of texts that are looked into.
    private static let nestingMaximum = 4

    /// What the text says to its readers: itself first, then what else it can be read as.
    static func of(_ text: String, json: JSONValue?) -> [String] {
        var readings = shown(text, json: json)
        if let unescaped = unescaped(text) { readings.append(unescaped) }
        return readings
    }

    /// The text, and the names, strings and other values of the JSON in it, one a line in their order.
    static func shown(_ text: String, json: JSONValue?) -> [String] {
        json.map { [text, decoded($0)] } ?? [text]
    }

    static func decoded(_ value: JSONValue) -> String {
        var lines: [String] = []
        collect(value, nesting: 0, into: &lines)
        return lines.joined(separator: "\n")
    }

    private static func collect(_ value: JSONValue, nesting: Int, into lines: inout [String]) {
        switch value {
        case .object(let members):
            for member in members {
                lines.append(member.name)
                collect(member.value, nesting: nesting, into: &lines)
            }
        case .array(let values): for value in values { collect(value, nesting: nesting, into: &lines) }
        case .string(let text):
            lines.append(text)
            if nesting < nestingMaximum, let inner = JSONValue(containerIn: text) { collect(inner, nesting: nesting + 1, into: &lines) }
        case .null, .bool, .number: lines.append(value.scalarText ?? "")
        }
    }

    /// The text with every `\u0069` undone, however many backslashes lead to it and whether or not it is JSON; nil where there is none.
    private static func unescaped(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        var units: [UInt16] = []
        var result = ""
        var plain = 0
        var index = 0
        func settle(upTo end: Int) {
            result += String(decoding: units, as: UTF16.self) + String(decoding: bytes[plain..<end], as: UTF8.self)
            units = []
        }
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            let start = index
            while index < bytes.count, bytes[index] == UInt8(ascii: "\\") { index += 1 }
            guard let unit = unit(bytes[index...]) else { continue }
            // Two halves of one character stand side by side.
            if start > plain { settle(upTo: start) }
            units.append(unit)
            index += 5
            plain = index
        }
        guard plain > 0 else { return nil }
        settle(upTo: bytes.count)
        return result
    }

    /// The number in `u0069`.
    private static func unit(_ bytes: ArraySlice<UInt8>) -> UInt16? {
        let digits = bytes.dropFirst().prefix(4)
        guard bytes.first == UInt8(ascii: "u"), digits.count == 4, digits.allSatisfy({ $0 < 0x80 }) else { return nil }
        return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
