// How well scores were predicted: each is foretold from what was known before the interval, for the load that it then had.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

public struct Accuracy: Sendable, Equatable {
    private let kept: Int
    private var pairs: [(expected: Double, measured: Double)] = []
    private var errors = 0.0
    /// How many predictions were put to the test.
    public private(set) var count = 0

    init(kept: Int) { self.kept = kept }

    public static func == (one: Self, other: Self) -> Bool {
        one.count == other.count && one.errors == other.errors
            && one.pairs.elementsEqual(other.pairs) { $0.expected == $1.expected && $0.measured == $1.measured }
    }

    /// Logarithms of scores.
    mutating func add(expected: Double, measured: Double) {
        count += 1
        errors += abs(exp(expected - measured) - 1)
        pairs.append((expected, measured))
        if pairs.count > kept { pairs.removeFirst() }
    }

    /// 1 less the mean absolute error as a share of the score; nil before the first.
    public var ofScore: Double? { count == 0 ? nil : 1 - errors / Double(count) }

    /// Of two of the last intervals, how often the better one was foretold to be the better one; nil while there are no two.
    public var ofRank: Double? {
        var right = 0
        var all = 0
        for (place, one) in pairs.enumerated() {
            for other in pairs[..<place] where one.measured != other.measured {
                all += 1
                if (one.expected > other.expected) == (one.measured > other.measured) { right += 1 }
            }
        }
        return all == 0 ? nil : Double(right) / Double(all)
    }
}
