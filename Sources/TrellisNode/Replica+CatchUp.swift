// What a replica does for validators that are far behind, and for itself when it is.

import Logging
import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel
import TrellisReplica
import TrellisTransport

extension Replica {
    func carryOut(_ effect: CatchUpEffect) throws -> Input? {
        switch effect {
        case .serveCommits(let index, let peer): try answer(peer) { try storage.commits(after: index, newest: core.certificate) }
        case .serveCommitted(let references, let peer):
            try answer(peer) { try storage.committed(references) }
        case .store(let block): try storage.store(block, isChecked: false)
        case .serveState(let index, let offset, let peer): try answer(peer) { try storage.state(after: index, from: offset) }
        case .serveEntries(let from, let size, let peer):
            try answer(peer) { try storage.entries(from: from, size: size) }
        case .check(let bytes, let certificate):
            let answer = try storage.check(bytes, certificate)
            if case .checked = answer {
                logger.notice(
                    "takes over a state",
                    metadata: ["commit": "\(certificate.checkpoint.index)", "entries": "\(certificate.checkpoint.logSize)"])
            }
            return .catchUpAnswer(answer)
        case .stage(let entries, let proof, let checkpoint):
            return .catchUpAnswer(try storage.stage(entries, proof, checkpoint))
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

    // MARK: Installing

    private func install() throws -> Input? {
        let before = store.ledger.logSize
        guard let recovered = try storage.install() else { return .catchUpAnswer(.refused(logSize: store.stagedSize)) }
        logger.notice("took over a state", metadata: ["commit": "\(store.ledger.lastCommit.index)", "entries": "\(store.ledger.logSize)"])
        try tell(from: before)
        // Nobody has seen the blocks with what is pending now.
        let pending = store.ledger.pendingProposals
        forgetVotes(on: castVotes.keys.filter { store.ledger.pending($0) == nil })
        vote(onOpened: pending.filter { castVotes[$0.identifier] == nil }.map { ($0.identifier, $0.proposal) })
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
