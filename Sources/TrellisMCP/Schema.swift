// JSON schemas of what the tools take and give.

import TrellisJSON
import TrellisModel

enum Schema {
    static let boolean: JSON = .members(["type": "boolean"])
    static let count: JSON = .members(["type": "integer", "minimum": .integer(0)])

    static func string(_ about: String? = nil, pattern: String? = nil, limit: Int? = nil) -> JSON {
        .members([
            "type": "string", "description": about.map { .string($0) }, "pattern": pattern.map { .string($0) },
            "maxLength": limit.map { .integer($0) },
        ])
    }

    static func flag(_ about: String) -> JSON { .members(["type": "boolean", "description": .string(about)]) }

    static func choice(_ values: [String], _ about: String? = nil) -> JSON {
        .members([
            "type": "string", "enum": .array(values.map { .string($0) }), "description": about.map { .string($0) },
        ])
    }

    static func array(_ element: JSON, _ about: String? = nil) -> JSON {
        .members(["type": "array", "items": element, "description": about.map { .string($0) }])
    }

    static func fields(_ about: String? = nil) -> JSON {
        .members(["type": "object", "additionalProperties": string(), "description": about.map { .string($0) }])
    }

    /// A closed object; members not named in `required` may be missing.
    static func object(_ properties: KeyValuePairs<String, JSON>, required: [String]) -> JSON {
        .members([
            "type": "object", "properties": .object(properties.map { JSON.Member($0, $1) }),
            "required": .array(required.map { .string($0) }), "additionalProperties": .bool(false),
        ])
    }

    static let digest = string(pattern: "^[0-9a-f]{64}$")
    static let council = string(
        "The council to ask ('default'); 'a and b' needs all of several, 'a or b' any.", limit: CouncilNeed.textMaximum)
    static let wait = choice(
        ["decided", "certified"],
        "'certified' (default) waits for the receipt and verifies it; 'decided' ends earlier, with one validator's word.")
    static let timeout: JSON = .members([
        "type": "integer", "minimum": .integer(1), "maximum": .integer(300), "description": "Seconds to wait at most (60).",
    ])
    static let key = string(
        "Idempotency key: the same call with the same key asks the same question and no second one.", pattern: "^[!-~]{1,255}$")
    static let withReceipt = flag("Whether the answer holds the receipt file, tens of kilobytes (false).")

    /// What a receipt proves beside the decision.
    static let proof = object(
        [
            "network": string(), "chain": digest, "log_index": count, "log_size": count, "checkpoint": count, "checkpoint_ms": count,
            "stake": count, "total_stake": count, "quorum": count, "post_quantum": boolean, "signers": array(string()),
            "votes_signed": count,
        ],
        required: [
            "network", "chain", "log_index", "log_size", "checkpoint", "checkpoint_ms", "stake", "total_stake", "quorum", "post_quantum",
            "signers", "votes_signed",
        ])

    /// Who proposed; `name` where the validator knows one.
    private static let proposer = object(
        [
            "credential": choice(["key", "token"]), "id": digest, "scheme": string(), "name": string(),
            "signed": flag("Whether this process verified the key's signature; if not, it is one validator's word."),
        ], required: ["credential", "id", "signed"])

    private static let tally = object(
        ["council": string(), "approve": count, "reject": count, "abstain": count, "silent": count, "needed": count],
        required: ["council", "approve", "reject", "abstain", "silent", "needed"])

    private static let vote = object(
        [
            "council": string(), "seat": count, "name": string(), "weight": count, "reason": string(),
            "verdict": choice(Verdict.allCases.map(\.name) + ["none"]),
        ], required: ["council", "seat", "weight", "verdict", "reason"])

    /// A decision, or where a proposal stands; `more` is what a tool says beside it.
    static func decision(_ more: KeyValuePairs<String, JSON> = [:]) -> JSON {
        let own: KeyValuePairs<String, JSON> = [
            "id": digest, "status": choice(["submitted", "pending", "approved", "rejected", "expired", "sealed"]),
            "verified": flag("Whether this process verified the receipt; if not, all of this is one validator's word."),
            "council": string(), "kind": string(), "text": string(), "fields": fields(), "proposer": proposer,
            "tally": array(tally), "votes": array(vote),
            "proposed_ms": count, "decided_ms": count, "proof": proof, "receipt": string("The receipt file."),
        ]
        return .members([
            "type": "object", "properties": .object((Array(more) + Array(own)).map { JSON.Member($0.key, $0.value) }),
            "required": .array((more.map(\.key) + ["id", "status", "verified"]).map { .string($0) }), "additionalProperties": .bool(false),
        ])
    }
}
