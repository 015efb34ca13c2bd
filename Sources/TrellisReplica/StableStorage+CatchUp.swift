// What a validator gives to those who are far behind, and what it takes over when it is (PROTOCOL §8).

package import TrellisConsensus
package import TrellisCrypto
import TrellisLedger
package import TrellisModel

extension StableStorage {
    /// The commits after `index` up to a certified one, or else a state to take over; nil where neither helps.
    ///
    /// - Parameter newest: the newest certificate there is.
    package func commits(after index: UInt64, newest: CheckpointCertificate?) throws -> CatchUpMessage? {
        if let commits = try journal.certifiedCommits(after: index, newest: newest) { return .commits(commits) }
        guard index < .max, !journal.ranges.isWhole(index + 1), let state = states.state(),
            state.certificate.checkpoint.index > index, let bytes = try encoded(state)
        else { return nil }
        return .offer(state.certificate, size: UInt64(bytes.count))
    }

    /// The blocks that are held of these.
    package func committed(_ references: [BlockReference]) throws -> CatchUpMessage? {
        let blocks = try journal.readCommitted(references)
        return blocks.isEmpty ? nil : .committed(blocks)
    }

    /// A part of the state after a commit, from `offset` on.
    package func state(after index: UInt64, from offset: UInt64) throws -> CatchUpMessage? {
        guard let state = states.state(at: index), let bytes = try encoded(state), offset < UInt64(bytes.count) else { return nil }
        let end = min(bytes.count, Int(offset) + Core.statePartBytes(committee))
        return .state(index: index, offset: offset, Array(bytes[Int(offset)..<end]))
    }

    /// Log entries from `from` on, proven to be the beginning of a log of `size`.
    package func entries(from: UInt64, size: UInt64) throws -> CatchUpMessage? {
        try ledger.provenEntries(from: from, size: size, room: committee.limits.messageBytes - 8192)
            .map { .entries(from: from, $0.entries, proof: $0.proof) }
    }

    private func encoded(_ state: CertifiedStates.State) throws -> [UInt8]? {
        let index = state.certificate.checkpoint.index
        if let bytes = encodedStates[index] { return bytes }
        guard let foundation = try journal.foundation(of: index, on: ledger.foundation) else { return nil }
        let bytes = TravellingState(ledger: state.ledger.snapshot, foundation: foundation).wireBytes
        encodedStates = encodedStates.filter { states.state(at: $0.key) != nil }
        encodedStates[index] = bytes
        return bytes
    }

    // MARK: Taking over

    /// Holds a state from a peer against its certificate, and keeps it for `install` if it is the one.
    package func check(_ state: [UInt8], _ certificate: CheckpointCertificate) throws -> CatchUpAnswer {
        let foundation = try ledger.check(state, certificate, committee)
        return foundation.map { .checked($0, logSize: ledger.stagedSize) } ?? .refused(logSize: ledger.stagedSize)
    }

    /// Writes entries from a peer behind the own ones, if they are proven.
    package func stage(_ entries: [[UInt8]], _ proof: [Digest], _ checkpoint: Checkpoint) throws -> CatchUpAnswer {
        let isProven = try ledger.stage(entries, proof, checkpoint)
        return isProven ? .staged(logSize: ledger.stagedSize) : .refused(logSize: ledger.stagedSize)
    }

    /// Makes the checked state that of this validator: what its core begins anew with. Nil where there is nothing to install.
    package func install() throws -> Recovered? {
        try journal.sync()
        guard let foundation = try ledger.install(journalStart: journal.end) else { return nil }
        states = CertifiedStates(interval: retention.stateEvery)
        encodedStates = [:]
        states.executed(ledger.ledger)
        var recovered = Recovered(commits: foundation.commits)
        recovered.vertices = foundation.vertices
        return recovered
    }
}
