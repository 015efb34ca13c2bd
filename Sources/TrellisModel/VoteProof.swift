// The proof that a seat said what a decision says that it said: its signature over the Merkle root of its votes, and the way from the vote to
// the root. It stands alone: who has the genesis needs nothing else.

public import TrellisCrypto

/// A seat's signature on one vote among those that it signed together.
public struct VoteProof: Sendable, Equatable, WireEncodable, WireDecodable {
    /// The council's and the seat's places in genesis.
    public let council: UInt32
    public let seat: UInt32
    /// The vote's place among `size` votes of the batch.
    public let index: UInt32
    public let size: UInt32
    /// From the vote's sibling upwards (RFC 9162 §2.1.3).
    public let path: [Digest]
    public let signature: [UInt8]

    /// Nil when the batch has no vote at `index`.
    public init?(of batch: VoteBatch, at index: Int) {
        guard batch.votes.indices.contains(index),
            let path = Merkle.inclusionProof(index: index, leafHashes: batch.votes.map { Merkle.leafHash($0.wireBytes) })
        else { return nil }
        council = batch.council
        seat = batch.seat
        self.index = UInt32(clamping: index)
        size = UInt32(clamping: batch.votes.count)
        self.path = path
        signature = batch.signature
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        council = try decoder.u32()
        seat = try decoder.u32()
        index = try decoder.u32()
        size = try decoder.u32()
        guard size <= UInt32(VoteBatch.votesMaximum), index < size else {
            throw .invalid(what: "place of a vote", offset: decoder.offset - 8)
        }
        var path: [Digest] = []
        for _ in 0..<Merkle.proofSize(index: UInt64(index), size: UInt64(size)) { path.append(try decoder.digest(.sha256)) }
        self.path = path
        signature = try decoder.byteString("vote signature", limit: decoder.remaining)
    }

    /// The length of the path follows from the vote's place.
    public func encode(to encoder: inout WireEncoder) {
        encoder.u32(council)
        encoder.u32(seat)
        encoder.u32(index)
        encoder.u32(size)
        for digest in path { encoder.digest(digest) }
        encoder.byteString(signature)
    }

    /// The signature to check, if the seat voted so; nil where genesis has no such seat or the path does not fit.
    public func check(of vote: Vote, in committee: Committee) -> SignatureCheck? {
        let leaf = Merkle.leafHash(vote.wireBytes)
        guard let key = committee.seatKey(council: council, seat: seat),
            let root = Merkle.inclusionRoot(leafHash: leaf, index: UInt64(index), size: UInt64(size), proof: path)
        else { return nil }
        let digest = VoteBatch.signedDigest(
            chain: committee.chain, epoch: committee.epoch, council: council, seat: seat, size: size, root: root)
        return SignatureCheck(key: key, message: digest.bytes, context: .votes, signature: signature)
    }
}
