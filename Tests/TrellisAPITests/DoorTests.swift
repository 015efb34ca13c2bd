// Clients at the door of a running server: keys and tokens through the real client, what each may do, and who the ledger says proposed.

import Testing
import TrellisAccess
import TrellisClient
import TrellisCrypto
import TrellisJSON
import TrellisModel
import TrellisVerify

@testable import TrellisAPI

@Suite struct DoorTests {
    private let key: any SigningKey
    private let token = AccessToken.text(of: [UInt8](repeating: 9, count: 32))
    private let access: AccessList

    init() throws {
        key = try SignatureScheme.mlDSA65.signingKey(seed: SecretBytes([UInt8](repeating: 5, count: 32)))
        access = try AccessList(
            clients: [
                AccessClient(
                    name: "coder", credential: .key(key.scheme, publicKey: key.publicKey), permissions: [.propose, .read, .records]),
                AccessClient(name: "gateway", credential: .token(hash: AccessToken.hash(of: token)), permissions: [.propose, .read]),
            ], isOpen: false)
    }

    private func with(
        _ credentials: (Digest) -> Credentials?, _ body: (UnverifiedClient, Harness) async throws -> Void
    ) async throws {
        try await Harness.run(access: access) { (harness: Harness) async throws in
            let genesis = harness.node.genesis
            let client = try UnverifiedClient(endpoint: harness.endpoint, credentials: credentials(genesis.chain))
            do { try await body(client, harness) } catch {
                try? await client.shutdown()
                throw error
            }
            try await client.shutdown()
        }
    }

    private func status(_ work: () async throws -> Void) async -> Int? {
        do {
            try await work()
            return nil
        } catch ClientError.problem(let problem) {
            return problem.status
        } catch {
            Issue.record("\(error)")
            return 0
        }
    }

    @Test func aKeySignsRequestsAndProposals() async throws {
        try await with({ .key(key, chain: $0) }) { (client: UnverifiedClient, harness: Harness) async throws in
            let draft = ProposalDraft(text: "ls", fields: ["cwd": "/ö"])
            let reply = try await client.propose(draft, idempotencyKey: "k", wait: .certified)
            let proposer = try #require(reply.value.proposer)
            #expect(proposer.name == "coder" && proposer.signed && proposer.scheme == "ML-DSA-65")
            #expect(proposer.id == HashSuite.sha256.hash(key.publicKey).description)
            // Again, with the same key: the same proposal.
            #expect(try await client.propose(draft, idempotencyKey: "k", wait: .certified).value.id == reply.value.id)
            let identifier = try #require(Digest(hex: reply.value.id))
            #expect(try await client.decision(identifier).value.proposer == proposer)
            let proving = try TrellisClient(
                endpoints: [harness.endpoint], genesis: harness.node.genesis,
                credentials: .key(key, chain: harness.node.genesis.chain))
            let proven = try await proving.propose(draft, idempotencyKey: "k")
            try await proving.shutdown()
            #expect(proven.receipt.identifier == identifier)
            guard case .key(let signed) = proven.decision.proposal.proposer else {
                Issue.record("no proposer in the receipt")
                return
            }
            #expect(signed.publicKey == key.publicKey)
            #expect(try await client.submitRecords([[1], [2]], wait: .decided).isReached)
            #expect(await status { _ = try await client.status() } == 403)
        }
    }

    @Test func aTokenIsNamedNotProven() async throws {
        try await with({ _ in .token(token) }) { (client: UnverifiedClient, _: Harness) async throws in
            let reply = try await client.propose(.init(text: "ls"), wait: .certified)
            let proposer = try #require(reply.value.proposer)
            #expect(proposer.credential == "token" && proposer.name == "gateway" && !proposer.signed && proposer.scheme == nil)
            #expect(proposer.id != AccessToken.hash(of: token).description)
            #expect(await status { _ = try await client.submitRecords([[1]]) } == 403)
        }
    }

    @Test func strangersAreKeptOut() async throws {
        let other = try SignatureScheme.mlDSA65.signingKey(seed: SecretBytes([UInt8](repeating: 6, count: 32)))
        for credentials: (Digest) -> Credentials? in [{ _ in nil }, { _ in .token("trellis_0") }, { .key(other, chain: $0) }] {
            try await with(credentials) { (client: UnverifiedClient, harness: Harness) async throws in
                #expect(await status { _ = try await client.propose(.init(text: "ls")) } == 401)
                #expect(await status { for try await _ in client.events() {} } == 401)
                #expect(await harness.node.submissions == 0)
                #expect(try await harness.get("/livez").status == 200)
            }
        }
    }

