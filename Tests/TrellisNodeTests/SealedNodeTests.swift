// Sealed proposals between validators that run: recipients that can and cannot open them, judges that are not shown them, keys that are
// replaced, and what the commands make of it.

import Foundation
import Testing
import TrellisClient
import TrellisCrypto
import TrellisModel
import TrellisNode
import TrellisVerify

extension SystemTests {
    @Suite struct SealedNodeTests {
        private func decide(_ proposal: Proposal, by node: Node) async throws -> Decision {
            let status = try await node.result(of: try await node.propose(proposal), finality: .certified)
            guard case .logged(_, .decision(let decision), true) = status else { throw Unmet(description: "\(status)") }
            return decision
        }

        /// What a hostile API lets through: envelopes for another chain, changed, and with the list swapped. Whoever cannot open them says so.
        @Test func whatDoesNotOpenIsAbstainedFrom() async throws {
            try await withFolder { folder in
                let genesis = try NetworkSetup.create(try Councils.plan([]), in: folder)
                let nodes = try Councils.nodes(folder)
                for node in nodes { try await node.start() }
                let keys = try #require(nodes[0].sealingKeys).publicKeys
                let reply = try CompositeKEM.PrivateKey.generate()
                let request = SealedRequest(kind: "command", text: "ls", replyKey: reply.publicKey)
                func sealed(_ key: String, chain: Digest = genesis.chain) throws -> Proposal {
                    try request.sealed(for: keys, chain: chain, nonce: Nonce(idempotencyKey: key))
                }
                let good = try await decide(try sealed("good"), by: nodes[0])
                #expect(good.outcome == .approved)
                #expect(OpenedDecision(good, with: reply, in: nodes[0].committee).outcome == .approved)

                let otherChain = try sealed("chain", chain: HashSuite.sha256.hash([1]))
                let content = try #require(try sealed("tag").sealed)
                func replaced(_ key: String, _ recipients: [ValidatorIndex], _ envelope: [UInt8]) -> Proposal {
                    let content = SealedContent(recipients: recipients, envelope: envelope)
                    return Proposal(nonce: Nonce(idempotencyKey: key), kind: "sealed", text: "", sealed: content)
                }
                let wrongTag = replaced("tag", [0, 1, 2, 3], content.envelope.dropLast() + [content.envelope.last.map { $0 ^ 1 } ?? 0])
                let truncated = replaced("tag", [0, 1, 2, 3], content.envelope.dropLast())
                let three = try #require(
                    try request.sealed(
                        for: keys.filter { $0.key != 3 }, chain: genesis.chain, nonce: Nonce(idempotencyKey: "swap")
                    ).sealed)
                let swapped = replaced("swap", [0, 1, 3], three.envelope)
                for bad in [otherChain, wrongTag, truncated, swapped] {
                    let decision = try await decide(bad, by: nodes[1])
                    #expect(decision.outcome == .rejected)
                    let said = decision.seats.filter { $0.verdict != nil && $0.reason != SealedContent.notRecipient }
                    #expect(!said.isEmpty && said.allSatisfy { $0.verdict == .abstain && $0.reason == SealedContent.notOpened })
                }
                await #expect(throws: NodeError.self) { try await nodes[0].propose(replaced("few", [0, 1], content.envelope)) }
                for node in nodes { await node.stop() }
            }
        }

