"""Against a real network of four validators, with its receipts verified here and by `trellis verify`."""

import asyncio
import pathlib
import subprocess

import pytest
from conftest import Node
from forge import Network

from trellis_client import AsyncClient, BadProofError, Client, Outcome, ProblemError, Verdict


def test_a_command_is_decided_with_a_receipt(node: Node, binary: pathlib.Path, tmp_path: pathlib.Path) -> None:
    client = Client(node.endpoint, node.genesis)
    fine = client.propose("ls -la", kind="command", fields={"agent": "größe", "cwd": "/srv"})
    bad = client.propose("sudo rm -rf /srv/data", kind="command")
    assert (fine.decision.outcome, bad.decision.outcome) == (Outcome.APPROVED, Outcome.REJECTED)
    assert bad.decision.ballots[0].weight(Verdict.REJECT) >= 2 and any(one.reason for one in bad.decision.votes)
    assert fine.stake >= node.genesis.quorum == 3 and fine.is_post_quantum and fine.index < bad.index
    assert client.decision(fine.identifier).decision == fine.decision
    assert client.state(bad.identifier).status == "rejected"
    (tmp_path / "receipt.json").write_bytes(bad.file)
    command = [str(binary), "verify", str(tmp_path / "receipt.json"), "--genesis", str(node.genesis_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and bad.identifier in done.stdout


def test_one_key_is_one_proposal(node: Node) -> None:
    async def run() -> None:
        client = AsyncClient(node.endpoint, node.genesis)
        same = [client.propose("uptime", kind="command", idempotency_key="one") for _ in range(5)]
        proven = await asyncio.gather(*same)
        assert len({(one.identifier, one.index) for one in proven}) == 1
        with pytest.raises(ProblemError) as caught:
            await client.submit("date", kind="command", idempotency_key="one")
        assert caught.value.fault == "idempotency-key-reused"

    asyncio.run(run())


def test_many_at_once(node: Node) -> None:
    async def run() -> None:
        client = AsyncClient(node.endpoint, node.genesis)
        proven = await asyncio.gather(*(client.propose(f"echo {place}", kind="command") for place in range(30)))
        assert {one.decision.proposal.text for one in proven} == {f"echo {place}" for place in range(30)}

    asyncio.run(run())


def test_records_and_their_receipts(node: Node) -> None:
    client = Client(node.endpoint, node.genesis)
    data = [b"", b"x" * 10_000, bytes(range(256))]
    identifiers = client.submit_records(data, wait="certified")
    assert [client.record(one).record.data for one in identifiers] == data
    assert client.submit_records([b"later"]) != client.submit_records([b"later"])
    waited = client.submit_records([b"once"], idempotency_key="batch", wait="decided")
    assert waited == client.submit_records([b"once"], idempotency_key="batch", wait="decided")


def test_submitting_without_proof(node: Node) -> None:
    client = Client(node.endpoint, node.genesis)
    said = client.submit("git status", kind="command", wait="decided")
    assert said.status == "approved" and said.answer["votes"]
    assert client.decision(said.identifier).decision.outcome is Outcome.APPROVED
    assert client.submit("git log", kind="command").status in ("submitted", "pending", "approved")


def test_problems(node: Node) -> None:
    client = Client(node.endpoint, node.genesis)
    for call, name in (
        (lambda: client.submit("x", council="nobody"), "unknown-council"),
        (lambda: client.state("0" * 64), "no-such-proposal"),
        (lambda: client.decision("0" * 64), "no-such-receipt"),
        (lambda: client.submit("x" * 70_000), "too-large"),
        (lambda: client.submit_records([]), "bad-request"),
    ):
        with pytest.raises(ProblemError) as caught:
            call()
        assert caught.value.fault == name


def test_another_genesis_is_noticed(node: Node) -> None:
    with pytest.raises(BadProofError):
        Client(node.endpoint, Network(["ML-DSA-65"] * 4).genesis).propose("ls", kind="command")


def test_events(node: Node) -> None:
    client = Client(node.endpoint, node.genesis)
    proven = client.propose("pwd", kind="command")
    for event in client.events(proven.index):
        if event.log_index == proven.index:
            assert event.name == "decided" and event.data["id"] == proven.identifier
            break
