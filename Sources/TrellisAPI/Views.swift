// The ledger's values as the JSON that clients see. Times are milliseconds since 1970 and say so in their names.

import TrellisAccess
import TrellisCrypto
import TrellisJSON
import TrellisLedger
import TrellisModel
import TrellisNode

extension JSON {
    static func digest(_ digest: Digest) -> JSON { .string(digest.description) }
}

/// How the values of one committee are shown.
struct Views: Sendable {
    let committee: Committee
    /// Whose names it gives.
    let access: ListenerAccess

    /// Who proposed; nil where the proposal does not say. `signed`: by the key itself; otherwise it is one validator's word.
    func proposer(_ proposal: Proposal) -> JSON? {
        guard let proposer = proposal.proposer else { return nil }
        var scheme: JSON?
        if case .key(let signed) = proposer { scheme = .string(signed.scheme.name) }
        return .members([
            "credential": .string(scheme == nil ? "token" : "key"), "id": .digest(proposer.identifier), "scheme": scheme,
            "name": access.name(of: proposer.identifier).map { .string($0) }, "signed": .bool(scheme != nil),
        ])
    }

    /// Where a proposal stands; nil when it is unknown or no proposal.
    func proposal(_ identifier: Digest, _ status: EntryStatus) -> JSON? {
        switch status {
        case .unknown, .logged(_, .record, _): nil
        case .submitted: .members(["id": .digest(identifier), "status": "submitted", "certified": .bool(false)])
        case .pending(let pending): self.pending(pending)
        case .logged(let index, .decision(let decision), let isCertified): self.decision(decision, index: index, isCertified: isCertified)
        }
    }

    private func pending(_ pending: PendingProposal) -> JSON {
        let ballots = pending.ballots.map { Ballot(thresholdPermille: $0.thresholdPermille, seats: $0.seats) }
        return .members([
            "id": .digest(pending.identifier), "status": "pending", "certified": .bool(false),
            "council": .string(pending.proposal.council), "kind": .string(pending.proposal.kind), "text": .string(pending.proposal.text),
            "fields": fields(pending.proposal), "sealed": sealed(pending.proposal), "proposer": proposer(pending.proposal),
            "proposed_ms": .integer(pending.opened.timestamp),
            "deadline_ms": .integer(pending.deadline),
            "weight": ballots.count == 1 ? ballots.first.map(weight(of:)) : nil, "votes": votes(pending.proposal, ballots),
            "ballots": self.ballots(pending.proposal, ballots),
        ])
    }

    /// A decision. `isCertified` is nil where nobody asked.
    func decision(_ decision: Decision, index: UInt64?, isCertified: Bool?) -> JSON {
        let identifier = decision.proposal.identifier
        return .members([
            "id": .digest(identifier), "status": .string(decision.outcome.name), "certified": isCertified.map { .bool($0) },
            "log_index": index.map { .integer($0) }, "council": .string(decision.proposal.council), "kind": .string(decision.proposal.kind),
            "text": .string(decision.proposal.text), "fields": fields(decision.proposal), "proposer": proposer(decision.proposal),
            "sealed": sealed(decision.proposal),
            "proposed_ms": .integer(decision.proposed.timestamp), "decided_ms": .integer(decision.decided.timestamp),
            "commit": .integer(decision.decided.commit),
            "weight": decision.ballots.count == 1 ? decision.ballots.first.map(weight(of:)) : nil,
            "votes": votes(decision.proposal, decision.ballots), "ballots": ballots(decision.proposal, decision.ballots),
            "receipt": .string("/v1/decisions/\(identifier)/receipt"),
        ])
    }

