"""Sealed and signed proposals against real networks: what is sealed is decided, opened here and by `trellis verify`, and stands nowhere in
what validators keep; what cannot be opened or approved is refused, or abstained from."""

import asyncio
import base64
import pathlib
import secrets
import subprocess
from collections.abc import Callable
from dataclasses import replace

import pytest
from conftest import Node
from cryptography.hazmat.primitives.asymmetric import mldsa
from test_access import guarded
from trellis_crypto import LatticeKey, PrivateKey, open_client_key

from trellis_client import AsyncClient, Client, Draft, Genesis, Outcome, ProblemError, Sealing, Verdict, VerifiedDecision
from trellis_client import open_decision, verify_receipt
from trellis_client.ledger import NOT_RECIPIENT, PROPOSAL, SealedContent, nonce_of
from trellis_client.sealing import NOT_OPENED


def forms(word: str) -> list[bytes]:
    """A word as it may lie about: as it is, backwards, in hexadecimal, and in base64 wherever it begins."""
    data = word.encode()
    shifted = [base64.b64encode(bytes(shift) + data)[4 if shift else 0 :][: (len(data) - 3) // 3 * 4] for shift in range(3)]
    return [data, data[::-1], data.hex().encode(), data.hex().upper().encode(), *shifted]


def files_with(word: str, folder: pathlib.Path) -> list[pathlib.Path]:
    kept = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in kept if any(form in path.read_bytes() for form in forms(word))]


@pytest.mark.parametrize("seals_outcome", [False, True])
def test_a_sealed_request(seals_outcome: bool, node: Node, binary: pathlib.Path, tmp_path: pathlib.Path) -> None:
    secret, plain = (secrets.token_hex(16) for _ in range(2))
    client = Client(node.endpoint, node.genesis)
    keys = client.sealing_keys()
    assert sorted(keys) == [0, 1, 2, 3]
    sealing = Sealing(keys, (0, 1, 3), fields={"agent": plain}, seals_outcome=seals_outcome)
    draft = client.draft(f"sudo rm -rf /srv/{secret}", kind="command", fields={"purpose": f"about {secret}"}, sealing=sealing)
    proven = client.propose(draft)
    assert proven.decision.outcome is (Outcome.SEALED if seals_outcome else Outcome.REJECTED)
    assert proven.identifier == draft.proposal.identifier.hex() and draft.reply_key
    opened = open_decision(proven.decision, draft.reply_key, node.genesis)
    assert opened.outcome is Outcome.REJECTED
    assert any(one.verdict is Verdict.REJECT and secret in one.reason for one in opened.votes)
    assert (opened.votes[2].verdict, opened.votes[2].reason) == (Verdict.ABSTAIN, NOT_RECIPIENT)
    assert not any(form in proven.file for form in forms(secret))
    # The reply key as `trellis propose --reply-key` keeps it: the Swift side reads the same in the receipt.
    (tmp_path / "reply.key").write_text(draft.reply_key.serialized.hex() + "\n")
    (tmp_path / "reply.key").chmod(0o600)
    (tmp_path / "receipt.json").write_bytes(proven.file)
    command = [str(binary), "verify", str(tmp_path / "receipt.json"), "--genesis", str(node.genesis_path)]
    done = subprocess.run([*command, "--reply-key", str(tmp_path / "reply.key")], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "opened: rejected" in done.stdout and secret in done.stdout, done
    # Sent again it is the same; and what was in the clear is found, so that finding nothing says something.
    assert client.propose(draft).index == proven.index
    assert files_with(plain, node.genesis_path.parent) and files_with(secret, node.genesis_path.parent.parent) == []


def test_the_swift_side_seals_to_the_same_keys(node: Node, binary: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """`trellis propose --seal`, its receipt verified and opened here."""
    command = [str(binary), "propose", "ls", "--seal", "--recipients", "0,1,2", "--reply-key", "reply.key", "--receipt", "receipt.json"]
    subprocess.run([*command, "--endpoint", node.endpoint, "--genesis", str(node.genesis_path)], cwd=tmp_path, check=True)
    receipt = tmp_path / "receipt.json"
    proven, key = verify_receipt(receipt.read_bytes(), node.genesis), PrivateKey(bytes.fromhex((tmp_path / "reply.key").read_text()))
    assert isinstance(proven, VerifiedDecision)
    opened = open_decision(proven.decision, key, node.genesis)
    assert opened.outcome is Outcome.APPROVED and [one.verdict.value for one in opened.votes] == [1, 1, 1, 3]
    assert all(one.reason for one in opened.votes) and opened.votes[0].reason != proven.decision.votes[0].reason


def test_what_is_refused_at_the_door(node: Node) -> None:
    client = Client(node.endpoint, node.genesis)
    keys = client.sealing_keys()
    draft = client.draft("ls", sealing=Sealing(keys, (0, 1, 2)))
    content = draft.proposal.sealed
    assert content

    def fault(sealed: SealedContent) -> str:
        with pytest.raises(ProblemError) as caught:
            client.submit(draft._replace(proposal=replace(draft.proposal, sealed=sealed)))
        assert caught.value.status == 422
        return caught.value.fault

    assert fault(replace(content, recipients=(0, 1, 3))) == "unknown-recipient"
    assert fault(replace(content, recipients=(0, 1, 9))) == "sealing"
    assert fault(replace(content, recipients=(0, 1, 2, 3))) == "sealing"
    assert fault(replace(content, envelope=content.envelope[:3000])) == "sealing"
    assert fault(replace(content, envelope=b"")) == "sealing"
    stranger = PrivateKey.generate().public_key
    for sealing, expected in ((Sealing(keys, (0, 1)), "sealing"), (Sealing(keys | {2: stranger}, (0, 1, 2)), "unknown-recipient")):
        with pytest.raises(ProblemError) as caught:
            client.submit("ls", sealing=sealing)
        assert (caught.value.fault, caught.value.status) == (expected, 422)


def test_what_does_not_open_is_abstained_from(node: Node) -> None:
    client, elsewhere = Client(node.endpoint, node.genesis), Client(node.endpoint, node.genesis._replace(chain=bytes(32)))
    keys = client.sealing_keys()
    sealing = Sealing(keys, (0, 1, 3))

    def changed(draft: Draft, change: Callable[[SealedContent], SealedContent]) -> Draft:
        assert draft.proposal.sealed
        return draft._replace(proposal=replace(draft.proposal, sealed=change(draft.proposal.sealed)))

    def drafted() -> Draft:
        return client.draft("ls", kind="command", sealing=sealing)

    again = drafted()
    for bad in (
        changed(drafted(), lambda one: replace(one, envelope=one.envelope[:-1] + bytes([one.envelope[-1] ^ 1]))),
        changed(drafted(), lambda one: replace(one, envelope=one.envelope[:-1])),
        elsewhere.draft("ls", sealing=sealing),
        # For the keys of 0, 1 and 3, but bound to another list.
        changed(client.draft("ls", sealing=Sealing({0: keys[0], 1: keys[1], 2: keys[3]})), lambda one: replace(one, recipients=(0, 1, 3))),
        again._replace(key="another", proposal=replace(again.proposal, nonce=nonce_of("another"))),
    ):
        decision = client.propose(bad).decision
        said = {one.reason for one in decision.votes if one.verdict is not Verdict.NONE}
        assert decision.outcome is Outcome.REJECTED and said == {NOT_OPENED, NOT_RECIPIENT}
    assert client.propose(again).decision.outcome is Outcome.APPROVED


@pytest.fixture
def key(binary: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> tuple[LatticeKey, str]:
    """A client's key and the entry that a validator knows it by, as `trellis client keygen` makes both."""
    monkeypatch.setenv("TRELLIS_PASSPHRASE", "a passphrase of the tests")
    command = [str(binary), "client", "keygen", "ci.key", "--name", "ci", "--may", "propose", "--may", "read", "--may", "records"]
    entry = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    return open_client_key((tmp_path / "ci.key").read_bytes(), "a passphrase of the tests"), entry


def test_signed_and_sealed(key: tuple[LatticeKey, str], binary: pathlib.Path, tmp_path: pathlib.Path) -> None:
    private, entry = key
    public = private.public_key().public_bytes_raw()
    with guarded(binary, tmp_path, entry) as (endpoint, genesis):
        client = Client(endpoint, genesis, key=private)
        plain = client.propose("ls", kind="command")
        sealed = client.propose("ls", kind="command", sealing=Sealing(client.sealing_keys()))
        for proven in (plain, sealed):
            proposer = proven.decision.proposal.proposer
            assert proposer and (proposer.scheme, proposer.key) == ("ML-DSA-65", public)
        state = client.state(plain.identifier).answer["proposer"]
        assert (state["name"], state["credential"], state["signed"]) == ("ci", "key", True)
        (identifier,) = client.submit_records([b"x"], wait="certified")
        assert client.record(identifier).record.data == b"x"
        for event in client.events(plain.index):
            assert event.log_index == plain.index
            break
        # A draft sent again is the same proposal.
        draft = client.draft("date", kind="command")
        assert client.propose(draft).index == client.propose(draft).index
        asyncio.run(asynchronously(endpoint, genesis, private))

        # Whoever has another key, none, signed for another chain, or did not sign the proposal is refused.
        for asker, fault, status in (
            (Client(endpoint, genesis, key=mldsa.MLDSA65PrivateKey.generate()), "bad-signature", 401),
            (Client(endpoint, genesis, key=mldsa.MLDSA44PrivateKey.generate()), "bad-signature", 401),
            (Client(endpoint, genesis), "no-credentials", 401),
            (Client(endpoint, genesis._replace(chain=bytes(32)), key=private), "invalid", 422),
        ):
            with pytest.raises(ProblemError) as caught:
                asker.submit("ls")
            assert (caught.value.fault, caught.value.status) == (fault, status)
        unsigned = draft._replace(proposal=replace(draft.proposal, tag=PROPOSAL, proposer=None))
        with pytest.raises(ProblemError) as caught:
            client.submit(unsigned)
        assert caught.value.fault == "unsigned-proposal"


async def asynchronously(endpoint: str, genesis: Genesis, key: LatticeKey) -> None:
    client = AsyncClient(endpoint, genesis, key=key)
    draft = await client.draft("uptime", kind="command", sealing=Sealing(await client.sealing_keys()))
    proven = await client.propose(draft)
    assert draft.reply_key and open_decision(proven.decision, draft.reply_key, genesis).outcome is Outcome.APPROVED
