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
    /// The state that was asked for last, encoded.
    var encoded: (index: UInt64, bytes: [UInt8])?
}

extension Replica {
    func carryOut(_ effect: CatchUpEffect) throws -> Input? {
        switch effect {
        case .serveCommits(let index, let peer): try serveCommits(after: index, to: peer)
        case .serveCommitted(let references, let peer):
            let blocks = try journal.readCommitted(references)
            if !blocks.isEmpty { send(.committed(blocks), to: peer) }
        case .store(let block): try write(block, isChecked: false)
        case .serveState(let index, let offset, let peer): try serveState(index, offset, to: peer)
        case .serveEntries(let from, let size, let peer):
            let room = committee.limits.messageBytes - 8192
            guard let found = try store.provenEntries(from: from, size: size, room: room) else { return nil }
            send(.entries(from: from, found.entries, proof: found.proof), to: peer)
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

    private func send(_ message: CatchUpMessage, to peer: ValidatorIndex) {
        network?.send(PeerMessage.catchUp(message).wireBytes, to: peer)
    }

    private func serveCommits(after index: UInt64, to peer: ValidatorIndex) throws {
        if let commits = try journal.certifiedCommits(after: index, newest: core.certificate) {
            send(.commits(commits), to: peer)
        } else if index < UInt64.max, journal.ranges.position(of: index + 1) == nil, let state = offers.states.state(),
            state.certificate.checkpoint.index > index, let bytes = try encoded(state)
        {
            send(.offer(state.certificate, size: UInt64(bytes.count)), to: peer)
        }
    }

    private func encoded(_ state: CertifiedStates.State) throws -> [UInt8]? {
        let index = state.certificate.checkpoint.index
        if let encoded = offers.encoded, encoded.index == index { return encoded.bytes }
        guard let foundation = try journal.foundation(of: index, on: store.foundation) else { return nil }
        let bytes = TravellingState(ledger: state.ledger.snapshot, foundation: foundation).wireBytes
        offers.encoded = (index, bytes)
        return bytes
    }

    private func serveState(_ index: UInt64, _ offset: UInt64, to peer: ValidatorIndex) throws {
        guard let state = offers.states.state(at: index), let bytes = try encoded(state), offset < UInt64(bytes.count) else { return }
        let end = min(bytes.count, Int(offset) + Core.statePartBytes(committee))
        send(.state(index: index, offset: offset, Array(bytes[Int(offset)..<end])), to: peer)
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
