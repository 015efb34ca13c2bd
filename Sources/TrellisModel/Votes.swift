// A seat's votes. Whoever votes on several proposals in one block signs one Merkle root of them per seat, since a post-quantum
// signature costs thousands of bytes however little it says.

public import TrellisCrypto

public enum Verdict: UInt8, Sendable, CaseIterable {
    case approve = 1
    case reject = 2
    case abstain = 3
    /// One of the others, which only the holder of the proposal's reply key can read.
    case sealed = 4

    public var name: String {
        switch self {
        case .approve: "approve"
        case .reject: "reject"
        case .abstain: "abstain"
        case .sealed: "sealed"
        }
    }
}

/// One seat's verdict on one proposal, with its reason.
public struct Vote: Sendable, Equatable, WireEncodable, WireDecodable {
    /// The most bytes of a reason in the clear.
    public static let reasonMaximum = 512

    public let proposal: Digest
    public let verdict: Verdict
    public let reason: String

    public init(proposal: Digest, verdict: Verdict, reason: String) {
        self.proposal = proposal
        self.verdict = verdict
        self.reason = reason.truncated(utf8: Self.reasonMaximum)
    }

    /// The vote that a seat cast, as a decision holds it; nil of a silent seat.
    public init?(of seat: SeatVote, on proposal: Digest) {
        guard let verdict = seat.verdict else { return nil }
        self.proposal = proposal
        self.verdict = verdict
        reason = seat.reason
    }

    /// A vote whose reason, and verdict where it is `sealed`, only the proposer reads.
    public init(proposal: Digest, verdict: Verdict, reason: SealedReason) {
        self.proposal = proposal
        self.verdict = verdict
        self.reason = reason.text
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        proposal = try decoder.digest(.sha256)
        guard let verdict = Verdict(rawValue: try decoder.u8()) else { throw .invalid(what: "verdict", offset: decoder.offset - 1) }
        self.verdict = verdict
        reason = try decoder.string("reason", limit: SealedReason.textSize)
    }

    public func encode(to encoder: inout WireEncoder) {
        encoder.digest(proposal)
        encoder.u8(verdict.rawValue)
        encoder.string(reason)
    }
}

/// A council's place in genesis, and a seat's in the council.
public struct SeatPlace: Sendable, Hashable, Comparable {
    public let council: UInt32
    public let seat: UInt32

    public init(council: UInt32, seat: UInt32) {
        self.council = council
        self.seat = seat
    }

    /// In the order of councils, then of their seats.
    public static func < (left: SeatPlace, right: SeatPlace) -> Bool {
        (left.council, left.seat) < (right.council, right.seat)
    }
}

/// The votes of one seat, under one signature over their Merkle root.
public struct VoteBatch: Sendable, Equatable, WireEncodable, WireDecodable {
    public static let votesMaximum = 1024

    public let council: UInt32
    public let seat: UInt32
    public let votes: [Vote]
    public let signature: [UInt8]

    public init(council: UInt32, seat: UInt32, votes: [Vote], signature: [UInt8]) {
        self.council = council
        self.seat = seat
        self.votes = votes
        self.signature = signature
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        guard try decoder.u8() == EntryKind.votes.rawValue else { throw .invalid(what: "votes kind", offset: decoder.offset - 1) }
        council = try decoder.u32()
        seat = try decoder.u32()
        votes = try decoder.list("votes", limit: Self.votesMaximum)
        signature = try decoder.byteString("vote signature", limit: decoder.remaining)
        guard !votes.isEmpty else { throw .invalid(what: "empty vote batch", offset: decoder.offset) }
    }

    public func encode(to encoder: inout WireEncoder) {
        encoder.u8(EntryKind.votes.rawValue)
        encoder.u32(council)
        encoder.u32(seat)
        encoder.list(votes)
        encoder.byteString(signature)
    }

    /// The seat whose votes an encoded batch claims to be; nil when the bytes are too short for one.
    public static func seat(of bytes: ArraySlice<UInt8>) -> SeatPlace? {
        var decoder = WireDecoder(Array(bytes.dropFirst().prefix(8)), suite: .sha256)
        guard let council = try? decoder.u32(), let seat = try? decoder.u32() else { return nil }
        return SeatPlace(council: council, seat: seat)
    }

    /// What the seat's key signs: chain, epoch, seat, the number of votes and their Merkle root, tagged.
    public static func signedDigest(chain: Digest, epoch: Epoch, council: UInt32, seat: UInt32, votes: [Vote]) -> Digest {
        let root = Merkle.root(votes.map { Merkle.leafHash($0.wireBytes) })
        return signedDigest(chain: chain, epoch: epoch, council: council, seat: seat, size: UInt32(clamping: votes.count), root: root)
    }

    static func signedDigest(chain: Digest, epoch: Epoch, council: UInt32, seat: UInt32, size: UInt32, root: Digest) -> Digest {
        var place = WireEncoder()
        place.u64(epoch)
        place.u32(council)
        place.u32(seat)
        place.u32(size)
        return HashSuite.sha256.tagged(.votes, [chain.bytes, place.bytes, root.bytes])
    }

    public static func signed(
        by key: any SigningKey, chain: Digest, epoch: Epoch, council: UInt32, seat: UInt32, votes: [Vote]
    ) throws -> VoteBatch {
        let digest = signedDigest(chain: chain, epoch: epoch, council: council, seat: seat, votes: votes)
        return VoteBatch(council: council, seat: seat, votes: votes, signature: try key.sign(digest.bytes, context: .votes))
    }

    /// Whether the named seat of `committee` signed exactly these votes.
    public func isSigned(in committee: Committee) -> Bool {
        guard let key = committee.seatKey(council: council, seat: seat) else { return false }
        let digest = Self.signedDigest(chain: committee.chain, epoch: committee.epoch, council: council, seat: seat, votes: votes)
        return key.isValid(signature, for: digest.bytes, context: .votes)
    }
}

extension String {
    /// The longest prefix of at most `limit` bytes of UTF-8 that ends on a scalar boundary.
    public func truncated(utf8 limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: limit)
        while end > utf8.startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
