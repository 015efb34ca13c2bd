// Who holds a connection and asks nothing keeps nobody out: when there are many connections, each one that comes, or comes to rest, closes the
// one that has been quiet for longest. Quiet is a connection while it has not asked anything whole, and between an answer and the next
// question; who waits for an answer, or follows events, is not.

import HTTPTypes
import NIOCore
import NIOHTTPTypes
import Synchronization

/// The quiet connections of a server.
final class QuietConnections: Sendable {
    private struct State {
        var open = 0
        var next: UInt64 = 0
        /// By when they became quiet.
        var quiet: [UInt64: any Channel] = [:]
    }

    private let roomy: Int
    private let state = Mutex(State())

    /// - Parameter maximum: connections that the server takes; an eighth of them, at least one, stays free for who comes next.
    init(maximum: Int) { roomy = maximum - max(1, maximum / 8) }

    /// A connection opens, quiet.
    ///
    /// - Returns: its place among the quiet ones.
    fileprivate func open(_ channel: any Channel) -> UInt64 { add(channel, isNew: true) }

    /// An open connection becomes quiet again. If there is little room, and none has been so for longer, it is closed at once.
    fileprivate func rest(_ channel: any Channel) -> UInt64 { add(channel, isNew: false) }

    private func add(_ channel: any Channel, isNew: Bool) -> UInt64 {
        let (place, old) = state.withLock { state in
            state.next += 1
            state.quiet[state.next] = channel
            if isNew { state.open += 1 }
            // Who comes may ask once at least.
            let makesRoom = state.open > roomy && (!isNew || state.quiet.count > 1)
            let oldest = makesRoom ? state.quiet.keys.min() : nil
            return (state.next, oldest.flatMap { state.quiet.removeValue(forKey: $0) })
        }
        old?.close(promise: nil)
        return place
    }

    fileprivate func close(_ place: UInt64?) {
        state.withLock { state in
            state.open -= 1
            if let place { state.quiet[place] = nil }
        }
    }

    fileprivate func wake(_ place: UInt64) { state.withLock { $0.quiet[place] = nil } }
}

/// One connection's questions and answers.
final class QuietWatch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let connections: QuietConnections
    /// Where it stands among the quiet ones; nil while it waits for an answer.
    private var place: UInt64?
    private var isOpen = false
    /// Requests that came whole, and answers that left whole. What is refused may be answered first.
    private var asked: UInt64 = 0
    private var answered: UInt64 = 0

    init(_ connections: QuietConnections) { self.connections = connections }

    func handlerAdded(context: ChannelHandlerContext) {
        isOpen = true
        place = connections.open(context.channel)
    }

    func handlerRemoved(context: ChannelHandlerContext) { close() }

    func channelInactive(context: ChannelHandlerContext) {
        close()
        context.fireChannelInactive()
    }

    private func close() {
        guard isOpen else { return }
        isOpen = false
        connections.close(place)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .end = unwrapInboundIn(data) {
            asked += 1
            update(context.channel)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        // Not before the client's machine has taken it.
        let sent = promise ?? context.eventLoop.makePromise(of: Void.self)
        let channel = context.channel
        sent.futureResult.assumeIsolated().whenSuccess {
            self.answered += 1
            self.update(channel)
        }
        context.write(data, promise: sent)
    }

    private func update(_ channel: any Channel) {
        guard isOpen else { return }
        if asked > answered, let place {
            connections.wake(place)
            self.place = nil
        } else if asked <= answered, place == nil {
            place = connections.rest(channel)
        }
    }
}
