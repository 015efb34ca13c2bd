// Judges that have gone elsewhere: how far they are followed, and what is not taken along.

import Testing

@testable import TrellisEvaluators

@Suite struct RedirectTests {
    private let verdict = #"{"verdict": "approve", "reason": "Found."}"#

    private func ask(_ url: String, redirects: Int, token: String? = nil, retries: Int = 0) async -> Evaluation {
        var endpoint = RemoteEndpoint(url: url)
        endpoint.allowed = [.loopback]
        endpoint.timeout = 20_000
        endpoint.retries = retries
        endpoint.redirects = redirects
        endpoint.tokenVariable = token
        let plan = EvaluatorPlan.http(HTTPPlan(endpoint: endpoint, style: .trellis))
        return await plan.evaluate(
            EvaluationInput(kind: "text", text: "x"), for: SeatBrief(council: "c", seat: "s", mandate: "Look."))
    }

    @Test(arguments: ["http://169.254.169.254/latest/meta-data/", "/elsewhere", "https://example.com/"])
    func refusedWhereNoneIsAllowed(location: String) async throws {
        try await JudgeServer.with({ _ in .redirect(location) }) { server in
            let evaluation = await ask(server.url, redirects: 0, retries: 3)
            #expect(evaluation.reason == "No verdict: its judge redirects elsewhere.")
            #expect(evaluation.detail?.contains("(302)") == true && server.requests.count == 1)
        }
    }

    @Test(arguments: [301, 302, 307, 308])
    func followedWithTheSameQuestion(status: Int) async throws {
        let verdict = verdict
        try await JudgeServer.with({ $0.path == "/moved/judge" ? .json(verdict) : .redirect("moved/judge", status: status) }) { server in
            #expect(await ask(server.url, redirects: 1, token: "PATH").reason == "Found.")
            #expect(server.requests.map(\.path) == ["/judge", "/moved/judge"])
            #expect(Set(server.requests.map(\.body)).count == 1)
            // The same server may know the token.
            #expect(server.requests.allSatisfy { $0.token?.hasPrefix("Bearer /") == true })
        }
    }

    @Test func theTokenStaysWithItsServer() async throws {
        let verdict = verdict
        try await JudgeServer.with({ $0.path == "/back" ? .redirect("http://127.0.0.1:9/") : .json(verdict) }) { other in
            let elsewhere = other.url
            try await JudgeServer.with({ _ in .redirect(elsewhere) }) { server in
                #expect(await ask(server.url, redirects: 3, token: "PATH").verdict == .approve)
                #expect(server.requests.first?.token != nil && other.requests.first?.token == nil && other.requests.count == 1)
            }
        }
        // A name is another server than the address behind it.
        let here = try #require(RemoteLocation("http://127.0.0.1:80/x"))
        let same = ["http://127.0.0.1/y", "/z", "//127.0.0.1/"].map { RemoteLocation($0, from: here)?.isOfServer(of: here) }
        #expect(same == [true, true, true])
        let others = ["https://127.0.0.1/y", "http://localhost/x", "http://127.0.0.1:81/"].map {
            RemoteLocation($0, from: here)?.isOfServer(of: here)
        }
        #expect(others == [false, false, false])
    }

    @Test func everyHopIsLookedAt() async throws {
        try await JudgeServer.with({ _ in .redirect("http://169.254.169.254/latest/meta-data/") }) { server in
            let evaluation = await ask(server.url, redirects: 3)
            #expect(evaluation.reason == "No verdict: its judge is at an address that is not allowed.")
            #expect(evaluation.detail == "169.254.169.254 is a metadata address, which is not allowed")
        }
        try await JudgeServer.with({ _ in .redirect("http://8.8.8.8/") }) { server in
            #expect(await ask(server.url, redirects: 3).detail?.contains("nothing goes unencrypted") == true)
        }
    }

    @Test func circlesEnd() async throws {
        try await JudgeServer.with({ _ in .redirect("/judge") }) { server in
            #expect(await ask(server.url, redirects: 3).detail?.contains("(302)") == true)
            #expect(server.requests.count == 4)
        }
    }

    /// 303 leads to something to read, and the others to nothing that could be asked.
    @Test(arguments: [
        ("/else", 303), ("/else", 300), ("ftp://127.0.0.1/x", 302), ("http://user:secret@127.0.0.1/", 302), ("http://%31/", 302),
    ])
    func neverFollowed(location: String, status: Int) async throws {
        try await JudgeServer.with({ _ in .redirect(location, status: status) }) { server in
            #expect(await ask(server.url, redirects: 3).reason == "No verdict: its judge redirects elsewhere.")
            #expect(server.requests.count == 1)
        }
    }
}
