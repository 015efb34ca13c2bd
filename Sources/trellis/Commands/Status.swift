// `trellis status`: a validator's state at a glance.

import ArgumentParser
import TrellisClient

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how a validator is.", discussion: "Exit codes: 0 it takes part, 1 it has stopped or does not answer, 2 usage.")

    @Flag(help: "Print the validator's answer as JSON.")
    var json = false

    @OptionGroup var connection: Connection

    func run() async throws {
        let reply = try await connection.withClient { client in try await client.status() }
        if json {
            Terminal.print(reply.json)
        } else {
            for line in Self.lines(reply.value) { Terminal.print(line) }
        }
        guard reply.value.alarm == nil else { throw ExitCode(Exit.failure) }
    }

    private static func describe(_ threshold: ThresholdState) -> String {
        let level = "\(threshold.permille) per mille, \(Terminal.shown(threshold.level))"
        guard let window = threshold.window else { return level }
        let inputs = [
            ("round times", window.roundTimes), ("missed leaders", window.missedLeaders), ("late votes", window.lateVotes),
            ("equivocations", window.equivocations),
        ]
        return level + "; last window: " + inputs.map { "\($0) \(Terminal.shown($1))" }.joined(separator: ", ")
    }

    /// Votes that had no effect.
    private static func describe(_ votes: [String: UInt64]) -> String {
        let reasons = votes.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { "\($0.value) \(Terminal.shown($0.key))" }
        return "votes: " + (reasons.isEmpty ? "none" : reasons.joined(separator: ", "))
    }

    private static func lines(_ state: ValidatorState) -> [String] {
        let health =
            state.alarm.map { Terminal.styled("stopped: \(Terminal.shown($0))", .red) }
            ?? (state.recalling ? Terminal.styled("asks the others which rounds it signed", .red) : Terminal.styled("ok", .green))
        let peers = state.peersConnected.isEmpty ? "none" : state.peersConnected.map { String($0) }.joined(separator: ", ")
        var rows = [
            ("validator", "\(state.validator) \(Terminal.shown(state.name))  \(health)"),
            ("chain", "\(Terminal.shown(state.chain)), epoch \(state.epoch)"),
            ("round", "\(state.round), highest seen \(state.highestRound)"),
            ("commit", "\(state.commitIndex)"),
            ("log", "\(state.logSize) entries, \(state.certifiedLogSize) certified"),
            ("pending", "\(state.pendingProposals) proposals"),
            ("pool", "\(state.poolTransactions) transactions, \(state.poolBytes) bytes"),
            ("peers", "\(peers) connected; \(state.peerBytesSent) bytes sent, \(state.peerBytesReceived) received"),
            ("audit", (state.audit == "tpm" ? "a TPM's register" : "in software: no TPM stands behind it") + "; GET /v1/audit"),
            ("evidence", "\(state.evidence) proofs of misbehaviour" + (state.evidence > 0 ? ": GET /v1/evidence" : "")),
            ("refused", "\(state.blocksRejected) blocks; \(state.equivocations) equivocations seen"),
        ]
        if let votes = state.votesRefused { rows.append(("no effect", describe(votes))) }
        if let threshold = state.threshold { rows.append(("threshold", describe(threshold))) }
        return rows.map(Terminal.row)
    }
}
