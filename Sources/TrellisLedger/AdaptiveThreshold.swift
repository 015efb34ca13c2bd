// The level of the decision threshold (PROTOCOL §7), computed from what is committed alone, with integers alone, so that all validators have
// the same at every commit. A window is so many commits, as genesis says.
//
//     of a window            good          standard       degraded      attack
//     median round time      <= 250 ms     <= 1000 ms     more
//     leaders missed         <= 1/20       <= 1/5         more          > 1/2
//     votes late             <= 1/20       <= 1/3         more
//     equivocations          none                                       any
//
// The worst of the four is what the window reads. A worse reading holds at once; after three better ones in a row it is one level better.

public import TrellisModel

/// What one window of commits shows.
public struct ThresholdWindow: Sendable, Equatable, WireEncodable, WireDecodable {
    /// Commits whose round times are known: all but the chain's first.
    public internal(set) var commits: UInt64 = 0
    /// Those of them that took at most `fastRound` a round, and those that took more than `slowRound`.
    public internal(set) var fast: UInt64 = 0
    public internal(set) var slow: UInt64 = 0
    /// Rounds from the last leader before the window to its own last, and how many of them have no committed leader.
    public internal(set) var rounds: UInt64 = 0
    public internal(set) var missed: UInt64 = 0
    /// Votes counted in adaptive councils, with the seats that were silent when their proposal expired; of these, how many came in the second
    /// half of the time for them, or never.
    public internal(set) var votes: UInt64 = 0
    public internal(set) var late: UInt64 = 0
    /// Evidence that was recorded.
    public internal(set) var equivocations: UInt64 = 0

    /// In milliseconds.
    public static let fastRound: Milliseconds = 250
    public static let slowRound: Milliseconds = 1000

    public init() {}

    public var roundTime: ThresholdLevel {
        if slow > commits / 2 { return .degraded }
        // Of an even number of commits the lower median counts.
        return fast >= commits - commits / 2 ? .good : .standard
    }

    public var missedLeaders: ThresholdLevel {
        if missed > rounds / 2 { return .attack }
        if missed > rounds / 5 { return .degraded }
        return missed > rounds / 20 ? .standard : .good
    }

    public var lateVotes: ThresholdLevel {
        if late > votes / 3 { return .degraded }
        return late > votes / 20 ? .standard : .good
    }

    public var misbehaviour: ThresholdLevel { equivocations > 0 ? .attack : .good }

    /// The worst of the four.
    public var reading: ThresholdLevel { max(roundTime, missedLeaders, lateVotes, misbehaviour) }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        commits = try decoder.u64()
        fast = try decoder.u64()
        slow = try decoder.u64()
        rounds = try decoder.u64()
        missed = try decoder.u64()
        votes = try decoder.u64()
        late = try decoder.u64()
        equivocations = try decoder.u64()
    }

    public func encode(to encoder: inout WireEncoder) {
        for value in [commits, fast, slow, rounds, missed, votes, late, equivocations] { encoder.u64(value) }
    }
}

/// The level in force, and what counts for the next one.
public struct AdaptiveThreshold: Sendable, Equatable, WireEncodable, WireDecodable {
    /// Windows in a row that must read better before the level is one better.
    public static let calmWindows: UInt8 = 3

    /// What proposals opened by the next commit are pinned to.
    public private(set) var level = ThresholdLevel.standard
    /// Windows in a row that read better than the level.
    public private(set) var calm: UInt8 = 0
    /// What the last full window showed; nil before there was one.
    public private(set) var last: ThresholdWindow?
    /// What the window that is open showed so far.
    public private(set) var current = ThresholdWindow()
    /// Of the last committed leader.
    private var round: Round = 0

    public init() {}

    /// A vote in an adaptive council counted.
    mutating func voted(isLate: Bool) {
        current.votes &+= 1
        if isLate { current.late &+= 1 }
    }

    /// An adaptive council's proposal expired, and so many of its seats had said nothing.
    mutating func wentSilent(seats: Int) {
        current.votes &+= UInt64(clamping: seats)
        current.late &+= UInt64(clamping: seats)
    }

    mutating func recordedEvidence() { current.equivocations &+= 1 }

    /// A commit was executed; whatever it counted was said before.
    ///
    /// - Parameters:
    ///   - previous: the timestamp of the commit before it; nil for the chain's first.
    ///   - window: the commits of a window.
    mutating func executed(_ commit: Commit, after previous: Milliseconds?, window: UInt64) {
        let rounds = commit.leader.round > round ? commit.leader.round - round : 0
        if let previous {
            let time = commit.timestamp > previous ? commit.timestamp - previous : 0
            let perRound = time / max(1, rounds)
            current.commits &+= 1
            if perRound <= ThresholdWindow.fastRound { current.fast &+= 1 }
            if perRound > ThresholdWindow.slowRound { current.slow &+= 1 }
        }
        current.rounds &+= rounds
        current.missed &+= rounds > 0 ? rounds - 1 : 0
        round = max(round, commit.leader.round)
        if commit.index.isMultiple(of: max(1, window)) { close() }
    }

    private mutating func close() {
        let reading = current.reading
        if reading > level {
            level = reading
            calm = 0
        } else if reading < level {
            calm += 1
            if calm >= Self.calmWindows {
                level = ThresholdLevel(rawValue: level.rawValue - 1) ?? .good
                calm = 0
            }
        } else {
            calm = 0
        }
        last = current
        current = ThresholdWindow()
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        guard let level = ThresholdLevel(rawValue: try decoder.u8()) else { throw .invalid(what: "level", offset: decoder.offset - 1) }
        self.level = level
        calm = try decoder.u8()
        guard calm < Self.calmWindows else { throw .invalid(what: "calm windows", offset: decoder.offset - 1) }
        round = try decoder.u64()
        current = try ThresholdWindow(from: &decoder)
        switch try decoder.u8() {
        case 0: last = nil
        case 1: last = try ThresholdWindow(from: &decoder)
        default: throw .invalid(what: "window flag", offset: decoder.offset - 1)
        }
    }

    public func encode(to encoder: inout WireEncoder) {
        encoder.u8(level.rawValue)
        encoder.u8(calm)
        encoder.u64(round)
        current.encode(to: &encoder)
        encoder.u8(last == nil ? 0 : 1)
        last?.encode(to: &encoder)
    }
}
