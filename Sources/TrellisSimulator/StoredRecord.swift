// What a simulated validator gave its store to keep, and what was promised of it, apart from the store: to be held against what the disk
// gives back. Nothing here is ever asked instead of the disk.

import TrellisConsensus
import TrellisCrypto
import TrellisModel
import TrellisReplica
import TrellisStorage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

struct StoredRecord {
    enum Entry {
        case block(Block, isChecked: Bool)
        case commit(Commit)
        case certificate(CheckpointCertificate)
    }

    private struct Place {
        let entry: Entry
        /// Where the journal ended when it had taken the entry.
        let end: LogPosition
    }

    private var journal: [Place] = []
    private var places: [BlockReference: Int] = [:]
    /// Entries that are durable.
    private var synced = 0
    /// The highest round that was promised to be signed for no more.
    var mark: Round = 0
    /// Identifiers of the ledger's log.
    private(set) var logged: [Digest] = []
    private var known: Set<Digest> = []

    var count: Int { journal.count }

    // MARK: The journal

    mutating func stored(_ entry: Entry, end: LogPosition) {
        note(entry, at: journal.count)
        journal.append(Place(entry: entry, end: end))
    }

    /// A block that stands there twice is as durable as the first one.
    private mutating func note(_ entry: Entry, at place: Int) {
        guard case .block(let block, _) = entry, places[block.reference] == nil else { return }
        places[block.reference] = place
    }

    /// All of it is durable.
    mutating func becameDurable() { synced = journal.count }

    func isDurable(_ reference: BlockReference) -> Bool { places[reference].map { $0 < synced } ?? false }

    func block(_ reference: BlockReference) -> Block? {
        guard let place = places[reference], case .block(let block, _) = journal[place].entry else { return nil }
        return block
    }

    /// Holds what the journal has after a restart against what was stored, and forgets what it lacks.
    ///
    /// - Returns: how much of what was durable is gone, and what stands there and was never stored so.
    mutating func compare(with log: SegmentLog, _ suite: HashSuite) throws -> (lost: Int, problems: [String]) {
        var problems: [String] = []
        var cursor = log.scan()
        var next: Int?
        while let (position, record) = try cursor.next() {
            let place = next ?? journal.firstIndex { $0.end > position } ?? journal.count
            if !journal.indices.contains(place) || !Self.isSame(record, journal[place].entry, suite) {
                problems.append("entry \(place) of the journal is not what was stored")
            }
            next = place + 1
        }
        let kept = min(next ?? journal.firstIndex { $0.end > log.end } ?? journal.count, journal.count)
        let lost = max(0, synced - kept)
        cut(to: kept)
        becameDurable()
        return (lost, problems)
    }

    /// What came after the first `count` entries is gone.
    private mutating func cut(to count: Int) {
        guard count < journal.count else { return }
        journal.removeLast(journal.count - count)
        synced = min(synced, count)
        places = [:]
        for (place, stored) in journal.enumerated() { note(stored.entry, at: place) }
    }

    private static func isSame(_ record: TrellisStorage.Record, _ entry: Entry, _ suite: HashSuite) -> Bool {
        let payload = record.payload
        switch entry {
        case .block(let block, let isChecked):
            let kind: Journal.Kind = isChecked ? .block : .committed
            var decoder = WireDecoder(payload, suite: suite)
            guard record.kind == kind.rawValue, let reference = try? BlockReference(from: &decoder), reference == block.reference,
                payload.count == decoder.offset + block.encoded.count
            else { return false }
            return payload.withUnsafeBytes { stored in
                block.encoded.withUnsafeBytes { given in
                    guard let first = stored.baseAddress, let second = given.baseAddress else { return false }
                    return memcmp(first + decoder.offset, second, given.count) == 0
                }
            }
        case .commit(let commit): return record.kind == Journal.Kind.commit.rawValue && payload == commit.wireBytes
        case .certificate(let certificate):
            return record.kind == Journal.Kind.certificate.rawValue && payload.dropFirst(8).elementsEqual(certificate.wireBytes)
        }
    }

    // MARK: The ledger's log

    func isLogged(_ identifier: Digest) -> Bool { known.contains(identifier) }

    mutating func logged(_ identifiers: [Digest]) {
        logged.append(contentsOf: identifiers)
        known.formUnion(identifiers)
    }

    /// The ledger is back where its log had `count` entries.
    mutating func cutLog(to count: Int) {
        known.subtract(logged.dropFirst(count))
        logged.removeLast(max(0, logged.count - count))
    }

    /// Whether one log begins with the other.
    func agrees(with other: StoredRecord) -> Bool {
        let common = min(logged.count, other.logged.count)
        return logged[..<common] == other.logged[..<common]
    }
}