    @Test func refusalsSayWhatIsWanted() async throws {
        try await Harness.run(access: access) { (harness: Harness) async throws in
            let missing = try await harness.post("/v1/proposals", "{\"command\": \"ls\"}")
            #expect(missing.status == 401 && missing.problem == "no-credentials")
            #expect(missing.header("www-authenticate") == "Bearer realm=\"trellis\"")
            #expect(missing.header("accept-signature")?.contains("\"content-digest\" \"idempotency-key\");created;keyid") == true)
            let wrong = try await harness.get("/v1/status", headers: [("Authorization", "Bearer x")])
            #expect(wrong.status == 401 && wrong.problem == "bad-token")
            #expect(wrong.header("www-authenticate")?.contains("error=\"invalid_token\"") == true)
            let forbidden = try await harness.get("/v1/status", headers: [("Authorization", "Bearer \(token)")])
            #expect(forbidden.status == 403 && forbidden.problem == "not-permitted")
            #expect(forbidden.header("www-authenticate")?.contains("scope=\"operate\"") == true)
        }
    }

    @Test func aBodyThatWasNotSignedIsNotTaken() async throws {
        try await Harness.run(access: access) { (harness: Harness) async throws in
            let body = Array("{\"command\": \"ls\"}".utf8)
            let fields = ["content-type": "application/json", "idempotency-key": "k"]
            func post(_ body: [UInt8], signed: [UInt8]) async throws -> Answer {
                let message = RequestMessage(
                    method: "POST", authority: "127.0.0.1:\(harness.server.port)", target: "/v1/proposals", fields: fields)
                let made = try RequestSigner(key: key).fields(for: message, body: signed, created: Door.now())
                return try await harness.send(
                    "POST", "/v1/proposals", headers: fields.map { ($0.key, $0.value) } + made.map { ($0.name, $0.value) }, body: body)
            }
            #expect(try await post(body + [32], signed: body).problem == "bad-signature")
            // Signed, and yet nobody says who proposes.
            #expect(try await post(body, signed: body).problem == "unsigned-proposal")
        }
    }

    @Test func aProposerWithoutItsSignature() async throws {
        try await Harness.run { (harness: Harness) async throws in
            let scheme = SignatureScheme.mlDSA44
            func post(_ proposer: String, key: String? = "k") async throws -> Answer {
                try await harness.post("/v1/proposals", "{\"command\": \"ls\", \"proposer\": \(proposer)}", key: key)
            }
            func proposer(_ key: Int, _ signature: Int, scheme: String = "ML-DSA-44") -> String {
                let zeros = { (count: Int) in Base64.encode([UInt8](repeating: 0, count: count)) }
                return "{\"scheme\": \"\(scheme)\", \"key\": \"\(zeros(key))\", \"signature\": \"\(zeros(signature))\"}"
            }
            let (size, length) = (scheme.publicKeySize, scheme.signatureSize)
            #expect(try await post(proposer(size, length), key: nil).status == 400)
            for bad in [
                "1", "{}", proposer(size, length - 1), proposer(1, length), proposer(32, 64, scheme: "Ed25519"), "{\"name\": \"x\"}",
            ] {
                #expect(try await post(bad).status == 400, "\(bad.prefix(40))")
            }
        }
    }

    @Test func whatClientsRefuseThemselves() throws {
        let chain = HashSuite.sha256.hash([1])
        let ed25519 = try SignatureScheme.ed25519.generate()
        #expect(throws: ClientError.self) { try UnverifiedClient(endpoint: "http://example.org", credentials: .token(token)) }
        #expect(throws: ClientError.self) { try UnverifiedClient(credentials: .token("a b")) }
        #expect(throws: ClientError.self) { try UnverifiedClient(credentials: .key(ed25519, chain: chain)) }
        let genesis = try StandInNode().genesis
        #expect(throws: ClientError.self) { try TrellisClient(genesis: genesis, credentials: .key(key, chain: chain)) }
    }
}
