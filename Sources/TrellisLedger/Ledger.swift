// The deterministic state machine: ordered transactions in, log entries, decisions and checkpoints out (PROTOCOL §7). Equal commits give
// equal bytes at every validator. No clock, no store, no signature check: blocks were verified when they were accepted.

public import TrellisCrypto
public import TrellisModel

/// The last commit that was executed.
public struct ExecutedCommit: Sendable, Equatable {
    /// 0 before the first commit.
    public let index: UInt64
    public let digest: Digest
    public let timestamp: Milliseconds
}

/// The state of the ledger: what is pending, and how far the log has grown.
///
/// A commit is executed in three steps:
///
/// 1. Pending proposals whose deadline is at or before the commit's timestamp expire, by (deadline, identifier).
/// 2. Its transactions take effect in their order. A record goes into the log; a proposal becomes pending; a seat's first vote on a
///    pending proposal counts; evidence of something new is recorded. Each has its effect once for ever; whatever has none is ignored
///    and named in the result.
/// 3. Proposals that got votes are tallied, in the order in which they were opened; the decided ones go into the log.
///
/// If anything changed, the commit yields a checkpoint.
public struct Ledger: Sendable {
    /// Proposals that may be pending at once.
    public static let pendingMaximum = Limits.pendingMaximum
    /// The most bytes that the decisions on all pending proposals may come to.
    public static let pendingBytesMaximum = Limits.pendingBytesMaximum

    public let committee: Committee
    public internal(set) var lastCommit: ExecutedCommit
    /// The checkpoint of the last commit that changed anything.
    public internal(set) var lastCheckpoint: Checkpoint?
    public internal(set) var counters = LedgerCounters()
    var frontier = MerkleFrontier()
    var pending = PendingProposals()
    /// What validators were shown to have done.
    public internal(set) var evidence = EvidenceRegister()
    /// What the thresholds of adaptive councils follow; nil where genesis has none.
    public internal(set) var threshold: AdaptiveThreshold?
    /// The same as it was at `lastCheckpoint`: every commit counts, and not every one yields a checkpoint.
    var certifiedThreshold: AdaptiveThreshold?

    /// The ledger before the first commit.
    public init(committee: Committee) {
        self.committee = committee
        let origin = Commit.origin(chain: committee.chain, suite: committee.suite)
        lastCommit = ExecutedCommit(index: 0, digest: origin, timestamp: 0)
        if committee.parameters.thresholdWindow > 0 { threshold = AdaptiveThreshold() }
        certifiedThreshold = threshold
    }

    /// Entries in the log.
    public var logSize: UInt64 { frontier.size }
    /// The Merkle root over the whole log (RFC 9162 §2.1.1).
    public var logRoot: Digest { frontier.root() }
    /// In the order in which they were opened.
    public var pendingProposals: [PendingProposal] { pending.entries }
    /// When the first pending proposal expires; nil when none is pending.
    public var nextDeadline: Milliseconds? { pending.nextDeadline }

    public func pending(_ identifier: Digest) -> PendingProposal? {
        pending.position(of: identifier).map { pending.entries[$0] }
    }

    /// Executes the next commit.
    ///
    /// - Parameters:
    ///   - payloads: one for each block of the commit, in its order.
    ///   - isLogged: whether the log of all earlier commits has an entry with this identifier.
    /// - Throws: `LedgerError` unless the commit is the next one, or what `isLogged` throws; the ledger is then unchanged.
    public mutating func execute(_ commit: Commit, payloads: [Payload], isLogged: (Digest) throws -> Bool) throws -> Execution {
        guard commit.index == lastCommit.index &+ 1 else {
            throw LedgerError.wrongIndex(expected: lastCommit.index &+ 1, found: commit.index)
        }
        guard commit.previous == lastCommit.digest else {
            throw LedgerError.otherHistory(index: commit.index, expected: lastCommit.digest, found: commit.previous)
        }
        guard payloads.count == commit.blocks.count else {
            throw LedgerError.wrongPayloads(index: commit.index, expected: commit.blocks.count, found: payloads.count)
        }
        var history = try History(payloads, isLogged: isLogged)
        var execution = Execution(commit: commit.index)
        execution.appended.reserveCapacity(history.count)
        execution.nodes.reserveCapacity(2 * history.count)

        postpone(at: commit, &execution)
        expire(at: commit, &history, &execution)
        let touched = apply(payloads, commit, &history, &execution)
        tally(touched, commit, &execution)
        threshold?.executed(
            commit, after: lastCommit.index > 0 ? lastCommit.timestamp : nil, window: committee.parameters.thresholdWindow)

        lastCommit = ExecutedCommit(index: commit.index, digest: commit.digest, timestamp: commit.timestamp)
        if execution.changedLedger {
            certifiedThreshold = threshold
            execution.checkpoint = Checkpoint(
                chain: committee.chain, epoch: committee.epoch, index: commit.index, commit: commit.digest, logSize: logSize,
                logRoot: logRoot, state: stateDigest(), timestamp: commit.timestamp)
            lastCheckpoint = execution.checkpoint
        }
        return execution
    }

