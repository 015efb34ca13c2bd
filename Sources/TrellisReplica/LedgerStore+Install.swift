// Taking over a state from peers: it is checked, the log's missing entries are staged behind the own ones, and then one file makes both the
// state of this validator (PROTOCOL §8). And what the store gives to others who do so.

package import TrellisConsensus
package import TrellisCrypto
import TrellisLedger
package import TrellisModel
package import TrellisStorage

/// The bytes of a snapshot: where in the journal a recovery starts, the ledger, and a foundation where the journal alone does not suffice.
struct SavedState: WireEncodable {
    /// In the place of the journal's position where a foundation follows; no journal gets that long.
    private static let hasFoundation: UInt64 = .max

    let journalStart: LogPosition
    let ledger: [UInt8]
    let foundation: Foundation?

    init(journalStart: LogPosition, ledger: [UInt8], foundation: Foundation?) {
        self.journalStart = journalStart
        self.ledger = ledger
        self.foundation = foundation
    }

    init(_ bytes: [UInt8], _ committee: Committee) throws {
        var decoder = WireDecoder(bytes, suite: committee.suite)
        let first = try decoder.u64()
        guard first == Self.hasFoundation else {
            self.init(journalStart: LogPosition(rawValue: first), ledger: Array(bytes[decoder.offset...]), foundation: nil)
            return
        }
        let start = LogPosition(rawValue: try decoder.u64())
        let ledger = try decoder.byteString("ledger", limit: decoder.remaining)
        let foundation = try Foundation(from: &decoder, committee: committee)
        try decoder.finish()
        self.init(journalStart: start, ledger: ledger, foundation: foundation)
    }

    func encode(to encoder: inout WireEncoder) {
        guard let foundation else {
            encoder.u64(journalStart.rawValue)
            encoder.raw(ledger)
            return
        }
        encoder.u64(Self.hasFoundation)
        encoder.u64(journalStart.rawValue)
        encoder.byteString(ledger)
        foundation.encode(to: &encoder)
    }

    /// Nil where the bytes are too few.
    static func journalStart(_ bytes: [UInt8]) -> LogPosition? {
        var decoder = WireDecoder(bytes, suite: .sha256)
        guard var start = try? decoder.u64() else { return nil }
        if start == hasFoundation {
            guard let next = try? decoder.u64() else { return nil }
            start = next
        }
        return LogPosition(rawValue: start)
    }
}

extension LedgerStore {
    /// Keeps a state from a peer for `install` if it is that of the certificate's checkpoint; nil if it is not.
    package func check(_ bytes: [UInt8], _ certificate: CheckpointCertificate, _ committee: Committee) throws -> Foundation? {
        let checkpoint = certificate.checkpoint
        // What an earlier attempt staged is of any certified log.
        if stagedSize > checkpoint.logSize { try unstage() }
        candidate = nil
        do {
            let state = try TravellingState(wireBytes: bytes, of: checkpoint, committee)
            candidate = (try Ledger(committee: committee, snapshot: state.ledger, certified: checkpoint), state.foundation)
            if staged == nil { staged = LogExtension(ledger) }
            return state.foundation
        } catch {
            return nil
        }
    }

    /// How many entries there are with those that do not count yet.
    package var stagedSize: UInt64 { staged?.size ?? ledger.logSize }

    /// Writes entries behind the own ones. False, and nothing is written, when they are not proven.
    package func stage(_ entries: [[UInt8]], _ proof: [Digest], _ checkpoint: Checkpoint) throws -> Bool {
        guard let part = staged?.append(entries, proof: proof, to: checkpoint) else { return false }
        try write(part.appended, part.nodes)
        return true
    }

    /// Drops what was staged: the own chain went on.
    func unstage() throws {
        guard staged != nil else { return }
        staged = nil
        candidate = nil
        try forgetBeyondSnapshot()
    }

    /// Makes the checked state, with the entries that were staged, that of this validator. Nothing before `journalStart` in the journal, which
    /// is synced, belongs to it. Returns its foundation; nil where there is nothing to install.
    package func install(journalStart: LogPosition) throws(StorageError) -> Foundation? {
        guard let candidate, stagedSize == candidate.ledger.logSize else { return nil }
        try votes.takeOver(decisions: candidate.ledger.counters.decisions)
        try save(candidate.ledger, candidate.foundation, journalStart: journalStart)
        ledger = candidate.ledger
        foundation = candidate.foundation
        self.candidate = nil
        staged = nil
        return foundation
    }

    /// Entries from `from` on, as many as fit `room` bytes, and the proof that the log begins with them when it has `size` entries.
    package func provenEntries(from: UInt64, size: UInt64, room: Int) throws -> (entries: [[UInt8]], proof: [Digest])? {
        guard from < size, size <= ledger.logSize else { return nil }
        var entries: [[UInt8]] = []
        var room = room
        for index in from..<from + min(size - from, UInt64(CatchUpMessage.entriesMaximum)) {
            guard let entry = try entryBytes(at: index) else { return nil }
            room -= entry.count + 4
            guard room >= 0 else { break }
            entries.append(entry)
        }
        guard !entries.isEmpty else { return nil }
        let proof = try Merkle.consistencyProof(oldSize: from + UInt64(entries.count), newSize: size, node: node)
        // Who gets it takes a wrong one for a lie, or for another log: what was read wrong once must not leave.
        guard try proof == Merkle.consistencyProof(oldSize: from + UInt64(entries.count), newSize: size, node: node) else { return nil }
        return (entries, proof)
    }
}
