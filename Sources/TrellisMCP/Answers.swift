// Decisions and receipts as the tools show them. What is verified is taken from the receipt, never from what the validator said beside it.

import TrellisClient
import TrellisCrypto
import TrellisJSON
import TrellisModel
import TrellisVerify

extension JSON {
    /// Members of this object behind `members`.
    func preceded(by members: KeyValuePairs<String, JSON>) -> JSON {
        .object(members.map { Member($0, $1) } + (objectMembers ?? []))
    }
}

extension Decision {
    /// What a verified receipt says.
    func answer(_ verified: VerifiedReceipt, receipt: [UInt8]?) -> JSON {
        var tally: [JSON] = []
        var votes: [JSON] = []
        for (council, ballot) in zip(verified.councils, ballots) {
            func sum(_ verdict: Verdict?) -> JSON { .integer(ballot.weight(of: verdict)) }
            tally.append(
                .members([
                    "council": .string(council.name), "approve": sum(.approve), "reject": sum(.reject), "abstain": sum(.abstain),
                    "silent": sum(nil), "needed": .integer(ballot.approvalWeight),
                ]))
            for (seat, vote) in zip(council.seats, ballot.seats) {
                votes.append(
                    .members([
                        "council": .string(council.name), "seat": .integer(vote.seat), "name": .string(seat.name),
                        "weight": .integer(vote.weight), "verdict": .string(vote.verdict?.name ?? "none"), "reason": .string(vote.reason),
                    ]))
            }
        }
        return .members([
            "id": .string(verified.identifier.description), "status": .string(outcome.name), "verified": .bool(true),
            "council": .string(proposal.council), "kind": .string(proposal.kind), "text": .string(proposal.text),
            "fields": .object(proposal.fields.map { JSON.Member($0.name, .string($0.value)) }),
            "proposer": proposal.proposer.map { proposer in
                if case .key(let signed) = proposer { return proposer.answer(scheme: signed.scheme.name) }
                return proposer.answer(scheme: nil)
            },
            "tally": .array(tally),
            "votes": .array(votes), "proposed_ms": .integer(proposed.timestamp), "decided_ms": .integer(decided.timestamp),
            "proof": verified.proof, "receipt": receipt.map { .string(String(decoding: $0, as: UTF8.self)) },
        ])
    }
}

extension Proposer {
    /// `signed`: proven by the key's own signature; otherwise one validator's word.
    fileprivate func answer(scheme: String?) -> JSON {
        .members([
            "credential": .string(scheme == nil ? "token" : "key"), "id": .string(identifier.description),
            "scheme": scheme.map { .string($0) }, "signed": .bool(scheme != nil),
        ])
    }
}

extension VerifiedReceipt {
    var proof: JSON {
        .members([
            "network": .string(network), "chain": .string(checkpoint.chain.description), "log_index": .integer(index),
            "log_size": .integer(checkpoint.logSize), "checkpoint": .integer(checkpoint.index),
            "checkpoint_ms": .integer(checkpoint.timestamp), "stake": .integer(stake), "total_stake": .integer(totalStake),
            "quorum": .integer(quorum), "post_quantum": .bool(isPostQuantum), "signers": .array(signers.map { .string($0.name) }),
            "votes_signed": .integer(signedVotes.joined().count { $0 }),
        ])
    }
}

extension ProposalState {
    /// What a validator says, with nothing to prove it.
    var answer: JSON {
        let single = weight.map { [(council ?? Council.defaultName, $0)] } ?? []
        let tallies = (ballots ?? []).map { ($0.council, $0.weight) } + single
        return .members([
            "id": .string(id), "status": .string(status.rawValue), "verified": .bool(false), "council": council.map { .string($0) },
            "kind": kind.map { .string($0) }, "text": text.map { .string($0) },
            "fields": fields.map { .object($0.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) }) },
            "proposer": proposer.map {
                .members([
                    "credential": .string($0.credential), "id": .string($0.id), "scheme": $0.scheme.map { .string($0) },
                    "name": $0.name.map { .string($0) }, "signed": .bool(false),
                ])
            },
            "tally": .array(tallies.map { Self.tally($0, $1) }),
            "votes": votes.map { .array($0.map { vote(of: $0) }) },
            "proposed_ms": proposedMs.map { .integer($0) }, "decided_ms": decidedMs.map { .integer($0) },
        ])
    }

    private static func tally(_ council: String, _ weight: Weight) -> JSON {
        .members([
            "council": .string(council), "approve": .integer(weight.approve), "reject": .integer(weight.reject),
            "abstain": .integer(weight.abstain), "silent": .integer(weight.silent), "needed": .integer(weight.needed),
        ])
    }

    private func vote(of vote: Vote) -> JSON {
        .members([
            "council": .string(vote.council ?? council ?? Council.defaultName), "seat": .integer(vote.seat),
            "name": vote.name.map { .string($0) }, "weight": .integer(vote.weight), "reason": .string(vote.reason),
            "verdict": .string(vote.verdict.flatMap { name in Verdict.allCases.first { $0.name == name }?.name } ?? "none"),
        ])
    }
}
