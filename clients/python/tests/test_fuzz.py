"""Hostile bytes: whatever they are, the outcome is a value or an error of this package, never another exception."""

import base64
import contextlib
import io
import json
import random
import socket
import threading
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse

import pytest
from forge import Network, entry_bytes, evidence_script
from hypothesis import example, given
from hypothesis import strategies as st
from mutations import many, mutated

from trellis_client import Genesis, ProofError, TrellisError, verify_receipt
from trellis_client.client import _events
from trellis_client.codec import byte_string
from trellis_client.http import read_body
from trellis_client.ledger import Attested, read_entry
from trellis_client.proof import Receipt

NETWORK = Network(["Ed25519", "ECDSA-P384", "ML-DSA-65", "COMPSIG-MLDSA65-Ed25519-SHA512"])
DECISION = NETWORK.decision(agent="a", cwd="/")
JOINT = NETWORK.joint([(1, 1, 1, 0), (2, 2, 0, 0)], 2, NETWORK.proposal(council="default and größe"))
RECEIPT = NETWORK.receipt(DECISION)
VOTED_FILE = NETWORK.receipt_file(RECEIPT, DECISION, [NETWORK.vote_proof(DECISION, 0, seat, 2, 5) for seat in (0, 1, 3)])
VOTES = base64.b64decode(json.loads(VOTED_FILE)["receipt"])[22 + len(RECEIPT.encoded) :]
RECEIPT_FILE = NETWORK.receipt_file(RECEIPT, DECISION)
HEADERS = [NETWORK.header(1, [Attested(7, NETWORK.suite.hash(tag))]) for tag in (b"a", b"b")]
EVIDENCE_FILE = NETWORK.evidence_file(1, 9, *HEADERS)
ANSWER = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n"
PLAIN = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
EVENTS = b'retry: 1000\n\nevent: decided\nid: 7\ndata: {"id": "x"}\n\n: \n\n'


def survives(outcome: Callable[[], object]) -> None:
    with contextlib.suppress(TrellisError):
        outcome()


@many
@given(st.one_of(st.binary(max_size=300), mutated(RECEIPT_FILE), mutated(VOTED_FILE), mutated(EVIDENCE_FILE)))
@example(b'"receipt": "' * 20_000)
@example(b'"receipt": ""}' + b" " * 20_000)
def test_files(data: bytes) -> None:
    for verify in (verify_receipt, evidence_script().verify):
        try:
            verify(data, NETWORK.genesis)
        except ProofError:
            continue
        assert data in (RECEIPT_FILE, VOTED_FILE, EVIDENCE_FILE)


@many
@given(mutated(RECEIPT.encoded))
def test_receipts_behind_a_good_file(data: bytes) -> None:
    """The base64 is right, so that mutations reach the codec, the log and the signatures."""
    survives(lambda: verify_receipt(NETWORK.file("receipt", NETWORK.genesis.chain, {}, data), NETWORK.genesis))
    survives(lambda: verify_receipt(NETWORK.file("receipt", NETWORK.genesis.chain, {}, data + VOTES, 2), NETWORK.genesis))
    survives(lambda: Receipt.decode(data))


@many
@given(mutated(VOTES))
def test_proofs_of_votes_behind_a_good_receipt(data: bytes) -> None:
    survives(lambda: verify_receipt(NETWORK.file("receipt", NETWORK.genesis.chain, {}, RECEIPT.encoded + data, 2), NETWORK.genesis))


@many
@given(mutated(NETWORK.genesis.chain + b"\x04\x01" + b"".join(one.encoded for one in HEADERS)))
def test_evidence_behind_a_good_file(data: bytes) -> None:
    survives(lambda: evidence_script().verify(NETWORK.file("evidence", NETWORK.genesis.chain, {}, data), NETWORK.genesis))
    survives(lambda: evidence_script().Evidence.decode(data[32:]))


@many
@given(st.one_of(st.binary(max_size=200), mutated(entry_bytes(DECISION)), mutated(JOINT.encoded)))
def test_entries(data: bytes) -> None:
    with contextlib.suppress(TrellisError):
        assert entry_bytes(read_entry(data)) == data, "one value, one encoding"


@many
@given(mutated(NETWORK.genesis_file))
def test_genesis_files(data: bytes) -> None:
    with contextlib.suppress(TrellisError):
        assert Genesis.load(data).chain


def answered(data: bytes, limit: int = 1 << 16) -> tuple[int, bytes]:
    """Status and body of an answer that comes in pieces of random sizes and then ends."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        feeding = threading.Thread(target=feed, args=(theirs, data))
        feeding.start()
        try:
            answer = HTTPResponse(ours)
            answer.begin()
            return answer.status, read_body(answer, limit)
        finally:
            feeding.join()


def feed(connection: socket.socket, data: bytes) -> None:
    source = random.Random(data)
    while data:
        size = source.randint(1, 20)
        connection.sendall(data[:size])
        data = data[size:]
    connection.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("data", [ANSWER, PLAIN])
def test_answers_as_they_should_be(data: bytes) -> None:
    assert answered(data) == (200, b"hello")
    with pytest.raises(TrellisError):
        answered(data, limit=4)


@many
@given(st.one_of(st.binary(max_size=100), mutated(ANSWER), mutated(PLAIN)))
def test_answers(data: bytes) -> None:
    # What `Transport.response` makes errors of this package of.
    with contextlib.suppress(TrellisError, OSError, EOFError, HTTPException):
        answered(data)


@many
@given(st.one_of(st.binary(max_size=100), mutated(EVENTS)))
@example(b"data: {}\nid: " + b"9" * 5000 + b"\n\n")
@example(b"data: " + b"[" * 100_000 + b"\n\n")
def test_events(data: bytes) -> None:
    with contextlib.suppress(TrellisError):
        list(_events(iter(io.BytesIO(data).readline, b"")))


def test_lengths_allocate_nothing() -> None:
    """Counts far above the bytes that follow."""
    for data in (b"\x10" + bytes(16) + b"\xff" * 4, b"\x03" + bytes(16) + b"\xff" * 4, byte_string(b"") + b"\xff" * 60):
        survives(lambda data=data: read_entry(data))  # type: ignore[misc]
