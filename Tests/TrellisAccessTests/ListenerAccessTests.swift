// Who is let in: signed requests and tokens, and every way in which either is none.

import Foundation
import Testing
import TrellisAccess
import TrellisCrypto
import TrellisModel

@Suite struct ListenerAccessTests {
    private static let now: UInt64 = 1_795_000_000
    private static let body = Array("{\"command\": \"ls\"}".utf8)
    private let key: any SigningKey
    private let other: any SigningKey
    private let token = AccessToken.text(of: [UInt8](repeating: 7, count: 32))
    private let access: ListenerAccess

    init() throws {
        key = try SignatureScheme.mlDSA44.signingKey(seed: SecretBytes([UInt8](repeating: 1, count: 32)))
        other = try SignatureScheme.mlDSA44.signingKey(seed: SecretBytes([UInt8](repeating: 2, count: 32)))
        access = try AccessList(
            clients: [
                AccessClient(name: "ci", credential: .key(key.scheme, publicKey: key.publicKey), permissions: [.propose]),
                AccessClient(name: "ops", credential: .token(hash: AccessToken.hash(of: token)), permissions: [.operate, .read]),
            ], isOpen: false
        ).listening(on: "127.0.0.1")
    }

    private func fields(_ more: [String: String] = [:]) -> [String: String] {
        ["content-type": "application/json", "idempotency-key": "k1"].merging(more) { $1 }
    }

    private func signed(
        by key: any SigningKey, at created: UInt64 = now, method: String = "POST", authority: String = "127.0.0.1:8080",
        target: String = "/v1/proposals?wait=certified"
    ) throws -> RequestMessage {
        let message = RequestMessage(method: method, authority: authority, target: target, fields: fields())
        var all = fields()
        for field in try RequestSigner(key: key).fields(for: message, body: Self.body, created: created) {
            all[field.name.lowercased()] = field.value
        }
        return RequestMessage(method: method, authority: authority, target: target, fields: all)
    }

    private func admit(
        _ message: RequestMessage, _ permission: Permission = .propose
    ) throws -> (client: AccessClient, digest: Digest?)? {
        try access.admit(message, for: permission, hasBody: true, port: 8080, now: Self.now)
    }

    private func changed(_ message: RequestMessage, _ change: (inout [String: String]) -> Void) -> RequestMessage {
        var fields = message.fields
        change(&fields)
        return RequestMessage(
            method: message.method, authority: message.authority, target: message.path + (message.query == "?" ? "" : message.query),
            fields: fields)
    }

    private func fault(_ message: RequestMessage) -> SignatureFault? {
        do throws(AccessRefusal) {
            _ = try access.admit(message, for: .propose, hasBody: true, port: 8080, now: Self.now)
            return nil
        } catch {
            if case .badSignature(let fault) = error { return fault }
            Issue.record("\(error)")
            return nil
        }
    }

    @Test func aSignedRequestIsItsClients() throws {
        let admitted = try #require(try admit(signed(by: key)))
        #expect(admitted.client.name == "ci")
        #expect(admitted.digest == HashSuite.sha256.hash(Self.body))
        #expect(access.name(of: HashSuite.sha256.hash(key.publicKey)) == "ci")
        for name in ["localhost", "[::1]:8080", "LOCALHOST:8080"] {
            #expect(try admit(signed(by: key, authority: name))?.client.name == "ci")
        }
    }

