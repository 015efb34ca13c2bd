// What a replica does for validators that are far behind, and for itself when it is.

import Logging
import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel
import TrellisStorage
import TrellisTransport

/// What a replica offers to those who are far behind.
struct Offers {
    var states = CertifiedStates()
    /// Those of the states that were asked for, encoded, by their commit.
    var encoded: [UInt64: [UInt8]] = [:]
}

extension Replica {
    func carryOut(_ effect: CatchUpEffect) throws -> Input? {
        switch effect {
        case .serveCommits(let index, let peer): try answer(peer) { try commits(after: index) }
        case .serveCommitted(let references, let peer):
            try answer(peer) {
                let blocks = try journal.readCommitted(references)
                return blocks.isEmpty ? nil : .committed(blocks)
            }
        case .store(let block): try write(block, isChecked: false)
        case .serveState(let index, let offset, let peer): try answer(peer) { try state(index, offset) }
        case .serveEntries(let from, let size, let peer):
            let room = committee.limits.messageBytes - 8192
            try answer(peer) {
                try store.provenEntries(from: from, size: size, room: room).map { .entries(from: from, $0.entries, proof: $0.proof) }
            }
        case .check(let bytes, let certificate):
            guard let foundation = try store.check(bytes, certificate, committee) else {
                return .catchUpAnswer(.refused(logSize: store.stagedSize))
            }
            logger.notice(
                "takes over a state",
                metadata: ["commit": "\(certificate.checkpoint.index)", "entries": "\(certificate.checkpoint.logSize)"])
            return .catchUpAnswer(.checked(foundation, logSize: store.stagedSize))
        case .stage(let entries, let proof, let checkpoint):
            let isProven = try store.stage(entries, proof, checkpoint)
            return .catchUpAnswer(isProven ? .staged(logSize: store.stagedSize) : .refused(logSize: store.stagedSize))
        case .install: return try install()
        }
        return nil
    }

    // MARK: Answering

    /// Answers a peer with what is found, or that there is nothing; and who asks for too much with nothing at once.
    private func answer(_ peer: ValidatorIndex, _ find: () throws -> CatchUpMessage?) rethrows {
        let message = budget.admits(peer, now: SystemClock.now().monotonic) ? try find() : nil
        let bytes = PeerMessage.catchUp(message ?? .unavailable).wireBytes
        budget.charge(bytes.count, to: peer)
        network?.send(bytes, to: peer)
    }

    /// Gives a peer the blocks that it asked for, unless it asks for too many.
    func serve(_ peer: ValidatorIndex, _ find: () throws -> [[UInt8]]) rethrows {
        guard budget.admits(peer, now: SystemClock.now().monotonic) else { return }
        let blocks = try find()
        let bytes = blocks.isEmpty ? [] : PeerMessage.blocks(blocks).wireBytes
        budget.charge(bytes.count, to: peer)
        if !bytes.isEmpty { network?.send(bytes, to: peer) }
    }

    private func commits(after index: UInt64) throws -> CatchUpMessage? {
        if let commits = try journal.certifiedCommits(after: index, newest: core.certificate) { return .commits(commits) }
        guard index < .max, !journal.ranges.isWhole(index + 1), let state = offers.states.state(),
            state.certificate.checkpoint.index > index, let bytes = try encoded(state)
        else { return nil }
        return .offer(state.certificate, size: UInt64(bytes.count))
    }

    private func encoded(_ state: CertifiedStates.State) throws -> [UInt8]? {
        let index = state.certificate.checkpoint.index
        if let bytes = offers.encoded[index] { return bytes }
        guard let foundation = try journal.foundation(of: index, on: store.foundation) else { return nil }
        let bytes = TravellingState(ledger: state.ledger.snapshot, foundation: foundation).wireBytes
        offers.encoded = offers.encoded.filter { offers.states.state(at: $0.key) != nil }
        offers.encoded[index] = bytes
        return bytes
    }

    private func state(_ index: UInt64, _ offset: UInt64) throws -> CatchUpMessage? {
        guard let state = offers.states.state(at: index), let bytes = try encoded(state), offset < UInt64(bytes.count) else { return nil }
        let end = min(bytes.count, Int(offset) + Core.statePartBytes(committee))
        return .state(index: index, offset: offset, Array(bytes[Int(offset)..<end]))
    }

    /// Where the journal must begin for the states that are offered.
    func offersStart() throws -> LogPosition {
        var start = journal.end
        for state in offers.states.states {
            if let needed = try journal.foundationStart(of: state.certificate.checkpoint.index) { start = min(start, needed) }
        }
        return start
    }

    // MARK: Installing

    private func install() throws -> Input? {
        try journal.sync()
        let before = store.ledger.logSize
        guard let foundation = try store.install(journalStart: journal.end) else {
            return .catchUpAnswer(.refused(logSize: store.stagedSize))
        }
        logger.notice("took over a state", metadata: ["commit": "\(store.ledger.lastCommit.index)", "entries": "\(store.ledger.logSize)"])
        offers = Offers()
        offers.states.executed(store.ledger)
        try tell(from: before)
        var recovered = Recovered(commits: foundation.commits)
        recovered.vertices = foundation.vertices
        // Nobody has seen the blocks with what is pending now.
        let pending = store.ledger.pendingProposals
        forgetVotes(on: castVotes.keys.filter { store.ledger.pending($0) == nil })
        vote(on: pending.filter { castVotes[$0.identifier] == nil }.map { ($0.identifier, $0.proposal) })
        voteAgainLater(pending.map(\.identifier))
        installed = .executed(store.ledger.lastCheckpoint, nextDeadline: store.ledger.nextDeadline)
        return .catchUpAnswer(.installed(recovered))
    }

    /// Tells those who wait for the entries that came with a state, and those who follow.
    private func tell(from before: UInt64) throws {
        guard !events.isEmpty || waiters.count > 0 else { return }
        for index in before..<max(before, store.ledger.logSize) {
            guard let entry = try store.entry(at: index), let bytes = try store.entryBytes(at: index) else { continue }
            waiters.decided(entry.identifier, at: index)
            if let event = NodeEvent(logBytes: bytes, identifier: entry.identifier, index: index) { events.publish(event) }
        }
    }
}
