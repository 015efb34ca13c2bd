// The OpenAPI document against the routes, and against the specification where its validator is installed.

import Foundation
import Testing
import TrellisAccess
import TrellisCrypto
import TrellisJSON
import TrellisModel
import TrellisNode

@testable import TrellisAPI

@Suite struct OpenAPITests {
    @Test func documentAndRoutesAgree() async throws {
        try await Harness.run { (harness: Harness) async throws in
            let api = API(service: harness.node, options: .init(), access: try AccessList.local.listening(on: "localhost"))
            let served = Set(api.routes.map { "\($0.method.rawValue) \($0.path)" })
            let described = Set(harness.contract.operations.map { "\($0.method) \($0.path)" })
            #expect(served == described)
            #expect(Set(api.routes.map(\.identifier)).count == api.routes.count)
            // Each operation is there: none answers that there is no such route or method.
            for (path, method, _) in harness.contract.operations {
                let target = path.replacingOccurrences(of: "{id}", with: String(repeating: "0", count: 64))
                guard target != "/v1/events" else { continue }
                let answer = try await harness.send(method, target, body: method == "POST" ? [] : nil)
                #expect(answer.problem != "no-such-route" && answer.status != 405, "\(method) \(path)")
            }
        }
    }

    @Test func everyReferenceIsDefined() async throws {
        try await Harness.run { (harness: Harness) async throws in
            let text = String(decoding: harness.contract.document.bytes, as: UTF8.self)
            let names = text.components(separatedBy: "#/components/schemas/").dropFirst().map { $0.prefix { $0 != "\"" } }
            for name in Set(names) { #expect(harness.contract.document["components"]?["schemas"]?[String(name)] != nil, "\(name)") }
        }
    }

    @Test func stateOfTheCommitteeIsServed() async throws {
        try await Harness.run { (harness: Harness) async throws in
            #expect(try await harness.get("/v1/checkpoints/latest").problem == "no-checkpoint")
            _ = try await harness.post("/v1/proposals?wait=certified", #"{"command": "ls"}"#)
            let checkpoint = try await harness.get("/v1/checkpoints/latest")
            #expect(checkpoint.json["checkpoint"]?["log_size"] == .integer(1))
            #expect(try await harness.get("/v1/genesis").body == harness.node.genesis.json)
            #expect(try await harness.get("/v1/committee").json["chain"] == .digest(harness.node.committee.chain))
            #expect(try await harness.get("/v1/status").json["name"] == "solo")
            #expect(try await harness.get("/livez").status == 200)
            #expect(try await harness.get("/readyz").status == 200)
            await harness.node.refuse(with: .stopped(reason: "two states"))
            let ready = try await harness.get("/readyz")
            #expect(ready.status == 503)
            #expect(ready.detail.contains("two states"))
            #expect(try await harness.get("/livez").status == 200)
        }
    }

    private static let validator: String? = {
        let candidates = [ProcessInfo.processInfo.environment["TRELLIS_TEST_PYTHON"], "/usr/bin/python3"].compactMap { $0 }
        return candidates.first { (try? run($0, ["-c", "import openapi_spec_validator"]))?.status == 0 }
    }()

    private static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    @Test(.enabled(if: validator != nil, "needs python3 with openapi-spec-validator")) func documentIsValid() async throws {
        let python = try #require(Self.validator)
        let api = API(service: try StandInNode(), options: .init(), access: try AccessList.local.listening(on: "localhost"))
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("trellis-openapi-\(UUID()).json")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(OpenAPI.document(of: api.routes).bytes).write(to: file)
        let (status, output) = try Self.run(python, ["-m", "openapi_spec_validator", file.path])
        #expect(status == 0, "\(output)")
    }
}
