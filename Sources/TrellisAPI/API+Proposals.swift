// POST /v1/proposals and GET /v1/proposals/{id}.

import Hummingbird
import TrellisAccess
import TrellisCrypto
import TrellisJSON
import TrellisModel
import TrellisNode

extension API {
    var proposalRoutes: [Route] {
        [
            Route(
                method: .post, path: "/v1/proposals", identifier: "propose", summary: "Put a proposal to a council.",
                query: Wait.parameters, headers: [Schema.idempotencyKey],
                // Escapes take up to six bytes for one.
                bodies: [.init(type: ContentType.json, schema: Schema.proposalRequest)], bodyLimit: 6 * limits.transactionBytes + 4096,
                replies: [
                    Route.Reply(.ok, "The same request came before; this is where its proposal stands.", [Schema.proposal]),
                    Route.Reply(.created, "Decided, or certified, as waited for.", [Schema.proposal]),
                    Route.Reply(.accepted, "In the pool; not decided, or not certified, yet.", [Schema.proposal]),
                ],
                permission: .propose, problems: Self.submissionProblems,
                handle: { exchange async throws(Problem) in try await propose(exchange) }),
            Route(
                method: .get, path: "/v1/proposals/{id}", identifier: "getProposal", summary: "Where a proposal stands.",
                replies: [Route.Reply(.ok, "The proposal, or the decision on it.", [Schema.proposal])],
                problems: [.notFound, .serviceUnavailable],
                handle: { exchange async throws(Problem) in
                    let identifier = try exchange.identifier()
                    guard let view = views.proposal(identifier, try await status(of: identifier)) else {
                        throw .missing("no-such-proposal", "this validator knows no such proposal")
                    }
                    return Response(view)
                }),
        ]
    }

    static var submissionProblems: [HTTPResponse.Status] {
        [.requestTimeout, .contentTooLarge, .unsupportedMediaType, .unprocessableContent, .tooManyRequests, .serviceUnavailable]
    }

    private func propose(_ exchange: Exchange) async throws(Problem) -> Response {
        let wait = try Wait(exchange)
        let key = try exchange.idempotencyKey()
        let nonce = key.map { Nonce(idempotencyKey: $0) } ?? .random()
        let object = try exchange.object()
        let proposer = try ProposerRequest.proposer(in: object, client: exchange.client, hasKey: key != nil)
        let proposal = try ProposalRequest.proposal(from: object, nonce: nonce, committee: service.committee).proposed(by: proposer)
        try checkSealing(proposal, hasKey: key != nil)
        let transaction = Transaction(proposal)
        guard transaction.bytes.count <= limits.transactionBytes + Record.overhead else {
            throw .tooLarge("the proposal has \(transaction.bytes.count) bytes, more than \(limits.transactionBytes)")
        }
        let isRepeated = try await submit([transaction], key: key, of: exchange.client)
        var isReached = false
        if let finality = wait.finality {
            isReached = try await settle([transaction.identifier], finality, timeout: wait.timeout, on: exchange.channel)
        }
        let current = try await status(of: transaction.identifier)
        if wait.finality == nil, case .logged = current { isReached = true }
        let view = views.proposal(transaction.identifier, current) ?? views.proposal(transaction.identifier, .submitted) ?? .null
        var response = Response(status: !isReached ? .accepted : isRepeated ? .ok : .created, view)
        response.headers[.location] = "/v1/proposals/\(transaction.identifier)"
        return response
    }
}
