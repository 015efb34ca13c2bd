// What a simulated machine does for validators that are far behind, and for itself when it is, as a node's replica does.

import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel
import TrellisReplica

extension SimulatedValidator {
    func carryOut(_ effect: CatchUpEffect, _ process: SimulatedProcess) throws {
        let storage = process.storage
        switch effect {
        case .serveCommits(let index, let peer):
            try answer(peer) { try storage.commits(after: index, newest: process.core.certificate) }
        case .serveCommitted(let references, let peer): try answer(peer) { try storage.committed(references) }
        case .store(let block):
            try store(block, isChecked: false, on: storage)
            world.note("\(name) takes \(block.reference) from a certified range")
        case .serveState(let index, let offset, let peer): try answer(peer) { try storage.state(after: index, from: offset) }
        case .serveEntries(let from, let size, let peer): try answer(peer) { try storage.entries(from: from, size: size) }
        case .check(let bytes, let certificate): answerItself(try storage.check(bytes, certificate))
        case .stage(let entries, let proof, let checkpoint): answerItself(try storage.stage(entries, proof, checkpoint))
        case .install: try install(storage)
        }
    }

    private func answerItself(_ answer: CatchUpAnswer) { world.schedule(.answered(number, generation, answer), after: 0) }

    private func answer(_ peer: ValidatorIndex, _ find: () throws -> CatchUpMessage?) rethrows {
        var message = (budget.admits(peer, now: moment.monotonic) ? try find() : nil) ?? .unavailable
        budget.charge(PeerMessage.catchUp(message).wireBytes.count, to: peer)
        var isServed = true
        conspire { adversary, view in
            guard let falsified = adversary.falsify(message, view) else {
                isServed = false
                return []
            }
            message = falsified
            return []
        }
        if isServed { world.send(.catchUp(message), from: self, to: peer) }
    }

    private func install(_ storage: StableStorage) throws {
        let store = storage.ledger
        let before = store.ledger.logSize
        guard let recovered = try storage.install() else { return answerItself(.refused(logSize: store.stagedSize)) }
        noteDurable(storage)
        let checkpoint = store.ledger.lastCheckpoint
        let identifiers = try (before..<max(before, store.ledger.logSize)).compactMap { try store.entry(at: $0)?.identifier }
        world.note("\(name) takes over the state after commit \(store.ledger.lastCommit.index): \(identifiers.count) entries")
        if isCorrect, let checkpoint {
            executedCheckpoints.insert(Attestation(index: checkpoint.index, checkpoint: checkpoint.digest(committee.suite)))
            world.witness.executed(checkpoint, committee.suite, by: name)
            world.installed(self)
        }
        record.logged(identifiers)
        world.logged(identifiers, at: self)
        answerItself(.installed(recovered))
        world.schedule(.executed(number, generation, checkpoint, store.ledger.nextDeadline), after: 0)
    }
}

extension LedgerStore {
    /// Whether no more than the header of this block came, with a state.
    func isInFoundation(_ reference: BlockReference) -> Bool { foundation?.vertices.contains { $0.reference == reference } ?? false }
}
