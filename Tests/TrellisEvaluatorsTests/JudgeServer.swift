// A server for judges to be asked: real sockets on this machine, answers that the test writes, bad ones included.

import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// What a server does with one request.
enum Answer: Sendable {
    case json(String)
    case text(status: Int, type: String, String)
    case redirect(String, status: Int = 302)
    /// Nothing, for ever.
    case hang
    /// As many bytes as anyone takes, up to this many.
    case flood(Int)
    /// Closes the connection.
    case hangUp
}

/// Answers every request by `answer`, which is given its number from 0, path, token and body.
final class JudgeServer: Sendable {
    struct Request: Sendable {
        let number: Int
        let path: String
        let token: String?
        let body: String
    }

    private let channel: any Channel
    private struct State {
        var requests: [Request] = []
        var sent = 0
        var names: [String?] = []
        var connections: [any Channel] = []
    }

    private let state = Mutex(State())

    var port: Int { channel.localAddress?.port ?? 0 }
    var url: String { "http://127.0.0.1:\(port)/judge" }
    /// What the certificates of `TestCertificates` are of.
    var secureURL: String { "https://localhost:\(port)/judge" }
    /// The names that clients asked for in their TLS handshakes.
    var names: [String?] { state.withLock { $0.names } }
    var connectionCount: Int { state.withLock { $0.connections.count } }
    var requests: [Request] { state.withLock { $0.requests } }
    /// Bytes of floods written so far.
    var sent: Int { state.withLock { $0.sent } }

    static func with(
        secure: Bool = false, _ answer: @escaping @Sendable (Request) -> Answer, _ body: (JudgeServer) async throws -> Void
    ) async throws {
        let server = try await JudgeServer(secure, answer)
        do {
            try await body(server)
        } catch {
            await server.close()
            throw error
        }
        await server.close()
    }

    /// Whoever is given the port next must not be answered on an old connection.
    private func close() async {
        try? await channel.close()
        for connection in state.withLock({ $0.connections }) { try? await connection.close() }
    }

    private init(_ isSecure: Bool, _ answer: @escaping @Sendable (Request) -> Answer) async throws {
        let box = Mutex<JudgeServer?>(nil)
        let shared = Box(box)
        let tls = isSecure ? try TestCertificates.context { name in shared.value?.note(name: name) } : nil
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    shared.value?.note(connection: channel)
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(answer) { shared.value })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        shared.set(self)
    }

    private final class Box: Sendable {
        private let held: Mutex<JudgeServer?>
        init(_ held: consuming Mutex<JudgeServer?>) { self.held = held }
        var value: JudgeServer? { held.withLock { $0 } }
        func set(_ server: JudgeServer) { held.withLock { $0 = server } }
    }

    fileprivate func note(path: String, token: String?, body: String) -> Request {
        state.withLock { state in
            let request = Request(number: state.requests.count, path: path, token: token, body: body)
            state.requests.append(request)
            return request
        }
    }

    private func note(connection: any Channel) { state.withLock { $0.connections.append(connection) } }
    private func note(name: String?) { state.withLock { $0.names.append(name) } }
    fileprivate func note(sent bytes: Int) { state.withLock { $0.sent += bytes } }
}

private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answer: @Sendable (JudgeServer.Request) -> Answer
    private let server: @Sendable () -> JudgeServer?
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()
    private var left = 0

    init(_ answer: @escaping @Sendable (JudgeServer.Request) -> Answer, server: @escaping @Sendable () -> JudgeServer?) {
        self.answer = answer
        self.server = server
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body.clear()
        case .body(var part): body.writeBuffer(&part)
        case .end:
            guard let head, let server = server() else { return context.close(promise: nil) }
            let request = server.note(
                path: head.uri, token: head.headers.first(name: "Authorization"), body: String(buffer: body))
            respond(answer(request), context)
        }
    }

    private func respond(_ answer: Answer, _ context: ChannelHandlerContext) {
        switch answer {
        case .json(let text): write(200, ["Content-Type": "application/json"], text, context)
        case .text(let status, let type, let text): write(status, ["Content-Type": type], text, context)
        case .redirect(let location, let status): write(status, ["Location": location], "", context)
        case .hang: break
        case .hangUp: context.close(promise: nil)
        case .flood(let bytes):
            let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["Content-Type": "application/json"])
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
            left = bytes
            flood(context)
        }
    }

    private func write(_ status: Int, _ headers: HTTPHeaders, _ text: String, _ context: ChannelHandlerContext) {
        var headers = headers
        headers.add(name: "Content-Length", value: "\(text.utf8.count)")
        let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    private func flood(_ context: ChannelHandlerContext) {
        while left > 0, context.channel.isActive, context.channel.isWritable {
            let part = min(left, 1 << 16)
            left -= part
            server()?.note(sent: part)
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(repeating: 0x20, count: part)))), promise: nil)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) { flood(context) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