    @Test func whateverIsSignedCannotChange() throws {
        let good = try signed(by: key)
        #expect(fault(good) == nil)
        let others: [RequestMessage] = [
            RequestMessage(method: "PUT", authority: good.authority, target: "/v1/proposals?wait=certified", fields: good.fields),
            RequestMessage(method: "POST", authority: "localhost:8080", target: "/v1/proposals?wait=certified", fields: good.fields),
            RequestMessage(method: "POST", authority: good.authority, target: "/v1/records?wait=certified", fields: good.fields),
            RequestMessage(method: "POST", authority: good.authority, target: "/v1/proposals", fields: good.fields),
            changed(good) { $0["content-type"] = "text/plain" },
            changed(good) { $0["content-digest"] = ContentDigest.value(of: [1]) },
            changed(good) { $0["idempotency-key"] = "k2" },
            changed(good) { $0["signature-input"]?.replace("created=\(Self.now)", with: "created=\(Self.now - 1)") },
        ]
        for message in others { #expect(fault(message) == .badSignature) }
        #expect(fault(changed(good) { $0["idempotency-key"] = nil }) == .missingComponent("idempotency-key"))
    }

    @Test func theWindow() throws {
        for created in [Self.now - 300, Self.now, Self.now + 60] { #expect(try fault(signed(by: key, at: created)) == nil) }
        for created in [0, Self.now - 301, Self.now + 61, UInt64(Int64.max)] where created <= 999_999_999_999_999 {
            #expect(try fault(signed(by: key, at: created)) == .outsideOfWindow(now: Self.now))
        }
        let good = try signed(by: key)
        #expect(
            fault(changed(good) { $0["signature-input"]? += ";expires=\(Self.now)" }) == .outsideOfWindow(now: Self.now))
    }

    @Test func foreignKeysAndNames() throws {
        #expect(try fault(signed(by: other)) == .unknownKey)
        #expect(try fault(signed(by: key, authority: "127.0.0.1:8081")) == .otherAuthority("127.0.0.1:8081"))
        let good = try signed(by: key)
        // Somebody else's signature under this client's name.
        let mine = HashSuite.sha256.hash(key.publicKey).description
        let theirs = HashSuite.sha256.hash(other.publicKey).description
        let forged = changed(try signed(by: other)) { $0["signature-input"]?.replace(theirs, with: mine) }
        #expect(fault(forged) == .badSignature)
        // A proxy's own signature beside it is passed over.
        let proxied = changed(good) {
            $0["signature-input"]? += ", proxy=(\"@method\");created=1;keyid=\"proxy\""
            $0["signature"]? += ", proxy=:AAAA:"
        }
        #expect(fault(proxied) == nil)
    }

    @Test func everyComponentIsNeeded() throws {
        let good = try signed(by: key)
        let names =
            RequestSignature.components + RequestSignature.bodyComponents + [RequestSignature.submissionComponent]
        for name in names {
            let less = changed(good) { $0["signature-input"]?.replace("\"\(name)\"", with: "\"date\"") }
            #expect(fault(less) == .uncovered(name))
        }
        #expect(fault(changed(good) { $0["signature-input"]? += ";alg=\"ml-dsa-87\"" }) == .otherAlgorithm(expected: "ml-dsa-44"))
    }

    @Test(arguments: [
        "", "x", "trellis", "trellis=1", "trellis=()", "trellis=();created=1", "trellis=();keyid=\"k\"",
        "trellis=();created=-1;keyid=\"k\"",
        "trellis=();created=1.5;keyid=\"k\"", "trellis=();created=1;keyid=k", "trellis=();created=1;keyid=\"k\";more",
        "trellis=(\"@method\" \"@method\");created=1;keyid=\"k\"", "trellis=(\"@query-param\";name=\"a\");created=1;keyid=\"k\"",
        "trellis=(method);created=1;keyid=\"k\"", "trellis=(\"@method\";created=1", "trellis=();created=99999999999999999999;keyid=\"k\"",
        "other=();created=1;keyid=\"k\"", "Trellis=();created=1;keyid=\"k\"", "trellis=();created=1;keyid=\"ä\"",
        "a=();created=1;keyid=\"k\", b=();created=1;keyid=\"k\"",
    ])
    func inputsThatAreNone(input: String) {
        #expect(throws: SignatureFault.self) { try RequestSignature.read(input: input, signature: "trellis=:AAAA:") }
    }

    @Test(arguments: ["", "trellis", "trellis=AAAA", "trellis=:A:", "trellis=\"AAAA\"", "trellis=(:AAAA:)", "x=:AAAA:"])
    func signaturesThatAreNone(value: String) {
        #expect(throws: SignatureFault.self) {
            try RequestSignature.read(input: "trellis=();created=1;keyid=\"k\"", signature: value)
        }
    }

