// Revision 2026-07-28: what each request must say of itself, what headers must repeat, and what results say more.

import HTTPTypes
import Testing
import TrellisJSON

@testable import TrellisMCP

@Suite struct StatelessTests {
    private static func echo(_ arguments: ToolArguments) async throws(ToolFailure) -> JSON {
        guard let text = try arguments.string("text", limit: 8) else { throw ToolFailure("no text") }
        return .members(["text": .string(text)])
    }

    private let server = MCPServer(
        tools: [
            Tool(
                name: "echo", title: "Echo", summary: "Gives back.", isReadOnly: true, isIdempotent: true,
                input: Schema.object(["text": Schema.string()], required: ["text"]),
                output: Schema.object(["text": Schema.string()], required: ["text"]), run: echo)
        ], version: "1")

    private static let version = "io.modelcontextprotocol/protocolVersion"
    private static let capabilities = "io.modelcontextprotocol/clientCapabilities"

    private func metadata(_ revision: JSON? = "2026-07-28", capabilities: JSON? = .object([])) -> JSON {
        var members: [JSON.Member] = []
        if let revision { members.append(.init(Self.version, revision)) }
        if let capabilities { members.append(.init(Self.capabilities, capabilities)) }
        return .object(members)
    }

    private func answer(_ method: String, _ metadata: JSON?, _ members: JSON = .object([])) async -> JSON {
        await server.answer(
            id: "a", method: method, metadata.map { members.preceded(by: ["_meta": $0]) } ?? members)
    }

    @Test func whatIsSpokenIsDiscovered() async {
        let result = await answer("server/discover", metadata())["result"]
        #expect(result?["supportedVersions"] == .array(["2026-07-28", "2025-11-25", "2025-06-18"]))
        #expect(result?["capabilities"]?["tools"] != nil && result?["instructions"]?.stringValue?.isEmpty == false)
    }

    @Test func resultsSayThatTheyAreWholeAndWhose() async {
        let call = JSON.members(["name": "echo", "arguments": .members(["text": "x"])])
        let results = [
            await answer("server/discover", metadata()), await answer("tools/list", metadata()),
            await answer("tools/call", metadata(), call),
            await answer("tools/call", metadata(), .members(["name": "echo"])),
        ].map { $0["result"] }
        for result in results {
            #expect(result?["resultType"] == "complete")
            #expect(result?["_meta"]?["io.modelcontextprotocol/serverInfo"]?["name"] == "trellis")
        }
        for listed in results.prefix(2) {
            #expect(listed?["cacheScope"] == "public" && listed?["ttlMs"] == .integer(3_600_000))
        }
        #expect(results[2]?["structuredContent"] == .members(["text": "x"]) && results[2]?["ttlMs"] == nil)
        #expect(results[3]?["isError"] == .bool(true))
        // Without `_meta` it is a request of the revisions before.
        #expect(await answer("tools/list", nil)["result"]?["resultType"] == nil)
    }

    @Test func whatEachRequestMustSay() async {
        let wrong: [JSON] = [
            metadata(nil), metadata(capabilities: nil), metadata(.integer(1)), metadata(capabilities: "x"), metadata(.null), "x",
        ]
        for bad in wrong {
            let error = await answer("server/discover", bad)["error"]
            #expect(error?["code"] == .integer(-32602), "\(bad)")
        }
        #expect(await answer("server/discover", nil)["error"]?["code"] == .integer(-32602))
        for other in ["1900-01-01", "2025-11-25", ""] {
            let error = await answer("tools/list", metadata(.string(other)))["error"]
            #expect(error?["code"] == .integer(-32022) && error?["data"]?["requested"] == .string(other))
            #expect(error?["data"]?["supported"] == .array(["2026-07-28", "2025-11-25", "2025-06-18"]))
        }
    }

