"""Sealing keys, sealed requests and sealed answers, with keys of a forged committee: what opens, and everything that must not."""

import base64
import contextlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from forge import TIME, Key, Network
from hypothesis import given
from mutations import many, mutated
from trellis_crypto import ALGORITHM, SHA256, EnvelopeContext, EnvelopeError, PrivateKey, integer, seal, unseal

from trellis_client import Client, Decision, MalformedError, Outcome, ProofError, Proposal, Sealing, Verdict
from trellis_client import open_decision, read_sealing_keys
from trellis_client.codec import Reader, byte_string, items
from trellis_client.ledger import NOT_RECIPIENT, Field
from trellis_client.sealing import NOT_OPENED, REASON, REQUEST, SEALING_KEY, UNREADABLE

NETWORK = Network(["Ed25519", "ML-DSA-65", "ECDSA-P384", "COMPSIG-MLDSA65-Ed25519-SHA512"])
PRIVATE = [PrivateKey.generate() for _ in range(4)]
PUBLIC = {place: key.public_key for place, key in enumerate(PRIVATE)}
CHAIN = NETWORK.genesis.chain


def signed(place: int, public: bytes, signer: Key | None = None, chain: bytes = CHAIN, epoch: int = 0) -> dict[str, Any]:
    """An entry of a file of sealing keys."""
    about = integer(epoch, 8) + integer(place, 4) + integer(TIME, 8)
    signature = (signer or NETWORK.keys[place]).sign(SHA256.tagged(SEALING_KEY, chain, about, public), SEALING_KEY)
    parts = {"ml_kem_768": public[:1184], "p384": public[1184:], "signature": signature}
    return {"validator": place, "name": f"validator-{place}", "issued_ms": TIME} | {
        name: base64.b64encode(part).decode() for name, part in parts.items()
    }


def file_of(entries: Sequence[object], **members: object) -> bytes:
    about = {"format": "trellis/sealing-keys/1", "chain_id": CHAIN.hex(), "epoch": 0, "algorithm": ALGORITHM}
    return json.dumps(about | {"keys": entries} | members).encode()


ENTRIES = [signed(place, public) for place, public in PUBLIC.items()]


def fault(file: bytes) -> str:
    try:
        read_sealing_keys(file, NETWORK.genesis)
    except ProofError as error:
        return error.fault
    return "valid"


def test_keys_of_the_committee() -> None:
    assert read_sealing_keys(file_of(ENTRIES), NETWORK.genesis) == PUBLIC
    assert read_sealing_keys(file_of(ENTRIES[1:3]), NETWORK.genesis) == {1: PUBLIC[1], 2: PUBLIC[2]}
    assert read_sealing_keys(file_of([]), NETWORK.genesis) == {}


def test_keys_that_the_committee_did_not_sign() -> None:
    other = PrivateKey.generate().public_key
    swapped = ENTRIES[0] | {"p384": base64.b64encode(other[1184:]).decode()}
    for entries in (
        [swapped],
        [signed(0, PUBLIC[0], signer=NETWORK.keys[1])],
        [signed(0, PUBLIC[0], chain=bytes(32))],
        [signed(0, PUBLIC[0], epoch=1)],
        [ENTRIES[0] | {"name": "validator-1"}],
        [ENTRIES[0] | {"issued_ms": TIME + 1}],
        [ENTRIES[0] | {"signature": ""}],
        [ENTRIES[1] | {"validator": 0, "name": "validator-0"}],
    ):
        assert fault(file_of(entries)) == "sealing-key"
    for members in ({"chain_id": "00" * 32}, {"epoch": 1}):
        assert fault(file_of(ENTRIES, **members)) == "other-network"
    no_point = PUBLIC[0][:1184] + b"\x04" + bytes(96)
    for file in (
        b"", b"\xff", b"[]", b"[" * 100_000, file_of(ENTRIES, format="x"), file_of(ENTRIES, algorithm="x"),
        file_of([ENTRIES[1], ENTRIES[0]]), file_of([ENTRIES[0], ENTRIES[0]]), file_of([{}]), file_of([7]),
        file_of([ENTRIES[0] | {"validator": -1}]),
        file_of([ENTRIES[0] | {"validator": 4}]), file_of([ENTRIES[0] | {"validator": "0"}]), file_of([ENTRIES[0] | {"issued_ms": -1}]),
        file_of([ENTRIES[0] | {"issued_ms": 1 << 64}]), file_of([ENTRIES[0] | {"p384": "*"}]), file_of([signed(0, no_point)]),
        file_of([signed(0, PUBLIC[0][:-1])]), file_of([signed(0, b"\xff" * 1184 + PUBLIC[0][1184:])]), file_of(7),  # type: ignore[arg-type]
    ):  # fmt: skip
        assert fault(file) == "malformed", file[:200]


