// JSON schemas of what the API says of the optimizer.

import TrellisJSON
import TrellisNode
import TrellisOptimizer

extension Schema {
    private static let mode = choice(OptimizerMode.allCases.map(\.rawValue))
    private static let number: JSON = .members(["type": "number"])
    private static let choiceBody: JSON = .members([
        "type": "object", "properties": .object(Knob.allCases.map { .init($0.rawValue, count) }),
        "required": .array(Knob.allCases.map { .string($0.rawValue) }),
    ])
    private static let deed = object(
        ["interval": count, "did": string, "why": string, "in_force": choiceBody], required: ["interval", "did", "why", "in_force"])

    static let optimizerUpdateBody = object(["mode": mode], required: ["mode"], isClosed: true)

    static let optimizerRecommendationBody = object(
        [
            "mode": mode, "configured": choiceBody, "in_force": choiceBody, "recommended": choiceBody, "change": string,
            "expected_gain": number, "deviation": number, "sure": boolean, "converged": boolean,
        ], required: ["mode", "configured", "in_force", "recommended", "change", "expected_gain", "deviation", "sure", "converged"])

    static let optimizerPerformanceBody = object(
        [
            "mode": mode, "interval_ms": count, "measured": count, "converged": boolean, "account": number, "score": nullable(number),
            "expected_score": nullable(number), "prediction_accuracy": nullable(number), "rank_accuracy": nullable(number),
            "choice_ms": number, "choice_ms_worst": number, "configured": choiceBody, "in_force": choiceBody,
            "last": nullable(
                object(
                    [
                        "interval": count, "operations": count, "overdue": count, "latency_ms": number, "variation": number,
                        "offered_per_s": number, "cpu_us_per_operation": number, "timeouts_per_round": number,
                    ], required: ["interval", "operations", "latency_ms"])),
            "deeds": array(deed),
        ], required: ["mode", "interval_ms", "measured", "converged", "account", "configured", "in_force", "last", "deeds"])

    static let optimizerHealthBody = object(
        ["status": string, "mode": mode, "change": string, "last": nullable(deed)], required: ["status", "mode", "change", "last"])
}
