"""A network of four validators, with a council that grants capabilities, and `trellis mcp` in front of it on both transports."""

import pathlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from local_network import binary as binary
from local_network import local_network, running
from mcp import StdioServerParameters

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
def network(binary: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    folder = tmp_path_factory.mktemp("network")
    evaluator = 'evaluator: { rules: [], default: { then: reject, reason: "Nobody granted {requested_capabilities}." } }'
    seats = [f"  - name: Guard {seat}\n    mandate: Grant little.\n    {evaluator}\n" for seat in range(4)]
    (folder / "guards.yaml").write_text(GUARDS + "".join(seats))
    with local_network(binary, folder, "--council", str(folder / "guards.yaml")) as (endpoint, genesis):
        yield Network(binary, endpoint, genesis)


@pytest.fixture(scope="session")
def url(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where `trellis mcp --http` serves."""
    command = [str(network.binary), *network.arguments, "--http", "0"]
    with running(command, tmp_path_factory.mktemp("http"), lambda words: "serves http://" in words) as log:
        yield log.read_text().split("serves ")[1].split()[0]


@dataclass(frozen=True)
class Server:
    """What the official client connects to, and how: with a handshake, or without one where the server can do without."""

    target: StdioServerParameters | str
    mode: str
    revision: str


@pytest.fixture(params=[("legacy", "2025-11-25"), ("auto", "2026-07-28")], ids=["handshake", "stateless"])
def mode(request: pytest.FixtureRequest) -> tuple[str, str]:
    """The client's mode, and the revision that it comes to."""
    mode: tuple[str, str] = request.param
    return mode


@pytest.fixture(params=["stdio", "http"])
def server(request: pytest.FixtureRequest, network: Network, mode: tuple[str, str]) -> Server:
    """On either transport, in either mode."""
    return Server(network.stdio if request.param == "stdio" else request.getfixturevalue("url"), *mode)
