// JSON schemas (2020-12) of what the API takes and gives, as the OpenAPI document shows them.

import TrellisCrypto
import TrellisJSON
import TrellisModel

enum Schema {
    static let string: JSON = .members(["type": "string"])
    static let boolean: JSON = .members(["type": "boolean"])
    static let binary: JSON = .members([:])
    static let base64: JSON = .members(["type": "string", "contentEncoding": "base64"])
    static let digest: JSON = .members(["type": "string", "pattern": "^[0-9a-f]{64}$"])
    static let count: JSON = integer(minimum: 0, maximum: nil)

    static func choice(_ values: [String]) -> JSON { .members(["type": "string", "enum": .array(values.map { .string($0) })]) }

    static func integer(minimum: Int, maximum: Int?) -> JSON {
        .members(["type": "integer", "minimum": .integer(minimum), "maximum": maximum.map { .integer($0) }])
    }

    static func array(_ element: JSON) -> JSON { .members(["type": "array", "items": element]) }

    static func nullable(_ schema: JSON) -> JSON { .members(["anyOf": .array([schema, .members(["type": "null"])])]) }

    static func reference(_ name: String) -> JSON { .members(["$ref": .string("#/components/schemas/\(name)")]) }

    /// An object; members not named in `required` may be missing.
    static func object(_ properties: KeyValuePairs<String, JSON>, required: [String], isClosed: Bool = false) -> JSON {
        .members([
            "type": "object", "properties": .object(properties.map { JSON.Member($0, $1) }),
            "required": required.isEmpty ? nil : .array(required.map { .string($0) }),
            "additionalProperties": isClosed ? .bool(false) : nil,
        ])
    }

    private static func json(_ name: String) -> Route.Content { .init(type: ContentType.json, schema: reference(name)) }

    static let proposalRequest = reference("ProposalRequest")
    static let recordRequest: JSON = .members(["anyOf": .array([reference("RecordRequest"), reference("RecordBatchRequest")])])
    static let proposal = json("Proposal")
    static let record = json("Record")
    static let recorded = [json("Recorded"), Route.Content(type: ContentType.records, schema: binary)]
    static let decisions = json("Decisions")
    static let receipt = json("Document")
    static let evidence = json("Evidence")
    static let evidenceFile = json("Document")
    static let genesis = json("Document")
    static let sealingKeys = json("SealingKeys")
    static let committee = json("Committee")
    static let certificate = json("Certificate")
    static let status = json("Status")
    static let health = json("Health")
    static let optimizerUpdate = reference("OptimizerUpdate")
    static let optimizerRecommendation = json("OptimizerRecommendation")
    static let optimizerPerformance = json("OptimizerPerformance")
    static let optimizerHealth = json("OptimizerHealth")
    static let audit = json("Audit")
    static let quote = json("Document")
    static let lines = Route.Content(type: ContentType.lines, schema: string)
    static let quoteRequest = object(
        ["nonce": .members(["type": "string", "pattern": "^([0-9a-fA-F]{2}){8,64}$"])], required: ["nonce"], isClosed: true)
    static let document = json("Document")
    static let problem = Route.Content(type: Problem.contentType, schema: reference("Problem"))
    static let events = Route.Content(type: ContentType.events, schema: string)

    static let idempotencyKey = Route.Parameter(
        name: "Idempotency-Key",
        summary: "Sent again with the same body it gives the same entry; with another body 422. Kept for a day by this validator.",
        schema: .members(["type": "string", "minLength": .integer(1), "maxLength": .integer(255)]))

    /// Every schema that `reference` names.
    static let components: JSON = .members([
        "ProposalRequest": proposalRequestBody, "RecordRequest": recordRequestBody,
        "RecordBatchRequest": object(["records": array(reference("RecordRequest"))], required: ["records"], isClosed: true),
        "Proposal": proposalBody, "Record": recordBody,
        "Recorded": object(
            ["status": choice(["submitted", "recorded", "certified"]), "ids": array(digest)], required: ["status", "ids"]),
        "Decisions": object(
            ["decisions": array(reference("Proposal")), "next_cursor": string], required: ["decisions", "next_cursor"]),
        "Evidence": evidenceBody, "SealingKeys": sealingKeysBody, "Committee": committeeBody, "Certificate": certificateBody,
        "Status": statusBody, "Audit": auditBody,
        "Health": object(["status": string], required: ["status"]),
        "OptimizerUpdate": optimizerUpdateBody, "OptimizerRecommendation": optimizerRecommendationBody,
        "OptimizerPerformance": optimizerPerformanceBody, "OptimizerHealth": optimizerHealthBody,
        "Document": .members(["type": "object"]),
        "Problem": object(
            ["type": string, "title": string, "status": integer(minimum: 400, maximum: 599), "detail": string],
            required: ["type", "title", "status", "detail"]),
    ])

    private static let fields: JSON = .members(["type": "object", "additionalProperties": string])

    private static let proposalRequestBody = object(
        [
            "command": string, "kind": string, "text": string, "council": string, "fields": fields, "agent": string, "cwd": string,
            "purpose": string, "sealed": sealedRequest,
            "proposer": object(
                ["scheme": choice(ProposerSignature.schemes.map(\.name)), "key": base64, "signature": base64],
                required: ["scheme", "key", "signature"], isClosed: true),
        ], required: [], isClosed: true)

    /// Who proposed.
    private static let proposer = object(
        ["credential": choice(["key", "token"]), "id": digest, "scheme": string, "name": string, "signed": boolean],
        required: ["credential", "id", "signed"])

    private static let recordRequestBody = object(
        ["data": base64, "text": string], required: [], isClosed: true)

