// A simulated machine's disk: how it is opened, as a node opens it and its operator repairs it; and what is checked of what it gives back. What
// goes wrong with it stands in SimulatedValidator+Trouble.swift.

import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel
import TrellisReplica
import TrellisStorage

/// What an operator does about a disk that cannot be opened, in this order.
enum Remedy: String, CaseIterable {
    /// By the tool.
    case repaired
    /// From a backup, beside the present mark.
    case restored
    /// By the tool, when the mark itself is damaged.
    case unmarked
}

/// A copy of a disk, and what had been stored when it was made: later ones may go on otherwise.
struct Backup {
    var files: [String: [UInt8]] = [:]
    var record = StoredRecord()
}

extension SimulatedValidator {
    private static let backupsMaximum = 4

    // MARK: Opening

    /// Opens the disk as a node does. Where it is damaged it is repaired as an operator would: by the tool; if what is left does not go
    /// together, by a backup beside the present mark. Nil where it must not be opened, or cannot be.
    func openStorage() -> (storage: StableStorage, recovered: Recovered)? {
        if let problems = refusal() {
            for problem in problems { world.witness.violation("\(name): \(problem)") }
            world.note("\(name) refuses to start: its journal is of a later release")
            return nil
        }
        if health.isSuspect, health.isToBeRepaired || world.isHealed || health.luck.chance(permille: 500) { apply(.repaired) }
        var remedies: [Remedy] = [.repaired, .restored]
        while true {
            do {
                return try openOnce()
            } catch {
                if !health.isDamaged, isCorrect { world.witness.violation("\(name) cannot open its disk: \(error)") }
                guard !remedies.isEmpty else { return nil }
                world.note("\(name) cannot open its disk: \(error)")
                let isMarkGone = if case .corrupt(StoreLayout.highWater, _, _)? = error as? StorageError { mayForget } else { false }
                apply(isMarkGone ? .unmarked : remedies.removeFirst())
                if isMarkGone { mayForget = false }
            }
        }
    }

    private func apply(_ remedy: Remedy) {
        world.note("\(name)'s disk is \(remedy.rawValue)")
        do {
            switch remedy {
            case .repaired: _ = try ValidatorDirectory.repair(disk)
            case .restored:
                restore(backups.last ?? Backup(), keeping: [StoreLayout.highWater])
                // The present mark goes beside a backup only where the disk is known to have lost no write of it.
                if health.isMarkStale { try ValidatorDirectory.forgetMark(on: disk) }
            case .unmarked: try ValidatorDirectory.forgetMark(on: disk)
            }
            health.isSuspect = false
            health.isToBeRepaired = false
        } catch {
            world.note("\(name)'s disk cannot be \(remedy.rawValue): \(error)")
        }
    }

    private func openOnce() throws -> (storage: StableStorage, recovered: Recovered) {
        try ValidatorDirectory.requireOwner(identity, of: committee, on: disk)
        let isAmnesic = try ValidatorDirectory.isAmnesic(disk, identity, of: committee)
        let marked = isAmnesic ? nil : try HighWaterMark(disk: disk, path: StoreLayout.highWater).current?.round
        var executions: [Execution] = []
        let (storage, recovery) = try StableStorage.open(
            disk, of: identity, committee, isAmnesic: isAmnesic, retention: retention, recallNonce: isAmnesic ? random.next() : 0
        ) { execution, _ in executions.append(execution) }
        try checkOpened(storage, marked, executions)
        return (storage, recovery.recovered)
    }

    /// - Parameter marked: nil where the mark is not to be relied on.
    private func checkOpened(_ storage: StableStorage, _ marked: Round?, _ executions: [Execution]) throws {
        let found = try record.compare(with: storage.journal.log, committee.suite)
        if isCorrect {
            for problem in found.problems { world.witness.violation("\(name): \(problem)") }
            // Damage to the last group that was synced looks like a torn tail.
            if found.lost > 0, !health.isDamaged {
                world.witness.violation("\(name): \(found.lost) synced entries of the journal are lost")
            }
            if let marked, marked < record.mark, !health.isMarkStale {
                world.witness.violation("\(name): the high-water mark fell from \(record.mark) to \(marked)")
            }
        }
        if let marked { record.mark = marked } else { hasForgotten = true }
        let appended = executions.flatMap(\.appended).map(\.identifier)
        record.cutLog(to: Int(clamping: storage.ledger.ledger.logSize) - appended.count)
        for execution in executions { observe(execution, storage.ledger.ledger) }
    }

    // MARK: Backups and losses

    /// Copies the disk while it is in use; older copies stay for a while.
    func backUp() {
        let backup = Backup(files: disk.copy(), record: record)
        if backups.count < Self.backupsMaximum {
            backups.append(backup)
        } else {
            backups[random.below(Self.backupsMaximum)] = backup
        }
    }

    private func restore(_ backup: Backup, keeping kept: Set<String> = []) {
        disk.restore(backup.files, keeping: kept)
        let mark = kept.contains(StoreLayout.highWater) ? record.mark : 0
        record = backup.record
        record.mark = mark
    }

    /// All that it had on disk while it was down is gone, or an older copy came back.
    func lose(_ loss: Loss) {
        let backup = backups.isEmpty ? Backup() : backups[random.below(backups.count)]
        do {
            switch loss {
            case .wiped: restore(Backup())
            case .restored:
                restore(backup)
                try ValidatorDirectory.forgetMark(on: disk)
            case .restoredBesideMark: restore(backup, keeping: [StoreLayout.highWater])
            }
        } catch {
            world.witness.violation("\(name): a copy of its disk cannot be restored: \(error)")
        }
        // What comes back has its own damage no more.
        health.isDamaged = false
        losses += 1
        hasForgotten = true
        world.note("\(name) \(loss.rawValue), \(record.count) entries are left")
    }

    // MARK: Later releases

    /// Lets a later release write to the journal of a machine that is down.
    func postdate() -> Bool {
        guard postdated == nil, !health.isDamaged, let path = segment(), let header = try? disk.postdateSegment(path) else { return false }
        postdated = (path, header)
        return true
    }

    /// The operator puts back what the later release wrote over.
    func undoPostdate() {
        guard let found = postdated.take(), let file = try? disk.open(found.path) else { return }
        try? file.write(found.header, at: 0)
        try? file.sync()
    }

    /// A start that meets what a later release wrote must be refused, the repair too, and the journal must stay as it is.
    ///
    /// - Returns: nil when there is nothing of the kind; else what should not be.
    private func refusal() -> [String]? {
        guard postdated != nil else { return nil }
        var problems: [String] = []
        func journal() -> [String: [UInt8]] { disk.copy().filter { $0.key.hasPrefix(StoreLayout.journal) } }
        let before = journal()
        let attempts: [(name: String, attempt: () throws -> Void)] = [
            ("opened", { [unowned self] in _ = try openOnce() }), ("repaired", { [disk] in _ = try ValidatorDirectory.repair(disk) }),
        ]
        for (name, attempt) in attempts {
            do {
                try attempt()
                problems.append("a journal of a later release is \(name)")
            } catch StorageError.newerFormat {
            } catch {
                problems.append("a journal of a later release is not \(name), for another reason: \(error)")
            }
        }
        if journal() != before { problems.append("a journal of a later release is changed") }
        return problems
    }
}
