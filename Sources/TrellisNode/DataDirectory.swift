// A validator's data directory as a whole: whose it is, why it cannot be opened, and how it is repaired while nobody runs on it.

import TrellisCrypto
import TrellisModel
import TrellisStorage
import TrellisTPM

/// Why a data directory cannot be used, and what a person can do about it.
public struct DataDirectoryError: Error, Sendable, CustomStringConvertible {
    public let directory: String
    public let problem: String
    public let hint: String?

    public var description: String { "\(directory): \(problem)" }

    /// Nil for errors that are not about the directory.
    init?(_ error: any Error, in directory: String) {
        switch error {
        case let error as StorageError:
            problem = error.description
            hint = error.hint?.replacing("DIR", with: directory)
        case let error as DataDirectory.Gap:
            problem = "the journal lacks what follows commit \(error.executed)"
            hint = "restore the directory from a backup, all but its present file '\(StoreLayout.highWater)'"
        case let error as DataDirectory.OtherOwner:
            problem = "it belongs to \(error.found), not to \(error.expected)"
            hint = "are 'data', 'keys' and 'genesis' those of one validator?"
        case is DataDirectory.Amnesia:
            problem = "which rounds this validator signed is not known: its file '\(StoreLayout.highWater)' is gone"
            hint = "put the file back; the other validators have too little stake to tell"
        case let error as DataDirectory.Outdated:
            problem = "it may be an older copy: \(error.reason)"
            hint = "put the directory back that was used last; the other validators have too little stake to tell what was signed since"
        case let error as DataDirectory.Unchecked:
            problem = "its high-water mark is bound to a counter in a TPM, and \(error.reason)"
            hint =
                "bring the TPM back ('audit' in the configuration), or run `trellis repair --restored --data \(directory)`: "
                + "the validator asks the others what it signed"
        default: return nil
        }
        self.directory = directory
    }
}

public enum DataDirectory {
    private static let owner = "owner"
    /// There until the first start of a validator of a new network: without it, a directory that knows nothing has forgotten everything.
    private static let fresh = "fresh"

    /// The journal does not go on where the ledger's newest snapshot ends.
    struct Gap: Error {
        var executed: UInt64
    }

    struct OtherOwner: Error {
        var found: String
        var expected: String
    }

    struct Amnesia: Error {}

    /// A TPM has counted on since this copy was made, and nobody can tell what was signed.
    struct Outdated: Error {
        var reason: String
    }

    /// Bound to a TPM's counter that cannot be read.
    struct Unchecked: Error {
        var reason: String
    }

    /// Whether the validator may have signed rounds that this directory does not know of: it has neither a mark nor the file that a new
    /// network gives to those who have signed nothing. A mark that lost one of its two copies may be behind, too; and so is the mark of an
    /// older copy of the directory, which a TPM's counter tells (MarkCounter.swift) and which is forgotten here.
    ///
    /// - Parameter module: the TPM, or why it cannot be spoken with; nil where none is configured.
    /// - Throws: when the directory is another validator's; when it does not know, and the others could not tell.
    static func isAmnesic(
        _ disk: RealDisk, _ validator: ValidatorIndex, of committee: Committee, module: Result<any TrustedModule, TPMError>? = nil
    ) throws -> Bool {
        try require(owner, on: disk, isOf: validator, committee)
        try require(fresh, on: disk, isOf: validator, committee)
        let canBeTold = committee.stakes.total - committee.stakes[validator] >= committee.stakes.quorum
        try check(MarkCounter(disk, validator, of: committee), with: module, on: disk, canBeTold: canBeTold)
        if try disk.exists(StoreLayout.highWater) {
            let mark = try HighWaterMark(disk: disk, path: StoreLayout.highWater)
            if mark.current != nil, !mark.foundDamage || !canBeTold { return false }
        }
        if try disk.exists(fresh) {
            try HighWaterMark(disk: disk, path: StoreLayout.highWater).advance(to: .init(epoch: committee.epoch, round: 0))
            return false
        }
        guard canBeTold else { throw Amnesia() }
        return true
    }

