// Proposals over HTTP: what is taken, how it is answered, and what an idempotency key does.

import Foundation
import Testing
import TrellisCrypto
import TrellisJSON
import TrellisModel
import TrellisNode
import TrellisVerify

@testable import TrellisAPI

@Suite struct ProposalTests {
    @Test func decidedProposalCarriesVotesAndAReceiptThatVerifies() async throws {
        try await Harness.run { (harness: Harness) async throws in
            let answer = try await harness.post(
                "/v1/proposals?wait=certified", #"{"command": "ls -la", "agent": "a", "fields": {"x": "y"}}"#)
            #expect(answer.status == 201)
            #expect(answer.json["status"] == "approved")
            #expect(answer.json["certified"] == .bool(true))
            #expect(answer.json["fields"]?["agent"] == "a")
            #expect(answer.json["fields"]?["x"] == "y")
            guard case .array(let votes) = answer.json["votes"] else { return #expect(Bool(false), "no votes") }
            #expect(votes.first?["reason"] == "harmless")
            let identifier = try #require(answer.identifier)
            #expect(answer.header("location") == "/v1/proposals/\(identifier)")
            let receipt = try await harness.get("/v1/decisions/\(identifier)/receipt")
            #expect(receipt.status == 200)
            let verified = try Receipt(json: receipt.body).verify(genesis: harness.node.genesis)
            #expect(verified.identifier.description == identifier)
            #expect(try await harness.get("/v1/decisions/\(identifier)").json["status"] == "approved")
            #expect(try await harness.get("/v1/proposals/\(identifier)").json["log_index"] == .integer(0))
            #expect(try await harness.get("/v1/records/\(identifier)").status == 404)
            #expect(try await harness.get("/v1/records/\(identifier)/receipt").status == 404)
        }
    }

    @Test func pendingProposalTimesOutWithItsStateSoFar() async throws {
        try await Harness.run { (harness: Harness) async throws in
            let answer = try await harness.post("/v1/proposals?wait=decided&timeout=1", #"{"text": "please wait", "kind": "text"}"#)
            #expect(answer.status == 202)
            #expect(answer.json["status"] == "pending")
            let identifier = try #require(answer.identifier)
            #expect(try await harness.get("/v1/decisions/\(identifier)").problem == "no-such-decision")
            let receipt = try await harness.get("/v1/decisions/\(identifier)/receipt")
            #expect(receipt.status == 404)
            #expect(receipt.problem == "not-certified")
            #expect(receipt.header("retry-after") == "1")
        }
    }

    @Test func rejectionIsAnAnswerLikeAnyOther() async throws {
        try await Harness.run { (harness: Harness) async throws in
            let answer = try await harness.post("/v1/proposals?wait=decided", #"{"kind": "command", "text": "rm -rf /"}"#)
            #expect(answer.status == 201)
            #expect(answer.json["status"] == "rejected")
        }
    }

    @Test func idempotencyKeys() async throws {
        try await Harness.run { (harness: Harness) async throws in
            let body = #"{"command": "ls"}"#
            let first = try await harness.post("/v1/proposals", body, key: "one")
            let again = try await harness.post("/v1/proposals?wait=decided", body, key: "one")
            let spaced = try await harness.post("/v1/proposals", #"{ "text" : "ls" , "kind":"command" }"#, key: "one")
            let other = try await harness.post("/v1/proposals", body, key: "two")
            let none = try await harness.post("/v1/proposals", body)
            let conflict = try await harness.post("/v1/proposals", #"{"command": "ls -l"}"#, key: "one")
            #expect(first.status == 202 || first.status == 201)
            #expect(again.status == 200)
            #expect(spaced.identifier == first.identifier)
            #expect(again.identifier == first.identifier)
            #expect(other.identifier != first.identifier)
            #expect(none.identifier != first.identifier)
            #expect(none.identifier != other.identifier)
            #expect(conflict.status == 422)
            #expect(conflict.problem == "idempotency-key-reused")
        }
    }

    @Test func keyOfARefusedRequestIsFree() async throws {
        try await Harness.run { (harness: Harness) async throws in
            await harness.node.refuse(with: .overloaded)
            let refused = try await harness.post("/v1/proposals", #"{"command": "ls"}"#, key: "k")
            #expect(refused.status == 429)
            #expect(refused.header("retry-after") == "1")
            await harness.node.refuse(with: nil)
            #expect(try await harness.post("/v1/proposals", #"{"command": "ls -l"}"#, key: "k").status == 201)
        }
    }

    @Test(arguments: [
        (#"{"comand": "ls"}"#, "unknown-member", "did you mean 'command'?"),
        (#"{"command": "ls", "expect": "approve"}"#, "unknown-member", "'expect'"),
        (#"{"command": "ls", "text": "ls"}"#, "bad-request", "give it alone"),
        (#"{"command": "ls", "agent": "a", "fields": {"agent": "b"}}"#, "bad-request", "twice"),
        (#"{"command": 1}"#, "bad-request", "must be a string"),
        (#"{"command": "ls", "fields": ["a"]}"#, "bad-request", "an object of strings"),
        (#"{"command": "ls", "fields": {"": "a"}}"#, "bad-request", "name"),
        (#"{"kind": "command"}"#, "bad-request", "needs 'command' or 'text'"),
        (#"{"command": "ls", "command": "rm"}"#, "malformed-json", "appears twice at byte 18"),
        (#"{"command": "ls"} x"#, "malformed-json", "at byte 18"),
        (#"["command"]"#, "malformed-json", "expected an object"),
        (#"{"command": "\ud800"}"#, "malformed-json", "surrogate"),
    ])
    func refusedBodies(_ body: String, _ problem: String, _ detail: String) async throws {
        try await Harness.run { (harness: Harness) async throws in
            let answer = try await harness.post("/v1/proposals", body)
            #expect(answer.status == 400)
            #expect(answer.problem == problem)
            #expect(answer.detail.contains(detail), "\(answer.detail)")
            #expect(await harness.node.submissions == 0)
        }
    }

    @Test func limitsOfTheModelHold() async throws {
        try await Harness.run { (harness: Harness) async throws in
            let unknown = try await harness.post("/v1/proposals", #"{"command": "ls", "council": "elders"}"#)
            #expect(unknown.status == 422)
            #expect(unknown.problem == "unknown-council")
            let text = String(repeating: "x", count: (1 << 15) + 100)
            #expect(try await harness.post("/v1/proposals", "{\"command\": \"\(text)\"}").status == 413)
            let fields = (0..<65).map { "\"f\($0)\": \"\"" }.joined(separator: ",")
            #expect(try await harness.post("/v1/proposals", "{\"command\": \"ls\", \"fields\": {\(fields)}}").status == 413)
        }
    }

    @Test func shippedExamplesAreTakenAsTheyStand() async throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../Examples/shell-commands.jsonl")
        let lines = try String(contentsOf: path, encoding: .utf8).split(separator: "\n")
        try await Harness.run { (harness: Harness) async throws in
            for line in lines {
                let members = try JSON(parsing: Array(line.utf8)).objectMembers ?? []
                let body = JSON.object(members.filter { $0.name != "expect" })
                let answer = try await harness.send(
                    "POST", "/v1/proposals", headers: [("Content-Type", "application/json")], body: body.bytes)
                #expect(answer.status == 202 || answer.status == 201, "\(line): \(answer.text)")
            }
        }
    }

    @Test func decisionsArePaged() async throws {
        try await Harness.run { (harness: Harness) async throws in
            for index in 0..<5 {
                _ = try await harness.post("/v1/proposals?wait=decided", "{\"command\": \"ls \(index)\"}")
                _ = try await harness.post("/v1/records", #"{"text": "between"}"#)
            }
            var cursor = "0"
            var texts: [String] = []
            for _ in 0..<3 {
                let page = try await harness.get("/v1/decisions?limit=2&cursor=\(cursor)")
                guard case .array(let decisions) = page.json["decisions"] else { return #expect(Bool(false), "no page") }
                texts += decisions.compactMap { $0["text"]?.stringValue }
                cursor = try #require(page.json["next_cursor"]?.stringValue)
            }
            #expect(texts == (0..<5).map { "ls \($0)" })
            #expect(try await harness.get("/v1/decisions?cursor=\(cursor)").json["decisions"] == .array([]))
        }
    }
}
