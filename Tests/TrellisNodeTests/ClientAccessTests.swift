// Clients of a running validator as its operator sets them up: `trellis client`, the configuration, `trellis propose --key` and `--token-env`.

import Foundation
import Testing
import TrellisAccess
import TrellisCrypto
import TrellisModel
import TrellisNode
import TrellisVerify

extension SystemTests {
    @Suite struct ClientAccessTests {
        private static let passphrase = ["TRELLIS_PASSPHRASE": "correct horse"]

        @Test func clientsAreMadeNamedAndLetIn() async throws {
            try await withFolder { folder in
                let port = try Ports.free(2)
                _ = try NetworkSetup.create(
                    NetworkPlan(name: "access", validators: 1, peerPort: port, apiPort: port + 1), in: "\(folder)/net")
                func trellis(_ arguments: [String], _ more: [String: String] = [:]) async throws -> (
                    code: Int32, output: String, error: String
                ) {
                    let environment = Self.passphrase.merging(more) { $1 }
                    let result = try await TrellisProcess.run(arguments, in: folder, environment: environment)
                    return (result.code, result.output, result.error)
                }
                let key = try await trellis(["client", "keygen", "ci.key", "--name", "ci", "--genesis", "net/genesis.json"])
                let token = try await trellis(["client", "token", "ops.token", "--name", "ops", "--may", "read"])
                #expect(key.code == 0 && token.code == 0, "\(key.error)\(token.error)")
                #expect(try await trellis(["client", "token", "ops.token", "--name", "ops"]).code != 0)
                #expect(try await trellis(["client", "token", "x.token", "--name", "a b"]).code == 2)
                try Files.write(Array((key.output + token.output).utf8), to: "\(folder)/net/validator-0/clients.yaml")
                let path = NetworkSetup.configurationPath("\(folder)/net", 0)
                try Files.write(Files.read(path) + Array("clients: clients.yaml\nopen: false\n".utf8), to: path)
                let configuration = try NodeConfiguration(path: path)
                #expect(try configuration.access().clients.map(\.name) == ["ci", "ops"])

                let node = try TrellisProcess(["node", "--config", path], in: folder)
                let endpoint = ["--endpoint", "http://127.0.0.1:\(port + 1)"]
                try await eventually("it serves") { httpStatus(port + 1, "/readyz") == 200 }
                let secret = Files.text("\(folder)/ops.token")
                let proposed = try await trellis(
                    ["propose", "ls -la", "--key", "ci.key", "--wait", "--receipt", "receipt.json"] + endpoint)
                #expect(proposed.code == 0, "\(proposed.error)")
                #expect(proposed.output.contains("proposed by key ci "))
                let report = try await trellis(["verify", "receipt.json", "--genesis", "net/genesis.json"])
                #expect(report.code == 0 && report.output.contains("no validator could invent it"), "\(report.output)")
                let proven = try await trellis(["verify", "receipt.json", "--genesis", "net/genesis.json", "--json"])
                let proposer =
                    try #require(
                        try JSONSerialization.jsonObject(with: Data(proven.output.utf8)) as? [String: Any])["proposer"] as? [String: Any]
                #expect(proposer?["credential"] as? String == "key" && proposer?["signed"] as? Bool == true, "\(proven.output)")
                #expect((proposer?["scheme"] as? String)?.hasPrefix("ML-DSA-") == true && (proposer?["id"] as? String)?.count == 64)
                #expect(try await trellis(["propose", "ls", "--token-env", "T"] + endpoint, ["T": secret]).code == 1)
                #expect(try await trellis(["watch", "--token-env", "NONE"] + endpoint).code == 2)
                let stranger = try await trellis(["propose", "ls"] + endpoint)
                #expect(stranger.code == 1 && stranger.error.contains("--key FILE"), "\(stranger.error)")
                try await node.stop()
            }
        }

        @Test func aListenerThatOthersReachIsNotOpenByChance() async throws {
            try await withFolder { folder in
                let port = try Ports.free(2)
                _ = try NetworkSetup.create(
                    NetworkPlan(name: "open", validators: 1, peerPort: port, apiPort: port + 1), in: folder)
                let path = NetworkSetup.configurationPath(folder, 0)
                try Files.edit(path, "api: 127.0.0.1:", "api: 0.0.0.0:")
                let refused = try await TrellisProcess.run(["node", "--config", path], in: folder)
                #expect(refused.code == 2 && refused.error.contains("open: true"), "\(refused.error)")
                try Files.write(Files.read(path) + Array("open: true\n".utf8), to: path)
                let node = try TrellisProcess(["node", "--config", path], in: folder)
                try await eventually("it serves") { httpStatus(port + 1, "/readyz") == 200 }
                try await node.stop()
            }
        }

        @Test func whoDidNotSignIsRefusedAtTheDoor() async throws {
            try await withFolder { folder in
                let port = try Ports.free(2)
                let genesis = try NetworkSetup.create(
                    NetworkPlan(name: "door", validators: 1, peerPort: port, apiPort: port + 1), in: folder)
                let configuration = try NodeConfiguration(path: NetworkSetup.configurationPath(folder, 0))
                let node = try Node(try configuration.options(passphrase: nil), logger: .quiet)
                try await node.start()
                let key = try SignatureScheme.mlDSA44.generate()
                let plain = Proposal(nonce: Nonce(idempotencyKey: "a"), kind: "command", text: "ls")
                let foreign = try plain.signed(by: key, chain: HashSuite.sha256.hash([1]))
                await #expect(throws: NodeError.self) { try await node.propose(foreign) }
                let identifier = try await node.propose(try plain.signed(by: key, chain: genesis.chain))
                _ = try await node.result(of: identifier, finality: .certified)
                let verified = try #require(try await node.receipt(of: identifier)).verify(genesis: genesis)
                #expect(verified.identifier == identifier)
                await node.stop()
            }
        }

        @Test(arguments: [
            "clients: 7", "clients: [7]", "clients: missing.yaml", "clients: [{name: a}]", "clients: [{name: a, may: [reed], key: \"00\"}]",
            "clients: [{name: a, may: [read], key: \"00\"}]", "clients: [{name: a, may: [read], token_sha256: \"00\"}]",
            "clients: [{name: a, may: [read], token: secret}]",
            "clients: [{name: a b, may: [], token_sha256: \"\(String(repeating: "a1", count: 32))\"}]",
            "open: perhaps", "authorities: 7", "authorities: [\"http://x\"]",
        ])
        func configurationsThatAreNone(line: String) {
            let yaml = "genesis: g\nkeys: k\ndata: d\nlisten: \"127.0.0.1:1\"\napi: \"127.0.0.1:2\"\n\(line)\n"
            #expect(throws: ConfigurationError.self) { try NodeConfiguration(yaml: yaml, path: "/nowhere/node.yaml").access() }
        }
    }
}
