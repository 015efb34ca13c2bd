// A validator's data directory as a whole: whose it is, why it cannot be opened, and how it is repaired while nobody runs on it.

import TrellisModel
import TrellisStorage

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
            problem = "its file '\(StoreLayout.highWater)' is gone: which rounds this validator signed is not known"
            hint = "put the file back; without it the validator could sign a round twice"
        default: return nil
        }
        self.directory = directory
    }
}

public enum DataDirectory {
    private static let owner = "owner"

    /// The journal does not go on where the ledger's newest snapshot ends.
    struct Gap: Error {
        var executed: UInt64
    }

    struct OtherOwner: Error {
        var found: String
        var expected: String
    }

    struct Amnesia: Error {}

    /// Throws when the directory is another validator's, or when it is this one's and has lost its high-water mark.
    static func checkOwner(_ disk: RealDisk, is validator: ValidatorIndex, of committee: Committee) throws {
        guard try disk.exists(owner) else { return }
        let expected = name(of: validator, committee)
        let found = String(decoding: try disk.open(owner).read(at: 0, count: 1024), as: UTF8.self)
        guard found == expected else { throw OtherOwner(found: found, expected: expected) }
        guard try disk.exists(StoreLayout.highWater) else { throw Amnesia() }
    }

    /// Marks the directory, which has a high-water mark now, as that of a validator of a chain.
    static func claim(_ disk: RealDisk, for validator: ValidatorIndex, of committee: Committee) throws {
        guard try !disk.exists(owner) else { return }
        try disk.replace(owner, with: Array(name(of: validator, committee).utf8))
    }

    private static func name(of validator: ValidatorIndex, _ committee: Committee) -> String {
        "validator '\(committee.validators[Int(validator)].name)' of chain \(committee.chain)"
    }

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
