// Asking any evaluator: an answer always comes, and a failure is an abstention that says why.

extension EvaluatorPlan {
    /// The verdict of a seat. Remote judges are given their time and no more; then the seat abstains. What was sealed is shown to those
    /// alone that take it.
    public func evaluate(_ input: EvaluationInput, isSealed: Bool = false, for seat: SeatBrief) async -> Evaluation {
        do throws(RemoteFailure) {
            if let endpoint, isSealed, !endpoint.takesSealed { throw .sealed }
            switch self {
            case .rules(let policy): return policy.evaluate(input)
            case .http(let plan): return try await HTTPEvaluator(plan: plan).evaluate(input, for: seat)
            case .chat(let plan): return try await ChatEvaluator(plan: plan).evaluate(input, for: seat)
            }
        } catch {
            return Evaluation(verdict: .abstain, reason: "No verdict: \(error.reason).", rule: nil, detail: error.description)
        }
    }

    /// What this evaluator lacks to be asked at all; nil when nothing.
    public func missing(environment: [String: String]) -> String? {
        if let variable = endpoint?.tokenVariable, environment[variable, default: ""].isEmpty {
            return "the environment variable \(variable)"
        }
        if let path = endpoint?.certificates, (try? RemoteClients.certificates(path)) == nil { return "certificates in \(path)" }
        return nil
    }

    /// Whom it asks over the network; nil where it judges by itself.
    public var endpoint: RemoteEndpoint? {
        switch self {
        case .rules: nil
        case .http(let plan): plan.endpoint
        case .chat(let plan): plan.endpoint
        }
    }
}
