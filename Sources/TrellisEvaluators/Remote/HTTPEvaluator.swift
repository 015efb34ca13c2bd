// A judge behind an HTTP endpoint: asked with the proposal and the seat's mandate, in a form of ours or as Open Policy Agent's data API.

import TrellisModel

struct HTTPEvaluator: Sendable {
    let plan: HTTPPlan

    func evaluate(_ input: EvaluationInput, for seat: SeatBrief) async throws(RemoteFailure) -> Evaluation {
        let question = Self.question(input, seat)
        let call = RemoteCall(endpoint: plan.endpoint)
        switch plan.style {
        case .trellis: return try Self.verdict(try await call.ask(question))
        case .opa: return try Self.policyDecision(try await call.ask(.object([("input", question)])))
        }
    }

    /// `{"council", "seat", "mandate", "proposal": {"kind", "text", "fields"}}`
    static func question(_ input: EvaluationInput, _ seat: SeatBrief) -> JSONValue {
        let fields = input.fields.sorted { $0.key < $1.key }.map { (name: $0.key, value: JSONValue.string($0.value)) }
        return .object([
            ("council", .string(seat.council)), ("seat", .string(seat.seat)), ("mandate", .string(seat.mandate)),
            ("proposal", .object([("kind", .string(input.kind)), ("text", .string(input.text)), ("fields", .object(fields))])),
        ])
    }

    /// `{"verdict": "approve", "reason": "…"}`, and nothing else.
    static func verdict(_ answer: JSONValue) throws(RemoteFailure) -> Evaluation {
        guard case .object(let members) = answer, members.allSatisfy({ $0.name == "verdict" || $0.name == "reason" }),
            let word = answer["verdict"]?.text, let verdict = PolicyVerdict(rawValue: word), let reason = answer["reason"]?.text,
            !reason.isEmpty
        else { throw .unexpected("is no verdict with a reason") }
        return Evaluation(verdict: verdict, reason: reason, rule: nil)
    }

    /// `{"result": true}`, or an object with `allow` or `verdict`, and a `reason` or a list of `reasons` or `deny` messages. Without a result the
    /// policy has not decided (Open Policy Agent, data API: "result" is absent where the document is undefined).
    static func policyDecision(_ answer: JSONValue) throws(RemoteFailure) -> Evaluation {
        guard case .object = answer else { throw .unexpected("is no object") }
        guard let result = answer["result"] else { throw .unexpected("has no result: the policy is not defined for this proposal") }
        if case .bool(let allows) = result {
            return Evaluation(
                verdict: allows ? .approve : .reject, reason: allows ? "The policy allows it." : "The policy does not allow it.", rule: nil)
        }
        var reasons: [String] = []
        for name in ["reason", "reasons", "deny"] {
            if let text = result[name]?.text { reasons.append(text) }
            if case .array(let values)? = result[name] { reasons += values.prefix(16).compactMap(\.text) }
        }
        let reason = reasons.isEmpty ? nil : reasons.joined(separator: " ")
        let denies =
            result["deny"].map { $0 != .array([]) && $0 != .bool(false) && $0 != .null } ?? false || result["allow"] == .bool(false)
        if denies, result["allow"] == .bool(true) || result["verdict"]?.text == PolicyVerdict.approve.rawValue {
            throw .unexpected("approves and denies at once")
        }
        if let word = result["verdict"]?.text {
            guard let verdict = PolicyVerdict(rawValue: word) else { throw .unexpected("has an unknown verdict") }
            return Evaluation(verdict: verdict, reason: reason ?? "The policy says so.", rule: nil)
        }
        guard case .bool(let allows)? = result["allow"] else { throw .unexpected("has neither 'allow' nor 'verdict'") }
        return Evaluation(
            verdict: allows ? .approve : .reject, reason: reason ?? (allows ? "The policy allows it." : "The policy does not allow it."),
            rule: nil)
    }
}
