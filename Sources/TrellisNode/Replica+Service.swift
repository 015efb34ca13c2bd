// What clients ask of a replica: submit, wait, look up, follow. Reads see the ledger as executed so far.

import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel
import TrellisReplica
import TrellisStorage
import TrellisTransport
import TrellisVerify

extension Replica {
    private func requireRunning() throws(NodeError) {
        if let alarm { throw .stopped(reason: alarm) }
        if isStopped { throw .stopped(reason: "it was told to stop") }
    }

    func submit(_ transactions: [Transaction]) throws(NodeError) {
        try requireRunning()
        let limit = committee.limits.transactionBytes
        var bytes = 0
        for transaction in transactions {
            guard transaction.bytes.count <= limit + TrellisModel.Record.overhead else {
                throw .tooLarge(bytes: transaction.bytes.count, limit: limit)
            }
            bytes += transaction.bytes.count
            try check(transaction)
        }
        guard core.poolBytes + bytes <= configuration.poolBytesMaximum else {
            meterGiven(transactions, isRefused: true)
            throw .overloaded
        }
        meterGiven(transactions)
        run(.submit(transactions))
        try requireRunning()
    }

    /// Refuses what the ledger would ignore.
    private func check(_ transaction: Transaction) throws(NodeError) {
        switch transaction.bytes.first.flatMap(EntryKind.init(rawValue:)) {
        case .record where TrellisModel.Record.isValid(transaction.bytes[...]): return
        case .propose, .extendedProposal:
            let proposal: Proposal
            do {
                proposal = try Proposal(wireBytes: transaction.bytes, suite: committee.suite)
            } catch {
                throw .invalid("not a proposal: \(error)")
            }
            guard committee.councils(of: proposal) != nil else {
                throw .unknownCouncil(proposal.council, known: committee.councils.map(\.name))
            }
            guard proposal.hasValidProposer(chain: committee.chain) else {
                throw .invalid("the proposer's key did not sign this proposal for chain \(committee.chain)")
            }
            if let refusal = committee.refusal(ofSealing: proposal) { throw .refusedSealing(refusal) }
        default: throw .invalid("only proposals and records may be submitted")
        }
    }

    func status(of identifier: Digest) throws(NodeError) -> EntryStatus {
        if let index = try stored({ try store.logIndex(of: identifier) }) {
            guard let entry = try stored({ try store.entry(at: index) }) else { return .unknown }
            return .logged(index: index, entry: entry, isCertified: isCertified(index))
        }
        if let pending = store.ledger.pending(identifier) { return .pending(pending) }
        return core.knows(identifier) ? .submitted : .unknown
    }

    private func isCertified(_ index: UInt64) -> Bool { index < core.certificate?.checkpoint.logSize ?? 0 }

