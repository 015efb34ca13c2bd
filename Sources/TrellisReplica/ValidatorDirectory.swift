// Whose a data directory is, whether it knows what its validator signed, and how it is repaired while nobody runs on it: what stands in it
// beside the journal and the ledger.

package import TrellisCrypto
package import TrellisModel
package import TrellisStorage

package enum ValidatorDirectory {
    private static let owner = "owner"
    /// There until the first start of a validator of a new network: without it, a directory that knows nothing has forgotten everything.
    private static let fresh = "fresh"

    package struct OtherOwner: Error {
        package let found: String
        package let expected: String
    }

    /// What was signed is not known, and the others have too little stake to tell.
    package struct Amnesia: Error {}

    /// What a repair did.
    package struct Report {
        /// The logs that were cut.
        package let repairs: [SegmentLog.Repair]
        /// How many of the ledger's snapshots had to go.
        package let snapshotsRemoved: Int
        /// Whether what is derived from the ledger's entries had to go.
        package let isDerivedRemoved: Bool
    }

    /// Makes the directory that of a validator of a new network, which has signed nothing.
    package static func begin(_ disk: any Disk, for validator: String, of chain: Digest) throws(StorageError) {
        try disk.replace(fresh, with: Array(name(validator, chain).utf8))
    }

    /// Throws `OtherOwner` when the directory is another validator's.
    package static func requireOwner(_ validator: ValidatorIndex, of committee: Committee, on disk: any Disk) throws {
        for file in [owner, fresh] where try disk.exists(file) {
            let expected = name(of: validator, committee)
            func read() throws -> String { String(decoding: try disk.open(file).read(at: 0, count: 1024), as: UTF8.self) }
            if try read() == expected { continue }
            // It may have been read wrong once.
            let found = try read()
            guard found == expected else { throw OtherOwner(found: found, expected: expected) }
        }
    }

    /// Whether the other validators have the stake to tell what this one signed.
    package static func canBeTold(_ validator: ValidatorIndex, of committee: Committee) -> Bool {
        committee.stakes.total - committee.stakes[validator] >= committee.stakes.quorum
    }

    /// Whether the validator may have signed rounds that this directory does not know of: it has neither a mark nor the file that a new
    /// network gives to those who have signed nothing. A mark that lost one of its two copies may be behind, too.
    ///
    /// - Throws: `Amnesia` when it does not know, and the others could not tell.
    package static func isAmnesic(_ disk: any Disk, _ validator: ValidatorIndex, of committee: Committee) throws -> Bool {
        let canBeTold = canBeTold(validator, of: committee)
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

    /// Whether a file tells what was signed.
    package static func isMark(_ path: String) -> Bool { path == StoreLayout.highWater || path == fresh }

    /// Marks the directory as that of a validator of a chain, and as used.
    package static func claim(_ disk: any Disk, for validator: ValidatorIndex, of committee: Committee) throws(StorageError) {
        if try !disk.exists(owner) { try disk.replace(owner, with: Array(name(of: validator, committee).utf8)) }
        guard try disk.exists(fresh) else { return }
        try disk.remove(fresh)
        try disk.syncDirectory("")
    }

    /// After a restore from a backup: what was signed since is not known.
    package static func forgetMark(on disk: any Disk) throws(StorageError) {
        for file in [StoreLayout.highWater, fresh] { try disk.remove(file) }
        try disk.syncDirectory("")
    }

    /// Cuts every damaged log at its first damage, after copying what was there. What is derived from the ledger's entries has no checksums of
    /// its own for the most part: it goes, and the next start derives it again.
    package static func repair(_ disk: any Disk) throws -> Report {
        let repairs = try StoreLayout.repair(on: disk)
        // Entries that were cut off are written again by executing the whole journal. A snapshot that needs more of the journal than
        // is left must go now: the journal will grow beyond it again, with other blocks.
        let isLedgerCut = repairs.contains { $0.file.hasPrefix(StoreLayout.entries) }
        let end = try SegmentLog(disk: disk, directory: StoreLayout.journal).end
        return Report(
            repairs: repairs, snapshotsRemoved: try LedgerStore.dropSnapshots(beyond: isLedgerCut ? nil : end, on: disk),
            isDerivedRemoved: try LedgerStore.dropDerived(on: disk))
    }

    private static func name(of validator: ValidatorIndex, _ committee: Committee) -> String {
        name(committee.validators[Int(validator)].name, committee.chain)
    }

    private static func name(_ validator: String, _ chain: Digest) -> String { "validator '\(validator)' of chain \(chain)" }
}
