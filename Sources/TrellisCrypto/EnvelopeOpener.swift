// Opening an envelope piece by piece: its header and then one chunk are held, so an envelope of any size fits in memory.

/// Opens an envelope that comes in pieces of any size. Plaintext comes out chunk by chunk, each authentic and in its place; that the
/// envelope was not cut off is known only when `finish` returns. Whoever acts on plaintext before that must be able to undo it.
///
/// After an error everything throws that error, and no more plaintext comes.
public struct EnvelopeOpener: ~Copyable, Sendable {
    private enum State {
        case header
        case chunks(EnvelopeChunks)
        case failed(EnvelopeError)
    }

    private let key: CompositeKEM.PrivateKey
    private let context: EnvelopeContext
    private var state = State.header
    /// What was not read yet: at most a header, then at most a chunk, since whether a chunk is the last is known when more comes.
    private var pending: [UInt8] = []

    /// Will open an envelope for the holder of `key`, if it was sealed for the same context.
    public init(key: CompositeKEM.PrivateKey, context: EnvelopeContext) {
        self.key = key
        self.context = context
    }

    /// Takes more of the envelope and returns the plaintext of the chunks before the last one that it could hold.
    ///
    /// - Throws: `EnvelopeError.malformed`, `notARecipient`, `authenticationFailed`.
    public mutating func open(_ bytes: [UInt8]) throws(EnvelopeError) -> [UInt8] {
        var output: [UInt8] = []
        try open(bytes, into: &output)
        return output
    }

    /// Ends the envelope and returns the plaintext of its last chunk.
    ///
    /// - Throws: `EnvelopeError.truncated` where that is certain, `authenticationFailed` where it may also have been changed.
    public consuming func finish() throws(EnvelopeError) -> [UInt8] {
        var output: [UInt8] = []
        try finish(into: &output)
        return output
    }

    /// On an error nothing was appended that is not authentic.
    mutating func open(_ bytes: [UInt8], into output: inout [UInt8]) throws(EnvelopeError) {
        do {
            var rest = 0..<bytes.count
            if case .header = state { try readHeader(bytes, &rest) }
            if case .chunks(var chunks) = state {
                try openChunks(bytes, rest, &chunks, into: &output)
                state = .chunks(chunks)
            }
        } catch {
            state = .failed(error)
            pending = []
        }
        if case .failed(let error) = state { throw error }
    }

    private mutating func readHeader(_ bytes: [UInt8], _ rest: inout Range<Int>) throws(EnvelopeError) {
        fill(to: EnvelopeHeader.preambleSize, bytes, &rest)
        guard pending.count >= EnvelopeHeader.preambleSize else { return }
        let size = EnvelopeHeader.size(recipients: try EnvelopeHeader.measure(pending).recipients)
        fill(to: size, bytes, &rest)
        guard pending.count == size else { return }
        let header = try EnvelopeHeader(parsing: pending)
        let contentKey = try header.contentKey(key, context)
        let keys = header.payloadKeys(contentKey, context)
        guard KeyDerivation.isEqual(keys.commitment, Array(pending.suffix(EnvelopeHeader.commitmentSize))) else {
            throw .authenticationFailed
        }
        pending.removeAll()
        state = .chunks(EnvelopeChunks(keys.cipher, chunkSize: header.chunkSize))
    }

    private mutating func openChunks(
        _ bytes: [UInt8], _ all: Range<Int>, _ chunks: inout EnvelopeChunks, into output: inout [UInt8]
    ) throws(EnvelopeError) {
        var rest = all
        if !pending.isEmpty {
            fill(to: chunks.sealedSize, bytes, &rest)
            guard !rest.isEmpty else { return }
            try chunks.open(pending.span.bytes, isLast: false, into: &output)
            pending.removeAll(keepingCapacity: true)
        }
        let buffer = bytes.span.bytes
        while rest.count > chunks.sealedSize {
            let chunk = rest.prefix(chunks.sealedSize)
            try chunks.open(buffer.extracting(chunk), isLast: false, into: &output)
            rest.removeFirst(chunk.count)
        }
        pending.append(contentsOf: bytes[rest])
    }

    private mutating func fill(to size: Int, _ bytes: [UInt8], _ rest: inout Range<Int>) {
        let filling = rest.prefix(max(0, size - pending.count))
        pending.append(contentsOf: bytes[filling])
        rest.removeFirst(filling.count)
    }

    consuming func finish(into output: inout [UInt8]) throws(EnvelopeError) {
        switch state {
        case .failed(let error): throw error
        case .header: throw .truncated
        case .chunks(var chunks):
            guard pending.count >= AuthenticatedCipher.tagSize else { throw .truncated }
            guard pending.count > AuthenticatedCipher.tagSize || chunks.count == 0 else { throw .malformed("its last chunk is empty") }
            do {
                try chunks.open(pending.span.bytes, isLast: true, into: &output)
            } catch {
                var unused: [UInt8] = []
                let isMiddle = (try? chunks.open(pending.span.bytes, isLast: false, into: &unused)) != nil
                throw isMiddle ? .truncated : error
            }
        }
    }
}
