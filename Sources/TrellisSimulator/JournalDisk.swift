// A simulated validator's journal as the store of a node writes it: segments and a high-water mark on a disk that tears writes, rots, writes to
// the wrong place, fills up and fails to sync. It checks what it reads back against what was written.

import TrellisConsensus
import TrellisCrypto
import TrellisModel
import TrellisStorage

struct JournalDisk {
    /// What may go wrong with it.
    enum Trouble: CaseIterable {
        /// The file system has room for little more.
        case full
        /// The next sync of a file fails.
        case failingSync
        /// A bit of the journal is wrong from now on.
        case rot
        /// Something else was written over a part of the journal.
        case misdirected
    }

    private static let markPath = "high-water"
    private static let directory = "journal"
    private static let segmentBytes = 32 << 10

    private let disk: SimulatedDisk
    private var log: SegmentLog
    private var mark: HighWaterMark

    /// The segment whose header a later release wrote over, and what stood there.
    private var postdated: (path: String, header: [UInt8])?

    init(seed: UInt64) throws(StorageError) {
        disk = SimulatedDisk(seed: seed)
        (log, mark) = try Self.open(disk)
    }

    /// A new disk that a copy was put on.
    ///
    /// - Parameter round: of the mark that came with it; nil: none did.
    init(seed: UInt64, entries: some Sequence<SimulatedJournal.Entry>, round: Round?) throws(StorageError) {
        try self.init(seed: seed)
        for entry in entries { try append(entry) }
        try sync()
        if let round { _ = try advance(to: round) }
    }

    private static func open(_ disk: SimulatedDisk) throws(StorageError) -> (SegmentLog, HighWaterMark) {
        (
            try SegmentLog(disk: disk, directory: directory, segmentBytes: segmentBytes),
            try HighWaterMark(disk: disk, path: markPath)
        )
    }

    mutating func append(_ entry: SimulatedJournal.Entry) throws(StorageError) {
        _ = try log.append([Self.record(entry)])
    }

    mutating func sync() throws(StorageError) { _ = try log.commit(sync: true) }

    /// False when it would go backwards.
    mutating func advance(to round: Round) throws(StorageError) -> Bool {
        do {
            try mark.advance(to: .init(epoch: 0, round: round))
            return true
        } catch {
            guard case .regression = error else { throw error }
            return false
        }
    }

    private static func record(_ entry: SimulatedJournal.Entry) -> TrellisStorage.Record {
        switch entry {
        case .block(let block): TrellisStorage.Record(kind: 1, payload: block.encoded)
        case .commit(let commit): TrellisStorage.Record(kind: 2, payload: commit.wireBytes)
        case .committed(let block): TrellisStorage.Record(kind: 3, payload: block.encoded)
        case .certificate(let certificate): TrellisStorage.Record(kind: 4, payload: certificate.wireBytes)
        }
    }

    /// Lets one thing go wrong.
    mutating func trouble(_ trouble: Trouble, _ random: inout SimulationRandom) {
        switch trouble {
        case .full: disk.setQuota(disk.used + random.below(20_000))
        case .failingSync: disk.failNextSync()
        case .rot, .misdirected: damage(trouble, &random)
        }
    }

    /// From here on nothing goes wrong any more.
    func mend() { disk.mend() }

    private func damage(_ trouble: Trouble, _ random: inout SimulationRandom) {
        guard let paths = try? segments(), !paths.isEmpty else { return }
        let path = paths[random.below(paths.count)]
        guard let size = try? disk.open(path).size(), size > 0 else { return }
        switch trouble {
        case .rot: disk.rot(path, at: random.below(size), bit: random.below(8))
        case .misdirected:
            let start = random.below(size)
            for offset in 0..<(64 + random.below(512)) { disk.rot(path, at: start + offset, bit: random.below(8)) }
        default: break
        }
    }

    /// The power fails, and comes back; somebody frees the disk, and repairs the journal if it has to be.
    ///
    /// - Returns: how many entries are left, of `entries`, and what should not be.
    mutating func crash(
        _ entries: [SimulatedJournal.Entry], synced: Int, round: Round, isDamaged: Bool
    ) -> (kept: Int, problems: [String]) {
        disk.crash()
        disk.setQuota(.max)
        var problems: [String] = []
        do {
            do {
                (log, mark) = try Self.open(disk)
            } catch {
                guard case .corrupt = error, try SegmentLog.repair(disk: disk, directory: Self.directory) != nil else { throw error }
                (log, mark) = try Self.open(disk)
            }
            let kept = try readBack(entries, &problems)
            // Damage to the last group that was synced looks like a torn tail.
            if kept < synced, !isDamaged { problems.append("\(synced - kept) synced entries of the journal are lost") }
            let marked = mark.current?.round ?? 0
            if marked < round { problems.append("the high-water mark fell from \(round) to \(marked)") }
            return (kept, problems)
        } catch {
            return (0, problems + ["the journal cannot be opened: \(error)"])
        }
    }

    private func readBack(_ entries: [SimulatedJournal.Entry], _ problems: inout [String]) throws(StorageError) -> Int {
        var cursor = log.scan()
        var count = 0
        while let (_, record) = try cursor.next() {
            if count >= entries.count || record != Self.record(entries[count]) {
                problems.append("entry \(count) of the journal is not what was written")
            }
            count += 1
        }
        return min(count, entries.count)
    }

    /// Somebody lets a later release write to a segment while nobody runs.
    mutating func postdate(_ random: inout SimulationRandom) throws(StorageError) {
        let paths = try segments()
        guard postdated == nil, !paths.isEmpty else { return }
        let path = paths[random.below(paths.count)]
        postdated = (path, try disk.postdateSegment(path))
    }

    /// A start meets what a later release wrote: it must be refused, by the repair too, and nothing may be touched.
    ///
    /// - Returns: nil when there is nothing of the kind; else what should not be.
    func refusal() -> [String]? {
        guard postdated != nil else { return nil }
        var problems: [String] = []
        let before = contents()
        let attempts: [(name: String, attempt: () throws(StorageError) -> Void)] = [
            ("opened", { () throws(StorageError) in _ = try Self.open(disk) }),
            ("repaired", { () throws(StorageError) in _ = try SegmentLog.repair(disk: disk, directory: Self.directory) }),
        ]
        for (name, attempt) in attempts {
            do {
                try attempt()
                problems.append("a journal of a later release is \(name)")
            } catch {
                guard case .newerFormat = error else {
                    problems.append("a journal of a later release is not \(name), for another reason: \(error)")
                    continue
                }
            }
        }
        if contents() != before { problems.append("a journal of a later release is changed") }
        return problems
    }

    /// The operator puts back what the later release wrote over.
    mutating func undoPostdate() throws(StorageError) {
        guard let found = postdated.take() else { return }
        let file = try disk.open(found.path)
        try file.write(found.header, at: 0)
        try file.sync()
    }

    private func segments() throws(StorageError) -> [String] {
        try disk.list(Self.directory).filter { $0.hasSuffix(".segment") }.map { "\(Self.directory)/\($0)" }
    }

    private func contents() -> [String: [UInt8]?] {
        let names = (try? disk.list(Self.directory)) ?? []
        let bytes = names.map { name -> [UInt8]? in
            guard let file = try? disk.open("\(Self.directory)/\(name)"), let size = try? file.size() else { return nil }
            return try? file.read(at: 0, count: size)
        }
        return Dictionary(uniqueKeysWithValues: zip(names, bytes))
    }

    /// The highest round signed for.
    var markedRound: Round { mark.current?.round ?? 0 }
}
