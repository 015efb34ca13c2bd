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

    init(seed: UInt64) throws(StorageError) {
        disk = SimulatedDisk(seed: seed)
        (log, mark) = try Self.open(disk)
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
        guard let names = try? disk.list(Self.directory).filter({ $0.hasSuffix(".segment") }), !names.isEmpty else { return }
        let path = "\(Self.directory)/\(names[random.below(names.count)])"
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

    /// The highest round signed for.
    var markedRound: Round { mark.current?.round ?? 0 }
}
