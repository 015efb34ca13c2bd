// The metrics as a scraper reads them: every line is a comment or a number under a name of its own.

import Testing
import TrellisAccess

@testable import TrellisAPI

@Suite struct MetricsTests {
    @Test func everyFigureHasANameAHelpAndANumber() async throws {
        try await Harness.run { (harness: Harness) async throws in
            _ = try await harness.post("/v1/proposals?wait=certified", #"{"command": "ls /very/secret/place"}"#)
            let answer = try await harness.get("/metrics")
            #expect(answer.status == 200 && answer.header("content-type")?.hasPrefix("text/plain; version=0.0.4") == true)
            var named: Set<String> = []
            let lines = answer.text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.last == "" && lines.count % 3 == 1)
            for start in stride(from: 0, to: lines.count - 1, by: 3) {
                let words = lines[start + 2].split(separator: " ")
                let name = try #require(words.first).prefix { $0 != "{" }
                #expect(named.insert(String(name)).inserted && name.hasPrefix("trellis_"))
                #expect(lines[start].hasPrefix("# HELP \(name) ") && lines[start + 1].hasPrefix("# TYPE \(name) "))
                #expect(name.hasSuffix("_total") == lines[start + 1].hasSuffix(" counter"))
                #expect(words.count == 2 && UInt64(words[1]) != nil)
            }
            #expect(answer.text.contains("\ntrellis_log_entries_total 1\n") && !answer.text.contains("secret"))
        }
    }

    @Test func theyAreForOperators() async throws {
        let closed = try AccessList(clients: [], isOpen: false)
        try await Harness.run(access: closed) { (harness: Harness) async throws in
            #expect(try await harness.get("/metrics").status == 401)
        }
    }
}
