// `trellis dev` and `trellis network init` as a person uses them: first start, resuming, refusals, Ctrl-C, the demonstration.

import Foundation
import Glibc
import Testing
import TrellisClient
import TrellisCrypto
import TrellisModel

extension SystemTests {
    @Suite struct DevCommandTests {
        /// A port that is free, with those for four peers.
        private func port() throws -> Int {
            for _ in 0..<100 {
                let port = try Ports.free(1)
                if (port + 1000..<port + 1004).allSatisfy({ (try? Socket.listening(on: $0)) != nil }) { return port }
            }
            throw Unmet(description: "no free ports")
        }

        private func dev(_ port: Int, in folder: String, _ more: String...) throws -> TrellisProcess {
            try TrellisProcess(["dev", "--data", "ledger", "--port", "\(port)"] + more, in: folder)
        }

        private func serves(_ port: Int, _ process: TrellisProcess) async throws {
            try await eventually("trellis dev is ready") {
                guard process.isRunning else { throw Unmet(description: process.error) }
                return httpStatus(port, "/readyz") == 200
            }
        }

        private func interrupt(_ process: TrellisProcess) async throws {
            process.kill(SIGINT)
            let code = try await process.end()
            #expect(code == 0, "\(process.error)")
        }

        private func decide(_ text: String, _ port: Int) async throws -> ProposalState {
            let client = try UnverifiedClient(endpoint: "http://127.0.0.1:\(port)")
            let result: Result<ProposalState, ClientError>
            do {
                result = .success(try await client.propose(ProposalDraft(text: text), wait: .certified).value)
            } catch {
                result = .failure(error)
            }
            try await client.shutdown()
            return try result.get()
        }

        @Test(arguments: [1, 4]) func resumesTheSameLedger(validators: Int) async throws {
            try await withFolder { folder in
                let port = try port()
                var process = try dev(port, in: folder, "--validators", "\(validators)", "--fresh")
                try await serves(port, process)
                let first = try await decide("ls", port)
                #expect(first.logIndex == 0)
                try await interrupt(process)
                #expect(process.output.contains("NOT FOR PRODUCTION"))
                #expect(process.output.contains("trellis propose"))
                #expect(process.error.contains("tolerate no fault") == (validators < 4))
                let chain = try Genesis(json: Files.read("\(folder)/ledger/genesis.json")).chain

                let refused = try await dev(port, in: folder, "--validators", "3").end()
                #expect(refused == 2)

                process = try dev(port, in: folder)
                try await serves(port, process)
                #expect(process.output.contains("resuming"))
                #expect(try await decide("ls -la", port).logIndex == 1)
                try await interrupt(process)
                #expect(try Genesis(json: Files.read("\(folder)/ledger/genesis.json")).chain == chain)
            }
        }

        @Test func freshBeginsAnew() async throws {
            try await withFolder { folder in
                let port = try port()
                for _ in 0..<2 {
                    let process = try dev(port, in: folder, "--validators", "1", "--fresh")
                    try await serves(port, process)
                    #expect(try await decide("ls", port).logIndex == 0)
                    try await interrupt(process)
                }
                // A folder that it did not make is not removed.
                try FileManager.default.removeItem(atPath: "\(folder)/ledger/genesis.json")
                let process = try dev(port, in: folder, "--fresh")
                #expect(try await process.end() == 2)
                #expect(process.error.hasPrefix("error: ledger holds no network"))
                #expect(FileManager.default.fileExists(atPath: "\(folder)/ledger/validator-0/validator.keys"))
            }
        }

        @Test func aTakenPortIsNamed() async throws {
            try await withFolder { folder in
                let port = try port()
                for taken in [port, port + 1000] {
                    let holder = try Socket.listening(on: taken)
                    let process = try dev(port, in: folder, "--validators", "2")
                    #expect(try await process.end() == 1)
                    #expect(process.error.contains("error: "), "\(process.error)")
                    #expect(process.error.contains("127.0.0.1:\(taken)"), "\(process.error)")
                    #expect(process.error.contains("hint: "), "\(process.error)")
                    withExtendedLifetime(holder) {}
                }
            }
        }

        @Test func demonstrationEndsWithASummary() async throws {
            try await withFolder { folder in
                let lines = [
                    #"{"command":"ls -la","agent":"tester"}"#, #"{"command":"rm -rf /","purpose":"none"}"#,
                    #"{"command":"echo \"rm -rf /\"","cwd":"/tmp"}"#,
                ]
                try Files.write(Array(lines.joined(separator: "\n").utf8), to: "\(folder)/demo.jsonl")
                let process = try dev(try port(), in: folder, "--demo", "--once", "--demo-file", "demo.jsonl")
                #expect(try await process.end(within: 60) == 0, "\(process.error)")
                #expect(process.output.contains("3 proposals: 2 approved, 1 rejected, 0 expired; 3 receipts verified offline"))

                try Files.write(Array("{\"command\":\"ls\"}\nls\n".utf8), to: "\(folder)/demo.jsonl")
                let refused = try dev(try port(), in: folder, "--demo", "--once", "--demo-file", "demo.jsonl")
                #expect(try await refused.end() == 2)
                #expect(refused.error.contains("demo.jsonl:2"))
            }
        }

        @Test func smallNetworksComeWithAWarning() async throws {
            try await withFolder { folder in
                for (validators, warns) in [(1, true), (3, true), (4, false)] {
                    let arguments = ["network", "init", "--validators", "\(validators)", "--out", "net\(validators)"]
                    let made = try await TrellisProcess.run(arguments, in: folder)
                    #expect(made.code == 0)
                    #expect(made.error.contains("tolerate") == warns, "\(made.error)")
                    #expect(made.error.contains("no fault") == warns)
                    let again = try await TrellisProcess.run(arguments, in: folder)
                    #expect(again.code == 1)
                    #expect(again.error.contains("exists already"))
                }
                let none = try await TrellisProcess.run(["network", "init", "--validators", "0", "--out", "net0"], in: folder)
                #expect(none.code == 2)
            }
        }
    }
}
