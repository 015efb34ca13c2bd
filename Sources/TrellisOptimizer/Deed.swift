// What the optimizer did and why, for whoever asks.

/// One thing that the optimizer did.
public struct Deed: Sendable, Equatable {
    public enum Kind: String, Sendable {
        /// A neighbour of what is in force is tried.
        case tries
        /// It is better, and stays.
        case adopts
        /// It is worse: given up at once.
        case abandons
        /// It is not surely better: given up after its time.
        case ends
        /// What is configured is better than what was adopted.
        case returns
        /// No neighbour promises enough: nothing is tried until something changes.
        case converges
        /// What is measured has changed: what was learned is forgotten.
        case drifts
    }

    /// The interval after which it did it.
    public let number: UInt64
    public let kind: Kind
    /// What is in force from then on.
    public let choice: Choice
    /// In words.
    public let reason: String
}

extension Double {
    /// A logarithm of a ratio as a percentage, like "+4.2 %".
    var percent: String {
        let tenths = (self * 1000).rounded()
        guard abs(tenths) < 1_000_000 else { return self > 0 ? "very much" : "very little" }
        let whole = Int(abs(tenths))
        return "\(tenths < 0 ? "-" : "+")\(whole / 10).\(whole % 10) %"
    }
}
