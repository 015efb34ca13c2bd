// Sealing an envelope piece by piece: one chunk of plaintext is held, so any payload fits in memory.

/// Seals a payload that comes in pieces of any size. Write `header`, then what every call returns, in this order.
///
/// It cannot be copied: two copies would encrypt different bytes under the same nonces.
public struct EnvelopeSealer: ~Copyable, Sendable {
    /// The beginning of the envelope.
    public let header: [UInt8]
    private var chunks: EnvelopeChunks
    /// Plaintext that was not sealed yet, a whole chunk at most: whether it is the last is known when more comes, or nothing more.
    private var pending: [UInt8] = []

    /// Makes a content key and wraps it for the holders of `recipients`, encoded public keys in any order.
    ///
    /// - Throws: `EnvelopeError.recipientCount`, `duplicateRecipient`, `invalidRecipient`, `chunkSizeRefused`.
    public init(
        to recipients: [[UInt8]], context: EnvelopeContext, chunkSize: Int = Envelope.chunkSizeStandard
    ) throws(EnvelopeError) {
        guard Envelope.chunkSizes.contains(chunkSize), chunkSize & (chunkSize - 1) == 0 else { throw .chunkSizeRefused(chunkSize) }
        let contentKey = SecretBytes(random: EnvelopeHeader.contentKeySize)
        let header = try EnvelopeHeader(
            wrapping: contentKey, for: EnvelopeRecipient.sorted(recipients), context: context, chunkSize: chunkSize)
        let keys = header.payloadKeys(contentKey, context)
        self.header = header.encoded(commitment: keys.commitment)
        chunks = EnvelopeChunks(keys.cipher, chunkSize: chunkSize)
    }

    /// Takes more of the payload and returns the chunks that are complete with it.
    ///
    /// - Throws: `EnvelopeError.payloadTooLarge`.
    public mutating func seal(_ bytes: [UInt8]) throws(EnvelopeError) -> [UInt8] {
        var output: [UInt8] = []
        try seal(bytes, into: &output)
        return output
    }

    /// Ends the payload and returns the last chunk. Without it the envelope is truncated.
    ///
    /// - Throws: `EnvelopeError.payloadTooLarge`.
    public consuming func finish() throws(EnvelopeError) -> [UInt8] {
        var output: [UInt8] = []
        try finish(into: &output)
        return output
    }

    mutating func seal(_ bytes: [UInt8], into output: inout [UInt8]) throws(EnvelopeError) {
        let buffer = bytes.span.bytes
        var rest = 0..<buffer.byteCount
        if !pending.isEmpty {
            let filling = rest.prefix(chunks.chunkSize - pending.count)
            pending.append(contentsOf: bytes[filling])
            rest.removeFirst(filling.count)
            guard !rest.isEmpty else { return }
            let full = pending
            try chunks.seal(full.span.bytes, isLast: false, into: &output)
            pending.removeAll()
        }
        while rest.count > chunks.chunkSize {
            let chunk = rest.prefix(chunks.chunkSize)
            try chunks.seal(buffer.extracting(chunk), isLast: false, into: &output)
            rest.removeFirst(chunk.count)
        }
        pending.append(contentsOf: bytes[rest])
    }

    consuming func finish(into output: inout [UInt8]) throws(EnvelopeError) {
        let last = pending
        try chunks.seal(last.span.bytes, isLast: true, into: &output)
    }
}
