// Judges over the network, against real servers on this machine: good answers, and everything that must end in an abstention with a reason.

import Testing

@testable import TrellisEvaluators

@Suite struct RemoteEvaluatorTests {
    private let input = EvaluationInput(kind: "command", text: "ls \"größe\"", fields: ["agent": "coder"])
    private let seat = SeatBrief(council: "c", seat: "Guardian", mandate: "Look closely.")

    private func endpoint(_ server: JudgeServer, timeout: UInt64 = 20_000, retries: Int = 0) -> RemoteEndpoint {
        var endpoint = RemoteEndpoint(url: server.url)
        endpoint.allowed = [.loopback]
        endpoint.timeout = timeout
        endpoint.retries = retries
        return endpoint
    }

    private func http(_ endpoint: RemoteEndpoint, _ style: HTTPPlan.Style = .trellis) async -> Evaluation {
        await EvaluatorPlan.http(HTTPPlan(endpoint: endpoint, style: style)).evaluate(input, for: seat)
    }

    /// With the detail in the log of this machine alone: the vote says no more than one of a few fixed reasons.
    private func expectAbstention(_ evaluation: Evaluation, _ detail: String) {
        #expect(evaluation.verdict == .abstain)
        #expect(evaluation.detail?.contains(detail) == true, "\(evaluation.detail ?? "")")
        #expect(evaluation.reason.hasPrefix("No verdict: its judge"), "\(evaluation.reason)")
        let told = evaluation.reason.unicodeScalars.filter { !("a"..."z").contains($0) && !" ':.NHTTP".unicodeScalars.contains($0) }
        #expect(told.isEmpty, "\(evaluation.reason)")
    }

    // MARK: - HTTP

