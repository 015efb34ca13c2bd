// The protocol above its transports: revisions, methods, calls of tools and how they fail; lines; and which HTTP requests are looked at.

import HTTPTypes
import Testing
import TrellisAccess
import TrellisJSON

@testable import TrellisMCP

@Suite struct ServerTests {
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

    private func initialize(_ revision: JSON) async -> JSON {
        await server.answer(id: .integer(0), method: "initialize", .members(["protocolVersion": revision]))
    }

    @Test func theRevisionIsTheClientsOrTheNewest() async {
        for (asked, given) in [
            ("2025-06-18", "2025-06-18"), ("2025-11-25", "2025-11-25"), ("2025-03-26", "2025-11-25"), ("", "2025-11-25"),
        ] {
            #expect(await initialize(.string(asked))["result"]?["protocolVersion"]?.stringValue == given)
        }
        #expect(await initialize(.integer(1))["error"]?["code"] == .integer(-32602))
    }

    @Test func methodsAreKnownOrRefused() async {
        #expect(await server.answer(id: "a", method: "ping", .object([])) == Message.result(.object([]), id: "a"))
        #expect(await server.answer(id: "a", method: "resources/list", .object([]))["error"]?["code"] == .integer(-32601))
        let listed = await server.answer(id: "a", method: "tools/list", .object([]))["result"]?["tools"]
        guard case .array(let tools) = listed else { return #expect(Bool(false), "no list") }
        #expect(tools.map { $0["name"] } == ["echo"])
    }

    private func call(_ parameters: JSON) async -> JSON { await server.answer(id: "a", method: "tools/call", parameters) }

    @Test func aCallGivesItsResultTwiceOrSaysWhatWasWrong() async {
        let good = await call(.members(["name": "echo", "arguments": .members(["text": "x"])]))["result"]
        #expect(good?["structuredContent"] == .members(["text": "x"]))
        #expect(good?["isError"] == .bool(false))
        for arguments: JSON in [
            .object([]), .members(["text": .integer(1)]), .members(["text": "123456789"]), .members(["txt": "x"]),
            .members(["text": .null]),
        ] {
            let bad = await call(.members(["name": "echo", "arguments": arguments]))["result"]
            #expect(bad?["isError"] == .bool(true))
            #expect(bad?["structuredContent"] == nil)
        }
    }

    @Test func aCallOfNoToolIsAnErrorOfTheProtocol() async {
        for parameters: JSON in [
            .object([]), .members(["name": "rm"]), .members(["name": .integer(1)]), .members(["name": "echo", "arguments": "x"]),
        ] {
            #expect(await call(parameters)["error"]?["code"] == .integer(-32602))
        }
    }
}

@Suite struct LineReaderTests {
    @Test func linesDoNotDependOnHowTheyArrive() {
        let text = Array("a\n\n \r\nbc\nlonger than that\nd".utf8)
        for size in 1...text.count {
            var reader = LineReader(limit: 8)
            var lines: [LineReader.Line] = []
            for start in stride(from: 0, to: text.count, by: size) { lines += reader.feed(text[start..<min(start + size, text.count)]) }
            if let line = reader.end() { lines.append(line) }
            #expect(lines == [.text(Array("a".utf8)), .text(Array("bc".utf8)), .tooLong, .text(Array("d".utf8))])
        }
    }
}

@Suite struct EndpointRulesTests {
    @Test(arguments: ["http://localhost", "http://127.0.0.1:8090", "https://[::1]:1"])
    func pagesOfThisMachineMayAsk(origin: String) { #expect(EndpointRules.isLocal(origin: origin)) }

    @Test(arguments: [
        "", "null", "http://example.org", "http://localhost.example.org", "http://127.0.0.1.example.org", "ftp://localhost",
        "http://localhost:", "http://localhost:99999", "http://localhost:80@example.org", "HTTP://localhost/",
    ])
    func othersMayNot(origin: String) { #expect(!EndpointRules.isLocal(origin: origin)) }

    private func status(
        _ method: HTTPRequest.Method = .post, path: String = "/mcp", host: String = "localhost:1",
        headers: HTTPFields = [.contentType: "application/json"], token: String? = nil, isLocal: Bool = true
    ) -> HTTPResponse.Status? {
        EndpointRules(isLocal: isLocal, token: token.map(AccessToken.hash))
            .refusal(method: method, path: path, host: host, headers: headers)?.status
    }

    @Test func onlyPostsOfJSONAreLookedAt() {
        #expect(status(headers: [.contentType: "application/json; charset=utf-8"]) == nil)
        #expect(status(.get, headers: [:]) == .methodNotAllowed)
        #expect(status(path: "/") == .notFound)
        #expect(status(headers: [:]) == .unsupportedMediaType)
        #expect(status(headers: [.contentType: "application/json", .origin: "null"]) == .forbidden)
    }

    @Test(arguments: ["", "example.org", "localhost.example.org:80", "[::1", "localhost@example.org", "127.0.0.1:x"])
    func thisMachineHasNoOtherNames(host: String) {
        #expect(status(host: host) == .forbidden)
        #expect(status(host: host, token: "t", isLocal: false) == .unauthorized)
    }

    @Test func whereThereIsATokenItIsNeeded() {
        func bearer(_ text: String) -> HTTPFields { [.contentType: "application/json", .authorization: text] }
        for wrong in ["", "Bearer", "Bearer u", "Basic t", "t", "Bearer t u"] {
            #expect(status(headers: bearer(wrong), token: "t") == .unauthorized)
        }
        #expect(status(headers: bearer("Bearer t"), token: "t") == nil)
        #expect(status(host: "example.org", headers: bearer("bearer t"), token: "t", isLocal: false) == nil)
    }

    @Test func bodiesHaveOneBudget() {
        let budget = BodyBudget(bytes: 10)
        let first = BodyShare(of: budget)
        #expect(first.take(4) && first.take(4) && !first.take(3))
        do {
            let second = BodyShare(of: budget)
            #expect(second.take(2) && !second.take(1))
        }
        #expect(first.take(2))
        first.giveBack()
        first.giveBack()
        #expect(BodyShare(of: budget).take(10))
    }
}
