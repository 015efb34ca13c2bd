// What may be tuned, and within which bounds: six numbers by which a validator paces itself. Nothing that safety rests on has a name here, so
// that nothing here can move it.

/// A number that the optimizer may move.
public enum Knob: String, Sendable, CaseIterable {
    /// The most bytes of transactions in an own block.
    case batchBytes = "batch_bytes"
    /// How long an own block waits for more transactions when it could be built, in milliseconds.
    case batchDelay = "batch_delay_ms"
    /// How long a round waits for its leader's block before round times are known, in milliseconds.
    case leaderTimeout = "leader_timeout_ms"
    /// The least time between two own blocks, in milliseconds.
    case roundDelay = "round_delay_ms"
    /// Own blocks with transactions that are under way at once.
    case blocksInFlight = "blocks_in_flight"
    /// After how long what is unanswered is asked for again, in milliseconds.
    case retry = "retry_ms"

    /// The values that are tried, ascending.
    public var ladder: [UInt64] {
        switch self {
        case .batchBytes: [16 << 10, 64 << 10, 256 << 10, 1 << 20]
        case .batchDelay: [0, 2, 5, 10, 20, 50]
        case .leaderTimeout: [25, 50, 100, 200, 400, 800]
        case .roundDelay: [0, 2, 5, 10, 20, 50, 100]
        case .blocksInFlight: [1, 2, 3, 4, 6]
        case .retry: [60, 125, 250, 500]
        }
    }

    var place: Int {
        switch self {
        case .batchBytes: 0
        case .batchDelay: 1
        case .leaderTimeout: 2
        case .roundDelay: 3
        case .blocksInFlight: 4
        case .retry: 5
        }
    }
}

/// One step of one knob, up or down its ladder.
public struct Turn: Sendable, Hashable, CustomStringConvertible {
    public let knob: Knob
    public let isUp: Bool

    public static let all = Knob.allCases.flatMap { [Turn(knob: $0, isUp: false), Turn(knob: $0, isUp: true)] }
    public var description: String { "\(knob.rawValue) \(isUp ? "up" : "down")" }
}

/// A value for every knob.
public struct Choice: Sendable, Hashable, CustomStringConvertible {
    private var values: [UInt64]

    public init(_ value: (Knob) -> UInt64) { values = Knob.allCases.map(value) }

    public init(batchBytes: Int, batchDelay: UInt64, leaderTimeout: UInt64, roundDelay: UInt64, blocksInFlight: Int, retry: UInt64) {
        self.init { knob in
            switch knob {
            case .batchBytes: UInt64(clamping: batchBytes)
            case .batchDelay: batchDelay
            case .leaderTimeout: leaderTimeout
            case .roundDelay: roundDelay
            case .blocksInFlight: UInt64(clamping: blocksInFlight)
            case .retry: retry
            }
        }
    }

    public subscript(knob: Knob) -> UInt64 {
        get { values[knob.place] }
        set { values[knob.place] = newValue }
    }

    public var description: String { Knob.allCases.map { "\($0.rawValue) \(self[$0])" }.joined(separator: ", ") }

    /// The knobs in which it differs from another, with the values.
    public func difference(from other: Choice) -> String {
        let changed = Knob.allCases.filter { self[$0] != other[$0] }
        return changed.isEmpty ? "as configured" : changed.map { "\($0.rawValue) \(other[$0]) -> \(self[$0])" }.joined(separator: ", ")
    }
}

/// The choices there are: the ladders, with what is configured on them.
public struct SearchSpace: Sendable, Equatable {
    /// What is configured: where the search begins and falls back to.
    public let standard: Choice
    private let ladders: [[UInt64]]

    public init(standard: Choice) {
        self.standard = standard
        ladders = Knob.allCases.map { knob in
            let value = standard[knob]
            return (knob.ladder.filter { $0 != value } + [value]).sorted()
        }
    }

    public func ladder(_ knob: Knob) -> [UInt64] { ladders[knob.place] }

    /// How far up its ladder each knob stands.
    func levels(_ choice: Choice) -> [Double] {
        Knob.allCases.map { knob in Double(ladder(knob).firstIndex(of: choice[knob]) ?? 0) }
    }

    /// The choice one step away; nil at the end of the ladder.
    public func neighbour(of choice: Choice, _ turn: Turn) -> Choice? {
        let ladder = ladder(turn.knob)
        guard let place = ladder.firstIndex(of: choice[turn.knob]) else { return nil }
        let next = place + (turn.isUp ? 1 : -1)
        guard ladder.indices.contains(next) else { return nil }
        var neighbour = choice
        neighbour[turn.knob] = ladder[next]
        return neighbour
    }
}
