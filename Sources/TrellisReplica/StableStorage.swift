// What one validator has on its disk, opened as one: the journal, the ledger, and the states of it that others may take over. What it does
// for those who are far behind, and for itself when it is, stands in StableStorage+CatchUp.swift.

import TrellisConsensus
import TrellisCrypto
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
    private var unwrittenBytes = 0

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
        let ledger = try LedgerStore.open(disk, committee, retention: retention)
        let journal = try Journal(disk: disk, committee: committee, isAmnesic: isAmnesic, retention: retention)
        try ValidatorDirectory.claim(disk, for: own, of: committee)
        let canBeTold = ValidatorDirectory.canBeTold(own, of: committee)
        let recovery = try recover(journal, for: ledger, canBeTold: canBeTold, recallNonce: recallNonce)
        try execute(recovery.recovered, on: ledger, observe)
        let storage = StableStorage(journal, ledger, committee, retention)
        storage.states.executed(ledger.ledger)
        return (storage, recovery)
    }

    /// What the core begins with. Where damage took the journal's end, and the ledger's snapshot is ahead of it, the core goes on from the
    /// journal's last commit, for which the journal must be read from further back than the snapshot says; or, where it holds too little for
    /// that, from nothing. It learns again from the others what was executed already.
    private static func recover(
        _ journal: Journal, for ledger: LedgerStore, canBeTold: Bool, recallNonce: UInt64
    ) throws -> Journal.Recovery {
        let executed = ledger.ledger.lastCommit.index
        guard ledger.journalStart <= journal.end else { throw Gap(executed: executed) }
        func read(from start: LogPosition, on foundation: Foundation?) throws -> Journal.Recovery {
            try journal.recover(from: start, executed: executed, on: foundation, recallNonce: recallNonce)
        }
        func reached(_ recovery: Journal.Recovery) -> UInt64 { recovery.recovered.commits.last?.index ?? 0 }
        var recovery = try read(from: ledger.journalStart, on: ledger.foundation)
        // Commits that go with no snapshot any more are of before, or after, one that is gone.
        if reached(recovery) >= executed, reached(recovery) > 0 || journal.ranges.lastCommit == 0 { return recovery }
        guard canBeTold else { throw Gap(executed: executed) }
        if let start = try journal.startOfLastCommit() {
            recovery = try read(from: start, on: nil)
            if reached(recovery) == journal.ranges.lastCommit { return recovery }
        }
        recovery.recovered = Recovered(highWater: recovery.recovered.highWater, recallNonce: recovery.recovered.recallNonce)
        return recovery
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

    /// Appends a block to the journal.
    ///
    /// - Parameter isChecked: whether the block's signature is known to be good.
    package func store(_ block: Block, isChecked: Bool = true) throws(StorageError) {
        try journal.store(block, isChecked: isChecked)
        unwrittenBytes += block.encoded.count
        // A validator that only listens, as while it catches up, must not gather its journal in memory.
        guard unwrittenBytes > 4 * committee.limits.blockBytes else { return }
        try journal.sync()
        unwrittenBytes = 0
    }

    /// Makes everything stored so far, and the fact that the own block's round is signed for, durable. Then the block may leave.
    package func seal(_ block: Block) throws(StorageError) {
        try journal.seal(block)
        unwrittenBytes = 0
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

    /// Where the journal must begin for those who are far behind: they take over a state that is offered, and then need all blocks from there
    /// on, since what is not certified yet can only be decided again. Liars and absent validators may put off the next certificate for ever.
    private func neededByStates() throws -> LogPosition {
        guard !states.states.isEmpty else { return .start }
        var start = journal.end
        for state in states.states {
            if let needed = try journal.foundationStart(of: state.certificate.checkpoint.index) { start = min(start, needed) }
        }
        return start
    }
}
