// The commands as processes against a server: what they print and the exit codes that scripts rely on.

import Foundation
import Testing
import TrellisJSON
import TrellisModel
import TrellisNode

@testable import TrellisAPI

@Suite struct CommandTests {
    struct Outcome {
        let status: Int32
        let output: String
        let error: String
    }

    /// A folder that is gone after `body`.
    private func withFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("trellis-commands-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    /// Runs the `trellis` that was built beside these tests, in `folder`.
    private func trellis(_ arguments: [String], in folder: URL, endpoint: String? = nil, input: String = "") async throws -> Outcome {
        let process = Process()
        let products = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        process.executableURL = products.appendingPathComponent("trellis")
        process.arguments = arguments
        process.currentDirectoryURL = folder
        var environment = ProcessInfo.processInfo.environment
        environment["TRELLIS_ENDPOINT"] = endpoint ?? "http://127.0.0.1:9"
        process.environment = environment
        let files = try ["in", "out", "err"].map { name in
            let file = folder.appendingPathComponent("\(UUID()).\(name)")
            try Data(name == "in" ? input.utf8 : "".utf8).write(to: file)
            return file
        }
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        return Outcome(
            status: process.terminationStatus, output: try String(contentsOf: files[1], encoding: .utf8),
            error: try String(contentsOf: files[2], encoding: .utf8))
    }

    @Test func verdictsAreExitCodes() async throws {
        try await withFolder { (folder: URL) async throws in
            try await Harness.run { (harness: Harness) async throws in
                let cases: [([String], Int32, String)] = [
                    (["ls -la", "--wait"], 0, "approved"), (["rm -rf /", "--wait", "decided"], 3, "rejected"),
                    (["too late", "--wait"], 4, "expired"), (["wait", "--wait=decided", "--timeout", "1"], 5, "pending"),
                    (["ls"], 0, "approved"),
                ]
                for (arguments, status, verdict) in cases {
                    let outcome = try await trellis(["propose"] + arguments, in: folder, endpoint: harness.endpoint)
                    #expect(outcome.status == status, "\(arguments): \(outcome.error)")
                    #expect(outcome.output.hasPrefix(verdict), "\(arguments): \(outcome.output)")
                    #expect(!outcome.output.contains("\u{1B}"), "no colour off a terminal")
                }
                await harness.node.refuse(with: .overloaded)
                let refused = try await trellis(["propose", "ls"], in: folder, endpoint: harness.endpoint)
                #expect(refused.status == 1)
                #expect(refused.error.hasPrefix("error: overloaded"))
                #expect(refused.error.contains("\nhint: "))
            }
        }
    }

    @Test func receiptIsKeptAndVerifiesWithoutANetwork() async throws {
        try await withFolder { (folder: URL) async throws in
            try await Harness.run { (harness: Harness) async throws in
                try Data(harness.node.genesis.json).write(to: folder.appendingPathComponent("genesis.json"))
                try Data("ls \u{1B}[31m\n".utf8).write(to: folder.appendingPathComponent("question.txt"))
                let arguments = ["propose", "question.txt", "--wait", "--genesis", "genesis.json", "--field", "cwd=/a=b"]
                let proposed = try await trellis(arguments, in: folder, endpoint: harness.endpoint)
                #expect(proposed.status == 0, "\(proposed.error)")
                let line = try #require(proposed.output.split(separator: "\n").first { $0.hasPrefix("receipt: ") })
                #expect(line.hasSuffix(", verified"))
                let name = String(line.dropFirst(9).dropLast(10))
                #expect(name.count == "receipt-12345678.json".count)

                let valid = try await trellis(["verify", name, "--genesis", "genesis.json"], in: folder)
                #expect(valid.status == 0)
                #expect(valid.output.hasPrefix("valid: "))
                #expect(valid.output.contains("\"/a=b\""))
                #expect(!valid.output.contains("\u{1B}"))
                let json = try await trellis(["verify", name, "--genesis", "genesis.json", "--json"], in: folder)
                #expect(try JSON(parsing: Array(json.output.utf8))["outcome"] == "approved")

                var bytes = Array(try Data(contentsOf: folder.appendingPathComponent(name)))
                bytes[bytes.count / 2] ^= 1
                try Data(bytes).write(to: folder.appendingPathComponent("forged.json"))
                let invalid = try await trellis(["verify", "forged.json", "--genesis", "genesis.json", "--json"], in: folder)
                #expect(invalid.status == 1)
                #expect(try JSON(parsing: Array(invalid.output.utf8))["valid"] == .bool(false))
                #expect(invalid.error.hasPrefix("error: invalid: "))
                for arguments in [["missing.json", "--genesis", "genesis.json"], [name, "--genesis", name], [name]] {
                    #expect(try await trellis(["verify"] + arguments, in: folder).status == 2, "\(arguments)")
                }
            }
        }
    }

    @Test func withAGenesisOnlyWhatIsProvenCounts() async throws {
        try await withFolder { (folder: URL) async throws in
            try await Harness.run { (harness: Harness) async throws in
                try Data(harness.node.genesis.json).write(to: folder.appendingPathComponent("genesis.json"))
                await harness.node.lie()
                let believed = try await trellis(["propose", "rm -rf /", "--wait"], in: folder, endpoint: harness.endpoint)
                #expect(believed.status == 0)
                let arguments = ["propose", "rm -rf /", "--wait", "--genesis", "genesis.json"]
                let proven = try await trellis(arguments, in: folder, endpoint: harness.endpoint)
                #expect(proven.status == 3, "\(proven.error)")
                #expect(proven.output.hasPrefix("rejected"))
                #expect(!proven.output.contains("approved"))
                let json = try await trellis(arguments + ["--json"], in: folder, endpoint: harness.endpoint)
                #expect(json.status == 3)
                #expect(try JSON(parsing: Array(json.output.utf8))["outcome"] == "rejected")
                let late = try await trellis(
                    ["propose", "wait", "--wait", "--timeout", "1", "--genesis", "genesis.json"], in: folder, endpoint: harness.endpoint)
                #expect(late.status == 5)
                #expect(late.error.contains("idempotency key"))
            }
        }
    }

    @Test func statusWatchAndStandardInput() async throws {
        try await withFolder { (folder: URL) async throws in
            try await Harness.run { (harness: Harness) async throws in
                let arguments = ["propose", "-", "--json", "--wait", "decided"]
                let proposed = try await trellis(arguments, in: folder, endpoint: harness.endpoint, input: "ls -l\n")
                #expect(try JSON(parsing: Array(proposed.output.utf8))["text"] == "ls -l")
                let status = try await trellis(["status", "--json"], in: folder, endpoint: harness.endpoint)
                #expect(status.status == 0)
                #expect(try JSON(parsing: Array(status.output.utf8))["log_size"] == .integer(1))
                await harness.node.refuse(with: .stopped(reason: "two states"))
                let stopped = try await trellis(["status"], in: folder, endpoint: harness.endpoint)
                #expect(stopped.status == 1)
                #expect(stopped.output.contains("stopped: two states"))
            }
        }
    }

    @Test func usageAndSilence() async throws {
        try await withFolder { (folder: URL) async throws in
            for arguments in [
                ["propose"], ["propose", "x", "--timeout", "0"], ["propose", "x", "--field", "novalue"],
                ["propose", "x", "--receipt", "r"],
                ["nonsense"], ["status", "--endpoint", "nowhere"], ["propose", "x", "--wait=soon"],
            ] {
                let outcome = try await trellis(arguments, in: folder)
                #expect(outcome.status == 2, "\(arguments): \(outcome.error)")
                #expect(outcome.error.hasPrefix("error: "), "\(arguments)")
            }
            for arguments in [["status"], ["watch"], ["propose", "ls"]] {
                let outcome = try await trellis(arguments, in: folder)
                #expect(outcome.status == 1, "\(arguments)")
                #expect(outcome.error.contains("hint: "), "\(arguments)")
            }
            let version = try await trellis(["--version"], in: folder)
            #expect(version.status == 0)
            #expect(version.output == "\(Release.version)\n")
        }
    }
}
