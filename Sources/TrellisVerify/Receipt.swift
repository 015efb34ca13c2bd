// A receipt: one log entry, where it stands in the Merkle log, and a quorum's certificate of that log (PROTOCOL §7). Here is its canonical
// encoding; the file form is in Receipt+JSON.swift, the check against a genesis in VerifiedReceipt.swift.

public import TrellisCrypto
public import TrellisModel

/// The proof of one log entry. Holding one says nothing; `verify(genesis:)` does.
public struct Receipt: Sendable, Equatable {
    /// Of receipts without proofs of votes.
    public static let format = "trellis/receipt/1"
    /// Of receipts with proofs of votes.
    public static let formatWithVotes = "trellis/receipt/2"
    /// The longest inclusion proof: a log has fewer than 2^64 entries.
    public static let proofMaximum = 64
    /// No entry is larger: a proposal or a record as large as genesis may allow, and a vote with its reason for every seat.
    public static let entryBytesMaximum =
        Int(clamping: Limits.transactionBytesMaximum) + Record.overhead + CouncilNeed.textMaximum + 256
        + CouncilNeed.councilsMaximum * Council.seatsMaximum * SeatVote.encodedSizeMaximum
    /// The most proofs of votes in one receipt.
    public static let votesMaximum = CouncilNeed.councilsMaximum * Council.seatsMaximum
    /// The most bytes of all proofs of votes: a receipt leaves out what goes beyond.
    public static let votesBytesMaximum = 64 << 20
    /// No receipt is larger: the largest entry, and an attestation with the largest signature of every validator there may be.
    public static let wireBytesMaximum = {
        let digest = HashSuite.allCases.map(\.digestSize).max() ?? 0
        let signature = SignatureScheme.all.map(\.signatureSize).max() ?? 0
        let attestation = BlockPrefix.encodedSize + 2 * digest + 4 + Limits.attestationsMaximum * (8 + digest) + 4 + signature
        let proof = 8 + 4 + proofMaximum * HashSuite.sha256.digestSize
        return 64 + entryBytesMaximum + votesBytesMaximum + proof + Checkpoint.encodedSizeMaximum + Stakes.validatorsMaximum * attestation
    }()

    /// The hash suite of the chain.
    public let suite: HashSuite
    /// The leaf as it stands in the log; it decodes to `LogEntry`.
    public let entry: [UInt8]
    /// The leaf's place in the log, from 0.
    public let index: UInt64
    /// The inclusion proof (RFC 9162 §2.1.3), from the leaf's sibling upwards.
    public let proof: [Digest]
    public let certificate: CheckpointCertificate
    /// That seats voted as the decision says: of some or all, in its order of councils and seats.
    public let votes: [VoteProof]

    public init(
        suite: HashSuite, entry: [UInt8], index: UInt64, proof: [Digest], certificate: CheckpointCertificate, votes: [VoteProof] = []
    ) {
        self.votes = votes
        self.suite = suite
        self.entry = entry
        self.index = index
        self.proof = proof
        self.certificate = certificate
    }

    /// Reads the canonical bytes.
    ///
    /// - Throws: `ReceiptError` unless they are exactly one receipt whose entry is a log entry.
    public init(wireBytes bytes: [UInt8]) throws(ReceiptError) {
        guard bytes.count <= Self.wireBytesMaximum else { throw .tooLarge(bytes: bytes.count, limit: Self.wireBytesMaximum) }
        do {
            self = try Self.decode(bytes)
        } catch {
            throw .malformed(error)
        }
    }

    private static func decode(_ bytes: [UInt8]) throws(WireError) -> Receipt {
        // The suite comes first and says how long the digests behind it are.
        var opening = WireDecoder(bytes, suite: .sha256)
        let found = try opening.string("format", limit: format.utf8.count)
        guard found == format || found == formatWithVotes else { throw .invalid(what: "receipt format", offset: 4) }
        guard let suite = HashSuite(rawValue: try opening.u8()) else { throw .invalid(what: "hash suite", offset: opening.offset - 1) }
        var decoder = WireDecoder(bytes, suite: suite, offset: opening.offset)
        let entry = try decoder.byteString("entry bytes", limit: entryBytesMaximum)
        _ = try LogEntry(wireBytes: entry)
        let index = try decoder.u64()
        var proof: [Digest] = []
        for _ in 0..<(try decoder.count("proof", limit: proofMaximum)) { proof.append(try decoder.digest(.sha256)) }
        let certificate = try CheckpointCertificate(from: &decoder)
        // Reserved: the chain of epoch-final checkpoints. This format knows the first epoch only.
        _ = try decoder.count("epochs", limit: 0)
        var votes: [VoteProof] = []
        if found == formatWithVotes {
            let start = decoder.offset
            votes = try decoder.list("votes", limit: votesMaximum)
            guard !votes.isEmpty, decoder.offset - start <= votesBytesMaximum else { throw .invalid(what: "votes", offset: start) }
        }
        try decoder.finish()
        return Receipt(suite: suite, entry: entry, index: index, proof: proof, certificate: certificate, votes: votes)
    }

    /// The canonical bytes.
    public var wireBytes: [UInt8] {
        var encoder = WireEncoder(reserving: entry.count + 4096 * (certificate.proofs.count + 1))
        encoder.string(writtenFormat)
        encoder.u8(suite.rawValue)
        encoder.byteString(entry)
        encoder.u64(index)
        encoder.count(proof.count)
        for digest in proof { encoder.digest(digest) }
        certificate.encode(to: &encoder)
        encoder.count(0)
        if !votes.isEmpty { encoder.list(votes) }
        return encoder.bytes
    }

    /// There is one encoding of a receipt: without proofs of votes it has the older format.
    var writtenFormat: String { votes.isEmpty ? Self.format : Self.formatWithVotes }
}