    @Test func verdictsOfAnEndpoint() async throws {
        try await JudgeServer.with({ _ in .json(#"{"verdict": "reject", "reason": "Not on a Friday."}"#) }) { server in
            let evaluation = await http(endpoint(server))
            #expect(evaluation == Evaluation(verdict: .reject, reason: "Not on a Friday.", rule: nil))
            let body = try JSONValue(json: Array(try #require(server.requests.first?.body).utf8))
            #expect(body["mandate"]?.text == "Look closely." && body["seat"]?.text == "Guardian" && body["council"]?.text == "c")
            #expect(body.value(at: "/proposal/text")?.text == input.text && body.value(at: "/proposal/fields/agent")?.text == "coder")
            #expect(server.requests.map(\.path) == ["/judge"] && server.requests.first?.token == nil)
        }
    }

    @Test(arguments: [
        #"{}"#, #"[]"#, #""approve""#, #"{"verdict": "approve"}"#, #"{"verdict": "approve", "reason": ""}"#,
        #"{"verdict": "yes", "reason": "x"}"#,
        #"{"verdict": "approve", "reason": "x", "verdict": "reject"}"#, #"{"verdict": "approve", "reason": "x", "more": 1}"#, "",
    ])
    func answersThatAreNoVerdict(answer: String) async throws {
        try await JudgeServer.with({ _ in .json(answer) }) { expectAbstention(await http(endpoint($0)), "its judge") }
    }

    @Test func hangs() async throws {
        try await JudgeServer.with({ _ in .hang }) { server in
            expectAbstention(await http(endpoint(server, timeout: 200)), "did not answer within 200 ms")
        }
    }

    @Test func floods() async throws {
        try await JudgeServer.with({ _ in .flood(1 << 30) }) { server in
            expectAbstention(await http(endpoint(server)), "has more than 65536 bytes")
            #expect(server.sent < 64 << 20, "\(server.sent) bytes were taken")
        }
    }

    @Test func answersWithHTML() async throws {
        try await JudgeServer.with({ _ in .text(status: 200, type: "text/html; charset=utf-8", "<html>Log in</html>") }) { server in
            expectAbstention(await http(endpoint(server)), "no JSON but text/html")
        }
    }

    @Test func triesAgain() async throws {
        let answers: [Answer] = [
            .text(status: 503, type: "text/plain", "busy"), .hangUp, .json(#"{"verdict": "approve", "reason": "At last."}"#),
        ]
        try await JudgeServer.with({ answers[min($0.number, 2)] }) { server in
            #expect(await http(endpoint(server, retries: 2)).reason == "At last.")
            #expect(server.requests.count == 3)
        }
        try await JudgeServer.with({ _ in .text(status: 503, type: "text/plain", "busy") }) { server in
            expectAbstention(await http(endpoint(server, retries: 1)), "status 503")
            #expect(server.requests.count == 2)
        }
        try await JudgeServer.with({ _ in .text(status: 403, type: "text/plain", "no") }) { server in
            expectAbstention(await http(endpoint(server, retries: 3)), "status 403")
            #expect(server.requests.count == 1)
        }
    }

    @Test func nobodyListens() async {
        var endpoint = RemoteEndpoint(url: "http://127.0.0.1:9/")
        endpoint.allowed = [.loopback]
        expectAbstention(await http(endpoint), "cannot be reached")
        expectAbstention(await http(RemoteEndpoint(url: "https://judge.invalid/")), "judge.invalid cannot be found")
    }

    @Test func tokens() async throws {
        try await JudgeServer.with({ _ in .json(#"{"verdict": "approve", "reason": "ok"}"#) }) { server in
            var endpoint = endpoint(server)
            endpoint.tokenVariable = "PATH"
            let plan = EvaluatorPlan.http(HTTPPlan(endpoint: endpoint, style: .trellis))
            #expect(plan.missing(environment: [:]) == "the environment variable PATH" && plan.missing(environment: ["PATH": "x"]) == nil)
            #expect(await http(endpoint).verdict == .approve)
            #expect(server.requests.first?.token?.hasPrefix("Bearer /") == true)
            endpoint.tokenVariable = "TRELLIS_NO_SUCH_VARIABLE"
            #expect(await http(endpoint).reason == "No verdict: its judge is not set up.")
            expectAbstention(await http(endpoint), "no token in TRELLIS_NO_SUCH_VARIABLE")
        }
    }

    /// Seats ask often, and a handshake costs more than a question.
    @Test func connectionsAreShared() async throws {
        try await JudgeServer.with({ _ in .json(#"{"verdict": "approve", "reason": "ok"}"#) }) { server in
            for _ in 0..<5 { #expect(await http(endpoint(server)).verdict == .approve) }
            #expect(server.requests.count == 5 && server.connectionCount < 5)
        }
    }

    // MARK: - Addresses

    @Test(arguments: [
        ("http://127.0.0.1/", AddressKind.loopback), ("http://localhost/", .loopback), ("http://127.1/", .loopback),
        ("http://2130706433/", .loopback),
        ("http://0x7f.0.0.1/", .loopback), ("http://[::1]/", .loopback), ("http://[::ffff:10.1.2.3]/", .privateNetwork),
        ("http://169.254.169.254/latest/", .metadata), ("http://[fd00:ec2::254]/", .metadata), ("http://[fd00:ec2::23]/", .metadata),
        ("http://169.254.1.1/", .linkLocal),
        ("http://10.0.0.1/", .privateNetwork), ("http://[fe80::1]/", .linkLocal), ("http://0.0.0.0/", .special),
    ])
    func refusedAddresses(url: String, kind: AddressKind) async {
        expectAbstention(await http(RemoteEndpoint(url: url)), "is a \(kind.rawValue) address, which is not allowed")
    }

    /// What a file allows for the networks of its owner opens no way in the clear to anybody else.
    @Test func nothingGoesUnencryptedToPublicAddresses() async {
        for host in ["8.8.8.8", "[2606:4700::1111]"] {
            var endpoint = RemoteEndpoint(url: "http://\(host)/")
            endpoint.allowed = [.loopback, .privateNetwork]
            expectAbstention(await http(endpoint), "has a public address, to which nothing goes unencrypted")
        }
    }

    @Test(arguments: [
        ("8.8.8.8", AddressKind.open), ("2606:4700::1111", .open), ("172.31.255.255", .privateNetwork), ("172.32.0.1", .open),
        ("100.64.0.1", .privateNetwork), ("100.100.100.200", .metadata), ("255.255.255.255", .special), ("224.0.0.1", .special),
        ("64:ff9b::a9fe:a9fe", .metadata), ("2002:7f00:1::", .loopback), ("::127.0.0.1", .loopback), ("::", .special),
        ("fc00::1", .privateNetwork), ("fd20:ce::254", .metadata),
        ("ff02::1", .special), ("2001:db8::1", .special), ("2001:0::1", .special), ("fec0::1", .privateNetwork),
    ])
    func kinds(text: String, kind: AddressKind) throws {
        let address = try #require(NetworkAddress(text))
        #expect(address.kind == kind)
        #expect(NetworkAddress(address.text) == address)
    }

    // MARK: - Open Policy Agent

    /// As the documentation of its data API has them.
    @Test(arguments: [
        (#"{"result": true}"#, PolicyVerdict.approve, "allows"), (#"{"result": false, "decision_id": "1"}"#, .reject, "does not allow"),
        (#"{"result": {"allow": true, "reason": "Signed off."}}"#, .approve, "Signed off."),
        (#"{"result": {"allow": false, "deny": ["No owner.", "No way back."]}}"#, .reject, "No owner. No way back."),
        (#"{"result": {"verdict": "abstain", "reason": "Ask somebody."}}"#, .abstain, "Ask somebody."),
        (#"{"decision_id": "2"}"#, .abstain, "not defined for this proposal"),
        (#"{"result": {"allow": true, "deny": ["No owner."]}}"#, .abstain, "approves and denies at once"),
        (#"{"result": {"allow": true, "deny": []}}"#, .approve, "allows"),
        (#"{"result": {"verdict": "approve", "allow": false}}"#, .abstain, "approves and denies at once"),
        (#"{"result": {}}"#, .abstain, "neither 'allow' nor 'verdict'"),
        (#"{"result": "yes"}"#, .abstain, "neither"), (#"{"result": {"verdict": "perhaps"}}"#, .abstain, "unknown verdict"),
    ])
    func decisionsOfOpenPolicyAgent(answer: String, verdict: PolicyVerdict, reason: String) async throws {
        try await JudgeServer.with({ _ in .json(answer) }) { server in
            let evaluation = await http(endpoint(server), .opa)
            #expect(evaluation.verdict == verdict)
            #expect((evaluation.detail ?? evaluation.reason).contains(reason), "\(evaluation)")
            let body = try JSONValue(json: Array(try #require(server.requests.first?.body).utf8))
            #expect(body.value(at: "/input/proposal/kind")?.text == "command")
        }
    }
}
