// What a validator says of its optimizer.

/// The state of a validator's optimizer, as `GET /v1/optimizer/performance` gives it.
public struct OptimizerState: Sendable, Equatable, Decodable {
    public struct Interval: Sendable, Equatable, Decodable {
        public let operations: Int
        public let overdue: Int
        public let latencyMs: Double
        public let variation: Double
        public let cpuUsPerOperation: Double
        public let timeoutsPerRound: Double
    }

    public struct Deed: Sendable, Equatable, Decodable {
        public let interval: UInt64
        public let did: String
        public let why: String
    }

    public let mode: String
    public let converged: Bool
    public let measured: UInt64
    public let intervalMs: UInt64
    public let account: Double
    public let predictionAccuracy: Double?
    public let rankAccuracy: Double?
    public let choiceMs: Double
    public let choiceMsWorst: Double
    public let configured: [String: UInt64]
    public let inForce: [String: UInt64]
    public let last: Interval?
    /// The newest last.
    public let deeds: [Deed]
}

extension UnverifiedClient {
    /// What the validator's optimizer does, and why.
    public func optimizer() async throws(ClientError) -> Reply<OptimizerState> {
        try await decode(send(request("/v1/optimizer/performance")))
    }
}
