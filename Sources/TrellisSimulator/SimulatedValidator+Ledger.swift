// What a simulated machine executes, how it votes, and what it checks on the way.

import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel
import TrellisReplica

extension SimulatedValidator {
    /// Checks what an execution came to, and tells of it.
    func observe(_ execution: Execution, _ ledger: Ledger) {
        if isCorrect, let checkpoint = execution.checkpoint {
            executedCheckpoints.insert(Attestation(index: checkpoint.index, checkpoint: checkpoint.digest(committee.suite)))
            world.witness.executed(checkpoint, committee.suite, by: name)
        }
        if isCorrect, let level = ledger.threshold?.level { world.reached(level) }
        let identifiers = execution.appended.map(\.identifier)
        record.logged(identifiers)
        world.logged(identifiers, at: self)
    }

    func execute(_ commit: Commit, _ payloads: [Payload], _ storage: StableStorage) throws {
        guard let execution = try storage.execute(commit, payloads) else {
            return world.schedule(.executed(number, generation, nil, storage.ledger.ledger.nextDeadline), after: 0)
        }
        check(commit, payloads, storage.journal)
        observe(execution, storage.ledger.ledger)
        vote(on: execution.opened.filter { !castVotes.contains($0) })
        if !execution.opened.isEmpty { world.schedule(.voteAgain(number, generation, execution.opened), after: 2_000_000) }
        answeredAt = max(answeredAt, world.now + work())
        world.schedule(
            .executed(number, generation, execution.checkpoint, storage.ledger.ledger.nextDeadline), after: answeredAt - world.now)
    }

    /// What is executed must be held, and be what the blocks say.
    private func check(_ commit: Commit, _ payloads: [Payload], _ journal: Journal) {
        for (reference, payload) in zip(commit.blocks, payloads) {
            guard journal.isHeld(reference), let block = record.block(reference) else {
                world.witness.violation("\(name) commits \(reference), which it does not hold")
                continue
            }
            if block.header.payloadRoot != payload.root {
                world.witness.violation("\(name) executes another payload than \(reference) has")
            }
        }
    }

    func saveSnapshot(_ process: SimulatedProcess) throws {
        guard process.storage.ledger.wantsSnapshot, try process.storage.saveSnapshot(gcRound: process.core.gcRound) else { return }
        noteDurable(process.storage)
        try process.storage.ledger.maintenance()
        if health.isSuspect { try readBack(process.storage) }
        if world.faults.amnesia > 0 || damage > 0, random.chance(permille: 200), !health.isSuspect { backUp() }
    }

    func certified(_ certificate: CheckpointCertificate, _ storage: StableStorage) throws {
        if isCorrect {
            do {
                _ = try certificate.verify(committee)
            } catch {
                world.witness.violation("\(name) holds an invalid certificate: \(error)")
            }
        }
        world.note("\(name) has checkpoint \(certificate.checkpoint.index) certified by \(certificate.proofs.count)")
        let end = storage.journal.end
        try storage.certified(certificate)
        if storage.journal.end > end { record.stored(.certificate(certificate), end: storage.journal.end) }
        world.certified(certificate.checkpoint, at: self)
    }

    func evaluate(_ block: Block) {
        guard !block.payload.isEmpty else { return }
        let proposals = (0..<block.payload.count).filter { block.payload.kind($0)?.isProposal == true }.map {
            block.payload.identifiers[$0]
        }
        vote(on: proposals.filter { !castVotes.contains($0) })
    }

    func vote(on proposals: [Digest]) {
        guard !proposals.isEmpty else { return }
        castVotes.formUnion(proposals)
        world.schedule(.judged(number, generation, proposals), after: work())
    }

    func judged(_ proposals: [Digest]) {
        unsignedVotes += proposals
        signVotes()
    }

    /// A block holds one signature of a seat: what it says while its last votes wait for a block is gathered, and signed together, unless it has
    /// been decided by then.
    func signVotes() {
        guard let process, !unsignedVotes.isEmpty, process.core.waitingVotes.isEmpty else { return }
        unsignedVotes.removeAll { record.isLogged($0) }
        let few = unsignedVotes.prefix(Self.votesOfBatch)
        unsignedVotes.removeFirst(few.count)
        if !few.isEmpty, let votes = world.keys.approve(Array(few), as: identity) { take(.submit([votes])) }
    }

    /// A vote that was ordered before its proposal did not count.
    func voteAgain(_ identifiers: [Digest]) {
        guard let ledger = process?.storage.ledger.ledger else { return }
        let missing = identifiers.compactMap { ledger.pending($0) }.filter { $0.seats[Int(identity)].verdict == nil }
        guard !missing.isEmpty else { return }
        vote(on: missing.map(\.identifier))
        world.schedule(.voteAgain(number, generation, missing.map(\.identifier)), after: 2_000_000)
    }

    /// Makes evidence of two blocks of one slot.
    func accuse(_ first: BlockReference, _ second: Block, _ storage: StableStorage) throws {
        guard let held = try storage.journal.block(first) else {
            if !storage.ledger.isInFoundation(first) {
                world.witness.violation("\(name) does not hold \(first), whose twin it sees")
            }
            return
        }
        // A block of a certified commit may have come with a signature that proves nothing.
        guard held.isSigned(in: committee) else { return }
        accuse(Evidence(.twinBlocks, AttestationProof(held, suite: committee.suite), AttestationProof(second, suite: committee.suite)))
    }

    /// Submits evidence that the ledger lacks.
    func accuse(_ evidence: Evidence?) {
        guard isCorrect, let ledger = process?.storage.ledger.ledger else { return }
        guard let evidence else { return world.witness.violation("\(name) cannot prove what it saw") }
        if world.isCorrect(evidence.author) { world.witness.violation("\(name) accuses v\(evidence.author) of \(evidence.offence.name)") }
        guard evidence.author != identity, ledger.evidence.hasRoom(for: evidence.key), accused.insert(evidence.key).inserted,
            accused.count(where: { $0.author == evidence.author }) <= EvidenceRegister.perValidatorMaximum
        else { return }
        world.schedule(.submit(number, generation, [Transaction(evidence)]), after: work())
    }
}
