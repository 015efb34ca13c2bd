// What a simulated validator has on disk: blocks and commits in order, and the high-water mark. What was stored but not synced when the
// validator crashes is lost from some point on, as with a torn tail; where disks are to fail, the store of a node writes it to one that does.

import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel

struct SimulatedJournal {
    enum Entry {
        case block(Block)
        case commit(Commit)
        /// A block of a certified commit, whose signature was never checked.
        case committed(Block)
        case certificate(CheckpointCertificate)
    }

    private(set) var entries: [Entry] = []
    private var synced = 0
    private var highWater: Round = 0
    /// Whether the mark is gone, so that it does not say what was signed.
    private(set) var isAmnesic = false
    private var positions: [BlockReference: Int] = [:]
    private var rounds: [Round: [BlockReference]] = [:]
    private var highestRound: Round = 0
    /// Where the commits and certificates are, by index, and which blocks' signatures nobody checked.
    private(set) var commits: [UInt64: Int] = [:]
    private(set) var certificates: [UInt64: Int] = [:]
    private var unchecked: Set<BlockReference> = []
    /// What lies before is there no more for anybody but this validator's own checks.
    private(set) var first = 0

    /// Where the entries are written to, if they are; else memory plays the disk.
    private var disk: JournalDisk?
    /// Why nothing can be written any more.
    private(set) var failure: String?

    init(disk: JournalDisk? = nil) { self.disk = disk }

    var count: Int { entries.count }

    /// Forgets what lies before `position` and is not among the last `kept` entries.
    mutating func prune(before position: Int, keeping kept: Int) { first = max(first, min(position, entries.count - kept)) }
    func isKept(_ place: Int) -> Bool { place >= first }
    var markedRound: Round { highWater }

    mutating func store(_ block: Block, isChecked: Bool = true) { append(isChecked ? .block(block) : .committed(block)) }
    mutating func store(_ commit: Commit) { append(.commit(commit)) }
    mutating func store(_ certificate: CheckpointCertificate) { append(.certificate(certificate)) }

    private mutating func append(_ entry: Entry) {
        note(entry, at: entries.count)
        entries.append(entry)
        write { try $0.append(entry) }
    }

    mutating func sync() {
        write { try $0.sync() }
        if failure == nil { synced = entries.count }
    }

    private mutating func write(_ body: (inout JournalDisk) throws -> Void) {
        guard failure == nil, var own = disk.take() else { return }
        defer { disk = own }
        do {
            try body(&own)
        } catch {
            failure = "\(error)"
        }
    }

    func mend() { disk?.mend() }

    /// Lets something go wrong with the disk; false where memory plays it.
    mutating func trouble(_ trouble: JournalDisk.Trouble, _ random: inout SimulationRandom) -> Bool {
        disk?.trouble(trouble, &random) != nil
    }

    /// Durable at once, as the real mark is. False when it would go backwards.
    mutating func mark(_ round: Round) -> Bool {
        guard round >= highWater else { return false }
        var isHigher = true
        write { isHigher = try $0.advance(to: round) }
        if isHigher, failure == nil { highWater = round }
        return isHigher
    }

    /// The mark begins anew.
    mutating func recall(upTo round: Round) {
        sync()
        write { _ = try $0.advance(to: round) }
        guard failure == nil else { return }
        highWater = max(highWater, round)
        isAmnesic = false
    }

    /// All of it is gone, and the first `kept` entries come back from a copy.
    ///
    /// - Parameters:
    ///   - keepsMark: whether the mark is still the present one; else what was signed is not known.
    ///   - random: where a new disk is needed.
    /// - Returns: what should not have happened.
    mutating func lose(keeping kept: Int, keepsMark: Bool, _ random: inout SimulationRandom) -> [String] {
        entries.removeLast(entries.count - min(kept, entries.count))
        if !keepsMark {
            isAmnesic = true
            highWater = 0
        }
        defer { indexAgain() }
        guard disk != nil else { return [] }
        do {
            disk = try JournalDisk(seed: random.next(), entries: entries, round: isAmnesic ? nil : highWater)
            return []
        } catch {
            return ["a copy of a journal cannot be written: \(error)"]
        }
    }

    /// Lets a later release write to it, if it is on a disk.
    mutating func postdate(_ random: inout SimulationRandom) -> Bool { (try? disk?.postdate(&random)) != nil }
    func refusal() -> [String]? { disk?.refusal() }
    mutating func undoPostdate() { try? disk?.undoPostdate() }

    /// Loses all that was not synced but a part from its beginning.
    ///
    /// - Parameter isDamaged: what was synced is damaged somewhere, and was cut there. The mark has a file of its own, and stays.
    /// - Returns: what should not have happened to the disk.
    @discardableResult
    mutating func crash(_ random: inout SimulationRandom, isDamaged: Bool = false) -> [String] {
        failure = nil
        if disk != nil { return crashDisk(&random, isDamaged) }
        let kept = random.chance(permille: 500) ? 0 : random.below(entries.count - synced + 1)
        entries.removeLast(entries.count - synced - kept)
        if isDamaged { entries.removeLast(random.below(random.chance(permille: 700) ? min(50, entries.count) : entries.count + 1)) }
        indexAgain()
        return []
    }

