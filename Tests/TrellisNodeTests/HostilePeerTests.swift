// Strangers at the peer port while a network decides: bytes without sense, connections that say nothing, and validators of another chain.

import Foundation
import Testing
import TrellisClient

extension SystemTests {
    @Suite struct HostilePeerTests {
        private static var garbage: [[UInt8]] {
            var random = SystemRandomNumberGenerator()
            func noise(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) } }
            return [
                [0], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0], noise(7), noise(4096), noise(1 << 18), Array(repeating: 0xFF, count: 1 << 16),
                Array(repeating: 0, count: 1 << 16), Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8), [0x16, 0x03, 0x01, 0x02, 0x00, 0x01],
                [0x00, 0x10, 0x00, 0x00] + noise(1 << 16), [0xFF, 0xFF, 0x00, 0x00] + noise(1 << 16),
            ]
        }

        @Test func garbageDoesNotStopTheNetwork() async throws {
            try await ProcessNetwork.with { network in
                // Some hold their connections and say nothing.
                let silent = try (0..<40).map { try Socket.connected(to: network.peerPort + $0 % 4) }
                for (round, bytes) in Self.garbage.enumerated() {
                    let strangers = try (0..<4).map { try Socket.connected(to: network.peerPort + $0, patience: 1) }
                    for stranger in strangers { stranger.send(bytes) }
                    try await network.decide("ls \(round)", at: round % 4)
                    withExtendedLifetime(strangers) {}
                }
                // After all that a validator still gets in.
                try await network.murder(3)
                try await network.start([3])
                withExtendedLifetime(silent) {}
                try await network.settled([0, 1, 2, 3])
                for index in 0..<4 {
                    let status = try await network.status(index)
                    #expect(status.alarm == nil)
                    #expect(status.blocksRejected == 0)
                }
                try await network.stopAll()
            }
        }

        @Test func validatorsOfAnotherChainStayOutside() async throws {
            try await ProcessNetwork.with(starts: false) { network in
                try await ProcessNetwork.with(starts: false, in: network.folder, name: "other") { other in
                    // The other network's last validator sits where this one's should, and knows all of its addresses.
                    for index in 0..<3 {
                        let (own, stranger) = ("127.0.0.1:\(other.peerPort + index)", "127.0.0.1:\(network.peerPort + index)")
                        try Files.edit(other.configuration(3), own, stranger)
                    }
                    try Files.edit(other.configuration(3), "127.0.0.1:\(other.peerPort + 3)", "127.0.0.1:\(network.peerPort + 3)")
                    try await other.start([3])
                    try await network.start([0, 1, 2])
                    for index in 0..<3 { try await network.decide("ls \(index)", at: index) }
                    try await network.settled([0, 1, 2])
                    #expect(try await other.status(3).peersConnected.isEmpty)
                    for index in 0..<3 { #expect(try await !network.status(index).peersConnected.contains(3)) }
                    try await eventually("the stranger is refused and says so") {
                        try other.process(3).error.contains("peer not reached") || other.process(3).error.contains("refused")
                    }
                    try await other.stopAll()
                    try await network.start([3])
                    try await network.settled([0, 1, 2, 3])
                    try await network.stopAll()
                }
            }
        }
    }
}