    @Test func methodsOfOtherRevisionsAreUnknown() async {
        for method in ["ping", "resources/list", "subscriptions/listen"] {
            #expect(await answer(method, metadata())["error"]?["code"] == .integer(-32601))
        }
        // Whoever begins with a handshake is answered as by the revision that it comes to.
        let begun = await answer("initialize", metadata(), .members(["protocolVersion": "2026-07-28"]))["result"]
        #expect(begun?["protocolVersion"] == "2025-11-25" && begun?["resultType"] == nil)
    }

    // MARK: Headers

    private func fault(_ method: String, _ parameters: JSON, _ headers: MirroredHeaders) -> Int? {
        do throws(Fault) {
            _ = try MCPServer.era(of: method, parameters, headers: headers)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func headersRepeatTheBody() throws {
        let parameters = JSON.members(["_meta": metadata(), "name": "echo"])
        let good = MirroredHeaders(revision: "2026-07-28", method: "tools/call", name: "echo")
        #expect(try MCPServer.era(of: "tools/call", parameters, headers: good) == .stateless)
        var encoded = good
        encoded.name = "=?base64?ZWNobw==?="
        #expect(fault("tools/call", parameters, encoded) == nil)
        let wrong: [MirroredHeaders] = [
            .init(revision: nil, method: "tools/call", name: "echo"), .init(revision: "2025-11-25", method: "tools/call", name: "echo"),
            .init(revision: "2026-07-28, 2026-07-28", method: "tools/call", name: "echo"),
            .init(revision: "1900-01-01", method: "tools/call", name: "echo"), .init(revision: "2026-07-28", method: nil, name: "echo"),
            .init(revision: "2026-07-28", method: "Tools/Call", name: "echo"),
            .init(revision: "2026-07-28", method: "tools/call", name: nil),
            .init(revision: "2026-07-28", method: "tools/call", name: "Echo"),
            .init(revision: "2026-07-28", method: "tools/call", name: "=?base64?ZWNobw=?="),
            .init(revision: "2026-07-28", method: "tools/call", name: "=?base64?gA==?="),
            .init(revision: "2026-07-28", method: "tools/call", name: "=?base64?="),
            .init(revision: "2026-07-28", method: "tools/call", name: "ech\u{7F}o"),
        ]
        for headers in wrong { #expect(fault("tools/call", parameters, headers) == -32020, "\(headers)") }
        // What has no name needs no header for it.
        #expect(fault("tools/list", .members(["_meta": metadata()]), .init(revision: "2026-07-28", method: "tools/list")) == nil)
        let old = JSON.members(["_meta": metadata("1900-01-01")])
        #expect(fault("tools/list", old, .init(revision: "1900-01-01", method: "tools/list")) == -32022)
    }

    @Test func headersAloneTellARevision() throws {
        let none = JSON.object([])
        for known in [nil, "2025-11-25", "2025-06-18"] {
            #expect(try MCPServer.era(of: "tools/list", none, headers: .init(revision: known)) == .handshake)
        }
        #expect(fault("tools/list", none, .init(revision: "1900-01-01")) == -32022)
        #expect(fault("tools/list", none, .init(revision: "2026-07-28", method: "tools/list")) == -32602)
        #expect(fault("server/discover", none, .init(revision: "2025-11-25")) == -32602)
    }

    @Test func headersAreReadAndFaultsHaveAStatus() throws {
        let name = try #require(HTTPField.Name("Mcp-Name"))
        var fields = HTTPFields()
        fields[name] = "echo"
        #expect(EndpointRules.mirrored(fields) == MirroredHeaders(name: "echo"))
        fields.append(HTTPField(name: name, value: "echo"))
        #expect(EndpointRules.mirrored(fields).decodedName == "echo, echo")
        #expect(EndpointRules.status(of: .unknownMethod("x")) == .notFound)
        #expect(EndpointRules.status(of: .headerMismatch("x")) == .badRequest)
        #expect(EndpointRules.status(of: .unsupportedRevision("x")) == .badRequest)
        #expect(EndpointRules.status(of: .invalidParameters("x")) == .badRequest)
    }
}
