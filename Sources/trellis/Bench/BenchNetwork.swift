// A network of separate validator processes on this machine, for measuring: started from this very binary, stopped and removed at the end.

import Foundation
import TrellisClient
import TrellisModel
import TrellisNode

final class BenchNetwork {
    let genesis: Genesis
    let endpoints: [String]
    private let directory: String
    private let processes: [Process]

    /// Makes and starts `validators` processes with their data under `parent`.
    init(validators: Int, port: Int, parent: String) throws {
        directory = "\(parent)/trellis-bench-\(getpid())"
        let plan = NetworkPlan(name: "bench", validators: validators, peerPort: port + 1000, apiPort: port)
        genesis = try NetworkSetup.create(plan, in: directory)
        endpoints = (0..<validators).map { "http://127.0.0.1:\(port + $0)" }
        var processes: [Process] = []
        for index in 0..<validators {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            process.arguments = ["node", "--config", NetworkSetup.configurationPath(directory, index)]
            let log = "\(directory)/\(NetworkSetup.validatorName(index))/log"
            _ = FileManager.default.createFile(atPath: log, contents: nil)
            process.standardError = FileHandle(forWritingAtPath: log)
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            processes.append(process)
        }
        self.processes = processes
    }

    /// Waits until every validator is ready and sees all its peers.
    func waitUntilReady(_ clients: [UnverifiedClient]) async throws {
        let deadline = ContinuousClock.now.advanced(by: .seconds(60))
        for client in clients {
            while true {
                if let state = try? await client.status().value, state.peersConnected.count == clients.count - 1 { break }
                guard ContinuousClock.now < deadline else {
                    throw Failure("the validators did not get ready within a minute", hint: "see \(directory)/validator-0/log")
                }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    /// CPU seconds of all validators so far (user and system).
    func cpuSeconds() -> Double {
        let ticks = processes.map { process -> Double in
            guard let text = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8),
                let rest = text.split(separator: ")").last
            else { return 0 }
            let fields = rest.split(separator: " ")
            return fields.count > 12 ? (Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0) : 0
        }
        return ticks.reduce(0, +) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Bytes that all validators have sent to one another so far.
    func wireBytes(_ clients: [UnverifiedClient]) async throws -> UInt64 {
        var total: UInt64 = 0
        for client in clients { total += try await client.status().value.peerBytesSent }
        return total
    }

    func stop() {
        for process in processes where process.isRunning { process.terminate() }
        for process in processes { process.waitUntilExit() }
        try? FileManager.default.removeItem(atPath: directory)
    }
}
