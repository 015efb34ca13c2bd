// Real peer networks on the loopback interface, what they heard, and raw TCP clients. Waiting is polling with a deadline.

import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing
import TrellisCrypto
import TrellisModel

@testable import TrellisTransport

/// Waits until `condition` holds; records an issue after `deadline`.
func eventually(
    _ what: Comment, within deadline: Duration = .seconds(60), sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: @Sendable () -> Bool
) async throws {
    let end = ContinuousClock.now + deadline
    while !condition() {
        guard ContinuousClock.now < end else {
            Issue.record("not within \(deadline): \(what)", sourceLocation: sourceLocation)
            throw CancellationError()
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// What one network reported.
final class Recorder: Sendable {
    struct Heard {
        var messages: [ValidatorIndex: [[UInt8]]] = [:]
        var connected: [ValidatorIndex: Int] = [:]
        var disconnected: [ValidatorIndex: [String]] = [:]
    }

    private let heard = Mutex(Heard())

    func record(_ event: PeerEvent) {
        heard.withLock { heard in
            switch event {
            case .connected(let peer): heard.connected[peer, default: 0] += 1
            case .disconnected(let peer, let reason): heard.disconnected[peer, default: []].append(reason)
            case .message(let peer, let bytes): heard.messages[peer, default: []].append(bytes)
            }
        }
    }

    func messages(from peer: ValidatorIndex) -> [[UInt8]] { heard.withLock { $0.messages[peer] ?? [] } }
    func count(from peer: ValidatorIndex) -> Int { heard.withLock { $0.messages[peer]?.count ?? 0 } }
    func connections(to peer: ValidatorIndex) -> Int { heard.withLock { $0.connected[peer] ?? 0 } }
    func disconnections(from peer: ValidatorIndex) -> [String] { heard.withLock { $0.disconnected[peer] ?? [] } }
}

/// A running validator's end.
struct Node: Sendable {
    let index: ValidatorIndex
    let network: PeerNetwork
    let recorder: Recorder

    /// Starts validator `index` of `count`. Those it dials are at `ports`.
    init(
        _ index: ValidatorIndex, of count: Int, ports: [ValidatorIndex: Int], port: Int = 0,
        _ change: (inout PeerNetworkConfiguration) -> Void = { _ in }
    ) async throws {
        var configuration = try Node.configuration(index, of: count, ports: ports, port: port)
        change(&configuration)
        let recorder = Recorder()
        self.index = index
        self.recorder = recorder
        network = PeerNetwork(configuration: configuration, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })) {
            recorder.record($0)
        }
        try await network.start()
    }

    /// Starts a validator that dials nobody again at its port. Some other connection of this machine may have been given the port meanwhile:
    /// its end is waited for.
    static func again(_ index: ValidatorIndex, of count: Int, at port: Int) async throws -> Node {
        let end = ContinuousClock.now + .seconds(60)
        while true {
            do {
                return try await Node(index, of: count, ports: [:], port: port)
            } catch TransportError.cannotListen where ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    static func configuration(
        _ index: ValidatorIndex, of count: Int, ports: [ValidatorIndex: Int], port: Int = 0
    ) throws -> PeerNetworkConfiguration {
        var peers: [ValidatorIndex: PeerNetworkConfiguration.Peer] = [:]
        for peer in 0..<ValidatorIndex(count) where peer != index {
            let address = PeerAddress(host: "127.0.0.1", port: ports[peer] ?? 1)
            peers[peer] = .init(address: address, key: try Fixture.verifyingKey(Fixture.keys[Int(peer)]))
        }
        var configuration = PeerNetworkConfiguration(
            chain: Fixture.chain, epoch: 1, own: index, identity: Fixture.keys[Int(index)], peers: peers,
            listen: PeerAddress(host: "127.0.0.1", port: port), messageBytesMaximum: 2 << 20)
        configuration.outboundBytesMaximum = 256 << 20
        return configuration
    }

    var port: Int { get throws { try #require(network.boundPort) } }

    /// A whole committee, the largest index first, since the smaller dials.
    static func committee(of count: Int, _ change: (inout PeerNetworkConfiguration) -> Void = { _ in }) async throws -> [Node] {
        var nodes: [Node] = []
        var ports: [ValidatorIndex: Int] = [:]
        for index in (0..<ValidatorIndex(count)).reversed() {
            let node = try await Node(index, of: count, ports: ports, change)
            ports[index] = try node.port
            nodes.insert(node, at: 0)
        }
        try await connected(nodes)
        return nodes
    }

    static func connected(_ nodes: [Node]) async throws {
        try await eventually("all connected") { nodes.allSatisfy { $0.network.connectedPeers.count == nodes.count - 1 } }
    }

    static func stop(_ nodes: [Node]) async { for node in nodes { await node.network.stop() } }
}

/// Message `number` from `sender`: unlike any other, of `size` bytes from 8 on.
enum Content {
    private static let noise: [UInt8] = SecretBytes(random: 3 << 20).bytes

    static func message(_ sender: ValidatorIndex, _ number: Int, size: Int) -> [UInt8] {
        var encoder = WireEncoder(reserving: size)
        encoder.u32(sender)
        encoder.u32(UInt32(number))
        let start = (number * 7919 + Int(sender) * 104_729) % (1 << 20)
        encoder.raw(noise[start..<start + max(0, size - 8)])
        return encoder.bytes
    }
}

/// A TCP client that knows nothing of the protocol.
struct RawClient: Sendable {
    let channel: any Channel

    init(port: Int) async throws {
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: port).get()
    }

    func write(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

    /// Whether the other side has closed the connection.
    var isClosed: Bool { !channel.isActive }
}
