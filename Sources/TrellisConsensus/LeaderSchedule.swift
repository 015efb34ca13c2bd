// Which author leads which slot: a pure function of round and rank until a boundary commit changes it (Reputation.swift).

public import TrellisModel

public struct Slot: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let round: Round
    public let rank: Int

    public init(round: Round, rank: Int) {
        self.round = round
        self.rank = rank
    }

    public static func < (left: Self, right: Self) -> Bool { (left.round, left.rank) < (right.round, right.rank) }
    public var description: String { rank == 0 ? "\(round)" : "\(round).\(rank)" }
}

/// Round robin over the committee, with explicit rounds laid over it where a case names them.
public struct LeaderSchedule: Sendable {
    public let validators: Int
    public let leadersPerRound: Int
    private let overrides: [Round: [ValidatorIndex]]
    /// Element i leads the rounds that are i modulo n.
    private var leaders: [ValidatorIndex]

    public init(validators: Int, leadersPerRound: Int = 1, overrides: [Round: [ValidatorIndex]] = [:]) {
        self.validators = max(1, validators)
        self.leadersPerRound = max(1, min(leadersPerRound, self.validators))
        self.overrides = overrides
        leaders = (0..<self.validators).map { ValidatorIndex($0) }
    }

    mutating func follow(_ standing: LeaderStanding) {
        if standing.leaders.count == validators { leaders = standing.leaders }
    }

    public func leader(_ slot: Slot) -> ValidatorIndex {
        if let named = overrides[slot.round], slot.rank < named.count { return named[slot.rank] }
        return leaders[Int((slot.round % Round(validators) + Round(slot.rank)) % Round(validators))]
    }

    /// The slots of a round in order.
    public func slots(_ round: Round) -> [Slot] { (0..<leadersPerRound).map { Slot(round: round, rank: $0) } }
}
