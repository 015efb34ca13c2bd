// Where each part of a validator's data lies under its data directory. Names only: who opens them decides what they hold.

/// The paths of the store, relative to the data directory.
public enum StoreLayout {
    /// The consensus journal: own blocks, blocks, commits.
    public static let journal = "journal"
    /// The ledger's entries.
    public static let entries = "log/entries"
    /// Where each entry lies in `entries`.
    public static let entryPositions = "log/positions"
    /// The Merkle tree's nodes.
    public static let nodes = "log/nodes"
    /// From identifiers to entries.
    public static let index = "index"
    /// What seats signed: the proofs of votes.
    public static let votes = "log/votes"
    /// Where the proofs of each decision's votes lie in `votes`.
    public static let votePlaces = "log/vote-places"
    /// Where the proofs of votes on pending proposals lie, saved with the ledger states.
    public static let pendingVotes = "log/pending-votes"
    /// Saved ledger states.
    public static let snapshots = "snapshots"
    /// The audit trail: a directory with a lock of its own.
    public static let audit = "audit"
    /// The audit log's lines, under `audit`.
    public static let auditLog = "log"
    /// The highest (epoch, round) signed for.
    public static let highWater = "high-water"
    /// The count to which a TPM had counted when this directory was last the newest.
    public static let highWaterCounter = "high-water-counter"

    /// Every directory, parents first.
    public static let directories = [journal, "log", entries, nodes, index, snapshots, votes, pendingVotes]
    /// The logs that `trellis repair` looks through.
    public static let logs = [journal, entries, votes, "\(audit)/\(auditLog)"]

    /// One level of the Merkle tree; 0 is the leaves'.
    public static func nodes(level: Int) -> String { "\(nodes)/\(paddedDecimal(level, width: 2))" }

    /// Makes every directory.
    public static func create(on disk: any Disk) throws(StorageError) {
        for directory in directories { try disk.createDirectory(directory) }
    }

    /// Repairs every log; returns what was done. Without corruption it changes nothing but torn tails.
    public static func repair(on disk: any Disk) throws(StorageError) -> [SegmentLog.Repair] {
        var repairs: [SegmentLog.Repair] = []
        for log in logs {
            if let repair = try SegmentLog.repair(disk: disk, directory: log) { repairs.append(repair) }
        }
        return repairs
    }
}
