"""A validator that asks who its clients are: a bearer token lets in, and names who proposed."""

import contextlib
import hashlib
import pathlib
import subprocess
from collections.abc import Iterator

import pytest
from local_network import answers, free_port, running

from trellis_client import AsyncClient, Client, Genesis, ProblemError

TOKEN = "trellis_" + "5a" * 32


@contextlib.contextmanager
def guarded(binary: pathlib.Path, folder: pathlib.Path, client: str) -> Iterator[tuple[str, Genesis]]:
    """A network of one validator that knows one client, by its entry in YAML, and serves nobody without credentials."""
    port = free_port()
    init = ["network", "init", "--validators", "1", "--out", "network", "--api-port", str(port), "--peer-port", str(port + 1000)]
    subprocess.run([str(binary), *init], cwd=folder, check=True, capture_output=True)
    configuration = folder / "network" / "validator-0" / "node.yaml"
    configuration.write_text(configuration.read_text() + "open: false\nclients:\n" + client)
    endpoint = f"http://127.0.0.1:{port}"
    with running([str(binary), "node", "--config", str(configuration)], folder, lambda _: answers(endpoint)):
        yield endpoint, Genesis.load(folder / "network" / "genesis.json")


def test_a_token_lets_in_and_names_the_proposer(binary: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRELLIS_PASSPHRASE", "a passphrase of the tests")
    entry = f"- {{ name: tests, may: [propose, records, read], token_sha256: {hashlib.sha256(TOKEN.encode()).hexdigest()} }}\n"
    with guarded(binary, tmp_path, entry) as (endpoint, genesis):
        client = Client(endpoint, genesis, token=TOKEN)
        proven = client.propose("ls", kind="command")
        kept = hashlib.sha256(TOKEN.encode()).digest()
        proposer = proven.decision.proposal.proposer
        assert proposer and not proposer.scheme and proposer.key == hashlib.sha256(b"\x0ftrellis/token/1" + kept).digest()
        (identifier,) = client.submit_records([b"x"], wait="certified")
        assert client.record(identifier).record.data == b"x"
        for event in client.events(proven.index):
            assert event.log_index == proven.index
            break
        for token, fault in ((None, "no-credentials"), ("trellis_other", "bad-token")):
            stranger = Client(endpoint, genesis, token=token)
            with pytest.raises(ProblemError) as submitting:
                stranger.submit("ls")
            with pytest.raises(ProblemError) as asking:
                stranger.decision(proven.identifier)
            for caught in (submitting, asking):
                assert (caught.value.fault, caught.value.status) == (fault, 401)


def test_tokens_stay_on_this_machine_or_go_over_https() -> None:
    genesis = Genesis("", bytes(32), 0, None, (), (), 0)  # type: ignore[arg-type]
    Client("https://example.org", genesis, token=TOKEN)
    for address in ("http://example.org", "http://10.0.0.1:80", "http://127.0.0.1.example.org"):
        for kind in (Client, AsyncClient):
            with pytest.raises(ValueError, match="https"):
                kind(address, genesis, token=TOKEN)
