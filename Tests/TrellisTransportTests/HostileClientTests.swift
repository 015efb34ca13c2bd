// Raw TCP clients that send garbage, absurd lengths, or nothing: they are refused within bounds, and the validators' traffic goes on.

import NIOCore
import Testing
import TrellisCrypto
import TrellisModel

@testable import TrellisTransport

@Suite(.serialized) struct HostileClientTests {
    @Test func garbageDoesNotDisturbTheValidators() async throws {
        let nodes = try await Node.committee(of: 2)
        let port = try nodes[1].port
        var clients: [RawClient] = []
        for number in 0..<60 {
            let client = try await RawClient(port: port)
            switch number % 6 {
            case 0: client.write(SecretBytes(random: 5000).bytes)
            case 1: client.write([0xff, 0xff, 0xff, 0xff, 1])
            case 2: client.write([0, 0, 0, 0, 1])
            case 3: client.write(FrameLayout.header(kind: 200, bodyBytes: 3) + [1, 2, 3])
            case 4:
                client.write(
                    FrameLayout.header(kind: HandshakeMessage.reply.rawValue, bodyBytes: 1217) + [UInt8](repeating: 1, count: 1217))
            default: client.write(FrameLayout.header(kind: 1, bodyBytes: 1451) + [1, 0] + SecretBytes(random: 1449).bytes)
            }
            clients.append(client)
            nodes[0].network.send(Content.message(0, number, size: 2000), to: 1)
        }
        try await eventually("all refused") { [clients] in clients.allSatisfy(\.isClosed) }
        try await eventually("all messages arrived") { nodes[1].recorder.count(from: 0) == 60 }
        #expect(nodes[1].recorder.disconnections(from: 0).isEmpty)
        try await eventually("all counted") {
            let counters = nodes[1].network.counters
            return counters.handshakesFailed + counters.connectionsRefused == 60
        }
        #expect(nodes[1].network.counters.handshakesCompleted == 1)
        await Node.stop(nodes)
    }

    @Test func unfinishedHandshakesAreFewAndShort() async throws {
        let nodes = try await Node.committee(of: 2) {
            $0.admission = AdmissionLimits(halfOpenPerAddress: 5)
            $0.handshakeDeadline = .milliseconds(500)
        }
        let port = try nodes[1].port
        var clients: [RawClient] = []
        for number in 0..<20 {
            let client = try await RawClient(port: port)
            client.write(Array(FrameLayout.header(kind: 1, bodyBytes: 1451).prefix(number % 6)))
            clients.append(client)
        }
        try await eventually("too many are refused, the others run out of time") { [clients] in clients.allSatisfy(\.isClosed) }
        try await eventually("all counted") {
            let counters = nodes[1].network.counters
            return counters.connectionsRefused + counters.handshakesFailed == 20
        }
        #expect(nodes[1].network.counters.connectionsRefused >= 1)
        #expect(nodes[1].network.counters.handshakesFailed >= 5)
        nodes[0].network.send([1], to: 1)
        try await eventually("the validators still talk") { nodes[1].recorder.count(from: 0) == 1 }
        // A validator gets in again afterwards.
        await nodes[0].network.stop()
        let again = try await Node(0, of: 2, ports: [1: port])
        try await eventually("back") { again.network.connectedPeers == [1] }
        await Node.stop([again, nodes[1]])
    }

    @Test func underLoadTheHandshakeGoesByCookie() async throws {
        let nodes = try await Node.committee(of: 3) { $0.admission = AdmissionLimits(cookiesFrom: 1) }
        // Hello, proof and confirmation, and one hello more.
        #expect(nodes[2].network.counters.handshakesCompleted == 2)
        #expect(nodes[2].network.counters.framesIn >= 8)
        await Node.stop(nodes)
    }

    @Test func aClientThatFlipsABitOnTheWayIsCutOff() async throws {
        // A man in the middle between two validators: he passes bytes on, and after a while changes one.
        let listener = try await Node(1, of: 2, ports: [:])
        let relay = try await Relay(to: try listener.port)
        let dialer = try await Node(0, of: 2, ports: [1: relay.port])
        try await eventually("connected") { listener.network.connectedPeers == [0] && dialer.network.connectedPeers == [1] }
        dialer.network.send([1], to: 1)
        try await eventually("message") { listener.recorder.count(from: 0) == 1 }
        relay.flipNext()
        dialer.network.send([2], to: 1)
        try await eventually("noticed") { listener.recorder.disconnections(from: 0).count == 1 }
        #expect(listener.recorder.disconnections(from: 0) == [TransportError.frameNotAuthentic.description])
        #expect(listener.recorder.messages(from: 0) == [[1]])
        try await eventually("connected anew") { listener.recorder.connections(to: 0) == 2 }
        await Node.stop([listener, dialer])
        await relay.stop()
    }
}