    @Test func tokens() throws {
        func admit(_ header: String, _ permission: Permission = .read) throws -> String? {
            let message = RequestMessage(method: "GET", authority: "any", target: "/", fields: ["authorization": header])
            return try access.admit(message, for: permission, hasBody: false, port: 8080, now: Self.now)?.client.name
        }
        #expect(try admit("Bearer \(token)") == "ops")
        #expect(try admit("bearer \(token)", .operate) == "ops")
        #expect(throws: AccessRefusal.notPermitted(client: "ops", .propose)) { try admit("Bearer \(token)", .propose) }
        for wrong in [token + "0", String(token.dropLast()), token.uppercased(), AccessToken.hash(of: token).description] {
            #expect(throws: AccessRefusal.badToken) { try admit("Bearer \(wrong)") }
        }
        for wrong in ["", "Bearer", "Basic \(token)", token] { #expect(throws: AccessRefusal.self) { try admit(wrong) } }
    }

    @Test func oneKindOfCredentialsAtATime() throws {
        let good = try signed(by: key)
        for message in [
            changed(good) { $0["authorization"] = "Bearer \(token)" }, changed(good) { $0["signature"] = nil },
            changed(good) { $0["signature-input"] = nil },
        ] {
            #expect(throws: AccessRefusal.self) { try admit(message) }
        }
    }

    @Test func openAndClosedListeners() throws {
        let request = RequestMessage(method: "GET", authority: "localhost", target: "/", fields: [:])
        #expect(throws: AccessRefusal.noCredentials) {
            try access.admit(request, for: .read, hasBody: false, port: 8080, now: Self.now)
        }
        for host in ["127.0.0.1", "127.1.2.3", "localhost", "::1"] {
            let local = try AccessList.local.listening(on: host)
            #expect(try local.admit(request, for: .operate, hasBody: false, port: 1, now: 0) == nil)
        }
        for host in ["0.0.0.0", "::", "10.0.0.1", "example.org", "127.0.0.1.example.org", "127.0.0.256", ""] {
            #expect(throws: AccessError.openToOthers(host: host)) { try AccessList.local.listening(on: host) }
            #expect(try AccessList(clients: [], isOpen: true).listening(on: host).isOpen)
        }
        let client = AccessClient(name: "ci", credential: .key(key.scheme, publicKey: key.publicKey), permissions: [])
        #expect(throws: AccessError.noAuthorities(host: "0.0.0.0")) { try AccessList(clients: [client]).listening(on: "0.0.0.0") }
        #expect(try !AccessList(clients: [client], authorities: ["API.example.org"]).listening(on: "0.0.0.0").isOpen)
        #expect(try !AccessList(clients: [client]).listening(on: "10.0.0.1").isOpen)
    }

    @Test func pagesOfOthersDoNotAskAnOpenListener() throws {
        func admit(_ authority: String, origin: String? = nil, _ list: AccessList = .local) throws {
            let fields = origin.map { ["origin": $0] } ?? [:]
            let message = RequestMessage(method: "GET", authority: authority, target: "/", fields: fields)
            _ = try list.listening(on: "127.0.0.1").admit(message, for: .read, hasBody: false, port: 8080, now: Self.now)
        }
        for own in ["127.0.0.1", "127.0.0.1:8080", "localhost:9999", "LOCALHOST", "[::1]:8080"] {
            try admit(own)
            try admit(own, origin: "http://localhost:3000")
            for page in ["http://example.org", "https://localhost.example.org", "null", "", "http://127.0.0.1@example.org"] {
                #expect(throws: AccessRefusal.stranger(page)) { try admit(own, origin: page) }
            }
        }
        for other in ["", "example.org", "example.org:8080", "127.0.0.1.example.org", "localhost@example.org", "[::1", "127.0.0.1:x"] {
            #expect(throws: AccessRefusal.stranger(other)) { try admit(other) }
            try admit(other, AccessList(clients: [], isOpen: true))
        }
        let named = try AccessList(clients: [], authorities: ["api.example.org"])
        try admit("api.example.org", origin: "https://api.example.org", named)
        try admit("localhost:8080", named)
        #expect(throws: AccessRefusal.stranger("www.example.org")) { try admit("www.example.org", named) }
    }

    @Test func listsThatAreNone() throws {
        func client(_ name: String, _ credential: AccessClient.Credential) -> AccessClient {
            AccessClient(name: name, credential: credential, permissions: [.read])
        }
        let token = AccessClient.Credential.token(hash: AccessToken.hash(of: "t"))
        for name in ["", "a b", "ä", "a\n", String(repeating: "a", count: 65)] {
            #expect(throws: AccessError.badName(name)) { try AccessList(clients: [client(name, token)]) }
        }
        #expect(throws: AccessError.repeatedCredential("a", "b")) { try AccessList(clients: [client("a", token), client("b", token)]) }
        #expect(throws: AccessError.repeatedName("a")) {
            try AccessList(clients: [client("a", token), client("a", .token(hash: AccessToken.hash(of: "u")))])
        }
        for key in [AccessClient.Credential.key(.mlDSA65, publicKey: [1]), .key(.ed25519, publicKey: [UInt8](repeating: 1, count: 32))] {
            #expect(throws: AccessError.self) { try AccessList(clients: [client("a", key)]) }
        }
        #expect(throws: AccessError.badAuthority("http://x")) { try AccessList(clients: [], authorities: ["http://x"]) }
    }
}