    private mutating func crashDisk(_ random: inout SimulationRandom, _ isDamaged: Bool) -> [String] {
        if isDamaged {
            _ = trouble(random.chance(permille: 500) ? .rot : .misdirected, &random)
        }
        guard let found = disk?.crash(entries, synced: synced, round: highWater, isDamaged: isDamaged) else { return [] }
        entries.removeLast(entries.count - found.kept)
        highWater = disk?.markedRound ?? highWater
        indexAgain()
        return found.problems
    }

    private mutating func indexAgain() {
        synced = entries.count
        positions = [:]
        rounds = [:]
        highestRound = 0
        commits = [:]
        certificates = [:]
        unchecked = []
        for (place, entry) in entries.enumerated() { note(entry, at: place) }
    }

    private mutating func note(_ entry: Entry, at place: Int) {
        switch entry {
        case .block(let block): note(block, at: place)
        case .committed(let block):
            note(block, at: place)
            unchecked.insert(block.reference)
        case .commit(let commit): commits[commit.index] = place
        case .certificate(let certificate): certificates[certificate.checkpoint.index] = place
        }
    }

    private mutating func note(_ block: Block, at place: Int) {
        positions[block.reference] = place
        rounds[block.round, default: []].append(block.reference)
        highestRound = max(highestRound, block.round)
    }

    func contains(_ reference: BlockReference) -> Bool { positions[reference] != nil }
    func isSynced(_ reference: BlockReference) -> Bool { positions[reference].map { $0 < synced } ?? false }

    func block(_ reference: BlockReference) -> Block? {
        guard let place = positions[reference] else { return nil }
        switch entries[place] {
        case .block(let block), .committed(let block): return block
        case .commit, .certificate: return nil
        }
    }

    /// A block as others may have it: not with a signature that proves nothing.
    private func checked(_ reference: BlockReference, _ committee: Committee) -> Block? {
        kept(reference).flatMap { !unchecked.contains(reference) || isValid($0, committee) ? $0 : nil }
    }

    /// A block that was not pruned.
    func kept(_ reference: BlockReference) -> Block? {
        guard let place = positions[reference], isKept(place) else { return nil }
        return block(reference)
    }

    private func isValid(_ block: Block, _ committee: Committee) -> Bool {
        (try? VerifiedBlock(wireBytes: block.encoded, committee: committee)) != nil
    }

    func isChecked(_ reference: BlockReference) -> Bool { !unchecked.contains(reference) }

    /// The first position of any block above `round`.
    func position(above round: Round) -> Int {
        guard round < highestRound else { return entries.count }
        var first = entries.count
        for candidate in (round + 1)...highestRound {
            for reference in rounds[candidate] ?? [] { first = min(first, positions[reference] ?? first) }
        }
        return first
    }

    /// The newest commit, if any.
    var lastCommit: UInt64 {
        for entry in entries.reversed() { if case .commit(let commit) = entry { return commit.index } }
        return 0
    }

    /// Encoded blocks, as many as fit one message.
    func read(_ references: [BlockReference], _ committee: Committee) -> [[UInt8]] {
        fit(references.prefix(Limits.fetchedBlocksMaximum).compactMap { checked($0, committee) }, committee.limits)
    }

    /// Encoded blocks from `round` on in the order of rounds, as many as fit one message.
    func read(from round: Round, _ committee: Committee) -> [[UInt8]] {
        guard round <= highestRound else { return [] }
        var found: [Block] = []
        for candidate in round...highestRound {
            found.append(contentsOf: (rounds[candidate] ?? []).compactMap { checked($0, committee) })
            if found.count >= Limits.fetchedBlocksMaximum { break }
        }
        return fit(Array(found.prefix(Limits.fetchedBlocksMaximum)), committee.limits)
    }

    func fit(_ blocks: [Block], _ limits: Limits) -> [[UInt8]] {
        var room = limits.messageBytes - 1024
        var fitting: [[UInt8]] = []
        for block in blocks {
            room -= block.encoded.count + 4
            guard room >= 0 else { break }
            fitting.append(block.encoded)
        }
        return fitting
    }

    /// What a restart reads, from `start` on.
    func recover(from start: Int, _ ledger: SimulatedLedger, _ random: inout SimulationRandom) -> Recovered {
        var recovered = Recovered(highWater: highWater, recallNonce: isAmnesic ? random.next() : nil)
        recovered.commits = ledger.foundation?.commits ?? []
        recovered.vertices = ledger.foundation?.vertices ?? []
        let executed = ledger.ledger.lastCommit.index
        for entry in entries.dropFirst(start) {
            switch entry {
            case .block(let block): recovered.blocks.append(block)
            case .committed(let block):
                recovered.blocks.append(block)
                recovered.unchecked.insert(block.reference)
            case .commit(let commit):
                // Others are of before a state was installed, or after one that is gone.
                let follows = recovered.commits.last.map { commit.index == $0.index + 1 } ?? (commit.index <= executed + 1)
                if follows { recovered.commits.append(commit) }
            case .certificate: continue
            }
        }
        return recovered
    }
}
