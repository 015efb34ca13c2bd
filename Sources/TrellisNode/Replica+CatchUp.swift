// What a replica does for validators that are far behind, and for itself when it is.

import TrellisConsensus
import TrellisCrypto
import TrellisModel
import TrellisTransport

extension Replica {
    func carryOut(_ effect: CatchUpEffect) throws -> Input? {
        switch effect {
        case .serveCommits(let index, let peer):
            guard let commits = try journal.certifiedCommits(after: index, newest: core.certificate) else { return nil }
            send(.commits(commits), to: peer)
        case .serveCommitted(let references, let peer):
            let blocks = try journal.readCommitted(references)
            if !blocks.isEmpty { send(.committed(blocks), to: peer) }
        case .store(let block): try write(block, isChecked: false)
        }
        return nil
    }

    private func send(_ message: CatchUpMessage, to peer: ValidatorIndex) {
        network?.send(PeerMessage.catchUp(message).wireBytes, to: peer)
    }
}
