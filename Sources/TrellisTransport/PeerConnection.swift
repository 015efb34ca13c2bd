// One TCP connection: cuts the stream into records, runs the handshake (its public-key work on other threads), then the session.
// Lives on the network's event loop.

import NIOCore
import NIOPosix
import TrellisCrypto
import TrellisModel

final class PeerConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    enum Origin {
        case dialed(ValidatorIndex)
        case accepted(address: [UInt8])
    }

    let origin: Origin
    let account: DeliveryAccount
    let switchboard: Switchboard
    private(set) var channel: (any Channel)?
    /// The peer, once it has shown its identity.
    private(set) var peer: ValidatorIndex?
    private(set) var establishedAt: NIODeadline?
    var session: PeerSession?
    /// The handshake under way, unless it is being computed.
    var machine: HandshakeMachine?
    var isComputing = false
    /// From the start of a renewal to its end.
    var isRekeying = false
    var keysSince = NIODeadline.now()
    private var lastHeard = NIODeadline.now()
    private var inbound = ByteBuffer()
    private var closeReason: TransportError?
    var handshakeTimer: Scheduled<Void>?
    var rekeyTimer: Scheduled<Void>?
    private var keepaliveTimer: Scheduled<Void>?

    init(_ switchboard: Switchboard, origin: Origin) {
        self.switchboard = switchboard
        self.origin = origin
        account = DeliveryAccount(bytesMaximum: switchboard.configuration.undeliveredBytesMaximum)
    }

    var isClosed: Bool { closeReason != nil }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        switchboard.opened(self)
        if context.channel.isActive { begin(context.channel) }
    }

    func channelActive(context: ChannelHandlerContext) { begin(context.channel) }

    private func begin(_ channel: any Channel) {
        guard self.channel == nil else { return }
        self.channel = channel
        guard switchboard.isRunning else { return end(.stopped) }
        armHandshakeTimer()
        switch origin {
        case .dialed(let peer):
            beginHandshake(towards: peer)
        case .accepted(let address):
            machine = .responder(switchboard.newResponder(address: address))
            readOn()
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        if closeReason == nil { closeReason = .closedByPeer }
        for timer in [handshakeTimer, rekeyTimer, keepaliveTimer] { timer?.cancel() }
        session = nil
        machine = nil
        inbound = ByteBuffer()
        switchboard.closed(self, reason: closeReason ?? .closedByPeer)
        channel = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end(.network(String(describing: error))) }

    /// Closes the connection for `reason`; the first one counts.
    func end(_ reason: TransportError) {
        guard closeReason == nil else { return }
        closeReason = reason
        machine = nil
        session = nil
        channel?.close(promise: nil)
    }

    /// The peer has shown its identity and confirmed the keys.
    func establish(_ keys: ChannelKeys) {
        let configuration = switchboard.configuration
        session = PeerSession(keys: keys, parameters: configuration.rekey, messageBytesMaximum: configuration.messageBytesMaximum)
        peer = keys.peer
        establishedAt = .now()
        lastHeard = .now()
        handshakeTimer?.cancel()
        armKeepaliveTimer()
        startKeyLife()
        switchboard.established(self, peer: keys.peer)
        pump()
    }

    private func armHandshakeTimer() {
        handshakeTimer = switchboard.schedule(in: switchboard.configuration.handshakeDeadline) { self.end(.handshakeDeadline) }
    }

    func rearmHandshakeTimer() {
        handshakeTimer?.cancel()
        armHandshakeTimer()
    }

    private func armKeepaliveTimer() {
        let interval = TimeAmount(switchboard.configuration.keepalive)
        keepaliveTimer = switchboard.schedule(in: switchboard.configuration.keepalive) {
            guard !self.isClosed else { return }
            if self.account.isPaused { self.lastHeard = .now() }
            let silence = NIODeadline.now() - self.lastHeard
            if silence >= interval * 3 { return self.end(.unresponsive) }
            if silence >= interval { self.writeIfRoom(.ping) }
            self.armKeepaliveTimer()
        }
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var chunk = unwrapInboundIn(data)
        if inbound.readableBytes == 0 { inbound = chunk } else { inbound.writeBuffer(&chunk) }
        parse()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        channel?.flush()
        readOn()
    }

    /// Whether nothing more may be taken from the peer for now.
    private var isHolding: Bool { isClosed || account.isPaused || (isComputing && session == nil) }

    func readOn() {
        if !isHolding { channel?.read() }
    }

    /// Takes up again what was held back.
    func resume() {
        parse()
        channel?.flush()
        readOn()
    }

    private func parse() {
        do throws(TransportError) {
            while !isHolding, let (kind, body) = try nextRecord() { try receive(kind: kind, body: body) }
        } catch {
            end(error)
        }
        if isClosed { inbound = ByteBuffer() } else { inbound.discardReadBytes() }
    }

    private func nextRecord() throws(TransportError) -> (UInt8, [UInt8])? {
        guard let field = inbound.getInteger(at: inbound.readerIndex, endianness: .little, as: UInt32.self) else { return nil }
        let limit = session == nil ? 1 + switchboard.handshake.bodyBytesMaximum : FrameLayout.lengthMaximum
        let length = try FrameLayout.check(length: field, limit: limit)
        guard inbound.readableBytes >= FrameLayout.lengthSize + length else { return nil }
        inbound.moveReaderIndex(forwardBy: FrameLayout.lengthSize)
        guard let kind = inbound.readInteger(as: UInt8.self), let body = inbound.readBytes(length: length - 1) else { return nil }
        switchboard.counters.update {
            $0.framesIn += 1
            $0.bytesIn += UInt64(FrameLayout.lengthSize + length)
        }
        return (kind, body)
    }

    private func receive(kind: UInt8, body: [UInt8]) throws(TransportError) {
        guard session != nil else { return try receiveInTheClear(kind: kind, body: body) }
        guard let arrival = try session?.open(kind: kind, body: body), let peer else { return }
        lastHeard = .now()
        switch arrival {
        case .piece, .pong: break
        case .ping: writeIfRoom(.pong)
        case .message(let message): switchboard.deliver(message, from: peer, over: self)
        case .handshake(let record): try receiveRekey(record)
        case .keysRenewed: finishRekey()
        }
        rekeyIfDue()
    }

    // MARK: Writing

    func channelWritabilityChanged(context: ChannelHandlerContext) { pump() }

    /// Sends what is queued for the peer, as long as the socket takes it.
    func pump() {
        guard let peer, let queue = switchboard.queue(of: peer), session != nil else { return }
        do throws(TransportError) {
            while let channel, channel.isWritable, let piece = queue.next(FrameLayout.plaintextBytesMaximum) {
                guard let frame = try session?.seal(piece.isLast ? .messageEnd : .messagePart, piece.bytes) else { return }
                write(frame)
                if piece.isLast { switchboard.counters.update { $0.messagesOut += 1 } }
                rekeyIfDue()
            }
        } catch {
            end(error)
        }
        channel?.flush()
    }

    /// A frame that answers or probes the peer is left out when the peer does not take what we send.
    private func writeIfRoom(_ kind: FrameKind) {
        guard let channel, channel.isWritable else { return }
        do throws(TransportError) {
            guard let frame = try session?.seal(kind) else { return }
            write(frame)
            channel.flush()
        } catch {
            end(error)
        }
    }

    func write(_ frame: Frame) {
        guard let channel else { return }
        var buffer = channel.allocator.buffer(capacity: frame.count)
        buffer.writeBytes(frame.header)
        buffer.writeBytes(frame.body)
        channel.write(buffer, promise: nil)
        switchboard.counters.update {
            $0.framesOut += 1
            $0.bytesOut += UInt64(frame.count)
        }
    }
}
