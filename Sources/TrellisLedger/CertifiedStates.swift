// The states that a validator offers to those who are far behind: ledgers as they stood at certified checkpoints. A ledger is a value, so
// that to keep one costs what changes afterwards.

import TrellisCrypto
public import TrellisModel

public struct CertifiedStates: Sendable {
    public struct State: Sendable {
        public let certificate: CheckpointCertificate
        /// As after the checkpoint's commit.
        public let ledger: Ledger
    }

    /// Commits between two states that are kept: taking one over must not take longer than it stays.
    public static let standardInterval: UInt64 = 256
    private static let kept = 2
    private static let candidatesMaximum = 8

    public let interval: UInt64
    private var candidates: [Ledger] = []
    /// Ascending.
    public private(set) var states: [State] = []

    public init(interval: UInt64 = standardInterval) { self.interval = interval }

    /// A commit gave the ledger a new checkpoint, or a restart brought it back.
    public mutating func executed(_ ledger: Ledger) {
        guard let checkpoint = ledger.lastCheckpoint, checkpoint.index > (candidates.last?.lastCheckpoint?.index ?? 0) else { return }
        if let newest = states.last?.certificate.checkpoint.index, checkpoint.index < newest + interval { return }
        candidates.append(ledger.atLastCheckpoint)
        if candidates.count > Self.candidatesMaximum { candidates.removeFirst() }
    }

    /// True when there is one more state to offer.
    public mutating func certified(_ certificate: CheckpointCertificate) -> Bool {
        let ledger = candidates.first { $0.lastCheckpoint == certificate.checkpoint }
        candidates.removeAll { ($0.lastCheckpoint?.index ?? 0) <= certificate.checkpoint.index }
        guard let ledger else { return false }
        states = states.suffix(Self.kept - 1) + [State(certificate: certificate, ledger: ledger)]
        candidates = []
        return true
    }

    /// The newest, or that of one commit.
    public func state(at index: UInt64? = nil) -> State? {
        guard let index else { return states.last }
        return states.first { $0.certificate.checkpoint.index == index }
    }
}

extension Ledger {
    /// The same state, as it was before commits that changed nothing.
    var atLastCheckpoint: Ledger {
        guard let checkpoint = lastCheckpoint else { return self }
        var ledger = self
        ledger.lastCommit = ExecutedCommit(index: checkpoint.index, digest: checkpoint.commit, timestamp: checkpoint.timestamp)
        ledger.threshold = certifiedThreshold
        return ledger
    }

    /// A ledger from a peer, which must be that of a certified checkpoint.
    ///
    /// - Throws: what `init(committee:snapshot:)` throws, and when it is another state.
    public init(committee: Committee, snapshot: [UInt8], certified checkpoint: Checkpoint) throws(LedgerError) {
        try self.init(committee: committee, snapshot: snapshot)
        guard lastCheckpoint == checkpoint, lastCommit.index == checkpoint.index else {
            throw .inconsistentSnapshot("it is not the state of checkpoint \(checkpoint.index)")
        }
    }
}
