// JSON-RPC 2.0 as the Model Context Protocol uses it: what one message is, and how one is answered. Batches are refused, as by the
// protocol since 2025-06-18.

import TrellisJSON

/// What a peer sent.
enum Message: Equatable {
    /// `id` is a string or an integer.
    case request(id: JSON, method: String, parameters: JSON)
    case notification(method: String, parameters: JSON)
    /// An answer: this server asks nothing, so there is nothing to do with it.
    case response

    /// Reads a message.
    ///
    /// - Throws: `Fault` with code -32700 (no JSON) or -32600 (no message), to be answered under `null`, or under the id where there is one.
    init(parsing bytes: [UInt8]) throws(Fault) {
        let value: JSON
        do {
            value = try JSON(parsing: bytes)
        } catch {
            throw .parseError("\(error)")
        }
        guard value.objectMembers != nil else { throw .invalidRequest("a message is one object") }
        let id = value["id"]
        guard value["jsonrpc"] == "2.0" else { throw .invalidRequest("'jsonrpc' must be \"2.0\"", id) }
        guard let method = value["method"] else {
            guard value["result"] != nil || value["error"] != nil else { throw .invalidRequest("no 'method'", id) }
            self = .response
            return
        }
        guard let method = method.stringValue else { throw .invalidRequest("'method' must be a string", id) }
        let parameters = value["params"] ?? .object([])
        guard parameters.objectMembers != nil else { throw .invalidRequest("'params' must be an object", id) }
        guard let id else {
            self = .notification(method: method, parameters: parameters)
            return
        }
        guard Fault.isIdentifier(id) else { throw .invalidRequest("'id' must be a string or an integer") }
        self = .request(id: id, method: method, parameters: parameters)
    }

    static func result(_ result: JSON, id: JSON) -> JSON { .members(["jsonrpc": "2.0", "id": id, "result": result]) }
}

/// An error of the protocol (JSON-RPC 2.0 §5.1). What goes wrong inside a tool is no such error but a result that says so.
struct Fault: Error, Equatable {
    let code: Int
    let message: String
    /// More for programs, where the protocol has it.
    var data: JSON?
    /// Of the request that is refused; nil where it is not known.
    var id: JSON?

    static func parseError(_ reason: String) -> Fault { Fault(code: -32700, message: "not JSON: \(reason)") }

    static func invalidRequest(_ reason: String, _ id: JSON? = nil) -> Fault {
        Fault(code: -32600, message: "not a message: \(reason)", id: id.flatMap { isIdentifier($0) ? $0 : nil })
    }

    static func unknownMethod(_ method: String) -> Fault { Fault(code: -32601, message: "there is no method '\(method.prefix(64))'") }

    static func invalidParameters(_ reason: String) -> Fault { Fault(code: -32602, message: reason) }

    func answer(to id: JSON? = nil) -> JSON {
        .members([
            "jsonrpc": "2.0", "id": id ?? self.id ?? .null,
            "error": .members(["code": .integer(code), "message": .string(message), "data": data]),
        ])
    }

    /// A string of bounded length, or digits: no fraction, no exponent.
    fileprivate static func isIdentifier(_ id: JSON) -> Bool {
        switch id {
        case .string(let text): text.utf8.count <= 256
        case .number(let digits): digits.utf8.count <= 20 && !digits.contains { ".eE".contains($0) }
        default: false
        }
    }
}
