// The ledger on disk: executes commits on the pure state machine, writes what it appends (entries, Merkle nodes, index), saves
// snapshots, and reads entries and proofs back. All but the snapshots can be derived again from the journal.

import TrellisCrypto
import TrellisLedger
import TrellisModel
import TrellisStorage
import TrellisVerify

final class LedgerStore {
    /// Log entries or commits after which a snapshot bounds what a restart executes again.
    static let snapshotEntries: UInt64 = 200_000
    static let snapshotCommits: UInt64 = 4_000

    private let disk: any Disk
    private let committee: Committee
    private(set) var ledger: Ledger
    private let entries: SegmentLog
    private let positions: FixedArrayFile
    private var levels: [FixedArrayFile] = []
    private let index: IdentifierIndex
    private let snapshots: SnapshotStore
    private var snapshotCommit: UInt64
    private var snapshotSize: UInt64
    /// Where in the journal a recovery from the loaded snapshot starts.
    let journalStart: LogPosition

    init(disk: any Disk, committee: Committee) throws {
        self.disk = disk
        self.committee = committee
        entries = try SegmentLog(disk: disk, directory: StoreLayout.entries, verifiesAll: false)
        positions = try FixedArrayFile(disk: disk, path: StoreLayout.entryPositions, itemSize: 8)
        index = try IdentifierIndex(disk: disk, directory: StoreLayout.index)
        snapshots = try SnapshotStore(disk: disk, directory: StoreLayout.snapshots)
        if let snapshot = try snapshots.latest().snapshot {
            var decoder = WireDecoder(snapshot.bytes, suite: committee.suite)
            journalStart = LogPosition(rawValue: try decoder.u64())
            ledger = try Ledger(committee: committee, snapshot: Array(snapshot.bytes[decoder.offset...]))
        } else {
            journalStart = .start
            ledger = Ledger(committee: committee)
        }
        snapshotCommit = ledger.lastCommit.index
        snapshotSize = ledger.logSize
        try forgetBeyondSnapshot()
    }

    /// What was written after the snapshot is written again by executing the journal's commits.
    private func forgetBeyondSnapshot() throws {
        try positions.truncate(count: ledger.logSize)
        for level in 0..<64 {
            guard try disk.exists(StoreLayout.nodes(level: level)) else { break }
            try self.level(level).truncate(count: ledger.logSize >> UInt64(level))
        }
        try index.truncate(from: ledger.logSize)
    }

    private func level(_ level: Int) throws(StorageError) -> FixedArrayFile {
        while levels.count <= level {
            levels.append(
                try FixedArrayFile(disk: disk, path: StoreLayout.nodes(level: levels.count), itemSize: HashSuite.sha256.digestSize))
        }
        return levels[level]
    }

    /// Executes the next commit and writes what it appended.
    func execute(_ commit: Commit, _ payloads: [Payload]) throws -> Execution {
        let execution = try ledger.execute(commit, payloads: payloads) { try logIndex(of: $0) != nil }
        guard !execution.appended.isEmpty else { return execution }
        let records = execution.appended.map { TrellisStorage.Record(kind: $0.bytes.first ?? 0, payload: Array($0.bytes)) }
        var places: [UInt8] = []
        places.reserveCapacity(8 * records.count)
        for place in try entries.append(records) { withUnsafeBytes(of: place.rawValue.littleEndian) { places.append(contentsOf: $0) } }
        _ = try entries.commit(sync: false)
        try positions.append(places)
        for node in execution.nodes { try level(node.level).append(node.hash.bytes) }
        for append in execution.appended {
            guard let key = IndexKey(append.identifier.bytes) else { continue }
            try index.insert(key, append.index)
        }
        return execution
    }

    /// Whether enough has happened since the last snapshot to save another.
    var wantsSnapshot: Bool {
        ledger.logSize >= snapshotSize + Self.snapshotEntries || ledger.lastCommit.index >= snapshotCommit + Self.snapshotCommits
    }

    /// Saves the state after the last executed commit, whose journal the caller has synced. Returns false when nothing is new.
    @discardableResult
    func saveSnapshot(journalStart: LogPosition) throws(StorageError) -> Bool {
        guard ledger.lastCommit.index > snapshotCommit else { return false }
        _ = try entries.commit(sync: true)
        try positions.sync()
        for level in levels { try level.sync() }
        try index.flush()
        var encoder = WireEncoder()
        encoder.u64(journalStart.rawValue)
        encoder.raw(ledger.snapshot)
        try snapshots.save(sequence: ledger.lastCommit.index, bytes: encoder.bytes)
        snapshotCommit = ledger.lastCommit.index
        snapshotSize = ledger.logSize
        return true
    }

    /// Merges index runs, if there is something to merge.
    func maintain() throws(StorageError) { while try index.maintain() {} }

    func logIndex(of identifier: Digest) throws(StorageError) -> UInt64? {
        guard let key = IndexKey(identifier.bytes) else { return nil }
        return try index.lookup(key)
    }

    func entryBytes(at index: UInt64) throws(StorageError) -> [UInt8]? {
        guard index < ledger.logSize else { return nil }
        let place = try positions.read(index)
        let position = place.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return try entries.read(LogPosition(rawValue: position)).payload
    }

    func entry(at index: UInt64) throws -> LogEntry? {
        try entryBytes(at: index).map { try LogEntry(wireBytes: $0) }
    }

    /// The receipt of the entry at `index` under `certificate`, which must cover it.
    func receipt(at index: UInt64, _ certificate: CheckpointCertificate) throws -> Receipt? {
        let size = certificate.checkpoint.logSize
        guard index < size, size <= ledger.logSize, let bytes = try entryBytes(at: index) else { return nil }
        let proof = try Merkle.inclusionProof(index: index, size: size) { level, position in
            let hash = try self.level(level).read(position)
            guard let digest = Digest(hash) else { throw StorageError.missing(path: StoreLayout.nodes(level: level)) }
            return digest
        }
        return Receipt(suite: committee.suite, entry: bytes, index: index, proof: proof, certificate: certificate)
    }
}