    /// Where a record stands; nil when it is unknown or no record.
    func record(_ identifier: Digest, _ status: EntryStatus) -> JSON? {
        switch status {
        case .unknown, .pending, .logged(_, .decision, _): nil
        case .submitted: .members(["id": .digest(identifier), "status": "submitted", "certified": .bool(false)])
        case .logged(let index, .record(let record), let isCertified):
            .members([
                "id": .digest(identifier), "status": "recorded", "certified": .bool(isCertified), "log_index": .integer(index),
                "data": .string(Base64.encode(record.data)), "receipt": .string("/v1/records/\(identifier)/receipt"),
            ])
        }
    }

    private func fields(_ proposal: Proposal) -> JSON {
        .object(proposal.fields.map { .init($0.name, .string($0.value)) })
    }

    /// What everybody may know of a sealed request; nil where nothing is sealed.
    private func sealed(_ proposal: Proposal) -> JSON? {
        guard let sealed = proposal.sealed else { return nil }
        return .members([
            "recipients": .array(sealed.recipients.map { .integer($0) }), "outcome": .string(sealed.isOutcomeSealed ? "sealed" : "clear"),
            "envelope_bytes": .integer(sealed.envelope.count), "envelope_sha256": .digest(HashSuite.sha256.hash(sealed.envelope)),
        ])
    }

    private func weight(of ballot: Ballot) -> JSON {
        func sum(_ verdict: Verdict?) -> JSON { .integer(ballot.weight(of: verdict)) }
        return .members([
            "approve": sum(.approve), "reject": sum(.reject), "abstain": sum(.abstain), "silent": sum(nil),
            "sealed": ballot.weight(of: .sealed) > 0 ? sum(.sealed) : nil,
            "needed": .integer(ballot.approvalWeight),
        ])
    }

    /// All votes; those of several councils name theirs.
    private func votes(_ proposal: Proposal, _ ballots: [Ballot]) -> JSON {
        let councils = committee.councils(of: proposal) ?? []
        return .array(
            ballots.enumerated().flatMap { place, ballot in
                let council = place < councils.count ? councils[place].council : nil
                return ballot.seats.map { vote in
                    let seat = council.flatMap { Int(vote.seat) < $0.seats.count ? $0.seats[Int(vote.seat)] : nil }
                    return JSON.members([
                        "council": ballots.count > 1 ? council.map { .string($0.name) } : nil, "seat": .integer(vote.seat),
                        "name": seat.map { .string($0.name) }, "weight": .integer(vote.weight),
                        "verdict": vote.verdict.map { .string($0.name) } ?? .null, "reason": .string(vote.reason),
                    ])
                }
            })
    }

    /// How each of several councils stands; nil for one.
    private func ballots(_ proposal: Proposal, _ ballots: [Ballot]) -> JSON? {
        guard ballots.count > 1 else { return nil }
        let names = proposal.need?.councils ?? []
        return .array(
            ballots.enumerated().map { place, ballot in
                .members([
                    "council": .string(place < names.count ? names[place] : ""),
                    "outcome": ballot.outcome.map { .string($0.name) } ?? .null,
                    "weight": weight(of: ballot),
                ])
            })
    }

    func checkpoint(_ checkpoint: Checkpoint) -> JSON {
        .members([
            "chain": .digest(checkpoint.chain), "epoch": .integer(checkpoint.epoch), "index": .integer(checkpoint.index),
            "commit": .digest(checkpoint.commit), "log_size": .integer(checkpoint.logSize), "log_root": .digest(checkpoint.logRoot),
            "state": .digest(checkpoint.state), "timestamp_ms": .integer(checkpoint.timestamp),
        ])
    }

    /// A certificate: what it says, who signed, and its canonical bytes.
    func certificate(_ certificate: CheckpointCertificate) -> JSON {
        let signers = certificate.proofs.map { proof in
            JSON.members([
                "validator": .integer(proof.prefix.author), "name": committee.validator(proof.prefix.author).map { .string($0.name) },
                "stake": .integer(committee.stakes[proof.prefix.author]), "timestamp_ms": .integer(proof.prefix.timestamp),
            ])
        }
        return .members([
            "checkpoint": checkpoint(certificate.checkpoint), "signers": .array(signers), "quorum": .integer(committee.stakes.quorum),
            "certificate": .string(Base64.encode(certificate.wireBytes)),
        ])
    }