    /// Binds all that later commits depend on and that neither the log root nor the commit digest says: the counters, what is pending,
    /// evidence where there is any, and what adaptive thresholds follow where genesis has some. No proposal's state hash is a tagged hash, so
    /// the parts cannot be taken for one another.
    mutating func stateDigest() -> Digest {
        let suite = committee.suite
        let adaptive = certifiedThreshold.map { suite.tagged(.threshold, [$0.wireBytes]).bytes }
        return suite.tagged(
            .state, [counters.stateBytes, pending.stateHashes(suite), evidence.digest(suite)?.bytes ?? [], adaptive ?? []])
    }
}

/// What was logged before this commit, asked once before anything changes, and what this commit logs itself.
private struct History {
    private let logged: [Bool]
    private var fresh: Set<Digest> = []

    var count: Int { logged.count }

    init(_ payloads: [Payload], isLogged: (Digest) throws -> Bool) rethrows {
        var logged: [Bool] = []
        logged.reserveCapacity(payloads.reduce(0) { $0 + $1.count })
        for payload in payloads {
            for index in payload.identifiers.indices {
                logged.append(payload.kind(index) == .votes ? false : try isLogged(payload.identifiers[index]))
            }
        }
        self.logged = logged
        fresh.reserveCapacity(logged.count)
    }

    /// Marks an identifier as logged by this commit; `place` counts the commit's transactions. False if it was logged before.
    mutating func insert(_ identifier: Digest, place: Int) -> Bool { !logged[place] && fresh.insert(identifier).inserted }

    mutating func insert(_ identifier: Digest) { fresh.insert(identifier) }

    func contains(_ identifier: Digest, place: Int) -> Bool { logged[place] || fresh.contains(identifier) }
}

extension Ledger {
    /// A commit's time is that of the blocks below its leader: after a pause it may lie before the pause. What such a commit opened would expire in
    /// the next one before anybody could vote; its time begins with that one.
    private mutating func postpone(at commit: Commit, _ execution: inout Execution) {
        let committee = committee
        execution.postponed = pending.postpone(openedBy: lastCommit.index, to: commit.timestamp) { proposal in
            Self.deadline(committee.councils(of: proposal)?.map(\.council) ?? [], from: commit.timestamp)
        }
    }

    /// The councils of one proposal have one deadline: the latest of theirs.
    private static func deadline(_ councils: [Council], from time: Milliseconds) -> Milliseconds {
        let (deadline, overflow) = time.addingReportingOverflow(councils.map(\.deadline).max() ?? 0)
        return overflow ? .max : deadline
    }

    private mutating func expire(at commit: Commit, _ history: inout History, _ execution: inout Execution) {
        guard let first = pending.nextDeadline, first <= commit.timestamp else { return }
        let due = pending.entries.filter { $0.deadline <= commit.timestamp }
            .sorted { ($0.deadline, $0.identifier) < ($1.deadline, $1.identifier) }
        for entry in due {
            history.insert(entry.identifier)
            for ballot in entry.ballots where ballot.isAdaptive {
                threshold?.wentSilent(seats: ballot.seats.count { $0.verdict == nil })
            }
            decide(entry, Decision.outcomeAtDeadline(ballots(entry)), commit, &execution)
        }
        pending.remove(due.map(\.identifier))
    }

    /// Returns the sequence numbers of the proposals that got votes.
    private mutating func apply(
        _ payloads: [Payload], _ commit: Commit, _ history: inout History, _ execution: inout Execution
    ) -> Set<UInt64> {
        let bytesMaximum = committee.limits.transactionBytes + Record.overhead
        var touched: Set<UInt64> = []
        var place = 0
        for payload in payloads {
            for index in payload.identifiers.indices {
                let identifier = payload.identifiers[index]
                let bytes = payload[index]
                var reason: IgnoreReason?
                switch payload.kind(index) {
                case .record where bytes.count > bytesMaximum, .propose where bytes.count > bytesMaximum,
                    .extendedProposal where bytes.count > bytesMaximum:
                    reason = .tooLarge
                case .record:
                    if !Record.isValid(bytes) {
                        reason = .malformed
                    } else if history.insert(identifier, place: place) {
                        // The identifier of a record is the hash of its leaf.
                        append(identifier, leafHash: identifier, bytes, &execution)
                        counters.records &+= 1
                    } else {
                        reason = .duplicate
                    }
                case .propose, .extendedProposal:
                    reason = history.contains(identifier, place: place) ? .duplicate : open(bytes, identifier, commit, &execution)
                case .votes: reason = vote(bytes, commit, &touched, &execution)
                case .evidence: reason = accuse(bytes, commit, &execution)
                case .decision, .jointDecision, nil: reason = .malformed
                }
                if let reason { execution.ignored.append((identifier, reason)) }
                place += 1
            }
        }
        return touched
    }

