// Signed requests in files: those that clients/python signed are let in here, and those that were signed here are read there. Made anew when
// TRELLIS_MAKE_VECTORS names the folder to write them to.

import Foundation
import Testing
import TrellisAccess
import TrellisCrypto

@Suite struct RequestVectorTests {
    private struct Request: Codable {
        let comment: String
        let scheme: String
        /// The public key, in hexadecimal.
        let key: String
        let method: String
        let created: UInt64
        let authority: String
        let target: String
        let headers: [String: String]
        let body: String?
    }

    private static let names = ["requests_swift.json", "requests_python.json"]

    @Test(arguments: names) func requestsOfEitherSideAreLetIn(_ name: String) throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = try Data(contentsOf: tests.appendingPathComponent("TrellisModelTests/Vectors/\(name)"))
        let requests = try JSONDecoder().decode([Request].self, from: file)
        #expect(requests.count == 3)
        for request in requests {
            #expect(try admitted(request) == "ci", "\(request.comment)")
            #expect(throws: AccessRefusal.self) { try admitted(request, target: request.target + "x") }
            #expect(throws: AccessRefusal.self) { try admitted(request, now: request.created + 301) }
        }
    }

    /// The client's name, if the request's body is the one that was signed.
    private func admitted(_ request: Request, target: String? = nil, now: UInt64? = nil) throws -> String? {
        let scheme = try #require(SignatureScheme.named(request.scheme))
        let key = try #require(Hex.decode(request.key))
        let client = AccessClient(
            name: "ci", credential: .key(scheme.identifier, publicKey: key), permissions: [.propose, .records, .operate])
        let access = try AccessList(clients: [client], isOpen: false).listening(on: "127.0.0.1")
        let fields = Dictionary(uniqueKeysWithValues: request.headers.map { ($0.key.lowercased(), $0.value) })
        let message = RequestMessage(
            method: request.method, authority: request.authority, target: target ?? request.target, fields: fields)
        let known = try access.admit(
            message, for: .operate, hasBody: request.body != nil, port: 8080, now: now ?? request.created)
        #expect(known?.digest == request.body.map { HashSuite.sha256.hash(Array($0.utf8)) })
        return known?.client.name
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["TRELLIS_MAKE_VECTORS"] != nil))
    func requestsForOtherReaders() throws {
        let folder = try #require(ProcessInfo.processInfo.environment["TRELLIS_MAKE_VECTORS"])
        let posted = ["Content-Type": "application/json", "Idempotency-Key": "7f3a"]
        let requests = [
            try made(.mlDSA65, "proposal", "/v1/proposals?wait=certified&timeout=30", posted, "{\"text\": \"größe\"}"),
            try made(.mlDSA44, "empty body", "/v1/records", posted, ""),
            try made(.mlDSA87, "question", "/v1/status", ["Accept": "application/json"], nil),
        ]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        let bytes = try encoder.encode(requests) + Data("\n".utf8)
        try bytes.write(to: URL(fileURLWithPath: folder).appendingPathComponent(Self.names[0]))
    }

    private func made(
        _ scheme: SignatureScheme, _ comment: String, _ target: String, _ headers: [String: String], _ body: String?
    ) throws -> Request {
        let key = try scheme.generate()
        let method = body == nil ? "GET" : "POST"
        let fields = Dictionary(uniqueKeysWithValues: headers.map { ($0.key.lowercased(), $0.value) })
        let message = RequestMessage(method: method, authority: "127.0.0.1:8080", target: target, fields: fields)
        var all = headers
        for field in try RequestSigner(key: key).fields(for: message, body: body.map { Array($0.utf8) }, created: 1_795_000_000) {
            all[field.name] = field.value
        }
        return Request(
            comment: comment, scheme: scheme.name, key: Hex.encode(key.publicKey), method: method, created: 1_795_000_000,
            authority: "127.0.0.1:8080", target: target, headers: all, body: body)
    }
}
