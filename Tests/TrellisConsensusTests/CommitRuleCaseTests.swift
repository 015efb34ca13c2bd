// Every commit-rule case that stands in Cases/, run through the same code as `trellis conformance dag`.

import Foundation
import Testing
import TrellisConformance

@Suite struct CommitRuleCaseTests {
    static func path(_ name: String) throws -> String {
        try #require(Bundle.module.url(forResource: "Cases/" + name, withExtension: "json")).path
    }

    @Test(arguments: [("scenarios", 31), ("random", 48)])
    func allCasesHold(name: String, cases: Int) throws {
        let report = try DagConformance.run(files: [Self.path(name)])
        #expect(report.lines == [])
        #expect(report.failed == 0)
        #expect(report.passed == cases)
        #expect(report.skippedNames == [])
    }

    @Test func aWrongExpectationIsReported() throws {
        let text = try String(contentsOfFile: Self.path("scenarios"), encoding: .utf8)
        let spoiled = text.replacingOccurrences(of: "\"status\": \"commit\"", with: "\"status\": \"skip\"")
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("spoiled-\(UInt64.random(in: 0 ... .max)).json")
        try spoiled.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let report = try DagConformance.run(files: [file.path])
        #expect(report.failed > 5)
        #expect(report.lines.allSatisfy { $0.contains("expected skip") })
    }
}
