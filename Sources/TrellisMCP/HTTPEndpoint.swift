// The Streamable HTTP transport in its plain form: POST /mcp with one message, answered with one JSON value. No sessions and no streams;
// pages from elsewhere are kept out by their Origin. What a request may be is decided in `EndpointRules`, without a socket.

import HTTPTypes
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
import TrellisJSON

public enum EndpointError: Error, Sendable, CustomStringConvertible {
    case cannotListen(host: String, port: Int, reason: String)

    public var description: String {
        switch self {
        case .cannotListen(let host, let port, let reason): "cannot listen on \(host):\(port): \(reason)"
        }
    }
}

/// Serves the protocol over HTTP.
public struct HTTPEndpoint: Sendable {
    private static let connectionsMaximum = 64
    /// For a request's head, and between requests.
    private static let idleTime = TimeAmount.seconds(60)
    /// For a body to arrive whole.
    private static let bodyTime = Duration.seconds(30)

    private let server: MCPServer
    private let host: String
    private let port: Int
    private let logger: Logger

    /// `port` 0 takes any free port.
    public init(_ server: MCPServer, host: String, port: Int, logger: Logger) {
        self.server = server
        self.host = host
        self.port = port
        self.logger = logger
    }

    /// Serves until the task is cancelled. `listening` is called with the port once it is bound.
    public func run(listening: @escaping @Sendable (Int) -> Void) async throws(EndpointError) {
        let channel = HTTP1Channel(
            responder: { request, writer, _ in
                let response = await respond(to: request)
                try await writer.write(response: response.head, body: response.body)
            },
            configuration: .init(
                idleTimeout: Self.idleTime,
                httpDecoderConfiguration: .init(maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 64 << 10, maxHeaderFieldCount: 100)))
        let listener = Server(
            childChannelSetup: channel,
            configuration: ServerConfiguration(
                address: .hostname(host, port: port), serverName: nil, backlog: 256,
                availableConnectionsDelegate: MaximumAvailableConnections(Self.connectionsMaximum, logger: logger)),
            onServerRunning: { channel in listening(channel.localAddress?.port ?? 0) },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        do {
            try await listener.run()
        } catch is CancellationError {
            return
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw .cannotListen(host: host, port: port, reason: "the port is taken")
        } catch {
            throw .cannotListen(host: host, port: port, reason: "\(error)")
        }
    }

    private func respond(to request: Request) async -> Response {
        if let refusal = EndpointRules.refusal(method: request.method, path: request.uri.path, headers: request.headers) {
            return Response(refusal)
        }
        let body: [UInt8]
        do {
            body = try await Self.within(Self.bodyTime) {
                var request = request
                return Array(try await request.collectBody(upTo: MCPServer.messageBytesMaximum).readableBytesView)
            }
        } catch is NIOTooManyBytesError {
            return Response(.init(.contentTooLarge, "a message has at most \(MCPServer.messageBytesMaximum) bytes"))
        } catch {
            return Response(.init(.requestTimeout, "the body did not arrive"))
        }
        do throws(Fault) {
            switch try Message(parsing: body) {
            case .request(let id, let method, let parameters):
                return Response(.ok, await server.answer(id: id, method: method, parameters))
            case .notification, .response: return Response(status: .accepted)
            }
        } catch {
            return Response(.badRequest, error.answer())
        }
    }

    private static func within<Value: Sendable>(
        _ time: Duration, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: time)
                throw CancellationError()
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }
}

/// Which requests are looked at.
enum EndpointRules {
    static let path = "/mcp"

    struct Refusal: Equatable {
        let status: HTTPResponse.Status
        let reason: String

        init(_ status: HTTPResponse.Status, _ reason: String) {
            self.status = status
            self.reason = reason
        }
    }

    static func refusal(method: HTTPRequest.Method, path: String, headers: HTTPFields) -> Refusal? {
        // First of all: a page that a person looks at must learn nothing here (DNS rebinding).
        if let origin = headers[.origin], !isLocal(origin: origin) { return Refusal(.forbidden, "requests of other origins are refused") }
        guard path == Self.path else { return Refusal(.notFound, "the endpoint is \(Self.path)") }
        guard method == .post else { return Refusal(.methodNotAllowed, "there are no sessions and no streams: POST") }
        guard mediaTypes(headers[.contentType]) == ["application/json"] else {
            return Refusal(.unsupportedMediaType, "Content-Type must be application/json")
        }
        guard mediaTypes(headers[.accept] ?? "*/*").contains(where: { ["application/json", "application/*", "*/*"].contains($0) }) else {
            return Refusal(.notAcceptable, "answers are application/json")
        }
        if let name = HTTPField.Name("MCP-Protocol-Version"), let revision = headers[name], !MCPServer.revisions.contains(revision) {
            return Refusal(.badRequest, "revisions spoken here: \(MCPServer.revisions.joined(separator: ", "))")
        }
        return nil
    }

    /// Whether a page from this machine asks.
    static func isLocal(origin: String) -> Bool {
        guard let scheme = ["http://", "https://"].first(where: { origin.hasPrefix($0) }) else { return false }
        let authority = origin.dropFirst(scheme.count)
        return ["localhost", "127.0.0.1", "[::1]"].contains { host in
            guard authority.hasPrefix(host) else { return false }
            let port = authority.dropFirst(host.count)
            return port.isEmpty || (port.hasPrefix(":") && UInt16(port.dropFirst()) != nil)
        }
    }

    private static func mediaTypes(_ header: String?) -> [String] {
        (header ?? "").split(separator: ",").map { type in type.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" } }
    }
}

extension Response {
    fileprivate init(_ refusal: EndpointRules.Refusal) {
        self.init(refusal.status, Fault(code: -32600, message: refusal.reason).answer())
        if refusal.status == .methodNotAllowed { headers[.allow] = "POST" }
    }

    fileprivate init(_ status: HTTPResponse.Status, _ json: JSON) {
        self.init(
            status: status, headers: [.contentType: "application/json", .cacheControl: "no-store", .xContentTypeOptions: "nosniff"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.bytes)))
    }
}
