// The peer network as the node sees it: messages out, events in. The protocol is in Handshake.swift and PeerSession.swift; the
// connections are in Switchboard.swift.

public import Logging
import NIOCore
import NIOPosix
import Synchronization
public import TrellisModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Mutually authenticated, encrypted, ordered channels to all peers of an epoch.
///
/// Messages are delivered at most once, in order and unchanged. Those to a peer that is away, or whose queue is full, are dropped and
/// counted: the protocol above fetches what it misses. One event loop serves all sockets; public-key work runs beside it.
public final class PeerNetwork: Sendable {
    private struct Running: Sendable {
        let group: MultiThreadedEventLoopGroup
        let workers: NIOThreadPool
        let delivery: Delivery
        let switchboard: NIOLoopBound<Switchboard>
        let server: any Channel
    }

    private enum State: Sendable {
        case idle
        case starting
        case running(Running)
        case stopped
    }

    static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 256 << 10, high: 1 << 20)

    private let configuration: PeerNetworkConfiguration
    private let logger: Logger
    private let onEvent: @Sendable (PeerEvent) -> Void
    private let board = CounterBoard()
    private let queues: [ValidatorIndex: OutboundQueue]
    private let state = Mutex(State.idle)

    /// - Parameter onEvent: Called for one event after another, from one thread. While it does not return, peers are held back: it
    ///   may wait, but not for this network to stop.
    public init(configuration: PeerNetworkConfiguration, logger: Logger, onEvent: @escaping @Sendable (PeerEvent) -> Void) {
        self.configuration = configuration
        self.logger = logger
        self.onEvent = onEvent
        let bytesMaximum = configuration.outboundBytesMaximum
        queues = configuration.peers.mapValues { _ in OutboundQueue(bytesMaximum: bytesMaximum) }
    }

    /// Binds the listening socket and begins to dial.
    ///
    /// - Throws: `TransportError.cannotListen` with host and port, `invalidConfiguration`, `alreadyStarted`.
    public func start() async throws {
        try configuration.validate()
        try state.withLock { state in
            guard case .idle = state else { throw TransportError.alreadyStarted }
            state = .starting
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let workers = NIOThreadPool(numberOfThreads: max(1, System.coreCount / 2))
        workers.start()
        let delivery = Delivery(onEvent: onEvent)
        do {
            let switchboard = try await makeSwitchboard(group.next(), workers, delivery)
            let server = try await listen(group, switchboard)
            let running = Running(group: group, workers: workers, delivery: delivery, switchboard: switchboard, server: server)
            state.withLock { $0 = .running(running) }
            group.next().execute { switchboard.value.dialAll() }
        } catch {
            state.withLock { $0 = .idle }
            await Self.release(group, workers, delivery)
            throw TransportError.cannotListen(address: configuration.listen.description, reason: Self.reason(error))
        }
    }

    private func makeSwitchboard(
        _ loop: any EventLoop, _ workers: NIOThreadPool, _ delivery: Delivery
    ) async throws -> NIOLoopBound<Switchboard> {
        try await loop.submit { [configuration, board, queues, logger] in
            let switchboard = Switchboard(
                configuration: configuration, loop: loop, workers: workers, delivery: delivery, counters: board, queues: queues,
                logger: logger)
            return NIOLoopBound(switchboard, eventLoop: loop)
        }.get()
    }

    private func listen(_ group: MultiThreadedEventLoopGroup, _ switchboard: NIOLoopBound<Switchboard>) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: Self.waterMark)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try switchboard.value.accept(channel) }
            }
            .bind(host: configuration.listen.host, port: configuration.listen.port)
            .get()
    }

    private static func reason(_ error: any Error) -> String {
        if let error = error as? IOError, error.errnoCode == EADDRINUSE { return "the address is in use" }
        return String(describing: error)
    }

    /// Closes all connections and returns when nothing runs any more. No event follows.
    public func stop() async {
        let running: Running? = state.withLock { state in
            guard case .running(let running) = state else { return nil }
            state = .stopped
            return running
        }
        guard let running else { return }
        _ = try? await running.group.next().submit { running.switchboard.value.stop() }.get()
        try? await running.server.close().get()
        for queue in queues.values { _ = queue.close() }
        await Self.release(running.group, running.workers, running.delivery)
    }

    private static func release(_ group: MultiThreadedEventLoopGroup, _ workers: NIOThreadPool, _ delivery: Delivery) async {
        try? await workers.shutdownGracefully()
        try? await group.shutdownGracefully()
        await delivery.stop()
    }

    /// The port that is listened on; nil unless started.
    public var boundPort: Int? { running?.server.localAddress?.port }

    public var counters: PeerCounters { board.snapshot }

    /// The peers that messages are sent to now, in order of their indices.
    public var connectedPeers: [ValidatorIndex] { queues.filter { $0.value.isOpen }.keys.sorted() }

    private var running: Running? {
        state.withLock { state in
            if case .running(let running) = state { running } else { nil }
        }
    }

    /// Queues `message` for one peer. Any thread; never waits.
    public func send(_ message: [UInt8], to peer: ValidatorIndex) {
        send(message, toAll: [peer])
    }

    /// Queues `message` for every peer. Any thread; never waits; the bytes are not copied.
    public func broadcast(_ message: [UInt8]) {
        send(message, toAll: Array(queues.keys))
    }

    private func send(_ message: [UInt8], toAll peers: [ValidatorIndex]) {
        var toWake: [ValidatorIndex] = []
        var dropped: UInt64 = 0
        for peer in peers {
            guard message.count <= configuration.messageBytesMaximum, let queue = queues[peer] else {
                dropped += 1
                continue
            }
            switch queue.offer(message) {
            case .refused: dropped += 1
            case .queued: break
            case .queuedFirst: toWake.append(peer)
            }
        }
        if dropped > 0 { board.update { $0.messagesDropped += dropped } }
        guard !toWake.isEmpty, let running else { return }
        running.group.next().execute { [toWake] in running.switchboard.value.pump(toWake) }
    }
}
