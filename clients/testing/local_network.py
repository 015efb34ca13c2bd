"""What the tests of clients run: the binary, processes of it until the end of a block, and a network of four validators."""

import contextlib
import os
import pathlib
import secrets
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from repository import REPOSITORY


@pytest.fixture(scope="session")
def binary() -> pathlib.Path:
    """`trellis`: TRELLIS_BINARY, or what was built here."""
    named = os.environ.get("TRELLIS_BINARY")
    for path in [pathlib.Path(named)] if named else [REPOSITORY / ".build" / kind / "trellis" for kind in ("release", "debug")]:
        if path.is_file():
            return path.resolve()
    pytest.skip("no trellis binary: build it, or name one in TRELLIS_BINARY")


@contextlib.contextmanager
def running(command: list[str], folder: pathlib.Path, is_ready: Callable[[str], bool]) -> Iterator[pathlib.Path]:
    """A process until the end of the block, ready by what it says, and the file where its words go."""
    log, deadline = folder / "log", time.monotonic() + 120
    with log.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=file, cwd=folder) as process:
        try:
            while not is_ready(log.read_text()):
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"it does not start: {log.read_text()}")
                time.sleep(0.05)
            yield log
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


@contextlib.contextmanager
def local_network(binary: pathlib.Path, folder: pathlib.Path, *options: str) -> Iterator[tuple[str, pathlib.Path]]:
    """The API of a network of four validators with real sockets and storage, and its genesis file."""
    port = free_port()
    endpoint, command = f"http://127.0.0.1:{port}", [str(binary), "dev", "--data", str(folder / "data"), "--port", str(port), *options]
    with running(command, folder, lambda _: answers(endpoint)):
        yield endpoint, folder / "data" / "genesis.json"


def free_port() -> int:
    """A port that is free, as are the four a thousand above it, which `trellis dev` gives to its peers. It is below those that the system
    gives to whoever connects, lest one of them is taken just before it is listened on."""
    for _ in range(100):
        port = secrets.randbelow(20_000) + 10_000
        if all(is_free(one) for one in (port, *range(port + 1000, port + 1004))):
            return port
    pytest.fail("no free port")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def answers(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