        /// A judge over the network sees sealed requests only where its council file says so.
        @Test func remoteJudgesAreNotShownThem() async throws {
            try await withFolder { folder in
                let port = try Ports.free(1)
                let listener = try ListeningSocket(port: port)
                let endpoint = "url: 'http://127.0.0.1:\(port)/', allow: [loopback], timeout: 2s, retries: 0"
                let yaml = """
                    version: 1
                    name: asked
                    threshold: 500
                    deadline: 20s
                    seats:
                      - { name: A, mandate: Look., evaluator: { default: { then: approve, reason: Fine. } } }
                      - { name: B, mandate: Ask., evaluator: { http: { \(endpoint) } } }
                    """
                let genesis = try NetworkSetup.create(try Councils.plan([try PlannedCouncil(yaml: yaml, file: "asked")]), in: folder)
                let nodes = try Councils.nodes(folder)
                for node in nodes { try await node.start() }
                let reply = try CompositeKEM.PrivateKey.generate()
                let proposal = try SealedRequest(kind: "command", text: "ls", replyKey: reply.publicKey).sealed(
                    for: try #require(nodes[0].sealingKeys).publicKeys, chain: genesis.chain, nonce: Nonce(idempotencyKey: "r"),
                    council: "asked", isOutcomeSealed: true)
                let decision = try await decide(proposal, by: nodes[0])
                #expect(decision.outcome == .sealed)
                let opened = OpenedDecision(decision, with: reply, in: nodes[0].committee)
                #expect(opened.outcome == .approved && opened.ballots[0].seats.map(\.verdict) == [.approve, .abstain])
                #expect(opened.ballots[0].seats[1].reason == "No verdict: its judge is not shown sealed requests.")
                #expect(!listener.hasCaller)
                for node in nodes { await node.stop() }
            }
        }

        @Test func commandsSealOpenAndReplaceKeys() async throws {
            try await ProcessNetwork.with { network in
                let endpoint = "http://127.0.0.1:\(network.apiPort)"
                let genesis = "\(network.directory)/genesis.json"
                let common = ["--endpoint", endpoint, "--genesis", genesis]
                func run(_ arguments: [String]) async throws -> (code: Int32, output: String, error: String) {
                    try await TrellisProcess.run(arguments, in: network.folder)
                }
                let keys = try await run(["keys", "network"] + common)
                #expect(keys.code == 0 && keys.output.contains("4 keys, all signed"), "\(keys)")
                let seal = ["--seal", "--recipients", "validator-0,1,2", "--clear-field", "agent=me", "--reply-key", "reply.key"]
                let proposed = try await run(["propose", "sudo rm -rf /srv/data", "--receipt", "r.json"] + seal + common)
                #expect(proposed.code == 3 && proposed.output.contains("Deletes /srv/data"), "\(proposed)")
                #expect(proposed.output.contains("abstain  not a recipient"))
                let verified = try await run(["verify", "r.json", "--genesis", genesis, "--reply-key", "reply.key"])
                #expect(verified.code == 0 && verified.output.contains("opened: rejected"), "\(verified)")
                #expect(verified.output.contains("for validators 0, 1, 2") && verified.output.contains("\"agent\"  \"me\""))
                let few = try await run(["propose", "ls", "--seal", "--recipients", "1,2"] + common)
                #expect(few.code == 1 && few.error.contains("hold weight 2"), "\(few)")

                // A new key: the old one still opens, until it is retired.
                try await network.stop(3)
                let folder = "\(network.directory)/validator-3"
                let published = "\(network.directory)/sealing-keys.json"
                let before = Files.text(published)
                let rotate = [
                    "keys", "sealing", "\(folder)/validator.keys", "--genesis", genesis, "--out", published, "--passphrase-file",
                    "\(folder)/passphrase",
                ]
                let rotated = try await run(rotate)
                #expect(rotated.code == 0 && rotated.output.contains("and 1 older"), "\(rotated)")
                #expect(Files.text(published) != before)
                try await network.start([3])
                let again = try await run(
                    ["propose", "ls", "--seal", "--endpoint", "http://127.0.0.1:\(network.apiPort + 3)", "--genesis", genesis])
                #expect(again.code == 0, "\(again)")
                // The file says whose keys they are; one that was swapped is not served.
                try await network.stop(3)
                let swapped = before.replacing("\"validator\" : 0", with: "\"validator\" : 9")
                try Files.write(Array(swapped.utf8), to: published)
                let refused = try await run(["node", "--config", network.configuration(3)])
                #expect(refused.code == 2 && refused.error.contains("sealing-keys.json"), "\(refused)")
            }
        }
    }
}
