// One published test vector as loosely typed JSON, read with errors that name the field, and the judgement of one vector.

import Foundation
import TrellisCrypto

/// A malformed vector: which field, and what is wrong with it.
struct VectorError: Error, CustomStringConvertible {
    let description: String
}

/// A JSON object of a vector file: the whole file, a group of tests, or a test.
struct CryptoVector {
    private let fields: [String: Any]

    init(_ fields: [String: Any]) {
        self.fields = fields
    }

    /// Reads the object that a file's bytes are.
    init(json: Data) throws {
        guard let value = try? JSONSerialization.jsonObject(with: json) else { throw VectorError(description: "it is not JSON") }
        guard let fields = value as? [String: Any] else { throw VectorError(description: "it is not a JSON object") }
        self.fields = fields
    }

    func has(_ name: String) -> Bool {
        guard let value = fields[name] else { return false }
        return !(value is NSNull)
    }

    func text(_ name: String) -> String? { fields[name] as? String }

    func flag(_ name: String) -> Bool? { fields[name] as? Bool }

    func integer(_ name: String) throws -> Int {
        guard let value = fields[name] as? Int else { throw VectorError(description: "\"\(name)\" is not an integer") }
        return value
    }

    func size(_ name: String) throws -> UInt64 {
        guard let value = UInt64(exactly: try integer(name)) else { throw VectorError(description: "\"\(name)\" is negative") }
        return value
    }

    func object(_ name: String) throws -> CryptoVector {
        guard let value = fields[name] as? [String: Any] else { throw VectorError(description: "\"\(name)\" is not an object") }
        return CryptoVector(value)
    }

    func objects(_ name: String) throws -> [CryptoVector] {
        guard let values = fields[name] as? [Any] else { throw VectorError(description: "\"\(name)\" is not an array") }
        return try values.map { value in
            guard let fields = value as? [String: Any] else {
                throw VectorError(description: "\"\(name)\" holds something that is no object")
            }
            return CryptoVector(fields)
        }
    }

    /// Bytes in hexadecimal, of either case.
    func hex(_ name: String) throws -> [UInt8] {
        guard let text = text(name) else { throw VectorError(description: "\"\(name)\" is missing") }
        guard let bytes = Hex.decode(text) else { throw VectorError(description: "\"\(name)\" is not hexadecimal") }
        return bytes
    }

    /// Bytes in hexadecimal, none if the field is absent.
    func optionalHex(_ name: String) throws -> [UInt8] {
        has(name) ? try hex(name) : []
    }

    func base64(_ name: String) throws -> [UInt8] {
        guard let text = text(name) else { throw VectorError(description: "\"\(name)\" is missing") }
        guard let data = Data(base64Encoded: text) else { throw VectorError(description: "\"\(name)\" is not base64") }
        return [UInt8](data)
    }

    func digest(_ name: String) throws -> Digest {
        guard let digest = Digest(try hex(name)) else { throw VectorError(description: "\"\(name)\" is not a digest") }
        return digest
    }

    func texts(_ name: String) throws -> [String] {
        guard let values = fields[name] as? [String] else { throw VectorError(description: "\"\(name)\" is not an array of strings") }
        return values
    }

    func integers(_ name: String) throws -> [Int] {
        guard let values = fields[name] as? [Int] else { throw VectorError(description: "\"\(name)\" is not an array of integers") }
        return values
    }

    func digests(_ name: String) throws -> [Digest] {
        try texts(name).map { text in
            guard let digest = Digest(hex: text) else { throw VectorError(description: "\"\(name)\" holds something that is no digest") }
            return digest
        }
    }

    /// The case's own number or name; nil if it has none.
    var identifier: String? {
        if let number = fields["tcId"] as? Int { return String(number) }
        return text("tcId")
    }

    /// What the vector says should happen.
    enum Expectation {
        case valid, invalid, acceptable
    }

    func expectation() throws -> Expectation {
        if let passed = flag("testPassed") ?? flag("valid") { return passed ? .valid : .invalid }
        switch text("result") {
        case nil where !has("result"), "valid": return .valid
        case "invalid": return .invalid
        case "acceptable": return .acceptable
        default: throw VectorError(description: "\"result\" is neither valid nor invalid nor acceptable")
        }
    }

    /// Judges a yes-or-no answer.
    func judge(accepted: Bool) throws -> VectorOutcome {
        switch try expectation() {
        case .valid: .judging(accepted: accepted, expected: true)
        case .invalid: .judging(accepted: accepted, expected: false)
        case .acceptable: .agrees
        }
    }

    /// Judges a computed value, nil if the input was refused, against the one in the vector.
    func judge(_ computed: [UInt8]?, expected: @autoclosure () throws -> [UInt8]) throws -> VectorOutcome {
        let expectation = try expectation()
        guard let computed else {
            return expectation == .valid ? .differs(expected: "a result", actual: "refused") : .agrees
        }
        if expectation == .invalid { return .differs(expected: "refused", actual: VectorOutcome.short(computed)) }
        return VectorOutcome.comparing(computed, expected: try expected())
    }
}

/// What came of one vector.
enum VectorOutcome {
    case agrees
    case differs(expected: String, actual: String)
    /// Of something that this code does not implement, by name.
    case skipped(String)

    static func comparing(_ computed: [UInt8], expected: [UInt8]) -> VectorOutcome {
        computed == expected ? .agrees : .differs(expected: short(expected), actual: short(computed))
    }

    static func judging(accepted: Bool, expected: Bool) -> VectorOutcome {
        accepted == expected ? .agrees : .differs(expected: expected ? "accepted" : "refused", actual: accepted ? "accepted" : "refused")
    }

    /// The first of several outcomes that is not agreement.
    static func all(_ outcomes: VectorOutcome...) -> VectorOutcome {
        outcomes.first { outcome in if case .agrees = outcome { false } else { true } } ?? .agrees
    }

    static func short(_ bytes: [UInt8]) -> String {
        bytes.count <= 48 ? "\"\(Hex.encode(bytes))\"" : "\"\(Hex.encode(bytes.prefix(24)))…\" (\(bytes.count) bytes)"
    }
}