    private mutating func open(
        _ bytes: ArraySlice<UInt8>, _ identifier: Digest, _ commit: Commit, _ execution: inout Execution
    ) -> IgnoreReason? {
        guard !pending.contains(identifier) else { return .duplicate }
        guard let proposal = try? Proposal(wireBytes: Array(bytes), suite: committee.suite) else { return .malformed }
        guard let councils = committee.councils(of: proposal) else { return .unknownCouncil }
        guard committee.refusal(ofSealing: proposal) == nil else { return .sealing }
        let needed = PendingProposals.bytes(
            proposal: bytes.count, seats: councils.reduce(0) { $0 + $1.council.seats.count }, isSealed: proposal.sealed != nil)
        guard pending.entries.count < Self.pendingMaximum, pending.bytes + needed <= Self.pendingBytesMaximum else { return .pendingFull }
        let level = threshold?.level ?? .standard
        pending.append(
            proposal, identifier: identifier,
            ballots: councils.map {
                PendingBallot(
                    $0.council, at: $0.index, threshold: $0.council.threshold(at: level), seats: $0.council.opening(for: proposal))
            },
            opened: OrderPoint(commit: commit.index, timestamp: commit.timestamp),
            deadline: Self.deadline(councils.map(\.council), from: commit.timestamp), bytes: needed)
        execution.opened.append(identifier)
        return nil
    }

    private mutating func vote(
        _ bytes: ArraySlice<UInt8>, _ commit: Commit, _ touched: inout Set<UInt64>, _ execution: inout Execution
    ) -> IgnoreReason? {
        guard let batch = try? VoteBatch(wireBytes: Array(bytes), suite: committee.suite) else { return .malformed }
        guard committee.seatKey(council: batch.council, seat: batch.seat) != nil else { return .unknownSeat }
        for (index, vote) in batch.votes.enumerated() {
            if let refusal = count(vote, of: batch, at: commit.timestamp, &touched) {
                execution.refusedVotes[refusal, default: 0] += 1
            } else {
                execution.counted.append(
                    CountedVote(proposal: vote.proposal, council: batch.council, seat: batch.seat, batch: bytes, index: index))
            }
        }
        return nil
    }

    private mutating func count(
        _ vote: Vote, of batch: VoteBatch, at time: Milliseconds, _ touched: inout Set<UInt64>
    ) -> VoteRefusal? {
        guard let position = pending.position(of: vote.proposal) else { return .notPending }
        if let refusal = pending.count(vote, council: batch.council, seat: batch.seat, at: position) { return refusal }
        let entry = pending.entries[position]
        touched.insert(entry.sequence)
        if committee.councils[Int(batch.council)].isAdaptive { threshold?.voted(isLate: entry.isLate(at: time)) }
        return nil
    }

    private mutating func accuse(_ bytes: ArraySlice<UInt8>, _ commit: Commit, _ execution: inout Execution) -> IgnoreReason? {
        guard let proven = try? Evidence(wireBytes: Array(bytes), suite: committee.suite) else { return .malformed }
        let recorded = RecordedEvidence(evidence: proven, recorded: OrderPoint(commit: commit.index, timestamp: commit.timestamp))
        guard !evidence.contains(proven.key) else { return .duplicate }
        guard evidence.record(recorded) else { return .evidenceFull }
        threshold?.recordedEvidence()
        execution.evidence.append(recorded)
        return nil
    }

    private mutating func tally(_ touched: Set<UInt64>, _ commit: Commit, _ execution: inout Execution) {
        var closed: [Digest] = []
        for sequence in touched.sorted() {
            guard let position = pending.position(ofSequence: sequence) else { continue }
            let entry = pending.entries[position]
            guard let need = entry.proposal.need, let outcome = need.outcome(ballots(entry).map(\.outcome)) else { continue }
            decide(entry, outcome, commit, &execution)
            closed.append(entry.identifier)
        }
        pending.remove(closed)
    }

    private func ballots(_ entry: PendingProposal) -> [Ballot] {
        entry.ballots.map { Ballot(thresholdPermille: $0.thresholdPermille, seats: $0.seats) }
    }

    private mutating func decide(_ entry: PendingProposal, _ outcome: Outcome, _ commit: Commit, _ execution: inout Execution) {
        let decision = Decision(
            proposal: entry.proposal, outcome: outcome, ballots: ballots(entry), proposed: entry.opened,
            decided: OrderPoint(commit: commit.index, timestamp: commit.timestamp))
        let bytes = decision.wireBytes
        append(entry.identifier, leafHash: Merkle.leafHash(bytes), bytes[...], &execution)
        execution.decided.append(decision)
        counters.count(outcome)
    }

    private mutating func append(_ identifier: Digest, leafHash: Digest, _ bytes: ArraySlice<UInt8>, _ execution: inout Execution) {
        execution.appended.append(LogAppend(index: frontier.size, identifier: identifier, bytes: bytes))
        frontier.append(leafHash) { execution.nodes.append((level: $0, index: $1, hash: $2)) }
    }
}
