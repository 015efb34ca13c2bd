// The audit trail over HTTP: its state, its log and a quote that verify together, and what is refused.

import Testing
import TrellisAudit
import TrellisCrypto
import TrellisJSON
import TrellisNode

@testable import TrellisAPI

@Suite struct AuditRouteTests {
    @Test func logAndQuoteVerifyTogether() async throws {
        try await Harness.run { (harness: Harness) async throws in
            let nonce = [UInt8](repeating: 6, count: 32)
            _ = try await harness.post("/v1/proposals?wait=certified", #"{"command": "ls"}"#)
            let quote = try await harness.post("/v1/audit/quote", #"{"nonce": "\#(Hex.encode(nonce))"}"#)
            #expect(quote.status == 200)
            let log = try await harness.get("/v1/audit/log")
            #expect(log.header("content-type") == ContentType.lines)
            #expect(try await harness.get("/v1/audit/log?from=1").text.contains(#""event":"attested""#))
            #expect(try await harness.get("/v1/audit/log?from=2").body == [])
            var expected = AuditExpectation()
            expected.nonce = nonce
            expected.committee = harness.node.committee
            let report = try AuditVerification.verify(log: log.body, quote: quote.body, expected)
            #expect(!report.isHardware && report.isNonceChecked && report.isValidatorChecked)
            #expect(report.replay.checkpoints == 1)
        }
    }

    @Test func theStateSaysSoftware() async throws {
        try await Harness.run { (harness: Harness) async throws in
            let state = try await harness.get("/v1/audit").json
            #expect(state["module"] == "software")
            #expect(state["reason"] == "a test")
            #expect(state["records"] == .integer(1))
        }
    }

    @Test(arguments: [
        "{}", #"{"nonce": 7}"#, #"{"nonce": "00"}"#, #"{"nonce": "0g00000000000000"}"#, #"{"nonce": "000000000000000"}"#,
        #"{"nonce": "\#(String(repeating: "00", count: 65))"}"#, #"{"nonce": "0000000000000000", "more": 1}"#,
    ])
    func badNoncesAreRefused(_ body: String) async throws {
        try await Harness.run { (harness: Harness) async throws in
            let answer = try await harness.post("/v1/audit/quote", body)
            #expect([400, 422].contains(answer.status))
        }
    }

    @Test func whoAsksTooOftenIsToldToWait() async throws {
        try await Harness.run { (harness: Harness) async throws in
            await harness.node.refuse(with: .tooSoon)
            let answer = try await harness.post("/v1/audit/quote", #"{"nonce": "0000000000000000"}"#)
            #expect(answer.status == 429 && answer.problem == "too-soon")
            #expect(answer.header("retry-after") == "1")
            #expect(try await harness.get("/v1/audit/log?from=-1").status == 400)
        }
    }
}
