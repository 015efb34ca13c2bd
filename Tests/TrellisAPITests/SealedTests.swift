// Keys over HTTP, and sealed proposals at the door: what is taken, what is shown of them, and what is refused with which problem.

import Testing
import TrellisClient
import TrellisCrypto
import TrellisJSON
import TrellisModel

@testable import TrellisAPI

@Suite struct SealedTests {
    private func sealed(_ harness: Harness, key: String, text: String = "ls") throws -> SealedDraft {
        let keys = try #require(harness.node.sealingKeys)
        return try ProposalDraft(text: text).sealed(with: keys, clear: ["agent": "a"], idempotencyKey: key)
    }

    private func body(_ envelope: [UInt8], recipients: String = "[0]", more: String = "") -> String {
        #"{"fields":{"agent":"a"},"kind":"sealed","sealed":{"recipients":\#(recipients),"envelope":"\#(Base64.encode(envelope))"}\#(more)}"#
    }

    @Test func keysAreServedAndChecked() async throws {
        try await Harness.run { harness in
            for path in ["/v1/keys", "/api/keys"] {
                let answer = try await harness.get(path)
                #expect(answer.status == 200 && answer.header("Cache-Control") == "public, max-age=3600")
                let keys = try SealingKeys(json: answer.body, committee: harness.node.committee)
                #expect(keys[0]?.publicKey == harness.node.sealingKey.publicKey)
                // Another key under the same signature, the same key under another name, another chain: none is taken.
                let text = answer.text
                let other = try CompositeKEM.PrivateKey.generate().publicKey
                let point = Base64.encode(Array(harness.node.sealingKey.publicKey.suffix(97)))
                let swapped = text.replacing(point, with: Base64.encode(Array(other.suffix(97))))
                #expect(swapped != text)
                #expect(throws: SealingKeysError.notSigned(0)) {
                    try SealingKeys(json: Array(swapped.utf8), committee: harness.node.committee)
                }
                for (old, new) in [
                    ("\"solo\"", "\"sola\""), ("\"validator\" : 0", "\"validator\" : 1"), ("\"epoch\" : 0", "\"epoch\" : 1"),
                ] {
                    let changed = text.replacing(old, with: new)
                    #expect(changed != text)
                    #expect(throws: SealingKeysError.self) {
                        try SealingKeys(json: Array(changed.utf8), committee: harness.node.committee)
                    }
                }
            }
            #expect(throws: SealingKeysError.self) { try SealingKeys(json: [0x7B], committee: harness.node.committee) }
            let tag = try #require(try await harness.get("/v1/keys").header("ETag"))
            for held in [tag, "*", "\"other\", W/\(tag)"] {
                let answer = try await harness.get("/api/keys", headers: [("If-None-Match", held)])
                #expect(answer.status == 304 && answer.header("ETag") == tag && answer.header("Cache-Control") == "public, max-age=3600")
            }
            #expect(try await harness.get("/v1/keys", headers: [("If-None-Match", "\"other\"")]).status == 200)
        }
    }

    @Test func sealedProposalsAreTakenAndShownSealed() async throws {
        try await Harness.run { harness in
            let client = try UnverifiedClient(endpoint: harness.endpoint)
            let sealed = try self.sealed(harness, key: "one")
            let reply = try await client.propose(sealed.draft, idempotencyKey: "one")
            #expect(Digest(hex: reply.value.id) == sealed.identifier)
            let view = try await harness.get("/v1/proposals/\(sealed.identifier)")
            #expect(view.json["sealed"]?["recipients"] == .array([.number("0")]))
            #expect(view.json["sealed"]?["outcome"] == "clear" && view.json["text"] == "" && view.json["kind"] == "sealed")
            let keys = try await client.sealingKeys(harness.node.committee)
            #expect(keys.keys.count == 1)
            try await client.shutdown()
        }
    }

    @Test func badOnesAreRefusedAtTheDoor() async throws {
        try await Harness.run { harness in
            let draft = try sealed(harness, key: "k").draft
            let envelope = try #require(draft.proposal(idempotencyKey: "k").sealed?.envelope)
            func problem(_ body: String, key: String? = "k") async throws -> (Int, String?) {
                let answer = try await harness.post("/v1/proposals", body, key: key)
                return (answer.status, answer.problem)
            }
            let stranger = try Envelope.seal([1], to: [try CompositeKEM.PrivateKey.generate().publicKey], context: .init(purpose: .block))
            #expect(try await problem(body(stranger)) == (422, "unknown-recipient"))
            #expect(try await problem(body(envelope, recipients: "[1]")) == (422, "sealing"))
            #expect(try await problem(body(envelope, recipients: "[0, 1]")) == (422, "sealing"))
            #expect(try await problem(body(Array(envelope.prefix(300)))) == (422, "sealing"))
            #expect(try await problem(body([])) == (422, "sealing"))
            #expect(try await problem(body(envelope), key: nil).0 == 400)
            let texts = ["[]", "[0,0]", "[1,0]", "[-1]", "[0.5]", "[\"0\"]", "0", "{}"]
            for recipients in texts { #expect(try await problem(body(envelope, recipients: recipients)).0 == 400, "\(recipients)") }
            #expect(try await problem(body(envelope, more: #","text":"ls""#)).0 == 400)
            #expect(try await problem(#"{"sealed":{"recipients":[0],"envelope":"*"}}"#).0 == 400)
            #expect(try await problem(#"{"sealed":{"recipients":[0],"envelope":"AA==","outcome":"maybe"}}"#).0 == 400)
            #expect(try await problem(#"{"sealed":{"recipients":[0],"envelope":"AA==","extra":1}}"#).0 == 400)
            #expect(try await problem(body(envelope)).0 == 201)
        }
    }
}
