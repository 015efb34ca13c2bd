// Reads JSON that nobody vouches for: strict RFC 8259, valid UTF-8, bounded nesting, no member twice, every fault with its offset.

/// Why bytes are not one JSON value. Offsets count bytes from 0.
public struct JSONError: Error, Equatable, CustomStringConvertible {
    public let reason: String
    public let offset: Int

    public init(reason: String, offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    public var description: String { "\(reason) at byte \(offset)" }
}

extension JSON {
    /// What is read here nests no deeper than a few levels.
    public static let depthMaximum = 16

    /// Reads exactly one value, with white space around it.
    public init(parsing bytes: [UInt8]) throws(JSONError) {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw JSONError(reason: "invalid UTF-8", offset: Self.firstInvalidByte(bytes))
        }
        var parser = Parser(bytes: bytes)
        self = try parser.document()
    }

    private static func firstInvalidByte(_ bytes: [UInt8]) -> Int {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var offset = 0
        while case .scalarValue(let scalar) = decoder.decode(&iterator) { offset += UTF8.width(scalar) }
        return offset
    }

    private struct Parser {
        let bytes: [UInt8]
        var offset = 0

        private var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

        private func fault(_ reason: String) -> JSONError { JSONError(reason: reason, offset: offset) }

        private mutating func skipSpace() {
            while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
        }

        private mutating func take(_ byte: UInt8) -> Bool {
            guard current == byte else { return false }
            offset += 1
            return true
        }

        mutating func document() throws(JSONError) -> JSON {
            let value = try value(depth: 0)
            skipSpace()
            guard offset == bytes.count else { throw fault("unexpected text after the value") }
            return value
        }

        private mutating func value(depth: Int) throws(JSONError) -> JSON {
            guard depth < JSON.depthMaximum else { throw fault("nested deeper than \(JSON.depthMaximum)") }
            skipSpace()
            switch current {
            case UInt8(ascii: "{"): return try object(depth: depth)
            case UInt8(ascii: "["): return try array(depth: depth)
            case UInt8(ascii: "\""): return .string(try string())
            case UInt8(ascii: "t"): return try word("true", .bool(true))
            case UInt8(ascii: "f"): return try word("false", .bool(false))
            case UInt8(ascii: "n"): return try word("null", .null)
            case let byte? where byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte): return try number()
            case nil: throw fault("the text ends early")
            default: throw fault("expected a value")
            }
        }

        private mutating func word(_ word: String, _ value: JSON) throws(JSONError) -> JSON {
            guard bytes[offset...].starts(with: word.utf8) else { throw fault("expected a value") }
            offset += word.utf8.count
            return value
        }

        private mutating func object(depth: Int) throws(JSONError) -> JSON {
            offset += 1
            var members: [Member] = []
            var names: Set<String> = []
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            while true {
                skipSpace()
                guard current == UInt8(ascii: "\"") else { throw fault("expected a member's name") }
                let start = offset
                let name = try string()
                guard names.insert(name).inserted else { throw JSONError(reason: "the member '\(name)' appears twice", offset: start) }
                skipSpace()
                guard take(UInt8(ascii: ":")) else { throw fault("expected ':'") }
                members.append(Member(name, try value(depth: depth + 1)))
                skipSpace()
                if take(UInt8(ascii: "}")) { return .object(members) }
                guard take(UInt8(ascii: ",")) else { throw fault("expected ',' or '}'") }
            }
        }

        private mutating func array(depth: Int) throws(JSONError) -> JSON {
            offset += 1
            var elements: [JSON] = []
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            while true {
                elements.append(try value(depth: depth + 1))
                skipSpace()
                if take(UInt8(ascii: "]")) { return .array(elements) }
                guard take(UInt8(ascii: ",")) else { throw fault("expected ',' or ']'") }
            }
        }

        private mutating func digits() -> Bool {
            let start = offset
            while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
            return offset > start
        }

        private mutating func number() throws(JSONError) -> JSON {
            let start = offset
            _ = take(UInt8(ascii: "-"))
            if !take(UInt8(ascii: "0")) {
                guard digits() else { throw fault("expected a digit") }
            }
            if take(UInt8(ascii: ".")) {
                guard digits() else { throw fault("expected a digit") }
            }
            if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
                if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
                guard digits() else { throw fault("expected a digit") }
            }
            return .number(String(decoding: bytes[start..<offset], as: UTF8.self))
        }

        private mutating func string() throws(JSONError) -> String {
            offset += 1
            var text: [UInt8] = []
            while let byte = current {
                switch byte {
                case UInt8(ascii: "\""):
                    offset += 1
                    return String(decoding: text, as: UTF8.self)
                case UInt8(ascii: "\\"):
                    offset += 1
                    try escape(into: &text)
                case 0..<0x20:
                    throw fault("a control character must be escaped")
                default:
                    text.append(byte)
                    offset += 1
                }
            }
            throw fault("the text ends early")
        }

        private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
            let plain: UInt8
            switch current {
            case UInt8(ascii: "u"): return text.append(contentsOf: String(try escapedScalar()).utf8)
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): plain = bytes[offset]
            case UInt8(ascii: "b"): plain = 0x08
            case UInt8(ascii: "f"): plain = 0x0C
            case UInt8(ascii: "n"): plain = 0x0A
            case UInt8(ascii: "r"): plain = 0x0D
            case UInt8(ascii: "t"): plain = 0x09
            default: throw fault("unknown escape")
            }
            text.append(plain)
            offset += 1
        }

        /// At the `u` of an escape. A surrogate must come with its other half.
        private mutating func escapedScalar() throws(JSONError) -> Unicode.Scalar {
            let start = offset
            let first = try fourDigits()
            var code = UInt32(first)
            if (0xD800..<0xDC00).contains(first), take(UInt8(ascii: "\\")), current == UInt8(ascii: "u") {
                let second = try fourDigits()
                guard (0xDC00..<0xE000).contains(second) else { throw JSONError(reason: "half a surrogate pair", offset: start) }
                code = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw JSONError(reason: "half a surrogate pair", offset: start) }
            return scalar
        }

        private mutating func fourDigits() throws(JSONError) -> UInt16 {
            let digits = bytes[min(offset + 1, bytes.count)..<min(offset + 5, bytes.count)]
            guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let value = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
            else { throw fault("expected four hexadecimal digits") }
            offset += 5
            return value
        }
    }
}