    private static let recordBody = object(
        [
            "id": digest, "status": choice(["submitted", "recorded"]), "certified": boolean, "log_index": count, "data": string,
            "receipt": string,
        ],
        required: ["id", "status", "certified"])

    private static let weight = object(
        ["approve": count, "reject": count, "abstain": count, "sealed": count, "silent": count, "needed": count],
        required: ["approve", "reject", "abstain", "silent", "needed"])

    private static let proposalBody = object(
        [
            "id": digest, "status": choice(["submitted", "pending", "approved", "rejected", "expired", "sealed"]), "certified": boolean,
            "log_index": count, "council": string, "kind": string, "text": string, "fields": fields, "sealed": sealedView,
            "proposer": proposer,
            "proposed_ms": count,
            "decided_ms": count, "deadline_ms": count, "commit": count,
            "weight": weight,
            "ballots": array(
                object(
                    ["council": string, "outcome": nullable(choice(["approved", "rejected", "sealed"])), "weight": weight],
                    required: ["council", "outcome", "weight"])),
            "votes": array(
                object(
                    [
                        "council": string, "seat": count, "name": string, "weight": count, "reason": string,
                        "verdict": nullable(choice(Verdict.allCases.map(\.name))),
                    ], required: ["seat", "weight", "verdict", "reason"])),
            "receipt": string,
        ], required: ["id", "status"])

    private static let recipients = array(integer(minimum: 0, maximum: nil))
    private static let sealedOutcome = choice(["clear", "sealed"])

    private static let sealedRequest = object(
        ["recipients": recipients, "outcome": sealedOutcome, "envelope": .members(["type": "string", "contentEncoding": "base64"])],
        required: ["recipients", "envelope"], isClosed: true)

    private static let sealedView = object(
        ["recipients": recipients, "outcome": sealedOutcome, "envelope_bytes": count, "envelope_sha256": digest],
        required: ["recipients", "outcome", "envelope_bytes", "envelope_sha256"])

    private static let sealingKeysBody = object(
        [
            "format": string, "chain_id": digest, "epoch": count, "algorithm": string,
            "keys": array(
                object(
                    ["validator": count, "name": string, "issued_ms": count, "ml_kem_768": string, "p384": string, "signature": string],
                    required: ["validator", "name", "issued_ms", "ml_kem_768", "p384", "signature"])),
        ], required: ["format", "chain_id", "epoch", "algorithm", "keys"])

    private static let evidenceBody = object(
        [
            "evidence": array(
                object(
                    [
                        "id": digest, "validator": count, "name": string, "offence": choice(Offence.allCases.map(\.name)),
                        "position": count, "recorded_ms": count, "commit": count, "file": string,
                    ], required: ["id", "validator", "offence", "position", "recorded_ms", "commit", "file"]))
        ], required: ["evidence"])

    private static let committeeBody = object(
        [
            "chain": digest, "epoch": count, "hash": string, "total_stake": count, "faulty_stake": count, "quorum_stake": count,
            "validators": array(
                object(
                    ["index": count, "name": string, "stake": count, "scheme": string], required: ["index", "name", "stake", "scheme"])),
            "councils": array(
                object(
                    [
                        "name": string, "threshold_permille": count, "adaptive": boolean, "deadline_ms": count,
                        "seats": array(.members(["type": "object"])),
                    ],
                    required: ["name", "threshold_permille", "deadline_ms", "seats"])),
        ], required: ["chain", "epoch", "hash", "total_stake", "faulty_stake", "quorum_stake", "validators", "councils"])

    private static let certificateBody = object(
        [
            "checkpoint": .members(["type": "object"]), "quorum": count, "certificate": string,
            "signers": array(
                object(
                    ["validator": count, "name": string, "stake": count, "timestamp_ms": count],
                    required: ["validator", "stake", "timestamp_ms"])),
        ], required: ["checkpoint", "signers", "quorum", "certificate"])

    private static let level = choice(ThresholdLevel.allCases.map(\.name))

    private static let threshold = object(
        [
            "level": level, "permille": count, "better_windows": count,
            "window": nullable(
                object(
                    [
                        "reading": level, "round_times": level, "missed_leaders": level, "late_votes": level, "equivocations": level,
                        "counts": .members(["type": "object", "additionalProperties": count]),
                    ], required: ["reading", "round_times", "missed_leaders", "late_votes", "equivocations", "counts"])),
        ], required: ["level", "permille", "better_windows", "window"])

    private static let auditBody = object(
        [
            "module": choice(["tpm", "software"]), "reason": string, "pcr": count, "records": count, "head": digest, "register": digest,
            "checkpoints": count, "newest_checkpoint": count, "waiting": count, "breaks": array(string), "key": string,
            "last_quote": object(["time_ms": count, "records": count, "nonce": string], required: ["time_ms", "records", "nonce"]),
            "failure": string,
        ], required: ["module", "records", "head", "register", "checkpoints", "waiting", "breaks"])

    private static let statusBody = object(
        [
            "chain": digest, "epoch": count, "validator": count, "name": string, "round": count, "highest_round": count,
            "commit_index": count, "commit_timestamp_ms": count, "log_size": count, "certified_index": count,
            "certified_log_size": count, "pending_proposals": count, "pool_transactions": count, "pool_bytes": count,
            "suspended_blocks": count, "peers_connected": array(count), "peer_bytes_sent": count, "peer_bytes_received": count,
            "blocks_rejected": count, "equivocations": count, "evidence": count,
            "votes_refused": .members(["type": "object", "additionalProperties": count]),
            "recalling": boolean, "audit": choice(["tpm", "software"]), "alarm": nullable(string), "threshold": threshold,
        ], required: ["chain", "epoch", "validator", "name", "round", "commit_index", "log_size", "certified_log_size", "alarm"])
}
