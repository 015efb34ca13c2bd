// The audit trail of real validators: in software, with a TPM, with one that vanishes, and through kill -9; logs and quotes verified by the
// command, and refused when they are touched.

import Foundation
import Testing
import TrellisAudit
import TrellisClient

extension SystemTests {
    @Suite struct AuditTests {
        private static let nonce = String(repeating: "a7", count: 32)

        /// Fetches log and quote of a validator; returns where they are.
        private func fetch(_ network: ProcessNetwork, _ index: Int, nonce: String = Self.nonce) async throws -> (log: String, quote: String)
        {
            let (log, quote) = ("\(network.folder)/\(UUID()).jsonl", "\(network.folder)/\(UUID()).json")
            let endpoint = ["--endpoint", "http://127.0.0.1:\(network.apiPort + index)"]
            // One quote a second, for all who ask.
            try await eventually("a quote") {
                try await TrellisProcess.run(["audit", "quote", "--nonce", nonce, "--out", quote] + endpoint, in: network.folder).code == 0
            }
            let fetched = try await TrellisProcess.run(["audit", "log", "--quote", quote, "--out", log] + endpoint, in: network.folder)
            try #require(fetched.code == 0, "\(fetched.error)")
            return (log, quote)
        }

        private func verify(
            _ network: ProcessNetwork, _ files: (log: String, quote: String), _ options: [String] = [], nonce: String = Self.nonce
        ) async throws -> (code: Int32, output: String, error: String) {
            try await TrellisProcess.run(
                ["audit", "verify", files.log, files.quote, "--nonce", nonce, "--genesis", "\(network.directory)/genesis.json"] + options,
                in: network.folder)
        }

        private func module(_ network: ProcessNetwork, _ index: Int) async throws -> String {
            let state = String(decoding: try await network.client(index).auditState(), as: UTF8.self)
            return state.contains(#""module":"tpm""#) ? "tpm" : "software"
        }

        private func settled(_ network: ProcessNetwork, _ index: Int) async throws {
            try await eventually("what was attested is in the log") {
                String(decoding: try await network.client(index).auditState(), as: UTF8.self).contains(#""waiting":0"#)
            }
        }

        private func useTPM(_ network: ProcessNetwork, _ tpm: SoftwareTPM) throws {
            try Files.edit(
                network.configuration(0), "log_level: info", "log_level: info\naudit: {tpm: \"\(tpm.tcti)\", quote_interval: 1h}")
        }

        @Test func aSoftwareChainSaysSoAndHoldsThroughKills() async throws {
            try await ProcessNetwork.with(1) { network in
                for round in 0..<4 {
                    for place in 0..<5 { try await network.decide("ls \(round) \(place)", at: 0) }
                    try await network.murder(0)
                    try await network.start([0])
                }
                let state = try await network.decide("ls, the last one", at: 0)
                try await network.settled([0])
                try await settled(network, 0)
                let receipt = "\(network.folder)/receipt.json"
                try Files.write(try await network.client(0).receipt(of: try state.digest).json, to: receipt)
                let files = try await fetch(network, 0)
                let found = try await verify(network, files, ["--receipt", receipt])
                #expect(found.code == 0, "\(found.error)")
                #expect(found.output.contains("SOFTWARE") && found.output.contains("attested"), "\(found.output)")
                let bare = try await TrellisProcess.run(["audit", "verify", files.log, files.quote], in: network.folder)
                #expect(bare.code == 1 && bare.error.contains("genesis"))
                #expect(try await verify(network, files, nonce: String(repeating: "00", count: 32)).code == 1)
            }
        }

        @Test(.enabled(if: SoftwareTPM.isInstalled, SoftwareTPM.hint))
        func aTPMHoldsTheLogAndTouchedLogsAreRefused() async throws {
            try await ProcessNetwork.with(1, starts: false) { network in
                let tpm = try await SoftwareTPM(in: network.folder)
                defer { tpm.kill() }
                try useTPM(network, tpm)
                try await network.start([0])
                for round in 0..<3 {
                    for place in 0..<4 { try await network.decide("ls \(round) \(place)", at: 0) }
                    try await network.murder(0)
                    try await network.start([0])
                }
                try await eventually("the TPM is opened") { try await module(network, 0) == "tpm" }
                let files = try await fetch(network, 0)
                let key = "\(network.data(0))/audit/ak.pem"
                let found = try await verify(network, files, ["--key", key, "--json"])
                #expect(found.code == 0, "\(found.error)")
                #expect(found.output.contains(#""module":"tpm""#) && found.output.contains(#""breaks":[]"#), "\(found.output)")
                // Old, reordered, shortened, lengthened.
                #expect(try await verify(network, files, nonce: String(repeating: "b8", count: 32)).code == 1)
                let lines = Files.text(files.log).split(separator: "\n").map(String.init)
                var swapped = lines
                swapped.swapAt(1, 2)
                let changed: [[String]] = [
                    swapped, Array(lines.dropLast()), Array(lines.dropFirst()), lines + [lines[1]], lines.filter { $0 != lines[1] },
                ]
                for text in changed {
                    let log = "\(network.folder)/\(UUID()).jsonl"
                    try Files.write(Array((text.joined(separator: "\n") + "\n").utf8), to: log)
                    #expect(try await verify(network, (log, files.quote)).code == 1)
                }
                // Later records are not proven by an earlier quote.
                try await network.decide("ls, later", at: 0)
                try await settled(network, 0)
                let later = try await fetch(network, 0)
                #expect(try await verify(network, (later.log, files.quote)).error.contains("the rest is not proven"))
                #expect(try await verify(network, (later.log, files.quote), ["--prefix"]).code == 0)
            }
        }

        @Test(.enabled(if: SoftwareTPM.isInstalled, SoftwareTPM.hint))
        func aTPMThatVanishesIsReplacedUntilItComesBack() async throws {
            try await ProcessNetwork.with(1, starts: false) { network in
                let tpm = try await SoftwareTPM(in: network.folder)
                defer { tpm.kill() }
                try useTPM(network, tpm)
                try await network.start([0])
                try await network.decide("ls, with a TPM", at: 0)
                try await eventually("the TPM is opened") { try await module(network, 0) == "tpm" }
                tpm.kill()
                try await network.decide("ls, without one", at: 0)
                try await eventually("it says so") { try await module(network, 0) == "software" }
                #expect(try network.process(0).error.contains("the TPM is gone"))
                let software = try await verify(network, try await fetch(network, 0))
                #expect(software.code == 0 && software.output.contains("SOFTWARE"), "\(software.error)")
                try await tpm.start()
                try await eventually("the TPM is opened again") { try await module(network, 0) == "tpm" }
                try await network.decide("ls, with it again", at: 0)
                try await settled(network, 0)
                let hardware = try await verify(network, try await fetch(network, 0), ["--json"])
                #expect(hardware.code == 0, "\(hardware.error)")
                #expect(hardware.output.contains(#""module":"tpm""#) && hardware.output.contains(#""breaks":[]"#), "\(hardware.output)")
            }
        }
    }
}
