// Sealed proposals from end to end: keys that are checked against the genesis, a request sealed to chosen validators, a decision whose receipt is
// verified and whose answers are opened.

import FoundationEssentials
public import TrellisCrypto
public import TrellisModel

/// A request that was sealed, and what opens the answers to it. Who loses the reply key never learns why it was decided so.
public struct SealedDraft: Sendable {
    /// What is sent: `TrellisClient.propose` takes it, with the idempotency key.
    public let draft: ProposalDraft
    /// The envelope is bound to it.
    public let idempotencyKey: String
    public let replyKey: CompositeKEM.PrivateKey

    /// Places in genesis.
    public var recipients: [ValidatorIndex] { draft.content?.recipients ?? [] }
    public var identifier: Digest { draft.proposal(idempotencyKey: idempotencyKey).identifier }
}

extension ProposalDraft {
    /// Seals kind, text and fields of this draft.
    ///
    /// - Parameters:
    ///   - recipients: the validators that may read it; nil: all that have a key.
    ///   - clear: fields that everybody may read.
    ///   - kind: what everybody sees in the place of the draft's own.
    /// - Throws: `ClientError.noSealingKey`, `sealing`.
    public func sealed(
        with keys: SealingKeys, to recipients: [ValidatorIndex]? = nil, clear: [String: String] = [:], kind shown: String = "sealed",
        isOutcomeSealed: Bool = false, idempotencyKey: String? = nil
    ) throws(ClientError) -> SealedDraft {
        let known = keys.publicKeys
        var chosen: [ValidatorIndex: [UInt8]] = [:]
        for recipient in recipients ?? Array(known.keys) {
            guard let key = known[recipient] else { throw .noSealingKey(recipient) }
            chosen[recipient] = key
        }
        let key = idempotencyKey ?? TrellisClient.newKey()
        do {
            let reply = try CompositeKEM.PrivateKey.generate()
            let request = SealedRequest(kind: kind, text: text, fields: fields, replyKey: reply.publicKey)
            let proposal = try request.sealed(
                for: chosen, chain: keys.committee.chain, nonce: Nonce(idempotencyKey: key), council: council ?? Council.defaultName,
                kind: shown, fields: clear, isOutcomeSealed: isOutcomeSealed)
            var draft = ProposalDraft(kind: shown, text: "", fields: clear, council: council)
            draft.content = proposal.sealed
            return SealedDraft(draft: draft, idempotencyKey: key, replyKey: reply)
        } catch let error as EnvelopeError {
            throw .sealing(error)
        } catch {
            throw .sealing(.sealingFailed)
        }
    }
}

extension UnverifiedClient {
    /// The validators' sealing keys, checked against a genesis: nobody can swap one, so that they are to be believed whoever hands them out.
    ///
    /// - Throws: `ClientError.badKeys`; a problem with status 404 where the validator has none.
    public func sealingKeys(_ committee: Committee) async throws(ClientError) -> SealingKeys {
        let answer = try await send(try request("/v1/keys"), limit: SealingKeys.fileBytesMaximum(committee))
        do { return try SealingKeys(json: answer.bytes, committee: committee) } catch { throw .badKeys(error) }
    }
}

extension TrellisClient {
    /// The validators' sealing keys, checked against the genesis.
    public func sealingKeys(timeout: Int = 30) async throws(ClientError) -> SealingKeys {
        try await attempt(seconds: timeout) { validator, _ throws(ClientError) in try await validator.sealingKeys(committee) }
    }

    /// Puts a sealed proposal to its council, as `propose` does, and opens the answers.
    ///
    /// - Throws: as `propose`; what is undecided stays in the ledger, and can be asked for again with `sealed`.
    public func propose(
        _ sealed: SealedDraft, timeout: Int = 60
    ) async throws(ClientError) -> (proven: VerifiedDecision, opened: OpenedDecision) {
        let proven = try await propose(sealed.draft, idempotencyKey: sealed.idempotencyKey, timeout: timeout)
        return (proven, open(proven, with: sealed.replyKey))
    }

    /// What the holder of the reply key reads in a proven decision.
    public func open(_ proven: VerifiedDecision, with replyKey: CompositeKEM.PrivateKey) -> OpenedDecision {
        OpenedDecision(proven.decision, with: replyKey, in: committee)
    }
}
