// Councils of named seats in a running network: made by `network init`, spread over the validators, each seat with a key and a judge of
// its own.

import Foundation
import Testing
import TrellisCrypto
import TrellisEvaluators
import TrellisModel
import TrellisNode
import TrellisVerify

enum Councils {
    /// A council file of the repository.
    static func shipped(_ name: String) throws -> PlannedCouncil {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let path = root.appendingPathComponent("Examples/councils/\(name).yaml").path
        return try PlannedCouncil(yaml: String(decoding: try Files.read(path), as: UTF8.self), file: path)
    }

    static func plan(_ councils: [PlannedCouncil], validators: Int = 4) throws -> NetworkPlan {
        let port = try Ports.free(2 * validators)
        var plan = NetworkPlan(name: "councils", validators: validators, peerPort: port, apiPort: port + validators)
        plan.councils = councils
        return plan
    }

    static func nodes(_ directory: String, _ count: Int = 4) throws -> [Node] {
        try (0..<count).map { index in
            let configuration = try NodeConfiguration(path: NetworkSetup.configurationPath(directory, index))
            return try Node(try configuration.options(passphrase: nil), logger: .quiet)
        }
    }
}

extension SystemTests {
    @Suite struct CouncilTests {
        @Test func decidesByNamedSeats() async throws {
            try await withFolder { folder in
                let genesis = try NetworkSetup.create(try Councils.plan([try Councils.shipped("visual")]), in: folder)
                #expect(genesis.councils.map(\.name) == ["default", "visual"])
                let visual = genesis.councils[1]
                #expect(visual.seats.map(\.validator) == [0, 1, 2, 3, 0])
                #expect(Set(visual.seats.map(\.key)).count == 5)
                #expect(visual.seats.allSatisfy { $0.scheme == "ML-DSA-87" && !$0.mandate.isEmpty })
                let nodes = try Councils.nodes(folder)
                for node in nodes { try await node.start() }
                let texts = [
                    (#"{"contrast": 7}"#, Outcome.approved), (#"{"contrast": 2, "elements": 99, "first_paint_ms": 9000}"#, .rejected),
                ]
                for (text, outcome) in texts {
                    let proposal = Proposal(nonce: Nonce(idempotencyKey: text), council: "visual", kind: "design", text: text)
                    let identifier = try await nodes[1].propose(proposal)
                    let status = try await nodes[1].result(of: identifier, finality: .certified)
                    guard case .logged(_, .decision(let decision), true) = status else { throw Unmet(description: "\(status)") }
                    #expect(decision.outcome == outcome, "\(decision)")
                    let verified = try #require(try await nodes[1].receipt(of: identifier)).verify(genesis: genesis)
                    #expect(verified.seatNames == visual.seats.map(\.name))
                    #expect(verified.allVotesSigned)
                }
                // Both councils must approve: the default one knows nothing of designs.
                let both = Proposal(nonce: Nonce(idempotencyKey: "both"), council: "default or visual", kind: "design", text: texts[0].0)
                let status = try await nodes[2].result(of: try await nodes[2].propose(both), finality: .certified)
                guard case .logged(let index, .decision(let joint), true) = status else { throw Unmet(description: "\(status)") }
                #expect(joint.outcome == .approved && joint.ballots.map { $0.seats.count } == [4, 5])
                for node in nodes { await node.stop() }

                // Proofs of votes outlive the process.
                let again = try Councils.nodes(folder)
                for node in again { try await node.start() }
                let receipt = try #require(try await eventually("a receipt") { try await again[2].receipt(of: both.identifier) })
                let verified = try receipt.verify(genesis: genesis)
                #expect(verified.allVotesSigned && verified.index == index && verified.councils.map(\.name) == ["default", "visual"])
                for node in again { await node.stop() }
            }
        }

        /// One seat's judge never answers: it abstains in time, and nothing waits for it, neither its council nor others.
        @Test func judgesThatDoNotAnswerHoldNothingUp() async throws {
            try await withFolder { folder in
                let hanging = try Ports.free(1)
                let socket = try Socket.listening(on: hanging)
                let silent = "{ http: { url: 'http://127.0.0.1:\(hanging)/', allow: [loopback], timeout: 1500ms, retries: 0 } }"
                let yaml = """
                    version: 1
                    name: slow
                    threshold: 1000
                    deadline: 20s
                    seats:
                      - { name: A, mandate: Look., evaluator: { default: { then: approve, reason: Fine. } } }
                      - { name: B, mandate: Ask., evaluator: \(silent) }
                    """
                let genesis = try NetworkSetup.create(try Councils.plan([try PlannedCouncil(yaml: yaml, file: "slow")]), in: folder)
                let nodes = try Councils.nodes(folder)
                for node in nodes { try await node.start() }
                func asked(_ key: String, _ council: String) -> Proposal {
                    Proposal(nonce: Nonce(idempotencyKey: key), council: council, kind: "command", text: "ls \(key)")
                }
                let slow = try await nodes[0].propose(asked("slow", "slow"))
                for number in 0..<5 {
                    let quick = try await nodes[0].propose(asked("\(number)", "default"))
                    guard case .logged(_, .decision(let decision), _) = try await nodes[0].result(of: quick) else {
                        throw Unmet(description: "not decided")
                    }
                    #expect(decision.outcome == .approved)
                }
                let status = try await nodes[0].result(of: slow, finality: .certified)
                guard case .logged(_, .decision(let decision), true) = status else { throw Unmet(description: "\(status)") }
                #expect(decision.outcome == .rejected)
                let silentSeat = try #require(decision.seats.last)
                #expect(silentSeat.verdict == .abstain && silentSeat.reason == "No verdict: its judge did not answer in time.")
                let receipt = try #require(try await nodes[0].receipt(of: slow))
                #expect(try receipt.verify(genesis: genesis).allVotesSigned)
                for node in nodes { await node.stop() }
                withExtendedLifetime(socket) {}
            }
        }

        @Test func refusesFilesOfOtherCouncils() async throws {
            try await withFolder { folder in
                let genesis = try NetworkSetup.create(
                    try Councils.plan([try Councils.shipped("computer-science")], validators: 1), in: folder)
                #expect(genesis.councils[1].seats.count == 21)
                let path = NetworkSetup.configurationPath(folder, 0)
                let council = "\(folder)/\(NetworkSetup.validatorName(0))/councils/computer-science.yaml"
                #expect(throws: Never.self) { try NodeConfiguration(path: path).options(passphrase: nil) }
                // A seat more than there are keys.
                let extra = "  - { name: Extra, mandate: More., evaluator: { policy: standard } }\n"
                let text = Files.text(council)
                let larger = text.replacing("14 of 21", with: "667") + extra
                try Files.write(Array(larger.utf8), to: council)
                let options = try NodeConfiguration(path: path).options(passphrase: nil)
                #expect(throws: CouncilMismatch.seats(council: "computer-science", file: 22, keys: 21)) {
                    try Node(options, logger: .quiet)
                }
                try Files.write(Array(text.replacing("version: 1", with: "version: 9").utf8), to: council)
                #expect(throws: PolicyError.self) { try NodeConfiguration(path: path).options(passphrase: nil) }
                try Files.write(Array(text.utf8), to: council)
                // Without the key of one seat.
                var poorer = try NodeConfiguration(path: path).options(passphrase: nil)
                poorer.keys = ValidatorKeys(
                    consensus: poorer.keys.consensus, identity: poorer.keys.identity, seat: poorer.keys.seat,
                    councilSeats: Array(poorer.keys.councilSeats.dropLast()))
                #expect(throws: NodeError.self) { try Node(poorer, logger: .quiet) }
            }
        }

        @Test func seatsGoWhereTheirFileSays() throws {
            let yaml = """
                version: 1
                name: two
                threshold: 1000
                seats:
                  - { name: A, mandate: Look., validator: validator-2, evaluator: { policy: standard } }
                  - { name: B, mandate: Look., validator: nobody, evaluator: { policy: standard } }
                """
            let nobody = try PlannedCouncil(yaml: yaml, file: "two")
            let plan = try Councils.plan([nobody])
            #expect(throws: NodeError.self) { try NetworkSetup.create(plan, in: NSTemporaryDirectory() + UUID().uuidString) }
        }
    }
}
