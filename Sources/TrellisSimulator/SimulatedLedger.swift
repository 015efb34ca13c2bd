// A simulated validator's ledger: the real state machine, the identifiers it has logged, and the snapshot that a restart begins with.

import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel

struct SimulatedLedger {
    private struct Snapshot {
        var ledger: Ledger
        var logged: Int
        var journalStart: Int
    }

    /// Of its own, so that it can be asked while the ledger changes.
    private final class Known {
        var identifiers: Set<Digest> = []
    }

    private(set) var ledger: Ledger
    private(set) var logged: [Digest] = []
    private let known = Known()
    private var snapshot: Snapshot

    init(committee: Committee) {
        ledger = Ledger(committee: committee)
        snapshot = Snapshot(ledger: ledger, logged: 0, journalStart: 0)
    }

    var journalStart: Int { snapshot.journalStart }
    var commitsSinceSnapshot: UInt64 { ledger.lastCommit.index - snapshot.ledger.lastCommit.index }

    func isLogged(_ identifier: Digest) -> Bool { known.identifiers.contains(identifier) }

    mutating func execute(_ commit: Commit, _ payloads: [Payload]) throws -> Execution {
        let known = known
        let execution = try ledger.execute(commit, payloads: payloads) { known.identifiers.contains($0) }
        for append in execution.appended {
            logged.append(append.identifier)
            known.identifiers.insert(append.identifier)
        }
        return execution
    }

    mutating func saveSnapshot(journalStart: Int) {
        snapshot = Snapshot(ledger: ledger, logged: logged.count, journalStart: journalStart)
    }

    /// Back to the snapshot.
    mutating func crash() {
        ledger = snapshot.ledger
        logged.removeLast(logged.count - snapshot.logged)
        known.identifiers = Set(logged)
    }
}
