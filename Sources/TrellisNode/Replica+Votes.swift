// The votes of a replica's own seats: when proposals are evaluated, how the votes come back, and when they are cast again. Nothing is evaluated
// on the replica's thread.

import Logging
import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel
import TrellisReplica

extension Replica {
    func openRemoteSeats() {
        let remote = configuration.seats.remote
        guard !remote.seats.isEmpty else { return }
        remoteSeats = RemoteSeats(remote, committee: committee, logger: logger) { [weak self] votes in
            await self?.gather(votes)
        }
    }

    /// On first sight of a block, before it commits, by seats that judge by themselves. Whoever is asked over the network is asked about what
    /// was ordered: anybody's block can hold anything.
    func evaluate(_ block: Block) {
        guard !configuration.seats.local.seats.isEmpty else { return }
        // Proposals that never get into the ledger leave votes behind: forget them before they add up.
        if castVotes.count > 2 * Ledger.pendingMaximum { forgetVotes(on: castVotes.keys.filter { store.ledger.pending($0) == nil }) }
        let wall = SystemClock.now().wall
        var proposals: [(identifier: Digest, proposal: Proposal)] = []
        // A block may say the same twice, or what is long decided: neither is judged again.
        var seen: Set<Digest> = []
        for index in 0..<block.payload.count where block.payload.kind(index)?.isProposal == true {
            let identifier = block.payload.identifiers[index]
            guard castVotes[identifier] == nil, seen.insert(identifier).inserted, (try? store.logIndex(of: identifier)) == nil,
                let proposal = try? Proposal(wireBytes: Array(block.payload[index]), suite: committee.suite),
                let councils = committee.councils(of: proposal)
            else { continue }
            // A validator that catches up does not vote on what is long decided; what is still pending it finds in the ledger.
            let (deadline, overflow) = block.timestamp.addingReportingOverflow(councils.map(\.council.deadline).max() ?? 0)
            guard !overflow, deadline >= wall else { continue }
            proposals.append((identifier, proposal))
        }
        for proposal in proposals { castVotes[proposal.identifier] = [] }
        voteLocally(on: proposals)
    }

    /// On proposals that were ordered.
    func vote(onOpened proposals: [(identifier: Digest, proposal: Proposal)]) {
        guard !proposals.isEmpty, !configuration.seats.seats.isEmpty else { return }
        let unseen = proposals.filter { castVotes[$0.identifier] == nil }
        for proposal in unseen { castVotes[proposal.identifier] = [] }
        voteLocally(on: unseen)
        voteRemotely(on: proposals)
    }

    private func voteLocally(on proposals: [(identifier: Digest, proposal: Proposal)]) {
        let seats = configuration.seats.local
        guard !proposals.isEmpty, !seats.seats.isEmpty else { return }
        let committee = committee
        Task.detached { [weak self, logger] in
            do {
                let votes = try seats.vote(on: proposals, committee: committee)
                await self?.gather(votes)
            } catch {
                logger.error("no vote", metadata: ["reason": "\(error)"])
            }
        }
    }

    private func voteRemotely(on proposals: [(identifier: Digest, proposal: Proposal)]) {
        guard !proposals.isEmpty, let remoteSeats else { return }
        Task { await remoteSeats.vote(on: proposals) }
    }

    private func gather(_ votes: [SeatVotes]) {
        outbox.add(votes)
        signVotes()
    }

    /// Signs, beside the replica's thread, the votes of each seat whose last ones are in a block.
    func signVotes() {
        let ready = outbox.take(blockless: core.waitingVotes)
        guard !ready.isEmpty, !isStopped else { return }
        let seats = configuration.seats
        Task.detached { [weak self, logger] in
            var signed: [SeatPlace: [SignedVotes]] = [:]
            for votes in ready {
                signed[votes.seat] = []
                do { signed[votes.seat] = try seats.sign(votes) } catch { logger.error("no vote", metadata: ["reason": "\(error)"]) }
            }
            await self?.cast(signed)
        }
    }

    /// Together, so that they ride in one block.
    func cast(_ signed: [SeatPlace: [SignedVotes]]) {
        for (seat, parts) in signed { outbox.signed(seat, as: parts.map(\.transaction.identifier)) }
        let parts = signed.sorted { $0.key < $1.key }.flatMap(\.value)
        for part in parts {
            for vote in part.votes { castVotes[vote.proposal]?.append(part.transaction.identifier) }
        }
        if !parts.isEmpty { run(.submit(parts.map(\.transaction))) }
    }

    func forgetVotes(on proposals: [Digest]) {
        guard !proposals.isEmpty else { return }
        for proposal in proposals { castVotes[proposal] = nil }
        outbox.forget(Set(proposals))
        guard let remoteSeats else { return }
        Task { await remoteSeats.forget(proposals) }
    }

    /// A vote that was ordered before its proposal did not count: cast it again if the ledger still lacks it.
    func voteAgainLater(_ identifiers: [Digest]) {
        Task { [weak self] in
            try? await Task.sleep(for: .seconds(2))
            await self?.voteAgain(identifiers)
        }
    }

    private func voteAgain(_ identifiers: [Digest]) {
        guard !isStopped else { return }
        let pending = identifiers.compactMap { store.ledger.pending($0) }
        let local = pending.filter { lacksVote(of: configuration.seats.local, $0) }
        let remote = pending.filter { lacksVote(of: configuration.seats.remote, $0) }
        guard !local.isEmpty || !remote.isEmpty else { return }
        // A vote that still waits to be ordered is not cast twice.
        func isLost(_ pending: PendingProposal) -> Bool {
            !outbox.holdsVote(on: pending.identifier) && !(castVotes[pending.identifier] ?? []).contains(where: core.knows)
        }
        voteLocally(on: local.filter(isLost).map { ($0.identifier, $0.proposal) })
        voteRemotely(on: remote.filter(isLost).map { ($0.identifier, $0.proposal) })
        voteAgainLater(Array(Set(local.map(\.identifier) + remote.map(\.identifier))))
    }

    private func lacksVote(of seats: Seats, _ pending: PendingProposal) -> Bool {
        pending.ballots.contains { ballot in
            seats.seats.contains { $0.council == ballot.council && ballot.seats[Int($0.seat)].verdict == nil }
        }
    }
}
