// What a validator that is far behind and its peers say to one another (PROTOCOL §8), how it is laid out, and what of it can be checked
// without any state. Whatever is answered is hostile until its certificate says otherwise.

import TrellisCrypto
public import TrellisModel

public enum CatchUpMessage: Sendable, Equatable {
    /// Asks for the commits after this one, up to a certified one.
    case fetchCommits(after: UInt64)
    case commits(CertifiedCommits)
    /// Asks for blocks of certified commits.
    case fetchCommitted([BlockReference])
    /// Encoded blocks whose signatures nobody needs to check: a certified commit binds their digests.
    case committed([[UInt8]])

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
        default: throw .invalid(what: "message kind", offset: 0)
        }
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
    /// What the peer sent is false.
    case lie
}

/// What the core asks of its rim for those who catch up, itself or a peer.
public enum CatchUpEffect: Sendable {
    /// Send the commits after `index`, as many as fit a message and end at a certified one.
    case serveCommits(after: UInt64, to: ValidatorIndex)
    case serveCommitted([BlockReference], to: ValidatorIndex)
    /// Append a block to the journal whose signature nobody checked, marked as such: a certified commit holds it.
    case store(Block)
}
