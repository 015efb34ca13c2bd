// Whether the client of a connection is still there: who waits on its behalf for what may not come for minutes stops when it goes, and its place
// among the connections is free.

import NIOCore
import Synchronization

/// Sees the end of what a client sends. One that closes its half of the connection and stays gets what there is by then.
final class ClientWatch: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = Any

    private struct State {
        var isGone = false
        var next: UInt64 = 0
        var ends: [UInt64: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { end() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        let ends = state.withLock { state in
            state.isGone = true
            defer { state.ends = [:] }
            return state.ends.values.map { $0 }
        }
        for end in ends { end() }
    }

    /// Calls `end` when the client goes, at once if it has.
    private func onEnd(_ end: @escaping @Sendable () -> Void) -> UInt64 {
        let (number, isGone) = state.withLock { state in
            state.next += 1
            if !state.isGone { state.ends[state.next] = end }
            return (state.next, state.isGone)
        }
        if isGone { end() }
        return number
    }

    private func forget(_ number: UInt64) { state.withLock { $0.ends[number] = nil } }

    /// Does `work`, which is cancelled when the client of `channel` goes.
    static func whileThere<Value: Sendable>(on channel: any Channel, _ work: @escaping @Sendable () async -> Value) async -> Value {
        guard let watch = try? await channel.pipeline.handler(type: ClientWatch.self).get() else { return await work() }
        let task = Task { await work() }
        let number = watch.onEnd { task.cancel() }
        defer { watch.forget(number) }
        return await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }
}
