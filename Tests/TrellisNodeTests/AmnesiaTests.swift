// Validators whose data directory is gone or was restored: they sign nothing until the others have told them what they signed, then they
// vote again, and nobody ever sees two blocks of one round.

import Foundation
import Testing
import TrellisClient

extension SystemTests {
    @Suite struct AmnesiaTests {
        private func expectWhole(_ network: ProcessNetwork, voteOf index: Int) async throws {
            try await network.serves(index)
            try await network.decide("ls, after it came back", at: index)
            try await network.expectWhole(voteOf: index)
        }

        @Test func aLostDataDirectoryIsRecovered() async throws {
            try await ProcessNetwork.with { network in
                for index in 0..<4 { try await network.decide("ls \(index)", at: index) }
                try await network.murder(2)
                try FileManager.default.removeItem(atPath: network.data(2))
                try await network.decide("ls, without 2", at: 0)
                // While one of the others is down, nobody can tell it enough: it follows and signs nothing.
                try await network.murder(3)
                try network.launch(2)
                try await eventually("it says that it does not know") { try network.process(2).error.contains("it asks the others") }
                try await eventually("it follows") { try await network.status(2).logSize == network.status(0).logSize }
                #expect(try await network.status(2).recalling)
                #expect(httpStatus(network.apiPort + 2, "/readyz") == 503)
                // It forgets nothing of this in a crash.
                try await network.murder(2)
                try network.launch(2)
                try await eventually("it still does not know") { try network.process(2).error.contains("it asks the others") }
                try await network.start([3])
                try await expectWhole(network, voteOf: 2)
            }
        }

        @Test func aRestoredDataDirectoryIsRecovered() async throws {
            try await ProcessNetwork.with { network in
                try await network.decide("ls", at: 0)
                try await network.stop(1)
                let backup = "\(network.folder)/backup"
                try FileManager.default.copyItem(atPath: network.data(1), toPath: backup)
                try await network.start([1])
                for index in 0..<4 { try await network.decide("ls \(index)", at: index) }
                try await network.murder(1)
                try FileManager.default.removeItem(atPath: network.data(1))
                try FileManager.default.copyItem(atPath: backup, toPath: network.data(1))
                let told = try await TrellisProcess.run(["repair", "--restored", "--data", network.data(1)], in: network.folder)
                #expect(told.code == 0 && told.output.contains("removed the high-water mark"), "\(told.error)")
                try network.launch(1)
                try await expectWhole(network, voteOf: 1)
            }
        }

        /// Nobody says that the directory is an old copy, but a TPM has counted on.
        @Test(.enabled(if: SoftwareTPM.isInstalled, SoftwareTPM.hint))
        func aTPMNoticesARestoredDataDirectory() async throws {
            try await ProcessNetwork.with(starts: false) { network in
                let tpm = try await SoftwareTPM(in: network.folder)
                defer { tpm.kill() }
                try Files.edit(network.configuration(1), "log_level: info", "log_level: info\naudit: {tpm: \"\(tpm.tcti)\"}")
                let made = "\(network.folder)/made"
                try FileManager.default.copyItem(atPath: network.data(1), toPath: made)
                try await network.start([0, 1, 2, 3])
                try await network.decide("ls", at: 0)
                // A start, a kill and a clean stop are no reason for doubt.
                try await network.murder(1)
                try await network.start([1])
                try await network.decide("ls, after a kill", at: 1)
                try await network.stop(1)
                let backup = "\(network.folder)/backup"
                try FileManager.default.copyItem(atPath: network.data(1), toPath: backup)
                try await network.start([1])
                #expect(try !network.process(1).error.contains("it asks the others"))
                for index in 0..<4 { try await network.decide("ls \(index)", at: index) }
                try await network.murder(1)
                // The backup, and the folder as it was made, with its file that says that nothing was signed.
                for copy in [backup, made] {
                    try FileManager.default.removeItem(atPath: network.data(1))
                    try FileManager.default.copyItem(atPath: copy, toPath: network.data(1))
                    try network.launch(1)
                    try await network.serves(1)
                    #expect(try network.process(1).error.contains("it asks the others"))
                    try await network.decide("ls, after \(copy)", at: 1)
                    try await network.murder(1)
                }
                try network.launch(1)
                try await expectWhole(network, voteOf: 1)
            }
        }

        @Test(.enabled(if: SoftwareTPM.isInstalled, SoftwareTPM.hint))
        func aDirectoryBoundToATPMIsNotUsedWithoutIt() async throws {
            try await ProcessNetwork.with(1, starts: false) { network in
                let tpm = try await SoftwareTPM(in: network.folder)
                defer { tpm.kill() }
                try Files.edit(network.configuration(0), "log_level: info", "log_level: info\naudit: {tpm: \"\(tpm.tcti)\"}")
                try await network.start([0])
                try await network.decide("ls", at: 0)
                try await network.stop(0)
                let backup = "\(network.folder)/backup"
                try FileManager.default.copyItem(atPath: network.data(0), toPath: backup)
                tpm.kill()
                try network.launch(0)
                #expect(try await network.process(0).end() == 1)
                #expect(try network.process(0).error.contains("does not answer"))
                try await tpm.start()
                try await network.start([0])
                try await network.stop(0)
                // Alone, nobody can tell it what it signed: the old copy is refused, and the new one is taken again.
                let newest = "\(network.folder)/newest"
                try FileManager.default.moveItem(atPath: network.data(0), toPath: newest)
                try FileManager.default.copyItem(atPath: backup, toPath: network.data(0))
                try network.launch(0)
                #expect(try await network.process(0).end() == 1)
                #expect(try network.process(0).error.contains("older copy"))
                try FileManager.default.removeItem(atPath: network.data(0))
                try FileManager.default.moveItem(atPath: newest, toPath: network.data(0))
                try await network.start([0])
                try await network.decide("ls, again", at: 0)
            }
        }

        /// All of a new network start knowing nothing, and wait for nobody.
        @Test func aNewNetworkIsNoAmnesia() async throws {
            try await ProcessNetwork.with(starts: false) { network in
                try await network.start([0, 1, 2])
                try await network.decide("ls", at: 0)
                try await network.start([3])
                try await network.settled([0, 1, 2, 3])
                for index in 0..<4 { #expect(try !network.process(index).error.contains("it asks the others")) }
                try await network.stopAll()
            }
        }
    }
}
