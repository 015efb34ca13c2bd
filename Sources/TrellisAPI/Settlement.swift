// Submitting entries and waiting for them: what POST /v1/proposals and POST /v1/records have in common.

import Hummingbird
import NIOCore
import TrellisAccess
import TrellisCrypto
import TrellisJSON
import TrellisModel
import TrellisNode

/// How long a client wants to wait, from `?wait=` and `?timeout=`.
struct Wait: Sendable {
    static let secondsMaximum = 300

    let finality: Finality?
    let timeout: Duration

    static let parameters = [
        Route.Parameter(
            name: "wait", summary: "Answer when the entry is decided (ordered, for a record) or certified, instead of at once.",
            schema: Schema.choice(Finality.allCases.map(\.rawValue))),
        Route.Parameter(
            name: "timeout", summary: "Seconds to wait at most, 30 by default; then the answer is 202 with the state so far.",
            schema: Schema.integer(minimum: 1, maximum: secondsMaximum)),
    ]

    init(_ exchange: Exchange) throws(Problem) {
        if let text = exchange.query["wait"] {
            guard let finality = Finality(rawValue: text) else { throw .badRequest("'wait' must be decided or certified") }
            self.finality = finality
        } else {
            finality = nil
        }
        timeout = .seconds(try exchange.integer("timeout", in: 1...Self.secondsMaximum) ?? 30)
        guard finality != nil || exchange.query["timeout"] == nil else { throw .badRequest("'timeout' needs 'wait'") }
    }
}

extension API {
    /// Puts transactions into the pool under an idempotency key of its client, if there is one. True when the same request came before.
    func submit(_ transactions: [Transaction], key: String?, of client: AccessClient?) async throws(Problem) -> Bool {
        // Names have no spaces: no client's keys are another's.
        guard let key = key.map({ "\(client?.name ?? "") \($0)" }) else {
            do { try await service.submit(transactions) } catch { throw Problem(error) }
            return false
        }
        let claim = idempotency.claim(key, for: Merkle.root(transactions.map(\.identifier)))
        if case .conflict = claim {
            throw .unprocessable("idempotency-key-reused", "this Idempotency-Key came with another request before")
        }
        do {
            try await service.submit(transactions)
            idempotency.confirm(key)
        } catch {
            idempotency.release(key)
            throw Problem(error)
        }
        if case .repeated = claim { return true }
        return false
    }

    /// Waits as the client asked. False when the time ran out, or the client went.
    func settle(
        _ identifiers: [Digest], _ finality: Finality, timeout: Duration, on channel: any Channel
    ) async throws(Problem) -> Bool {
        let service = service
        let failure = await ClientWatch.whileThere(on: channel) { () async -> NodeError? in
            do throws(NodeError) {
                try await service.wait(for: identifiers, until: finality, timeout: timeout)
                return nil
            } catch {
                return error
            }
        }
        switch failure {
        case nil: return true
        case .timedOut: return false
        case let failure?: throw Problem(failure)
        }
    }

    func status(of identifier: Digest) async throws(Problem) -> EntryStatus {
        do { return try await service.status(of: identifier) } catch { throw Problem(error) }
    }
}
