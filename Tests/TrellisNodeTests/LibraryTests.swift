// A validator as a library value: a program makes a network, starts validators, proposes, stops them and starts them again.

import Foundation
import Testing
import TrellisCrypto
import TrellisModel
import TrellisNode
import TrellisVerify

extension SystemTests {
    @Suite struct LibraryTests {
        private func nodes(_ directory: String, _ count: Int) throws -> [Node] {
            try (0..<count).map { index in
                let configuration = try NodeConfiguration(path: NetworkSetup.configurationPath(directory, index))
                return try Node(try configuration.options(passphrase: nil), logger: .quiet)
            }
        }

        private func plan(_ validators: Int) throws -> NetworkPlan {
            let port = try Ports.free(2 * validators)
            return NetworkPlan(name: "library", validators: validators, peerPort: port, apiPort: port + validators)
        }

        private func proposal(_ text: String) -> Proposal {
            Proposal(nonce: Nonce(idempotencyKey: text), kind: "command", text: text)
        }

        private func entries(_ node: Node) async throws -> [[UInt8]] {
            var entries: [[UInt8]] = []
            for index in 0..<(await node.nodeStatus().logSize) { entries.append(try #require(try await node.entry(at: index)).wireBytes) }
            return entries
        }

        /// Waits until all have the same certified log, and returns the checkpoint that all certificates are of.
        private func agree(_ nodes: [Node], size: UInt64) async throws -> Checkpoint {
            var checkpoints: [Checkpoint] = []
            try await eventually("all have certified \(size) entries") {
                checkpoints = []
                for node in nodes { if let certificate = await node.certificate() { checkpoints.append(certificate.checkpoint) } }
                return checkpoints.count == nodes.count && checkpoints.allSatisfy { $0.logSize == size && $0 == checkpoints.first }
            }
            return try #require(checkpoints.first)
        }

        @Test(arguments: [1, 4]) func decidesAndGoesOnAfterARestart(validators: Int) async throws {
            try await withFolder { folder in
                let genesis = try NetworkSetup.create(try plan(validators), in: folder)
                var nodes = try nodes(folder, validators)
                for node in nodes { try await node.start() }
                for (place, text) in ["ls -la", "rm -rf /"].enumerated() {
                    let identifier = try await nodes[place % validators].propose(proposal(text))
                    let status = try await nodes[0].result(of: identifier, finality: .certified)
                    guard case .logged(_, .decision(let decision), true) = status else { throw Unmet(description: "\(status)") }
                    #expect(decision.outcome == (place == 0 ? .approved : .rejected), "\(decision)")
                    let receipt = try #require(try await nodes[0].receipt(of: identifier))
                    let verified = try receipt.verify(genesis: genesis)
                    #expect(verified.identifier == identifier)
                    #expect(verified.stake >= verified.quorum)
                }
                let checkpoint = try await agree(nodes, size: 2)
                let before = try await entries(nodes[0])
                for node in nodes { #expect(try await entries(node) == before) }
                for node in nodes { await node.stop() }

                // The old values are still held: a stopped node has let go of its directory.
                let old = nodes
                nodes = try self.nodes(folder, validators)
                withExtendedLifetime(old) {}
                for node in nodes { #expect(try await entries(node) == before) }
                for node in nodes { try await node.start() }
                let identifier = try await nodes[0].propose(proposal("cat notes.txt"))
                _ = try await nodes[0].result(of: identifier, finality: .certified)
                let next = try await agree(nodes, size: 3)
                #expect(next.index > checkpoint.index)
                for node in nodes { #expect(try await Array(entries(node).prefix(2)) == before) }
                // What was decided before the restart is known still, and is not decided again.
                let again = try await nodes[0].propose(proposal("ls -la"))
                guard case .logged(0, _, _) = try await nodes[0].result(of: again) else { throw Unmet(description: "decided again") }
                for node in nodes { await node.stop() }
            }
        }

        @Test func refusesWhatItCannotRun() async throws {
            try await withFolder { folder in
                let genesis = try NetworkSetup.create(try plan(2), in: folder)
                let configuration = try NodeConfiguration(path: NetworkSetup.configurationPath(folder, 0))
                var options = try configuration.options(passphrase: nil)
                #expect(throws: NodeError.self) { try NetworkSetup.create(try plan(2), in: folder) }
                options.validator = 1
                #expect(throws: NodeError.self) { try Node(options, logger: .quiet) }
                options.validator = 7
                #expect(throws: NodeError.self) { try Node(options, logger: .quiet) }
                options.validator = 0
                options.peers = [:]
                #expect(throws: NodeError.self) { try Node(options, logger: .quiet) }
                #expect(genesis.validators.count == 2)
            }
        }

        @Test func stoppedNodeSaysSo() async throws {
            try await withFolder { folder in
                _ = try NetworkSetup.create(try plan(1), in: folder)
                let node = try nodes(folder, 1)[0]
                try await node.start()
                await node.stop()
                await #expect(throws: NodeError.self) { try await node.propose(proposal("ls")) }
            }
        }
    }
}
