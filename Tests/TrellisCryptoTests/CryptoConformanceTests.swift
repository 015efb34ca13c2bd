// The conformance runner: our own committed vectors always, a whole folder of published ones when TRELLIS_VECTORS names one, and
// that it notices what is wrong or malformed.

import Foundation
import Testing
import TrellisConformance

@Suite struct CryptoConformanceTests {
    private var ownVectors: URL {
        get throws { try #require(Bundle.module.url(forResource: "Vectors", withExtension: nil)) }
    }

    /// Writes files into a new directory, runs them and removes it.
    private func run(_ files: [String: String]) throws -> ConformanceReport {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("vectors-\(UUID())")
        defer { try? FileManager.default.removeItem(at: directory) }
        for (name, content) in files {
            let file = directory.appendingPathComponent(name)
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(content.utf8).write(to: file)
        }
        return try CryptoConformance.run(directory: directory.path)
    }

    @Test func ourOwnVectorsAgree() throws {
        let report = try CryptoConformance.run(directory: try ownVectors.path)
        #expect(report.lines == [])
        #expect(report.skippedNames == [])
        #expect(report.passed == 232)
        #expect(report.text == "\(report.passed) passed, 0 failed")
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["TRELLIS_VECTORS"] != nil))
    func theFolderInTheEnvironmentAgrees() throws {
        let folder = try #require(ProcessInfo.processInfo.environment["TRELLIS_VECTORS"])
        let report = try CryptoConformance.run(directory: folder)
        print(report.text)
        #expect(report.lines == [])
        #expect(report.passed > 0)
    }

    @Test func everyVerdictTurnedRoundIsNoticed() throws {
        for file in try FileManager.default.contentsOfDirectory(at: try ownVectors, includingPropertiesForKeys: nil) {
            let text = try String(contentsOf: file, encoding: .utf8)
            guard text.contains("\"result\"") else { continue }
            let turned = text.replacing("\"result\":\"valid\"", with: "\"result\":\"VALID\"")
                .replacing("\"result\":\"invalid\"", with: "\"result\":\"valid\"").replacing(
                    "\"result\":\"VALID\"", with: "\"result\":\"invalid\"")
            let report = try run(["turned/\(file.lastPathComponent)": turned])
            #expect(report.passed == 0, "\(file.lastPathComponent)")
            #expect(report.failed > 0)
            #expect(report.lines.count == report.failed)
            #expect(report.lines.allSatisfy { $0.hasPrefix("turned/\(file.lastPathComponent): tcId ") })
        }
    }

    @Test func aDifferenceIsToldWithFileCaseAndValues() throws {
        let report = try run([
            "sha3/deep/down/one.json": """
            {"algorithm":"SHA3-256","testGroups":[{"tests":[{"tcId":7,"msg":"00","len":8,"md":"ff"},
            {"tcId":8,"msg":"","len":0,"md":"a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"}]}]}
            """
        ])
        #expect(report.passed == 1)
        #expect(
            report.lines == [
                "sha3/deep/down/one.json: tcId 7: expected \"ff\", got \"5d53469f20fef4f8eab52b88044ede69c77a6a68a60728609fc4a65ff531e7d0\""
            ])
        #expect(report.text.hasSuffix("\n1 passed, 1 failed"))
    }

    @Test func whatIsNotImplementedIsSkippedByName() throws {
        let report = try run([
            "sm2/a.json": #"{"algorithm":"SM2","testGroups":[{"tests":[{},{}]},{"tests":[{}]}]}"#,
            "mldsa/b.json": #"{"algorithm":"ML-DSA-99","testGroups":[{"type":"MlDsaVerify","tests":[{"tcId":1}]}]}"#,
            "sntrup/x/c.json": #"{"tests":[{},{}]}"#,
            "d.json": #"{"anything":1}"#,
            "notes.txt": "not a vector",
        ])
        #expect(report.skippedNames == ["ML-DSA-99", "SM2", "d", "sntrup c"])
        #expect(report.skippedCounts["SM2"] == 3)
        #expect(report.summary == "0 passed, 0 failed, 7 skipped")
        #expect(report.text.contains("skipped: SM2 (3)\n"))
    }

    @Test func malformedFilesFailAndNameTheFault() throws {
        let report = try run([
            "a/empty.json": "",
            "a/array.json": "[]",
            "a/cut.json": #"{"algorithm":"SHA3-256","testGroups":[{"#,
            "a/deep.json": String(repeating: "[", count: 100_000),
            "a/groups.json": #"{"algorithm":"SHA3-256","testGroups":7}"#,
            "a/tests.json": #"{"algorithm":"SHA3-256","testGroups":[{"tests":[7]}]}"#,
            "a/hex.json": #"{"algorithm":"SHA3-256","testGroups":[{"tests":[{"tcId":1,"msg":"0g","len":8,"md":""}]}]}"#,
            "a/missing.json": #"{"algorithm":"EDDSA","testGroups":[{"tests":[{"tcId":2}]}]}"#,
            "a/result.json": """
            {"algorithm":"HMACSHA3-256","testGroups":[{"tests":[{"tcId":3,"key":"","msg":"","tag":"","result":"perhaps"}]}]}
            """,
            "a/size.json": """
            {"tests":[{"type":"inclusion","treeSize":-1,"leafIndex":0,"leaf":"","root":"","path":[]},
            {"type":"inclusion","treeSize":1,"leafIndex":1e99,"leaf":"","root":"","path":[]}]}
            """,
            "a/hkdf.json": """
            {"algorithm":"HKDF-SHA-384","testGroups":[{"tests":[{"ikm":"","salt":"","info":"","size":-1,"okm":"","result":"valid"},
            {"ikm":"","salt":"","info":"","size":9223372036854775807,"okm":"","result":"valid"}]}]}
            """,
        ])
        #expect(report.passed == 0)
        #expect(report.failed == 13)
        #expect(report.lines.contains("a/hex.json: tcId 1: malformed: \"msg\" is not hexadecimal"))
        #expect(report.lines.contains("a/missing.json: tcId 2: malformed: \"publicKey\" is not an object"))
        #expect(report.lines.contains("a/empty.json: malformed: it is not JSON"))
        #expect(report.lines.contains("a/groups.json: malformed: \"testGroups\" is not an array"))
    }

    @Test func aDirectoryThatIsNotThereIsAnError() {
        #expect(throws: ConformanceError.unreadableDirectory("/nowhere/at/all")) {
            try CryptoConformance.run(directory: "/nowhere/at/all")
        }
    }
}