    /// Waits for all of them; false when time ran out first, or the task was cancelled.
    func wait(for identifiers: [Digest], until finality: Finality, timeout: Duration) async throws(NodeError) -> Bool {
        try requireRunning()
        var undecided: [Digest] = []
        var uncertified: [UInt64] = []
        for identifier in identifiers {
            guard let index = try stored({ try store.logIndex(of: identifier) }) else {
                undecided.append(identifier)
                continue
            }
            if finality == .certified, !isCertified(index) { uncertified.append(index) }
        }
        guard !undecided.isEmpty || !uncertified.isEmpty else { return true }
        let waiting = undecided
        let indices = uncertified
        var timer: Task<Void, Never>?
        let id = waiters.number()
        let done = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                waiters.add(id, undecided: waiting, uncertified: indices, finality, continuation)
                timer = Task { [weak self] in
                    try? await Task.sleep(for: timeout)
                    guard !Task.isCancelled else { return }
                    await self?.expire(id, waiting)
                }
            }
        } onCancel: {
            // Comes here when the waiter is registered: until then this runs on the replica's thread without a pause.
            Task { [weak self] in await self?.expire(id, waiting) }
        }
        timer?.cancel()
        if !done { try requireRunning() }
        return done
    }

    private func expire(_ id: UInt64, _ identifiers: [Digest]) { waiters.expire(id, identifiers) }

    var logSize: UInt64 { store.ledger.logSize }

    func entry(at index: UInt64) throws(NodeError) -> LogEntry? { try stored { try store.entry(at: index) } }

    func receipt(of identifier: Digest) throws(NodeError) -> Receipt? {
        guard let certificate = core.certificate, let index = try stored({ try store.logIndex(of: identifier) }) else { return nil }
        return try stored { try store.receipt(at: index, certificate) }
    }

    func decisions(from: UInt64, limit: Int) throws(NodeError) -> (decisions: [(index: UInt64, decision: Decision)], next: UInt64) {
        var found: [(index: UInt64, decision: Decision)] = []
        for index in try stored({ try store.decisionIndices(from: from, limit: limit) }) {
            guard case .decision(let decision) = try stored({ try store.entry(at: index) }) else { continue }
            found.append((index, decision))
        }
        return (found, found.count < limit ? store.ledger.logSize : found.last.map { $0.index + 1 } ?? from)
    }

    /// Live events, and the size of the log at the moment from which they are complete.
    func follow() throws(NodeError) -> (live: AsyncStream<NodeEvent>, logSize: UInt64) {
        try requireRunning()
        guard !events.isFull else { throw .overloaded }
        let stream = events.follow { [weak self] id in Task { await self?.unfollow(id) } }
        return (stream, store.ledger.logSize)
    }

    private func unfollow(_ id: UInt64) { events.remove(id) }

    /// Past log events in [from, to).
    func logEvents(from: UInt64, to: UInt64) throws(NodeError) -> [NodeEvent] {
        var found: [NodeEvent] = []
        for index in from..<max(from, to) {
            guard let bytes = try stored({ try store.entryBytes(at: index) }) else { break }
            if let event = NodeEvent(logBytes: bytes, identifier: nil, index: index) { found.append(event) }
        }
        return found
    }

    private func stored<T>(_ read: () throws -> T) throws(NodeError) -> T {
        do { return try read() } catch { throw .storage("\(error)") }
    }

    func nodeStatus(rejected: UInt64) -> NodeStatus {
        let certificate = core.certificate?.checkpoint
        let (connected, counters) = peers
        var status = NodeStatus(
            chain: committee.chain, epoch: committee.epoch, validator: configuration.own,
            name: committee.validators[Int(configuration.own)].name, round: core.round, highestRound: core.highestRound,
            commitIndex: store.ledger.lastCommit.index, commitTimestamp: store.ledger.lastCommit.timestamp,
            logSize: store.ledger.logSize, certifiedIndex: certificate?.index ?? 0, certifiedLogSize: certificate?.logSize ?? 0,
            pendingProposals: store.ledger.pendingProposals.count, poolTransactions: core.poolCount, poolBytes: core.poolBytes,
            suspendedBlocks: core.suspendedCount, peersConnected: connected, peerBytesSent: counters.bytesOut,
            peerBytesReceived: counters.bytesIn, blocksRejected: rejected, equivocations: equivocations,
            evidence: store.ledger.evidence.count, isRecalling: core.isRecalling, alarm: alarm)
        status.threshold = store.ledger.threshold
        status.refusedVotes = refusedVotes
        return status
    }
}

extension NodeEvent {
    /// The event of a log entry; nil when the bytes are none.
    init?(logBytes bytes: [UInt8], identifier: Digest?, index: UInt64) {
        switch bytes.first.flatMap(EntryKind.init(rawValue:)) {
        case .record: self.init(kind: .recorded(identifier: identifier ?? Merkle.leafHash(bytes)), logIndex: index)
        case .decision, .jointDecision:
            guard let decision = try? Decision(wireBytes: bytes, suite: .sha256) else { return nil }
            self.init(kind: .decided(decision), logIndex: index)
        default: return nil
        }
    }
}
