// The whole state of a ledger as bytes, and back. A snapshot proves itself against its own last checkpoint, so whoever holds a certificate
// of that checkpoint may take the snapshot from anyone.

import TrellisCrypto
public import TrellisModel

extension Ledger {
    /// The first version knew no evidence, the second no sealed outcomes; the fourth has what adaptive thresholds follow, and is there where
    /// genesis has some. Older validators read what has nothing new in it.
    private var snapshotVersion: UInt8 { threshold != nil ? 4 : counters.sealed > 0 ? 3 : 2 }

    /// The full state, canonically encoded: equal ledgers give equal bytes.
    public var snapshot: [UInt8] {
        var encoder = WireEncoder(reserving: 1024 + pending.bytes / 4)
        encoder.u8(snapshotVersion)
        encoder.digest(committee.chain)
        encoder.u64(committee.epoch)
        encoder.u64(lastCommit.index)
        encoder.digest(lastCommit.digest)
        encoder.u64(lastCommit.timestamp)
        counters.encode(to: &encoder)
        encoder.u64(frontier.size)
        for node in frontier.nodes { encoder.digest(node) }
        encoder.u8(lastCheckpoint == nil ? 0 : 1)
        lastCheckpoint?.encode(to: &encoder)
        encoder.count(pending.entries.count)
        for entry in pending.entries {
            entry.proposal.encode(to: &encoder)
            entry.opened.encode(to: &encoder)
            encoder.u64(entry.deadline)
            encoder.list(entry.seats)
            for ballot in entry.ballots where ballot.isAdaptive { encoder.u64(ballot.thresholdPermille) }
        }
        evidence.encode(to: &encoder)
        if snapshotVersion > 2 { encoder.u64(counters.sealed) }
        certifiedThreshold?.encode(to: &encoder)
        threshold?.encode(to: &encoder)
        return encoder.bytes
    }

    /// Restores a ledger from its snapshot.
    ///
    /// - Throws: when the bytes are no snapshot, are of another committee, or contradict the checkpoint that they carry.
    public init(committee: Committee, snapshot: [UInt8]) throws(LedgerError) {
        self.init(committee: committee)
        var decoder = WireDecoder(snapshot, suite: committee.suite)
        do {
            try restore(from: &decoder)
            try decoder.finish()
        } catch let error as WireError {
            throw .malformedSnapshot(error)
        } catch let error as LedgerError {
            throw error
        } catch {
            throw .inconsistentSnapshot("\(error)")
        }
        try checkRestored()
    }

    private mutating func restore(from decoder: inout WireDecoder) throws {
        let version = try decoder.u8()
        guard (threshold == nil ? 1...3 : 4...4).contains(version) else { throw WireError.invalid(what: "snapshot version", offset: 0) }
        let chain = try decoder.digest(.sha256)
        guard chain == committee.chain else { throw LedgerError.otherChain(expected: committee.chain, found: chain) }
        let epoch = try decoder.u64()
        guard epoch == committee.epoch else { throw LedgerError.otherEpoch(expected: committee.epoch, found: epoch) }
        lastCommit = ExecutedCommit(index: try decoder.u64(), digest: try decoder.digest(), timestamp: try decoder.u64())
        counters = try LedgerCounters(from: &decoder)
        let size = try decoder.u64()
        var nodes: [Digest] = []
        for _ in 0..<size.nonzeroBitCount { nodes.append(try decoder.digest(.sha256)) }
        guard let frontier = MerkleFrontier(size: size, nodes: nodes) else { throw LedgerError.inconsistentSnapshot("log size \(size)") }
        self.frontier = frontier
        switch try decoder.u8() {
        case 0: lastCheckpoint = nil
        case 1: lastCheckpoint = try Checkpoint(from: &decoder)
        default: throw WireError.invalid(what: "checkpoint flag", offset: decoder.offset - 1)
        }
        let count = try decoder.count("pending proposals", limit: Self.pendingMaximum)
        for _ in 0..<count { try restorePending(from: &decoder) }
        if version > 1 { evidence = try EvidenceRegister(from: &decoder) }
        if version > 2 { counters.sealed = try decoder.u64() }
        guard version != 3 || counters.sealed > 0 else {
            throw WireError.invalid(what: "number of sealed outcomes", offset: decoder.offset - 8)
        }
        guard threshold != nil else { return }
        certifiedThreshold = try AdaptiveThreshold(from: &decoder)
        threshold = try AdaptiveThreshold(from: &decoder)
    }

