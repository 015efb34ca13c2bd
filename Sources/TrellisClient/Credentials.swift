// What a client shows of itself: a key that signs every request and every proposal, or a bearer token.

import FoundationEssentials
import TrellisAccess
public import TrellisCrypto
import TrellisModel

/// What a validator knows a client by.
public enum Credentials: Sendable {
    /// Of ML-DSA. Signs every request, and, for one chain, every proposal.
    case key(any SigningKey, chain: Digest)
    /// Travels with every request, so it goes over HTTPS, or to this machine, alone.
    case token(String)
}

/// A client's credentials at one endpoint.
struct Authorization: Sendable {
    private let credentials: Credentials?
    private let signer: RequestSigner?
    private let authority: String
    /// Of the endpoint, in front of every path.
    private let prefix: String

    init(_ credentials: Credentials?, for url: URL) throws(ClientError) {
        let host = url.host() ?? ""
        let shown = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        let standard = url.scheme == "https" ? 443 : 80
        authority = (url.port.map { $0 == standard ? shown : "\(shown):\($0)" } ?? shown).lowercased()
        prefix = url.path().hasSuffix("/") ? String(url.path().dropLast()) : url.path()
        self.credentials = credentials
        switch credentials {
        case .key(let key, _):
            guard ProposerSignature.schemes.contains(where: { $0.identifier == key.scheme }) else {
                throw .invalidCredentials("requests and proposals are signed with keys of ML-DSA")
            }
            signer = RequestSigner(key: key)
        case .token(let token):
            guard url.scheme == "https" || ListenerAccess.isLoopback(host) else {
                throw .invalidCredentials("the token would travel in the clear to \(host): use https, or a key")
            }
            guard (1...AccessToken.textMaximum).contains(token.utf8.count), token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw .invalidCredentials("a token is 1 to \(AccessToken.textMaximum) visible ASCII characters")
            }
            signer = nil
        case nil: signer = nil
        }
    }

    /// The proposal as this client makes it: with its proposer, where it shows who it is.
    func proposing(_ proposal: Proposal) throws(ClientError) -> Proposal {
        switch credentials {
        case .key(let key, let chain):
            do { return try proposal.signed(by: key, chain: chain) } catch { throw .invalidCredentials("\(error)") }
        case .token(let token): return proposal.proposed(by: .token(Proposer.tokenName(ofHash: AccessToken.hash(of: token))))
        case nil: return proposal
        }
    }

    /// The fields that say who asks, for a request with these fields and this body; `path` is as the API has it, with its query.
    func fields(
        _ method: String, _ path: String, _ fields: [String: String], _ body: [UInt8]?
    ) throws(ClientError) -> [(name: String, value: String)] {
        if case .token(let token) = credentials { return [("Authorization", "Bearer \(token)")] }
        guard let signer else { return [] }
        let message = RequestMessage(method: method, authority: authority, target: prefix + path, fields: fields)
        do {
            return try signer.fields(for: message, body: body, created: UInt64(max(0, Date().timeIntervalSince1970)))
        } catch {
            throw .invalidCredentials("the request cannot be signed: \(error)")
        }
    }
}

/// A draft as it is sent: with the signature of whoever proposes. A token's name is for the validator to give.
struct SignedDraft: Encodable {
    private struct Signed: Encodable {
        let scheme: String
        let key: Data
        let signature: Data
    }

    private enum Member: String, CodingKey {
        case proposer
    }

    private let draft: ProposalDraft
    private let proposer: Signed?

    init(_ draft: ProposalDraft, _ proposer: Proposer?) {
        self.draft = draft
        if case .key(let signed) = proposer {
            self.proposer = Signed(scheme: signed.scheme.name, key: Data(signed.publicKey), signature: Data(signed.signature))
        } else {
            self.proposer = nil
        }
    }

    func encode(to encoder: any Encoder) throws {
        try draft.encode(to: encoder)
        var members = encoder.container(keyedBy: Member.self)
        try members.encodeIfPresent(proposer, forKey: .proposer)
    }
}
