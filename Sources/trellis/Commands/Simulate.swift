// `trellis simulate`: whole committees in one thread, seeded, with faults and adversaries; what fails is found again by its seed.

public import ArgumentParser
import Foundation
public import TrellisSimulator

struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run simulated committees, and check that they stay safe, go on, and fall quiet.",
        discussion: """
            With --seed: prints everything that happens and what was found; the same bytes on every machine. With --seeds: runs them all and \
            prints 'N passed, M failed', with the command that repeats each failure. With --mutations: plants one deliberate mistake after \
            the other in the protocol, and prints which seed found it. Exit codes: 0 all passed (or all found), 1 some failed (or survived), \
            2 usage.
            """)

    @Option(help: "The run to show.")
    var seed: UInt64?

    @Option(help: ArgumentHelp("The runs to check, both ends included.", valueName: "A..B"))
    var seeds: SeedRange?

    @Flag(help: "Plant deliberate mistakes, and see that the seeds find them. (default seeds: 1..400)")
    var mutations = false

    @Option(help: "Plant this mistake: \(MutationCheck.mutations.joined(separator: ", ")).")
    var mutation: String?

    @Option(help: "Run one validator for so many rounds among others that keep up, and print what it holds.")
    var rounds: UInt64?

    @Option(help: "How many runs at once.")
    var jobs = 1

    @Option(help: "How many validators. (default: the seed chooses, mostly 4)")
    var validators: Int?

    @Option(help: "What goes wrong: \(SimulationProfile.allCases.map(\.rawValue).joined(separator: ", ")). (default: the seed chooses)")
    var profile: SimulationProfile?

    @Option(help: "How adversaries behave: \(SimulationConfiguration.behaviours.joined(separator: ", ")). (default: the seed chooses)")
    var adversary: String?

    @Option(help: ArgumentHelp("How long things go wrong, in simulated milliseconds.", valueName: "ms"))
    var duration: UInt64 = 6000

    @Option(help: ArgumentHelp("How long all is quiet before the last transaction, in simulated milliseconds.", valueName: "ms"))
    var idle: UInt64 = 30_000

    @Option(help: "How blocks and votes are signed: hash (fast) or ml-dsa-65.")
    var signatures: SimulatedSignatures = .hash

    @Option(help: "How blocks commit: base or finwhale. (default: the seed chooses)")
    var rule: CommitRuleName?

    @Option(
        help: ArgumentHelp(
            "Commits after which leaders are chosen by reputation; 0: never. (default: the seed chooses)", valueName: "commits"))
    var scheduleInterval: UInt64?

    @Option(
        help: ArgumentHelp(
            "Commits after which the level of the threshold is computed anew; 0: never. (default: the seed chooses)",
            valueName: "commits"))
    var thresholdWindow: UInt64?

    @Option(help: "How many validators are down from beginning to end.")
    var down = 0

    @Flag(help: "Print only what was found, not what happened.")
    var quiet = false

    func validate() throws {
        if let rounds {
            guard seed == nil, seeds == nil, !mutations, mutation == nil else {
                throw ValidationError("--rounds goes with --validators alone")
            }
            guard (10...10_000_000).contains(rounds) else { throw ValidationError("--rounds must be 10 to 10000000") }
            guard (1...100).contains(validators ?? 4) else { throw ValidationError("--validators must be 1 to 100") }
            return
        }
        let isMutating = mutations || mutation != nil
        guard (seed == nil) != (seeds == nil) || (isMutating && seed == nil) else { throw ValidationError("give either --seed or --seeds") }
        if let validators, !(1...100).contains(validators) { throw ValidationError("--validators must be 1 to 100") }
        if down < 0 || down >= validators ?? 100 { throw ValidationError("--down must be less than the number of validators") }
        guard (1...256).contains(jobs) else { throw ValidationError("--jobs must be 1 to 256") }
        guard duration <= 3_600_000, idle <= 86_400_000 else {
            throw ValidationError("--duration must be at most an hour, --idle at most a day")
        }
        if let adversary, !SimulationConfiguration.behaviours.contains(adversary) {
            throw ValidationError("there is no adversary '\(adversary)'")
        }
        if let mutation, !MutationCheck.mutations.contains(mutation) { throw ValidationError("there is no mutation '\(mutation)'") }
    }

    func run() throws {
        if let rounds {
            try SimulateMemory.run(validators: validators ?? 4, rounds: rounds)
        } else if mutations || mutation != nil {
            try checkMutations(mutation.map { [$0] } ?? MutationCheck.mutations)
        } else if let seed {
            let report = try Simulation(configuration: configuration(seed, transcript: !quiet)).run()
            for line in report.transcript + report.summary { Terminal.print(line) }
            if !report.passed { throw ExitCode(Exit.failure) }
        } else if let seeds {
            try check(seeds)
        }
    }

    private func configuration(_ seed: UInt64, transcript: Bool = false) -> SimulationConfiguration {
        SimulationConfiguration(
            seed: seed, validators: validators, duration: duration, profile: profile, idle: idle, signatures: signatures,
            hasFastPath: rule.map { $0 == .finwhale }, scheduleInterval: scheduleInterval,
            thresholdWindow: thresholdWindow, down: down, adversary: adversary, transcript: transcript)
    }

    private func check(_ seeds: SeedRange) throws {
        var passed = 0
        var failed = 0
        var simulated: UInt64 = 0
        let started = ContinuousClock.now
        var toldAt = started
        try OrderedJobs.run(seeds.range, jobs: jobs) { seed in
            try Simulation(configuration: configuration(seed)).run()
        } each: { seed, report in
            if report.passed { passed += 1 } else { failed += 1 }
            simulated += report.simulated
            if !report.passed {
                Terminal.print(report.command)
                for violation in report.violations { Terminal.print("  \(violation)") }
            }
            guard ContinuousClock.now >= toldAt + .seconds(5) else { return }
            toldAt = .now
            Terminal.error(Terminal.styled("\(passed) passed, \(failed) failed, next is seed \(seed + 1)", .dim))
        }
        let seconds = Double((ContinuousClock.now - started) / .milliseconds(1)) / 1000
        let hours = Double(simulated) / 3_600_000
        Terminal.error(
            String(
                format: "%.1f simulated hours in %.0f s: %.0f seeds a minute, %.0f simulated hours an hour", hours, seconds,
                Double(passed + failed) * 60 / max(seconds, 0.001), hours * 3600 / max(seconds, 0.001)))
        Terminal.print("\(passed) passed, \(failed) failed")
        if failed > 0 { throw ExitCode(Exit.failure) }
    }

    private func checkMutations(_ names: [String]) throws {
        let range = seeds?.range ?? 1...400
        var survived = 0
        try OrderedJobs.run(0...UInt64(names.count - 1), jobs: jobs) { place in
            let name = names[Int(place)]
            return try MutationCheck.run(name, seeds: range) {
                var chosen = configuration($0)
                if profile == nil, let profile = MutationCheck.profile(for: name) { chosen.profile = profile }
                return chosen
            }
        } each: { _, outcome in
            guard let outcome else { return }
            if let (report, violation) = outcome.caught {
                Terminal.print("\(outcome.mutation): found by seed \(report.configuration.seed): \(violation)")
            } else {
                survived += 1
                Terminal.print("\(outcome.mutation): SURVIVED seeds \(range.lowerBound)..\(range.upperBound)")
            }
        }
        Terminal.print("\(names.count - survived) found, \(survived) survived")
        if survived > 0 { throw ExitCode(Exit.failure) }
    }
}

/// `A..B`, both included.
struct SeedRange: ExpressibleByArgument {
    let range: ClosedRange<UInt64>

    init?(argument: String) {
        let ends = argument.split(separator: ".", omittingEmptySubsequences: false)
        guard ends.count == 3, ends[1].isEmpty, let first = UInt64(ends[0]), let last = UInt64(ends[2]), first <= last,
            last < .max >> 1, last - first < 1_000_000_000
        else { return nil }
        range = first...last
    }
}

/// Which commit rule a committee uses.
enum CommitRuleName: String, CaseIterable, ExpressibleByArgument {
    case base, finwhale
}

extension SimulationProfile: ExpressibleByArgument {}
extension SimulatedSignatures: ExpressibleByArgument {}
