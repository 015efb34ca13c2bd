// The header of an envelope: its layout, and every key that is derived from it. The reasons stand at the head of Envelope.swift.

/// The header of an envelope without its commitment: which suite and chunk size, and a stanza for each recipient.
struct EnvelopeHeader {
    static let magic = Array("TRLSENV".utf8) + [1]
    /// The only suite there is: CompositeKEM, HKDF with SHA-384, AES-256-GCM.
    static let suite: UInt8 = 1
    static let preambleSize = magic.count + 1 + 1 + 2
    static let commitmentSize = hash.digestSize
    static let contentKeySize = AuthenticatedCipher.keySize
    static let wrappedKeySize = contentKeySize + AuthenticatedCipher.tagSize
    static let stanzaSize = hash.digestSize + CompositeKEM.ciphertextSize + wrappedKeySize
    private static let hash = HashSuite.sha384

    /// The size of a header with its commitment.
    static func size(recipients: Int) -> Int { preambleSize + recipients * stanzaSize + commitmentSize }

    /// What one recipient needs to get at the content key.
    struct Stanza {
        let recipient: Digest
        let ciphertext: [UInt8]
        let wrappedKey: [UInt8]

        var encoded: [UInt8] { recipient.bytes + ciphertext + wrappedKey }
    }

    let chunkSize: Int
    let stanzas: [Stanza]

    init(chunkSize: Int, stanzas: [Stanza]) {
        self.chunkSize = chunkSize
        self.stanzas = stanzas
    }

    var preamble: [UInt8] { Self.preamble(chunkSize: chunkSize, recipients: stanzas.count) }

    private static func preamble(chunkSize: Int, recipients: Int) -> [UInt8] {
        var writer = ByteWriter(reserving: preambleSize)
        writer.raw(magic)
        writer.integer(suite)
        writer.integer(UInt8(truncatingIfNeeded: chunkSize.trailingZeroBitCount))
        writer.integer(UInt16(truncatingIfNeeded: recipients))
        return writer.bytes
    }

    // MARK: Sealing

    /// Wraps a content key for each of the recipients, which are sorted and without duplicates.
    init(wrapping contentKey: SecretBytes, for recipients: [EnvelopeRecipient], context: EnvelopeContext, chunkSize: Int)
        throws(EnvelopeError)
    {
        let preamble = Self.preamble(chunkSize: chunkSize, recipients: recipients.count)
        let transcript = Self.transcript(context, preamble, recipients.map(\.identifier))
        var stanzas: [Stanza] = []
        stanzas.reserveCapacity(recipients.count)
        for recipient in recipients {
            guard let (ciphertext, secret) = try? CompositeKEM.encapsulate(to: recipient.publicKey) else {
                throw .invalidRecipient(recipient.place)
            }
            let cipher = Self.wrapping(secret, transcript, recipient.identifier, ciphertext)
            guard let wrapped = try? cipher.seal(secret: contentKey, nonce: Self.wrappingNonce, associatedData: transcript.bytes) else {
                throw .sealingFailed
            }
            stanzas.append(Stanza(recipient: recipient.identifier, ciphertext: ciphertext, wrappedKey: wrapped))
        }
        self.init(chunkSize: chunkSize, stanzas: stanzas)
    }