    private mutating func restorePending(from decoder: inout WireDecoder) throws {
        let proposal = try Proposal(from: &decoder)
        let opened = try OrderPoint(from: &decoder)
        let deadline = try decoder.u64()
        let seats: [SeatVote] = try decoder.list("seats", limit: CouncilNeed.councilsMaximum * Council.seatsMaximum)
        let bytes = proposal.wireBytes
        let identifier = Merkle.leafHash(bytes)
        guard let councils = committee.councils(of: proposal) else {
            throw LedgerError.inconsistentSnapshot("pending proposal \(identifier) names an unknown council")
        }
        let places = councils.flatMap { $0.council.opening(for: proposal) }
        let fits = zip(places, seats).allSatisfy { $0.becomes($1) }
        guard seats.count == places.count, fits, !pending.contains(identifier) else {
            throw LedgerError.inconsistentSnapshot("pending proposal \(identifier) does not fit its council or is repeated")
        }
        let needed = PendingProposals.bytes(proposal: bytes.count, seats: seats.count, isSealed: proposal.sealed != nil)
        guard pending.bytes + needed <= Self.pendingBytesMaximum else {
            throw LedgerError.inconsistentSnapshot("pending proposals exceed \(Self.pendingBytesMaximum) bytes")
        }
        var rest = seats[...]
        var ballots: [PendingBallot] = []
        for (index, council) in councils {
            let permille = council.isAdaptive ? try decoder.u64() : council.thresholdPermille
            guard council.allows(threshold: permille) else {
                throw LedgerError.inconsistentSnapshot("pending proposal \(identifier) has a threshold of \(permille) per mille")
            }
            ballots.append(PendingBallot(council, at: index, threshold: permille, seats: Array(rest.prefix(council.seats.count))))
            rest = rest.dropFirst(council.seats.count)
        }
        pending.append(proposal, identifier: identifier, ballots: ballots, opened: opened, deadline: deadline, bytes: needed)
    }

    /// The last checkpoint must say what the restored parts say: nothing changed after it.
    private mutating func checkRestored() throws(LedgerError) {
        let state = stateDigest()
        guard let checkpoint = lastCheckpoint else {
            guard frontier.size == 0, pending.entries.isEmpty, evidence.isEmpty, counters == LedgerCounters(),
                certifiedThreshold == nil || certifiedThreshold == AdaptiveThreshold()
            else {
                throw .inconsistentSnapshot("a ledger that is not empty has no checkpoint")
            }
            return
        }
        guard checkpoint.chain == committee.chain, checkpoint.epoch == committee.epoch else {
            throw .inconsistentSnapshot("its checkpoint is of another chain or epoch")
        }
        let isSame = checkpoint.logSize == frontier.size && checkpoint.logRoot == frontier.root() && checkpoint.state == state
        guard isSame || Mutation.isPlanted(.stateUnchecked) else {
            throw .inconsistentSnapshot("its parts are not what its checkpoint \(checkpoint.index) says")
        }
        // The last commit is the checkpoint's, or a later one that changed nothing.
        let last = ExecutedCommit(index: checkpoint.index, digest: checkpoint.commit, timestamp: checkpoint.timestamp)
        let isLater = last.index < lastCommit.index && last.digest != lastCommit.digest
        guard isLater || (last == lastCommit && certifiedThreshold == threshold) else {
            throw .inconsistentSnapshot("its checkpoint \(checkpoint.index) does not precede commit \(lastCommit.index)")
        }
    }
}
