// `trellis council check` and `show`: what they say, and the exit codes that scripts go by.

import Foundation
import Testing
import TrellisEvaluators
import TrellisNode

@Suite struct CouncilCommandTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func shipped(_ name: String) -> String { Self.root.appendingPathComponent("Examples/councils/\(name).yaml").path }

    @Test func checksTheShippedCouncils() async throws {
        try await withFolder { folder in
            let result = try await TrellisProcess.run(
                ["council", "check", shipped("visual"), shipped("legal"), shipped("computer-science")], in: folder)
            #expect(result.code == 0 && result.error.isEmpty, "\(result.error)")
            let lines = result.output.split(separator: "\n")
            #expect(lines.count == 3)
            #expect(lines.first?.hasSuffix("council visual, 5 seats, approval 3 of 5") == true)
            #expect(lines.last?.hasSuffix("council computer-science, 21 seats, approval 14 of 21") == true)
        }
    }

    @Test func readsStandardInput() async throws {
        try await withFolder { folder in
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: shipped("visual")))
            let process = try TrellisProcess(["council", "check", "-"], in: folder, input: file)
            #expect(try await process.end() == 0)
            #expect(process.output == "-: council visual, 5 seats, approval 3 of 5\n")
        }
    }

    @Test func saysWhatIsWrong() async throws {
        try await withFolder { folder in
            let text = Files.text(shipped("visual"))
            try Files.write(Array(text.replacing("threshold: 3 of 5", with: "treshold: 3 of 5").utf8), to: "\(folder)/bad.yaml")
            let bad = try await TrellisProcess.run(["council", "check", "bad.yaml"], in: folder)
            #expect(bad.code == 1 && bad.output.isEmpty)
            #expect(bad.error.contains("bad.yaml:5: unknown key 'treshold'; did you mean 'threshold'?"), "\(bad.error)")
            let missing = try await TrellisProcess.run(["council", "check", "no/such.yaml"], in: folder)
            #expect(missing.code == 2 && missing.error.contains("cannot read no/such.yaml"))
            #expect(try await TrellisProcess.run(["council", "check"], in: folder).code == 2)
            // The name of a council where its file is meant.
            for command in ["check", "show"] {
                let named = try await TrellisProcess.run(["council", command, "visual"], in: folder)
                #expect(named.code == 2 && named.error.contains("Examples/councils/visual.yaml"), "\(named.error)")
            }
        }
    }

    @Test func holdsFilesAgainstAGenesis() async throws {
        try await withFolder { folder in
            let council = try Councils.shipped("computer-science")
            _ = try NetworkSetup.create(try Councils.plan([council], validators: 2), in: "\(folder)/network")
            func check(_ yaml: String) async throws -> (code: Int32, output: String, error: String) {
                try Files.write(Array(yaml.utf8), to: "\(folder)/council.yaml")
                return try await TrellisProcess.run(["council", "check", "--genesis", "network/genesis.json", "council.yaml"], in: folder)
            }
            let text = Files.text(shipped("computer-science"))
            #expect(try await check(text).code == 0)
            let extra = "  - { name: Extra, mandate: More., evaluator: { policy: standard } }\n"
            let larger = try await check(text.replacing("14 of 21", with: "667") + extra)
            #expect(larger.code == 1)
            #expect(larger.error.contains("has 22 seats in its file, but genesis has 21 keys for it"), "\(larger.error)")
            // The first seat lies with the first validator.
            let first = "  - name: Algorithms and Complexity Lead\n"
            #expect(try await check(text.replacing(first, with: first + "    validator: validator-0\n")).code == 0)
            let moved = try await check(text.replacing(first, with: first + "    validator: validator-1\n"))
            #expect(moved.code == 1 && moved.error.contains("is validator-1 in its file and validator-0 in genesis"), "\(moved.error)")
            let missing = try await TrellisProcess.run(["council", "check", "--genesis", "none.json", "council.yaml"], in: folder)
            #expect(missing.code == 2)
        }
    }

    private struct Shown: Decodable {
        struct Seat: Decodable {
            let name: String
            let weight: Int
            let scheme: String
            let mandate: String
            let validator: String?
            let evaluator: String?
        }

        let name: String
        let weight: Int
        let needed: Int
        let seats: [Seat]
    }

    @Test func shows() async throws {
        try await withFolder { folder in
            _ = try NetworkSetup.create(try Councils.plan([try Councils.shipped("visual")], validators: 2), in: "\(folder)/network")
            func shown(_ file: String) async throws -> [Shown] {
                let result = try await TrellisProcess.run(["council", "show", "--json", file], in: folder)
                #expect(result.code == 0, "\(result.error)")
                return try JSONDecoder().decode([Shown].self, from: Data(result.output.utf8))
            }
            let file = try #require(try await shown(shipped("visual")).first)
            #expect((file.name, file.weight, file.needed, file.seats.count) == ("visual", 5, 3, 5))
            #expect(
                file.seats.allSatisfy { $0.evaluator == "rules" && $0.validator == nil && $0.scheme == "ML-DSA-87" && !$0.mandate.isEmpty })
            let genesis = try await shown("network/genesis.json")
            #expect(genesis.map(\.name) == ["default", "visual"])
            #expect(genesis.last?.seats.map(\.name) == file.seats.map(\.name))
            #expect(genesis.last?.seats.map(\.validator) == ["validator-0", "validator-1", "validator-0", "validator-1", "validator-0"])

            let lines = try await TrellisProcess.run(["council", "show", "--mandates", shipped("visual")], in: folder)
            #expect(lines.code == 0 && lines.output.hasPrefix("council visual: approval 3 of 5, within 30000 ms\n"))
            #expect(lines.output.contains("  seat 2  Brand & Visual Identity Guardian  (ML-DSA-87, rules)"), "\(lines.output)")
            #expect(lines.output.contains("Guard the identity: logo, colours, type and tone"))
        }
    }
}
