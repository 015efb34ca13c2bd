// What a node refuses to start with, and how it says so: configurations, keys, passphrases, genesis files, directories of others.

import Foundation
import Glibc
import Testing
import TrellisCrypto
import TrellisModel

extension SystemTests {
    @Suite struct ConfigurationTests {
        /// Starts validator 0, which must end with `code` and say all of `parts`.
        private func expectRefusal(
            _ network: ProcessNetwork, _ code: Int32, _ parts: [String], environment: [String: String] = [:],
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let ended = try await TrellisProcess.run(
                ["node", "--config", network.configuration(0)], in: network.folder, environment: environment)
            #expect(ended.code == code, "\(ended.error)", sourceLocation: sourceLocation)
            for part in ["error: "] + parts { #expect(ended.error.contains(part), "\(ended.error)", sourceLocation: sourceLocation) }
            #expect(!ended.error.contains("Fatal"), sourceLocation: sourceLocation)
        }

        @Test func configurationIsRefused() async throws {
            try await ProcessNetwork.with(1, starts: false) { network in
                let path = network.configuration(0)
                let original = try Files.read(path)
                let edits: [(String, String, [String])] = [
                    ("listen: ", "lisen: ", ["unknown key 'lisen'", "did you mean 'listen'?"]),
                    ("log_level: info", "log_level: loud", ["'log_level'", "info"]),
                    ("data: data", "# no data", ["'data' is missing"]),
                    ("peers: {}", "peers: [1]", ["'peers'"]),
                    ("peers: {}", "peers:\n  validator-7: 127.0.0.1:1", ["peers.validator-7", "validator-0"]),
                    ("peers: {}", "peers:\n  validator-0: 127.0.0.1:1", ["'peers' names validator-0"]),
                    ("log_level: info", "heartbeat_ms: soon", ["'heartbeat_ms' must be a number"]),
                    ("genesis: ../genesis.json", "genesis: ../genesis.jsn", ["genesis.jsn"]),
                    ("log_level: info", "policy: nothing.yaml", ["nothing.yaml"]),
                    ("peers: {}", "peers: {", ["node.yaml"]),
                ]
                for (old, new, parts) in edits {
                    try Files.edit(path, old, new)
                    try await expectRefusal(network, 2, parts + ["hint: "])
                    try Files.write(original, to: path)
                }
                try Files.write([0xFF, 0xFE, 0x00], to: path)
                try await expectRefusal(network, 2, ["node.yaml"])
                try FileManager.default.removeItem(atPath: path)
                try await expectRefusal(network, 2, ["cannot read", "node.yaml"])
            }
        }

        @Test func policyWithAMistakeIsRefused() async throws {
            try await ProcessNetwork.with(1, starts: false) { network in
                try Files.edit(network.configuration(0), "log_level: info", "policy: policy.yaml")
                try Files.write(Array("rulez: []\n".utf8), to: "\(network.directory)/validator-0/policy.yaml")
                try await expectRefusal(network, 2, ["policy", "rulez"])
            }
        }

        @Test func keysAreRefused() async throws {
            try await ProcessNetwork.with(2, starts: false) { network in
                try await expectRefusal(network, 2, ["validator.keys", "passphrase"], environment: ["TRELLIS_PASSPHRASE": "wrong"])

                let folder = "\(network.directory)/validator-0"
                chmod("\(folder)/validator.keys", 0o640)
                try await expectRefusal(network, 2, ["can be read by others", "chmod 600"])
                chmod("\(folder)/validator.keys", 0o600)
                chmod("\(folder)/passphrase", 0o604)
                try await expectRefusal(network, 2, ["passphrase can be read by others"])
                chmod("\(folder)/passphrase", 0o600)

                let keys = try Files.read("\(folder)/validator.keys")
                try Files.write(Array(keys.dropLast(200)), to: "\(folder)/validator.keys")
                try await expectRefusal(network, 2, ["validator.keys"])

                // Another validator's keys, with their passphrase: they would sign twice for every round.
                for file in ["validator.keys", "passphrase"] {
                    try Files.write(try Files.read("\(network.directory)/validator-1/\(file)"), to: "\(folder)/\(file)")
                }
                try await expectRefusal(network, 2, ["'peers' names validator-1"])
            }
        }

        @Test func anotherChainIsRefused() async throws {
            try await ProcessNetwork.with(1, starts: false) { network in
                let path = "\(network.directory)/genesis.json"
                let original = network.genesis
                try await ProcessNetwork.with(1, starts: false, in: network.folder, name: "other") { other in
                    try Files.write(try Files.read("\(other.directory)/genesis.json"), to: path)
                    try await expectRefusal(network, 2, ["chain \(original.chain)", "chain \(other.genesis.chain)"])
                    try Files.write(original.json, to: path)
                    try await network.start([0])
                    try await network.decide("ls", at: 0)
                    try await network.stop(0)
                    // Its own configuration on the other chain's data.
                    try await other.start([0])
                    try await other.stop(0)
                    try Files.edit(network.configuration(0), "data: data", "data: \(other.data(0))")
                    try await expectRefusal(network, 1, ["belongs to", other.genesis.chain.description, "hint: "])
                }
            }
        }

        @Test func theDirectoryIsHeldByOne() async throws {
            try await ProcessNetwork.with(1) { network in
                try await network.decide("ls", at: 0)
                try await expectRefusal(network, 1, ["in use by another process", network.data(0), "hint: "])
                let repair = try await TrellisProcess.run(["repair", "--data", network.data(0)], in: network.folder)
                #expect(repair.code == 1)
                #expect(repair.error.contains("in use by another process"))
                try await network.decide("ls again", at: 0)
                try await network.stop(0)
            }
        }

        @Test func aTakenPortIsNamed() async throws {
            try await ProcessNetwork.with(2, starts: false) { network in
                for port in [network.peerPort, network.apiPort] {
                    let holder = try Socket.listening(on: port)
                    try await expectRefusal(network, 1, ["127.0.0.1:\(port)", "hint: "])
                    withExtendedLifetime(holder) {}
                }
            }
        }
    }
}
