// What nobody should send: each is refused with a problem document, and nothing traps or lingers.

import NIOCore
import NIOPosix
import Testing
import TrellisJSON
import TrellisModel
import TrellisNode

@testable import TrellisAPI

@Suite struct BadInputTests {
    @Test func bodiesAreBounded() async throws {
        try await Harness.run { (harness: Harness) async throws in
            let json = [("Content-Type", "application/json")]
            let large = [UInt8](repeating: 0x20, count: 1 << 20)
            let answer = try await harness.send("POST", "/v1/proposals", headers: json, body: large)
            #expect(answer.status == 413)
            #expect(answer.problem == "too-large")
            // A length that is only announced is refused before a byte of it is read; one that is not announced, once it is passed.
            let head = "POST /v1/proposals HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            let announced = try await harness.raw(head + "Content-Length: 99999999999\r\n\r\n")
            #expect(announced.hasPrefix("HTTP/1.1 413"))
            #expect(announced.lowercased().contains("connection: close"))
            let chunk = "40000\r\n" + String(repeating: " ", count: 0x40000) + "\r\n"
            let chunked = try await harness.raw(head + "Transfer-Encoding: chunked\r\n\r\n" + chunk)
            #expect(chunked.hasPrefix("HTTP/1.1 413"))
            #expect(await harness.node.submissions == 0)
        }
    }

