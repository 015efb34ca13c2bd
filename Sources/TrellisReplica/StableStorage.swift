// What one validator has on its disk, opened as one: the journal, the ledger, and the states of it that others may take over. What it does
// for those who are far behind, and for itself when it is, stands in StableStorage+CatchUp.swift.

package import TrellisConsensus
package import TrellisCrypto
package import TrellisLedger
package import TrellisModel
package import TrellisStorage

package final class StableStorage {
    /// The journal does not go on where the ledger's newest snapshot ends.
    package struct Gap: Error {
        package let executed: UInt64
    }

    let committee: Committee
    package let journal: Journal
    package let ledger: LedgerStore
    let retention: Retention
    /// What is offered to those who are far behind.
    var states: CertifiedStates
    /// Those of the states that were asked for, encoded, by their commit.
    var encodedStates: [UInt64: [UInt8]] = [:]

    private init(_ journal: Journal, _ ledger: LedgerStore, _ committee: Committee, _ retention: Retention) {
        self.committee = committee
        self.journal = journal
        self.ledger = ledger
        self.retention = retention
        states = CertifiedStates(interval: retention.stateEvery)
    }

    /// Opens the directory that is `own`'s from now on, cuts a torn tail off the journal, executes what the last snapshot had not seen.
    ///
    /// - Parameters:
    ///   - isAmnesic: whether it does not know what was signed; see `ValidatorDirectory`.
    ///   - recallNonce: see `Journal.recover`.
    ///   - observe: is told what was executed, one commit after the other.
    /// - Throws: `StorageError` for what it cannot repair, `Gap`, and what execution throws.
    package static func open(
        _ disk: any Disk, of own: ValidatorIndex, _ committee: Committee, isAmnesic: Bool, retention: Retention, recallNonce: UInt64,
        observe: (Execution, LedgerStore) -> Void = { _, _ in }
    ) throws -> (storage: StableStorage, recovery: Journal.Recovery) {
        try StoreLayout.create(on: disk)
        let ledger = try LedgerStore(disk: disk, committee: committee, retention: retention)
        let journal = try Journal(disk: disk, committee: committee, isAmnesic: isAmnesic, retention: retention)
        try ValidatorDirectory.claim(disk, for: own, of: committee)
        let executed = ledger.ledger.lastCommit.index
        guard ledger.journalStart <= journal.end else { throw Gap(executed: executed) }
        let recovery = try journal.recover(
            from: ledger.journalStart, executed: executed, on: ledger.foundation, recallNonce: recallNonce)
        try execute(recovery.recovered, on: ledger, observe)
        let storage = StableStorage(journal, ledger, committee, retention)
        storage.states.executed(ledger.ledger)
        return (storage, recovery)
    }

    /// Executes the journal's commits that the snapshot had not seen.
    private static func execute(_ recovered: Recovered, on store: LedgerStore, _ observe: (Execution, LedgerStore) -> Void) throws {
        let open = recovered.commits.filter { $0.index > store.ledger.lastCommit.index }
        guard let first = open.first else { return }
        guard first.index == store.ledger.lastCommit.index + 1 else { throw Gap(executed: store.ledger.lastCommit.index) }
        let payloads = Dictionary(recovered.blocks.map { ($0.reference, $0.payload) }, uniquingKeysWith: { first, _ in first })
        for commit in open {
            let own = try commit.blocks.map { reference in
                guard let payload = payloads[reference] else { throw Gap(executed: store.ledger.lastCommit.index) }
                return payload
            }
            observe(try store.execute(commit, own), store)
        }
    }

    /// Executes the next commit. Nil for one that was executed already: a repaired journal may end before the ledger's snapshot, and what it
    /// lacks is decided once more.
    package func execute(_ commit: Commit, _ payloads: [Payload]) throws -> Execution? {
        guard commit.index > ledger.ledger.lastCommit.index else { return nil }
        let execution = try ledger.execute(commit, payloads)
        if execution.checkpoint != nil { states.executed(ledger.ledger) }
        return execution
    }

    /// Keeps what the certificate is worth to others.
    package func certified(_ certificate: CheckpointCertificate) throws {
        try journal.keep(certificate)
        _ = states.certified(certificate)
    }

    /// Saves the ledger, and drops what nobody needs of the journal. Between two steps of the core only, when it and the ledger stand at the
    /// same commit. Returns false when nothing is new.
    ///
    /// - Parameter gcRound: what lies at it or below, the core needs no more.
    package func saveSnapshot(gcRound: Round) throws -> Bool {
        try journal.sync()
        let start = journal.position(above: gcRound)
        if let foundation = ledger.foundation?.commits.last, foundation.leader.round <= gcRound { ledger.foundation = nil }
        guard try ledger.saveSnapshot(journalStart: start) else { return false }
        try journal.prune(before: min(start, try neededByStates()))
        return true
    }

    /// Where the journal must begin for the states that are offered.
    private func neededByStates() throws -> LogPosition {
        var start = journal.end
        for state in states.states {
            if let needed = try journal.foundationStart(of: state.certificate.checkpoint.index) { start = min(start, needed) }
        }
        return start
    }
}
