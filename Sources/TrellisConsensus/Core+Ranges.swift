// Catching up by ranges of certified commits (PROTOCOL §8): a validator that is far behind asks a peer for the commits after its own last one,
// up to a certified one, then two peers at a time for their blocks, and puts them out as its own. The certificate vouches for every digest, so
// no signature is checked inside, whoever sent it and however late; that the range extends the own chain is.

import TrellisCrypto
import TrellisModel

extension Core {
    /// From how many rounds behind on certified commits are asked for, and not blocks.
    var rangesFrom: Round { max(4, committee.parameters.gcDepth / 2) }

    /// Whether certified commits are at hand that are not put out yet.
    var isBehindCertified: Bool { !range.commits.isEmpty || transfer?.logSize != nil }

    /// Whether blocks need not be asked for one round after the other, since something better comes. A peer must not keep us waiting for it long.
    var isCatchingUp: Bool {
        let isWaiting = transfer != nil || range.openRequests > 0 || !range.commits.isEmpty
        return isWaiting && now.monotonic < range.progressAt + 16 * pacing.retry
    }

    mutating func hear(_ message: CatchUp, from peer: ValidatorIndex) {
        switch message {
        case .fetchCommits(let index): effects.append(.catchUp(.serveCommits(after: index, to: peer)))
        case .fetchCommitted(let references): effects.append(.catchUp(.serveCommitted(references, to: peer)))
        case .commits(let commits): receive(commits, from: peer)
        case .committed(let blocks): receive(committed: blocks, from: peer)
        case .offer(let certificate, let size): receiveOffer(certificate, size: size, from: peer)
        case .fetchState(let index, let offset): effects.append(.catchUp(.serveState(index: index, offset: offset, to: peer)))
        case .state(let index, let offset, let bytes): receiveState(index, offset, bytes, from: peer)
        case .fetchEntries(let from, let size): effects.append(.catchUp(.serveEntries(from: from, size: size, to: peer)))
        case .entries(let from, let entries, let proof): receiveEntries(from, entries, proof, from: peer)
        case .unavailable: receiveUnavailable(from: peer)
        case .lie: receiveLie(from: peer)
        }
    }

    // MARK: Asking

    mutating func catchUp() {
        continueTransfer()
        guard transfer == nil, pacing.catchesUpByCommits else { return }
        for (peer, request) in range.requests where !request.isOverdue && request.until <= now.monotonic {
            range.requests[peer]?.isOverdue = true
            sources.timedOut(peer, now: now.monotonic)
        }
        askForMore()
        guard !range.commits.isEmpty, range.openRequests == 0 else { return }
        // Who does not have such blocks says so: if nobody else has, whoever sent the commits gave them false rounds or authors.
        let source = range.commits.first?.source
        let isFalse = !range.lacking.isEmpty && blockHolders.allSatisfy { $0 == source || range.lacking.contains($0) }
        guard isFalse || now.monotonic >= range.progressAt + 240 * pacing.retry else { return }
        if let source, isFalse { sources.lied(source, now: now.monotonic) }
        if let source, !isFalse { sources.wasInVain(source, now: now.monotonic) }
        range.removeAll()
        askForMore()
    }

    /// When catching up goes on by itself.
    var catchUpWish: UInt64? {
        if let transfer { return transfer.askAgainAt == .max ? nil : transfer.askAgainAt }
        guard pacing.catchesUpByCommits else { return nil }
        return range.requests.values.filter { !$0.isOverdue }.map(\.until).min()
            ?? sources.nextAt(of: range.commits.isEmpty ? rangeCandidates : blockHolders, after: now.monotonic)
    }

    /// Who is far ahead, by its word or by its blocks.
    var rangeCandidates: [ValidatorIndex] {
        pacing.catchesUpByCommits ? peersAhead(by: rangesFrom) : []
    }

    /// Who is more than so many rounds ahead, by its word or by its blocks; in order.
    func peersAhead(by rounds: Round) -> [ValidatorIndex] {
        let highest = linearizer.dag.highestRound
        var ahead: [ValidatorIndex] = []
        for (peer, known) in peers where peer != own && known.round > highest && known.round - highest > rounds { ahead.append(peer) }
        return ahead.sorted()
    }

    /// Who may hold the blocks of the commits at hand.
    private var blockHolders: [ValidatorIndex] {
        Set(peersAhead(by: 0)).union(range.commits.first.map { [$0.source] } ?? []).sorted()
    }

