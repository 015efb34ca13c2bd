// What a validator that is far behind and its peers say to one another (PROTOCOL §8), how it is laid out, and what of it can be checked
// without any state. Whatever is answered is hostile until its certificate says otherwise.

public import TrellisCrypto
public import TrellisModel

public enum CatchUpMessage: Sendable, Equatable {
    /// Asks for the commits after this one, up to a certified one.
    case fetchCommits(after: UInt64)
    case commits(CertifiedCommits)
    /// Asks for blocks of certified commits.
    case fetchCommitted([BlockReference])
    /// Encoded blocks whose signatures nobody needs to check: a certified commit binds their digests.
    case committed([[UInt8]])
    /// The answer where the commits are kept no longer: the state after a certified commit, of so many bytes.
    case offer(CheckpointCertificate, size: UInt64)
    /// Asks for the part that begins at `offset` of the state after commit `index`.
    case fetchState(index: UInt64, offset: UInt64)
    case state(index: UInt64, offset: UInt64, [UInt8])
    /// Asks for entries of the log, and the proof that it begins with them when it has `size` entries.
    case fetchEntries(from: UInt64, size: UInt64)
    /// The proof is that of RFC 9162 §2.1.4 between the log up to the last of these entries and the whole.
    case entries(from: UInt64, [[UInt8]], proof: [Digest])
    /// What was asked for is not held here, or too much was asked for.
    case unavailable

    /// Entries in one answer.
    public static let entriesMaximum = 1 << 16
    /// Digests in one consistency proof.
    private static let proofMaximum = 64

    /// The first kind byte of these messages.
    static let firstKind: UInt8 = 16

    func encode(to encoder: inout WireEncoder) {
        switch self {
        case .fetchCommits(let index):
            encoder.u8(16)
            encoder.u64(index)
        case .commits(let commits):
            encoder.u8(17)
            commits.encode(to: &encoder)
        case .fetchCommitted(let references):
            encoder.u8(18)
            encoder.list(references)
        case .committed(let blocks):
            encoder.u8(19)
            encoder.count(blocks.count)
            for block in blocks { encoder.byteString(block) }
        case .offer(let certificate, let size):
            encoder.u8(20)
            encoder.u64(size)
            certificate.encode(to: &encoder)
        case .fetchState(let index, let offset):
            encoder.u8(21)
            encoder.u64(index)
            encoder.u64(offset)
        case .state(let index, let offset, let bytes):
            encoder.u8(22)
            encoder.u64(index)
            encoder.u64(offset)
            encoder.byteString(bytes)
        case .fetchEntries(let from, let size):
            encoder.u8(23)
            encoder.u64(from)
            encoder.u64(size)
        case .entries(let from, let entries, let proof):
            encoder.u8(24)
            encoder.u64(from)
            encoder.count(entries.count)
            for entry in entries { encoder.byteString(entry) }
            encoder.count(proof.count)
            for digest in proof { encoder.digest(digest) }
        case .unavailable: encoder.u8(25)
        }
    }

    init(kind: UInt8, from decoder: inout WireDecoder, limits: Limits) throws(WireError) {
        switch kind {
        case 16: self = .fetchCommits(after: try decoder.u64())
        case 17: self = .commits(try CertifiedCommits(from: &decoder))
        case 18: self = .fetchCommitted(try decoder.list("references", limit: PeerMessage.fetchMaximum))
        case 19:
            let count = try decoder.count("blocks", limit: PeerMessage.fetchMaximum)
            var blocks: [[UInt8]] = []
            for _ in 0..<count { blocks.append(try decoder.byteString("block", limit: limits.blockBytes)) }
            self = .committed(blocks)
        case 20:
            let size = try decoder.u64()
            self = .offer(try CheckpointCertificate(from: &decoder), size: size)
        case 21: self = .fetchState(index: try decoder.u64(), offset: try decoder.u64())
        case 22:
            let (index, offset) = (try decoder.u64(), try decoder.u64())
            self = .state(index: index, offset: offset, try decoder.byteString("state", limit: limits.messageBytes))
        case 23: self = .fetchEntries(from: try decoder.u64(), size: try decoder.u64())
        case 24: self = try Self.entries(from: &decoder, limits)
        case 25: self = .unavailable
        default: throw .invalid(what: "message kind", offset: 0)
        }
    }

