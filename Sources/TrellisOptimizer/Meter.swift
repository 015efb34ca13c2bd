// What is measured at one validator between the ends of two intervals: how long its clients' transactions took, and what that cost. Times come
// in as microseconds of a clock that only goes on.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Follows transactions from being given to being certified, at most `followedMaximum` at a time: those stand for all.
public struct Meter<Identifier: Hashable & Sendable>: Sendable {
    public static var followedMaximum: Int { 4096 }

    /// What only grows, as it stands at the end of an interval.
    public struct Counters: Sendable, Equatable {
        /// CPU time in microseconds.
        public var cpu: UInt64
        /// Leaders that were given up, and the newest own round.
        public var leadersMissed: UInt64
        public var round: UInt64

        public init(cpu: UInt64 = 0, leadersMissed: UInt64 = 0, round: UInt64 = 0) {
            self.cpu = cpu
            self.leadersMissed = leadersMissed
            self.round = round
        }
    }

    /// When each was given.
    private var open: [Identifier: UInt64] = [:]
    /// Those that are ordered, by the commit: what was ordered later is certified later.
    private var ordered: [(commit: UInt64, since: UInt64)] = []
    private var latencies: [Double] = []
    private var given = 0
    private var followed = 0
    private var refused = 0
    private var before: Counters

    public init(_ counters: Counters = Counters()) { before = counters }

    /// An interval begins that does not follow another one.
    public mutating func begin(_ counters: Counters) { before = counters }

    /// Whether nothing is under way and nothing came.
    public var isIdle: Bool { open.isEmpty && ordered.isEmpty && latencies.isEmpty && given == 0 && refused == 0 }

    /// A client gave these.
    public mutating func given(_ identifiers: some Sequence<Identifier>, at now: UInt64) {
        for identifier in identifiers {
            given += 1
            guard open.count + ordered.count < Self.followedMaximum, open[identifier] == nil else { continue }
            open[identifier] = now
            followed += 1
        }
    }

    /// Clients were turned away with so many.
    public mutating func refused(_ count: Int) { refused += count }

    /// A commit put these in the log.
    public mutating func ordered(_ identifiers: some Sequence<Identifier>, in commit: UInt64) {
        guard !open.isEmpty else { return }
        for identifier in identifiers {
            if let since = open.removeValue(forKey: identifier) { ordered.append((commit, since)) }
        }
    }

    /// All up to this commit can be proven.
    public mutating func certified(_ commit: UInt64, at now: UInt64) {
        let count = ordered.prefix { $0.commit <= commit }.count
        for entry in ordered.prefix(count) { latencies.append(Double(now - min(now, entry.since)) / 1000) }
        ordered.removeFirst(count)
    }

    /// Ends an interval of so many milliseconds.
    public mutating func measurement(_ number: UInt64, interval: UInt64, now: UInt64, counters: Counters) -> Measurement {
        let patience = interval * 1000
        let waiting = (open.values.map { $0 } + ordered.map(\.since)).map { now - min(now, $0) }
        let late = waiting.filter { $0 > patience }
        // What is never ordered, as a repeated proposal may be, is not waited for for ever.
        open = open.filter { now - min(now, $0.value) <= 30 * patience }
        let scale = followed > 0 ? Double(given) / Double(followed) : 1
        let samples = latencies.isEmpty ? late.map { Double($0) / 1000 } : latencies
        let mean = samples.isEmpty ? 0 : samples.reduce(0, +) / Double(samples.count)
        let variance = samples.isEmpty ? 0 : samples.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(samples.count)
        let rounds = counters.round - min(counters.round, before.round)
        let operations = Double(latencies.count) * scale
        let measurement = Measurement(
            number: number, operations: Int(operations), overdue: Int(Double(late.count) * scale) + refused, latency: mean,
            variation: mean > 0 ? variance.squareRoot() / mean : 0, offered: Double(given + refused) * 1000 / Double(max(1, interval)),
            energy: Double(counters.cpu - min(counters.cpu, before.cpu)) / max(1, operations),
            timeouts: rounds > 0 ? Double(counters.leadersMissed - min(counters.leadersMissed, before.leadersMissed)) / Double(rounds) : 0)
        latencies = []
        given = 0
        followed = 0
        refused = 0
        before = counters
        return measurement
    }
}
