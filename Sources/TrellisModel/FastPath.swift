// The thresholds of the FinWhale commit rule (PROTOCOL §5, after arXiv 2606.26292): a block commits after two message delays while at
// most p of the stake is slow or faulty, and f may be Byzantine.

/// Stakes that the votes on one block must reach. p is what genesis calls `fast_path_faults`.
public struct FastPath: Sendable, Equatable {
    /// N - p: votes of the next round that commit by themselves.
    public let votes: Stake
    /// N - 2f - p: votes among a block's parents that make it evidence of such a commit, while the leader is not exposed as an equivocator.
    /// Once it is, its own stake is needed on top.
    public let evidence: Stake
    /// floor((N + f) / 2) + 1: two sets of this stake have more than f in common.
    public let majority: Stake

    public init(votes: Stake, evidence: Stake, majority: Stake) {
        self.votes = votes
        self.evidence = evidence
        self.majority = majority
    }

    /// Nil unless 1 <= p <= f and N >= 3f + 2p + 1 - 2w for the smallest stake w.
    public init?(_ stakes: Stakes, faults p: Stake) {
        let (total, faulty) = (stakes.total, stakes.faulty)
        guard p > 0, p <= faulty, let least = stakes.each.min(), total + 2 * least >= 3 * faulty + 2 * p + 1 else { return nil }
        votes = total - p
        evidence = total - 2 * faulty - p
        majority = (total + faulty) / 2 + 1
    }
}

extension Committee {
    /// Nil where the base rule commits.
    public var fastPath: FastPath? { FastPath(stakes, faults: parameters.fastPathFaults) }
}
