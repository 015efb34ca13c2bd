// `trellis conformance`: published vectors and commit-rule cases, run against this build, for anyone who wants to check it.

import ArgumentParser
import TrellisConformance

struct Conformance: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check this build against published cases.",
        discussion:
            "Prints a line per case that differs, then 'N passed, M failed'. Exit codes: 0 all passed, 1 some failed, 2 unreadable.",
        subcommands: [ConformanceDag.self, ConformanceCrypto.self])

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
