// POST /v1/records and GET /v1/records/{id}. The binary batch is the hot path: one parse, one submit, no task and no JSON per record.

import Hummingbird
import TrellisAccess
import TrellisCrypto
import TrellisJSON
import TrellisModel
import TrellisNode

extension API {
    var recordRoutes: [Route] {
        [
            Route(
                method: .post, path: "/v1/records", identifier: "record", summary: "Record one or many opaque entries.",
                query: Wait.parameters, headers: [Schema.idempotencyKey],
                bodies: [
                    .init(type: ContentType.json, schema: Schema.recordRequest),
                    .init(type: ContentType.octets, schema: Schema.binary),
                    .init(type: ContentType.records, schema: Schema.binary),
                ],
                bodyLimit: 4 * limits.payloadBytes,
                replies: [
                    Route.Reply(.ok, "The same request came before, and is ordered.", Schema.recorded),
                    Route.Reply(.created, "Ordered, or certified, as waited for.", Schema.recorded),
                    Route.Reply(.accepted, "In the pool; not ordered, or not certified, yet.", Schema.recorded),
                ],
                permission: .records, problems: Self.submissionProblems,
                handle: { exchange async throws(Problem) in try await record(exchange) }),
            Route(
                method: .get, path: "/v1/records/{id}", identifier: "getRecord", summary: "Where a record stands.",
                replies: [Route.Reply(.ok, "The record.", [Schema.record])],
                problems: [.notFound, .serviceUnavailable],
                handle: { exchange async throws(Problem) in
                    let identifier = try exchange.identifier()
                    guard let view = views.record(identifier, try await status(of: identifier)) else {
                        throw .missing("no-such-record", "this validator knows no such record")
                    }
                    return Response(view)
                }),
        ]
    }

    private func record(_ exchange: Exchange) async throws(Problem) -> Response {
        let wait = try Wait(exchange)
        let key = try exchange.idempotencyKey()
        let base = key.map { Nonce(idempotencyKey: $0) } ?? .random()
        let transactions = RecordBatch.transactions(try records(in: exchange), base: base)
        let isRepeated = try await submit(transactions, key: key, of: exchange.client)
        let identifiers = transactions.map(\.identifier)
        var isReached = false
        if let finality = wait.finality {
            isReached = try await settle(identifiers, finality, timeout: wait.timeout, on: exchange.channel)
        }
        let status: HTTPResponse.Status = !isReached ? .accepted : isRepeated ? .ok : .created
        var response: Response
        if exchange.accepts(ContentType.records) {
            response = Response(status: status, contentType: ContentType.records, bytes: RecordBatch.encode(identifiers))
        } else {
            let reached = wait.finality == .certified ? "certified" : "recorded"
            response = Response(
                status: status,
                .members(["status": .string(isReached ? reached : "submitted"), "ids": .array(identifiers.map { .digest($0) })]))
        }
        if let only = identifiers.first, identifiers.count == 1 { response.headers[.location] = "/v1/records/\(only)" }
        return response
    }

    /// The data of each record in the body, at least one.
    private func records(in exchange: Exchange) throws(Problem) -> [ArraySlice<UInt8>] {
        let limit = limits.transactionBytes
        switch exchange.contentType {
        case ContentType.records:
            let ranges = try RecordBatch.ranges(in: exchange.body, recordLimit: limit)
            guard !ranges.isEmpty else { throw .badRequest("the batch is empty") }
            return ranges.map { exchange.body[$0] }
        case ContentType.octets:
            guard exchange.body.count <= limit else { throw .tooLarge("a record has at most \(limit) bytes") }
            return [exchange.body[...]]
        default:
            let object = try exchange.object()
            guard let batch = object["records"] else {
                return [try RecordRequest.data(of: object, known: RecordRequest.members + ["records"], limit: limit)[...]]
            }
            try RecordRequest.refuseUnknownMembers(of: object, known: ["records"])
            guard case .array(let elements) = batch, !elements.isEmpty, elements.count <= RecordBatch.recordsMaximum else {
                throw .badRequest("'records' must be an array of 1 to \(RecordBatch.recordsMaximum) objects")
            }
            var records: [ArraySlice<UInt8>] = []
            for element in elements {
                records.append(try RecordRequest.data(of: element, known: RecordRequest.members, limit: limit)[...])
            }
            return records
        }
    }
}

/// A record as JSON: `{"data": base64}` or `{"text": "..."}`.
enum RecordRequest {
    static let members = ["data", "text"]

    static func data(of object: JSON, known: [String], limit: Int) throws(Problem) -> [UInt8] {
        guard object.objectMembers != nil else { throw .badRequest("a record must be an object") }
        try refuseUnknownMembers(of: object, known: known)
        let bytes: [UInt8]
        switch (object["data"], object["text"]) {
        case (.string(let data), nil):
            guard let decoded = Base64.decode(data) else { throw .badRequest("'data' is not base64") }
            bytes = decoded
        case (nil, .string(let text)): bytes = Array(text.utf8)
        default: throw .badRequest("a record has either 'data' (base64) or 'text', a string")
        }
        guard bytes.count <= limit else { throw .tooLarge("a record has at most \(limit) bytes") }
        return bytes
    }

    static func refuseUnknownMembers(of object: JSON, known: [String]) throws(Problem) {
        for member in object.objectMembers ?? [] where !known.contains(member.name) {
            throw .unknown("member", member.name, known: known)
        }
    }
}
