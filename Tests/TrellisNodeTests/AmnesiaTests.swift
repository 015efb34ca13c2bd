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
