// What of a validator's pacing may change while it runs, each number within bounds under which the protocol stays safe and goes on. What a
// quorum is, what is collected as garbage and what genesis fixes is not here, and so cannot be changed.

/// A part of `Pacing` that is taken over at any time by `Input.tune`. Every number is brought within its bounds.
public struct Tuning: Sendable, Equatable {
    public static let batchBytesBounds: ClosedRange<Int> = 4096...(64 << 20)
    public static let batchDelayBounds: ClosedRange<UInt64> = 0...100
    public static let leaderTimeoutBounds: ClosedRange<UInt64> = 10...2000
    public static let roundDelayBounds: ClosedRange<UInt64> = 0...200
    public static let blocksInFlightBounds: ClosedRange<Int> = 1...1024
    public static let retryBounds: ClosedRange<UInt64> = 50...1000

    /// The most bytes of transactions in an own block; one transaction always fits, and never more than genesis allows.
    public let batchBytes: Int
    /// How long an own block waits for more transactions when it could be built, in milliseconds.
    public let batchDelay: UInt64
    /// As in `Pacing`, in milliseconds.
    public let leaderTimeout: UInt64
    public let roundDelayMinimum: UInt64
    /// How many own blocks with transactions may be neither ordered nor given up; more are built, but carry votes alone.
    public let blocksInFlight: Int
    /// As in `Pacing`, in milliseconds.
    public let retry: UInt64

    public init(batchBytes: Int, batchDelay: UInt64, leaderTimeout: UInt64, roundDelayMinimum: UInt64, blocksInFlight: Int, retry: UInt64) {
        self.batchBytes = Self.within(Self.batchBytesBounds, batchBytes)
        self.batchDelay = Self.within(Self.batchDelayBounds, batchDelay)
        self.leaderTimeout = Self.within(Self.leaderTimeoutBounds, leaderTimeout)
        self.roundDelayMinimum = Self.within(Self.roundDelayBounds, roundDelayMinimum)
        self.blocksInFlight = Self.within(Self.blocksInFlightBounds, blocksInFlight)
        self.retry = Self.within(Self.retryBounds, retry)
    }

    /// What `pacing` says now.
    public init(_ pacing: Pacing) {
        self.init(
            batchBytes: pacing.batchBytes, batchDelay: pacing.batchDelay, leaderTimeout: pacing.leaderTimeout,
            roundDelayMinimum: pacing.roundDelayMinimum, blocksInFlight: pacing.blocksInFlight, retry: pacing.retry)
    }

    private static func within<Number: Comparable>(_ bounds: ClosedRange<Number>, _ value: Number) -> Number {
        min(max(value, bounds.lowerBound), bounds.upperBound)
    }
}

extension Pacing {
    mutating func follow(_ tuning: Tuning) {
        batchBytes = tuning.batchBytes
        batchDelay = tuning.batchDelay
        leaderTimeout = tuning.leaderTimeout
        roundDelayMinimum = tuning.roundDelayMinimum
        blocksInFlight = tuning.blocksInFlight
        retry = tuning.retry
    }
}

extension Core {
    /// Paces itself by `tuning` from now on. What was asked for keeps its time.
    mutating func tune(_ tuning: Tuning) {
        pacing.follow(tuning)
        leaderTimer.pacing = pacing
        fetches.retry = pacing.retry
    }
}