    @Test func nestingIsBounded() async throws {
        try await Harness.run { (harness: Harness) async throws in
            let deep = String(repeating: "[", count: 100_000)
            let answer = try await harness.post("/v1/proposals", deep)
            #expect(answer.status == 400)
            #expect(answer.detail.contains("nested deeper"))
            let objects = String(repeating: #"{"a":"#, count: 30_000)
            #expect(try await harness.post("/v1/records", objects).detail.contains("nested deeper"))
        }
    }

    @Test func invalidUTF8IsNamedWithItsPlace() async throws {
        try await Harness.run { (harness: Harness) async throws in
            let body = Array(#"{"command": ""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8)
            let answer = try await harness.send("POST", "/v1/proposals", headers: [("Content-Type", "application/json")], body: body)
            #expect(answer.status == 400)
            #expect(answer.detail == "invalid UTF-8 at byte 13")
        }
    }

    @Test(arguments: [
        ("{", "byte 1"), ("", "byte 0"), (#"{"a" 1}"#, "byte 5"), (#"{"a": tru}"#, "byte 6"), (#"{"a": 01}"#, "byte 7"),
        (#"{"a": "\x"}"#, "byte 8"), ("{\"a\": \"\n\"}", "byte 7"), (#"{"a": 1,}"#, "byte 8"), (#"{"a": -}"#, "byte 7"),
        (#"{"a": "\u12"}"#, "byte 8"), (#"{"a": .5}"#, "byte 6"),
    ])
    func malformedJSONIsNamedWithItsPlace(_ body: String, _ place: String) async throws {
        try await Harness.run { (harness: Harness) async throws in
            let answer = try await harness.post("/v1/proposals", body)
            #expect(answer.problem == "malformed-json")
            #expect(answer.detail.hasSuffix(place), "\(answer.detail)")
        }
    }

    @Test func contentTypesAreHeld() async throws {
        try await Harness.run { (harness: Harness) async throws in
            for type in ["text/plain", "application/x-www-form-urlencoded", "", "application/json-patch+json"] {
                let answer = try await harness.post("/v1/proposals", #"{"command": "ls"}"#, type: type)
                #expect(answer.status == 415, "\(type)")
            }
            let parameters = try await harness.post("/v1/proposals", #"{"command": "ls"}"#, type: "Application/JSON; charset=utf-8")
            #expect(parameters.status == 201 || parameters.status == 202)
            let coded = try await harness.send(
                "POST", "/v1/proposals", headers: [("Content-Type", "application/json"), ("Content-Encoding", "gzip")], body: [1, 2])
            #expect(coded.status == 415)
        }
    }

    @Test func pathsMethodsAndParametersAreHeld() async throws {
        try await Harness.run { (harness: Harness) async throws in
            #expect(try await harness.get("/v1/nothing").problem == "no-such-route")
            #expect(try await harness.get("/v1/proposals/").status == 400)
            #expect(try await harness.get("//v1/status").status == 404)
            let deleted = try await harness.send("DELETE", "/v1/proposals")
            #expect(deleted.status == 405)
            #expect(deleted.header("allow") == "POST")
            let posted = try await harness.send("POST", "/v1/status", body: [])
            #expect(posted.status == 405)
            #expect(posted.header("allow") == "GET, HEAD")
            #expect(try await harness.get("/v1/decisions?cursr=1").detail.contains("did you mean 'cursor'?"))
            #expect(try await harness.get("/v1/decisions?limit=1&limit=2").detail.contains("twice"))
            for query in ["cursor=-1", "cursor=x", "cursor=18446744073709551616", "cursor=", "limit=0", "limit=201", "limit=1e2"] {
                #expect(try await harness.get("/v1/decisions?\(query)").status == 400, "\(query)")
            }
            for query in ["wait=soon", "wait=decided&timeout=0", "wait=decided&timeout=301", "timeout=5"] {
                #expect(try await harness.post("/v1/proposals?\(query)", #"{"command": "ls"}"#).status == 400, "\(query)")
            }
            #expect(try await harness.get("/v1/events?from=x").status == 400)
            #expect(try await harness.get("/v1/events", headers: [("Last-Event-ID", "18446744073709551615")]).status == 400)
            #expect(await harness.node.submissions == 0)
        }
    }

    @Test func identifiersAreHeld() async throws {
        try await Harness.run { (harness: Harness) async throws in
            for text in [
                "x", String(repeating: "g", count: 64), String(repeating: "a", count: 63), String(repeating: "a", count: 96), "%00",
            ] {
                for path in [
                    "proposals/\(text)", "decisions/\(text)", "decisions/\(text)/receipt", "records/\(text)", "records/\(text)/receipt",
                ] {
                    #expect(try await harness.get("/v1/\(path)").status == 400, "\(path)")
                }
            }
            let unknown = String(repeating: "a", count: 64)
            for path in ["proposals/\(unknown)", "decisions/\(unknown)", "decisions/\(unknown)/receipt", "records/\(unknown)"] {
                #expect(try await harness.get("/v1/\(path)").status == 404, "\(path)")
            }
        }
    }

    @Test func idempotencyKeysAreHeld() async throws {
        try await Harness.run { (harness: Harness) async throws in
            for key in ["", "a b", "ä", String(repeating: "k", count: 256)] {
                #expect(try await harness.post("/v1/proposals", #"{"command": "ls"}"#, key: key).status == 400, "\(key)")
            }
        }
    }

    @Test func headsHaveNoBodies() async throws {
        try await Harness.run { (harness: Harness) async throws in
            for path in ["/v1/status", "/livez", "/v1/events", "/openapi.json"] {
                let answer = try await harness.send("HEAD", path)
                #expect(answer.status == 200)
                #expect(answer.body.isEmpty)
            }
            #expect(try await harness.send("HEAD", "/v1/nothing").status == 404)
        }
    }

    @Test func bodiesThatTrickleAreCutOff() async throws {
        var options = APIServer.Options()
        options.bodyTime = .milliseconds(50)
        try await Harness.run(options: options) { (harness: Harness) async throws in
            let head = "POST /v1/proposals HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
            let answer = try await harness.raw(head + #"{"command""#)
            #expect(answer.hasPrefix("HTTP/1.1 408"))
        }
    }

    @Test func largeBodiesShareOneBudget() async throws {
        var options = APIServer.Options()
        options.bodyBytesMaximum = 0
        try await Harness.run(options: options) { (harness: Harness) async throws in
            let limit = 4 * harness.node.committee.limits.payloadBytes
            let octets = [("Content-Type", ContentType.octets)]
            func status(_ count: Int) async throws -> Int {
                try await harness.send("POST", "/v1/records", headers: octets, body: [UInt8](repeating: 1, count: count)).status
            }
            // One that is nearly there, and does not come whole, leaves no room for another large one: only for small ones.
            let large = limit * 3 / 4
            #expect(try await status(large) == 413)
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: harness.server.port).get()
            let head =
                "POST /v1/records HTTP/1.1\r\nHost: localhost\r\nContent-Type: \(ContentType.octets)\r\nContent-Length: \(limit)\r\n\r\n"
            try await channel.writeAndFlush(ByteBuffer(string: head + String(repeating: "x", count: limit - 1)))
            var refusal = 0
            for _ in 0..<10_000 where refusal != 503 { refusal = try await status(large) }
            #expect(refusal == 503)
            #expect(try await status(1 << 12) == 202)
            try? await channel.close()
            for _ in 0..<10_000 where refusal == 503 { refusal = try await status(large) }
            #expect(refusal == 413)
        }
    }

    @Test func nobodyWaitsForAClientThatWent() async throws {
        try await Harness.run { (harness: Harness) async throws in
            await harness.node.waitForCancellation()
            func waits(_ count: Int) async throws -> Bool {
                for _ in 0..<5_000 {
                    if await harness.node.waits == count { return true }
                    try await Task.sleep(for: .milliseconds(2))
                }
                return false
            }
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: harness.server.port).get()
            let head = "POST /v1/records?wait=certified&timeout=300 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            try await channel.writeAndFlush(ByteBuffer(string: head + "Content-Length: 12\r\n\r\n{\"text\":\"a\"}"))
            #expect(try await waits(1))
            try await channel.close()
            #expect(try await waits(0))
        }
    }

    @Test func headsThatTrickleAreCutOff() async throws {
        var options = APIServer.Options()
        // The harness itself sends a request first, which must not be cut off on a busy machine.
        options.idleTime = .seconds(2)
        try await Harness.run(options: options) { (harness: Harness) async throws in
            #expect(try await harness.raw("GET /livez HTTP/1.1\r\nHost:") == "")
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: ["", "GET /livez HTT", "POST /v1/records HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\n\r\n{"])
    func whoAsksNothingKeepsNobodyOut(beginning: String) async throws {
        var options = APIServer.Options()
        options.connectionsMaximum = 16
        options.idleTime = .seconds(3600)
        options.bodyTime = .seconds(3600)
        try await Harness.run(options: options) { (harness: Harness) async throws in
            func open(_ text: String) async throws -> any Channel {
                let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connect(host: "127.0.0.1", port: harness.server.port).get()
                if !text.isEmpty { try await channel.writeAndFlush(ByteBuffer(string: text)) }
                return channel
            }
            await harness.node.waitForCancellation()
            let waiting = try await open(
                "POST /v1/records?wait=certified&timeout=300 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    + "Content-Length: 12\r\n\r\n{\"text\":\"a\"}")
            while await harness.node.waits == 0 { try await Task.sleep(for: .milliseconds(2)) }
            var quiet: [any Channel] = []
            for _ in 0..<64 { quiet.append(try await open(beginning)) }
            #expect(try await harness.raw("GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").hasPrefix("HTTP/1.1 200"))
            #expect(waiting.isActive)
            for channel in quiet + [waiting] { try? await channel.close() }
        }
    }

    /// As many as there may be wait for answers, and are quiet when these have come; others wait to be let in meanwhile.
    @Test(.timeLimit(.minutes(5))) func whoIsAnsweredAndStaysKeepsNobodyOut() async throws {
        var options = APIServer.Options()
        options.connectionsMaximum = 16
        options.idleTime = .seconds(3600)
        try await Harness.run(options: options) { (harness: Harness) async throws in
            await harness.node.waitForCancellation()
            let body = #"{"text":"a"}"#
            let head = "POST /v1/records?wait=certified&timeout=300 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            var channels: [any Channel] = []
            while channels.count < options.connectionsMaximum + 4 {
                let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connect(host: "127.0.0.1", port: harness.server.port).get()
                try await channel.writeAndFlush(ByteBuffer(string: head + "Content-Length: \(body.utf8.count)\r\n\r\n" + body))
                channels.append(channel)
                while channels.count <= options.connectionsMaximum, await harness.node.waits < channels.count {
                    try await Task.sleep(for: .milliseconds(2))
                }
            }
            await harness.node.endWaits()
            #expect(try await harness.raw("GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").hasPrefix("HTTP/1.1 200"))
            for channel in channels { try? await channel.close() }
        }
    }

    @Test func whatIsNotHTTPIsRefused() async throws {
        try await Harness.run { (harness: Harness) async throws in
            #expect(try await harness.raw("\u{16}\u{3}\u{1}hello\r\n\r\n").hasPrefix("HTTP/1.1 400"))
            let fields = (0..<200).map { "h\($0): x\r\n" }.joined()
            #expect(try await harness.raw("GET /livez HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n").hasPrefix("HTTP/1.1 400"))
            #expect(try await harness.get("/livez").status == 200)
        }
    }

    @Test func nodeErrorsBecomeProblems() async throws {
        let cases: [(NodeError, Int, String, String?)] = [
            (.overloaded, 429, "overloaded", "1"), (.stopped(reason: "alarm"), 503, "stopped", "5"),
            (.tooLarge(bytes: 9, limit: 8), 413, "too-large", nil), (.unknownCouncil("x", known: ["y"]), 422, "unknown-council", nil),
            (.invalid("no"), 422, "invalid", nil), (.storage("/secret/path"), 500, "storage", nil),
        ]
        try await Harness.run { (harness: Harness) async throws in
            for (error, status, problem, retry) in cases {
                await harness.node.refuse(with: error)
                let answer = try await harness.post("/v1/proposals", #"{"command": "ls"}"#)
                #expect(answer.status == status)
                #expect(answer.problem == problem)
                #expect(answer.header("retry-after") == retry)
                #expect(!answer.text.contains("/secret/path"))
            }
        }
    }
}
