// Evidence of misbehaviour: the list, and each proof as a file that anyone verifies offline.

import Hummingbird
import TrellisJSON
import TrellisLedger
import TrellisModel
import TrellisNode
import TrellisVerify

extension API {
    var evidenceRoutes: [Route] {
        [
            Route(
                method: .get, path: "/v1/evidence", identifier: "listEvidence",
                summary: "Everything that validators were proven to have done, in the order of the ledger.",
                replies: [Route.Reply(.ok, "All of it: a few proofs for each dishonest validator at most.", [Schema.evidence])],
                handle: { _ async throws(Problem) in
                    Response(.members(["evidence": .array(await service.evidence().map(views.evidence))]))
                }),
            Route(
                method: .get, path: "/v1/evidence/{id}", identifier: "getEvidence", summary: "One proof, as anyone verifies it offline.",
                replies: [Route.Reply(.ok, "The evidence file.", [Schema.evidenceFile])], problems: [.notFound],
                handle: { exchange async throws(Problem) in
                    let identifier = try exchange.identifier()
                    guard let found = await service.evidence().first(where: { $0.evidence.identifier == identifier }) else {
                        throw .missing("no-such-evidence", "the ledger holds no such evidence")
                    }
                    let file = EvidenceFile(suite: views.committee.suite, chain: views.committee.chain, evidence: found.evidence)
                    return Response(status: .ok, contentType: ContentType.json, bytes: file.json)
                }),
        ]
    }
}

extension Views {
    func evidence(_ recorded: RecordedEvidence) -> JSON {
        let evidence = recorded.evidence
        return .members([
            "id": .digest(evidence.identifier), "validator": .integer(evidence.author),
            "name": committee.validator(evidence.author).map { .string($0.name) }, "offence": .string(evidence.offence.name),
            "position": .integer(evidence.position), "recorded_ms": .integer(recorded.recorded.timestamp),
            "commit": .integer(recorded.recorded.commit), "file": .string("/v1/evidence/\(evidence.identifier)"),
        ])
    }
}
