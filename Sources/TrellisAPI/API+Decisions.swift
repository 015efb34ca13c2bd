// Reading the log: decisions one by one and in order, and the receipts of decisions and records.

import Hummingbird
import TrellisCrypto
import TrellisJSON
import TrellisModel
import TrellisNode
import TrellisVerify

extension API {
    private static let pageBytesMaximum = 4 << 20

    var decisionRoutes: [Route] {
        [
            Route(
                method: .get, path: "/v1/decisions", identifier: "listDecisions", summary: "Decisions in the order of the log.",
                query: [
                    .init(name: "cursor", summary: "'next_cursor' of the page before; none for the first.", schema: Schema.string),
                    .init(
                        name: "limit", summary: "Decisions on a page at most, 100 by default.",
                        schema: Schema.integer(minimum: 1, maximum: 200)),
                ],
                replies: [Route.Reply(.ok, "A page; 'next_cursor' goes on, now or later.", [Schema.decisions])],
                problems: [.serviceUnavailable],
                handle: { exchange async throws(Problem) in try await decisions(exchange) }),
            Route(
                method: .get, path: "/v1/decisions/{id}", identifier: "getDecision", summary: "The decision on a proposal.",
                replies: [Route.Reply(.ok, "The decision with every seat's vote.", [Schema.proposal])],
                problems: [.notFound, .serviceUnavailable],
                handle: { exchange async throws(Problem) in
                    let identifier = try exchange.identifier()
                    let status = try await status(of: identifier)
                    guard case .logged(_, .decision, _) = status, let view = views.proposal(identifier, status) else {
                        throw .missing("no-such-decision", "there is no decision on such a proposal, or not yet")
                    }
                    return Response(view)
                }),
            receiptRoute(path: "/v1/decisions/{id}/receipt", identifier: "getDecisionReceipt", of: "decision"),
            receiptRoute(path: "/v1/records/{id}/receipt", identifier: "getRecordReceipt", of: "record"),
        ]
    }

    private func receiptRoute(path: String, identifier: String, of what: String) -> Route {
        Route(
            method: .get, path: path, identifier: identifier, summary: "The receipt of a \(what), as anyone verifies it offline.",
            replies: [Route.Reply(.ok, "The receipt, in its canonical bytes.", [Schema.receipt])],
            problems: [.notFound, .serviceUnavailable],
            handle: { exchange async throws(Problem) in try await receipt(exchange, isDecision: what == "decision") })
    }

    private func receipt(_ exchange: Exchange, isDecision: Bool) async throws(Problem) -> Response {
        let identifier = try exchange.identifier()
        switch try await status(of: identifier) {
        case .logged(_, .decision, _) where isDecision: break
        case .logged(_, .record, _) where !isDecision: break
        case .unknown, .logged: throw .missing("no-such-receipt", "this validator knows no such entry")
        case .submitted, .pending: throw Self.notCertified
        }
        do {
            guard let receipt = try await service.receipt(of: identifier) else { throw Self.notCertified }
            return Response(status: .ok, contentType: ContentType.json, bytes: receipt.json)
        } catch let error as NodeError {
            throw Problem(error)
        } catch {
            throw Self.notCertified
        }
    }

    private static var notCertified: Problem {
        .missing("not-certified", "there is no receipt yet: no quorum has attested the log that holds it", retryAfter: 1)
    }

    private func decisions(_ exchange: Exchange) async throws(Problem) -> Response {
        var from: UInt64 = 0
        if let cursor = exchange.query["cursor"] {
            guard let index = UInt64(cursor) else { throw .badRequest("'cursor' must be a 'next_cursor' that this API gave") }
            from = index
        }
        let limit = try exchange.integer("limit", in: 1...200) ?? 100
        let page: (decisions: [(index: UInt64, decision: Decision)], next: UInt64)
        do { page = try await service.decisions(from: from, limit: limit) } catch { throw Problem(error) }
        var elements: [UInt8] = []
        var next = page.next
        for (index, decision) in page.decisions {
            let text = views.decision(decision, index: index, isCertified: nil).bytes
            if !elements.isEmpty {
                guard elements.count + text.count <= Self.pageBytesMaximum else {
                    next = index
                    break
                }
                elements.append(UInt8(ascii: ","))
            }
            elements.append(contentsOf: text)
        }
        let body = Array("{\"decisions\":[".utf8) + elements + Array("],\"next_cursor\":\"\(next)\"}".utf8)
        return Response(status: .ok, contentType: ContentType.json, bytes: body)
    }
}
