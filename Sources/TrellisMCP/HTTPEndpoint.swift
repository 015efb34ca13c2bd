// The Streamable HTTP transport in its plain form: POST /mcp with one message, answered with one JSON value. No sessions and no streams;
// pages from elsewhere are kept out by Origin and Host, other machines by a token. What a request may be is decided in EndpointRules.swift.

import HTTPTypes
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
import TrellisAccess
import TrellisClient
import TrellisJSON

public enum EndpointError: Error, Sendable, CustomStringConvertible {
    case cannotListen(host: String, port: Int, reason: String)
    /// Others than this machine could ask, and no token keeps them out.
    case openToOthers(host: String)

    public var description: String {
        switch self {
        case .cannotListen(let host, let port, let reason): "cannot listen on \(host):\(port): \(reason)"
        case .openToOthers(let host): "\(host) can be reached by others, so requests need a token"
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
    private let rules: EndpointRules
    private let budget = BodyBudget(bytes: 4 * MCPServer.messageBytesMaximum)

    /// `port` 0 takes any free port.
    ///
    /// - Parameter token: demanded of every request (RFC 6750).
    /// - Throws: `EndpointError.openToOthers` without one, unless `host` is this machine's own.
    public init(_ server: MCPServer, host: String, port: Int, token: String? = nil, logger: Logger) throws(EndpointError) {
        let isLocal = ListenerAccess.isLoopback(host)
        guard isLocal || token != nil else { throw .openToOthers(host: host) }
        rules = EndpointRules(isLocal: isLocal, token: token.map(AccessToken.hash))
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
        let refusal = rules.refusal(
            method: request.method, path: request.uri.path, host: request.head.authority ?? "", headers: request.headers)
        if let refusal { return Response(refusal) }
        let headers = EndpointRules.mirrored(request.headers)
        guard headers.revision == MCPServer.statelessRevision else { return await respond(to: request.body, headers) }
        do {
            // By this revision a client that goes has cancelled what it asked. Who watches for that has read on behind the request: the connection
            // ends with the answer, which the client must know, lest it asks on it again.
            var response = try await request.body.consumeWithCancellationOnInboundClose { body in await respond(to: body, headers) }
            response.headers[.connection] = "close"
            return response
        } catch {
            return Response(.init(.requestTimeout, "the client went"))
        }
    }

    private func respond(to body: RequestBody, _ headers: MirroredHeaders) async -> Response {
        let share = BodyShare(of: budget)
        let bytes: [UInt8]
        do {
            bytes = try await within(Self.bodyTime, else: CancellationError()) { try await Self.collect(body, share) }
        } catch let refusal as EndpointRules.Refusal {
            return Response(refusal)
        } catch {
            return Response(.init(.requestTimeout, "the body did not arrive"))
        }
        defer { share.giveBack() }
        do throws(Fault) {
            switch try Message(parsing: bytes) {
            case .request(let id, let method, let parameters): return await answer(id, method, parameters, headers)
            case .notification, .response:
                if let revision = headers.revision, !MCPServer.allRevisions.contains(revision) { throw .unsupportedRevision(revision) }
                return Response(status: .accepted)
            }
        } catch {
            return Response(.badRequest, error.answer())
        }
    }

    private func answer(_ id: JSON, _ method: String, _ parameters: JSON, _ headers: MirroredHeaders) async -> Response {
        let era: Era
        do throws(Fault) { era = try MCPServer.era(of: method, parameters, headers: headers) } catch {
            return Response(.badRequest, error.answer(to: id))
        }
        do throws(Fault) {
            return Response(.ok, Message.result(try await server.result(of: method, parameters, era), id: id))
        } catch {
            return Response(era == .stateless ? EndpointRules.status(of: error) : .ok, error.answer(to: id))
        }
    }

    /// The body, each piece of it paid for from the common budget before it is kept.
    private static func collect(_ body: RequestBody, _ share: BodyShare) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await chunk in body {
            guard chunk.readableBytes <= MCPServer.messageBytesMaximum - bytes.count else {
                throw EndpointRules.Refusal(.contentTooLarge, "a message has at most \(MCPServer.messageBytesMaximum) bytes")
            }
            guard share.take(chunk.readableBytes) else {
                throw EndpointRules.Refusal(.serviceUnavailable, "too many large messages at once: try again")
            }
            bytes.append(contentsOf: chunk.readableBytesView)
        }
        return bytes
    }
}

extension Response {
    fileprivate init(_ refusal: EndpointRules.Refusal) {
        self.init(refusal.status, Fault(code: -32600, message: refusal.reason).answer())
        switch refusal.status {
        case .methodNotAllowed: headers[.allow] = "POST"
        case .unauthorized: headers[.wwwAuthenticate] = "Bearer realm=\"trellis\""
        case .serviceUnavailable: headers[.retryAfter] = "1"
        default: break
        }
    }

    fileprivate init(_ status: HTTPResponse.Status, _ json: JSON) {
        self.init(
            status: status, headers: [.contentType: "application/json", .cacheControl: "no-store", .xContentTypeOptions: "nosniff"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.bytes)))
    }
}
