// What a node says of its optimizer.

public import TrellisOptimizer

public struct OptimizerReport: Sendable {
    public let mode: OptimizerMode
    public let optimizer: Optimizer
    /// The last interval in which clients gave anything.
    public let last: Measurement?
    /// How long the last choice took, and the longest, in milliseconds.
    public let choiceLast: Double
    public let choiceWorst: Double
    /// Milliseconds.
    public let interval: UInt64

    public init(mode: OptimizerMode, optimizer: Optimizer, last: Measurement?, choiceLast: Double, choiceWorst: Double, interval: UInt64) {
        self.mode = mode
        self.optimizer = optimizer
        self.last = last
        self.choiceLast = choiceLast
        self.choiceWorst = choiceWorst
        self.interval = interval
    }
}
