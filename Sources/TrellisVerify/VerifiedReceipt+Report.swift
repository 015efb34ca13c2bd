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
            let total = decision.seats.reduce(0) { $0 + $1.weight }
            let needed = Council.approvalWeight(of: total, thresholdPermille: decision.thresholdPermille)
            var lines = [
                "valid: council \(Text.quoted(decision.proposal.council)) \(decision.outcome.sentence)",
                "  \(Text.quoted(decision.proposal.kind))  \(Text.quoted(decision.proposal.text))",
            ]
            lines += decision.proposal.fields.map { "  \(Text.quoted($0.name))  \(Text.quoted($0.value))" }
            lines += [
                "  identifier  \(identifier)",
                "  threshold   \(needed) of weight \(total) (\(decision.thresholdPermille) per mille); "
                    + "approve \(decision.weight(of: .approve)), reject \(decision.weight(of: .reject)), "
                    + "abstain \(decision.weight(of: .abstain))",
                "  proposed    \(Text.time(decision.proposed.timestamp)) in commit \(decision.proposed.commit)",
                "  decided     \(Text.time(decision.decided.timestamp)) in commit \(decision.decided.commit)",
                "votes:",
            ]
            return lines
                + zip(seatNames, decision.seats).map { name, seat in
                    let reason = seat.reason.isEmpty ? "" : ": \(Text.quoted(seat.reason))"
                    return "  seat \(seat.seat) \(Text.quoted(name)), weight \(seat.weight): \(seat.verdict?.name ?? "no vote")\(reason)"
                }
        }
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
        return [
            "proven, if no more than \(faulty) of the stake is dishonest and the genesis file is the right one:",
            "  all honest validators hold this entry at this place, and none will ever hold another there",
            "  signatures of category \(securityCategory) or above; hashes: \(suite.name) in what is signed, sha256 in the log\(forger)",
            "not proven:",
            "  that the verdict was right, or that anything was or was not done after it",
            "  the exact time: a time is a median of the validators' clocks; a signer's time is its own clock's",
            "  who proposed it: a proposal's fields are what its sender wrote",
        ]
    }
}

extension Outcome {
    fileprivate var sentence: String {
        switch self {
        case .approved: "approved"
        case .rejected: "rejected"
        case .expired: "did not decide before the deadline on"
        }
    }
}
