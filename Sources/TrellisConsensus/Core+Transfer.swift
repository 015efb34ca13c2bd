// Catching up by state (PROTOCOL §8), where peers keep the missing commits no longer: one of them offers the state after a certified
// commit. It is fetched in parts and checked as a whole against the certificate, then the entries of the log that are missing, each part
// proven to be of the certified log; then all of it is installed at once, and the core begins anew from there.
//
//   asked for commits --> offer --> parts of the state --> check --> parts of the log, each staged --> install --> ranges, blocks

import TrellisCrypto
public import TrellisModel

struct StateTransfer: Sendable {
    /// Who offered it: the state comes from it alone.
    let source: ValidatorIndex
    let certificate: CheckpointCertificate
    /// Of the whole state, in bytes.
    let size: Int
    /// The own last commit. Once another one is put out here, this is over.
    let base: UInt64
    /// When the state is given up, if it is not all here.
    let until: UInt64
    /// Who is asked at present, since when, and when that is over.
    var peer: ValidatorIndex?
    var askedAt: UInt64
    var askAgainAt: UInt64 = .max
    /// Requests in vain since something came.
    var vain = 0
    var bytes: [UInt8] = []
    /// The log entries asked for and got; nil until the state was checked.
    var logSize: UInt64?
    /// When each was asked for entries whose entries are taken.
    var asked: [ValidatorIndex: UInt64] = [:]
    /// Who sent the parts that are being staged; nil: no fault of who sent it if it does not fit.
    var staging: [ValidatorIndex?] = []
    /// Of the last part of the log.
    var partBytes = 0
}

/// What is remembered from one state to the next.
struct TransferHistory: Sendable {
    /// States in a row that were given up.
    var vain = 0
    /// Whose entries did not fit onto the own log since the last ones that did.
    var refused: StakeCount

    init(validators: Int) { refused = StakeCount(validators: validators) }
}

extension Core {
    /// Requests in vain for one part of a state.
    private static let partAttempts = 3

    /// What a state can come to: the pending proposals that a ledger holds at most, with what is kept beside each; the evidence that it
    /// records; the headers of twins in every slot that garbage collection has not passed, and the commits that name them.
    static func stateBytesMaximum(_ committee: Committee) -> Int {
        let limits = committee.limits
        let pending = Limits.pendingBytesMaximum + Limits.pendingMaximum * 256
        let proof = 2 * AttestationProof.encodedSizeMaximum(committee.suite, signatureBytes: limits.signatureBytes) + 256
        let evidence = committee.validators.count * Limits.evidencePerValidatorMaximum * proof
        let rounds = Int(clamping: min(committee.parameters.gcDepth, 1 << 16)) + 1
        let headers = rounds * committee.validators.count * 2 * (limits.headerBytes + 64)
        return pending + evidence + headers + rounds * (committee.validators.count * 12 + 256) + 4096
    }

    /// Bytes of one part.
    public static func statePartBytes(_ committee: Committee) -> Int { min(1 << 20, committee.limits.messageBytes - 1024) }

    // MARK: The state

    mutating func receiveOffer(_ certificate: CheckpointCertificate, size: UInt64, from peer: ValidatorIndex) {
        guard transfer == nil, range.commits.isEmpty, range.requests[peer]?.isForCommits == true, answered(peer) != nil else { return }
        guard size > 0, size <= UInt64(Self.stateBytesMaximum(committee)) else { return sources.lied(peer, now: now.monotonic) }
        guard certificate.checkpoint.index > linearizer.last.index else { return sources.wasInVain(peer, now: now.monotonic) }
        // However large it is said to be, it must come half as fast as a link is taken to be, the next one a quarter.
        let time = (64 * pacing.retry + 2 * sources.time(bytes: Int(size))) << UInt64(min(transfers.vain, 6))
        transfer = StateTransfer(
            source: peer, certificate: certificate, size: Int(size), base: linearizer.last.index, until: now.monotonic + time,
            askedAt: now.monotonic)
        range.progressAt = now.monotonic
        fetchState()
    }

    private mutating func fetchState() {
        guard let current = transfer else { return }
        let (index, offset) = (current.certificate.checkpoint.index, current.bytes.count)
        let bytes = min(Self.statePartBytes(committee), current.size - offset)
        transfer?.peer = current.source
        transfer?.askAgainAt = min(current.until, now.monotonic + sources.wait(for: current.source, bytes: bytes))
        effects.append(.send(.catchUp(.fetchState(index: index, offset: UInt64(offset))), to: current.source))
    }

    mutating func receiveState(_ index: UInt64, _ offset: UInt64, _ part: [UInt8], from peer: ValidatorIndex) {
        guard var current = transfer, current.source == peer, current.logSize == nil, current.bytes.count < current.size,
            index == current.certificate.checkpoint.index, offset == UInt64(current.bytes.count)
        else { return }
        guard part.count == min(Self.statePartBytes(committee), current.size - current.bytes.count) else { return transferLied(peer) }
        sources.answered(peer, after: now.monotonic - current.askedAt, bytes: part.count)
        sources.helped(peer)
        range.progressAt = now.monotonic
        // So that the bytes are not copied with each part.
        transfer = nil
        current.bytes += part
        current.askedAt = now.monotonic
        current.vain = 0
        guard current.bytes.count == current.size else {
            transfer = current
            return fetchState()
        }
        effects.append(.catchUp(.check(current.bytes, current.certificate)))
        current.bytes = []
        current.peer = nil
        current.askAgainAt = .max
        transfer = current
    }

    // MARK: The log

