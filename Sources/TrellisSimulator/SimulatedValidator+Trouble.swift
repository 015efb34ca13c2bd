// What goes wrong with a simulated machine's disk: while it runs, when the power fails, and in which files.

import TrellisConsensus
import TrellisModel
import TrellisReplica
import TrellisStorage

/// What may go wrong with a disk.
enum DiskTrouble: String, CaseIterable, Sendable {
    /// The file system has room for little more.
    case full
    /// The next sync of a file fails.
    case failingSync
    /// A bit is wrong from now on.
    case rot
    /// Something else was written over a part of a file.
    case overwritten
    /// A write went to another place, of the same file or another, and left the right one as it was.
    case misdirected
    /// A read gives back one bit wrong, once.
    case flippedRead
    /// A sync takes long.
    case slowSync
}

/// What has gone wrong, and where.
struct DiskMishap: Hashable, Sendable {
    let trouble: DiskTrouble
    /// The directory, or the file if it is in none.
    let place: String
}

/// The state of a simulated disk's health, as its operator may come to know it.
struct DiskHealth {
    /// Whether files were damaged since the last start: what was synced may be lost.
    var isDamaged = false
    /// Whether it may refuse to write.
    var isTroubled = false
    /// Whether files were damaged that no start looks through: what is read may be refused.
    var isSuspect = false
    /// Whether the last write of the mark may have gone astray: the newest own block tells then, as long as the journal has it.
    var isMarkStale = false
    /// Whether it stopped with the advice to repair it.
    var isToBeRepaired = false
    /// Decides about all of it that came later than the rest: runs without any are what they were.
    var luck: SimulationRandom
    var mishaps: Set<DiskMishap> = []

    init(luck: SimulationRandom) { self.luck = luck }
}

extension SimulatedValidator {
    /// Lets something go wrong with the disk while it is in use.
    func trouble(_ trouble: DiskTrouble) {
        switch trouble {
        case .full:
            health.isTroubled = true
            disk.setQuota(disk.used + random.below(20_000))
        case .failingSync:
            health.isTroubled = true
            mayForget = true
            disk.failNextSync()
        case .flippedRead: disk.flipRead(after: health.luck.below(20))
        case .misdirected: misdirect()
        case .rot, .overwritten, .slowSync: break
        }
    }

    /// What a start may meet, and what may happen to writes after it.
    func beginTrouble() {
        guard health.luck.chance(permille: world.faults.flippedRead) else { return }
        trouble(.flippedRead)
    }

    /// Lets a write that is to come go astray. One of the mark never ends in the journal: nobody could tell that it was lost, if it takes the own
    /// block with it that it was about. Nor does any other end in the mark: what becomes of that is decided where others can say what it said.
    private func misdirect() {
        let isMark = health.luck.chance(permille: 200) && ValidatorDirectory.canBeTold(identity, of: committee)
        let isWithin = health.luck.chance(permille: 500)
        disk.misdirectWrite(after: health.luck.below(isMark ? 3 : 12)) { source, target in
            guard ValidatorDirectory.isMark(source) == isMark else { return false }
            if isMark { return !target.hasPrefix(StoreLayout.journal) }
            return !ValidatorDirectory.isMark(target) && (!isWithin || source == target)
        }
    }

    /// The power fails, and what went wrong with the disk meanwhile shows.
    func crashDisk() {
        let strays = disk.crash()
        if let flipped = disk.takeFlippedRead() { health.mishaps.insert(DiskMishap(trouble: .flippedRead, place: Self.place(of: flipped))) }
        for stray in strays {
            health.isMarkStale = health.isMarkStale || ValidatorDirectory.isMark(stray.source)
            for file in [stray.source, stray.target] { hurt(file, .misdirected) }
        }
        guard strays.isEmpty, !health.isMarkStale, random.chance(permille: damage) else { return }
        let trouble: DiskTrouble = random.chance(permille: 500) ? .rot : .overwritten
        guard let path = health.luck.chance(permille: 600) ? segment() : otherFile() else { return }
        damageFile(path, trouble)
    }

    private func damageFile(_ path: String, _ trouble: DiskTrouble) {
        guard let size = try? disk.open(path).size(), size > 0 else { return }
        let start = random.below(size)
        let count = trouble == .rot ? 1 : 64 + random.below(512)
        for offset in 0..<count { disk.rot(path, at: start + offset, bit: random.below(8)) }
        hurt(path, trouble)
    }

    private func hurt(_ path: String, _ trouble: DiskTrouble) {
        health.isDamaged = true
        if !path.hasPrefix(StoreLayout.journal) { health.isSuspect = true }
        if ValidatorDirectory.isMark(path) { mayForget = true }
        health.mishaps.insert(DiskMishap(trouble: trouble, place: Self.place(of: path)))
        world.note("\(name)'s disk: \(trouble) in \(path)")
    }

    private static func place(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? path
    }

    /// One of the journal's.
    func segment() -> String? {
        let paths = ((try? disk.list(StoreLayout.journal)) ?? []).filter { $0.hasSuffix(".segment") }
        return paths.isEmpty ? nil : "\(StoreLayout.journal)/\(paths[random.below(paths.count)])"
    }

    /// Any file but the journal's. The mark only where the others can say what it said.
    private func otherFile() -> String? {
        let mayLoseMark = world.mayLose(self) && ValidatorDirectory.canBeTold(identity, of: committee)
        let directories = Set(disk.paths.filter { !$0.hasPrefix(StoreLayout.journal) }.map(Self.place)).sorted()
            .filter { mayLoseMark || !ValidatorDirectory.isMark($0) }
        guard !directories.isEmpty else { return nil }
        let directory = directories[health.luck.below(directories.count)]
        let paths = disk.paths.filter { Self.place(of: $0) == directory && !$0.contains(".damaged") }
        return paths.isEmpty ? nil : paths[health.luck.below(paths.count)]
    }

    /// How long a sync takes that is slow, in microseconds; 0 for most. The thread that waits for it does nothing else: half of the time the machine
    /// does not even hear the others meanwhile.
    func slowSync() -> UInt64 {
        guard !world.isHealed, health.luck.chance(permille: world.faults.slowSync) else { return 0 }
        let time = health.luck.chance(permille: 100) ? health.luck.between(1_000_000, 3_000_000) : health.luck.between(20_000, 300_000)
        if health.luck.chance(permille: 500) { pausedUntil = max(pausedUntil, world.now + time) }
        health.mishaps.insert(DiskMishap(trouble: .slowSync, place: StoreLayout.journal))
        world.note("\(name)'s disk takes \(SimulationReport.milliseconds(time)) ms to sync")
        return time
    }

    /// A disk that is not to be trusted gives back what was written, or says that it cannot.
    func readBack(_ storage: StableStorage) throws {
        guard isCorrect, !record.logged.isEmpty else { return }
        let place = health.luck.below(record.logged.count)
        guard let entry = try storage.ledger.entry(at: UInt64(place)) else { return }
        guard entry.identifier != record.logged[place] else { return }
        world.witness.violation("\(name) gives another entry than its log's number \(place)")
    }
}
