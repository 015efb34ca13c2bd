// The proofs of votes on disk: every batch of votes of which one counted, as its seat signed it, and which votes of which batches each
// decision counted. Not part of the ledger: a proof proves itself, and a validator that lacks some gives receipts without them.

import TrellisCrypto
import TrellisLedger
import TrellisModel
import TrellisStorage
import TrellisVerify

final class VoteStore {
    /// Where a vote's proof is to be had: its seat, the batch that the seat signed, and the vote's place in it.
    private struct Place: WireEncodable, WireDecodable {
        let council: UInt32
        let seat: UInt32
        let batch: UInt64
        let index: UInt32

        init(_ vote: CountedVote, batch: LogPosition) {
            council = vote.council
            seat = vote.seat
            self.batch = batch.rawValue
            index = UInt32(clamping: vote.index)
        }

        init(from decoder: inout WireDecoder) throws(WireError) {
            council = try decoder.u32()
            seat = try decoder.u32()
            batch = try decoder.u64()
            index = try decoder.u32()
        }

        func encode(to encoder: inout WireEncoder) {
            encoder.u32(council)
            encoder.u32(seat)
            encoder.u64(batch)
            encoder.u32(index)
        }
    }

    private static let batchKind: UInt8 = 1
    private static let placesKind: UInt8 = 2
    /// In `places`, for a decision of whose votes nothing is known.
    private static let unknown = UInt64.max

    private let log: SegmentLog
    /// Where the places of each decision's votes lie in the log, by the decision's number.
    private let places: FixedArrayFile
    private let snapshots: SnapshotStore
    private var pending: [Digest: [Place]] = [:]

    /// Opens what there is, cut back to the `decisions` of the ledger's snapshot after commit `commit`.
    init(disk: any Disk, commit: UInt64, decisions: UInt64) throws {
        log = try SegmentLog(disk: disk, directory: StoreLayout.votes, verifiesAll: false)
        places = try FixedArrayFile(disk: disk, path: StoreLayout.votePlaces, itemSize: 8)
        snapshots = try SnapshotStore(disk: disk, directory: StoreLayout.pendingVotes)
        try places.truncate(count: decisions)
        // Decisions of before there were proofs, or taken over from others.
        try fill(to: decisions)
        guard let snapshot = try snapshots.latest().snapshot, snapshot.sequence == commit else { return }
        pending = (try? Self.restore(snapshot.bytes)) ?? [:]
    }

    /// Whether the places can be opened, or there are none yet.
    static func hasPlaces(on disk: any Disk) throws(StorageError) -> Bool {
        guard try disk.exists(StoreLayout.votePlaces) else { return true }
        do {
            _ = try FixedArrayFile(disk: disk, path: StoreLayout.votePlaces, itemSize: 8)
            return true
        } catch .corrupt, .foreignFormat {
            return false
        }
    }

    private func fill(to decisions: UInt64) throws(StorageError) {
        while places.count < decisions { try places.append(Self.item(Self.unknown)) }
    }

    /// A state with so many decisions is taken over from others: of what was counted elsewhere nothing is known.
    func takeOver(decisions: UInt64) throws(StorageError) {
        try fill(to: decisions)
        pending = [:]
    }

    /// Writes what the execution's votes were signed with, and which of them its decisions counted.
    func record(_ execution: Execution) throws {
        if !execution.counted.isEmpty { try keep(execution.counted) }
        guard !execution.decided.isEmpty else { return }
        var items: [UInt8] = []
        for decision in execution.decided {
            guard let votes = pending.removeValue(forKey: decision.proposal.identifier) else {
                items += Self.item(Self.unknown)
                continue
            }
            var encoder = WireEncoder()
            encoder.list(votes)
            let positions = try log.append([TrellisStorage.Record(kind: Self.placesKind, payload: encoder.bytes)])
            items += Self.item(positions.first?.rawValue ?? Self.unknown)
        }
        _ = try log.commit(sync: false)
        try places.append(items)
    }

    private func keep(_ votes: [CountedVote]) throws {
        var batch: ArraySlice<UInt8>?
        var position: LogPosition?
        for vote in votes {
            // The votes of a batch follow one another.
            if position == nil || batch?.startIndex != vote.batch.startIndex || batch != vote.batch {
                batch = vote.batch
                position = try log.append([TrellisStorage.Record(kind: Self.batchKind, payload: Array(vote.batch))]).first
            }
            guard let position else { continue }
            pending[vote.proposal, default: []].append(Place(vote, batch: position))
        }
        _ = try log.commit(sync: false)
    }

    /// The proofs of the votes on `proposal` that decision `number` counted, in the order of `councils` and of their seats. Without those that
    /// are lost, or damaged.
    func proofs(ofDecision number: UInt64, on proposal: Digest, councils: [Int]) throws -> [VoteProof] {
        guard number < places.count else { return [] }
        let position = try places.read(number).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard position != Self.unknown, let record = try payload(at: position) else { return [] }
        var decoder = WireDecoder(record, suite: .sha256)
        guard let votes: [Place] = try? decoder.list("votes", limit: Receipt.votesMaximum) else { return [] }
        let ordered = votes.compactMap { place in councils.firstIndex(of: Int(place.council)).map { (order: $0, place: place) } }
            .sorted { ($0.order, $0.place.seat) < ($1.order, $1.place.seat) }
        var proofs: [VoteProof] = []
        var bytes = 0
        for (_, place) in ordered {
            guard let record = try payload(at: place.batch), let batch = try? VoteBatch(wireBytes: record, suite: .sha256),
                batch.votes.indices.contains(Int(place.index)), batch.votes[Int(place.index)].proposal == proposal,
                let proof = VoteProof(of: batch, at: Int(place.index))
            else { continue }
            bytes += proof.signature.count + 1024
            guard bytes <= Receipt.votesBytesMaximum else { break }
            proofs.append(proof)
        }
        return proofs
    }

    /// Nil where there is none, or it is damaged.
    private func payload(at position: UInt64) throws(StorageError) -> [UInt8]? {
        do {
            return try log.read(LogPosition(rawValue: position)).payload
        } catch .corrupt, .noRecord {
            return nil
        }
    }

    /// Makes durable what the ledger's snapshot after `commit` needs.
    func save(commit: UInt64) throws(StorageError) {
        _ = try log.commit(sync: true)
        try places.sync()
        var encoder = WireEncoder()
        encoder.count(pending.count)
        for (proposal, votes) in pending.sorted(by: { $0.key < $1.key }) {
            encoder.digest(proposal)
            encoder.list(votes)
        }
        try snapshots.save(sequence: commit, bytes: encoder.bytes)
    }

    private static func restore(_ bytes: [UInt8]) throws -> [Digest: [Place]] {
        var decoder = WireDecoder(bytes, suite: .sha256)
        var pending: [Digest: [Place]] = [:]
        for _ in 0..<(try decoder.count("pending proposals", limit: Ledger.pendingMaximum)) {
            let proposal = try decoder.digest(.sha256)
            pending[proposal] = try decoder.list("votes", limit: Receipt.votesMaximum)
        }
        return pending
    }

    private static func item(_ value: UInt64) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
}
