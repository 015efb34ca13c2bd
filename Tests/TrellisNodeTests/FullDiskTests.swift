// A disk that fills up under a validator: it stops with an alarm, the others go on, and with space again it catches up.

import Foundation
import Glibc
import Testing
import TrellisClient
import TrellisCrypto

extension SystemTests {
    @Suite struct FullDiskTests {
        /// Whether this process may mount a small file system; containers and ordinary users may not.
        private static let mayMount: Bool = {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("trellis-mount-\(UUID())").path
            guard mkdir(folder, 0o700) == 0 else { return false }
            defer { rmdir(folder) }
            guard mount("tmpfs", folder, "tmpfs", 0, "size=64k") == 0 else { return false }
            return umount2(folder, Int32(MNT_DETACH)) == 0
        }()

        @Test(.enabled(if: mayMount, "needs the right to mount a tmpfs")) func theValidatorStopsAndComesBack() async throws {
            try await ProcessNetwork.with(starts: false) { network in
                let data = network.data(3)
                try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
                try #require(mount("tmpfs", data, "tmpfs", 0, "size=6m") == 0)
                defer { umount2(data, Int32(MNT_DETACH)) }
                try await network.start([0, 1, 2, 3])

                var known: Set<Digest> = []
                var batch = 0
                try await eventually("the disk of validator 3 is full", within: 60) {
                    batch += 1
                    let records = (0..<100).map { Array(repeating: UInt8($0), count: 1000) + Array("\(batch)".utf8) }
                    // At the validator whose disk it is as well as elsewhere: what it acknowledges counts.
                    for index in [3, 0] {
                        guard let reply = try? await network.client(index).submitRecords(records, wait: .decided, timeout: 10),
                            reply.isReached
                        else { continue }
                        known.formUnion(reply.identifiers)
                    }
                    return httpStatus(network.apiPort + 3, "/readyz") == 503
                }
                #expect(try await network.status(3).alarm?.contains("no space left") == true)
                #expect(httpStatus(network.apiPort + 3, "/livez") == 200)
                await #expect(throws: ClientError.self) { try await network.client(3).propose(ProposalDraft(text: "ls")) }
                known.insert(try await network.decide("ls without 3", at: 0).digest)
                try await network.settled([0, 1, 2])
                try await network.stop(3)

                try #require(mount("tmpfs", data, "tmpfs", UInt(MS_REMOUNT), "size=256m") == 0)
                try await network.start([3])
                try await network.settled([0, 1, 2, 3])
                try await network.murder(1)
                #expect(try await network.decide("ls, needs 3", at: 0).hasVote(of: 3))
                try await network.start([1])
                try await network.settled([0, 1, 2, 3])
                for index in 0..<4 { #expect(try await network.status(index).equivocations == 0) }
                try await network.expectOneLedger(with: known)
            }
        }
    }
}
