// The server's life: taken ports, stopping; and the parts that no request shows well.

import Logging
import NIOCore
import NIOPosix
import Testing
import TrellisCrypto
import TrellisJSON
import TrellisModel

@testable import TrellisAPI
@testable import TrellisClient

@Suite struct ServerTests {
    @Test func takenPortIsNamed() async throws {
        try await Harness.run { (harness: Harness) async throws in
            let server = APIServer(service: harness.node, port: harness.server.port, logger: Logger(label: "test"))
            do throws(APIError) {
                _ = try await server.start()
                Issue.record("it listens")
            } catch {
                #expect(error.description == "cannot listen on 127.0.0.1:\(harness.server.port): the port is taken")
            }
        }
    }

    @Test func runEndsWhenCancelled() async throws {
        let server = APIServer(service: try StandInNode(), port: 0, logger: Logger(label: "test"))
        let task = Task { try await server.run() }
        task.cancel()
        try await task.value
    }

    @Test func idempotencyTableIsBoundedInNumberAndTime() {
        let digests = (0..<4).map { HashSuite.sha256.hash([$0]) }
        let small = IdempotencyTable(capacity: 2)
        for (index, digest) in digests.prefix(3).enumerated() {
            #expect(small.claim("\(index)", for: digest) == .fresh)
            small.confirm("\(index)")
        }
        #expect(small.claim("2", for: digests[2]) == .repeated)
        #expect(small.claim("2", for: digests[3]) == .conflict)
        #expect(small.claim("0", for: digests[3]) == .fresh, "the oldest was forgotten")
        let brief = IdempotencyTable(lifetime: .zero)
        #expect(brief.claim("k", for: digests[0]) == .fresh)
        #expect(brief.claim("k", for: digests[1]) == .fresh)
        let kept = IdempotencyTable()
        #expect(kept.claim("k", for: digests[0]) == .fresh)
        #expect(kept.claim("k", for: digests[0]) == .repeated)
        kept.confirm("k")
        kept.release("k")
        #expect(kept.claim("k", for: digests[1]) == .conflict)
    }

    @Test func jsonSurvivesItsOwnText() throws {
        let value = JSON.members([
            "text": "quote \" slash \\ newline \n tab \t bell \u{7} emoji 😀 é",
            "list": .array([.bool(true), .null, .number("-1.5e+3"), .integer(7)]),
            "empty": .members([:]), "absent": nil,
        ])
        #expect(try JSON(parsing: value.bytes) == value)
        #expect(try JSON(parsing: Array(#" "\u00e9\ud83d\ude00\/" "#.utf8)) == "é😀/")
        #expect(value["absent"] == nil)
    }

    @Test func eventsAreCutAtAnyPlace() throws {
        let text = Array("retry: 1\n\n: \n\nevent: decided\nid: 7\ndata: {\"a\":1}\n\nevent: certified\ndata:x\ndata: y\n\nid: 1\n\n".utf8)
        let expected = [
            ServerEvent(name: "decided", logIndex: 7, data: Array("{\"a\":1}".utf8)),
            ServerEvent(name: "certified", logIndex: nil, data: Array("x\ny".utf8)),
        ]
        for cut in 0...text.count {
            var parser = EventParser()
            #expect(try parser.feed(text[..<cut]) + parser.feed(text[cut...]) == expected)
        }
    }

    @Test func answersWithoutAnEndAreGivenUp() async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(DrippingHandler()) }
            }.bind(host: "127.0.0.1", port: 0).get()
        let client = try UnverifiedClient(endpoint: "http://127.0.0.1:\(server.localAddress?.port ?? 0)")
        do throws(ClientError) {
            _ = try await client.send(try client.request("/v1/status"), seconds: 1)
            Issue.record("it has an end")
        } catch {
            guard case .timedOut = error else { throw error }
        }
        try await client.shutdown()
        try await server.close()
    }

    @Test func nearestNames() {
        #expect(nearestName(to: "comand", among: ["command", "text"]) == "command")
        #expect(nearestName(to: "purposes", among: ["command", "purpose"]) == "purpose")
        #expect(nearestName(to: "zebra", among: ["command", "text"]) == nil)
        #expect(nearestName(to: "", among: ["command"]) == nil)
        #expect(nearestName(to: String(repeating: "a", count: 1_000_000), among: ["command"]) == nil)
    }
}

/// Answers every request byte by byte, and does not come to an end.
private final class DrippingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = context.channel
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
        channel.writeAndFlush(ByteBuffer(string: head), promise: nil)
        channel.eventLoop.scheduleRepeatedTask(initialDelay: .milliseconds(20), delay: .milliseconds(20)) { task in
            guard channel.isActive else { return task.cancel() }
            channel.writeAndFlush(ByteBuffer(string: " "), promise: nil)
        }
    }
}
