// A man in the middle: passes bytes between a client and a server, and changes one when told to.

import NIOCore
import NIOPosix
import Synchronization
import Testing

final class Relay: Sendable {
    private let server: any Channel
    private let shouldFlip: Flag

    private final class Flag: Sendable {
        private let value = Mutex(false)
        func set() { value.withLock { $0 = true } }
        func take() -> Bool {
            value.withLock { value in
                defer { value = false }
                return value
            }
        }
    }

    /// Passes on what it reads; the last byte of a chunk is changed if the flag is set.
    private final class Pass: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let target: any Channel
        let flag: Flag?

        init(to target: any Channel, flag: Flag?) {
            self.target = target
            self.flag = flag
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var buffer = unwrapInboundIn(data)
            if flag?.take() == true, let last = buffer.getInteger(at: buffer.writerIndex - 1, as: UInt8.self) {
                buffer.setInteger(last ^ 1, at: buffer.writerIndex - 1)
            }
            target.writeAndFlush(buffer, promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { target.close(promise: nil) }
    }

    var port: Int { server.localAddress?.port ?? 0 }

    init(to port: Int) async throws {
        let flag = Flag()
        shouldFlip = flag
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        server = try await ServerBootstrap(group: loop)
            .childChannelInitializer { client in
                ClientBootstrap(group: loop)
                    .channelInitializer { target in
                        target.eventLoop.makeCompletedFuture { try target.pipeline.syncOperations.addHandler(Pass(to: client, flag: nil)) }
                    }
                    .connect(host: "127.0.0.1", port: port)
                    .flatMapThrowing { target in try client.pipeline.syncOperations.addHandler(Pass(to: target, flag: flag)) }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
    }

    /// Changes one byte of what the client sends next.
    func flipNext() { shouldFlip.set() }

    func stop() async { try? await server.close().get() }
}
