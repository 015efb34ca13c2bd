// `trellis simulate`: whole committees in one thread, seeded, with faults and adversaries; what fails is found again by its seed.

public import ArgumentParser
import Foundation
public import TrellisSimulator

struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run simulated committees, and check that they stay safe, go on, and fall quiet.",
        discussion: """
            With --seed: prints everything that happens and what was found; the same bytes on every machine. With --seeds: runs them all and \
            prints 'N passed, M failed', with the command that repeats each failure. Exit codes: 0 all passed, 1 some failed, 2 usage.
            """)

    @Option(help: "The run to show.")
    var seed: UInt64?

    @Option(help: ArgumentHelp("The runs to check, both ends included.", valueName: "A..B"))
    var seeds: SeedRange?

    @Option(help: "How many validators. (default: the seed chooses, mostly 4)")
    var validators: Int?

    @Option(help: "What goes wrong: \(SimulationProfile.allCases.map(\.rawValue).joined(separator: ", ")). (default: the seed chooses)")
    var profile: SimulationProfile?

    @Option(help: ArgumentHelp("How long things go wrong, in simulated milliseconds.", valueName: "ms"))
    var duration: UInt64 = 6000

    @Option(help: ArgumentHelp("How long all is quiet before the last transaction, in simulated milliseconds.", valueName: "ms"))
    var idle: UInt64 = 30_000

    @Option(help: "How blocks and votes are signed: hash (fast) or ml-dsa-65.")
    var signatures: SimulatedSignatures = .hash

    @Option(help: "How many validators are down from beginning to end.")
    var down = 0

    @Flag(help: "Print only what was found, not what happened.")
    var quiet = false

    func validate() throws {
        guard (seed == nil) != (seeds == nil) else { throw ValidationError("give either --seed or --seeds") }
        if let validators, !(1...100).contains(validators) { throw ValidationError("--validators must be 1 to 100") }
        if down < 0 || down >= validators ?? 100 { throw ValidationError("--down must be less than the number of validators") }
        guard duration <= 3_600_000, idle <= 86_400_000 else {
            throw ValidationError("--duration must be at most an hour, --idle at most a day")
        }
    }

    func run() throws {
        if let seed {
            let report = try simulate(seed, transcript: !quiet)
            for line in report.transcript + report.summary { Terminal.print(line) }
            if !report.passed { throw ExitCode(Exit.failure) }
        } else if let seeds {
            try check(seeds)
        }
    }

    private func simulate(_ seed: UInt64, transcript: Bool) throws -> SimulationReport {
        let configuration = SimulationConfiguration(
            seed: seed, validators: validators, duration: duration, profile: profile, idle: idle, signatures: signatures, down: down,
            transcript: transcript)
        return try Simulation(configuration: configuration).run()
    }

    private func check(_ seeds: SeedRange) throws {
        var passed = 0
        var failed = 0
        for seed in seeds.range {
            let report = try simulate(seed, transcript: false)
            if report.passed { passed += 1 } else { failed += 1 }
            if !report.passed {
                Terminal.print(report.command)
                for violation in report.violations { Terminal.print("  \(violation)") }
            }
            if (passed + failed) % 50 == 0 { progress("\(passed) passed, \(failed) failed, next is seed \(seed + 1)") }
        }
        Terminal.print("\(passed) passed, \(failed) failed")
        if failed > 0 { throw ExitCode(Exit.failure) }
    }

    /// To a person only.
    private func progress(_ text: String) {
        if isatty(STDERR_FILENO) == 1 { Terminal.error(Terminal.styled(text, .dim)) }
    }
}

/// `A..B`, both included.
struct SeedRange: ExpressibleByArgument {
    let range: ClosedRange<UInt64>

    init?(argument: String) {
        let ends = argument.split(separator: ".", omittingEmptySubsequences: false)
        guard ends.count == 3, ends[1].isEmpty, let first = UInt64(ends[0]), let last = UInt64(ends[2]), first <= last,
            last - first < 1_000_000_000
        else { return nil }
        range = first...last
    }
}

extension SimulationProfile: ExpressibleByArgument {}
extension SimulatedSignatures: ExpressibleByArgument {}
