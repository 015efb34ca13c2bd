// A server on a free port over real sockets, and a way to ask it anything. Every answer that a test sees is held against the OpenAPI
// document: status, content type and the shape of its JSON.

import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing
import TrellisAccess
import TrellisJSON

@testable import TrellisAPI

struct Answer {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    func header(_ name: String) -> String? { headers.first(name: name) }

    var json: JSON { (try? JSON(parsing: body)) ?? .null }
    var text: String { String(decoding: body, as: UTF8.self) }
    /// The last part of a problem document's type.
    var problem: String? { json["type"]?.stringValue.map { String($0.split(separator: ":").last ?? "") } }
    var detail: String { json["detail"]?.stringValue ?? "" }
    var identifier: String? { json["id"]?.stringValue }
}

struct Harness: Sendable {
    let node: StandInNode
    let server: RunningAPI
    let client: HTTPClient
    let contract: Contract

    var endpoint: String { "http://127.0.0.1:\(server.port)" }

    /// Starts a server, runs `body`, stops the server.
    static func run(
        node: StandInNode? = nil, options: APIServer.Options = .init(), access: AccessList = .local,
        _ body: (Harness) async throws -> Void
    ) async throws {
        let node = try node ?? StandInNode()
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = try await APIServer(service: node, port: 0, access: access, logger: logger, options: options).start()
        let client = HTTPClient(eventLoopGroupProvider: .singleton)
        do {
            let address = "http://127.0.0.1:\(server.port)/openapi.json"
            let document = try await client.execute(HTTPClientRequest(url: address), timeout: .seconds(30)).body.collect(upTo: 1 << 20)
            let contract = Contract(document: try JSON(parsing: Array(document.readableBytesView)))
            try await body(Harness(node: node, server: server, client: client, contract: contract))
        } catch {
            try? await client.shutdown()
            await server.stop()
            throw error
        }
        try await client.shutdown()
        await server.stop()
    }

    func send(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: endpoint + path)
        request.method = HTTPMethod(rawValue: method)
        request.headers = HTTPHeaders(headers)
        request.body = body.map { .bytes(ByteBuffer(bytes: $0)) }
        let response = try await client.execute(request, timeout: .seconds(30))
        let bytes = try await response.body.collect(upTo: 64 << 20)
        let answer = Answer(status: Int(response.status.code), headers: response.headers, body: Array(bytes.readableBytesView))
        contract.check(answer, method, path, sourceLocation: sourceLocation)
        return answer
    }

    func get(_ path: String, headers: [(String, String)] = [], sourceLocation: SourceLocation = #_sourceLocation) async throws -> Answer {
        try await send("GET", path, headers: headers, sourceLocation: sourceLocation)
    }

    func post(
        _ path: String, _ body: String, type: String = "application/json", key: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        let headers = [("Content-Type", type)] + (key.map { [("Idempotency-Key", $0)] } ?? [])
        return try await send("POST", path, headers: headers, body: Array(body.utf8), sourceLocation: sourceLocation)
    }

    /// Sends `text` as it is on a connection of its own and returns what comes back until the server closes it.
    func raw(_ text: String) async throws -> String {
        let answer = Mutex("")
        do {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: server.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
            try await channel.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: text))
                for try await chunk in inbound { answer.withLock { $0 += String(buffer: chunk) } }
            }
        } catch  where error is IOError || error is ChannelError {
            // A reset is an end, too, and may show as early as at the opening or as late as at the closing.
        }
        return answer.withLock { $0 }
    }
}
