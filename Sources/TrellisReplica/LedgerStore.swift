// The ledger on disk: executes commits on the pure state machine, writes what it appends (entries, Merkle nodes, index), saves
// snapshots, and reads entries and proofs back. All but the snapshots can be derived again from the journal.

package import TrellisConsensus
package import TrellisCrypto
package import TrellisLedger
package import TrellisModel
package import TrellisStorage
package import TrellisVerify

package final class LedgerStore {
    static let decisionsPath = "log/decisions"

    private let retention: Retention
    let disk: any Disk
    private let committee: Committee
    package internal(set) var ledger: Ledger
    let entries: SegmentLog
    let positions: FixedArrayFile
    /// Log indices of the decisions, ascending.
    let decisions: FixedArrayFile
    private var levels: [FixedArrayFile] = []
    let index: IdentifierIndex
    let votes: VoteStore
    private let snapshots: SnapshotStore
    private var snapshotCommit: UInt64
    private var snapshotSize: UInt64
    private var bytesSinceSnapshot = 0
    /// What an installed state knows of commits that the journal does not hold; nil once the journal suffices.
    package var foundation: Foundation?
    /// Entries that lie behind the ledger's own ones and do not count yet.
    var staged: LogExtension?
    /// What is to be installed.
    var candidate: (ledger: Ledger, foundation: Foundation)?
    /// Where in the journal a recovery from the loaded snapshot starts.
    package let journalStart: LogPosition

    /// Opens the ledger at the newest snapshot that is intact and whose entries are there. What is newer is set aside: it would displace the
    /// next ones.
    package static func open(_ disk: any Disk, _ committee: Committee, retention: Retention = Retention()) throws -> LedgerStore {
        let snapshots = try SnapshotStore(disk: disk, directory: StoreLayout.snapshots)
        for sequence in try snapshots.sequences().reversed() {
            if let bytes = try snapshots.load(sequence) {
                let store = try LedgerStore(disk, committee, retention, try SavedState(bytes, committee))
                if try store.isDerived() || store.deriveAgain() {
                    try store.forgetBeyondSnapshot()
                    return store
                }
            }
            try snapshots.setAside(sequence)
        }
        let store = try LedgerStore(disk, committee, retention, nil)
        try store.forgetBeyondSnapshot()
        return store
    }

    private init(_ disk: any Disk, _ committee: Committee, _ retention: Retention, _ saved: SavedState?) throws {
        self.retention = retention
        self.disk = disk
        self.committee = committee
        entries = try SegmentLog(disk: disk, directory: StoreLayout.entries, verifiesAll: false)
        positions = try FixedArrayFile(disk: disk, path: StoreLayout.entryPositions, itemSize: 8)
        decisions = try FixedArrayFile(disk: disk, path: Self.decisionsPath, itemSize: 8)
        index = try IdentifierIndex(disk: disk, directory: StoreLayout.index)
        snapshots = try SnapshotStore(disk: disk, directory: StoreLayout.snapshots)
        if let saved {
            journalStart = saved.journalStart
            ledger = try Ledger(committee: committee, snapshot: saved.ledger)
            foundation = saved.foundation
        } else {
            journalStart = .start
            ledger = Ledger(committee: committee)
        }
        votes = try VoteStore(disk: disk, commit: ledger.lastCommit.index, decisions: ledger.counters.decisions)
        snapshotCommit = ledger.lastCommit.index
        snapshotSize = ledger.logSize
    }

    /// Forgets what lies behind the ledger's own entries. After a restart: what was written after the snapshot is written again by executing
    /// the journal's commits.
    func forgetBeyondSnapshot() throws {
        try positions.truncate(count: ledger.logSize)
        try decisions.truncate(count: ledger.counters.decisions)
        for level in 0..<64 {
            guard try disk.exists(StoreLayout.nodes(level: level)) else { break }
            try self.level(level).truncate(count: ledger.logSize >> UInt64(level))
        }
        try index.truncate(from: ledger.logSize)
    }

    func level(_ level: Int) throws(StorageError) -> FixedArrayFile {
        while levels.count <= level {
            levels.append(
                try FixedArrayFile(disk: disk, path: StoreLayout.nodes(level: levels.count), itemSize: HashSuite.sha256.digestSize))
        }
        return levels[level]
    }

    /// Executes the next commit and writes what it appended.
    package func execute(_ commit: Commit, _ payloads: [Payload]) throws -> Execution {
        try unstage()
        // The ledger cannot be asked while it executes.
        let size = ledger.logSize
        let forgets = Mutation.isPlanted(.duplicatesExecuted)
        let execution = try ledger.execute(commit, payloads: payloads) { try !forgets && logIndex(of: $0, below: size) != nil }
        bytesSinceSnapshot += payloads.reduce(0) { $0 + $1.buffer.count }
        try votes.record(execution)
        try write(execution.appended, execution.nodes)
        return execution
    }

    /// Writes entries behind those that there are, and what finds and proves them.
    func write(_ appended: [LogAppend], _ nodes: [(level: Int, index: UInt64, hash: Digest)]) throws {
        guard !appended.isEmpty else { return }
        let records = appended.map { TrellisStorage.Record(kind: $0.bytes.first ?? 0, payload: Array($0.bytes)) }
        let places = try entries.append(records).map(\.rawValue)
        _ = try entries.commit(sync: false)
        try derive(appended, at: places, nodes)
    }

    /// Whether enough has happened since the last snapshot to save another.
    package var wantsSnapshot: Bool {
        ledger.logSize >= snapshotSize + retention.snapshotEntries
            || ledger.lastCommit.index >= snapshotCommit + retention.snapshotCommits
            || bytesSinceSnapshot >= retention.snapshotBytes
    }

    /// Saves the state after the last executed commit, whose journal the caller has synced. Returns false when nothing is new.
    @discardableResult
    package func saveSnapshot(journalStart: LogPosition) throws(StorageError) -> Bool {
        guard ledger.lastCommit.index > snapshotCommit else { return false }
        try save(ledger, foundation, journalStart: journalStart)
        return true
    }

    /// Makes everything that `ledger` says is written durable, then `ledger` itself: a crash leaves the state before or after.
    func save(_ ledger: Ledger, _ foundation: Foundation?, journalStart: LogPosition) throws(StorageError) {
        _ = try entries.commit(sync: true)
        try positions.sync()
        try decisions.sync()
        for level in levels { try level.sync() }
        try index.flush()
        try votes.save(commit: ledger.lastCommit.index)
        let state = SavedState(journalStart: journalStart, ledger: ledger.snapshot, foundation: foundation)
        try snapshots.save(sequence: ledger.lastCommit.index, bytes: state.wireBytes)
        snapshotCommit = ledger.lastCommit.index
        snapshotSize = ledger.logSize
        bytesSinceSnapshot = 0
    }

    /// Removes the snapshots that need a journal beyond `end`; all of them where `end` is nil. Returns how many.
    package static func dropSnapshots(beyond end: LogPosition?, on disk: any Disk) throws -> Int {
        try SnapshotStore(disk: disk, directory: StoreLayout.snapshots).remove { snapshot in
            guard let end, let start = SavedState.journalStart(snapshot.bytes) else { return true }
            return start > end
        }
    }

    /// Merges index runs, if there is something to merge. To be run beside the replica's thread.
    package var maintenance: @Sendable () throws(StorageError) -> Void {
        { [index] () throws(StorageError) in while try index.maintain() {} }
    }

    package func logIndex(of identifier: Digest) throws(StorageError) -> UInt64? { try logIndex(of: identifier, below: ledger.logSize) }

    private func logIndex(of identifier: Digest, below size: UInt64) throws(StorageError) -> UInt64? {
        guard let key = IndexKey(identifier.bytes) else { return nil }
        return try index.lookup(key).flatMap { $0 < size ? $0 : nil }
    }

    /// The bytes of the entry at `index`, which are what the tree was made of; nil beyond the log's end.
    /// - Throws: `corrupt` where the disk gives something else, twice.
    package func entryBytes(at index: UInt64) throws(StorageError) -> [UInt8]? {
        guard index < ledger.logSize else { return nil }
        let bytes = try readTwice { () throws(StorageError) in try checkedEntry(at: index) }
        guard let bytes else { throw Self.damaged }
        return bytes
    }

    private static let damaged = StorageError.corrupt(file: StoreLayout.entries, offset: 0, hint: repairHint)
    static let repairHint = "run `trellis repair --data DIR`: what is derived from the log's entries is derived again"

    /// Log indices of at most `limit` decisions at log index `from` or above, ascending.
    package func decisionIndices(from: UInt64, limit: Int) throws(StorageError) -> [UInt64] {
        let low = try decisionNumber(from: from)
        let end = min(decisions.count, low.addingReportingOverflow(UInt64(max(0, limit))).partialValue)
        var found: [UInt64] = []
        for place in low..<max(low, end) { found.append(Self.item(try decisions.read(place))) }
        return found
    }

    /// How many decisions lie below log index `index`: the number of the first one that does not.
    private func decisionNumber(from index: UInt64) throws(StorageError) -> UInt64 {
        var low: UInt64 = 0
        var high = decisions.count
        while low < high {
            let middle = low + (high - low) / 2
            if Self.item(try decisions.read(middle)) < index { low = middle + 1 } else { high = middle }
        }
        return low
    }

    static func items(_ values: [UInt64]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 * values.count)
        for value in values { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }
        return bytes
    }

    static func item(_ bytes: [UInt8]) -> UInt64 { bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }

    package func entry(at index: UInt64) throws -> LogEntry? {
        try entryBytes(at: index).map { try LogEntry(wireBytes: $0) }
    }

    /// The receipt of the entry at `index` under `certificate`, which must cover it.
    package func receipt(at index: UInt64, _ certificate: CheckpointCertificate) throws -> Receipt? {
        let size = certificate.checkpoint.logSize
        guard index < size, size <= ledger.logSize, let bytes = try entryBytes(at: index) else { return nil }
        guard let proof = try readTwice({ try proof(of: bytes, at: index, certificate.checkpoint) }) else { throw Self.damaged }
        return Receipt(
            suite: committee.suite, entry: bytes, index: index, proof: proof, certificate: certificate,
            votes: try voteProofs(bytes, at: index))
    }

    /// Nil where the nodes on disk do not prove it.
    private func proof(of entry: [UInt8], at index: UInt64, _ checkpoint: Checkpoint) throws -> [Digest]? {
        let proof = try Merkle.inclusionProof(index: index, size: checkpoint.logSize, node: node)
        let isProven = Merkle.verifyInclusion(
            leafHash: Merkle.leafHash(entry), index: index, size: checkpoint.logSize, proof: proof, root: checkpoint.logRoot)
        return isProven ? proof : nil
    }

    /// The proofs of the votes in the entry at `index`, if it is a decision.
    private func voteProofs(_ bytes: [UInt8], at index: UInt64) throws -> [VoteProof] {
        guard bytes.first.flatMap(EntryKind.init(rawValue:))?.isDecision == true,
            case .decision(let decision) = try LogEntry(wireBytes: bytes),
            let councils = committee.councils(of: decision.proposal)
        else { return [] }
        let number = try decisionNumber(from: index)
        return try votes.proofs(ofDecision: number, on: decision.proposal.identifier, councils: councils.map(\.index))
    }

    /// A node of the log's tree that is complete.
    func node(_ level: Int, _ position: UInt64) throws -> Digest {
        guard let digest = Digest(try self.level(level).read(position)) else {
            throw StorageError.missing(path: StoreLayout.nodes(level: level))
        }
        return digest
    }
}