    private static func entries(from decoder: inout WireDecoder, _ limits: Limits) throws(WireError) -> Self {
        let from = try decoder.u64()
        var entries: [[UInt8]] = []
        for _ in 0..<(try decoder.count("entries", limit: entriesMaximum)) {
            entries.append(try decoder.byteString("entry", limit: limits.messageBytes))
        }
        var proof: [Digest] = []
        for _ in 0..<(try decoder.count("proof", limit: proofMaximum)) { proof.append(try decoder.digest(.sha256)) }
        return .entries(from: from, entries, proof: proof)
    }

    /// What it is to the core of who receives it. Takes the certificates' signatures; of blocks it takes the hash alone.
    public func checked(_ committee: Committee) throws(CatchUpError) -> CatchUp {
        switch self {
        case .fetchCommits(let index): return .fetchCommits(after: index)
        case .commits(let commits):
            try commits.verify(committee)
            return .commits(commits)
        case .fetchCommitted(let references): return .fetchCommitted(references)
        case .committed(let encoded):
            var blocks: [Block] = []
            for bytes in encoded {
                do { blocks.append(try Block(wireBytes: bytes, committee: committee)) } catch { throw .malformed(error) }
            }
            return .committed(blocks)
        case .offer(let certificate, let size):
            do { _ = try certificate.verify(committee) } catch { throw .badCertificate(error) }
            return .offer(certificate, size: size)
        case .fetchState(let index, let offset): return .fetchState(index: index, offset: offset)
        case .state(let index, let offset, let bytes): return .state(index: index, offset: offset, bytes)
        case .fetchEntries(let from, let size): return .fetchEntries(from: from, size: size)
        case .entries(let from, let entries, let proof): return .entries(from: from, entries, proof: proof)
        case .unavailable: return .unavailable
        }
    }
}

/// A message about catching up, as far as it could be checked when it arrived.
public enum CatchUp: Sendable {
    case fetchCommits(after: UInt64)
    /// Verified.
    case commits(CertifiedCommits)
    case fetchCommitted([BlockReference])
    /// Decoded; nobody has checked the signatures.
    case committed([Block])
    /// Its certificate is verified.
    case offer(CheckpointCertificate, size: UInt64)
    case fetchState(index: UInt64, offset: UInt64)
    case state(index: UInt64, offset: UInt64, [UInt8])
    case fetchEntries(from: UInt64, size: UInt64)
    case entries(from: UInt64, [[UInt8]], proof: [Digest])
    case unavailable
    /// What the peer sent is false.
    case lie
}

/// What the core asks of its rim for those who catch up, itself or a peer.
public enum CatchUpEffect: Sendable {
    /// Send the commits after `index`, as many as fit a message and end at a certified one.
    case serveCommits(after: UInt64, to: ValidatorIndex)
    case serveState(index: UInt64, offset: UInt64, to: ValidatorIndex)
    case serveEntries(from: UInt64, size: UInt64, to: ValidatorIndex)
    /// Check a state, a foundation and then a ledger's snapshot, against its certificate; keep it in memory if it is right. Answered.
    case check([UInt8], CheckpointCertificate)
    /// Write the next entries of the log behind those that the ledger has, if they are proven; they count once the state is installed.
    /// Answered.
    case stage([[UInt8]], [Digest], Checkpoint)
    /// Replace the own state by the one that was checked, with the entries that were staged: wholly or, if this is interrupted, not at all.
    /// Answered.
    case install
    case serveCommitted([BlockReference], to: ValidatorIndex)
    /// Append a block to the journal whose signature nobody checked, marked as such: a certified commit holds it.
    case store(Block)
}

/// How the rim answers what the core asks of it for itself.
public enum CatchUpAnswer: Sendable {
    /// The state is right; the log has so many entries here.
    case checked(Foundation, logSize: UInt64)
    /// With what was staged the log has so many entries.
    case staged(logSize: UInt64)
    /// What was to be checked or staged is false; the log is as it was.
    case refused(logSize: UInt64)
    /// What a restart would bring back now.
    case installed(Recovered)
}
