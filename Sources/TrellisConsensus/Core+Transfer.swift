// Catching up by state (PROTOCOL §8), where peers keep the missing commits no longer: one of them offers the state after a certified
// commit. It is fetched in parts and checked as a whole against the certificate, then the entries of the log that are missing, each part
// proven to be of the certified log; then all of it is installed at once, and the core begins anew from there.
//
//   asked for commits --> offer --> parts of the state --> check --> parts of the log, each staged --> install --> ranges, blocks

import TrellisCrypto
public import TrellisModel

struct StateTransfer: Sendable {
    /// Who is asked at present.
    var peer: ValidatorIndex
    let certificate: CheckpointCertificate
    /// Of the whole state, in bytes.
    let size: Int
    /// The own last commit. Once another one is put out here, this is over.
    let base: UInt64
    var askAgainAt: UInt64
    var bytes: [UInt8] = []
    /// The log entries asked for and got; nil until the state was checked.
    var logSize: UInt64?
    var vain = 0
}

extension Core {
    /// What a state can come to: the pending proposals that a ledger holds at most, with what is kept beside each; the evidence that it
    /// records; the headers of twins in every slot that garbage collection has not passed, and the commits that name them.
    static func stateBytesMaximum(_ committee: Committee) -> Int {
        let limits = committee.limits
        let pending = (256 << 20) + 16_384 * 256
        let evidence = committee.validators.count * 8 * (2 * limits.certificateBytes / max(1, committee.validators.count) + 256)
        let blocks = Int(clamping: min(committee.parameters.gcDepth, 1 << 16)) * committee.validators.count * 2
        let standing = committee.validators.count * 12 + 256
        return pending + evidence + blocks * (limits.headerBytes + 64) + Int(clamping: committee.parameters.gcDepth) * standing + 4096
    }

    /// Bytes of one part.
    public static func statePartBytes(_ committee: Committee) -> Int { min(1 << 20, committee.limits.messageBytes - 1024) }

    mutating func receiveOffer(_ certificate: CheckpointCertificate, size: UInt64, from peer: ValidatorIndex) {
        guard let range, range.peer == peer, range.commits.isEmpty, transfer == nil else { return }
        guard certificate.checkpoint.index > linearizer.last.index, size > 0, size <= UInt64(Self.stateBytesMaximum(committee)) else {
            return askedInVain()
        }
        self.range = nil
        transfer = StateTransfer(
            peer: peer, certificate: certificate, size: Int(size), base: linearizer.last.index, askAgainAt: now.monotonic + 4 * pacing.retry
        )
        effects.append(.send(.catchUp(.fetchState(index: certificate.checkpoint.index, offset: 0)), to: peer))
    }

    mutating func receiveState(_ index: UInt64, _ offset: UInt64, _ part: [UInt8], from peer: ValidatorIndex) {
        guard var current = transfer, current.peer == peer, current.logSize == nil, current.bytes.count < current.size,
            index == current.certificate.checkpoint.index, offset == UInt64(current.bytes.count)
        else { return }
        guard part.count == min(Self.statePartBytes(committee), current.size - current.bytes.count) else { return transferLied() }
        // So that the bytes are not copied with each part.
        transfer = nil
        current.bytes += part
        current.askAgainAt = now.monotonic + 4 * pacing.retry
        if current.bytes.count < current.size {
            effects.append(.send(.catchUp(.fetchState(index: index, offset: UInt64(current.bytes.count))), to: peer))
        } else {
            effects.append(.catchUp(.check(current.bytes, current.certificate)))
            current.bytes = []
        }
        transfer = current
    }

    mutating func receiveEntries(_ from: UInt64, _ entries: [[UInt8]], _ proof: [Digest], from peer: ValidatorIndex) {
        guard var current = transfer, current.peer == peer, let size = current.logSize, from == size, !entries.isEmpty else { return }
        let checkpoint = current.certificate.checkpoint
        guard UInt64(entries.count) <= checkpoint.logSize - size else { return transferLied() }
        current.logSize = size + UInt64(entries.count)
        current.vain = 0
        transfer = current
        // The peer looks for the next ones while these are written.
        fetchEntries()
        effects.append(.catchUp(.stage(entries, proof, checkpoint)))
    }

    /// What the rim says of what it was given.
    mutating func hear(_ answer: CatchUpAnswer) {
        guard let current = transfer else { return }
        let checkpoint = current.certificate.checkpoint
        switch answer {
        case .checked(let foundation, let logSize):
            // Who holds blocks that the state's end still needs has no need of the state.
            guard foundation.floor(committee) >= linearizer.dag.highestRound, logSize <= checkpoint.logSize else { return transferInVain() }
            var checked = current
            checked.logSize = logSize
            transfer = checked
            if logSize == checkpoint.logSize { effects.append(.catchUp(.install)) } else { fetchEntries() }
        case .staged(let logSize):
            if logSize == checkpoint.logSize { effects.append(.catchUp(.install)) }
        case .refused(let logSize):
            if current.logSize != nil { transfer?.logSize = logSize }
            transferLied()
        case .installed(let recovered):
            beginAnew(recovered, current.certificate)
        }
    }

    private mutating func fetchEntries() {
        guard var current = transfer, let from = current.logSize, from < current.certificate.checkpoint.logSize else { return }
        current.askAgainAt = now.monotonic + 4 * pacing.retry
        transfer = current
        let size = current.certificate.checkpoint.logSize
        effects.append(.send(.catchUp(.fetchEntries(from: from, size: size)), to: current.peer))
    }

    /// Asks again where a peer is silent; gives up where the own chain has moved on.
    mutating func continueTransfer() {
        guard let current = transfer else { return }
        if current.base != linearizer.last.index {
            transfer = nil
            effects.removeAll { if case .catchUp(.install) = $0 { true } else { false } }
        } else if current.askAgainAt <= now.monotonic {
            transferInVain()
        }
    }

    mutating func transferLied() {
        if let peer = transfer?.peer { rangePeers.liars.insert(peer) }
        transferInVain()
    }

    /// The entries of the log everybody has; the state only who offered it.
    private mutating func transferInVain() {
        guard let current = transfer else { return }
        let candidates = rangeCandidates.count
        guard current.logSize != nil, current.vain < 2 * candidates, let peer = nextRangePeer() else {
            transfer = nil
            return askedInVain()
        }
        rangePeers.last = peer
        transfer?.peer = peer
        transfer?.vain += 1
        fetchEntries()
    }

    /// The state is installed: everything that hung on the old graph is forgotten, but for what this validator has said and has to say.
    private mutating func beginAnew(_ recovered: Recovered, _ certificate: CheckpointCertificate) {
        let old = self
        self = Core(committee: committee, own: own, pacing: pacing, recovered: recovered)
        now = old.now
        effects = old.effects
        pool = old.pool
        pool.reclaim(atOrBelow: linearizer.gcRound)
        if old.ownLast.round > 0 { said(old.ownLast) }
        signedUpTo = max(signedUpTo, old.signedUpTo)
        isSealing = old.isSealing
        recall = old.recall
        wantedRound = old.wantedRound
        leaderTimer = old.leaderTimer
        lastProposedAt = old.lastProposedAt
        lastHeardFromUsAt = old.lastHeardFromUsAt
        wakeAt = old.wakeAt
        peers = old.peers
        rangePeers = RangePeers(liars: old.rangePeers.liars)
        // Taken once its checkpoint counts as executed.
        report(certifier.accept(certificate))
    }
}
