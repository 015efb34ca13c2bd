// `trellis optimizer explain`: what a running validator's optimizer last did, and why.

import ArgumentParser
import Foundation
import TrellisClient

struct OptimizerExplain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say what a validator's optimizer last did, and why.",
        discussion: "Exit codes: 0 told, 1 the validator does not answer, 2 usage.")

    @Option(help: "How many of the last things it did.")
    var last = 10

    @Flag(help: "Print the validator's answer as JSON.")
    var json = false

    @OptionGroup var connection: Connection

    func validate() throws {
        guard (1...1000).contains(last) else { throw ValidationError("--last must be 1 to 1000") }
    }

    func run() async throws {
        let reply = try await connection.withClient { client in try await client.optimizer() }
        if json { return Terminal.print(reply.json) }
        for line in lines(reply.value) { Terminal.print(line) }
    }

    private func lines(_ state: OptimizerState) -> [String] {
        var lines = ["mode       \(state.mode)" + (state.converged ? ", converged: nothing is tried until something changes" : "")]
        let changed = state.inForce.filter { state.configured[$0.key] != $0.value }.sorted { $0.key < $1.key }
        lines.append(
            "in force   "
                + (changed.isEmpty
                    ? "what is configured"
                    : changed.map { "\(Terminal.shown($0.key)) \($0.value) (configured \(state.configured[$0.key] ?? 0))" }
                        .joined(separator: ", ")))
        if let last = state.last {
            lines.append(
                "measured   \(state.measured) intervals of \(state.intervalMs) ms; the last: \(last.operations) finished, \(last.overdue) overdue, "
                    + "\(last.latencyMs) ms, \(last.cpuUsPerOperation) us of CPU each, variation \(last.variation), "
                    + "\(last.timeoutsPerRound) leaders given up a round")
        } else {
            lines.append("measured   nothing yet: clients gave this validator nothing")
        }
        if let accuracy = state.predictionAccuracy {
            let rank = Self.percent(state.rankAccuracy ?? 0)
            lines.append("predicted  scores to \(Self.percent(accuracy)), which of two is better to \(rank)")
        }
        lines.append("account    \(Self.percent(state.account)) of an interval's score may be lost by trying")
        lines.append("choices    took \(Self.shown(state.choiceMs)) ms, at most \(Self.shown(state.choiceMsWorst)) ms")
        for deed in state.deeds.suffix(last) {
            lines.append(Terminal.row("\(deed.did)", Terminal.shown(deed.why) + Terminal.styled("  (interval \(deed.interval))", .dim)))
        }
        if state.deeds.isEmpty { lines.append("it has done nothing yet") }
        return lines
    }

    private static func percent(_ share: Double) -> String { String(format: "%.1f %%", share * 100) }
    private static func shown(_ milliseconds: Double) -> String { String(format: "%.3f", milliseconds) }
}
