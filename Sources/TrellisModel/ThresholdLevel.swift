// The levels between which the decision threshold of an adaptive council moves, and which of them a council's floor leaves. Which level holds
// is for the ledger; ordering quorums are another matter and never move (PROTOCOL §2).

/// How the network fares, as all validators see it in what is committed.
public enum ThresholdLevel: UInt8, Sendable, CaseIterable, Comparable {
    case good = 0
    case standard = 1
    case degraded = 2
    case attack = 3

    /// The threshold of this level: 0.60 to 0.80.
    public var permille: UInt64 {
        switch self {
        case .good: 600
        case .standard: 670
        case .degraded: 750
        case .attack: 800
        }
    }

    public var name: String {
        switch self {
        case .good: "good"
        case .standard: "standard"
        case .degraded: "degraded"
        case .attack: "attack"
        }
    }

    /// Where the floor of an adaptive council may lie, per mille.
    public static let floors: ClosedRange<UInt64> = 600...800

    public static func < (left: ThresholdLevel, right: ThresholdLevel) -> Bool { left.rawValue < right.rawValue }
}

extension Council {
    /// The threshold that a proposal opened at this level is pinned to, per mille.
    public func threshold(at level: ThresholdLevel) -> UInt64 { isAdaptive ? max(thresholdPermille, level.permille) : thresholdPermille }

    /// Whether a proposal to this council can be pinned to this threshold.
    public func allows(threshold permille: UInt64) -> Bool { ThresholdLevel.allCases.contains { threshold(at: $0) == permille } }
}
