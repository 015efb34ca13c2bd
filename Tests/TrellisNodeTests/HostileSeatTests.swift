// A validator that lets its seats vote as nobody should, in a network of honest ones: twice, in a council that was not asked, on what is decided,
// under a key that is another seat's.

import Testing
import TrellisCrypto
import TrellisModel

@testable import TrellisNode

extension SystemTests {
    @Suite struct HostileSeatTests {
        /// Seat D, the hostile validator's, has a judge that never answers: all its votes are those that a test makes.
        private static func yaml(judge port: Int) -> String {
            let approving = "evaluator: { default: { then: approve, reason: Fine. } }"
            let silent = "{ http: { url: 'http://127.0.0.1:\(port)/', allow: [loopback], timeout: 100s, retries: 0 } }"
            return """
                version: 1
                name: asked
                threshold: 1000
                deadline: 2m
                seats:
                  - { name: A, mandate: Look., \(approving) }
                  - { name: B, mandate: Look., \(approving) }
                  - { name: C, mandate: Look., \(approving) }
                  - { name: D, mandate: Look., evaluator: \(silent) }
                """
        }

        private struct Hostile {
            let node: Node
            let keys: ValidatorKeys

            /// Puts votes into the node's next block, whatever they are.
            func cast(_ votes: [(Digest, Verdict)], council: UInt32, seat: UInt32, by key: any SigningKey) async throws {
                let batch = try VoteBatch.signed(
                    by: key, chain: node.committee.chain, epoch: node.committee.epoch, council: council, seat: seat,
                    votes: votes.map { Vote(proposal: $0.0, verdict: $0.1, reason: "hostile") })
                let signed = SignedVotes(votes: batch.votes, transaction: Transaction(batch))
                await node.replica.cast([SeatPlace(council: council, seat: seat): [signed]])
            }
        }

        /// Four validators, the last one hostile.
        private func withNetwork(_ body: ([Node], Hostile) async throws -> Void) async throws {
            try await withFolder { folder in
                let port = try Ports.free(1)
                let judge = try Socket.listening(on: port)
                let plan = try Councils.plan([try PlannedCouncil(yaml: Self.yaml(judge: port), file: "asked")])
                _ = try NetworkSetup.create(plan, in: folder)
                let nodes = try Councils.nodes(folder)
                for node in nodes { try await node.start() }
                let configuration = try NodeConfiguration(path: NetworkSetup.configurationPath(folder, 3))
                try await body(nodes, Hostile(node: nodes[3], keys: try configuration.options(passphrase: nil).keys))
                for node in nodes { await node.stop() }
                withExtendedLifetime(judge) {}
            }
        }

        private func propose(_ text: String, to council: String, at node: Node) async throws -> Digest {
            let nonce = Nonce(idempotencyKey: text)
            return try await node.propose(Proposal(nonce: nonce, council: council, kind: "command", text: text))
        }

        /// Waits until votes can count.
        private func opened(_ identifier: Digest, at node: Node) async throws {
            try await eventually("the proposal is open") {
                if case .pending = try await node.status(of: identifier) { true } else { false }
            }
        }

        private func decision(_ identifier: Digest, at node: Node) async throws -> Decision {
            guard case .logged(_, .decision(let decision), true) = try await node.result(of: identifier, finality: .certified) else {
                throw Unmet(description: "not decided")
            }
            return decision
        }

        @Test func theFirstVoteOfASeatInTheCouncilThatIsAskedCounts() async throws {
            try await withNetwork { nodes, hostile in
                let own = try #require(hostile.keys.councilSeats.first)
                let first = try await propose("first", to: "asked", at: nodes[0])
                try await opened(first, at: hostile.node)
                // Its seat in a council that was not asked, then both verdicts at once.
                try await hostile.cast([(first, .reject)], council: 0, seat: 3, by: hostile.keys.seat)
                try await hostile.cast([(first, .approve), (first, .reject)], council: 1, seat: 3, by: own.key)
                let approved = try await decision(first, at: nodes[0])
                #expect(approved.outcome == .approved && approved.seats.last?.verdict == .approve)
                // What is decided stays so.
                try await hostile.cast([(first, .reject)], council: 1, seat: 3, by: own.key)
                let second = try await propose("second", to: "asked", at: nodes[0])
                try await opened(second, at: hostile.node)
                try await hostile.cast([(second, .reject)], council: 1, seat: 3, by: own.key)
                #expect(try await decision(second, at: nodes[0]).outcome == .rejected)
                for node in nodes {
                    #expect(try await decision(first, at: node) == approved)
                    let refused = await node.nodeStatus().refusedVotes.map { ("\($0)", $1) }
                    for reason in ["otherCouncil", "repeated", "notPending"] {
                        #expect(refused.contains { $0.0 == reason && $0.1 >= 1 }, "\(refused)")
                    }
                }
            }
        }

        @Test func whoVotesForAnothersSeatIsNotHeard() async throws {
            try await withNetwork { nodes, hostile in
                let own = try #require(hostile.keys.councilSeats.first)
                let honest = nodes.prefix(3)
                try await hostile.cast([(.zeros(.sha256), .approve)], council: 1, seat: 0, by: own.key)
                try await eventually("its block is refused") {
                    for node in honest where await node.nodeStatus().blocksRejected == 0 { return false }
                    return true
                }
                // The others go on without it.
                let identifier = try await propose("third", to: Council.defaultName, at: nodes[0])
                let decided = try await decision(identifier, at: nodes[0])
                #expect(decided.outcome == .approved && decided.seats.last?.verdict == nil)
                for node in honest { #expect(await node.nodeStatus().alarm == nil) }
            }
        }
    }
}
