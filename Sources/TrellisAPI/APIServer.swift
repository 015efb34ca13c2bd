// The HTTP server: binds, serves one node, stops. Requests are answered by API.swift and its extensions.

import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
public import TrellisAccess
public import TrellisNode

public enum APIError: Error, Sendable, CustomStringConvertible {
    case cannotListen(host: String, port: Int, reason: String)
    /// The access list does not go with the address.
    case access(AccessError)

    public var description: String {
        switch self {
        case .cannotListen(let host, let port, let reason): "cannot listen on \(host):\(port): \(reason)"
        case .access(let error): error.description
        }
    }
}

/// The HTTP API of one node.
public struct APIServer: Sendable {
    /// Bounds on what clients can make the server hold, and for how long.
    public struct Options: Sendable {
        public var connectionsMaximum = 1024
        public var eventStreamsMaximum = 64
        /// Of large bodies, of all requests together.
        public var bodyBytesMaximum = 256 << 20
        /// For a request's head, and between requests.
        public var idleTime: Duration = .seconds(60)
        /// For a body to arrive whole.
        public var bodyTime: Duration = .seconds(30)
        /// For a client to take what it is sent.
        public var writeTime: Duration = .seconds(30)
        /// Between comments on an event stream.
        public var heartbeat: Duration = .seconds(15)
        /// For requests in progress when the server stops.
        public var stopTime: Duration = .seconds(5)

        public init() {}
    }

    private let service: any NodeService
    private let host: String
    private let port: Int
    private let logger: Logger
    private let options: Options
    private let access: AccessList

    /// `port` 0 takes any free port. Without an access list only this machine's own addresses can be listened on.
    public init(
        service: any NodeService, host: String = "127.0.0.1", port: Int = 8080, access: AccessList = .local, logger: Logger,
        options: Options = Options()
    ) {
        self.service = service
        self.host = host
        self.port = port
        self.logger = logger
        self.options = options
        self.access = access
    }

    /// Listens and answers until stopped. Returns when the port is bound; throws when it cannot be.
    public func start() async throws(APIError) -> RunningAPI {
        let listener: ListenerAccess
        do { listener = try access.listening(on: host) } catch { throw .access(error) }
        let api = API(service: service, options: options, access: listener)
        let dispatcher = Dispatcher(api)
        let quiet = QuietConnections(maximum: options.connectionsMaximum)
        let channel = HTTP1Channel(
            responder: { request, writer, channel in
                let response = await dispatcher.respond(to: request, channel: channel)
                try await write(response, with: writer, to: channel)
            },
            configuration: .init(
                additionalChannelHandlers: [ClientWatch(), QuietWatch(quiet)], idleTimeout: TimeAmount(options.idleTime),
                httpDecoderConfiguration: .init(maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 64 << 10, maxHeaderFieldCount: 100)))
        let (bound, continuation) = AsyncStream<Int>.makeStream()
        let server = Server(
            childChannelSetup: channel,
            configuration: ServerConfiguration(
                address: .hostname(host, port: port), serverName: nil, backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(options.connectionsMaximum, logger: logger)),
            onServerRunning: { channel in
                continuation.yield(channel.localAddress?.port ?? 0)
                continuation.finish()
            },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        let task = Task {
            defer { continuation.finish() }
            try await server.run()
        }
        // A task of its own: to be cancelled while it starts must not leave a server behind.
        let firstPort = Task {
            for await port in bound { return port as Int? }; return nil
        }
        if let port = await firstPort.value {
            return RunningAPI(host: host, port: port, task: task, stopTime: options.stopTime) {
                api.streams.stop()
                try? await server.shutdownGracefully()
            }
        }
        var reason = "the server ended"
        do { try await task.value } catch let error as IOError {
            reason = error.errnoCode == EADDRINUSE ? "the port is taken" : "\(error)"
        } catch {
            reason = "\(error)"
        }
        throw .cannotListen(host: host, port: port, reason: reason)
    }

    /// Cuts off a client that does not take what it asked for.
    private func write(_ response: Response, with writer: consuming ResponseWriter, to channel: any Channel) async throws {
        // An event stream watches itself.
        guard response.body.contentLength != nil else { return try await writer.write(response: response.head, body: response.body) }
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(options.writeTime)) { channel.close(promise: nil) }
        defer { deadline.cancel() }
        try await writer.write(response: response.head, body: response.body)
    }

    /// Serves until the task is cancelled, then stops.
    public func run() async throws(APIError) {
        let running = try await start()
        let (cancelled, continuation) = AsyncStream<Never>.makeStream()
        await withTaskCancellationHandler {
            for await _ in cancelled {}
        } onCancel: {
            continuation.finish()
        }
        await running.stop()
    }
}

/// A server that listens.
public struct RunningAPI: Sendable {
    public let host: String
    public let port: Int
    private let task: Task<Void, any Error>
    private let stopTime: Duration
    private let shutDown: @Sendable () async -> Void

    fileprivate init(
        host: String, port: Int, task: Task<Void, any Error>, stopTime: Duration, shutDown: @escaping @Sendable () async -> Void
    ) {
        self.host = host
        self.port = port
        self.task = task
        self.stopTime = stopTime
        self.shutDown = shutDown
    }

    /// Takes no more requests, ends the event streams, lets requests in progress finish for a while, then cuts them off.
    public func stop() async {
        let task = task
        let time = stopTime
        let cut = Task {
            try await Task.sleep(for: time)
            task.cancel()
        }
        await shutDown()
        _ = await task.result
        cut.cancel()
    }
}