    private mutating func fetchEntries(of peer: ValidatorIndex) {
        guard let current = transfer, let from = current.logSize, from < current.certificate.checkpoint.logSize else { return }
        transfer?.peer = peer
        transfer?.asked[peer] = now.monotonic
        let bytes = current.partBytes
        transfer?.askAgainAt =
            now.monotonic + (sources.isTrusted(peer) ? sources.wait(for: peer, bytes: bytes) : sources.time(bytes: bytes))
        let size = current.certificate.checkpoint.logSize
        effects.append(.send(.catchUp(.fetchEntries(from: from, size: size)), to: peer))
    }

    mutating func receiveEntries(_ from: UInt64, _ entries: [[UInt8]], _ proof: [Digest], from peer: ValidatorIndex) {
        guard let current = transfer, let size = current.logSize, let askedAt = current.asked[peer], from == size, !entries.isEmpty
        else { return }
        let checkpoint = current.certificate.checkpoint
        guard UInt64(entries.count) <= checkpoint.logSize - size else { return transferLied(peer) }
        let bytes = entries.reduce(0) { $0 + $1.count }
        sources.answered(peer, after: now.monotonic - askedAt, bytes: bytes)
        range.progressAt = now.monotonic
        transfer?.logSize = size + UInt64(entries.count)
        transfer?.partBytes = bytes
        transfer?.vain = 0
        transfer?.staging.append(peer)
        transfer?.askAgainAt = .max
        // The peer looks for the next ones while these are written.
        fetchEntries(of: peer)
        effects.append(.catchUp(.stage(entries, proof, checkpoint)))
    }

    /// Asks the next peer for entries: everybody has them.
    private mutating func fetchEntriesElsewhere() {
        guard let current = transfer, current.logSize != nil else { return }
        let candidates = Set(rangeCandidates).union([current.source]).sorted()
        guard current.vain < 2 * candidates.count else { return giveUpTransfer() }
        if let peer = sources.next(of: candidates, now: now.monotonic) { return fetchEntries(of: peer) }
        let next = sources.nextAt(of: candidates, after: now.monotonic) ?? now.monotonic + 4 * pacing.retry
        transfer?.peer = nil
        transfer?.askAgainAt = next
    }

    // MARK: What the rim says

    /// What the rim says of what it was given.
    mutating func hear(_ answer: CatchUpAnswer) {
        guard let current = transfer else { return }
        let checkpoint = current.certificate.checkpoint
        switch answer {
        case .checked(let foundation, let logSize):
            // Who holds blocks that the state's end still needs has no need of the state.
            guard foundation.floor(committee) >= linearizer.dag.highestRound, logSize <= checkpoint.logSize else { return giveUpTransfer() }
            transfers.vain = 0
            transfer?.logSize = logSize
            if logSize == checkpoint.logSize { effects.append(.catchUp(.install)) } else { fetchEntries(of: current.source) }
        case .staged(let logSize):
            if let sender = current.staging.first, let sender { sources.helped(sender) }
            transfer?.staging = Array(current.staging.dropFirst())
            transfers.refused = StakeCount(validators: committee.validators.count)
            if logSize == checkpoint.logSize { effects.append(.catchUp(.install)) }
        case .refused(let logSize): refused(logSize)
        case .installed(let recovered): beginAnew(recovered, current.certificate)
        }
    }

    private mutating func refused(_ logSize: UInt64) {
        guard let current = transfer else { return }
        guard current.logSize != nil else { return transferLied(current.source) }
        guard let sender = current.staging.first else { return giveUpTransfer() }
        // What was built on it fits no more, whoever sent it.
        transfer?.staging = current.staging.dropFirst().map { _ in nil }
        guard let sender else { return }
        transfer?.logSize = logSize
        transfers.refused.insert(sender, committee.stakes)
        // Not all of them lie: the own log is not what the quorum certified.
        guard transfers.refused.stake <= committee.stakes.faulty else {
            return halt(.logDiverged(size: logSize, certified: current.certificate.checkpoint))
        }
        sources.lied(sender, now: now.monotonic)
        transferInVain()
    }

    // MARK: What does not come

    /// Asks again where a peer is silent; gives up where the own chain has moved on.
    mutating func continueTransfer() {
        guard let current = transfer else { return }
        if current.base != linearizer.last.index {
            transfer = nil
            effects.removeAll { if case .catchUp(.install) = $0 { true } else { false } }
        } else if current.askAgainAt <= now.monotonic {
            if let peer = current.peer { sources.timedOut(peer, now: now.monotonic) }
            transferInVain()
        }
    }

    private mutating func transferInVain() {
        guard let current = transfer else { return }
        transfer?.vain = current.vain + 1
        guard current.logSize == nil else { return fetchEntriesElsewhere() }
        guard current.vain + 1 < Self.partAttempts, now.monotonic < current.until else { return giveUpTransfer() }
        fetchState()
    }

    private mutating func giveUpTransfer() {
        guard let current = transfer else { return }
        transfer = nil
        if current.logSize == nil { transfers.vain += 1 }
        sources.wasInVain(current.source, now: now.monotonic)
    }

    mutating func transferUnavailable(from peer: ValidatorIndex) {
        guard let current = transfer, current.peer == peer else { return }
        sources.wasInVain(peer, now: now.monotonic)
        if current.logSize == nil { giveUpTransfer() } else { transferInVain() }
    }

    /// What a peer sent for this is false.
    mutating func transferLied(_ peer: ValidatorIndex) {
        guard let current = transfer, current.source == peer || current.asked[peer] != nil else { return }
        sources.lied(peer, now: now.monotonic)
        if current.logSize == nil { giveUpTransfer() } else if current.peer == peer || current.peer == nil { transferInVain() }
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
        sources = old.sources
        // Taken once its checkpoint counts as executed.
        report(certifier.accept(certificate))
    }
}
