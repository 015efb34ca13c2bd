// Data directories that were damaged: what a crash leaves is repaired at the start, what it cannot leave is refused with its place and
// repaired by command, and in no case is a round signed twice.

import Foundation
import Testing
import TrellisClient
import TrellisCrypto

extension SystemTests {
    @Suite struct DamagedStoreTests {
        /// Runs a network until it has decided something at every validator, then ends it, cleanly or not.
        private func withHistory(clean: Bool, _ body: (ProcessNetwork, Set<Digest>) async throws -> Void) async throws {
            try await ProcessNetwork.with { network in
                var known: Set<Digest> = []
                for index in 0..<4 { known.insert(try await network.decide("ls \(index)", at: index).digest) }
                try await network.settled([0, 1, 2, 3])
                for index in 0..<4 {
                    if clean { try await network.stop(index) } else { try await network.murder(index) }
                }
                try await body(network, known)
            }
        }

        /// All four run: they agree, `index` votes, and nobody has signed a round twice.
        private func expectWhole(_ network: ProcessNetwork, _ known: Set<Digest>, voteOf index: Int) async throws {
            // The block that it signed last may be gone for good: only with all of them is its round sure to pass.
            let first = try await network.decide("ls, with all", at: index)
            try await network.settled([0, 1, 2, 3])
            try await network.expectWhole(voteOf: index, with: known.union([try first.digest]))
        }

        @Test func aTornTailIsRepairedAtTheStart() async throws {
            try await withHistory(clean: false) { network, known in
                let grown = Files.journal(network.data(0))
                try Files.write(try Files.read(grown) + Array(repeating: 0x5A, count: 700), to: grown)
                let cut = Files.journal(network.data(1))
                try Files.write(Array(try Files.read(cut).dropLast(150)), to: cut)
                try await network.start([0, 1, 2, 3])
                for index in [0, 1] { #expect(try network.process(index).error.contains("torn journal tail")) }
                try await expectWhole(network, known, voteOf: 1)
            }
        }

        @Test(arguments: [true, false]) func aCorruptJournalIsRefusedUntilRepaired(clean: Bool) async throws {
            try await withHistory(clean: clean) { network, known in
                try Files.flip(Files.journal(network.data(2)), at: 9000)
                let refused = try await TrellisProcess.run(["node", "--config", network.configuration(2)], in: network.folder)
                #expect(refused.code == 1)
                #expect(
                    refused.error.contains("error: \(network.data(2)): journal/0000000000.segment is corrupt at byte "), "\(refused.error)")
                #expect(refused.error.contains("hint: "))
                #expect(refused.error.contains("trellis repair --data \(network.data(2))"), "\(refused.error)")
                // The others do without it.
                try await network.start([0, 1, 3])
                try await network.decide("ls without 2", at: 0)

                let repair = try await TrellisProcess.run(["repair", "--data", network.data(2)], in: network.folder)
                #expect(repair.code == 0, "\(repair.error)")
                #expect(repair.output.contains("cut journal/0000000000.segment at byte "), "\(repair.output)")
                let nothing = try await TrellisProcess.run(["repair", "--data", network.data(2)], in: network.folder)
                #expect(nothing.output == "nothing is damaged\n")
                try await network.start([2])
                try await network.settled([0, 1, 2, 3])
                // Once more, from what it has now.
                try await network.murder(2)
                try await network.start([2])
                try await expectWhole(network, known, voteOf: 2)
            }
        }

        @Test func corruptEntriesAreExecutedAgain() async throws {
            try await withHistory(clean: true) { network, known in
                let entries = "\(network.data(3))/log/entries/0000000000.segment"
                try Files.flip(entries, at: 200)
                let refused = try await TrellisProcess.run(["node", "--config", network.configuration(3)], in: network.folder)
                #expect(refused.code == 1)
                #expect(refused.error.contains("log/entries/0000000000.segment is corrupt at byte "), "\(refused.error)")
                let repair = try await TrellisProcess.run(["repair", "--data", network.data(3)], in: network.folder)
                #expect(repair.code == 0, "\(repair.error)")
                try await network.start([0, 1, 2, 3])
                try await expectWhole(network, known, voteOf: 3)
            }
        }

        @Test func whatIsDerivedFromTheEntriesIsDerivedAgain() async throws {
            try await withHistory(clean: true) { network, known in
                for lost in ["log/positions", "log/nodes/00", "index"] {
                    try FileManager.default.removeItem(atPath: "\(network.data(1))/\(lost)")
                }
                // A leaf's hash: no start looks at all of them.
                try Files.flip("\(network.data(2))/log/nodes/00", at: 70)
                let repair = try await TrellisProcess.run(["repair", "--data", network.data(2)], in: network.folder)
                #expect(repair.output.contains("removed what is derived from the ledger's entries"), "\(repair.output) \(repair.error)")
                try await network.start([0, 1, 2, 3])
                try await expectWhole(network, known, voteOf: 1)
            }
        }

        @Test func aLostJournalIsLearntAgain() async throws {
            try await withHistory(clean: true) { network, known in
                try FileManager.default.removeItem(atPath: "\(network.data(1))/journal")
                try await network.start([0, 1, 2, 3])
                try await expectWhole(network, known, voteOf: 1)
            }
        }

        @Test func whatCannotBeMadeGoodIsRefused() async throws {
            try await ProcessNetwork.with(1) { network in
                // Until the journal's first rounds are no longer needed.
                while try await network.status(0).round < 100 { try await network.decide("ls \(UUID())", at: 0) }
                try await network.stop(0)
                let (journal, aside) = ("\(network.data(0))/journal", "\(network.data(0))/aside")
                try FileManager.default.moveItem(atPath: journal, toPath: aside)
                let gap = try await TrellisProcess.run(["node", "--config", network.configuration(0)], in: network.folder)
                #expect(gap.code == 1)
                #expect(gap.error.contains("the journal lacks what follows commit"), "\(gap.error)")
                #expect(gap.error.contains("hint: "))

                try FileManager.default.removeItem(atPath: journal)
                try FileManager.default.moveItem(atPath: aside, toPath: journal)
                try FileManager.default.removeItem(atPath: "\(network.data(0))/high-water")
                let amnesia = try await TrellisProcess.run(["node", "--config", network.configuration(0)], in: network.folder)
                #expect(amnesia.code == 1)
                #expect(amnesia.error.contains("high-water"), "\(amnesia.error)")
                #expect(amnesia.error.contains("hint: "))
            }
        }
    }
}
