// What the optimizer does and why, and what it may do.

import Hummingbird
import NIOCore
import TrellisAccess
import TrellisJSON
import TrellisNode
import TrellisOptimizer

extension API {
    var optimizerRoutes: [Route] {
        [
            Route(
                method: .get, path: "/v1/optimizer/recommendations", identifier: "getOptimizerRecommendations",
                summary: "What the optimizer would put in force or try next.",
                replies: [Route.Reply(.ok, "What is in force and what is recommended.", [Schema.optimizerRecommendation])],
                permission: .operate,
                handle: { _ async throws(Problem) in Response(views.recommendation(await service.optimizerReport())) }),
            Route(
                method: .get, path: "/v1/optimizer/performance", identifier: "getOptimizerPerformance",
                summary: "What was measured, how well it was predicted, and what the optimizer did.",
                replies: [Route.Reply(.ok, "The figures.", [Schema.optimizerPerformance])], permission: .operate,
                handle: { _ async throws(Problem) in Response(views.performance(await service.optimizerReport())) }),
            Route(
                method: .post, path: "/v1/optimizer/update", identifier: "updateOptimizer",
                summary: "Sets what the optimizer may do, until the validator restarts. From the validator's own machine only.",
                bodies: [Route.Content(type: ContentType.json, schema: Schema.optimizerUpdate)], bodyLimit: 4096,
                replies: [Route.Reply(.ok, "The figures.", [Schema.optimizerPerformance])], permission: .operate,
                problems: [.forbidden, .requestTimeout, .unsupportedMediaType, .unprocessableContent], changesValidator: true,
                handle: updateOptimizer),
            Route(
                method: .get, path: "/health/ai", identifier: "getOptimizerHealth", summary: "What the optimizer last did, and why.",
                replies: [Route.Reply(.ok, "The last thing it did.", [Schema.optimizerHealth])], permission: .operate,
                handle: { _ async throws(Problem) in Response(views.optimizerHealth(await service.optimizerReport())) }),
        ]
    }

    @Sendable private func updateOptimizer(_ exchange: Exchange) async throws(Problem) -> Response {
        for member in try exchange.object().objectMembers ?? [] where member.name != "mode" {
            throw .unknown("member", member.name, known: ["mode"])
        }
        let known = OptimizerMode.allCases.map(\.rawValue)
        guard let name = try exchange.object()["mode"]?.stringValue, let mode = OptimizerMode(rawValue: name) else {
            throw .badRequest("'mode' must be one of \(known.joined(separator: ", "))")
        }
        do {
            try await service.setOptimizer(mode)
        } catch {
            throw Problem(error)
        }
        return Response(views.performance(await service.optimizerReport()))
    }
}

extension Exchange {
    /// Whether the request comes from the machine that the validator runs on.
    var isLocal: Bool {
        guard let address = channel.remoteAddress?.ipAddress else { return false }
        return address == "::1" || address.hasPrefix("127.") || address.hasPrefix("::ffff:127.")
    }
}

extension Views {
    func recommendation(_ report: OptimizerReport) -> JSON {
        let optimizer = report.optimizer
        let recommendation = optimizer.recommendation
        return .members([
            "mode": .string(report.mode.rawValue), "configured": Self.choice(optimizer.space.standard),
            "in_force": Self.choice(optimizer.choice), "recommended": Self.choice(recommendation.choice),
            "change": .string(recommendation.choice.difference(from: optimizer.incumbent)),
            "expected_gain": Self.decimal(recommendation.advantage), "deviation": Self.decimal(recommendation.deviation),
            "sure": .bool(recommendation.isSure), "converged": .bool(optimizer.isConverged),
        ])
    }

    func performance(_ report: OptimizerReport) -> JSON {
        let optimizer = report.optimizer
        return .members([
            "mode": .string(report.mode.rawValue), "interval_ms": .integer(report.interval), "measured": .integer(optimizer.measured),
            "converged": .bool(optimizer.isConverged), "account": Self.decimal(optimizer.account),
            "score": optimizer.lastScore.map(Self.decimal) ?? .null, "expected_score": optimizer.lastExpected.map(Self.decimal) ?? .null,
            "prediction_accuracy": optimizer.accuracy.ofScore.map(Self.decimal) ?? .null,
            "rank_accuracy": optimizer.accuracy.ofRank.map(Self.decimal) ?? .null,
            "choice_ms": Self.decimal(report.choiceLast), "choice_ms_worst": Self.decimal(report.choiceWorst),
            "configured": Self.choice(optimizer.space.standard), "in_force": Self.choice(optimizer.choice),
            "last": report.last.map(Self.measurement) ?? .null, "deeds": .array(optimizer.deeds.map(Self.deed)),
        ])
    }

    func optimizerHealth(_ report: OptimizerReport) -> JSON {
        .members([
            "status": "ok", "mode": .string(report.mode.rawValue),
            "change": .string(report.optimizer.choice.difference(from: report.optimizer.space.standard)),
            "last": report.optimizer.deeds.last.map(Self.deed) ?? .null,
        ])
    }

    private static func choice(_ choice: Choice) -> JSON {
        .object(Knob.allCases.map { .init($0.rawValue, .integer(choice[$0])) })
    }

    private static func deed(_ deed: Deed) -> JSON {
        .members([
            "interval": .integer(deed.number), "did": .string(deed.kind.rawValue), "why": .string(deed.reason),
            "in_force": choice(deed.choice),
        ])
    }

    private static func measurement(_ measurement: Measurement) -> JSON {
        .members([
            "interval": .integer(measurement.number), "operations": .integer(measurement.operations),
            "overdue": .integer(measurement.overdue), "latency_ms": decimal(measurement.latency),
            "variation": decimal(measurement.variation),
            "offered_per_s": decimal(measurement.offered), "cpu_us_per_operation": decimal(measurement.energy),
            "timeouts_per_round": decimal(measurement.timeouts),
        ])
    }

    /// To four places.
    private static func decimal(_ value: Double) -> JSON {
        let scaled = (value * 10_000).rounded()
        return abs(scaled) < 1e15 ? .number("\(scaled / 10_000)") : .null
    }
}
