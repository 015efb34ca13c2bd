// A request from its client to a committee's answers, as everything that cryptography does on the way: sealed and signed with the post-quantum
// schemes, and, to compare, the same request in the clear with Ed25519. No sockets and no ledger; one core does what four validators do, one after
// the other, which in a network they do at once.

import Foundation
import TrellisAccess
import TrellisCrypto
import TrellisModel

/// One client, four validators, one question of 196 bytes.
struct SealedRoundTrip {
    static let validators = 4
    private static let now: UInt64 = 1_795_000_000
    private static let reason = String(repeating: "Deletes /srv/data. ", count: 10)
    private static let idempotencyKey = "7f3a"

    private let text = String(repeating: "make release; ", count: 14)
    private let chain = HashSuite.sha256.hash([1])
    private let nonce = Nonce(idempotencyKey: Self.idempotencyKey)
    private let key: any SigningKey
    private let access: ListenerAccess
    private let recipients: [CompositeKEM.PrivateKey]
    private let publicKeys: [ValidatorIndex: [UInt8]]
    private let classical: any SigningKey
    private let classicalKey: any VerifyingKey

    init(scheme: SignatureScheme) throws {
        key = try scheme.generate()
        let client = AccessClient(name: "ci", credential: .key(key.scheme, publicKey: key.publicKey), permissions: [.propose])
        access = try AccessList(clients: [client]).listening(on: "127.0.0.1")
        recipients = try (0..<Self.validators).map { _ in try CompositeKEM.PrivateKey.generate() }
        publicKeys = Dictionary(uniqueKeysWithValues: zip(0..., recipients.map(\.publicKey)))
        classical = try SignatureScheme.ed25519.generate()
        classicalKey = try SignatureScheme.ed25519.verifyingKey(classical.publicKey)
    }

    /// Seals for all validators, with a fresh reply key.
    func sealed() throws -> (proposal: Proposal, reply: CompositeKEM.PrivateKey) {
        let reply = try CompositeKEM.PrivateKey.generate()
        let request = SealedRequest(kind: "command", text: text, replyKey: reply.publicKey)
        return (try request.sealed(for: publicKeys, chain: chain, nonce: nonce), reply)
    }

    /// As one recipient reads it.
    func open(_ proposal: Proposal, by recipient: Int = 0) throws {
        let request = try SealedRequest(opening: proposal, with: [recipients[recipient]], chain: chain)
        guard request.text == text else { throw Failure("a sealed request does not open") }
    }

    /// Sealed, signed twice, let in, its body and signature checked; by each validator checked again, opened and answered under seal; all answers
    /// opened.
    func postQuantum() throws {
        let (plain, reply) = try sealed()
        let proposal = try plain.signed(by: key, chain: chain)
        let body = body(of: proposal)
        let message = try signed(body, by: key)
        _ = try access.admit(message, for: .propose, hasBody: true, port: 8080, now: Self.now)
        try checkDigest(message, body)
        var answers: [(text: String, place: SealedReason.Place)] = []
        for seat in 0..<Self.validators {
            guard proposal.hasValidProposer(chain: chain) else { throw Failure("a signature does not hold") }
            try open(proposal, by: seat)
            let place = SealedReason.Place(chain: chain, proposal: proposal.identifier, council: 0, seat: UInt32(seat))
            answers.append((try SealedReason(.reject, Self.reason, to: reply.publicKey, for: place).text, place))
        }
        for (text, place) in answers where SealedReason.open(text, with: reply, for: place)?.reason != Self.reason {
            throw Failure("a sealed answer does not open")
        }
    }

    /// The same question in the clear, signed twice and checked as often, with Ed25519.
    func classicalInTheClear() throws {
        let proposal = Proposal(nonce: nonce, kind: "command", text: text)
        let digest = proposal.identifier.bytes
        let signature = try classical.sign(digest, context: .proposalOfTheRoundTrip)
        let body = body(of: proposal)
        let message = try signed(body, by: classical)
        let signatures = try RequestSignature.read(
            input: message.fields["signature-input"] ?? "", signature: message.fields["signature"] ?? "")
        for signature in signatures {
            try signature.check(message, now: Self.now, hasBody: true)
            try signature.verify(message, key: classicalKey)
        }
        try checkDigest(message, body)
        for _ in 0..<Self.validators where !classicalKey.isValid(signature, for: digest, context: .proposalOfTheRoundTrip) {
            throw Failure("a signature does not hold")
        }
    }

    private func body(of proposal: Proposal) -> [UInt8] {
        var members = ["\"kind\":\"\(proposal.kind)\"", "\"text\":\(JSONText.quoted(proposal.text))"]
        if let sealed = proposal.sealed { members.append("\"sealed\":\"\(Data(sealed.envelope).base64EncodedString())\"") }
        if case .key(let signed) = proposal.proposer { members.append("\"proposer\":\"\(Data(signed.signature).base64EncodedString())\"") }
        return Array("{\(members.joined(separator: ","))}".utf8)
    }

    private func signed(_ body: [UInt8], by key: any SigningKey) throws -> RequestMessage {
        let fields = ["content-type": "application/json", "idempotency-key": Self.idempotencyKey]
        let bare = RequestMessage(method: "POST", authority: "127.0.0.1:8080", target: Self.target, fields: fields)
        let added = try RequestSigner(key: key).fields(for: bare, body: body, created: Self.now)
        let all = fields.merging(added.map { ($0.name.lowercased(), $0.value) }) { $1 }
        return RequestMessage(method: "POST", authority: "127.0.0.1:8080", target: Self.target, fields: all)
    }

    private static let target = "/v1/proposals?wait=certified"

    private func checkDigest(_ message: RequestMessage, _ body: [UInt8]) throws {
        let named = try ContentDigest.digest(in: message.fields["content-digest"] ?? "")
        guard named == HashSuite.sha256.hash(body) else { throw Failure("a digest is not of its body") }
    }
}

extension Domain {
    fileprivate static let proposalOfTheRoundTrip = Domain("trellis/proposal/1")
}
