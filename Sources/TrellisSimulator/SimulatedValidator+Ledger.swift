// What a simulated machine executes, how it votes, and what it checks on the way.

import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel

extension SimulatedValidator {
    /// Executes a commit from the journal again.
    func replay(_ commit: Commit) {
        let payloads = commit.blocks.map { journal.block($0)?.payload ?? .empty }
        for block in commit.blocks where !journal.contains(block) {
            world.witness.violation("\(name) cannot execute commit \(commit.index) again: block \(block) is not in its journal")
        }
        do {
            _ = try apply(commit, payloads)
        } catch {
            world.witness.violation("\(name) cannot execute commit \(commit.index) again: \(error)")
        }
    }

    private func apply(_ commit: Commit, _ payloads: [Payload]) throws -> Execution {
        let execution = try ledger.execute(commit, payloads)
        if execution.checkpoint != nil { states.executed(ledger.ledger) }
        if isCorrect, let checkpoint = execution.checkpoint {
            executedCheckpoints.insert(Attestation(index: checkpoint.index, checkpoint: checkpoint.digest(committee.suite)))
            world.witness.executed(checkpoint, committee.suite, by: name)
        }
        if isCorrect, let level = ledger.ledger.threshold?.level { world.reached(level) }
        world.logged(execution.appended.map(\.identifier), at: self)
        return execution
    }

    func execute(_ commit: Commit, _ payloads: [Payload]) {
        // A journal that was cut may end before the ledger's snapshot: what it lacks is decided again, and executed already.
        guard commit.index > ledger.ledger.lastCommit.index else {
            return world.schedule(.executed(number, generation, nil, ledger.ledger.nextDeadline), after: 0)
        }
        for (reference, payload) in zip(commit.blocks, payloads) {
            guard let block = journal.block(reference) else {
                world.witness.violation("\(name) commits \(reference), which it does not hold")
                continue
            }
            if block.header.payloadRoot != payload.root {
                world.witness.violation("\(name) executes another payload than \(reference) has")
            }
        }
        do {
            let execution = try apply(commit, payloads)
            vote(on: execution.opened.filter { !castVotes.contains($0) })
            if !execution.opened.isEmpty { world.schedule(.voteAgain(number, generation, execution.opened), after: 2_000_000) }
            answeredAt = max(answeredAt, world.now + work())
            world.schedule(
                .executed(number, generation, execution.checkpoint, ledger.ledger.nextDeadline), after: answeredAt - world.now)
        } catch {
            world.witness.violation("\(name) cannot execute commit \(commit.index): \(error)")
        }
        saveSnapshot(commit)
    }

    private func saveSnapshot(_ commit: Commit) {
        guard ledger.commitsSinceSnapshot >= snapshotEvery else { return }
        journal.sync()
        guard journal.failure == nil else { return }
        let depth = committee.parameters.gcDepth
        let floor = commit.leader.round > depth ? commit.leader.round - depth : 0
        if let last = ledger.foundation?.commits.last, last.leader.round <= floor { ledger.foundation = nil }
        let start = journal.position(above: floor)
        ledger.saveSnapshot(journalStart: start)
        pruneJournal(before: start)
    }

    func certified(_ certificate: CheckpointCertificate) {
        if isCorrect {
            do {
                _ = try certificate.verify(committee)
            } catch {
                world.witness.violation("\(name) holds an invalid certificate: \(error)")
            }
        }
        world.note("\(name) has checkpoint \(certificate.checkpoint.index) certified by \(certificate.proofs.count)")
        journal.keep(certificate)
        _ = states.certified(certificate)
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
        guard !proposals.isEmpty, let votes = world.keys.approve(proposals, as: identity) else { return }
        castVotes.formUnion(proposals)
        world.schedule(.submit(number, generation, [votes]), after: work())
    }

    /// A vote that was ordered before its proposal did not count.
    func voteAgain(_ identifiers: [Digest]) {
        let missing = identifiers.compactMap { ledger.ledger.pending($0) }.filter { $0.seats[Int(identity)].verdict == nil }
        guard !missing.isEmpty else { return }
        vote(on: missing.map(\.identifier))
        world.schedule(.voteAgain(number, generation, missing.map(\.identifier)), after: 2_000_000)
    }

    /// Submits evidence that the ledger lacks.
    func accuse(_ evidence: Evidence?) {
        guard isCorrect else { return }
        guard let evidence else { return world.witness.violation("\(name) cannot prove what it saw") }
        if world.isCorrect(evidence.author) { world.witness.violation("\(name) accuses v\(evidence.author) of \(evidence.offence.name)") }
        guard evidence.author != identity, ledger.ledger.evidence.hasRoom(for: evidence.key), accused.insert(evidence.key).inserted,
            accused.count(where: { $0.author == evidence.author }) <= EvidenceRegister.perValidatorMaximum
        else { return }
        world.schedule(.submit(number, generation, [Transaction(evidence)]), after: work())
    }
}
