// What a validator must not forget: its own blocks, the blocks it built on, commits, and the highest round it signed for. Written in
// order, synced before an own block leaves; read to recover and to serve peers (PROTOCOL §8).

package import TrellisConsensus
import TrellisCrypto
package import TrellisModel
package import TrellisStorage

package final class Journal {
    package enum Kind: UInt8 {
        /// The block's reference, then its bytes.
        case block = 1
        case commit = 2
        /// As `block`, of a certified commit: its digest is right, its signature was never checked.
        case committed = 3
        /// The index of the commit, then the certificate of its checkpoint.
        case certificate = 4
    }

    /// What a scan of the journal brings back.
    package struct Recovery {
        package var recovered: Recovered
        /// Bytes of a torn tail that were cut off.
        package var truncatedBytes: Int
    }

    /// Where a block is, and whether its signature was checked.
    struct Place {
        let reference: BlockReference
        let position: LogPosition
        var isChecked: Bool
    }

    let retention: Retention
    package let log: SegmentLog
    /// Nil while this validator does not know what it signed.
    private var mark: HighWaterMark?
    private let disk: any Disk
    let committee: Committee
    private var positions: [Round: [Place]] = [:]
    /// The rounds of which blocks are held, ascending: there may be long gaps where states were taken over.
    private var rounds: [Round] = []
    /// Where the commits and the certificates are, for those who are far behind.
    package internal(set) var ranges = JournalRanges()

    package init(disk: any Disk, committee: Committee, isAmnesic: Bool, retention: Retention = Retention()) throws(StorageError) {
        self.retention = retention
        self.committee = committee
        self.disk = disk
        log = try SegmentLog(disk: disk, directory: StoreLayout.journal, segmentBytes: retention.segmentBytes)
        if !isAmnesic { mark = try HighWaterMark(disk: disk, path: StoreLayout.highWater) }
    }

    package var end: LogPosition { log.end }

    /// - Parameter isChecked: whether the block's signature is known to be good.
    package func store(_ block: Block, isChecked: Bool = true) throws(StorageError) {
        var encoder = WireEncoder(reserving: block.encoded.count + 64)
        block.reference.encode(to: &encoder)
        encoder.raw(block.encoded)
        let kind: Kind = isChecked ? .block : .committed
        let position = try log.append([TrellisStorage.Record(kind: kind.rawValue, payload: encoder.bytes)])
        for position in position { note(block.reference, at: position, isChecked) }
    }

    package func store(_ commit: Commit) throws(StorageError) {
        let positions = try log.append([TrellisStorage.Record(kind: Kind.commit.rawValue, payload: commit.wireBytes)])
        for position in positions { ranges.note(commit: commit.index, at: position) }
    }

    /// Makes everything stored so far durable.
    package func sync() throws(StorageError) { _ = try log.commit(sync: true) }

    /// Makes everything stored so far, and the fact that `block`'s round is signed for, durable.
    package func seal(_ block: Block) throws(StorageError) {
        if !Mutation.isPlanted(.syncLeftOut) { try sync() }
        guard let mark else { throw .missing(path: StoreLayout.highWater) }
        try mark.advance(to: .init(epoch: committee.epoch, round: block.round))
    }

    /// Begins a mark anew: no round up to this one will be signed for. Whoever has a mark counts as one who holds what it voted for, so that
    /// is made durable first.
    package func recall(upTo round: Round) throws(StorageError) {
        try sync()
        let mark: HighWaterMark = if let known = self.mark { known } else { try HighWaterMark(disk: disk, path: StoreLayout.highWater) }
        try mark.advance(to: .init(epoch: committee.epoch, round: round))
        self.mark = mark
    }

    private func note(_ reference: BlockReference, at position: LogPosition, _ isChecked: Bool) {
        if positions[reference.round] == nil {
            let place = rounds.lastIndex { $0 < reference.round }.map { $0 + 1 } ?? 0
            rounds.insert(reference.round, at: place)
        }
        positions[reference.round, default: []].append(Place(reference: reference, position: position, isChecked: isChecked))
    }

    /// The first position of any block above `round`: where a recovery from a state at that gc round must start reading.
    package func position(above round: Round) -> LogPosition {
        var first = log.end
        for (candidate, entries) in positions where candidate > round {
            for entry in entries where entry.position < first { first = entry.position }
        }
        return first
    }

    /// Drops segments that lie before `position` and are not among the last bytes of the journal that are kept anyway, and what is known of
    /// their blocks.
    package func prune(before position: LogPosition) throws {
        let segments = retention.journalBytes / UInt64(retention.segmentBytes)
        let kept = log.end.rawValue >> 32 > segments ? LogPosition(rawValue: (log.end.rawValue >> 32 - segments) << 32) : .start
        try log.removeSegments(before: min(position, kept))
        let first = log.first
        for round in positions.keys {
            positions[round]?.removeAll { $0.position < first }
            if positions[round]?.isEmpty == true { positions[round] = nil }
        }
        rounds.removeAll { positions[$0] == nil }
        ranges.prune(before: first)
        try findFirstWhole()
    }

    /// The encoded blocks that are held of these, as many as fit one message.
    package func read(_ references: [BlockReference]) throws(StorageError) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var room = committee.limits.messageBytes - 1024
        for reference in references.prefix(Limits.fetchedBlocksMaximum) {
            guard let bytes = try checked(reference) else { continue }
            guard bytes.count + 4 <= room else { break }
            room -= bytes.count + 4
            found.append(bytes)
        }
        return found
    }

    /// A block that is held.
    package func block(_ reference: BlockReference) throws -> Block? {
        guard let entry = positions[reference.round]?.first(where: { $0.reference == reference }) else { return nil }
        return try Block(wireBytes: try encoded(at: entry.position), committee: committee)
    }

    /// The encoded blocks from `round` on, in the order of rounds, as many as fit one message.
    package func read(from round: Round) throws(StorageError) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var room = committee.limits.messageBytes - 1024
        for candidate in rounds[rounds.firstPlace { $0 >= round }...] {
            for entry in positions[candidate] ?? [] {
                guard let bytes = try checked(entry.reference) else { continue }
                guard bytes.count + 4 <= room, found.count < Limits.fetchedBlocksMaximum else { return found }
                room -= bytes.count + 4
                found.append(bytes)
            }
        }
        return found
    }

    /// A block as others may have it, its signature checked now if it was not before; nil if it is bad, or not held.
    private func checked(_ reference: BlockReference) throws(StorageError) -> [UInt8]? {
        guard let place = positions[reference.round]?.firstIndex(where: { $0.reference == reference }),
            let entry = positions[reference.round]?[place]
        else { return nil }
        let bytes = try encoded(at: entry.position)
        if !entry.isChecked {
            guard (try? VerifiedBlock(wireBytes: bytes, committee: committee)) != nil else { return nil }
            positions[reference.round]?[place].isChecked = true
        }
        return bytes
    }

    /// A block whose digest is right, and perhaps no more than that; nil if it is not held.
    func encoded(_ reference: BlockReference) throws(StorageError) -> [UInt8]? {
        guard let entry = positions[reference.round]?.first(where: { $0.reference == reference }) else { return nil }
        return try encoded(at: entry.position)
    }

    package func isHeld(_ reference: BlockReference) -> Bool { positions[reference.round]?.contains { $0.reference == reference } ?? false }

    /// The header of a block that is held; nil where what is read is not that which the digest binds, twice.
    func header(_ reference: BlockReference) throws -> BlockHeader? {
        guard let entry = positions[reference.round]?.first(where: { $0.reference == reference }) else { return nil }
        _ = try log.commit(sync: false)
        let skipped = BlockReference.encodedSize(committee.suite)
        return readTwice { () throws(Never) in
            guard let bytes = try? log.readBeginning(of: entry.position, count: skipped + committee.limits.headerBytes) else { return nil }
            var decoder = WireDecoder(Array(bytes.dropFirst(skipped)), suite: committee.suite)
            let header = try? BlockHeader(from: &decoder, limits: committee.limits)
            return header?.digest(chain: committee.chain, suite: committee.suite) == reference.digest ? header : nil
        }
    }

    private func encoded(at position: LogPosition) throws(StorageError) -> [UInt8] {
        // What was stored but not written yet has to be written before it can be read.
        _ = try log.commit(sync: false)
        return Array(try log.read(position).payload.dropFirst(BlockReference.encodedSize(committee.suite)))
    }

    /// Reads the journal: indexes all its blocks, and returns those from `start` on with the commits among them, which follow one another and
    /// the commit `executed`. Others are of before a state was installed, or after one that is gone.
    ///
    /// - Parameters:
    ///   - foundation: what an installed state knows of the commits before.
    ///   - recallNonce: makes the validator's questions its own, where it does not know what it signed: nobody must foresee it.
    package func recover(
        from start: LogPosition, executed: UInt64, on foundation: Foundation?, recallNonce: UInt64
    ) throws -> Recovery {
        let round = mark?.current.map { $0.epoch == committee.epoch ? $0.round : 0 }
        var recovered = Recovered(highWater: round ?? 0, recallNonce: mark == nil ? recallNonce : nil)
        if Mutation.isPlanted(.highWaterMarkForgotten) { recovered.highWater = 0 }
        recovered.commits = foundation?.commits ?? []
        recovered.vertices = foundation?.vertices ?? []
        (positions, rounds, ranges) = ([:], [], JournalRanges())
        var cursor = log.scan()
        while let (position, record) = try cursor.next() {
            let kind = Kind(rawValue: record.kind)
            switch kind {
            case .block, .committed:
                var decoder = WireDecoder(record.payload, suite: committee.suite)
                let reference = try BlockReference(from: &decoder)
                note(reference, at: position, kind == .block)
                guard position >= start else { continue }
                if kind == .committed { recovered.unchecked.insert(reference) }
                recovered.blocks.append(try Block(wireBytes: Array(record.payload[decoder.offset...]), committee: committee))
            case .commit:
                let index = try index(of: record)
                ranges.note(commit: index, at: position)
                let follows = recovered.commits.last.map { index == $0.index + 1 } ?? (index <= executed + 1)
                guard position >= start, follows else { continue }
                recovered.commits.append(try Commit(wireBytes: record.payload, suite: committee.suite))
            case .certificate: ranges.note(certificate: try index(of: record), at: position)
            case nil: continue
            }
        }
        try findFirstWhole()
        return Recovery(recovered: recovered, truncatedBytes: log.recovery.truncatedBytes)
    }
}
