// What a validator must not forget: its own blocks, the blocks it built on, commits, and the highest round it signed for. Written in
// order, synced before an own block leaves; read to recover and to serve peers (PROTOCOL §8).

import TrellisConsensus
import TrellisCrypto
import TrellisModel
import TrellisStorage

final class Journal {
    private enum Kind: UInt8 {
        /// The block's reference, then its bytes.
        case block = 1
        case commit = 2
    }

    /// What a scan of the journal brings back.
    struct Recovery {
        var recovered: Recovered
        /// Bytes of a torn tail that were cut off.
        var truncatedBytes: Int
    }

    private static let segmentBytes = 64 << 20
    private let log: SegmentLog
    /// Nil while this validator does not know what it signed.
    private var mark: HighWaterMark?
    private let disk: any Disk
    private let committee: Committee
    private var positions: [Round: [(reference: BlockReference, position: LogPosition)]] = [:]
    private var lowestRound: Round = 0
    private var highestRound: Round = 0

    init(disk: any Disk, committee: Committee, isAmnesic: Bool) throws(StorageError) {
        self.committee = committee
        self.disk = disk
        log = try SegmentLog(disk: disk, directory: StoreLayout.journal, segmentBytes: Self.segmentBytes)
        if !isAmnesic { mark = try HighWaterMark(disk: disk, path: StoreLayout.highWater) }
    }

    var end: LogPosition { log.end }

    func store(_ block: Block) throws(StorageError) {
        var encoder = WireEncoder(reserving: block.encoded.count + 64)
        block.reference.encode(to: &encoder)
        encoder.raw(block.encoded)
        let position = try log.append([TrellisStorage.Record(kind: Kind.block.rawValue, payload: encoder.bytes)])
        for position in position { note(block.reference, at: position) }
    }

    func store(_ commit: Commit) throws(StorageError) {
        _ = try log.append([TrellisStorage.Record(kind: Kind.commit.rawValue, payload: commit.wireBytes)])
    }

    /// Makes everything stored so far durable.
    func sync() throws(StorageError) { _ = try log.commit(sync: true) }

    /// Makes everything stored so far, and the fact that `block`'s round is signed for, durable.
    func seal(_ block: Block) throws(StorageError) {
        try sync()
        guard let mark else { throw .missing(path: StoreLayout.highWater) }
        try mark.advance(to: .init(epoch: committee.epoch, round: block.round))
    }

    /// Begins a mark anew: no round up to this one will be signed for.
    func recall(upTo round: Round) throws(StorageError) {
        let mark: HighWaterMark = if let known = self.mark { known } else { try HighWaterMark(disk: disk, path: StoreLayout.highWater) }
        try mark.advance(to: .init(epoch: committee.epoch, round: round))
        self.mark = mark
    }

    private func note(_ reference: BlockReference, at position: LogPosition) {
        positions[reference.round, default: []].append((reference, position))
        lowestRound = positions.count == 1 ? reference.round : min(lowestRound, reference.round)
        highestRound = max(highestRound, reference.round)
    }

    /// The first position of any block above `round`: where a recovery from a state at that gc round must start reading.
    func position(above round: Round) -> LogPosition {
        var first = log.end
        for (candidate, entries) in positions where candidate > round {
            for entry in entries where entry.position < first { first = entry.position }
        }
        return first
    }

    /// Drops segments that lie before `position` and are not among the last `bytes` of the journal, and what is known of their blocks.
    func prune(before position: LogPosition, keeping bytes: UInt64) throws(StorageError) {
        let segments = bytes / UInt64(Self.segmentBytes)
        let kept = log.end.rawValue >> 32 > segments ? LogPosition(rawValue: (log.end.rawValue >> 32 - segments) << 32) : .start
        try log.removeSegments(before: min(position, kept))
        let first = log.first
        for round in positions.keys {
            positions[round]?.removeAll { $0.position < first }
            if positions[round]?.isEmpty == true { positions[round] = nil }
        }
        lowestRound = positions.keys.min() ?? highestRound
    }

    /// The encoded blocks that are held of these, as many as fit one message.
    func read(_ references: [BlockReference]) throws(StorageError) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var room = committee.limits.messageBytes - 1024
        for reference in references.prefix(Limits.fetchedBlocksMaximum) {
            guard let entry = positions[reference.round]?.first(where: { $0.reference == reference }) else { continue }
            let bytes = try encoded(at: entry.position)
            guard bytes.count + 4 <= room else { break }
            room -= bytes.count + 4
            found.append(bytes)
        }
        return found
    }

    /// A block that is held.
    func block(_ reference: BlockReference) throws -> Block? {
        guard let entry = positions[reference.round]?.first(where: { $0.reference == reference }) else { return nil }
        return try Block(wireBytes: try encoded(at: entry.position), committee: committee)
    }

    /// The encoded blocks from `round` on, in the order of rounds, as many as fit one message.
    func read(from round: Round) throws(StorageError) -> [[UInt8]] {
        guard round <= highestRound else { return [] }
        var found: [[UInt8]] = []
        var room = committee.limits.messageBytes - 1024
        for candidate in max(round, lowestRound)...highestRound {
            for entry in positions[candidate] ?? [] {
                let bytes = try encoded(at: entry.position)
                guard bytes.count + 4 <= room, found.count < Limits.fetchedBlocksMaximum else { return found }
                room -= bytes.count + 4
                found.append(bytes)
            }
        }
        return found
    }

    private func encoded(at position: LogPosition) throws(StorageError) -> [UInt8] {
        // What was stored but not written yet has to be written before it can be read.
        _ = try log.commit(sync: false)
        return Array(try log.read(position).payload.dropFirst(BlockReference.encodedSize(committee.suite)))
    }

    /// Reads the journal: indexes all its blocks, and returns those from `start` on with the commits among them.
    func recover(from start: LogPosition) throws -> Recovery {
        let round = mark?.current.map { $0.epoch == committee.epoch ? $0.round : 0 }
        var recovered = Recovered(highWater: round ?? 0, recallNonce: mark == nil ? .random(in: 0 ... .max) : nil)
        var cursor = log.scan()
        while let (position, record) = try cursor.next() {
            switch Kind(rawValue: record.kind) {
            case .block:
                var decoder = WireDecoder(record.payload, suite: committee.suite)
                let reference = try BlockReference(from: &decoder)
                note(reference, at: position)
                guard position >= start else { continue }
                recovered.blocks.append(try Block(wireBytes: Array(record.payload[decoder.offset...]), committee: committee))
            case .commit where position >= start:
                recovered.commits.append(try Commit(wireBytes: record.payload, suite: committee.suite))
            case .commit, nil: continue
            }
        }
        return Recovery(recovered: recovered, truncatedBytes: log.recovery.truncatedBytes)
    }
}
