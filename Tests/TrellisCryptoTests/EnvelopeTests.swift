// Sealed envelopes: round trips, sizes, and that nothing opens which was changed, moved, cut, doubled or meant for others.

import Testing

@testable import TrellisCrypto

@Suite struct EnvelopeTests {
    private static let context = EnvelopeContext(
        purpose: Domain("trellis/test/1"), chain: HashSuite.sha256.hash([1]), sender: Array("validator-0".utf8))
    private static let keys = (try? (0..<3).map { _ in try CompositeKEM.PrivateKey.generate() }) ?? []
    private static let chunk = 64

    private func key(_ index: Int) throws -> CompositeKEM.PrivateKey { try #require(Self.keys.dropFirst(index).first) }

    private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }

    private func seal(_ payload: [UInt8], for keys: [CompositeKEM.PrivateKey]) throws -> [UInt8] {
        try Envelope.seal(payload, to: keys.map(\.publicKey), context: Self.context, chunkSize: Self.chunk)
    }

    private func open(_ envelope: [UInt8], _ index: Int = 0) throws -> [UInt8] {
        try Envelope.open(envelope, with: key(index), context: Self.context)
    }

    /// Feeds pieces of one size.
    private func open(_ envelope: [UInt8], inPiecesOf size: Int) throws -> [UInt8] {
        var opener = EnvelopeOpener(key: try key(0), context: Self.context)
        var payload: [UInt8] = []
        for start in stride(from: 0, to: envelope.count, by: size) {
            payload += try opener.open(Array(envelope[start..<min(start + size, envelope.count)]))
        }
        return payload + (try opener.finish())
    }

    private func chunks(_ envelope: [UInt8], recipients: Int) -> [[UInt8]] {
        let start = EnvelopeHeader.size(recipients: recipients)
        let size = Self.chunk + AuthenticatedCipher.tagSize
        return stride(from: start, to: envelope.count, by: size).map { Array(envelope[$0..<min($0 + size, envelope.count)]) }
    }

