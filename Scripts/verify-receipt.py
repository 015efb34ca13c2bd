#!/usr/bin/env python3
"""Verifies a receipt with clients/python, which is written after docs/receipts.md and shares no code with the
Swift package. Needs one library:

    python3 -m venv .venv && .venv/bin/pip install 'cryptography>=48'
    .venv/bin/python Scripts/verify-receipt.py receipt.json genesis.json
"""
import pathlib
import sys

for package in ("clients/crypto/src", "clients/python/src"):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / package))
try:
    from trellis_client import Genesis, TrellisError, VerifiedDecision, Verdict, verify_receipt
    from trellis_client.proof import render
except ImportError as error:
    sys.exit(f"{error}\n\n{__doc__}")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        genesis = Genesis.load(pathlib.Path(sys.argv[2]))
        report(pathlib.Path(sys.argv[1]).read_bytes(), genesis)
    except (OSError, TrellisError) as error:
        sys.exit(f"invalid: {error}")


def report(file, genesis):
    proven = verify_receipt(file, genesis)
    if isinstance(proven, VerifiedDecision):
        decision = proven.decision
        print(f"decision: {decision.outcome.name.lower()} {render(decision.proposal.text)}")
        for place, (council, ballot) in enumerate(zip(decision.councils, decision.ballots, strict=True)):
            print(f"council {render(council)}:")
            for vote in ballot.votes:
                verdict = "no vote" if vote.verdict is Verdict.NONE else vote.verdict.name.lower()
                signed = ", signed by the seat" if (place, vote.seat) in proven.signed_votes else ""
                print(f"  seat {vote.seat}, weight {vote.weight}: {verdict}{signed} {render(vote.reason) if vote.reason else ''}".rstrip())
    size = proven.certificate.checkpoint.log_size
    print(f"valid: entry {proven.index} of {size}, signed by stake {proven.stake} of {proven.total_stake}")


main()
