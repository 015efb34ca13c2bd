// The connections of a peer network: whom to dial and when, who may knock, which connection is a peer's present one.
// Lives on the network's event loop.

import Logging
import NIOCore
import NIOPosix
import TrellisCrypto
import TrellisModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

final class Switchboard {
    /// One peer.
    private final class Link {
        let queue: OutboundQueue
        var connection: PeerConnection?
        /// Failed attempts to reach the peer in a row.
        var attempts = 0
        var redial: Scheduled<Void>?

        init(queue: OutboundQueue) { self.queue = queue }
    }

    let configuration: PeerNetworkConfiguration
    let handshake: HandshakeContext
    let loop: any EventLoop
    /// Threads for public-key work.
    let workers: NIOThreadPool
    let counters: CounterBoard
    private let delivery: Delivery
    private let logger: Logger
    private var links: [ValidatorIndex: Link]
    private var admission: AdmissionControl
    private var cookies: CookieKeys
    /// Every connection that is not closed, also those that have not shown an identity.
    private var connections: [ObjectIdentifier: PeerConnection] = [:]
    private(set) var isRunning = true
    private var refusalReported: NIODeadline?

    init(
        configuration: PeerNetworkConfiguration, loop: any EventLoop, workers: NIOThreadPool, delivery: Delivery, counters: CounterBoard,
        queues: [ValidatorIndex: OutboundQueue], logger: Logger
    ) {
        self.configuration = configuration
        handshake = configuration.handshakeContext
        self.loop = loop
        self.workers = workers
        self.delivery = delivery
        self.counters = counters
        self.logger = logger
        links = queues.mapValues { Link(queue: $0) }
        admission = AdmissionControl(limits: configuration.admission)
        cookies = CookieKeys(bucket: 0)
    }

    func schedule(in duration: Duration, _ body: @escaping () -> Void) -> Scheduled<Void> {
        let body = NIOLoopBound(body, eventLoop: loop)
        return loop.scheduleTask(in: TimeAmount(duration)) { body.value() }
    }

    func queue(of peer: ValidatorIndex) -> OutboundQueue? { links[peer]?.queue }

    /// Sends what is queued for the peers.
    func pump(_ peers: [ValidatorIndex]) {
        for peer in peers { links[peer]?.connection?.pump() }
    }

    // MARK: Dialing

    /// Dials every peer with a larger index. One connection a pair is enough, and it is clear whose task it is to restore it.
    func dialAll() {
        for peer in links.keys where peer > configuration.own { dial(peer) }
    }

