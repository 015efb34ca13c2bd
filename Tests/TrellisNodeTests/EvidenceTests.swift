// A validator that runs twice under one key, as after a careless restore: everybody records what it signed, and a file proves it to
// whoever has the genesis.

import Foundation
import Testing
import TrellisClient
import TrellisModel
import TrellisVerify

extension SystemTests {
    @Suite struct EvidenceTests {
        /// The second machine with validator 3's key: reached by validator 0, which does not know the first.
        private func twin(of network: ProcessNetwork) throws -> TrellisProcess {
            let own = "\(network.directory)/validator-3"
            let twin = "\(network.directory)/twin"
            try FileManager.default.copyItem(atPath: own, toPath: twin)
            let ports = try Ports.free(2)
            let listen = "127.0.0.1:\(network.peerPort + 3)"
            try Files.edit("\(twin)/node.yaml", "listen: \(listen)", "listen: 127.0.0.1:\(ports)")
            try Files.edit("\(twin)/node.yaml", "api: 127.0.0.1:\(network.apiPort + 3)", "api: 127.0.0.1:\(ports + 1)")
            try Files.edit(network.configuration(0), listen, "127.0.0.1:\(ports)")
            return try TrellisProcess(["node", "--config", "\(twin)/node.yaml"], in: network.folder)
        }

        @Test func aValidatorWithTwoMachinesIsProvenToBeOne() async throws {
            try await ProcessNetwork.with(starts: false) { network in
                let twin = try twin(of: network)
                try await network.start([0, 1, 2, 3])
                var count = 0
                try await eventually("evidence is recorded", within: 60) {
                    count += 1
                    try await network.decide("ls \(count)", at: count % 3)
                    return try await network.status(0).evidence > 0
                }
                twin.kill(SIGKILL)
                try await network.murder(3)
                try await network.decide("ls, without either", at: 1)
                try await network.settled([0, 1, 2])
                let recorded = try await network.status(0).evidence
                #expect((1...8).contains(recorded))

                let list = httpBody(network.apiPort + 1, "/v1/evidence")
                let path = try #require(list.firstMatch(of: /"file":"([^"]+)"/)?.output.1)
                #expect(list.contains(#""validator":3,"name":"validator-3","offence":"twin_blocks""#), "\(list)")
                let file = "\(network.folder)/evidence.json"
                try Files.write(Array(httpBody(network.apiPort + 1, String(path)).utf8), to: file)
                let genesis = "\(network.directory)/genesis.json"
                let verified = try await TrellisProcess.run(["verify", file, "--genesis", genesis], in: network.folder)
                #expect(verified.code == 0, "\(verified.error)")
                #expect(verified.output.hasPrefix("valid: validator 3 \"validator-3\""), "\(verified.output)")
                #expect(verified.output.contains("signed two different blocks for round"))
                try Files.edit(file, "\"validator\": 3", "\"validator\": 2")
                let edited = try await TrellisProcess.run(["verify", file, "--genesis", genesis, "--json"], in: network.folder)
                #expect(edited.code == 1 && edited.output.contains(#""valid":false"#), "\(edited.output)")

                // It is there after a restart, from the snapshot or from the journal.
                try await network.stop(0)
                try await network.murder(1)
                try await network.murder(2)
                try await network.start([0, 1, 2])
                for index in 0..<3 { #expect(try await network.status(index).evidence == recorded) }
                try await network.stopAll()
            }
        }
    }
}
