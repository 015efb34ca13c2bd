// Who proposes, as a proposal will say for ever: the key that signed it, in the body, or the token that the request came with. Signatures are
// checked where proposals are submitted.

import TrellisAccess
import TrellisCrypto
import TrellisJSON
import TrellisModel

enum ProposerRequest {
    static let member = "proposer"
    private static let members = ["scheme", "key", "signature"]

    /// `hasKey`: the request has an idempotency key, from which the nonce follows that was signed.
    static func proposer(in object: JSON, client: AccessClient?, hasKey: Bool) throws(Problem) -> Proposer? {
        if let given = object[member] {
            guard hasKey else { throw .badRequest("a signed proposal needs an Idempotency-Key: its nonce follows from that") }
            return .key(try signature(given))
        }
        switch client?.credential {
        case .key:
            throw .unprocessable("unsigned-proposal", "a client with a key signs what it proposes: the member 'proposer' is missing")
        case .token(let hash): return .token(Proposer.tokenName(ofHash: hash))
        case nil: return nil
        }
    }

    /// `{"scheme", "key", "signature"}`, the last two in base64.
    private static func signature(_ value: JSON) throws(Problem) -> ProposerSignature {
        guard let found = value.objectMembers else { throw .badRequest("'\(member)' must be an object") }
        if let unknown = found.first(where: { !members.contains($0.name) }) {
            throw .unknown("member", unknown.name, known: members)
        }
        guard let name = value["scheme"]?.stringValue,
            let scheme = ProposerSignature.schemes.first(where: { $0.name == name })
        else {
            throw .badRequest("'scheme' must be one of \(ProposerSignature.schemes.map(\.name).joined(separator: ", "))")
        }
        guard let key = value["key"]?.stringValue.flatMap(Base64.decode),
            let signature = value["signature"]?.stringValue.flatMap(Base64.decode),
            let signed = ProposerSignature(scheme: scheme.identifier, publicKey: key, signature: signature)
        else { throw .badRequest("'key' and 'signature' must be a public key and a signature of \(name) in base64") }
        return signed
    }
}
