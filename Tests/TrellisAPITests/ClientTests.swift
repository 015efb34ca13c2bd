// The client against the server: what it sends is what the API takes, and it believes no receipt it has not verified.

import Testing
import TrellisClient
import TrellisCrypto
import TrellisModel
import TrellisNode
import TrellisVerify

@testable import TrellisAPI

@Suite struct ClientTests {
    private func withClient(genesis: Genesis? = nil, _ body: (TrellisClient, Harness) async throws -> Void) async throws {
        try await Harness.run { (harness: Harness) async throws in
            let client = try TrellisClient(endpoint: harness.endpoint + "/", genesis: genesis ?? harness.node.genesis)
            do { try await body(client, harness) } catch {
                try? await client.shutdown()
                throw error
            }
            try await client.shutdown()
        }
    }

    @Test func proposalsDecisionsAndReceipts() async throws {
        try await withClient { (client: TrellisClient, harness: Harness) async throws in
            let reply = try await client.propose(.init(text: "ls", fields: ["cwd": "/"]), idempotencyKey: "k", wait: .certified)
            #expect(reply.value.status == .approved)
            #expect(reply.value.certified == true)
            #expect(reply.value.votes?.first?.name == "only seat")
            #expect(reply.isComplete)
            let identifier = try #require(Digest(hex: reply.value.id))
            #expect(try await client.decision(identifier).value.decidedMs == reply.value.decidedMs)
            #expect(try await client.receipt(of: identifier).verified?.stake == 1)
            #expect(try await client.genesis() == harness.node.genesis)
            #expect(try await client.status().value.logSize == 1)
            let pending = try await client.propose(.init(text: "wait"), wait: .decided, timeout: 1)
            #expect(pending.value.status == .pending)
            #expect(!pending.isComplete)
        }
    }

    @Test func recordsAndTheirReceipts() async throws {
        try await withClient { (client: TrellisClient, _: Harness) async throws in
            let submitted = try await client.submitRecords((0..<100).map { [UInt8($0)] }, wait: .certified)
            #expect(submitted.identifiers.count == 100)
            #expect(submitted.isReached)
            let receipt = try await client.receipt(of: try #require(submitted.identifiers.last), isRecord: true)
            #expect(receipt.verified?.index == 99)
        }
    }

    @Test func receiptOfAnotherChainIsNotBelieved() async throws {
        var other = try StandInNode().genesis
        other.nonce[0] ^= 1
        try await withClient(genesis: other) { (client: TrellisClient, _: Harness) async throws in
            let reply = try await client.propose(.init(text: "ls"), wait: .certified)
            let identifier = try #require(Digest(hex: reply.value.id))
            await #expect(throws: ClientError.self) { try await client.receipt(of: identifier) }
        }
    }

    @Test func problemsAndSilenceAreErrors() async throws {
        try await withClient { (client: TrellisClient, harness: Harness) async throws in
            await harness.node.refuse(with: .overloaded)
            do throws(ClientError) {
                _ = try await client.propose(.init(text: "ls"))
                Issue.record("it was taken")
            } catch {
                if case .problem(let problem) = error {
                    #expect(problem.status == 429)
                    #expect(problem.name == "overloaded")
                } else {
                    Issue.record("\(error)")
                }
            }
            await harness.server.stop()
            do throws(ClientError) {
                _ = try await client.status()
                Issue.record("it answered")
            } catch {
                if case .unreachable = error { return }
                Issue.record("\(error)")
            }
        }
        for endpoint in ["", "localhost:8080", "ftp://x", "http://", "http://x?y"] {
            #expect(throws: ClientError.self, "\(endpoint)") { _ = try TrellisClient(endpoint: endpoint) }
        }
    }
}
