// What a simulated machine does for validators that are far behind, and for itself when it is, as a node's replica does.

import TrellisConsensus
import TrellisCrypto
import TrellisModel

extension SimulatedValidator {
    func carryOut(_ effect: CatchUpEffect) {
        let limits = committee.limits
        switch effect {
        case .serveCommits(let index, let peer):
            answer(peer, journal.certifiedCommits(after: index, newest: core?.certificate, limits).map { .commits($0) })
        case .serveCommitted(let references, let peer):
            let blocks = journal.readCommitted(references, limits)
            answer(peer, blocks.isEmpty ? nil : .committed(blocks))
        case .store(let block):
            journal.store(block, isChecked: false)
            world.note("\(name) takes \(block.reference) from a certified range")
        }
    }

    private func answer(_ peer: ValidatorIndex, _ message: CatchUpMessage?) {
        guard var message else { return }
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
}
