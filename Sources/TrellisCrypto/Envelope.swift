// The sealed envelope: a payload of any size for one or many holders of composite KEM keys, who all read the same or nothing.
// Here: the design, the bounds, the errors and the one-call forms. The header is in EnvelopeHeader.swift, the streaming forms in
// EnvelopeSealer.swift and EnvelopeOpener.swift; docs/envelope.md has the layout byte by byte.
//
//     envelope = preamble ‖ stanza… ‖ commitment ‖ chunk…
//     preamble = "TRLSENV" ‖ version 1 ‖ suite u8 ‖ log2 of the chunk size u8 ‖ number of recipients u16
//     stanza   = recipient[48] ‖ KEM ciphertext[1185] ‖ wrapped content key[48], in ascending order of recipient
//     chunk    = AES-256-GCM of 1 … chunk size bytes ‖ tag[16]; all but the last are full; one empty one for an empty payload
//
//     T = H("trellis/envelope/1"; context, preamble, every recipient)     H = SHA-384 with its domain's length and name in front
//     D = H("trellis/envelope/header/1"; T, every stanza)
//     wrapped content key = AES-256-GCM(HKDF(KEM secret, T, "trellis/envelope/wrap/1" ‖ recipient ‖ KEM ciphertext); content key; T)
//     payload key = HKDF(content key, D, "trellis/envelope/payload/1"),  commitment = HKDF(content key, D, "trellis/envelope/commitment/1")
//     nonce of a chunk = (1 if it is the last, else 0) u32 ‖ number of the chunk u64
//
// Why so:
// - Context (purpose, chain, what the sender adds) and the whole list of recipients are in T, T is in every key: an envelope opens only
//   where all of it is the same. D binds the stanzas of the others as well: no byte of the header can change without all noticing.
// - GCM does not commit to its key: with two keys one ciphertext can be made to show two plaintexts. The commitment is a collision-
//   resistant function of the content key, checked before anything is decrypted, so that recipients of one envelope hold one payload key,
//   and what one reads, all read (or a chunk fails for all).
// - Chunks are numbered and the last is marked, in the nonce (STREAM: Hoang, Reyhanitabar, Rogaway, Vizár 2015): a chunk that was moved,
//   dropped, doubled or cut off, or bytes after the end, fail. Only the last chunk may be short, and only an empty payload has an empty one:
//   a payload has one chunking.
// - The payload key is used for one envelope, so counting nonces never repeat; a sealer cannot be copied.
// - A recipient is told by the digest of its public key, so whoever sees an envelope can tell for which of the keys that it knows it is.
//   Nothing says who sealed it: whoever needs that signs the envelope.
// - Stanzas are sorted: one set of recipients has one list, and a duplicate is seen at once. Zero recipients are refused: nobody could
//   read it.

/// Envelopes sealed for holders of keys of id-MLKEM768-ECDH-P384-SHA3-256 (`CompositeKEM`).
public enum Envelope {
    /// The most bytes of a header: what an opener holds before it has authenticated anything.
    public static let headerSizeMaximum = 1 << 20
    /// The most recipients of one envelope, as many as fit the largest header: 818.
    public static let recipientsMaximum = (headerSizeMaximum - EnvelopeHeader.size(recipients: 0)) / EnvelopeHeader.stanzaSize
    /// The sizes that a chunk may have: powers of two, 64 bytes to 1 MiB. An opener holds one chunk.
    public static let chunkSizes = 1 << 6...1 << 20
    /// 64 KiB: 16 bytes of tag cost nothing then, and the chunk stays in the processor's caches.
    public static let chunkSizeStandard = 1 << 16
    /// The most bytes of payload: 2^40, that is 2^36 AES blocks under one key, which leaves an advantage below 2^-56 (SP 800-38D, appendix B).
    public static let payloadSizeMaximum = 1 << 40

    /// The name of a recipient in an envelope: SHA-384, with a domain, of its public key.
    public static func recipient(_ publicKey: [UInt8]) -> Digest {
        HashSuite.sha384.tagged(.envelopeRecipient, [publicKey])
    }

    /// The size of an envelope in bytes.
    public static func size(payload: Int, recipients: Int, chunkSize: Int = chunkSizeStandard) -> Int {
        let chunks = max(1, (payload + chunkSize - 1) / chunkSize)
        return EnvelopeHeader.size(recipients: recipients) + payload + chunks * AuthenticatedCipher.tagSize
    }

