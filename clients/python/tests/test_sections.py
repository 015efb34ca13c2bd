"""What may stand behind a proposal's fields: sealed content and the proposer. Forged with all keys of a committee, and Swift says the same
of each receipt."""

import pathlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from forge import Network, key
from test_proofs import fault, swift_says
from trellis_crypto import SHA256, EnvelopeContext, PrivateKey, integer, seal

from trellis_client import Decision, MalformedError, Proposal, Verdict, VerifiedDecision, verify_receipt
from trellis_client.codec import Reader
from trellis_client.ledger import EXTENDED, NOT_RECIPIENT, PROPOSED, Proposer, SealedContent

NETWORK = Network()
PLAIN = NETWORK.proposal(agent="a")
KEYS = [PrivateKey.generate().public_key for _ in range(3)]
CONTENT = SealedContent((0, 1, 3), False, seal(b"secret", KEYS, EnvelopeContext("trellis/test/1")))
SEALED = replace(PLAIN, tag=EXTENDED, text="", sealed=CONTENT)
TOKEN = Proposer("", bytes(range(32)), b"")


def signed(proposal: Proposal, scheme: str = "ML-DSA-65", chain: bytes = NETWORK.genesis.chain) -> Proposal:
    holder = key(scheme)
    signature = holder.sign(SHA256.tagged(PROPOSED, chain, proposal.encoded), PROPOSED)
    return replace(proposal, tag=EXTENDED, proposer=Proposer(scheme, holder.public, signature))


PROPOSALS = {
    "sealed": SEALED,
    "sealed outcome": replace(SEALED, sealed=replace(CONTENT, is_outcome_sealed=True)),
    "token": replace(PLAIN, tag=EXTENDED, proposer=TOKEN),
    **{scheme: signed(PLAIN, scheme) for scheme in ("ML-DSA-44", "ML-DSA-65", "ML-DSA-87")},
    "sealed and signed": signed(SEALED),
    "sealed by token": replace(SEALED, proposer=TOKEN),
}


def decided(proposal: Proposal, verdicts: Sequence[int] = (1, 1, 3, 1), outcome: int = 1) -> Decision:
    """As a ledger decides: seats of who cannot read it abstain by rule."""
    decision = NETWORK.joint([verdicts], outcome, proposal)
    if not proposal.sealed:
        return decision
    votes = list(decision.votes)
    votes[2] = replace(votes[2], verdict=Verdict.ABSTAIN, reason=NOT_RECIPIENT)
    return replace(decision, ballots=(replace(decision.ballots[0], votes=tuple(votes)),))


def file_of(decision: Decision) -> bytes:
    return NETWORK.receipt_file(NETWORK.receipt(decision), decision)


@pytest.mark.parametrize("name", PROPOSALS)
def test_receipts(name: str, binary: pathlib.Path, tmp_path: pathlib.Path) -> None:
    decision = decided(PROPOSALS[name])
    file = file_of(decision)
    proven = verify_receipt(file, NETWORK.genesis)
    assert isinstance(proven, VerifiedDecision) and proven.decision == decision
    assert swift_says(binary, tmp_path, file, NETWORK) == "valid"


@pytest.mark.parametrize("proposal", PROPOSALS.values(), ids=PROPOSALS)
def test_one_value_has_one_encoding(proposal: Proposal) -> None:
    encoded = proposal.encoded
    assert Proposal.decode(encoded) == proposal and proposal.identifier == Proposal.decode(encoded).identifier
    for cut in range(len(encoded)):
        with pytest.raises(MalformedError):
            Proposal.decode(encoded[:cut])


