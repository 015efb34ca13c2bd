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
            var lines = answer.text.split(separator: "\n", omittingEmptySubsequences: false)[...]
            #expect(lines.popLast() == "")
            while lines.count > 2 {
                let (help, type) = (lines.removeFirst(), lines.removeFirst())
                let samples = lines.prefix { !$0.hasPrefix("#") }
                lines = lines.dropFirst(samples.count)
                let name = try #require(samples.first?.split(separator: " ").first).prefix { $0 != "{" }
                #expect(named.insert(String(name)).inserted && name.hasPrefix("trellis_"))
                #expect(help.hasPrefix("# HELP \(name) ") && type.hasPrefix("# TYPE \(name) "))
                #expect(name.hasSuffix("_total") == type.hasSuffix(" counter"))
                #expect(Set(samples.map { $0.split(separator: " ")[0] }).count == samples.count)
                #expect(samples.count == 1 || samples.allSatisfy { $0.hasPrefix("\(name){") })
                for words in samples.map({ $0.split(separator: " ") }) { #expect(words.count == 2 && UInt64(words[1]) != nil) }
            }
            #expect(lines.isEmpty)
            for reason in ["not_pending", "other_council", "repeated", "other_form"] {
                #expect(answer.text.contains("\ntrellis_votes_refused_total{reason=\"\(reason)\"} "))
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
