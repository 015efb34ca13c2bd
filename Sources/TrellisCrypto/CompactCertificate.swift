// Compact certificates (Micali, Reyzin, Vlachos, Wahby, Zeldovich: "Compact Certificates of Collective Knowledge", 2021): proof to
// whoever knows a commitment to a committee that attesters of more than a given weight signed a message, by showing few of the signatures.
// Here: the design, what both sides know, the certificate and its bytes. Making one is in CompactCertificateBuilder.swift, checking one in
// CompactCertificateVerifier.swift, the choice of what is shown in CompactCertificateCoins.swift.
//
// The builder puts every signature it has, with the weight `before` that signed in front of it, into a Merkle tree beside the tree of
// the attesters. Coins below the signed weight, drawn from a hash of all claims, each fall into one signer's stretch
// [before, before + weight), and that signer is revealed: its key and weight with the way to the attesters' root, its signature with the
// way to the signatures' root. Whoever has valid signatures of no more than `provenWeight` covers that much of the signed weight at most,
// and r coins all fall there with probability (proven / signed)^r ≤ 2^-strength; r is the least such number.
//
//     attester leaf  = "trellis/compact-certificate/attester/1" ‖ scheme u16 ‖ weight u64 ‖ public key          as RFC 9162 leaves
//     signature leaf = "trellis/compact-certificate/signature/1" ‖ before u64 ‖ signature, empty of those who did not sign
//     seed = "trellis/compact-certificate/coins/1" ‖ hash u8 ‖ attesters' root ‖ attesters u64 ‖ their weight u64 ‖ proven weight u64 ‖
//            strength u16 ‖ context ‖ length of message u64 ‖ message ‖ signed weight u64 ‖ signatures' root   domains with length in front
//     coins = SHAKE256(seed), words of 64 bits without those that would make some coins likelier
//
// An adversary tries roots until the coins are kind: q tries, or √q with a quantum computer, so the strength is 256 unless said otherwise.
// Reveals that no coin asked for are refused, as are stretches that overlap: a certificate says nothing it does not need.

/// One who may attest.
public struct Attester: Sendable, Equatable {
    public let scheme: SignatureSchemeIdentifier
    public let publicKey: [UInt8]
    /// 1 or more.
    public let weight: UInt64

    public init(scheme: SignatureSchemeIdentifier, publicKey: [UInt8], weight: UInt64) {
        self.scheme = scheme
        self.publicKey = publicKey
        self.weight = weight
    }

    func leafHash(_ suite: HashSuite) -> Digest {
        var writer = ByteWriter()
        writer.raw(Domain.compactAttester.prefixed)
        writer.integer(scheme.rawValue)
        writer.integer(weight)
        writer.raw(publicKey)
        return Merkle.leafHash(writer.bytes, suite: suite)
    }
}

/// What a verifier has to know of a committee instead of all keys: a root, a number, a weight.
public struct AttesterCommitment: Sendable, Equatable {
    /// The most attesters of one committee.
    public static let attestersMaximum = 1 << 16

    public let suite: HashSuite
    public let root: Digest
    public let count: Int
    public let totalWeight: UInt64

    /// Commits to attesters in this order.
    ///
    /// - Throws: `CompactCertificateError.attestersRefused` for none, too many, a weight of zero or a sum beyond 64 bits.
    public init(_ attesters: [Attester], suite: HashSuite = .sha384) throws(CompactCertificateError) {
        guard (1...Self.attestersMaximum).contains(attesters.count) else {
            throw .attestersRefused("\(attesters.count) attesters, not 1 to \(Self.attestersMaximum)")
        }
        var total: UInt64 = 0
        for attester in attesters {
            let (sum, overflow) = total.addingReportingOverflow(attester.weight)
            guard attester.weight > 0, !overflow else { throw .attestersRefused("a weight is zero, or their sum beyond 64 bits") }
            total = sum
        }
        self.suite = suite
        root = Merkle.root(attesters.map { $0.leafHash(suite) }, suite: suite)
        count = attesters.count
        totalWeight = total
    }

    /// A commitment that somebody else made, for those who know no more of the committee.
    ///
    /// - Throws: `CompactCertificateError.attestersRefused` for a number or weight that no committee has, or a root of another suite's size.
    public init(root: Digest, count: Int, totalWeight: UInt64, suite: HashSuite = .sha384) throws(CompactCertificateError) {
        guard (1...Self.attestersMaximum).contains(count), totalWeight >= UInt64(count), root.bytes.count == suite.digestSize else {
            throw .attestersRefused("\(count) attesters of weight \(totalWeight) under a root of \(root.bytes.count) bytes")
        }
        self.suite = suite
        self.root = root
        self.count = count
        self.totalWeight = totalWeight
    }
}

/// What a compact certificate proves: that attesters of more than `provenWeight` signed `message` for the purpose `context`.
public struct CompactStatement: Sendable, Equatable {
    /// 2^-256 against a classical computer, 2^-128 against a quantum computer.
    public static let strengthStandard = 256
    public static let strengths = 64...256

    public let attesters: AttesterCommitment
    public let message: [UInt8]
    public let context: Domain
    public let provenWeight: UInt64
    /// The probability of a false certificate is 2^-strength for each try.
    public let strength: Int

    /// - Throws: `CompactCertificateError.strengthRefused`.
    public init(
        attesters: AttesterCommitment, message: [UInt8], context: Domain, provenWeight: UInt64, strength: Int = strengthStandard
    ) throws(CompactCertificateError) {
        guard Self.strengths.contains(strength) else { throw .strengthRefused(strength) }
        self.attesters = attesters
        self.message = message
        self.context = context
        self.provenWeight = provenWeight
        self.strength = strength
    }

