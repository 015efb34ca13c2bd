// The audit trail: how it is, its log, and quotes of it for whoever sends a nonce. Says `software` wherever no TPM stands behind it.

import Hummingbird
import TrellisAudit
import TrellisCrypto
import TrellisJSON
import TrellisNode

extension API {
    /// The most bytes of one answer with lines of the log.
    private static let logBytesMaximum = 4 << 20

    var auditRoutes: [Route] {
        [
            Route(
                method: .get, path: "/v1/audit", identifier: "getAudit", summary: "The validator's audit trail at a glance.",
                replies: [Route.Reply(.ok, "Its state.", [Schema.audit])],
                handle: { _ async throws(Problem) in
                    Response(views.audit(try await audited { () async throws(NodeError) in try await service.audit() }))
                }),
            Route(
                method: .get, path: "/v1/audit/log", identifier: "getAuditLog",
                summary: "Lines of the audit log, as many as fit one answer; none at its end.",
                query: [
                    Route.Parameter(name: "from", summary: "The first record (default 0).", schema: Schema.count)
                ],
                replies: [Route.Reply(.ok, "A line of JSON for each record.", [Schema.lines])],
                handle: { exchange async throws(Problem) in
                    let from = try exchange.integer("from", in: 0...UInt64(Int64.max)) ?? 0
                    let (text, _) = try await audited { () async throws(NodeError) in
                        try await service.auditLog(from: from, bytes: Self.logBytesMaximum)
                    }
                    return Response(status: .ok, contentType: ContentType.lines, bytes: text)
                }),
            Route(
                method: .post, path: "/v1/audit/quote", identifier: "quoteAudit", summary: "A quote of the audit log in answer to a nonce.",
                bodies: [Route.Content(type: ContentType.json, schema: Schema.quoteRequest)], bodyLimit: 1024,
                replies: [Route.Reply(.ok, "The quote, as 'trellis audit verify' reads it.", [Schema.quote])],
                problems: [.unsupportedMediaType, .unprocessableContent, .tooManyRequests, .serviceUnavailable],
                handle: { exchange async throws(Problem) in
                    let nonce = try Self.nonce(exchange.object())
                    let quote = try await audited { () async throws(NodeError) in try await service.auditQuote(nonce: nonce) }
                    return Response(status: .ok, contentType: ContentType.json, bytes: quote.json)
                }),
        ]
    }

    private static func nonce(_ body: JSON) throws(Problem) -> [UInt8] {
        for member in body.objectMembers ?? [] where member.name != "nonce" {
            throw .unknown("member", member.name, known: ["nonce"])
        }
        guard let text = body["nonce"]?.stringValue, let nonce = Hex.decode(text), AuditQuote.nonceSizes.contains(nonce.count) else {
            throw .unprocessable("bad-nonce", "'nonce' must be 8 to 64 bytes in hexadecimal")
        }
        return nonce
    }

    private func audited<Value>(_ body: () async throws(NodeError) -> Value) async throws(Problem) -> Value {
        do { return try await body() } catch { throw Problem(error) }
    }
}

extension Views {
    func audit(_ state: AuditState) -> JSON {
        .members([
            "module": .string(state.isHardware ? "tpm" : "software"), "reason": state.reason.map { .string($0) },
            "pcr": state.pcr.map { .integer($0) }, "records": .integer(state.records), "head": .digest(state.head),
            "register": .digest(state.register), "checkpoints": .integer(state.checkpoints),
            "newest_checkpoint": state.newestCheckpoint.map { .integer($0) }, "waiting": .integer(state.waiting),
            "breaks": .array(state.breaks.map { .string($0) }), "key": state.key.map { .string($0.pem) },
            "last_quote": state.lastQuote.map { quote in
                .members(["time_ms": .integer(quote.time), "records": .integer(quote.records), "nonce": .string(Hex.encode(quote.nonce))])
            }, "failure": state.failure.map { _ in "the audit log cannot be written" },
        ])
    }
}
