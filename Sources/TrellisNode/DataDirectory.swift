// A validator's data directory as a person meets it: why it cannot be opened, what a TPM says of it, and how it is repaired.

import TrellisCrypto
import TrellisModel
import TrellisReplica
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
        case let error as StableStorage.Gap:
            problem = "the journal lacks what follows commit \(error.executed)"
            hint = "restore the directory from a backup, all but its present file '\(StoreLayout.highWater)'"
        case let error as ValidatorDirectory.OtherOwner:
            problem = "it belongs to \(error.found), not to \(error.expected)"
            hint = "are 'data', 'keys' and 'genesis' those of one validator?"
        case is ValidatorDirectory.Amnesia:
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
    /// A TPM has counted on since this copy was made, and nobody can tell what was signed.
    struct Outdated: Error {
        var reason: String
    }

    /// Bound to a TPM's counter that cannot be read.
    struct Unchecked: Error {
        var reason: String
    }

    /// Whether the validator may have signed rounds that this directory does not know of, as `ValidatorDirectory` says. The mark of an older
    /// copy, which a TPM's counter tells (MarkCounter.swift), is forgotten here.
    ///
    /// - Parameter module: the TPM, or why it cannot be spoken with; nil where none is configured.
    /// - Throws: when the directory is another validator's; when it does not know, and the others could not tell.
    static func isAmnesic(
        _ disk: RealDisk, _ validator: ValidatorIndex, of committee: Committee, module: Result<any TrustedModule, TPMError>? = nil
    ) throws -> Bool {
        try ValidatorDirectory.requireOwner(validator, of: committee, on: disk)
        let canBeTold = ValidatorDirectory.canBeTold(validator, of: committee)
        try check(MarkCounter(disk, validator, of: committee), with: module, on: disk, canBeTold: canBeTold)
        return try ValidatorDirectory.isAmnesic(disk, validator, of: committee)
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
                try ValidatorDirectory.forgetMark(on: disk)
            }
            try counter.advance(module)
        }
    }

    /// Makes the directory of a validator of a new network, which has signed nothing.
    static func begin(_ path: String, for validator: ValidatorIndex, of genesis: Genesis) throws {
        let disk = try RealDisk(root: path)
        defer { disk.release() }
        try ValidatorDirectory.begin(disk, for: genesis.validators[Int(validator)].name, of: genesis.chain)
    }

    /// After a restore from a backup: what was signed since is not known.
    public static func forgetMark(_ path: String) throws {
        do {
            let disk = try RealDisk(root: path)
            defer { disk.release() }
            try ValidatorDirectory.forgetMark(on: disk)
            // Not before: a directory without either has forgotten what it signed, whatever a TPM says.
            try disk.remove(StoreLayout.highWaterCounter)
            try disk.syncDirectory("")
        } catch {
            throw DataDirectoryError(error, in: path) ?? error
        }
    }

    /// Cuts every damaged log at its first damage, after copying what was there; says what was done, a line per log. Throws when a
    /// validator holds the directory.
    public static func repair(_ path: String) throws -> [String] {
        do {
            let disk = try RealDisk(root: path)
            let done = try ValidatorDirectory.repair(disk)
            var report = done.repairs.map { "cut \($0.file) at byte \($0.offset); kept \($0.copies.joined(separator: ", "))" }
            if done.snapshotsRemoved > 0 { report.append("removed the ledger's snapshots: the next start executes the journal again") }
            if done.isDerivedRemoved { report.append("removed what is derived from the ledger's entries: the next start derives it again") }
            return report
        } catch {
            throw DataDirectoryError(error, in: path) ?? error
        }
    }
}