    /// Seals `payload` for the holders of `recipients`, encoded public keys in any order.
    ///
    /// - Throws: `EnvelopeError.recipientCount`, `duplicateRecipient`, `invalidRecipient`, `chunkSizeRefused`, `payloadTooLarge`.
    public static func seal(
        _ payload: [UInt8], to recipients: [[UInt8]], context: EnvelopeContext, chunkSize: Int = chunkSizeStandard
    ) throws(EnvelopeError) -> [UInt8] {
        var sealer = try EnvelopeSealer(to: recipients, context: context, chunkSize: chunkSize)
        var envelope: [UInt8] = []
        envelope.reserveCapacity(size(payload: payload.count, recipients: recipients.count, chunkSize: chunkSize))
        envelope.append(contentsOf: sealer.header)
        try sealer.seal(payload, into: &envelope)
        try sealer.finish(into: &envelope)
        return envelope
    }

    /// Opens a whole envelope: nothing of it is returned before all of it, to its end, is authenticated.
    ///
    /// - Throws: `EnvelopeError.malformed`, `truncated`, `notARecipient`, `authenticationFailed`.
    public static func open(
        _ envelope: [UInt8], with key: CompositeKEM.PrivateKey, context: EnvelopeContext
    ) throws(EnvelopeError) -> [UInt8] {
        var opener = EnvelopeOpener(key: key, context: context)
        var payload: [UInt8] = []
        payload.reserveCapacity(envelope.count)
        try opener.open(envelope, into: &payload)
        try opener.finish(into: &payload)
        return payload
    }

    /// The recipients that an envelope, or the beginning of one that holds its header, names. Not authenticated.
    ///
    /// - Throws: `EnvelopeError.malformed`, `truncated`.
    public static func recipients(of envelope: [UInt8]) throws(EnvelopeError) -> [Digest] {
        try EnvelopeHeader(parsing: envelope).stanzas.map(\.recipient)
    }
}

/// What an envelope is for. It does not travel with the envelope: both sides must know it, and only the same opens.
public struct EnvelopeContext: Sendable, Hashable {
    /// What the payload is.
    public let purpose: Domain
    /// The chain that it belongs to; nil if to none.
    public let chain: Digest?
    /// What else the sender binds: a name, a serial number, a date; as many bytes as it likes.
    public let sender: [UInt8]

    public init(purpose: Domain, chain: Digest? = nil, sender: [UInt8] = []) {
        self.purpose = purpose
        self.chain = chain
        self.sender = sender
    }

    /// length of purpose u64 ‖ purpose ‖ size of chain u64 (0 for none) ‖ chain ‖ length of sender u64 ‖ sender.
    var encoded: [UInt8] {
        var writer = ByteWriter()
        for part in [purpose.bytes, chain?.bytes ?? [], sender] {
            writer.integer(UInt64(part.count))
            writer.raw(part)
        }
        return writer.bytes
    }
}

/// Why an envelope was not sealed or opened.
public enum EnvelopeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There are no recipients, or more than `Envelope.recipientsMaximum`.
    case recipientCount(Int)
    /// A key is in the list twice.
    case duplicateRecipient(Digest)
    /// The key at this place in the list is not a public key.
    case invalidRecipient(Int)
    /// The chunk size is not one of `Envelope.chunkSizes`.
    case chunkSizeRefused(Int)
    /// The payload has more than `Envelope.payloadSizeMaximum` bytes.
    case payloadTooLarge
    /// The library could not encrypt.
    case sealingFailed
    /// The bytes are no envelope that a sealer makes, and why.
    case malformed(String)
    /// The envelope ends too early.
    case truncated
    /// The envelope is for others.
    case notARecipient
    /// Something was changed, or the context is another.
    case authenticationFailed

    public var description: String {
        switch self {
        case .recipientCount(let count): "\(count) recipients: an envelope has 1 to \(Envelope.recipientsMaximum)"
        case .duplicateRecipient(let recipient): "recipient \(recipient) is listed twice"
        case .invalidRecipient(let index): "recipient \(index) is not a valid public key of \(CompositeKEM.name)"
        case .chunkSizeRefused(let size): "a chunk of \(size) bytes: it must be a power of two from \(Envelope.chunkSizes)"
        case .payloadTooLarge: "the payload has more than \(Envelope.payloadSizeMaximum) bytes"
        case .sealingFailed: "the library could not encrypt"
        case .malformed(let reason): "malformed envelope: \(reason)"
        case .truncated: "the envelope ends too early"
        case .notARecipient: "the envelope is not for this key"
        case .authenticationFailed: "authentication failed: the envelope was changed, or it was sealed for another context"
        }
    }
}

extension Domain {
    static let envelope = Domain("trellis/envelope/1")
    static let envelopeRecipient = Domain("trellis/envelope/recipient/1")
    static let envelopeHeader = Domain("trellis/envelope/header/1")
    static let envelopeWrap = Domain("trellis/envelope/wrap/1")
    static let envelopePayload = Domain("trellis/envelope/payload/1")
    static let envelopeCommitment = Domain("trellis/envelope/commitment/1")
}