    private func dial(_ peer: ValidatorIndex) {
        guard isRunning, let address = configuration.peers[peer]?.address else { return }
        ClientBootstrap(group: loop)
            .channelOption(.autoRead, value: false)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.writeBufferWaterMark, value: PeerNetwork.waterMark)
            .connectTimeout(TimeAmount(configuration.handshakeDeadline))
            .connect(host: address.host, port: address.port)
            .assumeIsolated()
            .flatMapThrowing { channel in
                try channel.pipeline.syncOperations.addHandler(PeerConnection(self, origin: .dialed(peer)))
            }
            .whenFailure { error in
                self.report(peer, "\(address): \(error)")
                self.redial(peer)
            }
    }

    private func report(_ peer: ValidatorIndex, _ reason: String) {
        let level: Logger.Level = links[peer]?.attempts == 0 ? .info : .debug
        logger.log(level: level, "peer not reached", metadata: ["peer": "\(peer)", "reason": "\(reason)"])
    }

    private func redial(_ peer: ValidatorIndex) {
        guard isRunning, let link = links[peer] else { return }
        let range = configuration.redialDelay
        let delay = min(range.upperBound, range.lowerBound * (1 << min(link.attempts, 16)))
        link.attempts += 1
        link.redial = schedule(in: delay * Double.random(in: 0.5...1)) { self.dial(peer) }
    }

    // MARK: Accepting

    /// Takes a connection in, or refuses it before anything was read from it.
    func accept(_ channel: any Channel) throws {
        let address = Self.limitedAddress(channel.remoteAddress)
        guard isRunning, admission.admit(address, now: NIODeadline.now().uptimeNanoseconds / 1_000_000) else {
            counters.update { $0.connectionsRefused += 1 }
            channel.close(promise: nil)
            return
        }
        try channel.pipeline.syncOperations.addHandler(PeerConnection(self, origin: .accepted(address: address)))
    }

    func newResponder(address: [UInt8]) -> ResponderHandshake {
        guard admission.demandsCookies else { return ResponderHandshake(context: handshake) }
        let lifetime = TimeAmount(configuration.cookieLifetime).nanoseconds
        cookies.rotate(to: NIODeadline.now().uptimeNanoseconds / UInt64(clamping: max(lifetime, 1)))
        return ResponderHandshake(context: handshake, demand: CookieDemand(keys: cookies, address: address))
    }

    /// What limits go by: an IPv4 address, or the /64 network of an IPv6 address.
    static func limitedAddress(_ address: SocketAddress?) -> [UInt8] {
        guard let address, let text = address.ipAddress else { return [] }
        var bytes = [UInt8](repeating: 0, count: 16)
        guard case .v6 = address else {
            return inet_pton(AF_INET, text, &bytes) == 1 ? Array(bytes.prefix(4)) : []
        }
        let withoutZone = String(text.prefix { $0 != "%" })
        guard inet_pton(AF_INET6, withoutZone, &bytes) == 1 else { return [] }
        let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10..<12].allSatisfy { $0 == 0xff }
        return Array(isMapped ? bytes.suffix(4) : bytes.prefix(8))
    }

    // MARK: Connections

    func opened(_ connection: PeerConnection) { connections[ObjectIdentifier(connection)] = connection }

    func established(_ connection: PeerConnection, peer: ValidatorIndex) {
        guard let link = links[peer] else { return connection.end(.handshake(.unknownPeer(peer))) }
        if case .accepted(let address) = connection.origin { admission.release(address) }
        if let old = link.connection { detach(old, from: link, peer, .replaced) }
        link.connection = connection
        link.queue.open()
        counters.update { $0.handshakesCompleted += 1 }
        logger.info("peer connected", metadata: ["peer": "\(peer)"])
        delivery.post(.connected(peer))
    }

    private func detach(_ connection: PeerConnection, from link: Link, _ peer: ValidatorIndex, _ reason: TransportError) {
        link.connection = nil
        let dropped = link.queue.close()
        counters.update { $0.messagesDropped += UInt64(dropped) }
        logger.info("peer disconnected", metadata: ["peer": "\(peer)", "reason": "\(reason)"])
        delivery.post(.disconnected(peer, reason: reason.description))
        connection.end(reason)
    }

    func closed(_ connection: PeerConnection, reason: TransportError) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        if let peer = connection.peer {
            if let link = links[peer], link.connection === connection { detach(connection, from: link, peer, reason) }
        } else {
            counters.update { $0.handshakesFailed += 1 }
            if case .accepted(let address) = connection.origin {
                admission.release(address)
                reportRefusal(reason)
            }
        }
        guard case .dialed(let peer) = connection.origin, let link = links[peer] else { return }
        if let since = connection.establishedAt, NIODeadline.now() - since >= TimeAmount(configuration.redialDelay.upperBound) {
            link.attempts = 0
        } else if connection.establishedAt == nil {
            report(peer, reason.description)
        }
        redial(peer)
    }

    /// Strangers can't fill the log: one line in ten seconds.
    private func reportRefusal(_ reason: TransportError) {
        let now = NIODeadline.now()
        guard refusalReported.map({ now - $0 >= .seconds(10) }) ?? true else { return }
        refusalReported = now
        logger.info("connection refused", metadata: ["reason": "\(reason)"])
    }

    func deliver(_ message: [UInt8], from peer: ValidatorIndex, over connection: PeerConnection) {
        counters.update { $0.messagesIn += 1 }
        let account = connection.account
        account.add(message.count)
        let (loop, bound, count) = (loop, NIOLoopBound(connection, eventLoop: loop), message.count)
        delivery.post(.message(peer, message)) {
            if account.remove(count) { loop.execute { bound.value.resume() } }
        }
    }

    /// Closes every connection and dials no more.
    func stop() {
        isRunning = false
        for link in links.values { link.redial?.cancel() }
        for connection in connections.values { connection.end(.stopped) }
    }
}
