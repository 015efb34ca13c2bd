// The body of POST /v1/proposals, made into a proposal. Nothing unknown passes: a misspelt member would otherwise be a question
// nobody asked.

import TrellisCrypto
import TrellisJSON
import TrellisModel

enum ProposalRequest {
    /// Members that are fields of the proposal under their own name: what agents' tools send with a command.
    static let fieldShorthands = ["agent", "cwd", "purpose"]
    static let members = ["command", "kind", "text", "council", "fields", SealedPart.member, ProposerRequest.member] + fieldShorthands

    static func proposal(from object: JSON, nonce: Nonce, committee: Committee) throws(Problem) -> Proposal {
        for member in object.objectMembers ?? [] where !members.contains(member.name) {
            throw .unknown("member", member.name, known: members)
        }
        let council = try string("council", in: object, limit: CouncilNeed.textMaximum) ?? Council.defaultName
        guard let need = CouncilNeed(council), committee.councils(of: need) != nil else {
            let known = committee.councils.prefix(16).map(\.name).joined(separator: ", ")
            throw .unprocessable("unknown-council", "no council has this name; there is \(known) (several: 'a and b', or 'a or b')")
        }
        if let sealed = try SealedPart.content(in: object) {
            let kind = try string("kind", in: object, limit: Proposal.kindMaximum) ?? SealedContent.kind
            return Proposal(nonce: nonce, council: council, kind: kind, text: "", fields: try fields(in: object), sealed: sealed)
        }
        let (kind, text) = try question(in: object)
        return Proposal(nonce: nonce, council: council, kind: kind, text: text, fields: try fields(in: object))
    }

    private static func question(in object: JSON) throws(Problem) -> (kind: String, text: String) {
        let kind = try string("kind", in: object, limit: Proposal.kindMaximum)
        let text = try string("text", in: object, limit: Proposal.textMaximum)
        if let command = try string("command", in: object, limit: Proposal.textMaximum) {
            guard kind == nil, text == nil else { throw .badRequest("'command' stands for both 'kind' and 'text': give it alone") }
            return ("command", command)
        }
        guard let text else { throw .badRequest("a proposal needs 'command' or 'text'") }
        return (kind ?? "text", text)
    }

    private static func fields(in object: JSON) throws(Problem) -> [String: String] {
        var fields: [String: String] = [:]
        if let value = object["fields"] {
            guard let members = value.objectMembers else { throw .badRequest("'fields' must be an object of strings") }
            guard members.count <= Proposal.fieldsMaximum else { throw .tooLarge("more than \(Proposal.fieldsMaximum) fields") }
            for member in members {
                guard (1...Proposal.fieldNameMaximum).contains(member.name.utf8.count) else {
                    throw .badRequest("a field's name has 1 to \(Proposal.fieldNameMaximum) bytes")
                }
                fields[member.name] = try string(member.name, in: value, limit: Proposal.textMaximum)
            }
        }
        for name in fieldShorthands {
            guard let value = try string(name, in: object, limit: Proposal.textMaximum) else { continue }
            guard fields.updateValue(value, forKey: name) == nil else { throw .badRequest("'\(name)' stands twice: also in 'fields'") }
        }
        guard fields.count <= Proposal.fieldsMaximum else { throw .tooLarge("more than \(Proposal.fieldsMaximum) fields") }
        return fields
    }

    private static func string(_ name: String, in object: JSON, limit: Int) throws(Problem) -> String? {
        guard let value = object[name] else { return nil }
        guard let text = value.stringValue else { throw .badRequest("'\(name)' must be a string") }
        guard text.utf8.count <= limit else { throw .tooLarge("'\(name)' has more than \(limit) bytes") }
        return text
    }
}
