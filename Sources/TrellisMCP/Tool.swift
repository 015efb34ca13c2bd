// A tool as clients see it, the arguments of a call read strictly, and how a call fails.

import TrellisJSON

struct Tool: Sendable {
    let name: String
    let title: String
    let summary: String
    /// Whether it changes nothing, and whether calling it again with the same arguments changes nothing more.
    let isReadOnly: Bool
    let isIdempotent: Bool
    /// Schemas of objects (JSON Schema 2020-12).
    let input: JSON
    let output: JSON
    let run: @Sendable (ToolArguments) async throws(ToolFailure) -> JSON

    var argumentNames: [String] { input["properties"]?.objectMembers?.map(\.name) ?? [] }

    /// As `tools/list` shows it.
    var description: JSON {
        .members([
            "name": .string(name), "title": .string(title), "description": .string(summary), "inputSchema": input, "outputSchema": output,
            "annotations": .members([
                "readOnlyHint": .bool(isReadOnly), "destructiveHint": .bool(false), "idempotentHint": .bool(isIdempotent),
                "openWorldHint": .bool(false),
            ]),
        ])
    }
}

/// Why a call gave nothing, in words for whoever made it: a model can put its arguments right.
struct ToolFailure: Error, Equatable {
    let message: String

    init(_ message: String) { self.message = message }
}

/// The arguments of a call. A null stands for an argument that is not there.
struct ToolArguments: Sendable {
    let object: JSON

    private subscript(_ name: String) -> JSON? { object[name].flatMap { $0 == .null ? nil : $0 } }

    /// `limit` counts bytes.
    func string(_ name: String, limit: Int) throws(ToolFailure) -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.stringValue else { throw ToolFailure("'\(name)' must be a string") }
        guard text.utf8.count <= limit else { throw ToolFailure("'\(name)' has more than \(limit) bytes") }
        return text
    }

    func strings(_ name: String, count: ClosedRange<Int>, limit: Int) throws(ToolFailure) -> [String]? {
        guard let value = self[name] else { return nil }
        let wrong = ToolFailure("'\(name)' must be \(count.lowerBound) to \(count.upperBound) strings of at most \(limit) bytes")
        guard case .array(let elements) = value, count.contains(elements.count) else { throw wrong }
        var strings: [String] = []
        for element in elements {
            guard let text = element.stringValue, text.utf8.count <= limit else { throw wrong }
            strings.append(text)
        }
        return strings
    }

    func fields(_ name: String, count: Int, nameLimit: Int, limit: Int) throws(ToolFailure) -> [String: String] {
        guard let value = self[name] else { return [:] }
        guard let members = value.objectMembers, members.count <= count else {
            throw ToolFailure("'\(name)' must be an object of at most \(count) strings")
        }
        var fields: [String: String] = [:]
        for member in members {
            guard (1...nameLimit).contains(member.name.utf8.count), let text = member.value.stringValue, text.utf8.count <= limit else {
                throw ToolFailure("'\(name)' holds strings of at most \(limit) bytes under names of 1 to \(nameLimit)")
            }
            fields[member.name] = text
        }
        return fields
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(ToolFailure) -> Int? {
        guard let value = self[name] else { return nil }
        guard case .number(let digits) = value, let number = Int(digits), range.contains(number) else {
            throw ToolFailure("'\(name)' must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func flag(_ name: String) throws(ToolFailure) -> Bool? {
        guard let value = self[name] else { return nil }
        guard case .bool(let flag) = value else { throw ToolFailure("'\(name)' must be true or false") }
        return flag
    }
}
