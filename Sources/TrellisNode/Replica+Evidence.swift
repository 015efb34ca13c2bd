// From misbehaviour that this validator saw to evidence in everybody's ledger: puts proofs together from the journal and hands them to
// the pool, once each, and never more than the ledger records.

import Logging
import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel
import TrellisReplica

/// The evidence that waits to be ordered. What the ledger would ignore never gets in.
struct PendingEvidence {
    private var keys: Set<EvidenceKey> = []

    /// Whether `evidence` is new and the ledger has room for it; notes it if so.
    mutating func admit(_ evidence: Evidence, own: ValidatorIndex, _ register: EvidenceRegister) -> Bool {
        keys = keys.filter { !register.contains($0) }
        let key = evidence.key
        let room = EvidenceRegister.perValidatorMaximum - register.count(against: key.author)
        guard key.author != own, !register.contains(key), keys.count(where: { $0.author == key.author }) < room else { return false }
        return keys.insert(key).inserted
    }
}

extension Replica {
    var evidence: [RecordedEvidence] { store.ledger.evidence.entries }

    /// The transaction that accuses the author of two blocks of one slot; nil where that is done already.
    func evidence(_ first: BlockReference, _ second: Block) throws -> Input? {
        guard let block = try journal.block(first) else { return nil }
        return evidence(of: block, second)
    }

    func evidence(of first: Block, _ second: Block) -> Input? {
        let suite = committee.suite
        let proofs = (AttestationProof(first, suite: suite), AttestationProof(second, suite: suite))
        return Evidence(.twinBlocks, proofs.0, proofs.1).flatMap(accuse)
    }

    /// The transaction with `evidence`; nil where it is pending, recorded or too much.
    func accuse(_ evidence: Evidence) -> Input? {
        // A block of a certified commit may have come with a signature that proves nothing.
        guard (try? evidence.verify(committee)) != nil, pendingEvidence.admit(evidence, own: configuration.own, store.ledger.evidence)
        else { return nil }
        logger.warning(
            "evidence of misbehaviour",
            metadata: ["validator": "\(evidence.author)", "offence": "\(evidence.offence.name)", "at": "\(evidence.position)"])
        return .submit([Transaction(evidence)])
    }

    /// Blocks that share a slot.
    static func twins(_ blocks: [Block]) -> [(Block, Block)] {
        var seen: [Slot: Block] = [:]
        var found: [(Block, Block)] = []
        for block in blocks {
            if let first = seen.updateValue(block, forKey: Slot(round: block.round, rank: Int(block.author))) {
                found.append((first, block))
            }
        }
        return found
    }
}
