"""What tests share: the binary, and a network of four validators that it runs."""

import pathlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from local_network import binary as binary
from local_network import local_network

from trellis_client import Genesis


@dataclass(frozen=True)
class Node:
    endpoint: str
    genesis: Genesis
    genesis_path: pathlib.Path


@pytest.fixture(scope="session")
def node(binary: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with local_network(binary, tmp_path_factory.mktemp("network")) as (endpoint, genesis):
        yield Node(endpoint, Genesis.load(genesis), genesis)
