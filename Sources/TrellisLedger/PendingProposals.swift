// The proposals that wait for votes: an ordered set with bounded size. Only membership and votes; what they amount to is decided in
// Ledger.swift.

public import TrellisCrypto
public import TrellisModel

/// A proposal on which a council has not decided.
public struct PendingProposal: Sendable {
    public let identifier: Digest
    public let proposal: Proposal
    /// The council's place in the committee.
    public let council: UInt32
    public let opened: OrderPoint
    /// It expires before the first commit with this timestamp or a later one.
    public let deadline: Milliseconds
    /// Every seat of the council, in order; its verdict is nil until its first vote.
    public internal(set) var seats: [SeatVote]

    /// Grows with every proposal opened.
    let sequence: UInt64
    /// The most bytes that the decision on it can take, less a constant.
    let bytes: Int
    /// What the state hash takes from this proposal; nil after a change.
    var stateHash: Digest?

    /// The text is bound by the identifier, so it is not hashed again.
    func computeStateHash(_ suite: HashSuite) -> Digest {
        var encoder = WireEncoder(reserving: 64 + seats.count * 64)
        encoder.digest(identifier)
        encoder.u32(council)
        opened.encode(to: &encoder)
        encoder.u64(deadline)
        encoder.list(seats)
        return suite.hash(encoder.bytes)
    }
}

/// Pending proposals in the order in which they were opened.
struct PendingProposals: Sendable {
    private(set) var entries: [PendingProposal] = []
    private var sequences: [Digest: UInt64] = [:]
    private var nextSequence: UInt64 = 0
    /// The most bytes that the decisions on all of them can take.
    private(set) var bytes = 0
    private(set) var nextDeadline: Milliseconds?

    /// The most bytes that the decision on such a proposal can take, less a constant.
    static func bytes(proposal: Int, seats: Int) -> Int { proposal + seats * SeatVote.encodedSizeMaximum }

    func contains(_ identifier: Digest) -> Bool { sequences[identifier] != nil }

    /// Where in `entries` the proposal stands.
    func position(of identifier: Digest) -> Int? {
        sequences[identifier].flatMap(position(ofSequence:))
    }

    func position(ofSequence sequence: UInt64) -> Int? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].sequence == sequence ? low : nil
    }

    /// Adds a proposal at the end. Its identifier is not in the set.
    mutating func append(
        _ proposal: Proposal, identifier: Digest, council: UInt32, opened: OrderPoint, deadline: Milliseconds, seats: [SeatVote], bytes: Int
    ) {
        entries.append(
            PendingProposal(
                identifier: identifier, proposal: proposal, council: council, opened: opened, deadline: deadline, seats: seats,
                sequence: nextSequence, bytes: bytes, stateHash: nil))
        sequences[identifier] = nextSequence
        nextSequence += 1
        self.bytes += bytes
        nextDeadline = min(nextDeadline ?? deadline, deadline)
    }

    /// Counts the first vote of a seat. False, and nothing changes, when the seat is unknown or has voted.
    mutating func count(_ vote: Vote, seat: UInt32, at position: Int) -> Bool {
        let place = Int(seat)
        guard place < entries[position].seats.count, entries[position].seats[place].verdict == nil else { return false }
        let weight = entries[position].seats[place].weight
        entries[position].seats[place] = SeatVote(seat: seat, weight: weight, verdict: vote.verdict, reason: vote.reason)
        entries[position].stateHash = nil
        return true
    }

    mutating func remove(_ identifiers: [Digest]) {
        guard !identifiers.isEmpty else { return }
        let removed = Set(identifiers)
        for entry in entries where removed.contains(entry.identifier) {
            sequences[entry.identifier] = nil
            bytes -= entry.bytes
        }
        entries.removeAll { removed.contains($0.identifier) }
        nextDeadline = entries.lazy.map(\.deadline).min()
    }

    /// The state hashes of all, one after the other. Only what changed since the last call is hashed.
    mutating func stateHashes(_ suite: HashSuite) -> [UInt8] {
        var hashes: [UInt8] = []
        hashes.reserveCapacity(entries.count * suite.digestSize)
        for position in entries.indices {
            let hash = entries[position].stateHash ?? entries[position].computeStateHash(suite)
            entries[position].stateHash = hash
            hash.append(to: &hashes)
        }
        return hashes
    }
}
