"""A network of four validators, with a council that grants capabilities, and `trellis mcp` in front of it on both transports."""

import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from mcp import StdioServerParameters

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]

GUARDS = """\
version: 1
name: guards
threshold: 3 of 4
rules:
  - name: granted
    when: { fact: requested_capabilities, only: [network, write-files] }
    then: approve
    reason: "Granted: {requested_capabilities}."
seats:
"""


@dataclass(frozen=True)
class Network:
    binary: pathlib.Path
    endpoint: str
    genesis: pathlib.Path

    @property
    def arguments(self) -> list[str]:
        return ["mcp", "--genesis", str(self.genesis), "--endpoint", self.endpoint]

    @property
    def stdio(self) -> StdioServerParameters:
        return StdioServerParameters(command=str(self.binary), args=self.arguments)


@pytest.fixture(scope="session")
def binary() -> pathlib.Path:
    """`trellis`: TRELLIS_BINARY, or what was built here."""
    named = os.environ.get("TRELLIS_BINARY")
    for path in [pathlib.Path(named)] if named else [REPOSITORY / ".build" / kind / "trellis" for kind in ("release", "debug")]:
        if path.is_file():
            return path.resolve()
    pytest.skip("no trellis binary: build it, or name one in TRELLIS_BINARY")


def free_port() -> int:
    """A port whose thousandth successors, which `trellis dev` gives to its peers, are probably free too."""
    for _ in range(100):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port < 64_000:
            return port
    pytest.fail("no free port")


@contextmanager
def running(command: list[str], folder: pathlib.Path) -> Iterator[tuple[subprocess.Popen[bytes], pathlib.Path]]:
    """A process until the end of the block, and where its words go."""
    log = folder / "log"
    with log.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=file, cwd=folder) as process:
        try:
            yield process, log
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture(scope="session")
def network(binary: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    folder, port = tmp_path_factory.mktemp("network"), free_port()
    evaluator = 'evaluator: { rules: [], default: { then: reject, reason: "Nobody granted {requested_capabilities}." } }'
    seats = [f"  - name: Guard {seat}\n    mandate: Grant little.\n    {evaluator}\n" for seat in range(4)]
    (folder / "guards.yaml").write_text(GUARDS + "".join(seats))
    command = [str(binary), "dev", "--data", str(folder / "data"), "--port", str(port), "--council", str(folder / "guards.yaml")]
    with running(command, folder) as (process, log):
        endpoint, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 120
        while not _is_ready(endpoint):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the network does not start: {log.read_text()}")
            time.sleep(0.1)
        yield Network(binary, endpoint, folder / "data" / "genesis.json")


@pytest.fixture(scope="session")
def url(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where `trellis mcp --http` serves."""
    with running([str(network.binary), *network.arguments, "--http", "0"], tmp_path_factory.mktemp("http")) as (process, log):
        deadline = time.monotonic() + 60
        while "serves http://" not in log.read_text():
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the server does not start: {log.read_text()}")
            time.sleep(0.05)
        yield log.read_text().split("serves ")[1].split()[0]


@pytest.fixture(params=["stdio", "http"])
def server(request: pytest.FixtureRequest, network: Network) -> StdioServerParameters | str:
    """What the official client connects to, on either transport."""
    if request.param == "stdio":
        return network.stdio
    url: str = request.getfixturevalue("url")
    return url


def _is_ready(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
