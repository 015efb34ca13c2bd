// How much a validator keeps on its disk, and how often it saves what a restart begins with. Numbers only.

import TrellisLedger

/// What is kept for how long, in bytes, commits and log entries.
package struct Retention: Sendable {
    /// Of the journal, at least, for peers that lag behind. Whole segments are removed.
    package var journalBytes: UInt64
    /// After how many bytes the journal begins another segment.
    package var segmentBytes: Int
    /// Commits between two certificates that the journal keeps: few enough that a range with one fits a message, and so many that
    /// certificates, each as large as a quorum's signatures, are a small part of the journal.
    package var certificateEvery: UInt64 = 64
    /// Log entries, commits or bytes of blocks after which a snapshot bounds what a restart executes again.
    package var snapshotEntries: UInt64 = 200_000
    package var snapshotCommits: UInt64 = 4_000
    package var snapshotBytes: Int
    /// Commits between two states that are offered to those who are far behind.
    package var stateEvery = CertifiedStates.standardInterval

    /// - Parameter journalBytes: snapshots come no more seldom than as much of blocks.
    package init(journalBytes: UInt64 = .max) {
        self.journalBytes = journalBytes
        segmentBytes = min(64 << 20, max(1 << 16, Int(clamping: journalBytes / 4)))
        snapshotBytes = min(256 << 20, Int(clamping: journalBytes))
    }
}
