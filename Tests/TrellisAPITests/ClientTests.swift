// The clients against the server: what they send is what the API takes, and nothing is handed on as proven that was not verified.

import Testing
import TrellisClient
import TrellisCrypto
import TrellisModel
import TrellisNode
import TrellisVerify

@testable import TrellisAPI

@Suite struct ClientTests {
    /// Clients of the harness's server: one that believes nobody, and one that says what the validator says.
    private func withClients(
        genesis: Genesis? = nil, endpoints: [String] = [], _ body: (TrellisClient, UnverifiedClient, Harness) async throws -> Void
    ) async throws {
        try await Harness.run { (harness: Harness) async throws in
            let client = try TrellisClient(endpoints: endpoints + [harness.endpoint + "/"], genesis: genesis ?? harness.node.genesis)
            let plain = try UnverifiedClient(endpoint: harness.endpoint)
            do { try await body(client, plain, harness) } catch {
                try? await client.shutdown()
                try? await plain.shutdown()
                throw error
            }
            try await client.shutdown()
            try await plain.shutdown()
        }
    }

    @Test func whatAValidatorSays() async throws {
        try await withClients { (_, client: UnverifiedClient, harness: Harness) async throws in
            let reply = try await client.propose(.init(text: "ls", fields: ["cwd": "/"]), idempotencyKey: "k", wait: .certified)
            #expect(reply.value.status == .approved)
            #expect(reply.value.certified == true)
            #expect(reply.value.votes?.first?.name == "only seat")
            #expect(reply.isComplete)
            let identifier = try #require(Digest(hex: reply.value.id))
            #expect(try await client.decision(identifier).value.decidedMs == reply.value.decidedMs)
            #expect(try await client.genesis() == harness.node.genesis)
            #expect(try await client.status().value.logSize == 1)
            let pending = try await client.propose(.init(text: "wait"), wait: .decided, timeout: 1)
            #expect(pending.value.status == .pending)
            #expect(!pending.isComplete)
        }
    }

    @Test func decisionsAreProven() async throws {
        try await withClients { (client: TrellisClient, _, _) async throws in
            let proven = try await client.propose(.init(text: "rm -rf /"), idempotencyKey: "k")
            #expect(proven.outcome == .rejected)
            #expect(proven.decision.proposal.text == "rm -rf /")
            #expect(proven.receipt.stake == 1)
            let identifier = proven.receipt.identifier
            #expect(try await client.decision(identifier).decision == proven.decision)
            #expect(try client.verify(Receipt(json: proven.json)).identifier == identifier)
            #expect(try await client.propose(.init(text: "rm -rf /"), idempotencyKey: "k").receipt.identifier == identifier)
            let record = try await client.record([1, 2, 3])
            #expect(record.receipt.entry.wireBytes.suffix(3) == [1, 2, 3])
        }
    }

    @Test func recordsAreIdentifiedByTheirKey() async throws {
        try await withClients { (_, client: UnverifiedClient, _) async throws in
            let submitted = try await client.submitRecords((0..<100).map { [UInt8($0)] }, wait: .certified)
            #expect(submitted.identifiers.count == 100)
            #expect(submitted.isReached)
            let receipt = try await client.receipt(of: try #require(submitted.identifiers.last), isRecord: true)
            #expect(receipt.receipt.index == 99)
        }
    }

    @Test func receiptOfAnotherChainIsNotBelieved() async throws {
        var other = try StandInNode().genesis
        other.nonce[0] ^= 1
        try await withClients(genesis: other) { (client: TrellisClient, _, _) async throws in
            await expect(client, "ls") { if case .badReceipt = $0 { true } else { false } }
        }
    }

    @Test func whoLiesOrIsGoneIsPassedOver() async throws {
        // The first endpoint has nobody; the second is of another chain, so that all it says is false here.
        var foreign = try StandInNode().genesis
        foreign.nonce[0] ^= 1
        try await Harness.run(node: try StandInNode(genesis: foreign)) { (liar: Harness) async throws in
            let endpoints = ["http://127.0.0.1:1", liar.endpoint]
            try await withClients(endpoints: endpoints) { (client: TrellisClient, _, harness: Harness) async throws in
                let proven = try await client.propose(.init(text: "ls"), idempotencyKey: "k")
                #expect(proven.outcome == .approved)
                #expect(proven.receipt.checkpoint.chain == harness.node.committee.chain)
                // It was asked, and asked once.
                #expect(await liar.node.submissions == 1)
            }
        }
    }

    @Test func busyValidatorsAreAskedAgain() async throws {
        try await withClients { (client: TrellisClient, _, harness: Harness) async throws in
            await harness.node.refuse(with: .overloaded)
            async let proven = client.propose(.init(text: "ls"))
            while await harness.node.refusals == 0 { await Task.yield() }
            await harness.node.refuse(with: nil)
            #expect(try await proven.outcome == .approved)
        }
    }

    @Test func whatIsNotDecidedNamesItsProposal() async throws {
        try await withClients { (client: TrellisClient, _, _) async throws in
            let draft = ProposalDraft(text: "wait")
            await expect(client, "wait", key: "k", timeout: 1) { error in
                guard case .undecided(let proposal, "k", _) = error else { return false }
                return proposal == Proposal(nonce: Nonce(idempotencyKey: "k"), kind: draft.kind, text: draft.text).identifier
            }
        }
    }

    @Test func cancellingEndsTheWait() async throws {
        try await withClients { (client: TrellisClient, _, harness: Harness) async throws in
            let task = Task { try await client.propose(.init(text: "wait"), timeout: 300) }
            while await harness.node.submissions == 0 { await Task.yield() }
            task.cancel()
            do {
                _ = try await task.value
                Issue.record("it was decided")
            } catch {
                guard case ClientError.cancelled = error else {
                    Issue.record("\(error)")
                    return
                }
            }
        }
    }

    @Test func problemsAndSilenceAreErrors() async throws {
        try await withClients { (client: TrellisClient, plain: UnverifiedClient, harness: Harness) async throws in
            await harness.node.refuse(with: .overloaded)
            do throws(ClientError) {
                _ = try await plain.propose(.init(text: "ls"))
                Issue.record("it was taken")
            } catch {
                if case .problem(let problem) = error {
                    #expect(problem.status == 429)
                    #expect(problem.name == "overloaded")
                } else {
                    Issue.record("\(error)")
                }
            }
            await expect(client, "ls", council: "nobody") { if case .problem(let problem) = $0 { problem.status < 500 } else { false } }
            await harness.server.stop()
            do throws(ClientError) {
                _ = try await plain.status()
                Issue.record("it answered")
            } catch {
                if case .unreachable = error { return }
                Issue.record("\(error)")
            }
        }
        for endpoint in ["", "localhost:8080", "ftp://x", "http://", "http://x?y"] {
            #expect(throws: ClientError.self, "\(endpoint)") { _ = try UnverifiedClient(endpoint: endpoint) }
        }
    }

    private func expect(
        _ client: TrellisClient, _ text: String, council: String? = nil, key: String = TrellisClient.newKey(), timeout: Int = 30,
        _ isExpected: (ClientError) -> Bool
    ) async {
        do throws(ClientError) {
            _ = try await client.propose(ProposalDraft(text: text, council: council), idempotencyKey: key, timeout: timeout)
            Issue.record("it was taken")
        } catch {
            #expect(isExpected(error), "\(error)")
        }
    }
}
