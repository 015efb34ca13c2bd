// GET /v1/keys: what requests are sealed to; and the sealed part of a proposal as it comes in.

import Hummingbird
import TrellisCrypto
import TrellisJSON
import TrellisModel
import TrellisNode

extension API {
    var keyRoutes: [Route] {
        ["/v1/keys", "/api/keys"].enumerated().map { place, path in
            Route(
                method: .get, path: path, identifier: place == 0 ? "getKeys" : "getKeysAlias",
                summary: "The validators' sealing keys, each signed with its consensus key of genesis.",
                headers: [.init(name: "If-None-Match", summary: "The ETag of what the client holds.", schema: Schema.string)],
                replies: [
                    Route.Reply(.ok, "The keys; to be checked with the genesis.", [Schema.sealingKeys]),
                    Route.Reply(.notModified, "They are those that the client holds.", []),
                ], problems: [.notFound],
                handle: { [publishedKeys] exchange async throws(Problem) in
                    guard let publishedKeys else { throw Self.noKeys }
                    return publishedKeys.answer(to: exchange.request)
                })
        }
    }

    private static var noKeys: Problem {
        .missing("no-sealing-keys", "this validator has no sealing keys: it takes no sealed proposals")
    }

    /// Refuses what its recipients could not open: their nonce is that of the key, and the envelope is for their keys and no others.
    func checkSealing(_ proposal: Proposal, hasKey: Bool) throws(Problem) {
        guard let sealed = proposal.sealed else { return }
        guard hasKey else { throw .badRequest("a sealed proposal needs an Idempotency-Key: the envelope is bound to it") }
        guard let keys = service.sealingKeys else { throw Self.noKeys }
        if let refusal = service.committee.refusal(ofSealing: proposal) { throw Problem(.refusedSealing(refusal)) }
        let found = Set((try? Envelope.recipients(of: sealed.envelope)) ?? [])
        let expected = Set(sealed.recipients.compactMap { keys[$0].map { Envelope.recipient($0.publicKey) } })
        guard found == expected else {
            throw .unprocessable("unknown-recipient", "the envelope is not for the recipients' keys: get /v1/keys again, and seal again")
        }
    }
}

/// The file of sealing keys as it is handed out. It stays the same as long as the validator runs.
struct PublishedKeys: Sendable {
    /// How long clients may keep them, in seconds.
    private static let lifetime = 3600

    private let json: [UInt8]
    private let tag: String

    init(_ keys: SealingKeys) {
        json = keys.json
        tag = "\"\(HashSuite.sha256.hash(json))\""
    }

    /// The file; or, where the client names its tag (RFC 9110 §13.1.2), that it has it.
    func answer(to request: Request) -> Response {
        let held = (request.headers[.ifNoneMatch] ?? "").split(separator: ",").map { $0.trimmingPrefix { $0 == " " } }
        let isHeld = held.contains { $0 == "*" || $0 == tag || $0 == "W/\(tag)" }
        var response = isHeld ? Response(status: .notModified) : Response(status: .ok, contentType: ContentType.json, bytes: json)
        response.headers[.cacheControl] = "public, max-age=\(Self.lifetime)"
        response.headers[.eTag] = tag
        return response
    }
}

/// The member `sealed` of a proposal's body.
enum SealedPart {
    static let member = "sealed"
    private static let members = ["recipients", "outcome", "envelope"]

    /// Nil where there is none.
    static func content(in object: JSON) throws(Problem) -> SealedContent? {
        guard let sealed = object[member] else { return nil }
        for name in ["command", "text"] where object[name] != nil {
            throw .badRequest("'\(name)' has no place beside 'sealed': what is proposed is in the envelope")
        }
        for part in sealed.objectMembers ?? [] where !members.contains(part.name) {
            throw .unknown("member", "\(member).\(part.name)", known: members.map { "\(member).\($0)" })
        }
        guard case .array(let listed) = sealed["recipients"], (1...Envelope.recipientsMaximum).contains(listed.count) else {
            throw .badRequest("'sealed.recipients' must be a list of 1 to \(Envelope.recipientsMaximum) validators")
        }
        var recipients: [ValidatorIndex] = []
        for element in listed {
            guard case .number(let digits) = element, let index = ValidatorIndex(digits), (recipients.last.map { $0 < index } ?? true)
            else {
                throw .badRequest("'sealed.recipients' must be places of validators in genesis, ascending")
            }
            recipients.append(index)
        }
        let outcome = sealed["outcome"].map(\.stringValue) ?? "clear"
        guard let outcome, ["clear", "sealed"].contains(outcome) else { throw .badRequest("'sealed.outcome' must be clear or sealed") }
        guard let envelope = sealed["envelope"]?.stringValue.flatMap(Base64.decode) else {
            throw .badRequest("'sealed.envelope' must be base64")
        }
        return SealedContent(recipients: recipients, isOutcomeSealed: outcome == "sealed", envelope: envelope)
    }
}
