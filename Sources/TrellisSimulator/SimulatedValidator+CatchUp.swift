// What a simulated machine does for validators that are far behind, and for itself when it is, as a node's replica does.

import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel

extension SimulatedValidator {
    func carryOut(_ effect: CatchUpEffect) {
        let limits = committee.limits
        switch effect {
        case .serveCommits(let index, let peer): serveCommits(after: index, to: peer)
        case .serveCommitted(let references, let peer):
            let blocks = journal.readCommitted(references, limits)
            answer(peer, blocks.isEmpty ? nil : .committed(blocks))
        case .store(let block):
            journal.store(block, isChecked: false)
            world.note("\(name) takes \(block.reference) from a certified range")
        case .serveState(let index, let offset, let peer):
            guard let bytes = states.state(at: index).flatMap(encoded), offset < UInt64(bytes.count) else { return answer(peer, nil) }
            let end = min(bytes.count, Int(offset) + Core.statePartBytes(committee))
            answer(peer, .state(index: index, offset: offset, Array(bytes[Int(offset)..<end])))
        case .serveEntries(let from, let size, let peer):
            let found = ledger.provenEntries(from: from, size: size, room: limits.messageBytes - 8192)
            answer(peer, found.map { .entries(from: from, $0.entries, proof: $0.proof) })
        case .check(let bytes, let certificate):
            let foundation = ledger.check(bytes, certificate)
            let size = ledger.stagedSize
            answerItself(foundation.map { .checked($0, logSize: size) } ?? .refused(logSize: size))
        case .stage(let entries, let proof, let checkpoint):
            let isProven = ledger.stage(entries, proof, checkpoint)
            answerItself(isProven ? .staged(logSize: ledger.stagedSize) : .refused(logSize: ledger.stagedSize))
        case .install: install()
        }
    }

    private func answerItself(_ answer: CatchUpAnswer) { world.schedule(.answered(number, generation, answer), after: 0) }

    private func serveCommits(after index: UInt64, to peer: ValidatorIndex) {
        if let commits = journal.certifiedCommits(after: index, newest: process?.core.certificate, committee.limits) {
            answer(peer, .commits(commits))
        } else if !journal.holds(index &+ 1), let state = states.state(), state.certificate.checkpoint.index > index,
            let bytes = encoded(state)
        {
            answer(peer, .offer(state.certificate, size: UInt64(bytes.count)))
        } else {
            answer(peer, nil)
        }
    }

    private func encoded(_ state: CertifiedStates.State) -> [UInt8]? {
        journal.foundation(of: state.certificate.checkpoint.index, on: ledger.foundation, committee)
            .map { TravellingState(ledger: state.ledger.snapshot, foundation: $0).wireBytes }
    }

    /// Drops what others have to find elsewhere, if this run does.
    func pruneJournal(before start: Int) {
        guard let kept = world.faults.journalKept else { return }
        let needed = states.states.compactMap { journal.foundationStart(of: $0.certificate.checkpoint.index, committee) }
        journal.prune(before: min(start, needed.min() ?? start), keeping: kept)
    }

    private func answer(_ peer: ValidatorIndex, _ message: CatchUpMessage?) {
        var message = budget.admits(peer, now: moment.monotonic) ? message ?? .unavailable : .unavailable
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

    private func install() {
        journal.sync()
        guard journal.failure == nil else { return }
        guard let identifiers = ledger.install(journalStart: journal.count), let foundation = ledger.foundation else {
            return answerItself(.refused(logSize: ledger.stagedSize))
        }
        let checkpoint = ledger.ledger.lastCheckpoint
        world.note("\(name) takes over the state after commit \(ledger.ledger.lastCommit.index): \(identifiers.count) entries")
        if isCorrect, let checkpoint {
            executedCheckpoints.insert(Attestation(index: checkpoint.index, checkpoint: checkpoint.digest(committee.suite)))
            world.witness.executed(checkpoint, committee.suite, by: name)
            world.installed(self)
        }
        states = CertifiedStates(interval: states.interval)
        states.executed(ledger.ledger)
        world.logged(identifiers, at: self)
        var recovered = Recovered(commits: foundation.commits)
        recovered.vertices = foundation.vertices
        answerItself(.installed(recovered))
        world.schedule(.executed(number, generation, checkpoint, ledger.ledger.nextDeadline), after: 0)
    }
}