def test_what_no_proposal_is() -> None:
    head = b"\x05" + PLAIN.encoded[1:]
    silent = b"\x05" + replace(PLAIN, text="").encoded[1:]
    sealed, token = b"\x01" + CONTENT.encoded, b"\x02" + TOKEN.encoded
    assert Proposal.decode(silent + b"\x02" + sealed + token).proposer == TOKEN
    for sections in (
        b"", b"\0", b"\1", b"\2" + token, b"\2" + token + token, b"\2" + token + sealed, b"\1\0", b"\1\3", b"\1" + token + b"\0",
        b"\1\2\0" + bytes(32), b"\1\2\3" + bytes(32), b"\1\2\1" + integer(1, 2) + bytes(96), b"\1\2\1" + integer(0x165, 2) + bytes(9999),
        b"\1\1" + replace(CONTENT, envelope=b"").encoded.replace(b"\3\0\0\0", b"\0\0\0\0", 1), b"\1\1\2\0\0\0" + bytes(13),
        b"\1\1\1\0\0\0" + bytes(4) + b"\2" + bytes(4),
    ):  # fmt: skip
        with pytest.raises(MalformedError):
            Proposal.decode(silent + sections)
    for whole in (head + b"\1" + sealed, b"\1" + head[1:] + b"\1" + token, b"\3" + head[1:] + b"\1" + token):
        with pytest.raises(MalformedError):
            Proposal.decode(whole)
    assert Proposal.read(Reader(PLAIN.encoded + token)) == PLAIN


def test_what_a_quorum_must_not_sign(binary: pathlib.Path, tmp_path: pathlib.Path) -> None:
    sealed_outcome = PROPOSALS["sealed outcome"]
    good = decided(SEALED)

    def altered(place: int, **changes: Any) -> Decision:
        votes = [replace(one, **changes) if one.seat == place else one for one in good.votes]
        return replace(good, ballots=(replace(good.ballots[0], votes=tuple(votes)),))

    elsewhere = signed(PLAIN, chain=bytes(32))
    other = replace(PROPOSALS["ML-DSA-65"], text="rm -rf /")
    resealed = replace(PROPOSALS["sealed and signed"], sealed=replace(CONTENT, envelope=seal(b"other", KEYS, EnvelopeContext("x"))))
    for comment, decision, result in (
        ("sealed, approved", good, "valid"),
        ("its reader abstains", decided(SEALED, (1, 1, 3, 3), 2), "valid"),
        ("who cannot read it votes", altered(2, verdict=Verdict.APPROVE), "contradiction"),
        ("who cannot read it has not voted", altered(2, verdict=Verdict.NONE, reason=""), "contradiction"),
        ("who cannot read it says so otherwise", altered(2, reason="not mine"), "contradiction"),
        ("a long reason", altered(1, reason="A" * 2500), "valid"),
        ("a reason that is too long", altered(1, reason="A" * 2501), "malformed"),
        ("all sealed", decided(sealed_outcome, (4, 4, 3, 4), 4), "valid"),
        ("all sealed, yet approved", decided(sealed_outcome, (4, 4, 3, 4), 1), "contradiction"),
        ("all sealed, expired", decided(sealed_outcome, (4, 4, 3, 4), 3), "contradiction"),
        ("too few are sealed", decided(sealed_outcome, (4, 3, 3, 3), 4), "contradiction"),
        ("too few are sealed, rejected", decided(sealed_outcome, (4, 3, 3, 3), 2), "valid"),
        ("nobody voted", decided(sealed_outcome, (0, 0, 3, 0), 3), "valid"),
        ("one is out", decided(sealed_outcome, (4, 4, 3, 0), 4), "contradiction"),
        ("one is out at the deadline", replace(decided(sealed_outcome, (4, 4, 3, 0), 4), decided_ms=good.proposed_ms + 30_000), "valid"),
        ("signed for another chain", decided(elsewhere), "contradiction"),
        ("another text than was signed", decided(other), "contradiction"),
        ("another envelope than was signed", decided(resealed), "contradiction"),
    ):
        file = file_of(decision)
        assert fault(file, NETWORK.genesis) == result, comment
        assert swift_says(binary, tmp_path, file, NETWORK) == ("valid" if result == "valid" else "invalid"), comment