    /// The coins for claims of a signed weight and a tree of signatures; nil if the weight is not above the proven one, or so little that
    /// too many would be needed.
    func coins(signedWeight: UInt64, signatureRoot: Digest) -> [UInt64]? {
        guard let count = CompactCertificateCoins.count(signed: signedWeight, proven: provenWeight, strength: strength) else { return nil }
        var writer = ByteWriter()
        writer.raw(Domain.compactCoins.prefixed)
        writer.integer(attesters.suite.rawValue)
        writer.digest(attesters.root)
        writer.integer(UInt64(attesters.count))
        writer.integer(attesters.totalWeight)
        writer.integer(provenWeight)
        writer.integer(UInt16(strength))
        writer.raw(context.prefixed)
        writer.integer(UInt64(message.count))
        writer.raw(message)
        writer.integer(signedWeight)
        writer.digest(signatureRoot)
        return CompactCertificateCoins.coins(seed: writer.bytes, weight: signedWeight, count: count)
    }
}

/// A certificate that attesters of much weight signed, with few of their signatures.
public struct CompactCertificate: Sendable, Equatable {
    /// An attester that a coin fell on.
    struct Reveal: Sendable, Equatable {
        var position: Int
        var attester: Attester
        /// The weight of those who signed and stand before it.
        var before: UInt64
        var signature: [UInt8]

        var end: UInt64 { before.addingReportingOverflow(attester.weight).partialValue }
    }

    private static let magic = Array("TRLSCER".utf8) + [1]

    let suite: HashSuite
    /// The weight of those who signed, as the builder claims.
    public let signedWeight: UInt64
    let signatureRoot: Digest
    var reveals: [Reveal]
    /// The hashes that are missing for the attesters' root, and for the signatures'.
    var attesterPath: [Digest]
    var signaturePath: [Digest]

    /// How many attesters are shown.
    public var revealCount: Int { reveals.count }

    static func signatureLeafHash(before: UInt64, signature: [UInt8], _ suite: HashSuite) -> Digest {
        var writer = ByteWriter()
        writer.raw(Domain.compactSignature.prefixed)
        writer.integer(before)
        writer.raw(signature)
        return Merkle.leafHash(writer.bytes, suite: suite)
    }

    /// The certificate as bytes.
    public var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.raw(Self.magic)
        writer.integer(suite.rawValue)
        writer.integer(signedWeight)
        writer.digest(signatureRoot)
        writer.integer(UInt32(reveals.count))
        for reveal in reveals {
            writer.integer(UInt32(reveal.position))
            writer.integer(reveal.before)
            writer.integer(reveal.attester.weight)
            writer.integer(reveal.attester.scheme.rawValue)
            writer.raw(reveal.attester.publicKey)
            writer.string(reveal.signature)
        }
        writer.digests(attesterPath)
        writer.digests(signaturePath)
        return writer.bytes
    }
}

extension CompactCertificate {
    /// Reads what `encoded` gives, and nothing else. That it proves anything is for `isValid`.
    ///
    /// - Throws: `CompactCertificateError.malformed`, and why.
    public init(encoded bytes: [UInt8]) throws(CompactCertificateError) {
        do {
            self = try Self.decode(bytes)
        } catch {
            throw .malformed(error.reason)
        }
    }

    private static func decode(_ bytes: [UInt8]) throws(ByteReaderError) -> CompactCertificate {
        var reader = ByteReader(bytes)
        guard try reader.raw("the magic number", count: magic.count) == magic else {
            throw ByteReaderError(reason: "it is no compact certificate of version 1")
        }
        guard let suite = HashSuite(rawValue: try reader.integer("the hash")) else { throw ByteReaderError(reason: "unknown hash") }
        let signedWeight: UInt64 = try reader.integer("the signed weight")
        let root = try reader.digest("the signatures' root", suite)
        let count = try reader.count("reveals", limit: CompactCertificateCoins.maximum, size: 22)
        var reveals: [Reveal] = []
        reveals.reserveCapacity(count)
        for _ in 0..<count { reveals.append(try decodeReveal(&reader)) }
        guard zip(reveals, reveals.dropFirst()).allSatisfy({ $0.position < $1.position }) else {
            throw ByteReaderError(reason: "its reveals are not in order")
        }
        let pathLimit = count * AttesterCommitment.attestersMaximum.trailingZeroBitCount
        let attesterPath = try reader.digests("the attesters' path", suite, limit: pathLimit)
        let signaturePath = try reader.digests("the signatures' path", suite, limit: pathLimit)
        try reader.finish()
        return CompactCertificate(
            suite: suite, signedWeight: signedWeight, signatureRoot: root, reveals: reveals, attesterPath: attesterPath,
            signaturePath: signaturePath)
    }

    private static func decodeReveal(_ reader: inout ByteReader) throws(ByteReaderError) -> Reveal {
        let position = Int(try reader.integer("a position", as: UInt32.self))
        let before: UInt64 = try reader.integer("a weight before")
        let weight: UInt64 = try reader.integer("a weight")
        let number = SignatureSchemeIdentifier(rawValue: try reader.integer("a scheme"))
        guard let scheme = SignatureScheme.identified(number) else { throw ByteReaderError(reason: "unknown signature scheme") }
        let publicKey = try reader.raw("a public key", count: scheme.publicKeySize)
        let signature = try reader.string("a signature", limit: scheme.signatureSize)
        return Reveal(
            position: position, attester: Attester(scheme: number, publicKey: publicKey, weight: weight), before: before,
            signature: signature)
    }
}

extension Domain {
    static let compactAttester = Domain("trellis/compact-certificate/attester/1")
    static let compactSignature = Domain("trellis/compact-certificate/signature/1")
    static let compactCoins = Domain("trellis/compact-certificate/coins/1")
}