    @Test func payloadsOfEverySizeComeBackWholeAndInPieces() throws {
        for count in [0, 1, 63, 64, 65, 127, 128, 129, 640, 1000] {
            let payload = bytes(count)
            let envelope = try seal(payload, for: [try key(0)])
            #expect(envelope.count == Envelope.size(payload: count, recipients: 1, chunkSize: Self.chunk))
            #expect(try open(envelope) == payload)
            for size in [1, 7, 79, 80, 81, 1340, 5000] { #expect(try open(envelope, inPiecesOf: size) == payload) }
        }
        #expect(Envelope.size(payload: 0, recipients: 1) == 12 + 1281 + 48 + 16)
    }

    @Test func sealingInPiecesGivesTheSameChunks() throws {
        for count in [0, 1, 64, 65, 128, 500] {
            for size in [1, 63, 64, 65, 200] {
                var sealer = try EnvelopeSealer(to: [try key(0).publicKey], context: Self.context, chunkSize: Self.chunk)
                var envelope = sealer.header
                let payload = bytes(count)
                for start in stride(from: 0, to: count, by: size) {
                    let piece = Array(payload[start..<min(start + size, count)])
                    envelope += try sealer.seal(piece)
                }
                envelope += try sealer.finish()
                #expect(envelope.count == Envelope.size(payload: count, recipients: 1, chunkSize: Self.chunk))
                #expect(try open(envelope) == payload)
            }
        }
    }

    @Test func largePayloadsInStandardChunks() throws {
        let payload = bytes(3 * Envelope.chunkSizeStandard)
        let envelope = try Envelope.seal(payload, to: [try key(0).publicKey], context: Self.context)
        #expect(envelope.count == Envelope.size(payload: payload.count, recipients: 1))
        #expect(try open(envelope) == payload)
        #expect(try open(envelope, inPiecesOf: 100_000) == payload)
    }

    @Test func everyRecipientReadsTheSame() throws {
        let many = try (0..<40).map { _ in try CompositeKEM.PrivateKey.generate() }
        for keys in [Array(many.prefix(1)), Array(many.prefix(2)), many] {
            let envelope = try seal(bytes(100), for: keys)
            for key in keys { #expect(try Envelope.open(envelope, with: key, context: Self.context) == bytes(100)) }
            #expect(try Envelope.recipients(of: envelope) == keys.map { Envelope.recipient($0.publicKey) }.sorted())
            #expect(throws: EnvelopeError.notARecipient) { try open(envelope) }
        }
    }

    @Test func everyFlippedByteIsNoticed() throws {
        let envelope = try seal(bytes(100), for: [try key(0), try key(1)])
        for index in envelope.indices {
            var changed = envelope
            changed[index] ^= 1 << UInt8(index % 8)
            #expect(throws: EnvelopeError.self, "byte \(index)") { try open(changed, index % 2) }
        }
    }

    @Test func everyTruncationIsNoticed() throws {
        let envelope = try seal(bytes(200), for: [try key(0)])
        let header = EnvelopeHeader.size(recipients: 1)
        for count in 0..<envelope.count {
            let error = #expect(throws: EnvelopeError.self, "\(count) bytes") { try open(Array(envelope[..<count])) }
            // Between chunks, and where not even a tag is left, it is certain.
            let rest = count - header
            if rest < 16 || rest % 80 < 16 && rest % 80 > 0 || rest % 80 == 0 { #expect(error == .truncated, "\(count) bytes") }
        }
        #expect(throws: EnvelopeError.authenticationFailed) { try open(envelope + [0]) }
        #expect(throws: EnvelopeError.authenticationFailed) { try open(envelope + [UInt8](repeating: 0, count: 80)) }
        #expect(throws: EnvelopeError.authenticationFailed) { try open(envelope + envelope) }
    }

    @Test func extendedAtTheEndOfAFullChunk() throws {
        let envelope = try seal(bytes(128), for: [try key(0)])
        for count in [1, 15, 16, 17, 80] {
            #expect(throws: EnvelopeError.self) { try open(envelope + [UInt8](repeating: 7, count: count)) }
        }
    }

    @Test func chunksKeepTheirPlaces() throws {
        let envelope = try seal(bytes(64 * 4), for: [try key(0)])
        let header = Array(envelope[..<EnvelopeHeader.size(recipients: 1)])
        let chunks = chunks(envelope, recipients: 1)
        #expect(chunks.count == 4)
        let changes: [[Int]] = [
            [1, 0, 2, 3], [0, 2, 1, 3], [0, 1, 3], [0, 1, 3, 2], [1, 2, 3], [0, 0, 1, 2, 3], [0, 1, 2, 2, 3], [0, 1, 2, 3, 3], [3], [],
        ]
        for order in changes {
            let changed = header + order.flatMap { chunks[$0] }
            #expect(throws: EnvelopeError.self, "\(order)") { try open(changed) }
            #expect(throws: EnvelopeError.self, "\(order)") { try open(changed, inPiecesOf: 80) }
        }
        #expect(throws: EnvelopeError.truncated) { try open(header + chunks[0] + chunks[1]) }
        #expect(try open(header + chunks.flatMap { $0 }) == bytes(256))
    }

    @Test func chunksOfAnotherEnvelopeDoNotFit() throws {
        let (one, other) = (try seal(bytes(128), for: [try key(0)]), try seal(bytes(128), for: [try key(0)]))
        let header = EnvelopeHeader.size(recipients: 1)
        #expect(throws: EnvelopeError.authenticationFailed) { try open(Array(one[..<header]) + other[header...]) }
        #expect(throws: EnvelopeError.authenticationFailed) { try open(Array(one[..<(header + 80)]) + other[(header + 80)...]) }
    }

    @Test func stanzasBelongToOneListInOneOrder() throws {
        let envelope = try seal(bytes(10), for: [try key(0), try key(1)])
        let (start, size) = (EnvelopeHeader.preambleSize, EnvelopeHeader.stanzaSize)
        let stanzas = (0..<2).map { Array(envelope[(start + $0 * size)..<(start + ($0 + 1) * size)]) }
        let rest = Array(envelope[(start + 2 * size)...])
        let preamble = Array(envelope[..<start])
        #expect(throws: EnvelopeError.malformed("its recipients are not in ascending order")) {
            try open(preamble + stanzas[1] + stanzas[0] + rest)
        }
        #expect(throws: EnvelopeError.malformed("its recipients are not in ascending order")) {
            try open(preamble + stanzas[0] + stanzas[0] + rest)
        }
        // The names in order, what belongs to them exchanged.
        let exchanged = stanzas[0][..<48] + stanzas[1][48...] + stanzas[1][..<48] + stanzas[0][48...]
        for index in 0..<2 { #expect(throws: EnvelopeError.authenticationFailed) { try open(preamble + exchanged + rest, index) } }
        // A list with one taken away.
        let alone = preamble.dropLast(2) + [1, 0]
        for stanza in stanzas {
            for index in 0..<2 { #expect(throws: EnvelopeError.self) { try open(alone + stanza + rest, index) } }
        }
        // The list of another envelope, which has one of the two and a third.
        let other = try seal(bytes(10), for: [try key(0), try key(2)])
        let otherHeader = Array(other[..<EnvelopeHeader.size(recipients: 2)])
        #expect(throws: EnvelopeError.authenticationFailed) {
            try open(otherHeader + envelope[EnvelopeHeader.size(recipients: 2)...])
        }
    }

    @Test func theContextIsTheSameOrNothing() throws {
        let envelope = try seal(bytes(10), for: [try key(0)])
        let (purpose, chain, sender) = (Self.context.purpose, Self.context.chain, Self.context.sender)
        for other in [
            EnvelopeContext(purpose: Domain("trellis/test/2"), chain: chain, sender: sender),
            EnvelopeContext(purpose: purpose, chain: HashSuite.sha256.hash([2]), sender: sender),
            EnvelopeContext(purpose: purpose, chain: nil, sender: sender),
            EnvelopeContext(purpose: purpose, chain: chain, sender: []),
            EnvelopeContext(purpose: purpose, chain: chain, sender: sender + [0]),
            EnvelopeContext(purpose: purpose, chain: nil, sender: (chain?.bytes ?? []) + sender),
        ] {
            #expect(throws: EnvelopeError.authenticationFailed) { try Envelope.open(envelope, with: key(0), context: other) }
        }
    }

    /// Two recipients are given different content keys that each fit a stanza; only one can fit the commitment.
    @Test func twoContentKeysCannotShareOneEnvelope() throws {
        let recipients = try EnvelopeRecipient.sorted([try key(0).publicKey, try key(1).publicKey])
        let secrets = [SecretBytes(random: 32), SecretBytes(random: 32)]
        let headers = try secrets.map {
            try EnvelopeHeader(wrapping: $0, for: recipients, context: Self.context, chunkSize: Self.chunk)
        }
        let mixed = EnvelopeHeader(chunkSize: Self.chunk, stanzas: [headers[0].stanzas[0], headers[1].stanzas[1]])
        var opened = 0
        for secret in secrets {
            let keys = mixed.payloadKeys(secret, Self.context)
            var chunks = EnvelopeChunks(keys.cipher, chunkSize: Self.chunk)
            var envelope = mixed.encoded(commitment: keys.commitment)
            let payload = bytes(5)
            try chunks.seal(payload.span.bytes, isLast: true, into: &envelope)
            for index in 0..<2 where (try? open(envelope, index)) != nil { opened += 1 }
        }
        // Each of the two opens for the one whose key it is, never for the other.
        #expect(opened == 2)
    }

    @Test func anEmptyLastChunkIsNotHowPayloadsEnd() throws {
        let secret = SecretBytes(random: 32)
        let header = try EnvelopeHeader(
            wrapping: secret, for: try EnvelopeRecipient.sorted([try key(0).publicKey]), context: Self.context, chunkSize: Self.chunk)
        let keys = header.payloadKeys(secret, Self.context)
        var chunks = EnvelopeChunks(keys.cipher, chunkSize: Self.chunk)
        var envelope = header.encoded(commitment: keys.commitment)
        let (full, empty) = (bytes(Self.chunk), bytes(0))
        try chunks.seal(full.span.bytes, isLast: false, into: &envelope)
        try chunks.seal(empty.span.bytes, isLast: true, into: &envelope)
        #expect(throws: EnvelopeError.malformed("its last chunk is empty")) { try open(envelope) }
    }

    @Test func listsOfRecipientsAreChecked() throws {
        let own = try key(0).publicKey
        #expect(throws: EnvelopeError.recipientCount(0)) { try Envelope.seal([], to: [], context: Self.context) }
        #expect(throws: EnvelopeError.duplicateRecipient(Envelope.recipient(own))) {
            try Envelope.seal([], to: [own, try key(1).publicKey, own], context: Self.context)
        }
        for wrong in [[], own.dropLast(), own + [0], own.dropLast() + [(own.last ?? 0) ^ 1]] {
            #expect(throws: EnvelopeError.invalidRecipient(1)) { try Envelope.seal([], to: [own, Array(wrong)], context: Self.context) }
        }
        #expect(Envelope.recipientsMaximum == 818)
        #expect(EnvelopeHeader.size(recipients: Envelope.recipientsMaximum) <= Envelope.headerSizeMaximum)
        let tooMany = [[UInt8]](repeating: own, count: Envelope.recipientsMaximum + 1)
        #expect(throws: EnvelopeError.recipientCount(819)) { try Envelope.seal([], to: tooMany, context: Self.context) }
        for size in [0, 1, 63, 65, 96, 1 << 21, Int.max, -64] {
            #expect(throws: EnvelopeError.chunkSizeRefused(size)) {
                try Envelope.seal([], to: [own], context: Self.context, chunkSize: size)
            }
        }
    }

