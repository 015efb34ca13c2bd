// `trellis optimizer traces`: what the optimizer gains and loses on simulated networks, against the configured values and the best fixed ones.

import ArgumentParser
import Foundation
import TrellisOptimizer
import TrellisSimulator

struct OptimizerTraces: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "traces", abstract: "Measure what the optimizer gains and loses on simulated networks.",
        discussion: """
            Four validators with the real protocol core, each with an optimizer of its own, on each network: once as configured, once tuned, and \
            with the best fixed values that a search over every knob's values finds, one knob after the other, all validators alike. The same \
            figures on every machine, but for the times. Exit codes: 0 measured, 1 failure, 2 usage.
            """)

    @Option(help: "Only these, with commas between: \(Trace.all.map(\.name).joined(separator: ", ")).")
    var only: String?

    @Option(help: "How many intervals.")
    var intervals: UInt64 = 200

    @Option(help: "How many intervals for each fixed choice of the search; 0: no search.")
    var searchIntervals: UInt64 = 24

    @Option(help: "What chance goes by.")
    var seed: UInt64 = 1

    @Option(help: "How many runs at once.")
    var jobs = 1

    @Flag(help: "Print what the first validator's optimizer did.")
    var deeds = false

    @Flag(help: "Print the figures as JSON.")
    var json = false

    private var traces: [Trace] {
        guard let only else { return Trace.all }
        return only.split(separator: ",").compactMap { Trace.named(String($0)) }
    }

    func validate() throws {
        guard (1...100_000).contains(intervals), searchIntervals <= 10_000 else {
            throw ValidationError("--intervals must be 1 to 100000, --search-intervals at most 10000")
        }
        guard (1...64).contains(jobs) else { throw ValidationError("--jobs must be 1 to 64") }
        guard !traces.isEmpty, only.map({ $0.split(separator: ",").count == traces.count }) ?? true else {
            throw ValidationError("--only takes \(Trace.all.map(\.name).joined(separator: ", "))")
        }
    }

    /// What was found on one network.
    private struct Row: Sendable {
        let trace: Trace
        let standard: TraceResult
        let online: TraceResult
        let best: (choice: Choice, result: TraceResult)?

        var overStandard: Double { online.score / standard.score }
        var overBest: Double? { best.map { online.score / $0.result.score } }
    }

    func run() throws {
        let traces = traces
        var rows: [Row] = []
        try OrderedJobs.run(0...UInt64(traces.count - 1), jobs: jobs) { place in
            try measure(traces[Int(place)])
        } each: { _, row in
            rows.append(row)
        }
        if json { return Terminal.print("[\(rows.map(Self.object).joined(separator: ","))]") }
        tell(rows)
        if deeds { for row in rows { tellDeeds(row) } }
    }

    @Sendable private func measure(_ trace: Trace) throws -> Row {
        let standard = try run(trace, .fixed(TraceRun.standard), intervals)
        let online = try run(trace, .online(OptimizerSettings()), intervals)
        let best = try searchIntervals == 0 ? nil : search(trace)
        return Row(trace: trace, standard: standard, online: online, best: try best.map { ($0, try run(trace, .fixed($0), intervals)) })
    }

    private func run(_ trace: Trace, _ tuning: TraceTuning, _ intervals: UInt64) throws -> TraceResult {
        // The time of this thread alone, whatever else the machine does.
        try TraceRun(trace, tuning: tuning, seed: seed) {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        }
        .run(intervals: intervals)
    }

    /// The best value of one knob after the other, until none improves any more.
    private func search(_ trace: Trace) throws -> Choice {
        let space = SearchSpace(standard: TraceRun.standard)
        var best = space.standard
        var score = try run(trace, .fixed(best), searchIntervals).score
        var improved = true
        while improved {
            improved = false
            for knob in Knob.allCases {
                for value in space.ladder(knob) where value != best[knob] {
                    var choice = best
                    choice[knob] = value
                    let found = try run(trace, .fixed(choice), searchIntervals).score
                    // Less is chance.
                    guard found > score * 1.005 else { continue }
                    (best, score, improved) = (choice, found, true)
                }
            }
        }
        return best
    }

    // MARK: Telling

    private static func object(_ row: Row) -> String {
        var values: [(String, Double?)] = [
            ("score over default", row.overStandard), ("score over best fixed", row.overBest),
            ("best fixed over default", row.best.map { $0.result.score / row.standard.score }),
            ("prediction accuracy", row.online.accuracyOfScore), ("rank accuracy", row.online.accuracyOfRank),
            ("mean choice ms", row.online.choiceMean), ("worst choice ms", row.online.choiceWorst),
        ]
        for (name, result) in [("default", row.standard), ("tuned", row.online)] {
            values += [
                ("\(name) latency ms", result.latency), ("\(name) served", result.meanServed), ("\(name) CPU us per op", result.meanEnergy),
                ("\(name) unsteadiness", result.meanUnsteadiness),
            ]
        }
        let members = values.map { name, value in "\(JSONText.quoted(name)):\(value.map { String($0) } ?? "null")" }
        return "{\"load\":\(JSONText.quoted(row.trace.name)),\(members.joined(separator: ","))}"
    }

    private func tell(_ rows: [Row]) {
        Terminal.print("| trace | tuned / default | tuned / best fixed | prediction | rank | choice ms, mean (worst) | best fixed |")
        Terminal.print("|---|---:|---:|---:|---:|---:|---|")
        for row in rows {
            let online = row.online
            let cells = [
                row.trace.name, Self.shown(row.overStandard), Self.shown(row.overBest), Self.shown(online.accuracyOfScore),
                Self.shown(online.accuracyOfRank), String(format: "%.2f (%.2f)", online.choiceMean, online.choiceWorst),
                row.best.map { $0.choice.difference(from: TraceRun.standard) } ?? "",
            ]
            Terminal.print("| \(cells.joined(separator: " | ")) |")
        }
        Terminal.print("")
        Terminal.print("| trace | | latency ms | served | CPU us per op | variation and timeouts |")
        Terminal.print("|---|---|---:|---:|---:|---:|")
        for row in rows {
            let results = [("default", row.standard), ("tuned", row.online)] + (row.best.map { [("best fixed", $0.result)] } ?? [])
            for (name, result) in results {
                let cells = [
                    row.trace.name, name, String(format: "%.1f", result.latency), Self.shown(result.meanServed),
                    String(format: "%.0f", result.meanEnergy), Self.shown(result.meanUnsteadiness),
                ]
                Terminal.print("| \(cells.joined(separator: " | ")) |")
            }
        }
    }

    private static func shown(_ value: Double?) -> String { value.map { String(format: "%.3f", $0) } ?? "" }

    private func tellDeeds(_ row: Row) {
        Terminal.print("")
        Terminal.print("\(row.trace.name): at the end \(row.online.choicesAtEnd.joined(separator: "; "))")
        for deed in row.online.deeds.first ?? [] { Terminal.print("  \(deed.number)  \(deed.kind.rawValue)  \(deed.reason)") }
    }
}
