// `trellis dev`: a whole network in one process, with real sockets, real signatures and synced storage, to try things out.

import ArgumentParser
import Foundation
import TrellisEvaluators
import TrellisModel
import TrellisNode

struct Dev: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a whole network in one process. Not for production.",
        discussion: """
            Starting again on the same data resumes the same ledger. Exit codes: 0 stopped by a signal (or the demo is done, with --once), \
            1 failure, 2 usage.
            """)

    @Option(help: "How many validators, 1 to 31.")
    var validators: Int?

    @Option(help: ArgumentHelp("Where keys, genesis and ledgers live.", valueName: "dir"))
    var data = "trellis-data"

    @Option(help: "The HTTP API's port on 127.0.0.1; peers use the ports from 1000 above it on.")
    var port = 8080

    @Option(
        name: .customLong("council"),
        help: ArgumentHelp("A council file for a new network; may be repeated.", valueName: "file"))
    var councils: [String] = []

    @Flag(help: "Remove the data directory first.")
    var fresh = false

    @Flag(help: "Put the shipped commands to the council and verify every receipt.")
    var demo = false

    @Option(help: ArgumentHelp("What --demo runs: one JSON object a line.", valueName: "file"))
    var demoFile = "Examples/shell-commands.jsonl"

    @Flag(help: "End after the demo.")
    var once = false

    @OptionGroup var implementation: ImplementationOption

    func validate() throws {
        guard (1...31).contains(validators ?? 4) else { throw ValidationError("--validators must be 1 to 31") }
        guard (1...64_000).contains(port) else { throw ValidationError("--port must be 1 to 64000") }
        guard demo || !once else { throw ValidationError("--once goes with --demo") }
    }

    func run() async throws {
        implementation.select()
        let demonstration = try demo ? Demo(file: demoFile) : nil
        let stop = StopSignal()
        warn()
        if fresh { try remove() }
        let count = try prepare()
        var running: [RunningValidator] = []
        do {
            for index in 0..<count {
                var configuration = try NodeConfiguration(path: NetworkSetup.configurationPath(data, index))
                configuration.logLevel = ProcessInfo.processInfo.environment["TRELLIS_LOG_LEVEL"] ?? "error"
                place(&configuration, index, count)
                running.append(try await RunningValidator.start(configuration, serves: index == 0))
            }
        } catch {
            for validator in running { await validator.stop() }
            throw error
        }
        if count < 4 { Terminal.error("warning: \(count) validator\(count == 1 ? "" : "s") tolerate no fault; four tolerate one") }
        tellNext(count)
        do {
            try await demonstration?.run(endpoint: "http://127.0.0.1:\(port)", genesis: "\(data)/\(NetworkSetup.genesisFile)")
        } catch {
            for validator in running { await validator.stop() }
            throw error
        }
        if !once { await stop.wait() }
        Terminal.print("stopping")
        for validator in running { await validator.stop() }
    }

    private func warn() {
        let line = String(repeating: "*", count: 70)
        Terminal.print(Terminal.styled(line, .yellow))
        Terminal.print(Terminal.styled("* NOT FOR PRODUCTION: all validators in one process, all keys beside *", .yellow))
        Terminal.print(Terminal.styled("* their passphrases in one folder.                                   *", .yellow))
        Terminal.print(Terminal.styled(line, .yellow))
    }

    private func remove() throws {
        guard FileManager.default.fileExists(atPath: data) else { return }
        guard Files.isFile("\(data)/\(NetworkSetup.genesisFile)") else {
            throw Failure("\(data) holds no network; --fresh removes only what 'trellis dev' made", code: Exit.usage)
        }
        try FileManager.default.removeItem(atPath: data)
    }

    /// Makes the network unless it is there; returns how many validators it has.
    private func prepare() throws -> Int {
        let genesisPath = "\(data)/\(NetworkSetup.genesisFile)"
        guard !Files.isFile(genesisPath) else {
            let found = try Files.genesis(genesisPath).validators.count
            if let validators, validators != found {
                throw Failure(
                    "\(data) holds a network of \(found) validators", hint: "--fresh removes it, --data names another", code: Exit.usage)
            }
            let known = try Files.genesis(genesisPath).councils.map(\.name)
            for path in councils {
                let name = try CouncilFiles.read(path).name
                guard known.contains(name) else {
                    throw Failure(
                        "\(data) holds a network without the council '\(Terminal.shown(name))'",
                        hint: "--fresh removes it, --data names another", code: Exit.usage)
                }
            }
            Terminal.print("resuming the ledger in \(data)")
            return found
        }
        let count = validators ?? 4
        var plan = NetworkPlan(name: "dev", validators: count, peerPort: port + 1000, apiPort: port)
        plan.councils = try councils.map { path throws(Failure) in try CouncilFiles.planned(path) }
        _ = try NetworkSetup.create(plan, in: data, progress: KeyProgress(count).show)
        Terminal.print("made \(count) validators and \(genesisPath)")
        return count
    }

    /// The ports that this run was asked for, whatever the last one used.
    private func place(_ configuration: inout NodeConfiguration, _ index: Int, _ count: Int) {
        configuration.api = "127.0.0.1:\(port)"
        configuration.listen = "127.0.0.1:\(port + 1000 + index)"
        configuration.peers = Dictionary(
            uniqueKeysWithValues: (0..<count).filter { $0 != index }.map {
                (NetworkSetup.validatorName($0), "127.0.0.1:\(port + 1000 + $0)")
            })
    }

    private func tellNext(_ count: Int) {
        let trellis = Self.shownCommand
        let endpoint = port == 8080 ? "" : " --endpoint http://127.0.0.1:\(port)"
        Terminal.print("\(count) validators run; API on http://127.0.0.1:\(port)")
        Terminal.print("")
        Terminal.print("Try, in another terminal:")
        Terminal.print("  \(trellis) propose 'ls -la'\(endpoint) --wait --receipt receipt.json")
        Terminal.print("  \(trellis) verify receipt.json --genesis \(data)/\(NetworkSetup.genesisFile)")
        Terminal.print("  \(trellis) propose 'sudo rm -rf /srv/data'\(endpoint) --wait")
        Terminal.print("  \(trellis) status\(endpoint)")
        Terminal.print("Stop with Ctrl-C; starting again resumes the same ledger.")
        Terminal.print("")
    }

    /// This program as a person would type it: as it was started, relative to the working directory where it lies below it.
    private static var shownCommand: String {
        let typed = CommandLine.arguments.first ?? "trellis"
        let here = FileManager.default.currentDirectoryPath + "/"
        return typed.hasPrefix(here) ? String(typed.dropFirst(here.count)) : typed
    }
}
