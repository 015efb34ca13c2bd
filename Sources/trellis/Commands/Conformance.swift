// `trellis conformance`: published vectors and commit-rule cases, run against this build, for anyone who wants to check it.

import ArgumentParser
import TrellisConformance
import TrellisModel

struct Conformance: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check this build against published cases.",
        discussion:
            "Prints a line per case that differs, then 'N passed, M failed'. Exit codes: 0 all passed, 1 some failed, 2 unreadable.",
        subcommands: [ConformanceDag.self, ConformanceFinWhale.self, ConformanceCrypto.self])

    static func finish(_ report: ConformanceReport) throws {
        Terminal.print(report.text)
        if report.failed > 0 { throw ExitCode(Exit.failure) }
    }
}

struct ConformanceDag: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "dag", abstract: "Run commit-rule cases.")

    @Argument(help: "Files of cases.")
    var files: [String]

    func run() throws {
        let report: ConformanceReport
        do {
            report = try DagConformance.run(files: files)
        } catch {
            throw Failure("\(error)", hint: "the format: Tests/TrellisConsensusTests/Cases/README.md", code: Exit.usage)
        }
        try Conformance.finish(report)
    }
}

struct ConformanceFinWhale: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "finwhale", abstract: "Check both commit rules on everything that four validators can build on one slot.",
        discussion: "One of the four equivocates. No two views of a slot may decide differently, and no anchor otherwise than a view.")

    func run() throws {
        guard let stakes = Stakes([1, 1, 1, 1]), let fastPath = FastPath(stakes, faults: 1) else { throw Failure("no committee of four") }
        var report = ConformanceReport()
        for (name, thresholds) in [("finwhale", fastPath), ("base rule", nil)] {
            let result = SlotCheck.run(fastPath: thresholds, hidesExposed: thresholds != nil)
            Terminal.print("\(name): \(result.worlds) worlds, \(result.commits) with a commit, \(result.skips) with a skip")
            report.add(result, name: name)
        }
        try Conformance.finish(report)
    }
}

struct ConformanceCrypto: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "crypto", abstract: "Run cryptographic test vectors.")

    @Argument(help: "A folder with one folder of JSON files per algorithm.")
    var directory: String

    func run() throws {
        let report: ConformanceReport
        do {
            report = try CryptoConformance.run(directory: directory)
        } catch {
            throw Failure("\(error)", code: Exit.usage)
        }
        try Conformance.finish(report)
    }
}
