// A node without peers, network or disk: a real ledger of one validator that executes every submission at once and signs its own
// checkpoints, so that decisions and receipts are real. Proposals that hold "rm" are rejected, those that hold "wait" stay pending, those that hold "late" expire.

import TrellisCrypto
import TrellisLedger
import TrellisModel
import TrellisNode
import TrellisOptimizer
import TrellisVerify

actor StandInNode: NodeService {
    nonisolated let genesis: Genesis
    nonisolated let committee: Committee
    nonisolated let sealingKey: CompositeKEM.PrivateKey
    nonisolated let sealingKeys: SealingKeys?
    let key: any SigningKey
    private var ledger: Ledger
    private var entries: [LogAppend] = []
    private var leaves: [Digest] = []
    private var indexes: [Digest: UInt64] = [:]
    private var currentCertificate: CheckpointCertificate?
    private var watchers: [AsyncStream<NodeEvent>.Continuation] = []
    /// Whether who waits does so until it is cancelled, and how many do.
    private var waitsForCancellation = false
    private(set) var waits = 0
    /// What `submit` throws instead of doing its work.
    private var refusal: NodeError?
    private(set) var submissions = 0
    private(set) var refusals = 0
    /// Says that whatever was decided is approved. Its receipts are genuine: nobody can forge those.
    private var isLiar = false

    /// With a genesis of the same keys, which may be of another chain.
    func waitForCancellation() { waitsForCancellation = true }
    func endWaits() { waitsForCancellation = false }

    init(genesis other: Genesis? = nil) throws {
        let key = try SignatureScheme.ed25519.signingKey(seed: SecretBytes([UInt8](repeating: 7, count: 32)))
        let identity = try SignatureScheme.ed25519.signingKey(seed: SecretBytes([UInt8](repeating: 8, count: 32)))
        let scheme = SignatureScheme.ed25519.name
        let own = Genesis(
            name: "test", nonce: [UInt8](repeating: 1, count: 16), created: 1_795_000_000_000,
            validators: [
                .init(
                    name: "solo", stake: 1, scheme: scheme, consensusKey: key.publicKey, identityScheme: scheme,
                    identityKey: identity.publicKey)
            ],
            councils: [
                .init(
                    name: Council.defaultName,
                    seats: [.init(name: "only seat", validator: 0, weight: 1, scheme: scheme, key: key.publicKey)])
            ],
            parameters: Parameters(payloadBytes: 1 << 16, transactionBytes: 1 << 15))
        self.key = key
        genesis = other ?? own
        committee = try Committee(genesis: genesis)
        ledger = Ledger(committee: committee)
        sealingKey = try CompositeKEM.PrivateKey.generate()
        var keys = SealingKeys(committee: committee)
        keys.insert(
            try SealingKey(sealingKey.publicKey, of: 0, issued: 0, signedBy: key, chain: committee.chain, epoch: committee.epoch))
        sealingKeys = keys
    }

    func refuse(with error: NodeError?) { refusal = error }

    func lie() { isLiar = true }

    var refused: NodeError? { refusal }
    var certified: Checkpoint? { currentCertificate?.checkpoint }

    func submit(_ transactions: [Transaction]) async throws(NodeError) {
        if let refusal {
            refusals += 1
            throw refusal
        }
        submissions += 1
        do {
            try execute(transactions)
            let votes = ledger.pendingProposals.compactMap { pending -> Vote? in
                guard !pending.proposal.text.contains("wait"), !pending.proposal.text.contains("late") else { return nil }
                let isDangerous = pending.proposal.text.contains("rm")
                return Vote(
                    proposal: pending.identifier, verdict: isDangerous ? .reject : .approve, reason: isDangerous ? "deletes" : "harmless")
            }
            if !votes.isEmpty {
                let batch = try VoteBatch.signed(by: key, chain: committee.chain, epoch: 0, council: 0, seat: 0, votes: votes)
                try execute([Transaction(batch)])
            }
            if ledger.pendingProposals.contains(where: { $0.proposal.text.contains("late") }) {
                // Time begins with the first of them.
                for _ in 0..<2 { try execute([], after: 31_000) }
            }
            try certify()
        } catch {
            throw .invalid("\(error)")
        }
    }

    private func execute(_ transactions: [Transaction], after: Milliseconds = 1) throws {
        let leader = BlockReference(round: 3, author: 0, digest: Commit.origin(chain: committee.chain, suite: committee.suite))
        let last = ledger.lastCommit
        let commit = Commit(
            index: last.index + 1, leader: leader, blocks: [leader], timestamp: max(1_795_000_000_000, last.timestamp) + after,
            previous: last.digest,
            suite: committee.suite)
        let execution = try ledger.execute(commit, payloads: [Payload(transactions)]) { indexes[$0] != nil }
        for identifier in execution.opened {
            guard let pending = ledger.pending(identifier) else { continue }
            tell(NodeEvent(kind: .proposed(identifier: identifier, proposal: pending.proposal, deadline: pending.deadline), logIndex: nil))
        }
        for appended in execution.appended {
            indexes[appended.identifier] = appended.index
            entries.append(appended)
            leaves.append(Merkle.leafHash(appended.bytes))
            if let event = try event(appended) { tell(event) }
        }
    }

    private func certify() throws {
        guard let checkpoint = ledger.lastCheckpoint, checkpoint != currentCertificate?.checkpoint else { return }
        let prefix = BlockPrefix(epoch: 0, round: 9, author: 0, timestamp: 1_795_000_000_000, scheme: key.scheme)
        let attestation = Attestation(index: checkpoint.index, checkpoint: checkpoint.digest(committee.suite))
        let parent = Block.genesis(author: 0, committee: committee).reference
        let header = BlockHeader(prefix: prefix, parents: [parent], payloadRoot: Payload.empty.root, attestations: [attestation])
        let signature = try key.sign(header.digest(chain: committee.chain, suite: committee.suite).bytes, context: .block)
        let block = Block(header: header, payload: .empty, signature: signature, committee: committee)
        currentCertificate = CheckpointCertificate(checkpoint: checkpoint, proofs: [AttestationProof(block, suite: committee.suite)])
        tell(NodeEvent(kind: .certified(checkpoint), logIndex: nil))
    }

    private func event(_ entry: LogAppend) throws -> NodeEvent? {
        switch try LogEntry(wireBytes: Array(entry.bytes)) {
        case .decision(let decision): NodeEvent(kind: .decided(decision), logIndex: entry.index)
        case .record(let record): NodeEvent(kind: .recorded(identifier: record.identifier), logIndex: entry.index)
        }
    }

    private func tell(_ event: NodeEvent) {
        for watcher in watchers { watcher.yield(event) }
    }

    func status(of identifier: Digest) async throws(NodeError) -> EntryStatus {
        if let index = indexes[identifier], var entry = try? LogEntry(wireBytes: Array(entries[Int(index)].bytes)) {
            if isLiar, case .decision(let decision) = entry {
                entry = .decision(
                    Decision(
                        proposal: decision.proposal, outcome: .approved, ballots: decision.ballots, proposed: decision.proposed,
                        decided: decision.decided))
            }
            return .logged(index: index, entry: entry, isCertified: index < currentCertificate?.checkpoint.logSize ?? 0)
        }
        return ledger.pending(identifier).map { .pending($0) } ?? .unknown
    }

    func wait(for identifiers: [Digest], until finality: Finality, timeout: Duration) async throws(NodeError) {
        if waitsForCancellation {
            waits += 1
            while waitsForCancellation, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
            waits -= 1
            throw .timedOut
        }
        for identifier in identifiers {
            let status = try await status(of: identifier)
            guard case .logged = status else { throw .timedOut }
        }
    }

    func entry(at index: UInt64) async throws(NodeError) -> LogEntry? {
        index < UInt64(entries.count) ? try? LogEntry(wireBytes: Array(entries[Int(index)].bytes)) : nil
    }

    func receipt(of identifier: Digest) async throws(NodeError) -> Receipt? {
        guard let index = indexes[identifier], let certificate = currentCertificate,
            let proof = Merkle.inclusionProof(index: Int(index), leafHashes: leaves)
        else { return nil }
        return Receipt(
            suite: committee.suite, entry: Array(entries[Int(index)].bytes), index: index, proof: proof, certificate: certificate)
    }

    func decisions(from: UInt64, limit: Int) async throws(NodeError) -> (decisions: [(index: UInt64, decision: Decision)], next: UInt64) {
        var found: [(index: UInt64, decision: Decision)] = []
        var next = from
        while next < UInt64(entries.count), found.count < limit {
            if case .decision(let decision) = try? LogEntry(wireBytes: Array(entries[Int(next)].bytes)) { found.append((next, decision)) }
            next += 1
        }
        return (found, next)
    }

    func events(from: UInt64?) async throws(NodeError) -> AsyncStream<NodeEvent> {
        let (stream, continuation) = AsyncStream<NodeEvent>.makeStream()
        if let from {
            for entry in entries where entry.index >= from {
                if let event = try? event(entry) { continuation.yield(event) }
            }
        }
        watchers.append(continuation)
        return stream
    }

    func evidence() async -> [RecordedEvidence] { ledger.evidence.entries }

    private var optimizerMode = OptimizerMode.observe

    func optimizerReport() async -> OptimizerReport {
        let standard = Choice { $0.ladder[0] }
        return OptimizerReport(
            mode: optimizerMode, optimizer: Optimizer(space: SearchSpace(standard: standard)), last: nil, choiceLast: 0, choiceWorst: 0,
            interval: 2000)
    }

    func setOptimizer(_ mode: OptimizerMode) async throws(NodeError) {
        if let refusal { throw refusal }
        optimizerMode = mode
    }

    func certificate() async -> CheckpointCertificate? { currentCertificate }

    func nodeStatus() async -> NodeStatus {
        var alarm: String?
        if case .stopped(let reason) = refusal { alarm = reason }
        return NodeStatus(
            chain: committee.chain, epoch: 0, validator: 0, name: "solo", round: 1, highestRound: 1, commitIndex: ledger.lastCommit.index,
            commitTimestamp: ledger.lastCommit.timestamp, logSize: ledger.logSize,
            certifiedIndex: currentCertificate?.checkpoint.index ?? 0, certifiedLogSize: currentCertificate?.checkpoint.logSize ?? 0,
            pendingProposals: ledger.pendingProposals.count, poolTransactions: 0, poolBytes: 0, suspendedBlocks: 0, peersConnected: [],
            peerBytesSent: 0, peerBytesReceived: 0, blocksRejected: 0, equivocations: 0,
            evidence: ledger.evidence.count, isRecalling: false, alarm: alarm)
    }
}
