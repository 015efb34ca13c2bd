// The OpenAPI document as a check: what an operation may answer. Knows the keywords of JSON Schema that the document uses.

import Testing
import TrellisJSON

@testable import TrellisAPI

struct Contract: Sendable {
    let document: JSON

    /// Path templates and their methods.
    var operations: [(path: String, method: String, operation: JSON)] {
        (document["paths"]?.objectMembers ?? []).flatMap { path in
            (path.value.objectMembers ?? []).map { (path.name, $0.name.uppercased(), $0.value) }
        }
    }

    func check(_ answer: Answer, _ method: String, _ target: String, sourceLocation: SourceLocation) {
        let path = target.prefix { $0 != "?" }
        let type = mediaType(answer.header("content-type") ?? "")
        guard
            let operation = operations.first(where: { Self.matches($0.path, path) && $0.method == (method == "HEAD" ? "GET" : method) })
        else {
            #expect(answer.status == 404 || answer.status == 405, sourceLocation: sourceLocation)
            #expect(type == Problem.contentType, sourceLocation: sourceLocation)
            return
        }
        guard let content = operation.operation["responses"]?[String(answer.status)]?["content"] else {
            Issue.record("\(method) \(path) does not declare status \(answer.status)", sourceLocation: sourceLocation)
            return
        }
        guard answer.status != 304 else {
            #expect(answer.body.isEmpty && content.objectMembers?.isEmpty == true, sourceLocation: sourceLocation)
            return
        }
        guard let schema = content[type]?["schema"] else {
            Issue.record("\(method) \(path) with status \(answer.status) does not declare '\(type)'", sourceLocation: sourceLocation)
            return
        }
        guard method != "HEAD", type == ContentType.json || type == Problem.contentType else { return }
        if let fault = fault(answer.json, schema, at: "$") {
            Issue.record("\(method) \(path): \(fault)", sourceLocation: sourceLocation)
        }
    }

    static func matches(_ template: String, _ path: Substring) -> Bool {
        let expected = template.split(separator: "/", omittingEmptySubsequences: false)
        let found = path.split(separator: "/", omittingEmptySubsequences: false)
        return expected.count == found.count && zip(expected, found).allSatisfy { $0.first == "{" || $0 == $1 }
    }

    /// Where `value` breaks `schema`; nil when it keeps it.
    func fault(_ value: JSON, _ schema: JSON, at place: String) -> String? {
        if let reference = schema["$ref"]?.stringValue {
            guard let target = document["components"]?["schemas"]?[String(reference.split(separator: "/").last ?? "")] else {
                return "\(reference) is not defined"
            }
            return fault(value, target, at: place)
        }
        if case .array(let choices) = schema["anyOf"] {
            return choices.contains { fault(value, $0, at: place) == nil } ? nil : "\(place) fits no choice"
        }
        if case .array(let values) = schema["enum"], !values.contains(value) { return "\(place) is none of the values" }
        switch (schema["type"]?.stringValue, value) {
        case (nil, _), ("string", .string), ("integer", .number), ("number", .number), ("boolean", .bool), ("null", .null): return nil
        case ("array", .array(let elements)):
            guard let items = schema["items"] else { return nil }
            return elements.enumerated().lazy.compactMap { fault($1, items, at: "\(place)[\($0)]") }.first
        case ("object", .object(let members)):
            if case .array(let required) = schema["required"] {
                for name in required.compactMap(\.stringValue) where value[name] == nil { return "\(place) has no '\(name)'" }
            }
            return members.lazy.compactMap { member in
                if let property = schema["properties"]?[member.name] { return fault(member.value, property, at: "\(place).\(member.name)") }
                // What is not described is not promised: the document must name all that is sent, where it names anything.
                return schema["properties"] == nil ? nil : "\(place).\(member.name) is not described"
            }.first
        default: return "\(place) is not of type \(schema["type"]?.stringValue ?? "")"
        }
    }
}
