// GET /metrics: the validator's state for Prometheus, in its text format (version 0.0.4). Numbers alone: nothing of any request is in them.

import Hummingbird
import TrellisAccess
import TrellisLedger
import TrellisModel
import TrellisNode

/// One figure.
struct Metric: Sendable {
    enum Kind: String, Sendable {
        case gauge, counter
    }

    let name: String
    let kind: Kind
    let help: String
    /// Numbers, each under labels of its own: `{name="value"}`, values without quotes and backslashes.
    let samples: [(labels: String, value: String)]

    init(_ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: String, value: String)]) {
        self.name = "trellis_" + name
        self.kind = kind
        self.help = help
        self.samples = samples
    }

    init(_ name: String, _ kind: Kind, _ help: String, _ value: some BinaryInteger) {
        self.init(name, kind, help, [("", "\(value)")])
    }

    init(_ name: String, _ help: String, isSo: Bool) { self.init(name, .gauge, help, isSo ? 1 : 0) }

    var text: String {
        "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n" + samples.map { "\(name)\($0.labels) \($0.value)\n" }.joined()
    }
}

extension NodeStatus {
    var metrics: [Metric] {
        let own = "{chain=\"\(chain)\",epoch=\"\(epoch)\",validator=\"\(validator)\"}"
        let refused = VoteRefusal.allCases.map { ("{reason=\"\($0.label)\"}", "\(refusedVotes[$0] ?? 0)") }
        return [
            Metric("validator_info", .gauge, "Which validator of which chain this is.", [(own, "1")]),
            Metric("round", .gauge, "The round of the newest own block.", round),
            Metric("highest_round", .gauge, "The highest round of any block held.", highestRound),
            Metric("commits_total", .counter, "Commits executed since the first.", commitIndex),
            Metric("commit_timestamp_milliseconds", .gauge, "The timestamp of the last commit, since 1970.", commitTimestamp),
            Metric("log_entries_total", .counter, "Entries in the log.", logSize),
            Metric("log_entries_certified_total", .counter, "Entries in the log that a quorum attested.", certifiedLogSize),
            Metric("pending_proposals", .gauge, "Proposals on which councils vote.", pendingProposals),
            Metric("pool_transactions", .gauge, "Transactions that wait for an own block.", poolTransactions),
            Metric("pool_bytes", .gauge, "Bytes of transactions that wait for an own block.", poolBytes),
            Metric("suspended_blocks", .gauge, "Blocks that wait for their parents.", suspendedBlocks),
            Metric("peers_connected", .gauge, "Other validators connected.", peersConnected.count),
            Metric("peer_sent_bytes_total", .counter, "Bytes sent to other validators.", peerBytesSent),
            Metric("peer_received_bytes_total", .counter, "Bytes received from other validators.", peerBytesReceived),
            Metric("blocks_rejected_total", .counter, "Messages and blocks of others refused.", blocksRejected),
            Metric("equivocations_total", .counter, "Second blocks of one author and round seen.", equivocations),
            Metric(
                "votes_refused_total", .counter, "Votes without effect since the start; on what is decided already some are usual.", refused
            ),
            Metric("evidence", .gauge, "Proofs of misbehaviour in the ledger.", evidence),
            Metric("recalling", "1 while it signs nothing, as it does not know what it signed.", isSo: isRecalling),
            Metric("stopped", "1 when it has stopped taking part.", isSo: alarm != nil),
        ]
    }
}

extension API {
    var metricRoutes: [Route] {
        [
            Route(
                method: .get, path: "/metrics", identifier: "getMetrics", summary: "The validator's state for Prometheus.",
                replies: [Route.Reply(.ok, "Its text format.", [.init(type: "text/plain", schema: Schema.string)])], permission: .operate,
                handle: { _ async throws(Problem) in
                    let text = await service.nodeStatus().metrics.map(\.text).joined()
                    return Response(status: .ok, contentType: "text/plain; version=0.0.4; charset=utf-8", bytes: Array(text.utf8))
                })
        ]
    }
}
