"""What tests share: the repository's vectors, the binary, and a network of four validators that it runs."""

import json
import pathlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from local_network import REPOSITORY, local_network
from local_network import binary as binary

from trellis_client import Genesis


def vectors(room: str, name: str) -> Any:
    return json.loads((REPOSITORY / "Tests" / room / "Vectors" / name).read_bytes())


@dataclass(frozen=True)
class Node:
    endpoint: str
    genesis: Genesis
    genesis_path: pathlib.Path


@pytest.fixture(scope="session")
def node(binary: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with local_network(binary, tmp_path_factory.mktemp("network")) as (endpoint, genesis):
        yield Node(endpoint, Genesis.load(genesis), genesis)
