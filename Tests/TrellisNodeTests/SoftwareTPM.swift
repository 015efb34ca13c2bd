// The software TPM `swtpm` as a process: made, started, killed, started again.

import Foundation
import Glibc
import Testing
import TrellisTPM

final class SoftwareTPM {
    /// Why a test that needs it does not run.
    static let hint: Comment = "needs swtpm and swtpm_setup: apt-get install swtpm swtpm-tools"
    static let isInstalled = ["swtpm", "swtpm_setup"].allSatisfy { find($0) != nil }

    private let folder: String
    private var process: Process?

    var tcti: String { "swtpm:path=\(folder)/s" }

    private static func find(_ name: String) -> URL? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { URL(fileURLWithPath: "\($0)/\(name)") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }

    /// Makes a TPM with its state in a new folder, and starts it.
    init(in parent: String) async throws {
        folder = "\(parent)/tpm-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let made = try Self.launch(
            "swtpm_setup", ["--tpm2", "--tpmstate", folder, "--createek", "--decryption", "--pcr-banks", "sha256"])
        try await eventually("swtpm_setup ends") { !made.isRunning }
        try #require(made.terminationStatus == 0)
        try await start()
    }

    deinit { kill() }

    private static func launch(_ name: String, _ arguments: [String]) throws -> Process {
        let process = Process()
        let tool: URL = try #require(find(name))
        process.executableURL = tool
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// Starts it, as a machine is booted: its registers are zeros.
    func start() async throws {
        for name in ["s", "s.ctrl"] { try? FileManager.default.removeItem(atPath: "\(folder)/\(name)") }
        let started = try Self.launch(
            "swtpm",
            [
                "socket", "--tpm2", "--tpmstate", "dir=\(folder)", "--server", "type=unixio,path=\(folder)/s", "--ctrl",
                "type=unixio,path=\(folder)/s.ctrl", "--flags", "not-need-init,startup-clear",
            ])
        process = started
        // Its socket is there a moment before it listens.
        try await eventually("swtpm answers") {
            try #require(started.isRunning)
            return (try? TPM(tcti: tcti)) != nil
        }
    }

    /// It is gone in the middle of everything.
    func kill() {
        guard let process else { return }
        _ = Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        self.process = nil
    }
}
