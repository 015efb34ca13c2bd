// Requests of revision 2026-07-28, which has no handshake: each says for itself which revision it speaks and what its client can do, and over
// HTTP says some of it again in headers. What is said twice must be the same.

import FoundationEssentials
import TrellisJSON

/// How a request is served.
enum Era: Equatable, Sendable {
    /// By the revisions up to 2025-11-25, one of which `initialize` agrees on.
    case handshake
    /// By revision 2026-07-28: nothing is known but what the request says.
    case stateless
}

/// What HTTP headers repeat of a request. Several lines of one header are joined by commas, and so are like no value.
struct MirroredHeaders: Equatable, Sendable {
    /// `MCP-Protocol-Version`
    var revision: String?
    /// `Mcp-Method`
    var method: String?
    /// `Mcp-Name`: of the tool that is called.
    var name: String?

    /// The name that a header carries, decoded where it is encoded (Streamable HTTP, "Value Encoding"); nil for what no client may send.
    var decodedName: String? {
        let (start, end) = ("=?base64?", "?=")
        guard let name, name.utf8.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x09 }) else { return nil }
        guard name.hasPrefix(start), name.hasSuffix(end), name.utf8.count >= start.utf8.count + end.utf8.count else { return name }
        let encoded = String(name.dropFirst(start.count).dropLast(end.count))
        return Data(base64Encoded: encoded).flatMap { String(validating: $0, as: UTF8.self) }
    }
}

extension MCPServer {
    /// The revision without a handshake.
    static let statelessRevision = "2026-07-28"
    /// All that are spoken, newest first.
    static let allRevisions = [statelessRevision] + revisions

    private static let revisionMember = "io.modelcontextprotocol/protocolVersion"
    private static let capabilitiesMember = "io.modelcontextprotocol/clientCapabilities"
    /// Methods whose header `Mcp-Name` repeats a member.
    private static let namingMembers = ["tools/call": "name", "prompts/get": "name", "resources/read": "uri"]

    /// How a request is served, by what it says of itself: a revision in `_meta`, or in a header, that has no handshake. `initialize` begins one.
    ///
    /// - Parameter headers: nil where the transport has none.
    /// - Throws: `Fault` for a stateless request without what each must have (-32602), with headers that say something else (-32020), or of a
    ///   revision that is not spoken here (-32022).
    static func era(of method: String, _ parameters: JSON, headers: MirroredHeaders? = nil) throws(Fault) -> Era {
        let metadata = parameters["_meta"]
        let claimed = metadata?[revisionMember]
        let isOfHandshake = method == "initialize" || (claimed == nil && method != "server/discover")
        if isOfHandshake, headers?.revision.map(revisions.contains) ?? true { return .handshake }
        if claimed == nil, let named = headers?.revision, !allRevisions.contains(named) { throw .unsupportedRevision(named) }
        guard let revision = claimed?.stringValue, metadata?[capabilitiesMember]?.objectMembers != nil else {
            throw .invalidParameters("'_meta' needs \(revisionMember), a string, and \(capabilitiesMember), an object")
        }
        if let headers { try check(headers, revision, method, parameters) }
        guard revision == statelessRevision else { throw .unsupportedRevision(revision) }
        return .stateless
    }

    private static func check(
        _ headers: MirroredHeaders, _ revision: String, _ method: String, _ parameters: JSON
    ) throws(Fault) {
        guard headers.revision == revision else { throw .headerMismatch("MCP-Protocol-Version") }
        guard headers.method == method else { throw .headerMismatch("Mcp-Method") }
        // A member that is no name is refused as such.
        guard let name = namingMembers[method].flatMap({ parameters[$0]?.stringValue }) else { return }
        guard headers.decodedName == name else { throw .headerMismatch("Mcp-Name") }
    }
}

extension Fault {
    /// The request is of a revision that is not spoken here; the client may ask again in one that is.
    static func unsupportedRevision(_ requested: String) -> Fault {
        let supported = JSON.array(MCPServer.allRevisions.map { .string($0) })
        return Fault(
            code: -32022, message: "unsupported protocol version; here is spoken \(MCPServer.allRevisions.joined(separator: ", "))",
            data: .members(["supported": supported, "requested": .string(String(requested.prefix(64)))]))
    }

    /// What whoever routes by the header saw is not what is asked.
    static func headerMismatch(_ header: String) -> Fault {
        Fault(code: -32020, message: "the header \(header) is missing, or not as the body says")
    }
}
