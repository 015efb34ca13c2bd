// What the API says of the optimizer, and who may change it.

import Testing
import TrellisAccess
import TrellisJSON
import TrellisNode

@testable import TrellisAPI

@Suite struct OptimizerTests {
    @Test func whatItDoesIsTold() async throws {
        try await Harness.run { (harness: Harness) async throws in
            let recommended = try await harness.get("/v1/optimizer/recommendations")
            #expect(recommended.status == 200 && recommended.json["mode"]?.stringValue == "observe")
            #expect(recommended.json["in_force"]?["leader_timeout_ms"] == .integer(25))
            let performance = try await harness.get("/v1/optimizer/performance")
            #expect(performance.status == 200 && performance.json["measured"] == .integer(0))
            let health = try await harness.get("/health/ai")
            #expect(health.status == 200 && health.json["last"] == .null)
        }
    }

    @Test func itsModeIsSet() async throws {
        try await Harness.run { (harness: Harness) async throws in
            let json = [("Content-Type", "application/json")]
            for mode in OptimizerMode.allCases {
                let answer = try await harness.send(
                    "POST", "/v1/optimizer/update", headers: json, body: Array("{\"mode\":\"\(mode)\"}".utf8))
                #expect(answer.status == 200 && answer.json["mode"]?.stringValue == mode.rawValue)
            }
            for body in ["{}", "{\"mode\": \"fast\"}", "{\"mode\": 1}", "{\"mode\": \"off\", \"quorum\": 1}", "[]", "{"] {
                let answer = try await harness.send("POST", "/v1/optimizer/update", headers: json, body: Array(body.utf8))
                #expect(answer.status == 400, "\(body)")
            }
            await harness.node.refuse(with: .invalid("the bounds"))
            let refused = try await harness.send("POST", "/v1/optimizer/update", headers: json, body: Array("{\"mode\":\"apply\"}".utf8))
            #expect(refused.status == 422)
        }
    }

    @Test func pagesOfOthersDoNotSetIt() async throws {
        try await Harness.run(access: try AccessList(clients: [], isOpen: true)) { (harness: Harness) async throws in
            for foreign in [("Host", "example.org"), ("Origin", "http://example.org")] {
                let answer = try await harness.send(
                    "POST", "/v1/optimizer/update", headers: [("Content-Type", "application/json"), foreign],
                    body: Array("{\"mode\":\"off\"}".utf8))
                #expect(answer.status == 403 && answer.problem == "other-host")
                #expect(try await harness.get("/v1/status", headers: [foreign]).status == 200)
            }
        }
    }

    @Test func onlyTheOptimizersModeChangesAValidator() async throws {
        let api = API(service: try StandInNode(), options: .init(), access: try AccessList.local.listening(on: "localhost"))
        #expect(api.routes.filter(\.changesValidator).map(\.path) == ["/v1/optimizer/update"])
    }
}
