// A validator that measures and tunes itself: what it says of that, what it refuses, and that nothing of it changes what is decided.

import Foundation
import Testing
import TrellisConsensus
import TrellisModel
import TrellisNode
import TrellisOptimizer

extension SystemTests {
    @Suite struct OptimizerTests {
        private func node(_ folder: String, _ optimizer: OptimizerConfiguration) throws -> Node {
            let port = try Ports.free(2)
            let plan = NetworkPlan(name: "tuned", validators: 1, peerPort: port, apiPort: port + 1)
            _ = try NetworkSetup.create(plan, in: folder)
            var configuration = try NodeConfiguration(path: NetworkSetup.configurationPath(folder, 0))
            configuration.optimizer = optimizer
            return try Node(try configuration.options(passphrase: nil), logger: .quiet)
        }

        private func records(_ start: Int) -> [Transaction] {
            (start..<start + 10).map { Transaction(TrellisModel.Record(nonce: Nonce(idempotencyKey: "\($0)"), data: [1, 2, 3])) }
        }

        @Test func measuresWhatItsClientsGet() async throws {
            try await withFolder { folder in
                var optimizer = OptimizerConfiguration()
                optimizer.mode = .apply
                optimizer.interval = 500
                let node = try node(folder, optimizer)
                try await node.start()
                #expect(await node.optimizerReport().last == nil)
                var given = 0
                try await eventually("two intervals are measured") {
                    try await node.submit(records(given))
                    given += 10
                    return await node.optimizerReport().optimizer.measured >= 2
                }
                let report = await node.optimizerReport()
                let last = try #require(report.last)
                #expect(report.mode == .apply && report.optimizer.explores)
                #expect(last.operations > 0 && last.latency > 0 && last.energy > 0)
                try await node.setOptimizer(.off)
                #expect(await node.optimizerReport().mode == .off)
                #expect(await node.optimizerReport().optimizer.choice == report.optimizer.space.standard)
                try await eventually("all records are in the log") { await node.nodeStatus().certifiedLogSize == UInt64(given) }
                await node.stop()
            }
        }

        @Test func whatCannotBeGoneBackToIsNotTuned() async throws {
            try await withFolder { folder in
                let node = try node(folder, OptimizerConfiguration())
                try await node.start()
                try await node.setOptimizer(.apply)
                await node.stop()
                var configuration = try NodeConfiguration(path: NetworkSetup.configurationPath(folder, 0))
                configuration.pacing.roundDelayMinimum = 5000
                let slow = try Node(try configuration.options(passphrase: nil), logger: .quiet)
                try await slow.start()
                await #expect(throws: NodeError.self) { try await slow.setOptimizer(.apply) }
                await slow.stop()
                configuration.optimizer.mode = .apply
                let options = try configuration.options(passphrase: nil)
                #expect(throws: NodeError.self) { _ = try Node(options, logger: .quiet) }
            }
        }

        @Test func itsConfigurationIsChecked() async throws {
            try await withFolder { folder in
                let port = try Ports.free(2)
                _ = try NetworkSetup.create(NetworkPlan(name: "tuned", validators: 1, peerPort: port, apiPort: port + 1), in: folder)
                let path = NetworkSetup.configurationPath(folder, 0)
                let text = try String(contentsOfFile: path, encoding: .utf8)
                func read(_ optimizer: String) throws -> OptimizerConfiguration {
                    try NodeConfiguration(yaml: text + "\noptimizer: \(optimizer)\n", path: path).optimizer
                }
                #expect(try NodeConfiguration(yaml: text, path: path).optimizer == OptimizerConfiguration())
                let full = try read(
                    "{mode: off, latency: 0.4, throughput: 0.2, history: 50, window: 20, convergence: 0.1, interval_ms: 1000}")
                #expect(full.mode == .off && full.interval == 1000 && full.settings.history == 50 && full.settings.window == 20)
                #expect(full.settings.weights == Weights(latency: 0.4, throughput: 0.2) && full.settings.convergence == 0.1)
                let wrong = [
                    "fast", "{mode: fast}", "{mode: 1}", "{mod: apply}", "{latency: 0.5}", "{history: 1}", "{window: .nan}",
                    "{convergence: 0}", "{interval_ms: 1}", "[]", "{latency: x}",
                ]
                for text in wrong { #expect(throws: ConfigurationError.self, "\(text)") { try read(text) } }
            }
        }
    }
}
