// What is inside a sealed proposal, and how it gets in and out. Only its proposer and its recipients ever hold a value of this type; it
// describes itself by nothing, so that no log and no message of an error can.

public import TrellisCrypto

/// The question that a sealed proposal hides, and the key to which its answers are sealed.
public struct SealedRequest: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// The plaintext is filled up with zeroes to a multiple of so many bytes: an envelope's size tells no more.
    static let padding = 256

    public let kind: String
    public let text: String
    /// Sorted by the bytes of their names, names unique, none of them among the fields in the clear.
    public let fields: [ProposalField]
    /// A public key of `CompositeKEM`, made for this request.
    public let replyKey: [UInt8]

    public init(kind: String, text: String, fields: [String: String] = [:], replyKey: [UInt8]) {
        self.kind = kind
        self.text = text
        self.fields = ProposalField.sorted(fields)
        self.replyKey = replyKey
    }

    public var description: String { "SealedRequest" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }

    /// All fields: those in the clear and those that were sealed.
    public func allFields(with clear: [ProposalField]) -> [String: String] {
        Dictionary((clear + fields).map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    // MARK: Sealing

    /// The proposal that hides this request from all but the holders of `keys`, sealing keys by validator.
    ///
    /// - Parameters:
    ///   - kind: what everybody sees in the place of the request's own.
    ///   - fields: what everybody may see of the fields.
    /// - Throws: `EnvelopeError.recipientCount`, `duplicateRecipient`, `invalidRecipient`, and `malformed` for a field that is in both places or
    ///   a request beyond the bounds of a proposal.
    public func sealed(
        for keys: [ValidatorIndex: [UInt8]], chain: Digest, nonce: Nonce, council: String = Council.defaultName,
        kind: String = SealedContent.kind, fields: [String: String] = [:], isOutcomeSealed: Bool = false
    ) throws(EnvelopeError) -> Proposal {
        func proposal(_ envelope: [UInt8]) -> Proposal {
            let content = SealedContent(recipients: Array(keys.keys), isOutcomeSealed: isOutcomeSealed, envelope: envelope)
            return Proposal(nonce: nonce, council: council, kind: kind, text: "", fields: fields, sealed: content)
        }
        let context = Self.context(of: proposal([]), chain: chain)
        // What does not come back would be opened by nobody.
        guard (try? SealedRequest(plaintext: plaintext)) == self, isDisjoint(from: proposal([])) else {
            throw .malformed("a field is in the clear and sealed too, or the request exceeds the bounds of a proposal")
        }
        return proposal(try Envelope.seal(plaintext, to: Array(keys.values), context: context))
    }

    /// Opens a sealed proposal with the one of `keys` that its envelope is for.
    ///
    /// - Throws: `EnvelopeError`: `notARecipient`, `authenticationFailed` for another chain, nonce, council, list of recipients or anything
    ///   else that was changed, `truncated`, `malformed`.
    public init(opening proposal: Proposal, with keys: [CompositeKEM.PrivateKey], chain: Digest) throws(EnvelopeError) {
        guard let sealed = proposal.sealed else { throw .malformed("the proposal is not sealed") }
        let recipients = Set(try Envelope.recipients(of: sealed.envelope))
        guard let key = keys.first(where: { recipients.contains(Envelope.recipient($0.publicKey)) }) else { throw .notARecipient }
        let plaintext = try Envelope.open(sealed.envelope, with: key, context: Self.context(of: proposal, chain: chain))
        do {
            self = try SealedRequest(plaintext: plaintext)
        } catch {
            throw .malformed("what was sealed is no request")
        }
        guard isDisjoint(from: proposal) else { throw .malformed("a field is in the clear and sealed too") }
    }

    /// All of the proposal but the envelope itself: nonce, council, kind, fields, recipients, and whether the outcome is sealed.
    private static func context(of proposal: Proposal, chain: Digest) -> EnvelopeContext {
        let bare = proposal.sealed.map {
            SealedContent(recipients: $0.recipients, isOutcomeSealed: $0.isOutcomeSealed, envelope: [])
        }
        var encoder = WireEncoder()
        encoder.raw(proposal.nonce.bytes)
        encoder.string(proposal.council)
        encoder.string(proposal.kind)
        encoder.list(proposal.fields)
        bare?.encode(to: &encoder)
        return EnvelopeContext(purpose: .sealedRequest, chain: chain, sender: encoder.bytes)
    }

    private func isDisjoint(from proposal: Proposal) -> Bool {
        let clear = Set(proposal.fields.map { Array($0.name.utf8) })
        return !fields.contains { clear.contains(Array($0.name.utf8)) } && clear.count + fields.count <= Proposal.fieldsMaximum
    }

    // MARK: Plaintext

    private var plaintext: [UInt8] {
        var encoder = WireEncoder()
        encoder.string(kind)
        encoder.string(text)
        encoder.list(fields)
        encoder.byteString(replyKey)
        encoder.raw([UInt8](repeating: 0, count: (Self.padding - encoder.bytes.count % Self.padding) % Self.padding))
        return encoder.bytes
    }

    private init(plaintext: [UInt8]) throws(WireError) {
        var decoder = WireDecoder(plaintext, suite: .sha256)
        kind = try decoder.string("kind", limit: Proposal.kindMaximum)
        text = try decoder.string("text", limit: Proposal.textMaximum)
        fields = try decoder.list("fields", limit: Proposal.fieldsMaximum)
        replyKey = try decoder.byteString("reply key", limit: CompositeKEM.publicKeySize)
        let padding = try decoder.raw(decoder.remaining)
        let isOrdered = zip(fields, fields.dropFirst()).allSatisfy { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        guard isOrdered, replyKey.count == CompositeKEM.publicKeySize, plaintext.count % Self.padding == 0, padding.count < Self.padding,
            padding.allSatisfy({ $0 == 0 })
        else { throw .invalid(what: "sealed request", offset: decoder.offset) }
    }
}

extension ProposalField {
    static func sorted(_ fields: [String: String]) -> [ProposalField] {
        fields.map { ProposalField(name: $0.key, value: $0.value) }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}

extension Domain {
    static let sealedRequest = Domain("trellis/sealed-request/1")
    static let sealedReason = Domain("trellis/sealed-reason/1")
}
