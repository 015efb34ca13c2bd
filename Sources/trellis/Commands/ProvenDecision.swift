// A proven decision in few lines, as `trellis propose` prints it; `trellis verify` says all there is to say.

import TrellisClient
import TrellisCrypto
import TrellisModel
import TrellisVerify

extension VerifiedDecision {
    /// The verdict and every seat's vote, for people.
    var lines: [String] {
        let style: Terminal.Style = outcome == .approved ? .green : outcome == .rejected ? .red : .yellow
        var lines = ["\(Terminal.styled(outcome.name, style))  council \(Terminal.shown(decision.proposal.council))"]
        lines.append("  id  \(receipt.identifier)")
        switch decision.proposal.proposer {
        case .key(let signed): lines.append("  proposed by key \(Proposer.keyName(signed.publicKey)), which signed it")
        case .token(let name): lines.append("  proposed by token \(name), as the validator said that took it")
        case nil: break
        }
        for (council, ballot) in zip(receipt.councils, decision.ballots) {
            lines.append(
                "  council \(Terminal.shown(council.name)): approve \(ballot.weight(of: .approve)) of \(ballot.weight), "
                    + "needed \(ballot.approvalWeight)")
            for (seat, named) in zip(ballot.seats, council.seats) {
                let reason = seat.reason.isEmpty ? "" : "  \(Terminal.shown(seat.reason))"
                lines.append("  seat \(seat.seat) \(Terminal.shown(named.name))  \(Self.verdict(seat.verdict))\(reason)")
            }
        }
        return lines
    }

    private static func verdict(_ verdict: Verdict?) -> String {
        switch verdict {
        case .approve: Terminal.styled("approve", .green)
        case .reject: Terminal.styled("reject", .red)
        case .abstain: Terminal.styled("abstain", .yellow)
        case .sealed: Terminal.styled("sealed", .dim)
        case nil: Terminal.styled("no vote", .yellow)
        }
    }
}