    var committeeView: JSON {
        let validators = committee.validators.enumerated().map { index, validator in
            JSON.members([
                "index": .integer(index), "name": .string(validator.name), "stake": .integer(validator.stake),
                "scheme": .string(validator.scheme.name),
            ])
        }
        let councils = committee.councils.map { council in
            JSON.members([
                "name": .string(council.name), "threshold_permille": .integer(council.thresholdPermille),
                "adaptive": council.isAdaptive ? .bool(true) : nil, "deadline_ms": .integer(council.deadline),
                "seats": .array(
                    council.seats.map {
                        .members([
                            "name": .string($0.name), "validator": .integer($0.validator), "weight": .integer($0.weight),
                            "scheme": .string($0.scheme.name), "mandate": $0.mandate.isEmpty ? nil : .string($0.mandate),
                        ])
                    }),
            ])
        }
        return .members([
            "chain": .digest(committee.chain), "epoch": .integer(committee.epoch), "hash": .string(committee.suite.name),
            "total_stake": .integer(committee.stakes.total), "faulty_stake": .integer(committee.stakes.faulty),
            "quorum_stake": .integer(committee.stakes.quorum), "validators": .array(validators), "councils": .array(councils),
        ])
    }

    func status(_ status: NodeStatus) -> JSON {
        .members([
            "chain": .digest(status.chain), "epoch": .integer(status.epoch), "validator": .integer(status.validator),
            "name": .string(status.name), "round": .integer(status.round), "highest_round": .integer(status.highestRound),
            "commit_index": .integer(status.commitIndex), "commit_timestamp_ms": .integer(status.commitTimestamp),
            "log_size": .integer(status.logSize), "certified_index": .integer(status.certifiedIndex),
            "certified_log_size": .integer(status.certifiedLogSize), "pending_proposals": .integer(status.pendingProposals),
            "pool_transactions": .integer(status.poolTransactions), "pool_bytes": .integer(status.poolBytes),
            "suspended_blocks": .integer(status.suspendedBlocks), "peers_connected": .array(status.peersConnected.map { .integer($0) }),
            "peer_bytes_sent": .integer(status.peerBytesSent), "peer_bytes_received": .integer(status.peerBytesReceived),
            "blocks_rejected": .integer(status.blocksRejected), "equivocations": .integer(status.equivocations),
            "votes_refused": .object(VoteRefusal.allCases.map { .init($0.label, .integer(status.refusedVotes[$0] ?? 0)) }),
            "evidence": .integer(status.evidence), "recalling": .bool(status.isRecalling),
            "audit": status.isAuditInHardware.map { .string($0 ? "tpm" : "software") },
            "threshold": status.threshold.map(threshold), "alarm": status.alarm.map { .string($0) } ?? .null,
        ])
    }

    /// The level of adaptive thresholds, and what the last full window showed.
    private func threshold(_ threshold: AdaptiveThreshold) -> JSON {
        let window = threshold.last.map { window in
            JSON.members([
                "reading": .string(window.reading.name), "round_times": .string(window.roundTime.name),
                "missed_leaders": .string(window.missedLeaders.name), "late_votes": .string(window.lateVotes.name),
                "equivocations": .string(window.misbehaviour.name),
                "counts": .members([
                    "commits": .integer(window.commits), "fast": .integer(window.fast), "slow": .integer(window.slow),
                    "rounds": .integer(window.rounds), "missed": .integer(window.missed), "votes": .integer(window.votes),
                    "late": .integer(window.late), "equivocations": .integer(window.equivocations),
                ]),
            ])
        }
        return .members([
            "level": .string(threshold.level.name), "permille": .integer(threshold.level.permille),
            "better_windows": .integer(threshold.calm), "window": window ?? .null,
        ])
    }
}
