// What the validator is part of and how it is: committee, genesis, checkpoints, status, health.

import Hummingbird
import TrellisAccess
import TrellisJSON
import TrellisModel
import TrellisNode

extension API {
    var committeeRoutes: [Route] {
        [
            Route(
                method: .get, path: "/v1/committee", identifier: "getCommittee", summary: "Validators, stakes, councils and their seats.",
                replies: [Route.Reply(.ok, "The committee of this epoch.", [Schema.committee])],
                handle: { _ async throws(Problem) in Response(views.committeeView) }),
            Route(
                method: .get, path: "/v1/genesis", identifier: "getGenesis", summary: "The genesis file, byte for byte.",
                replies: [Route.Reply(.ok, "The genesis file.", [Schema.genesis])],
                handle: { _ async throws(Problem) in
                    Response(status: .ok, contentType: ContentType.json, bytes: service.genesis.json)
                }),
            Route(
                method: .get, path: "/v1/checkpoints/latest", identifier: "getLatestCheckpoint",
                summary: "The newest checkpoint that a quorum attested.",
                replies: [Route.Reply(.ok, "The checkpoint, its signers and the certificate.", [Schema.certificate])],
                problems: [.notFound],
                handle: { _ async throws(Problem) in
                    guard let certificate = await service.certificate() else {
                        throw .missing("no-checkpoint", "no checkpoint has a certificate yet")
                    }
                    return Response(views.certificate(certificate))
                }),
        ]
    }

    var healthRoutes: [Route] {
        [
            Route(
                method: .get, path: "/v1/status", identifier: "getStatus", summary: "The validator's state at a glance.",
                replies: [Route.Reply(.ok, "The status.", [Schema.status])], permission: .operate,
                handle: { _ async throws(Problem) in Response(views.status(await service.nodeStatus())) }),
            Route(
                method: .get, path: "/livez", identifier: "isLive", summary: "Whether the process answers.",
                replies: [Route.Reply(.ok, "It does.", [Schema.health])], permission: nil,
                handle: { _ async throws(Problem) in Response(.members(["status": "ok"])) }),
            Route(
                method: .get, path: "/readyz", identifier: "isReady", summary: "Whether the validator takes part.",
                replies: [Route.Reply(.ok, "It does.", [Schema.health])], permission: nil, problems: [.serviceUnavailable],
                handle: { _ async throws(Problem) in
                    let status = await service.nodeStatus()
                    if let alarm = status.alarm { throw Problem(.stopped(reason: alarm)) }
                    if status.isRecalling { throw Problem(.stopped(reason: "it asks the others which rounds it has signed")) }
                    return Response(.members(["status": "ok"]))
                }),
        ]
    }
}
