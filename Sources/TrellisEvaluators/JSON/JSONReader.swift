// Reads JSON with bounds on depth, in one pass over the bytes.

/// Why a text is not JSON as read here.
struct JSONError: Error, Equatable, CustomStringConvertible {
    let reason: String
    let offset: Int

    var description: String { "\(reason) at byte \(offset)" }
}

extension JSONValue {
    static let depthMaximum = 64

    /// Reads exactly one value.
    init(json bytes: [UInt8]) throws(JSONError) {
        var reader = JSONReader(bytes: bytes)
        self = try reader.document()
    }
}

private struct JSONReader {
    let bytes: [UInt8]
    private var offset = 0
    private var depth = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    private func error(_ reason: String) -> JSONError { JSONError(reason: reason, offset: offset) }
    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { offset += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        offset += 1
        return true
    }

    mutating func document() throws(JSONError) -> JSONValue {
        let value = try value()
        guard offset == bytes.count else { throw error("something follows the value") }
        return value
    }

    /// A value with the white space around it.
    private mutating func value() throws(JSONError) -> JSONValue {
        skipSpace()
        let value: JSONValue
        switch next {
        case UInt8(ascii: "{"): value = try nested(object)
        case UInt8(ascii: "["): value = try nested(array)
        case UInt8(ascii: "\""): value = .string(try string())
        case UInt8(ascii: "t"): value = try word("true", .bool(true))
        case UInt8(ascii: "f"): value = try word("false", .bool(false))
        case UInt8(ascii: "n"): value = try word("null", .null)
        default: value = .number(try number())
        }
        skipSpace()
        return value
    }

    private mutating func nested(
        _ read: (inout JSONReader) throws(JSONError) -> JSONValue
    ) throws(JSONError) -> JSONValue {
        guard depth < JSONValue.depthMaximum else { throw error("nested too deeply") }
        depth += 1
        offset += 1
        let value = try read(&self)
        depth -= 1
        return value
    }

    private let object: (inout JSONReader) throws(JSONError) -> JSONValue = { reader throws(JSONError) in
        var members: [(name: String, value: JSONValue)] = []
        var names: Set<[UInt8]> = []
        reader.skipSpace()
        if reader.take(UInt8(ascii: "}")) { return .object([]) }
        repeat {
            reader.skipSpace()
            guard reader.next == UInt8(ascii: "\"") else { throw reader.error("a name is missing") }
            let name = try reader.string()
            guard names.insert(Array(name.utf8)).inserted else { throw reader.error("a name stands twice") }
            reader.skipSpace()
            guard reader.take(UInt8(ascii: ":")) else { throw reader.error("':' is missing") }
            members.append((name, try reader.value()))
        } while reader.take(UInt8(ascii: ","))
        guard reader.take(UInt8(ascii: "}")) else { throw reader.error("'}' is missing") }
        return .object(members)
    }

    private let array: (inout JSONReader) throws(JSONError) -> JSONValue = { reader throws(JSONError) in
        var values: [JSONValue] = []
        reader.skipSpace()
        if reader.take(UInt8(ascii: "]")) { return .array([]) }
        repeat { values.append(try reader.value()) } while reader.take(UInt8(ascii: ","))
        guard reader.take(UInt8(ascii: "]")) else { throw reader.error("']' is missing") }
        return .array(values)
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        guard bytes[offset...].starts(with: word.utf8) else { throw error("not a value") }
        offset += word.utf8.count
        return value
    }

    private mutating func number() throws(JSONError) -> String {
        let start = offset
        func isDigit(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x39).contains($0) } ?? false }
        _ = take(UInt8(ascii: "-"))
        guard isDigit(next) else { throw error("not a value") }
        if !take(UInt8(ascii: "0")) { while isDigit(next) { offset += 1 } }
        if take(UInt8(ascii: ".")) {
            guard isDigit(next) else { throw error("a digit is missing") }
            while isDigit(next) { offset += 1 }
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard isDigit(next) else { throw error("a digit is missing") }
            while isDigit(next) { offset += 1 }
        }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func string() throws(JSONError) -> String {
        offset += 1
        var text: [UInt8] = []
        while let byte = next {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { throw error("not UTF-8") }
                return string
            case UInt8(ascii: "\\"): try escape(&text)
            case 0..<0x20: throw error("a control character in a string")
            default: text.append(byte)
            }
        }
        throw error("a string does not end")
    }

    private mutating func escape(_ text: inout [UInt8]) throws(JSONError) {
        guard let byte = next else { throw error("a string does not end") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if (0xD800..<0xDC00).contains(code) {
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw error("half a character") }
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw error("half a character") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw error("half a character") }
            text.append(contentsOf: Array(String(scalar).utf8))
        default: throw error("an unknown escape")
        }
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw error("a hexadecimal digit is missing")
            }
            code = code << 4 | UInt32(digit)
            offset += 1
        }
        return code
    }
}
