// A simulated validator's ledger: the real state machine, the entries it has logged, and the snapshot that a restart begins with.

import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel
import TrellisVerify

struct SimulatedLedger {
    private struct Snapshot {
        var ledger: Ledger
        var logged: Int
        var journalStart: Int
        var foundation: Foundation?
    }

    /// Of its own, so that it can be asked while the ledger changes.
    private final class Known {
        var identifiers: Set<Digest> = []
    }

    var ledger: Ledger
    /// Identifiers of the log's entries, and their bytes.
    var logged: [Digest] = []
    var entries: [[UInt8]] = []
    /// As in a node's store: what an installed state knows of earlier commits, what was staged behind the own log, what is to be installed.
    var foundation: Foundation?
    var staged: (log: LogExtension, parts: [LogAppend])?
    var candidate: (ledger: Ledger, foundation: Foundation)?
    private var known = Known()
    private var snapshot: Snapshot

    init(committee: Committee) {
        ledger = Ledger(committee: committee)
        snapshot = Snapshot(ledger: ledger, logged: 0, journalStart: 0)
    }

    var journalStart: Int { snapshot.journalStart }
    var snapshotCommit: UInt64 { snapshot.ledger.lastCommit.index }
    var commitsSinceSnapshot: UInt64 { ledger.lastCommit.index - snapshotCommit }

    func isLogged(_ identifier: Digest) -> Bool { known.identifiers.contains(identifier) }

    mutating func execute(_ commit: Commit, _ payloads: [Payload]) throws -> Execution {
        unstage()
        let known = known
        let forgets = Mutation.isPlanted(.duplicatesExecuted)
        let execution = try ledger.execute(commit, payloads: payloads) { !forgets && known.identifiers.contains($0) }
        log(execution.appended)
        return execution
    }

    mutating func log(_ appended: [LogAppend]) {
        for append in appended {
            logged.append(append.identifier)
            entries.append(Array(append.bytes))
            known.identifiers.insert(append.identifier)
        }
    }

    /// Whether one log begins with the other; with `isEqual`, whether they are the same.
    func agrees(with other: SimulatedLedger, isEqual: Bool) -> Bool {
        if isEqual { return ledger.logRoot == other.ledger.logRoot }
        let common = min(entries.count, other.entries.count)
        return entries[..<common] == other.entries[..<common]
    }

    mutating func saveSnapshot(journalStart: Int) {
        snapshot = Snapshot(ledger: ledger, logged: logged.count, journalStart: journalStart, foundation: foundation)
    }

    /// Back to the snapshot.
    mutating func crash() {
        ledger = snapshot.ledger
        foundation = snapshot.foundation
        unstage()
        logged.removeLast(logged.count - snapshot.logged)
        entries.removeLast(entries.count - snapshot.logged)
        known.identifiers = Set(logged)
    }

    /// The receipt of one entry under a certificate; nil when the certificate does not cover it.
    func receipt(_ place: Int, _ certificate: CheckpointCertificate) -> Receipt? {
        let size = Int(clamping: certificate.checkpoint.logSize)
        guard place < size, size <= entries.count else { return nil }
        let leaves = entries.prefix(size).map { Merkle.leafHash($0) }
        guard let proof = Merkle.inclusionProof(index: place, leafHashes: leaves) else { return nil }
        return Receipt(
            suite: ledger.committee.suite, entry: entries[place], index: UInt64(place), proof: proof, certificate: certificate)
    }
}
