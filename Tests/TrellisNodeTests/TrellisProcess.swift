// The `trellis` that was built beside these tests, as a process: started, watched, signalled.

import Foundation
import Glibc
import Testing

final class TrellisProcess {
    private static let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appendingPathComponent("trellis")

    private let process = Process()
    private let outputPath: String
    private let errorPath: String

    /// Starts `trellis` in `folder`; its output goes to files there.
    init(_ arguments: [String], in folder: String, environment: [String: String] = [:], input: FileHandle = .nullDevice) throws {
        outputPath = "\(folder)/\(UUID()).out"
        errorPath = "\(folder)/\(UUID()).err"
        try Files.write([], to: outputPath)
        try Files.write([], to: errorPath)
        process.executableURL = Self.executable
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("TRELLIS_") }.merging(environment) { $1 }
        process.standardInput = input
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: outputPath))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errorPath))
        try process.run()
    }

    deinit { if process.isRunning { kill(SIGKILL) } }

    var isRunning: Bool { process.isRunning }
    var output: String { Files.text(outputPath) }
    var error: String { Files.text(errorPath) }

    func kill(_ signal: Int32) { _ = Glibc.kill(process.processIdentifier, signal) }

    /// The exit code, or minus the signal that ended the process.
    func end(within seconds: Double = 30) async throws -> Int32 {
        try await eventually("the end of trellis \(process.arguments ?? []); it said: \(error)", within: seconds) { !process.isRunning }
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }

    /// SIGKILL, as a power cut for the process.
    func murder() async throws {
        kill(SIGKILL)
        #expect(try await end() == -SIGKILL)
    }

    /// SIGTERM: it has to end by itself, and well.
    func stop() async throws {
        kill(SIGTERM)
        let code = try await end()
        #expect(code == 0, "\(error)")
    }

    /// Runs a command to its end.
    static func run(_ arguments: [String], in folder: String, environment: [String: String] = [:]) async throws
        -> (code: Int32, output: String, error: String)
    {
        let process = try TrellisProcess(arguments, in: folder, environment: environment)
        let code = try await process.end()
        return (code, process.output, process.error)
    }
}
