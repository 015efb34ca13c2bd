// The proposals that wait for votes: an ordered set with bounded size. Only membership and votes; what they amount to is decided in
// Ledger.swift.

public import TrellisCrypto
public import TrellisModel

/// The votes of one council on a pending proposal.
public struct PendingBallot: Sendable {
    /// The council's place in the committee.
    public let council: UInt32
    /// What approval takes, per mille of all the council's weight: settled when the proposal is opened.
    public let thresholdPermille: UInt64
    let isAdaptive: Bool
    /// Every seat of the council, in order; its verdict is nil until its first vote.
    public internal(set) var seats: [SeatVote]

    init(_ council: Council, at place: Int, threshold permille: UInt64, seats: [SeatVote]) {
        self.council = UInt32(place)
        thresholdPermille = permille
        isAdaptive = council.isAdaptive
        self.seats = seats
    }
}

/// A proposal on which its councils have not decided.
public struct PendingProposal: Sendable {
    public let identifier: Digest
    public let proposal: Proposal
    /// The commit that opened it, and when its time began.
    public internal(set) var opened: OrderPoint
    /// It expires before the first commit with this timestamp or a later one.
    public internal(set) var deadline: Milliseconds
    /// One for each council that the proposal needs, in the order in which it names them.
    public internal(set) var ballots: [PendingBallot]

    /// Every seat of every council, in order.
    public var seats: [SeatVote] { ballots.flatMap(\.seats) }

    /// Grows with every proposal opened.
    let sequence: UInt64
    /// The most bytes that the decision on it can take, less a constant.
    let bytes: Int
    /// What the state hash takes from this proposal; nil after a change.
    var stateHash: Digest?

    /// Whether a vote at this time comes in the second half of the time for it.
    func isLate(at time: Milliseconds) -> Bool {
        time >= deadline || (time > opened.timestamp && time - opened.timestamp > deadline - time)
    }

    /// The text is bound by the identifier, so it is not hashed again.
    func computeStateHash(_ suite: HashSuite) -> Digest {
        var encoder = WireEncoder(reserving: 64 + ballots.reduce(0) { $0 + $1.seats.count } * 64)
        encoder.digest(identifier)
        // Of several councils: a number that no council has, and the councils one after the other.
        encoder.u32(ballots.count == 1 ? ballots[0].council : .max)
        opened.encode(to: &encoder)
        encoder.u64(deadline)
        if ballots.count != 1 { encoder.count(ballots.count) }
        for ballot in ballots {
            if ballots.count != 1 { encoder.u32(ballot.council) }
            encoder.list(ballot.seats)
        }
        for ballot in ballots where ballot.isAdaptive { encoder.u64(ballot.thresholdPermille) }
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
    static func bytes(proposal: Int, seats: Int, isSealed: Bool) -> Int {
        proposal + seats * SeatVote.encodedSizeMaximum(isSealed: isSealed)
    }

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
        _ proposal: Proposal, identifier: Digest, ballots: [PendingBallot], opened: OrderPoint, deadline: Milliseconds, bytes: Int
    ) {
        entries.append(
            PendingProposal(
                identifier: identifier, proposal: proposal, opened: opened, deadline: deadline, ballots: ballots,
                sequence: nextSequence, bytes: bytes, stateHash: nil))
        sequences[identifier] = nextSequence
        nextSequence += 1
        self.bytes += bytes
        nextDeadline = min(nextDeadline ?? deadline, deadline)
    }

    /// Lets the time of the proposals that `commit`, the last one, opened begin at `time`, if it is over by then. Returns which.
    mutating func postpone(openedBy commit: UInt64, to time: Milliseconds, deadline: (Proposal) -> Milliseconds) -> [Digest] {
        guard let first = nextDeadline, first <= time else { return [] }
        var postponed: [Digest] = []
        for place in entries.indices.reversed() {
            guard entries[place].opened.commit == commit else { break }
            guard entries[place].deadline <= time else { continue }
            entries[place].opened = OrderPoint(commit: commit, timestamp: time)
            entries[place].deadline = deadline(entries[place].proposal)
            entries[place].stateHash = nil
            postponed.append(entries[place].identifier)
        }
        nextDeadline = entries.lazy.map { $0.deadline }.min()
        return postponed.reversed()
    }

    /// Counts the first vote of a seat on the proposal at `position`. Otherwise nothing changes, and it is said why. The seat is one of
    /// the council's.
    mutating func count(_ vote: Vote, council: UInt32, seat: UInt32, at position: Int) -> VoteRefusal? {
        guard let ballot = entries[position].ballots.firstIndex(where: { $0.council == council }) else { return .otherCouncil }
        let place = Int(seat)
        guard place < entries[position].ballots[ballot].seats.count else { return .otherCouncil }
        let open = entries[position].ballots[ballot].seats[place]
        guard open.verdict == nil else { return .repeated }
        guard vote.fits(entries[position].proposal) else { return .otherForm }
        entries[position].ballots[ballot].seats[place] = SeatVote(
            seat: seat, weight: open.weight, verdict: vote.verdict, reason: vote.reason)
        entries[position].stateHash = nil
        return nil
    }

    mutating func remove(_ identifiers: [Digest]) {
        guard !identifiers.isEmpty else { return }
        let removed = Set(identifiers)
        for entry in entries where removed.contains(entry.identifier) {
            sequences[entry.identifier] = nil
            bytes -= entry.bytes
        }
        entries.removeAll { removed.contains($0.identifier) }
        nextDeadline = entries.lazy.map { $0.deadline }.min()
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
