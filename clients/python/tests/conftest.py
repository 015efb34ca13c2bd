"""What tests share: the repository's vectors, the binary, and a network of four validators that it runs."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from trellis_client import Genesis

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]


def vectors(room: str, name: str) -> Any:
    return json.loads((REPOSITORY / "Tests" / room / "Vectors" / name).read_bytes())


@dataclass(frozen=True)
class Node:
    endpoint: str
    genesis: Genesis
    genesis_path: pathlib.Path


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


@pytest.fixture(scope="session")
def node(binary: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """The API of a network of four validators with real sockets and storage."""
    folder, port = tmp_path_factory.mktemp("network"), free_port()
    command = [str(binary), "dev", "--data", str(folder / "data"), "--port", str(port)]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log, cwd=folder) as process:
        try:
            endpoint, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 120
            while not _is_ready(endpoint):
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"the network does not start: {(folder / 'log').read_text()}")
                time.sleep(0.1)
            genesis = folder / "data" / "genesis.json"
            yield Node(endpoint, Genesis.load(genesis), genesis)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def _is_ready(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
