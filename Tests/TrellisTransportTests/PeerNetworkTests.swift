// Whole networks over real sockets: traffic, renewal of keys, restarts, bounds.

import Logging
import Synchronization
import Testing
import TrellisCrypto
import TrellisModel

@testable import TrellisTransport

@Suite(.serialized) struct PeerNetworkTests {
    /// Every node sends `count` messages to every other, some of 1 MB; all arrive, in order, unchanged.
    func exchange(_ nodes: [Node], count: Int, largeEvery: Int) async throws {
        func size(_ number: Int) -> Int { number % largeEvery == 0 ? 1_000_000 : 8 + number % 5000 }
        for number in 0..<count {
            for node in nodes { node.network.broadcast(Content.message(node.index, number, size: size(number))) }
        }
        try await eventually("all messages arrived") {
            nodes.allSatisfy { node in nodes.allSatisfy { $0.index == node.index || node.recorder.count(from: $0.index) >= count } }
        }
        for node in nodes {
            for peer in nodes where peer.index != node.index {
                let messages = node.recorder.messages(from: peer.index)
                #expect(messages.count == count)
                let wrong = messages.indices.first { messages[$0] != Content.message(peer.index, $0, size: size($0)) }
                #expect(wrong == nil)
            }
        }
    }

    @Test func threeNodesExchangeAThousandMessagesEachWay() async throws {
        let nodes = try await Node.committee(of: 3)
        try await exchange(nodes, count: 1000, largeEvery: 100)
        for node in nodes {
            let counters = node.network.counters
            #expect(counters.messagesOut == 2000)
            #expect(counters.messagesIn == 2000)
            #expect(counters.messagesDropped == 0)
            #expect(counters.handshakesCompleted == 2)
            #expect(counters.handshakesFailed == 0)
            #expect(counters.keysRenewed == 0)
        }
        await Node.stop(nodes)
        #expect(nodes.allSatisfy { $0.network.connectedPeers.isEmpty })
    }

    @Test func keysRenewedEveryFiftyFramesLoseNothing() async throws {
        let nodes = try await Node.committee(of: 3) { $0.rekey = RekeyParameters(frames: 50) }
        for round in 0..<5 {
            // Bursts with a pause between them, so that renewals meet both traffic and silence.
            let before = nodes.map(\.network.counters.keysRenewed).min() ?? 0
            for node in nodes {
                for number in 0..<200 { node.network.broadcast(Content.message(node.index, round * 200 + number, size: 100 + number)) }
            }
            try await eventually("keys renewed") { nodes.allSatisfy { $0.network.counters.keysRenewed > before } }
        }
        try await eventually("all messages arrived") {
            nodes.allSatisfy { node in nodes.allSatisfy { $0.index == node.index || node.recorder.count(from: $0.index) == 1000 } }
        }
        for node in nodes {
            for peer in nodes where peer.index != node.index {
                let numbers = (0..<1000).map { Content.message(peer.index, $0, size: 100 + $0 % 200) }
                #expect(node.recorder.messages(from: peer.index) == numbers)
            }
            #expect(node.network.counters.handshakesCompleted == 2)
            #expect(node.network.counters.messagesDropped == 0)
            #expect(node.recorder.connections(to: (node.index + 1) % 3) == 1)
        }
        await Node.stop(nodes)
    }

    @Test func keysAreRenewedByTimeToo() async throws {
        let nodes = try await Node.committee(of: 2) { $0.rekey.interval = .milliseconds(20) }
        try await eventually("keys renewed thrice") { nodes.allSatisfy { $0.network.counters.keysRenewed >= 3 } }
        try await exchange(nodes, count: 100, largeEvery: 50)
        #expect(nodes[0].recorder.disconnections(from: 1).isEmpty)
        await Node.stop(nodes)
    }

    @Test func aRestartedPeerComesBackOnEitherSide() async throws {
        let listener = try await Node(1, of: 2, ports: [:])
        let port = try listener.port
        let dialer = try await Node(0, of: 2, ports: [1: port])
        try await Node.connected([dialer, listener])

        // The one that listens is restarted at its port: the other dials it again. What is sent meanwhile is dropped and counted.
        await listener.network.stop()
        try await eventually("gone") { dialer.recorder.disconnections(from: 1).count == 1 }
        dialer.network.send([1], to: 1)
        #expect(dialer.network.counters.messagesDropped == 1)
        let secondListener = try await Node.again(1, of: 2, at: port)
        try await Node.connected([dialer, secondListener])
        // Told by another thread than the one that connects.
        try await eventually("told") { dialer.recorder.connections(to: 1) == 2 }

        // The one that dials is restarted: it dials.
        await dialer.network.stop()
        let secondDialer = try await Node(0, of: 2, ports: [1: port])
        try await eventually("connected anew") { secondListener.recorder.connections(to: 0) == 2 }
        try await Node.connected([secondDialer, secondListener])
        try await exchange([secondDialer, secondListener], count: 20, largeEvery: 10)
        await Node.stop([secondDialer, secondListener])
    }

