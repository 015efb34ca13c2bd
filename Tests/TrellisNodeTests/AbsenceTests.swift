// Validators that were away for longer than their peers keep their journals: they take over a certified state and the missing part of the
// log, also when they are killed meanwhile, and in the end hold what all hold.

import Foundation
import Testing
import TrellisClient

extension SystemTests {
    @Suite struct AbsenceTests {
        /// Journals of a mebibyte, the least that there is.
        private func withShortJournals(_ body: (ProcessNetwork) async throws -> Void) async throws {
            try await ProcessNetwork.with(starts: false) { network in
                for index in 0..<4 {
                    try Files.edit(network.configuration(index), "log_level: info", "log_level: info\njournal_bytes: 1048576")
                }
                try await network.start([0, 1, 2, 3])
                try await body(network)
            }
        }

        /// Orders records until the journals of three validators no longer reach back to `first`.
        private func goOn(_ network: ProcessNetwork, without absent: Int) async throws {
            let others = (0..<4).filter { $0 != absent }
            func segments(_ index: Int) -> [String] {
                ((try? FileManager.default.contentsOfDirectory(atPath: network.data(index) + "/journal")) ?? []).sorted()
            }
            let before = segments(others[0]).last ?? ""
            var batch = 0
            try await eventually("the journals are pruned", within: 120) {
                for _ in 0..<8 {
                    let filler = String(repeating: "x", count: 2000)
                    let records = (0..<40).map { Array("\(batch) \($0) \(filler)".utf8) }
                    batch += 1
                    _ = try await network.client(others[batch % 3]).submitRecords(
                        records, idempotencyKey: "\(absent)-\(batch)-\(before)", wait: .decided, timeout: 30)
                }
                return others.allSatisfy { (segments($0).first ?? "") > before }
            }
        }

        private func expectWhole(_ network: ProcessNetwork, _ index: Int) async throws {
            try await eventually("it has caught up", within: 60) {
                try await network.status(index).logSize >= network.status((index + 1) % 4).logSize
            }
            try await network.decide("ls, now that it is back", at: index)
            try await network.expectWhole(voteOf: index)
        }

        @Test func whoWasAwayForLongTakesOverAState() async throws {
            try await withShortJournals { network in
                try await network.decide("ls", at: 2)
                try await network.stop(2)
                try await goOn(network, without: 2)
                try await network.start([2])
                try await eventually("it takes over a state", within: 60) { try network.process(2).error.contains("took over a state") }
                try await expectWhole(network, 2)
            }
        }

        @Test func aWipedValidatorKilledWhileItTakesOverAState() async throws {
            try await withShortJournals { network in
                try await network.decide("ls", at: 1)
                try await network.murder(1)
                try FileManager.default.removeItem(atPath: network.data(1))
                try await goOn(network, without: 1)
                // Killed again and again, a little later each time.
                for delay in 0..<12 {
                    try network.launch(1)
                    let moment = ContinuousClock.now + .milliseconds(150 + 60 * delay)
                    try await eventually("its time has come") {
                        let hasBegun = try network.process(1).error.contains("takes over a state")
                        return ContinuousClock.now >= moment || (hasBegun && delay % 3 == 0)
                    }
                    try await network.murder(1)
                }
                try await network.start([1])
                try await expectWhole(network, 1)
            }
        }
    }
}