@many
@given(mutated(file_of(ENTRIES[:1])))
def test_hostile_files_of_keys(data: bytes) -> None:
    with contextlib.suppress(ProofError):
        assert read_sealing_keys(data, NETWORK.genesis) in ({0: PUBLIC[0]}, {})


def around(proposal: Proposal) -> bytes:
    """What an envelope is bound to, from docs/sealed.md."""
    assert proposal.sealed
    fields, names = items([one.encoded for one in proposal.fields]), byte_string(proposal.council) + byte_string(proposal.kind)
    places = items([integer(one, 4) for one in proposal.sealed.recipients])
    return proposal.nonce + names + fields + places + integer(proposal.sealed.is_outcome_sealed, 1) + bytes(4)


def opened(proposal: Proposal, key: PrivateKey, chain: bytes = CHAIN) -> tuple[str, str, dict[str, str], bytes]:
    """As a recipient reads it: kind, text, fields, reply key."""
    assert proposal.sealed
    payload = unseal(proposal.sealed.envelope, key, EnvelopeContext(REQUEST, chain, around(proposal)))
    assert len(payload) % 256 == 0
    reader = Reader(payload)
    kind, text = (reader.raw(reader.number(4)).decode() for _ in range(2))
    fields = {one.name: one.value for one in (Field.read(reader) for _ in range(reader.number(4)))}
    reply = reader.raw(reader.number(4))
    assert not any(payload[reader.offset :]) and len(payload) - reader.offset < 256
    return kind, text, fields, reply


CLIENT = Client("http://127.0.0.1:1", NETWORK.genesis)
SEALING = Sealing(PUBLIC, (3, 0, 1), fields={"agent": "me"})


def test_recipients_read_it_and_nobody_else() -> None:
    draft = CLIENT.draft("rm -rf größe", kind="command", council="größe", fields={"cwd": "/", "b": "2"}, sealing=SEALING)
    proposal, sealed = draft.proposal, draft.proposal.sealed
    assert sealed and sealed.recipients == (0, 1, 3) and not sealed.is_outcome_sealed and draft.reply_key
    assert (proposal.kind, proposal.text, proposal.council, proposal.fields) == ("sealed", "", "größe", (Field("agent", "me"),))
    for place in (0, 1, 3):
        request = ("command", "rm -rf größe", {"cwd": "/", "b": "2"}, draft.reply_key.public_key)
        assert opened(proposal, PRIVATE[place]) == request
    with pytest.raises(EnvelopeError, match="for others"):
        opened(proposal, PRIVATE[2])
    assert "größe" not in json.loads(draft.body).get("text", "") and b"rm -rf" not in draft.body and b"cwd" not in draft.body
    assert Proposal.decode(proposal.encoded) == proposal


def test_nothing_around_it_can_change() -> None:
    proposal = CLIENT.draft("ls", sealing=SEALING).proposal
    sealed = proposal.sealed
    assert sealed and opened(proposal, PRIVATE[0])
    envelope = sealed.envelope
    for other in (
        replace(proposal, nonce=bytes(16)), replace(proposal, council="größe"), replace(proposal, kind="text"),
        replace(proposal, fields=()), replace(proposal, fields=(Field("agent", "you"),)),
        replace(proposal, sealed=replace(sealed, recipients=(0, 1, 2))), replace(proposal, sealed=replace(sealed, recipients=(0, 1))),
        replace(proposal, sealed=replace(sealed, is_outcome_sealed=True)),
        replace(proposal, sealed=replace(sealed, envelope=envelope[:-1])),
        replace(proposal, sealed=replace(sealed, envelope=envelope[:-1] + bytes([envelope[-1] ^ 1]))),
        replace(proposal, sealed=replace(sealed, envelope=envelope[:4000])),
    ):  # fmt: skip
        with pytest.raises(EnvelopeError):
            opened(other, PRIVATE[0])
    with pytest.raises(EnvelopeError):
        opened(proposal, PRIVATE[0], chain=bytes(32))


def test_what_is_not_sealed() -> None:
    for sealing, fields in (
        (Sealing(PUBLIC, (0, 4)), {}),
        (Sealing({}), {}),
        (Sealing(PUBLIC, ()), {}),
        (Sealing(PUBLIC, fields={"agent": "a"}), {"agent": "b"}),
        (Sealing(PUBLIC, fields={str(place): "" for place in range(40)}), {f"x{place}": "" for place in range(25)}),
        (Sealing({0: PUBLIC[0][:-1]}), {}),
        (Sealing({0: PUBLIC[0], 1: PUBLIC[0]}), {}),
    ):
        with pytest.raises((ValueError, MalformedError)):
            CLIENT.draft("ls", fields=fields, sealing=sealing)
    for text, kind in (("x" * 65_537, "text"), ("x", "k" * 65)):
        with pytest.raises(MalformedError):
            CLIENT.draft(text, kind=kind, sealing=SEALING)


