// A proven decision in few lines, as `trellis propose` prints it; `trellis verify` says all there is to say.

import TrellisClient
import TrellisCrypto
import TrellisModel
import TrellisVerify

extension VerifiedDecision {
    /// The verdict and every seat's vote, for people.
    var lines: [String] {
        var lines = [
            "\(Terminal.styled(outcome.name, Terminal.Style(of: outcome.name)))  council \(Terminal.shown(decision.proposal.council))"
        ]
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
            for (seat, named) in zip(ballot.seats, council.seats) { lines.append(seat.line(named.name)) }
        }
        return lines
    }
}

extension SeatVote {
    /// The vote of the seat of this name, for people.
    func line(_ name: String) -> String {
        let verdict = Terminal.styled(self.verdict?.name ?? "no vote", Terminal.Style(of: self.verdict?.name))
        return "  seat \(seat) \(Terminal.shown(name))  \(verdict)" + (reason.isEmpty ? "" : "  \(Terminal.shown(reason))")
    }
}