    /// The header as it stands in the envelope.
    func encoded(commitment: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.size(recipients: stanzas.count))
        bytes += preamble
        for stanza in stanzas { bytes += stanza.encoded }
        return bytes + commitment
    }

    // MARK: Opening

    /// Reads the chunk size and the size of the whole header from a preamble, the first `preambleSize` bytes.
    static func measure(_ bytes: some Collection<UInt8>) throws(EnvelopeError) -> (chunkSize: Int, recipients: Int) {
        var reader = ByteReader(Array(bytes.prefix(preambleSize)))
        do {
            guard try reader.raw("the magic number", count: magic.count) == magic else {
                throw EnvelopeError.malformed("it is no envelope of version 1")
            }
            let suite: UInt8 = try reader.integer("the suite")
            guard suite == Self.suite else { throw EnvelopeError.malformed("its suite is \(suite), not \(Self.suite)") }
            let exponent: UInt8 = try reader.integer("the chunk size")
            let chunkSize = exponent < 63 ? 1 << Int(exponent) : 0
            guard Envelope.chunkSizes.contains(chunkSize) else { throw EnvelopeError.malformed("its chunks are of 2^\(exponent) bytes") }
            let recipients = Int(try reader.integer("the number of recipients", as: UInt16.self))
            guard (1...Envelope.recipientsMaximum).contains(recipients) else {
                throw EnvelopeError.malformed("it has \(recipients) recipients")
            }
            return (chunkSize, recipients)
        } catch let error as EnvelopeError {
            throw error
        } catch {
            throw .truncated
        }
    }

    /// Reads a header, with its commitment or whatever else behind the stanzas.
    init(parsing bytes: [UInt8]) throws(EnvelopeError) {
        let (chunkSize, recipients) = try Self.measure(bytes)
        guard bytes.count >= Self.size(recipients: recipients) else { throw .truncated }
        var reader = ByteReader(Array(bytes[Self.preambleSize..<Self.size(recipients: recipients)]))
        var stanzas: [Stanza] = []
        stanzas.reserveCapacity(recipients)
        do {
            for _ in 0..<recipients {
                stanzas.append(
                    Stanza(
                        recipient: try reader.digest("a recipient", Self.hash),
                        ciphertext: try reader.raw("a KEM ciphertext", count: CompositeKEM.ciphertextSize),
                        wrappedKey: try reader.raw("a wrapped key", count: Self.wrappedKeySize)))
            }
        } catch {
            throw .truncated
        }
        guard zip(stanzas, stanzas.dropFirst()).allSatisfy({ $0.recipient < $1.recipient }) else {
            throw .malformed("its recipients are not in ascending order")
        }
        self.init(chunkSize: chunkSize, stanzas: stanzas)
    }

    /// The content key, unwrapped with a recipient's private key.
    func contentKey(_ key: CompositeKEM.PrivateKey, _ context: EnvelopeContext) throws(EnvelopeError) -> SecretBytes {
        let recipient = Envelope.recipient(key.publicKey)
        guard let stanza = stanzas.first(where: { $0.recipient == recipient }) else { throw .notARecipient }
        let transcript = Self.transcript(context, preamble, stanzas.map(\.recipient))
        guard let secret = try? key.decapsulate(stanza.ciphertext) else { throw .authenticationFailed }
        let cipher = Self.wrapping(secret, transcript, recipient, stanza.ciphertext)
        guard
            let contentKey = try? cipher.open(
                secret: stanza.wrappedKey, nonce: Self.wrappingNonce, associatedData: transcript.bytes)
        else { throw .authenticationFailed }
        return contentKey
    }

    // MARK: Keys

    /// The cipher of the chunks, and the commitment to its key.
    func payloadKeys(_ contentKey: SecretBytes, _ context: EnvelopeContext) -> (cipher: AuthenticatedCipher, commitment: [UInt8]) {
        let transcript = Self.transcript(context, preamble, stanzas.map(\.recipient))
        let header = Self.hash.tagged(.envelopeHeader, [transcript.bytes] + stanzas.map(\.encoded)).bytes
        func derive(_ domain: Domain, _ count: Int) -> SecretBytes {
            KeyDerivation.hkdf(Self.hash, secret: contentKey, salt: header, info: domain.prefixed, count: count)
        }
        let key = derive(.envelopePayload, AuthenticatedCipher.keySize)
        return (AuthenticatedCipher(key: key), derive(.envelopeCommitment, Self.commitmentSize).withBytes { Array($0) })
    }

    /// A key that wraps once needs no other nonce.
    private static let wrappingNonce = [UInt8](repeating: 0, count: AuthenticatedCipher.nonceSize)

    private static func wrapping(
        _ secret: SecretBytes, _ transcript: Digest, _ recipient: Digest, _ ciphertext: [UInt8]
    ) -> AuthenticatedCipher {
        let info = Domain.envelopeWrap.prefixed + recipient.bytes + ciphertext
        return AuthenticatedCipher(
            key: KeyDerivation.hkdf(hash, secret: secret, salt: transcript.bytes, info: info, count: AuthenticatedCipher.keySize))
    }

    private static func transcript(_ context: EnvelopeContext, _ preamble: [UInt8], _ recipients: [Digest]) -> Digest {
        hash.tagged(.envelope, [context.encoded, preamble] + recipients.map(\.bytes))
    }
}

/// One who shall read an envelope.
struct EnvelopeRecipient {
    let identifier: Digest
    let publicKey: [UInt8]
    /// The place in the caller's list.
    let place: Int

    /// The recipients of these public keys, in the order of their stanzas.
    static func sorted(_ publicKeys: [[UInt8]]) throws(EnvelopeError) -> [EnvelopeRecipient] {
        guard (1...Envelope.recipientsMaximum).contains(publicKeys.count) else { throw .recipientCount(publicKeys.count) }
        let recipients = publicKeys.enumerated().map { place, key in
            EnvelopeRecipient(identifier: Envelope.recipient(key), publicKey: key, place: place)
        }.sorted { $0.identifier < $1.identifier }
        for (left, right) in zip(recipients, recipients.dropFirst()) where left.identifier == right.identifier {
            throw .duplicateRecipient(left.identifier)
        }
        return recipients
    }
}

/// The chunks of one envelope, one after another: what counts them and marks the last.
struct EnvelopeChunks {
    let chunkSize: Int
    private let cipher: AuthenticatedCipher
    private(set) var count: UInt64 = 0

    init(_ cipher: AuthenticatedCipher, chunkSize: Int) {
        self.cipher = cipher
        self.chunkSize = chunkSize
    }

    /// The size of a full chunk with its tag.
    var sealedSize: Int { chunkSize + AuthenticatedCipher.tagSize }

    /// Whether one more chunk is within the bound of a payload.
    var hasRoom: Bool { count < UInt64(Envelope.payloadSizeMaximum / chunkSize) }

    mutating func seal(_ plaintext: RawSpan, isLast: Bool, into output: inout [UInt8]) throws(EnvelopeError) {
        guard hasRoom else { throw .payloadTooLarge }
        guard (try? cipher.seal(plaintext, nonce: nonce(isLast), into: &output)) != nil else { throw .sealingFailed }
        count += 1
    }

    /// Appends the plaintext of a chunk that is authentic; nothing otherwise.
    mutating func open(_ sealed: RawSpan, isLast: Bool, into output: inout [UInt8]) throws(EnvelopeError) {
        guard hasRoom else { throw .payloadTooLarge }
        guard (try? cipher.open(sealed, nonce: nonce(isLast), into: &output)) != nil else { throw .authenticationFailed }
        count += 1
    }

    private func nonce(_ isLast: Bool) -> [UInt8] {
        var writer = ByteWriter(reserving: AuthenticatedCipher.nonceSize)
        writer.integer(UInt32(isLast ? 1 : 0))
        writer.integer(count)
        return writer.bytes
    }
}