    /// Forgets the mark of an older copy; then counts, so that copies made before this start are older ones.
    private static func check(
        _ counter: MarkCounter, with module: Result<any TrustedModule, TPMError>?, on disk: RealDisk, canBeTold: Bool
    ) throws {
        switch module {
        case nil:
            if try MarkCounter.isBound(disk) { throw Unchecked(reason: "no TPM is configured") }
        case .failure(let error):
            if try MarkCounter.isBound(disk) { throw Unchecked(reason: error.description) }
        case .success(let module):
            if let reason = try counter.doubt(module) {
                guard canBeTold else { throw Outdated(reason: reason) }
                try forgetMark(on: disk)
            }
            try counter.advance(module)
        }
    }

    private static func forgetMark(on disk: RealDisk) throws {
        for file in [StoreLayout.highWater, fresh] { try disk.remove(file) }
        try disk.syncDirectory("")
    }

    private static func require(_ file: String, on disk: RealDisk, isOf validator: ValidatorIndex, _ committee: Committee) throws {
        guard try disk.exists(file) else { return }
        let expected = name(of: validator, committee)
        let found = String(decoding: try disk.open(file).read(at: 0, count: 1024), as: UTF8.self)
        guard found == expected else { throw OtherOwner(found: found, expected: expected) }
    }

    /// Makes the directory of a validator of a new network, which has signed nothing.
    static func begin(_ path: String, for validator: ValidatorIndex, of genesis: Genesis) throws {
        let disk = try RealDisk(root: path)
        defer { disk.release() }
        try disk.replace(fresh, with: Array(name(genesis.validators[Int(validator)].name, genesis.chain).utf8))
    }

    /// After a restore from a backup: what was signed since is not known.
    public static func forgetMark(_ path: String) throws {
        do {
            let disk = try RealDisk(root: path)
            defer { disk.release() }
            try forgetMark(on: disk)
            // Not before: a directory without either has forgotten what it signed, whatever a TPM says.
            try disk.remove(StoreLayout.highWaterCounter)
            try disk.syncDirectory("")
        } catch {
            throw DataDirectoryError(error, in: path) ?? error
        }
    }

    /// Marks the directory as that of a validator of a chain, and as used.
    static func claim(_ disk: RealDisk, for validator: ValidatorIndex, of committee: Committee) throws {
        if try !disk.exists(owner) { try disk.replace(owner, with: Array(name(of: validator, committee).utf8)) }
        guard try disk.exists(fresh) else { return }
        try disk.remove(fresh)
        try disk.syncDirectory("")
    }

    private static func name(of validator: ValidatorIndex, _ committee: Committee) -> String {
        name(committee.validators[Int(validator)].name, committee.chain)
    }

    private static func name(_ validator: String, _ chain: Digest) -> String { "validator '\(validator)' of chain \(chain)" }

    /// Cuts every damaged log at its first damage, after copying what was there; says what was done, a line per log. Throws when a
    /// validator holds the directory.
    public static func repair(_ path: String) throws -> [String] {
        do {
            let disk = try RealDisk(root: path)
            let repairs = try StoreLayout.repair(on: disk)
            var report = repairs.map { "cut \($0.file) at byte \($0.offset); kept \($0.copies.joined(separator: ", "))" }
            // Entries that were cut off are written again by executing the whole journal. A snapshot that needs more of the journal than
            // is left must go now: the journal will grow beyond it again, with other blocks.
            let isLedgerCut = repairs.contains { $0.file.hasPrefix(StoreLayout.entries) }
            let end = try SegmentLog(disk: disk, directory: StoreLayout.journal).end
            if try LedgerStore.dropSnapshots(beyond: isLedgerCut ? nil : end, on: disk) > 0 {
                report.append("removed the ledger's snapshots: the next start executes the journal again")
            }
            return report
        } catch {
            throw DataDirectoryError(error, in: path) ?? error
        }
    }
}