    private mutating func askForMore() {
        while range.openRequests < RangeSync.requestsMaximum {
            let wanted = range.next(in: linearizer.dag, committee.limits)
            if !wanted.isEmpty {
                guard let peer = holder() else { return }
                let bytes = min(wanted.count * range.blockBytes, committee.limits.messageBytes)
                request(.blocks(Set(wanted)), of: peer, bytes: bytes, .fetchCommitted(wanted))
            } else {
                let after = range.commits.last?.commit.index ?? linearizer.last.index
                let candidates = rangeCandidates
                guard !candidates.isEmpty, !range.isWaitingForCommits, !range.isLast || range.commits.isEmpty,
                    range.commits.count < CertifiedCommits.commitsMaximum,
                    let peer = sources.next(of: candidates, except: range.busy, now: now.monotonic)
                else { return }
                request(.commits, of: peer, bytes: 0, .fetchCommits(after: after))
            }
        }
    }

    private mutating func request(_ subject: CatchUpRequest.Subject, of peer: ValidatorIndex, bytes: Int, _ message: CatchUpMessage) {
        let until = now.monotonic + sources.wait(for: peer, bytes: bytes)
        // What comes next may be the answer to the request before.
        let sentAt = range.requests[peer]?.sentAt ?? now.monotonic
        range.requests[peer] = CatchUpRequest(subject: subject, sentAt: sentAt, until: until)
        if sources.isTrusted(peer) {
            if range.commits.isEmpty { range.progressAt = max(range.progressAt, now.monotonic) }
        } else {
            // Who was silent when it was asked last may be asked, but nothing waits for it.
            range.requests[peer]?.isOverdue = true
            sources.timedOut(peer, now: now.monotonic)
        }
        effects.append(.send(.catchUp(message), to: peer))
    }

    /// Whom to ask for blocks: first who sent the commit, since it must hold them.
    private mutating func holder() -> ValidatorIndex? {
        let busy = range.busy.union(range.lacking)
        if let source = range.commits.first?.source, !busy.contains(source), sources.isTrusted(source) { return source }
        return sources.next(of: blockHolders, except: busy, now: now.monotonic)
    }

    // MARK: Answers

    /// Takes a peer's request off the list; nil where it was asked for nothing.
    mutating func answered(_ peer: ValidatorIndex, bytes: Int = 0) -> CatchUpRequest? {
        guard let request = range.requests.removeValue(forKey: peer) else { return nil }
        sources.answered(peer, after: now.monotonic - request.sentAt, bytes: bytes)
        return request
    }

    private mutating func receive(_ certified: CertifiedCommits, from peer: ValidatorIndex) {
        guard transfer == nil, let request = range.requests[peer] else { return }
        if request.isForCommits { _ = answered(peer) }
        var end = (index: linearizer.last.index, digest: linearizer.last.digest)
        if let pending = range.commits.last?.commit { end = (pending.index, pending.digest) }
        let fresh = Array(certified.commits.drop { $0.index <= end.index })
        guard let next = fresh.first, next.index == end.index + 1 else {
            // Somebody else may have been faster.
            guard request.isForCommits, !request.isOverdue else { return sources.helped(peer) }
            range.isLast = true
            return sources.wasInVain(peer, now: now.monotonic)
        }
        guard next.previous == end.digest else {
            guard range.commits.isEmpty else { return range.removeAll() }
            return report([.diverged(index: end.index, own: end.digest, quorum: next.previous)])
        }
        report(certifier.accept(certified.certificate))
        sources.helped(peer)
        range.append(fresh, from: peer)
        range.progressAt = now.monotonic
        askForMore()
        putOutRange()
    }

    /// Takes what is wanted of it, though it may answer an earlier request. An answer that brings nothing says that the peer does not hold it;
    /// others may be cut short by the size of a message.
    private mutating func receive(committed blocks: [Block], from peer: ValidatorIndex) {
        guard let request = range.requests[peer] else { return }
        if !request.isForCommits { _ = answered(peer, bytes: blocks.reduce(0) { $0 + $1.encoded.count }) }
        var isOfUse = false
        for block in blocks where range.wants(block.reference) {
            // Our own blocks we send again, so their signatures matter.
            guard block.author != own || block.isSigned(in: committee) else {
                sources.lied(peer, now: now.monotonic)
                continue
            }
            range.hold(block)
            isOfUse = true
        }
        if isOfUse {
            sources.helped(peer)
            range.progressAt = now.monotonic
        } else if request.blocks.contains(where: { range.wants($0) && !linearizer.dag.contains($0) }) {
            range.lacking.insert(peer)
        }
        // Before anything is executed, so that the peers work meanwhile.
        askForMore()
        putOutRange()
    }

    private mutating func receiveUnavailable(from peer: ValidatorIndex) {
        guard transfer == nil else { return transferUnavailable(from: peer) }
        guard let request = answered(peer) else { return }
        if !request.isForCommits { range.lacking.insert(peer) }
        if !request.isOverdue { sources.wasInVain(peer, now: now.monotonic) }
        if request.isForCommits { range.isLast = !range.commits.isEmpty }
    }

    private mutating func receiveLie(from peer: ValidatorIndex) {
        if transfer != nil { return transferLied(peer) }
        if range.requests.removeValue(forKey: peer) != nil { sources.lied(peer, now: now.monotonic) }
    }
}
