// What validators say to one another inside the peer channel, and how it is laid out. Blocks travel as their own bytes.

import TrellisCrypto
public import TrellisModel

/// How far a validator is: sent while it is quiet, and on connecting.
public struct Heartbeat: Sendable, Equatable, WireEncodable, WireDecodable {
    /// Round of the sender's newest own block.
    public let round: Round
    /// Index of the newest checkpoint it holds a certificate for.
    public let certified: UInt64

    public init(round: Round, certified: UInt64) {
        self.round = round
        self.certified = certified
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        round = try decoder.u64()
        certified = try decoder.u64()
    }

    public func encode(to encoder: inout WireEncoder) {
        encoder.u64(round)
        encoder.u64(certified)
    }
}

/// What is rare and large is held indirectly, so that the rest stays small.
public enum PeerMessage: Sendable, Equatable {
    /// Encoded blocks, ancestors first.
    case blocks([[UInt8]])
    case heartbeat(Heartbeat)
    /// Asks for exactly these blocks.
    case fetch([BlockReference])
    /// Asks for all blocks from a round on, as many as one answer may hold.
    case fetchRounds(from: Round)
    indirect case certificate(CheckpointCertificate)
    /// The sender does not know which rounds it signed, and asks.
    case recall(nonce: UInt64)
    /// The answer: the sender's newest own block, encoded; empty if it has built none.
    case recalled(nonce: UInt64, newest: [UInt8])
    /// The sender may sign above this round only: whoever has nothing else to do builds it for its sake.
    case letPass(Round)
    /// Between a validator that is far behind and one that is not.
    indirect case catchUp(CatchUpMessage)

    /// References in one fetch.
    public static let fetchMaximum = 256

    public var wireBytes: [UInt8] {
        var encoder = WireEncoder()
        switch self {
        case .blocks(let blocks):
            encoder.u8(1)
            encoder.count(blocks.count)
            for block in blocks { encoder.byteString(block) }
        case .heartbeat(let heartbeat):
            encoder.u8(2)
            heartbeat.encode(to: &encoder)
        case .fetch(let references):
            encoder.u8(3)
            encoder.list(references)
        case .fetchRounds(let from):
            encoder.u8(4)
            encoder.u64(from)
        case .certificate(let certificate):
            encoder.u8(5)
            certificate.encode(to: &encoder)
        case .recall(let nonce):
            encoder.u8(6)
            encoder.u64(nonce)
        case .recalled(let nonce, let newest):
            encoder.u8(7)
            encoder.u64(nonce)
            encoder.byteString(newest)
        case .letPass(let round):
            encoder.u8(8)
            encoder.u64(round)
        case .catchUp(let message): message.encode(to: &encoder)
        }
        return encoder.bytes
    }

    /// Decodes a message within the committee's limits. Blocks are not looked into.
    public init(wireBytes bytes: [UInt8], committee: Committee) throws(WireError) {
        let limits = committee.limits
        guard bytes.count <= limits.messageBytes else {
            throw .tooMany(what: "message bytes", count: bytes.count, limit: limits.messageBytes)
        }
        var decoder = WireDecoder(bytes, suite: committee.suite)
        let kind = try decoder.u8()
        switch kind {
        case 1:
            let count = try decoder.count("blocks", limit: Limits.fetchedBlocksMaximum)
            var blocks: [[UInt8]] = []
            for _ in 0..<count { blocks.append(try decoder.byteString("block", limit: limits.blockBytes)) }
            self = .blocks(blocks)
        case 2: self = .heartbeat(try Heartbeat(from: &decoder))
        case 3: self = .fetch(try decoder.list("references", limit: Self.fetchMaximum))
        case 4: self = .fetchRounds(from: try decoder.u64())
        case 5: self = .certificate(try CheckpointCertificate(from: &decoder))
        case 6: self = .recall(nonce: try decoder.u64())
        case 7: self = .recalled(nonce: try decoder.u64(), newest: try decoder.byteString("block", limit: limits.blockBytes))
        case 8: self = .letPass(try decoder.u64())
        default: self = .catchUp(try CatchUpMessage(kind: kind, from: &decoder, limits: limits))
        }
        try decoder.finish()
    }
}