    @Test func theNewestAuthenticatedConnectionReplacesTheOld() async throws {
        // Two processes with the identity of validator 0: what the listener sees when a peer comes back before its old connection is
        // known to be dead.
        let listener = try await Node(1, of: 2, ports: [:])
        let port = try listener.port
        let old = try await Node(0, of: 2, ports: [1: port]) { $0.redialDelay = .seconds(3600)...Duration.seconds(3600) }
        try await eventually("old connected") { listener.network.connectedPeers == [0] }
        let new = try await Node(0, of: 2, ports: [1: port])
        try await eventually("replaced") { listener.recorder.connections(to: 0) == 2 }
        #expect(listener.recorder.disconnections(from: 0) == [TransportError.replaced.description])
        try await eventually("old one closed") { old.network.connectedPeers.isEmpty }
        try await eventually("new one connected") { new.network.connectedPeers == [1] }
        new.network.send([1, 2, 3], to: 1)
        try await eventually("message of the new one") { listener.recorder.messages(from: 0) == [[1, 2, 3]] }
        await Node.stop([listener, old, new])
    }

    @Test func aTakenPortIsNamed() async throws {
        let node = try await Node(0, of: 1, ports: [:])
        let port = try node.port
        await #expect(throws: TransportError.cannotListen(address: "127.0.0.1:\(port)", reason: "the address is in use")) {
            try await Node(0, of: 1, ports: [:], port: port)
        }
        await #expect(throws: TransportError.alreadyStarted) { try await node.network.start() }
        await Node.stop([node])
        await Node.stop([node])
    }

    @Test func anImpossibleConfigurationIsRefused() async throws {
        await #expect(throws: TransportError.self) { try await Node(0, of: 1, ports: [:]) { $0.messageBytesMaximum = 0 } }
        await #expect(throws: TransportError.self) { try await Node(0, of: 1, ports: [:]) { $0.outboundBytesMaximum = 1 } }
        await #expect(throws: TransportError.self) { try await Node(0, of: 1, ports: [:]) { $0.rekey.framesMaximum = 1 } }
        await #expect(throws: TransportError.self) { try await Node(0, of: 1, ports: [:]) { $0.keepalive = .zero } }
    }

    @Test func peersOfAnotherChainOrEpochNeverConnect() async throws {
        let listener = try await Node(2, of: 3, ports: [:])
        let port = try listener.port
        let stray = try await Node(0, of: 3, ports: [2: port]) { $0.chain = Fixture.otherChain }
        let late = try await Node(1, of: 3, ports: [2: port]) { $0.epoch = 2 }
        try await eventually("both refused") { listener.network.counters.handshakesFailed >= 4 }
        #expect(listener.network.counters.handshakesCompleted == 0)
        #expect(stray.network.connectedPeers.isEmpty)
        #expect(late.network.connectedPeers.isEmpty)
        await Node.stop([listener, stray, late])
    }

    @Test func queuesAreBoundedInBothDirections() async throws {
        // The listener's application does not return until it is let go.
        let gate = Mutex(false)
        let listenerConfiguration = try Node.configuration(1, of: 2, ports: [:])
        let received = Mutex(0)
        let listener = PeerNetwork(configuration: listenerConfiguration, logger: Logger(label: "test")) { event in
            guard case .message = event else { return }
            while !gate.withLock({ $0 }) { _ = ContinuousClock().measure {} }
            received.withLock { $0 += 1 }
        }
        try await listener.start()
        let port = try #require(listener.boundPort)
        let sender = try await Node(0, of: 2, ports: [1: port]) { $0.outboundBytesMaximum = 4 << 20 }
        try await eventually("connected") { sender.network.connectedPeers == [1] }
        let message = [UInt8](repeating: 1, count: 1 << 20)
        var sent = 0
        while sender.network.counters.messagesDropped == 0, sent < 1000 {
            sender.network.send(message, to: 1)
            sent += 1
            await Task.yield()
        }
        #expect(sender.network.counters.messagesDropped == 1)
        // What lies between the two: the queue, the socket buffers, and what the listener may hold.
        #expect(sent < 64)
        #expect(listener.counters.messagesIn <= 4)
        gate.withLock { $0 = true }
        try await eventually("the rest arrives") { [sent] in received.withLock { $0 } == sent - 1 }
        sender.network.send([UInt8](repeating: 1, count: (2 << 20) + 1), to: 1)
        sender.network.send([1], to: 7)
        #expect(sender.network.counters.messagesDropped == 3)
        await sender.network.stop()
        await listener.stop()
    }

    @Test func aSilentPeerIsPingedAndADeadOneGivenUp() async throws {
        let nodes = try await Node.committee(of: 2) { $0.keepalive = .milliseconds(20) }
        let frames = nodes.map(\.network.counters.framesIn)
        try await eventually("pings") {
            nodes[0].network.counters.framesIn > frames[0] + 10 && nodes[1].network.counters.framesIn > frames[1] + 10
        }
        #expect(nodes[0].recorder.disconnections(from: 1).isEmpty)
        await Node.stop(nodes)
    }
}