    @Test func anyBytesAreRefusedWithoutHarm() throws {
        let magic = EnvelopeHeader.magic
        #expect(throws: EnvelopeError.truncated) { try open([]) }
        #expect(throws: EnvelopeError.malformed("it is no envelope of version 1")) { try open([UInt8](repeating: 0xff, count: 5000)) }
        #expect(throws: EnvelopeError.malformed("its suite is 2, not 1")) { try open(magic + [2, 16, 1, 0]) }
        for exponent in [UInt8(0), 5, 21, 62, 63, 64, 255] {
            #expect(throws: EnvelopeError.malformed("its chunks are of 2^\(exponent) bytes")) { try open(magic + [1, exponent, 1, 0]) }
        }
        for (low, high) in [(UInt8(0), UInt8(0)), (0x33, 0x03), (0xff, 0xff)] {
            let count = Int(low) + Int(high) << 8
            #expect(throws: EnvelopeError.malformed("it has \(count) recipients")) { try open(magic + [1, 16, low, high]) }
        }
        #expect(throws: EnvelopeError.truncated) { try open(magic + [1, 16, 0x32, 0x03]) }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let noise = SecretBytes(random: Int.random(in: 0..<3000, using: &generator)).withBytes { Array($0) }
            #expect(throws: EnvelopeError.self) { try open(magic + [1, 6, 1, 0] + noise) }
        }
    }

    @Test func aFailedOpenerStaysFailed() throws {
        let envelope = try seal(bytes(64 * 3), for: [try key(0)])
        var changed = envelope
        changed[EnvelopeHeader.size(recipients: 1) + 85] ^= 1
        var opener = EnvelopeOpener(key: try key(0), context: Self.context)
        let first = try opener.open(Array(changed[..<1500]))
        #expect(first == bytes(64))
        do {
            _ = try opener.open(Array(changed[1500...]))
            Issue.record("a changed chunk was opened")
        } catch { #expect(error == .authenticationFailed) }
        do {
            _ = try opener.open(envelope)
            Issue.record("it goes on")
        } catch { #expect(error == .authenticationFailed) }
        do {
            _ = try opener.finish()
            Issue.record("it ends well")
        } catch { #expect(error == .authenticationFailed) }
    }
}
