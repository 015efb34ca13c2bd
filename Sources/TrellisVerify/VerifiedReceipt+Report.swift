// A verified receipt in words: what is proven, by whom, and what is not. Everything from the receipt is shown without hidden characters.

import TrellisCrypto
import TrellisModel

extension VerifiedReceipt {
    /// Lines for people: the verdict, the votes, the signers, then what is and what is not proven.
    public func report() -> [String] { verdict + place + whoSigned + meaning }

    private var verdict: [String] {
        switch entry {
        case .record(let record):
            return ["valid: a record of \(record.data.count) bytes is in the log", "  identifier  \(identifier)"]
        case .decision(let decision):
            let several = decision.ballots.count > 1
            var lines = [
                "valid: council\(several ? "s" : "") \(Text.quoted(decision.proposal.council)) \(decision.outcome.sentence)",
                "  \(Text.quoted(decision.proposal.kind))  \(Self.content(of: decision.proposal))",
            ]
            lines += decision.proposal.fields.map { "  \(Text.quoted($0.name))  \(Text.quoted($0.value))" }
            lines.append("  identifier  \(identifier)")
            lines += Self.proposer(decision.proposal)
            if !several, let ballot = decision.ballots.first { lines.append("  threshold   \(Self.standing(ballot))") }
            lines += [
                "  proposed    \(Text.time(decision.proposed.timestamp)) in commit \(decision.proposed.commit)",
                "  decided     \(Text.time(decision.decided.timestamp)) in commit \(decision.decided.commit)",
            ]
            for (place, ballot) in decision.ballots.enumerated() where place < councils.count && place < signedVotes.count {
                let council = councils[place]
                lines.append(several ? "votes of council \(Text.quoted(council.name)), \(Self.standing(ballot)):" : "votes:")
                for (place, (seat, isSigned)) in zip(ballot.seats, signedVotes[place]).enumerated() where place < council.seats.count {
                    let reason = seat.reason.isEmpty ? "" : ": \(Text.quoted(seat.reason))"
                    let named = council.seats[place]
                    let signature = isSigned ? ", signed with \(named.scheme.name)" : ""
                    lines.append(
                        "  seat \(seat.seat) \(Text.quoted(named.name)), weight \(seat.weight): "
                            + "\(seat.verdict?.name ?? "no vote")\(signature)\(reason)")
                }
            }
            return lines
        }
    }

    private static func proposer(_ proposal: Proposal) -> [String] {
        switch proposal.proposer {
        case .key(let signed): ["  proposed by key \(Proposer.keyName(signed.publicKey)), signed with \(signed.scheme.name)"]
        case .token(let name): ["  proposed by token \(name), as the validator said that took it"]
        case nil: []
        }
    }

    private static func content(of proposal: Proposal) -> String {
        guard let sealed = proposal.sealed else { return Text.quoted(proposal.text) }
        let recipients = sealed.recipients.map { "\($0)" }.joined(separator: ", ")
        return "\(sealed.envelope.count) sealed bytes, for validators \(recipients)"
    }

    private static func standing(_ ballot: Ballot) -> String {
        "\(ballot.approvalWeight) of weight \(ballot.weight) (\(ballot.thresholdPermille) per mille); "
            + "approve \(ballot.weight(of: .approve)), reject \(ballot.weight(of: .reject)), abstain \(ballot.weight(of: .abstain))"
    }

    private var place: [String] {
        [
            "log:",
            "  entry \(index) of \(checkpoint.logSize), under the checkpoint of commit \(checkpoint.index) of \(Text.time(checkpoint.timestamp))",
            "  network \(Text.quoted(network)), epoch \(checkpoint.epoch), chain \(checkpoint.chain)",
        ]
    }

    private var whoSigned: [String] {
        let strength = "\(strengthPermille / 10).\(strengthPermille % 10) %"
        return ["signed by stake \(stake) of \(totalStake) (\(strength); needed \(quorum)):"]
            + signers.map {
                "  validator \($0.index) \(Text.quoted($0.name)), stake \($0.stake), \($0.scheme) "
                    + "(\($0.isPostQuantum ? "post-quantum" : "classical"), category \($0.securityCategory)), at \(Text.time($0.attestedAt))"
            }
    }

    private var meaning: [String] {
        let forger = isPostQuantum ? "" : "; some signatures counted are classical, so a quantum computer could forge them"
        let faulty = totalStake - quorum
        let seats =
            signedVotes.joined().contains(true)
            ? ["  seats voted as it says where a signature is named: nobody else could say so for them"] : []
        var proposer: Proposer?
        if case .decision(let decision) = entry { proposer = decision.proposal.proposer }
        let isSigned = if case .key = proposer { true } else { false }
        let asked = isSigned ? ["  who holds the proposer's key asked for exactly this, of this chain: no validator could invent it"] : []
        let unknown =
            if case .token = proposer { "the token that it names is one validator's word" } else {
                "a proposal's fields are what its sender wrote"
            }
        return [
            "proven, if no more than \(faulty) of the stake is dishonest and the genesis file is the right one:",
            "  all honest validators hold this entry at this place, and none will ever hold another there",
            "  signatures of category \(securityCategory) or above; hashes: \(suite.name) in what is signed, sha256 in the log\(forger)",
        ] + seats + asked + [
            "not proven:",
            "  that the verdict was right, or that anything was or was not done after it",
            "  the exact time: a time is a median of the validators' clocks; a signer's time is its own clock's",
        ] + (isSigned ? [] : ["  who proposed it: \(unknown)"])
    }
}

extension Outcome {
    fileprivate var sentence: String {
        switch self {
        case .approved: "approved"
        case .rejected: "rejected"
        case .expired: "did not decide before the deadline on"
        case .sealed: "decided, with sealed votes, on"
        }
    }
}
