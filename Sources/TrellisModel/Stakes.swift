// Who counts for how much: stake sums, the fault bound f and the quorum Q = N - f, fixed for an epoch (PROTOCOL §2).

public typealias Round = UInt64
public typealias Epoch = UInt64
public typealias ValidatorIndex = UInt32
public typealias Stake = UInt64
/// Milliseconds since 1970-01-01T00:00:00Z on somebody's wall clock.
public typealias Milliseconds = UInt64

/// The stakes of a committee, indexed by validator.
public struct Stakes: Sendable, Equatable {
    /// A single validator's stake is bounded so that no sum can overflow.
    public static let stakeMaximum: Stake = 1 << 40
    public static let validatorsMaximum = 1 << 16

    public let each: [Stake]
    public let total: Stake
    /// The most stake that may be Byzantine: floor((N - 1) / 3).
    public let faulty: Stake
    /// N - f: what every ordering decision needs.
    public let quorum: Stake

    /// Nil when the list is empty, too long, or a stake is zero or above `stakeMaximum`.
    public init?(_ each: [Stake]) {
        guard !each.isEmpty, each.count <= Self.validatorsMaximum else { return nil }
        guard each.allSatisfy({ $0 > 0 && $0 <= Self.stakeMaximum }) else { return nil }
        self.each = each
        total = each.reduce(0, +)
        faulty = (total - 1) / 3
        quorum = total - faulty
    }

    public var count: Int { each.count }

    public subscript(_ validator: ValidatorIndex) -> Stake {
        Int(validator) < each.count ? each[Int(validator)] : 0
    }
}

/// A set of validators and the stake it stands for: each author counts once.
public struct StakeCount: Sendable {
    /// The first 64 validators, and the others; most committees need no memory but this.
    private var seen: UInt64 = 0
    private var seenBeyond: [UInt64] = []
    public private(set) var stake: Stake = 0

    public init(validators: Int) {
        if validators > 64 { seenBeyond = [UInt64](repeating: 0, count: (validators - 1) / 64) }
    }

    /// Adds `validator` unless it was counted before or is unknown.
    @discardableResult
    public mutating func insert(_ validator: ValidatorIndex, _ stakes: Stakes) -> Bool { insert(validator, stakes, again: false) }

    /// - Parameter again: for a mutation alone: counts who was counted before once more.
    @discardableResult
    package mutating func insert(_ validator: ValidatorIndex, _ stakes: Stakes, again: Bool) -> Bool {
        guard Int(validator) < stakes.count, again || !contains(validator) else { return false }
        let bit: UInt64 = 1 << (UInt64(validator) % 64)
        if validator < 64 { seen |= bit } else { seenBeyond[Int(validator) / 64 - 1] |= bit }
        stake += stakes[validator]
        return true
    }

    public func contains(_ validator: ValidatorIndex) -> Bool {
        let bit: UInt64 = 1 << (UInt64(validator) % 64)
        guard validator >= 64 else { return seen & bit != 0 }
        let word = Int(validator) / 64 - 1
        return word < seenBeyond.count && seenBeyond[word] & bit != 0
    }
}