def answer(proposal: Proposal, reply: PrivateKey, seat: int, verdict: int, reason: str, council: int = 0, chain: bytes = CHAIN) -> str:
    """A seat's reason, sealed, from docs/sealed.md."""
    payload = integer(verdict, 1) + byte_string(reason)
    context = EnvelopeContext(REASON, chain, proposal.identifier + integer(council, 4) + integer(seat, 4))
    return base64.b64encode(seal(payload + bytes(517 - len(payload)), [reply.public_key], context)).decode()


def decided(proposal: Proposal, votes: Sequence[tuple[int, str]], outcome: int, network: Network = NETWORK) -> Decision:
    """By (verdict, reason) of each seat."""
    decision = network.joint([[verdict for verdict, _ in votes]], outcome, proposal)
    reasoned = tuple(replace(one, reason=reason) for one, (_, reason) in zip(decision.votes, votes, strict=True))
    return replace(decision, ballots=(replace(decision.ballots[0], votes=reasoned),))


@pytest.mark.parametrize("seals_outcome", [False, True])
def test_answers(seals_outcome: bool) -> None:
    draft = CLIENT.draft("ls", sealing=SEALING._replace(seals_outcome=seals_outcome))
    proposal, reply = draft.proposal, draft.reply_key
    assert reply
    shown = (lambda verdict: 4) if seals_outcome else (lambda verdict: verdict)
    absent = (3, NOT_RECIPIENT)

    def read(*votes: tuple[int, str], key: PrivateKey = reply) -> tuple[Outcome, list[tuple[int, str]]]:
        result = open_decision(decided(proposal, votes, 4 if seals_outcome else 1), key, NETWORK.genesis)
        return result.outcome, [(one.verdict.value, one.reason) for one in result.votes]

    def said(seat: int, verdict: int, **changes: Any) -> tuple[int, str]:
        return shown(verdict), answer(proposal, reply, seat, verdict, f"größe {seat}", **changes)

    good = [said(0, 1), said(1, 1), absent, said(3, 1)]
    clear = [(1, "größe 0"), (1, "größe 1"), absent, (1, "größe 3")]
    assert read(*good) == (Outcome.APPROVED, clear)
    assert read(good[0], good[1], absent, said(3, 2)) == (Outcome.REJECTED, [*clear[:3], (2, "größe 3")])
    assert read(good[0], good[1], absent, (3, NOT_OPENED)) == (Outcome.REJECTED, [*clear[:3], (3, NOT_OPENED)])
    assert read(good[0], good[1], absent, (0, "")) == (Outcome.EXPIRED, [*clear[:3], (0, "")])
    none: list[Callable[[], str]] = [
        lambda: good[1][1], lambda: "", lambda: "*", lambda: "ü", lambda: good[3][1][:-8], lambda: base64.b64encode(b"x" * 2000).decode(),
        lambda: said(3, 1, chain=bytes(32))[1], lambda: said(3, 1, council=1)[1], lambda: said(3, 0)[1], lambda: said(3, 4)[1],
        lambda: said(3, 9)[1], lambda: answer(proposal, PrivateKey.generate(), 3, 1, "for another"),
    ]  # fmt: skip
    for reason in none:
        outcome, votes = read(*good[:3], (shown(1), reason()))
        assert votes[3] == (3 if seals_outcome else 1, UNREADABLE)
        assert outcome is (Outcome.REJECTED if seals_outcome else Outcome.APPROVED)
    if not seals_outcome:
        assert read(*good[:3], (1, said(3, 2)[1]))[1][3] == (1, UNREADABLE)
    assert {one[1] for one in read(*good, key=PrivateKey.generate())[1]} == {UNREADABLE, NOT_RECIPIENT}


def test_answers_of_several_councils_are_of_their_places_in_genesis() -> None:
    draft = CLIENT.draft("ls", council="größe or default", sealing=Sealing(PUBLIC, seals_outcome=True))
    proposal, reply = draft.proposal, draft.reply_key
    assert reply
    decision = NETWORK.joint([(4,) * 4, (4,) * 4], 4, proposal)
    ballots = [
        replace(ballot, votes=tuple(replace(one, reason=answer(proposal, reply, one.seat, verdict, "", council)) for one in ballot.votes))
        for ballot, council, verdict in zip(decision.ballots, (1, 0), (2, 1), strict=True)
    ]
    result = open_decision(replace(decision, ballots=tuple(ballots)), reply, NETWORK.genesis)
    assert [ballot.outcome for ballot in result.ballots] == [Outcome.REJECTED, Outcome.APPROVED]
    assert result.outcome is Outcome.APPROVED and Verdict.ABSTAIN not in {one.verdict for one in result.votes}
