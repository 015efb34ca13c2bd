// The event stream: replay, resumption, bounds, and clients that do not read.

import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing
import TrellisClient
import TrellisCrypto
import TrellisModel

@testable import TrellisAPI

@Suite struct EventTests {
    /// Reads a stream until `count` complete events came, and closes it.
    private func events(_ harness: Harness, _ query: String = "", lastEventID: String? = nil, count: Int) async throws -> [String] {
        var request = HTTPClientRequest(url: harness.endpoint + "/v1/events" + query)
        if let lastEventID { request.headers.add(name: "Last-Event-ID", value: lastEventID) }
        let response = try await harness.client.execute(request, timeout: .seconds(30))
        #expect(response.status == .ok)
        #expect(response.headers.first(name: "content-type") == "text/event-stream")
        var text = ""
        for try await chunk in response.body {
            text += String(buffer: chunk)
            let complete = text.components(separatedBy: "\n\n").dropLast().filter { $0.hasPrefix("event:") }
            if complete.count >= count { return Array(complete.prefix(count)) }
        }
        return []
    }

    @Test func replayBeginsWhereAskedAndResumesBehindTheLastOne() async throws {
        try await Harness.run { (harness: Harness) async throws in
            for index in 0..<4 { _ = try await harness.post("/v1/records", "{\"text\": \"\(index)\"}") }
            _ = try await harness.post("/v1/proposals", #"{"command": "ls"}"#)
            let all = try await events(harness, "?from=0", count: 5)
            #expect(all.map { $0.split(separator: "\n")[1] } == (0..<5).map { "id: \($0)" })
            #expect(all[0].hasPrefix("event: recorded\n"))
            #expect(all[4].hasPrefix("event: decided\n"))
            #expect(try await events(harness, lastEventID: "2", count: 2) == Array(all.suffix(2)))
            #expect(try await events(harness, "?from=0", lastEventID: "2", count: 2) == Array(all.suffix(2)))
        }
    }

    @Test func clientSeesWhatHappensAndGoesOnAfterARestart() async throws {
        let node = try StandInNode()
        let first = try await APIServer(service: node, port: 0, logger: .init(label: "test")).start()
        let client = try UnverifiedClient(endpoint: "http://127.0.0.1:\(first.port)")
        var events = client.events(from: 0).makeAsyncIterator()
        let one = try await client.submitRecords([[1]])
        let event = try #require(try await events.next())
        #expect(event.name == "recorded")
        #expect(String(decoding: event.data, as: UTF8.self).contains(try #require(one.identifiers.first).description))
        await first.stop()
        try await node.submit([.init(.init(nonce: .random(), data: [2]))])
        let second = try await APIServer(service: node, port: first.port, logger: .init(label: "test")).start()
        var next = try #require(try await events.next())
        while next.logIndex == nil { next = try #require(try await events.next()) }
        #expect(next.logIndex == 1)
        try await client.shutdown()
        await second.stop()
    }

    @Test func streamsAreBoundedAndFreedAgain() async throws {
        var options = APIServer.Options()
        options.eventStreamsMaximum = 2
        try await Harness.run(options: options) { (harness: Harness) async throws in
            let request = HTTPClientRequest(url: harness.endpoint + "/v1/events")
            var open = [
                try await harness.client.execute(request, timeout: .seconds(30)),
                try await harness.client.execute(request, timeout: .seconds(30)),
            ]
            let refused = try await harness.get("/v1/events")
            #expect(refused.status == 503)
            #expect(refused.problem == "too-many-streams")
            #expect(refused.header("retry-after") == "10")
            #expect(open.count == 2)
            open.removeAll()
            // The server learns of a closed connection in its own time.
            var status = 503
            for _ in 0..<1000 where status == 503 {
                let response = try await harness.client.execute(request, timeout: .seconds(30))
                status = Int(response.status.code)
                await Task.yield()
            }
            #expect(status == 200)
        }
    }

    @Test func quietStreamsCarryComments() async throws {
        var options = APIServer.Options()
        options.heartbeat = .milliseconds(10)
        try await Harness.run(options: options) { (harness: Harness) async throws in
            let response = try await harness.client.execute(HTTPClientRequest(url: harness.endpoint + "/v1/events"), timeout: .seconds(30))
            var text = ""
            for try await chunk in response.body {
                text += String(buffer: chunk)
                if text.contains(": \n\n: \n\n") { break }
            }
            #expect(text.hasPrefix("retry: 1000\n\n"))
        }
    }

    @Test func clientsThatDoNotReadAreDropped() async throws {
        var options = APIServer.Options()
        options.writeTime = .milliseconds(50)
        options.eventStreamsMaximum = 1
        let node = try StandInNode()
        // More than the buffers of both sockets take.
        let text = String(repeating: "x", count: 30_000)
        for index in 0..<600 {
            try await node.submit([.init(.init(nonce: .random(), kind: "text", text: "\(index)" + text))])
        }
        try await Harness.run(node: node, options: options) { (harness: Harness) async throws in
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.autoRead, value: false)
                .connect(host: "127.0.0.1", port: harness.server.port).get()
            try await channel.writeAndFlush(ByteBuffer(string: "GET /v1/events?from=0 HTTP/1.1\r\nHost: localhost\r\n\r\n"))
            // It takes the only place; when it is dropped, the place is free.
            var status = 0
            var refusals = 0
            let request = HTTPClientRequest(url: harness.endpoint + "/v1/events")
            while status != 200 || refusals == 0 {
                let response = try await harness.client.execute(request, timeout: .seconds(30))
                status = Int(response.status.code)
                if status == 503 { refusals += 1 }
                if refusals > 100_000 { break }
            }
            #expect(status == 200)
            try? await channel.close()
        }
    }

    @Test func streamsEndWhenTheServerStops() async throws {
        let node = try StandInNode()
        let server = try await APIServer(service: node, port: 0, logger: .init(label: "test")).start()
        let client = HTTPClient(eventLoopGroupProvider: .singleton)
        let response = try await client.execute(
            HTTPClientRequest(url: "http://127.0.0.1:\(server.port)/v1/events"), timeout: .seconds(30))
        async let stopped: Void = server.stop()
        var text = ""
        for try await chunk in response.body { text += String(buffer: chunk) }
        #expect(text == "retry: 1000\n\n")
        await stopped
        try await client.shutdown()
    }
}
