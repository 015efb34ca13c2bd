// Taking over a state from peers in a simulation, as a node's store does.

import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel

extension SimulatedLedger {
    /// Whether no more than the header of this block came, with a state.
    func isInFoundation(_ reference: BlockReference) -> Bool { foundation?.vertices.contains { $0.reference == reference } ?? false }

    /// Entries that are here, with those that do not count yet.
    var stagedSize: UInt64 { staged?.log.size ?? ledger.logSize }

    mutating func check(_ bytes: [UInt8], _ certificate: CheckpointCertificate) -> Foundation? {
        let committee = ledger.committee
        if stagedSize > certificate.checkpoint.logSize { unstage() }
        candidate = nil
        do {
            let state = try TravellingState(wireBytes: bytes, of: certificate.checkpoint, committee)
            candidate = (try Ledger(committee: committee, snapshot: state.ledger, certified: certificate.checkpoint), state.foundation)
            if staged == nil { staged = (LogExtension(ledger), []) }
            return state.foundation
        } catch {
            return nil
        }
    }

    mutating func stage(_ entries: [[UInt8]], _ proof: [Digest], _ checkpoint: Checkpoint) -> Bool {
        guard let part = staged?.log.append(entries, proof: proof, to: checkpoint) else { return false }
        staged?.parts += part.appended
        return true
    }

    mutating func unstage() {
        staged = nil
        candidate = nil
    }

    /// Returns the identifiers that came with the state; nil where there is nothing to install.
    mutating func install(journalStart: Int) -> [Digest]? {
        guard let candidate, let staged, stagedSize == candidate.ledger.logSize else { return nil }
        log(staged.parts)
        ledger = candidate.ledger
        foundation = candidate.foundation
        unstage()
        saveSnapshot(journalStart: journalStart)
        return staged.parts.map(\.identifier)
    }

    func provenEntries(from: UInt64, size: UInt64, room: Int) -> (entries: [[UInt8]], proof: [Digest])? {
        guard from < size, size <= UInt64(entries.count) else { return nil }
        var room = room
        var found: [[UInt8]] = []
        for entry in entries[Int(from)..<Int(size)] {
            room -= entry.count + 4
            guard room >= 0 else { break }
            found.append(entry)
        }
        let leaves = entries[..<Int(size)].map { Merkle.leafHash($0) }
        return Merkle.consistencyProof(oldSize: Int(from) + found.count, leafHashes: leaves).map { (found, $0) }
    }
}
