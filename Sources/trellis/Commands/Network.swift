// `trellis network init`: writes the genesis, the keys and the configurations of a new network.

import ArgumentParser
import Foundation
import TrellisModel
import TrellisNode

struct Network: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Make networks.", subcommands: [NetworkInit.self])
}

struct NetworkInit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Write a genesis, key files and configurations for a new network.",
        discussion: "Exit codes: 0 written, 1 failure, 2 usage.")

    @Option(help: "How many validators.")
    var validators = 4

    @Option(help: ArgumentHelp("The folder to write to.", valueName: "dir"))
    var out: String

    @Option(help: "The network's name.")
    var name = "trellis"

    @Option(help: "The host in every address; edit the configurations for several machines.")
    var host = "127.0.0.1"

    @Option(help: "The first validator's peer port; the others follow.")
    var peerPort = 9100

    @Option(help: "The first validator's API port; the others follow.")
    var apiPort = 8080

    @Option(help: "The signature scheme of every key.")
    var scheme = "ML-DSA-65"

    @Option(help: "Commit after two message delays while at most so many validators are slow or faulty (FinWhale). (default: off)")
    var fastPathFaults: UInt64 = 0

    @Option(
        name: .customLong("council"),
        help: ArgumentHelp("A council file; may be repeated. Its seats go to the validators in turn.", valueName: "file"))
    var councils: [String] = []

    @Flag(help: "Print what was written as JSON.")
    var json = false

    func validate() throws {
        guard (1...NetworkPlan.validatorsMaximum).contains(validators) else {
            throw ValidationError("--validators must be 1 to \(NetworkPlan.validatorsMaximum)")
        }
    }

    func run() async throws {
        var plan = NetworkPlan(name: name, validators: validators, host: host, peerPort: peerPort, apiPort: apiPort, scheme: scheme)
        plan.fastPathFaults = fastPathFaults
        plan.councils = try councils.map { path throws(Failure) in try CouncilFiles.planned(path) }
        plan.passphrase = ProcessInfo.processInfo.environment["TRELLIS_PASSPHRASE"]
        if validators < 4 {
            Terminal.error("warning: \(validators) validator\(validators == 1 ? "" : "s") tolerate no fault; four tolerate one")
        }
        let genesis = try NetworkSetup.create(plan, in: out, progress: KeyProgress(validators).show)
        if json {
            let written = [
                "{\"genesis\":\(JSONText.quoted("\(out)/\(NetworkSetup.genesisFile)")),\"chain\":\"\(genesis.chain)\",\"configurations\":[",
                (0..<validators).map { JSONText.quoted(NetworkSetup.configurationPath(out, $0)) }.joined(separator: ","), "]}",
            ]
            Terminal.print(written.joined())
            return
        }
        Terminal.print("chain \(genesis.chain)")
        Terminal.print("wrote \(out)/\(NetworkSetup.genesisFile) and \(validators) validators")
        if plan.passphrase == nil {
            Terminal.print(
                "each key file's passphrase lies beside it: move it to a safe place, or set TRELLIS_PASSPHRASE before 'network init'")
        }
        Terminal.print("start each with: trellis node --config \(NetworkSetup.configurationPath(out, 0))")
    }
}

/// Tells on a terminal how many validators have their keys.
struct KeyProgress {
    let total: Int

    init(_ total: Int) { self.total = total }

    func show(_ done: Int) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        FileHandle.standardError.write(Data("\rmaking keys: \(done) of \(total) validators\(done == total ? "\n" : "")".utf8))
    }
}

enum JSONText {
    /// A JSON string literal.
    static func quoted(_ text: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}
