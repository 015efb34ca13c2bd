// The server's side of the Model Context Protocol, for any transport: which revision is spoken, which tools there are, what a call gives.
// It keeps nothing between messages.

import TrellisJSON

/// Answers messages of the Model Context Protocol with a list of tools.
public struct MCPServer: Sendable {
    /// The revisions with a handshake that are spoken, newest first: those with structured results and without batches.
    static let revisions = ["2025-11-25", "2025-06-18"]
    /// No message is larger. A receipt of a large committee that is larger is for `trellis verify`.
    static let messageBytesMaximum = 16 << 20

    /// How long a client may keep what does not change while this server runs, in milliseconds.
    private static let lifetime = 3_600_000

    private static let instructions = """
        Ask the committee with propose_decision before doing something that needs its consent; go on only when the answer says \
        'approved' and 'verified' is true. Commands are judged, never run. An unverified answer is one validator's word.
        """

    private let tools: [Tool]
    private let version: String

    init(tools: [Tool], version: String) {
        self.tools = tools
        self.version = version
    }

    /// The result of a request. Ends early, with any result, when its task is cancelled.
    func result(of method: String, _ parameters: JSON, _ era: Era) async throws(Fault) -> JSON {
        switch (method, era) {
        case ("initialize", .handshake): return try initialize(parameters)
        case ("ping", .handshake): return .object([])
        case ("tools/list", .handshake): return .members(["tools": try list(parameters)])
        case ("tools/call", .handshake): return try await call(parameters)
        case ("server/discover", .stateless):
            return complete([
                "supportedVersions": .array(Self.allRevisions.map { .string($0) }), "capabilities": Self.capabilities,
                "instructions": .string(Self.instructions), "ttlMs": .integer(Self.lifetime), "cacheScope": "public",
            ])
        case ("tools/list", .stateless):
            return complete(["tools": try list(parameters), "ttlMs": .integer(Self.lifetime), "cacheScope": "public"])
        case ("tools/call", .stateless): return try await call(parameters).preceded(by: stamp)
        default: throw .unknownMethod(method)
        }
    }

    /// The answer to one request, result or error, over a transport that has no headers.
    func answer(id: JSON, method: String, _ parameters: JSON) async -> JSON {
        do throws(Fault) {
            return Message.result(try await result(of: method, parameters, try Self.era(of: method, parameters)), id: id)
        } catch {
            return error.answer(to: id)
        }
    }

    private static let capabilities = JSON.members(["tools": .members(["listChanged": .bool(false)])])

    private var information: JSON { .members(["name": "trellis", "title": "Trellis", "version": .string(version)]) }

    /// What every stateless result says before its own members: that it is whole, and who says it.
    private var stamp: KeyValuePairs<String, JSON> {
        ["resultType": "complete", "_meta": .members(["io.modelcontextprotocol/serverInfo": information])]
    }

    private func complete(_ members: KeyValuePairs<String, JSON?>) -> JSON { JSON.members(members).preceded(by: stamp) }

    private func list(_ parameters: JSON) throws(Fault) -> JSON {
        guard parameters["cursor"] == nil else { throw .invalidParameters("there is no other page of tools") }
        return .array(tools.map(\.description))
    }

    /// The client's revision where it is spoken here, else the newest, which the client may decline.
    private func initialize(_ parameters: JSON) throws(Fault) -> JSON {
        guard let asked = parameters["protocolVersion"]?.stringValue else {
            throw .invalidParameters("'protocolVersion' must be a string")
        }
        return .members([
            "protocolVersion": .string(Self.revisions.first { $0 == asked } ?? Self.revisions[0]),
            "capabilities": Self.capabilities, "serverInfo": information,
            "instructions": .string(Self.instructions),
        ])
    }

    private func call(_ parameters: JSON) async throws(Fault) -> JSON {
        guard let name = parameters["name"]?.stringValue else { throw .invalidParameters("'name' must be a string") }
        guard let tool = tools.first(where: { $0.name == name }) else {
            throw .invalidParameters("there is no tool '\(name.prefix(64))'; there is \(tools.map(\.name).joined(separator: ", "))")
        }
        let arguments = parameters["arguments"] ?? .object([])
        guard let members = arguments.objectMembers else { throw .invalidParameters("'arguments' must be an object") }
        do throws(ToolFailure) {
            if let unknown = members.first(where: { !tool.argumentNames.contains($0.name) }) {
                throw ToolFailure(
                    "\(name) has no argument '\(unknown.name.prefix(64))'; it has \(tool.argumentNames.joined(separator: ", "))")
            }
            let result = try await tool.run(ToolArguments(object: arguments))
            return .members([
                "content": Self.text(String(decoding: result.bytes, as: UTF8.self)), "structuredContent": result, "isError": .bool(false),
            ])
        } catch {
            return .members(["content": Self.text(error.message), "isError": .bool(true)])
        }
    }

    private static func text(_ text: String) -> JSON { .array([.members(["type": "text", "text": .string(text)])]) }
}
