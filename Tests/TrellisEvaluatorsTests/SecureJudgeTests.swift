// Judges behind TLS: whom a seat trusts, under which name it asks, and that it goes nowhere else.

import Foundation
import Testing

@testable import TrellisEvaluators

@Suite struct SecureJudgeTests {
    private func ask(_ url: String, certificates: String?, retries: Int = 4) async -> Evaluation {
        var endpoint = RemoteEndpoint(url: url)
        endpoint.allowed = [.loopback]
        endpoint.timeout = 20_000
        // "localhost" may have an address of IPv6 too, where nobody listens: attempts go through them all.
        endpoint.retries = retries
        endpoint.certificates = certificates
        let plan = EvaluatorPlan.http(HTTPPlan(endpoint: endpoint, style: .trellis))
        return await plan.evaluate(EvaluationInput(kind: "text", text: "x"), for: SeatBrief(council: "c", seat: "s", mandate: "Look."))
    }

    private func withAuthority(_ body: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "trellis-authority-\(UUID()).pem").path
        try Data(TestCertificates.authority.utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    private let approval: @Sendable (JudgeServer.Request) -> Answer = { _ in .json(#"{"verdict": "approve", "reason": "ok"}"#) }

    /// The connection goes to the address that was looked at, and asks there for the name that the file gives.
    @Test func trustedByAnAuthorityOfOnesOwn() async throws {
        try await withAuthority { authority in
            try await JudgeServer.with(secure: true, approval) { server in
                #expect(await ask(server.secureURL, certificates: authority).verdict == .approve)
                #expect(Set(server.names) == ["localhost"] && server.requests.count == 1)
            }
        }
    }

    @Test func notTrusted() async throws {
        try await withAuthority { authority in
            try await JudgeServer.with(secure: true, approval) { server in
                // The system knows no such authority, and the certificate is not of this address.
                let cases = [(server.secureURL, nil), ("https://127.0.0.1:\(server.port)/judge", authority)]
                for (url, certificates) in cases {
                    let evaluation = await ask(url, certificates: certificates)
                    #expect(evaluation.reason == "No verdict: its judge cannot be reached securely.", "\(evaluation)")
                }
                #expect(server.requests.isEmpty)
            }
            // Nobody speaks TLS there; that is not tried again.
            try await JudgeServer.with(approval) { server in
                let evaluation = await ask("https://127.0.0.1:\(server.port)/judge", certificates: authority)
                #expect(evaluation.reason == "No verdict: its judge cannot be reached securely.", "\(evaluation)")
                #expect(server.connectionCount == 1)
            }
        }
    }

    @Test func withoutTheFile() async throws {
        var endpoint = RemoteEndpoint(url: "https://localhost/")
        endpoint.allowed = [.loopback]
        endpoint.certificates = "/no/such/file.pem"
        let plan = EvaluatorPlan.http(HTTPPlan(endpoint: endpoint, style: .trellis))
        #expect(plan.missing(environment: [:]) == "certificates in /no/such/file.pem")
        #expect(
            await ask("https://localhost/", certificates: "/no/such/file.pem").detail == "there are no certificates in /no/such/file.pem")
        // A file without any.
        endpoint.certificates = "/etc/hostname"
        #expect(EvaluatorPlan.http(HTTPPlan(endpoint: endpoint, style: .trellis)).missing(environment: [:]) != nil)
        try await withAuthority { authority in
            endpoint.certificates = authority
            #expect(EvaluatorPlan.http(HTTPPlan(endpoint: endpoint, style: .trellis)).missing(environment: [:]) == nil)
        }
    }
}
