"""Envelopes: those that Swift sealed, our own, and everything that must stay shut. Swift opens ours in CryptoConformanceTests: the file
envelope_python.json is written by Scripts/open-envelope.py, which seals with this package."""

import base64
import contextlib

import pytest
from hypothesis import given
from mutations import many, mutated
from repository import vectors

from trellis_crypto import EnvelopeContext, EnvelopeError, PrivateKey, PublicKey, seal, unseal
from trellis_crypto.envelope import RECIPIENTS_MAXIMUM

CONTEXT = EnvelopeContext("trellis/test/1", bytes(range(32)), b"sender")
KEYS = [PrivateKey.generate() for _ in range(3)]
FILES = [vectors("TrellisCryptoTests", name) for name in ("envelope_swift.json", "envelope_python.json")]
VECTORS = [(file["source"], test) for file in FILES for test in file["tests"]]


def fault(envelope: bytes, key: PrivateKey = KEYS[0], context: EnvelopeContext = CONTEXT) -> str:
    try:
        unseal(envelope, key, context)
    except EnvelopeError as error:
        return error.fault
    return "valid"


@pytest.mark.parametrize(("source", "test"), VECTORS, ids=[test["comment"] for _, test in VECTORS])
def test_vectors(source: str, test: dict[str, str]) -> None:
    key, context = PrivateKey(bytes.fromhex(test["key"])), EnvelopeContext(
        test["purpose"], bytes.fromhex(test["chain"]), bytes.fromhex(test["sender"]))  # fmt: skip
    envelope = bytes.fromhex(test["envelope"])
    if test["result"] == "valid":
        assert unseal(envelope, key, context).hex() == test["payload"]
    else:
        assert fault(envelope, key, context) != "valid"


@pytest.mark.parametrize("test", vectors("TrellisCryptoTests", "composite_kem.json")["tests"], ids=lambda test: test["comment"] or "draft")
def test_composite_kem(test: dict[str, str]) -> None:
    public, private, ciphertext, secret = (base64.b64decode(test[name]) for name in ("ek", "dk", "c", "k"))
    if test["result"] == "valid":
        key = PrivateKey(private)
        assert (key.public_key, key.decapsulate(ciphertext)) == (public, secret)
    else:
        with pytest.raises((EnvelopeError, ValueError)):
            PrivateKey(private).decapsulate(ciphertext)


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 128, 129, 1000])
def test_every_recipient_reads_the_same(size: int) -> None:
    payload = bytes(place % 251 for place in range(size))
    envelope = seal(payload, [key.public_key for key in KEYS], CONTEXT, chunk_bits=6)
    assert [unseal(envelope, key, CONTEXT) for key in KEYS] == [payload] * 3
    assert fault(envelope, PrivateKey.generate()) == "not-a-recipient"
    for context in (
        EnvelopeContext("trellis/test/2", CONTEXT.chain, b"sender"), EnvelopeContext("trellis/test/1", b"", b"sender"),
        EnvelopeContext("trellis/test/1", CONTEXT.chain, b"sende"),
    ):  # fmt: skip
        assert fault(envelope, context=context) == "authentication"


def test_every_byte_counts() -> None:
    envelope = seal(bytes(100), [KEYS[0].public_key], CONTEXT, chunk_bits=6)
    for place in range(0, len(envelope), 3):
        assert fault(envelope[:place] + bytes([envelope[place] ^ 0x10]) + envelope[place + 1 :]) != "valid", place
        assert fault(envelope[:place]) != "valid"
    assert fault(envelope + b"\0") == "authentication"


def test_chunks_stay_in_their_places() -> None:
    envelope = seal(bytes(128), [KEYS[0].public_key], CONTEXT, chunk_bits=6)
    head, first, second = envelope[:-160], envelope[-160:-80], envelope[-80:]
    assert fault(head + second + first) == fault(head + first) == fault(head + first + first + second) == "authentication"
    assert fault(head) == fault(head + first + first[:16]) == "malformed" and fault(head + first[:16]) == "authentication"


def test_what_is_refused() -> None:
    public = KEYS[0].public_key
    for recipients in ([], [public, public], [b""], [bytes(1281)], [public[:-1] + b"\0"], [public[:1184] + b"\x02" + public[1185:]]):
        with pytest.raises(EnvelopeError) as caught:
            seal(b"", recipients, CONTEXT)
        assert caught.value.fault == "refused"
    for bits in (5, 21):
        with pytest.raises(EnvelopeError):
            seal(b"", [public], CONTEXT, chunk_bits=bits)
    with pytest.raises(EnvelopeError):
        EnvelopeContext("x" * 256)
    with pytest.raises(EnvelopeError):
        EnvelopeContext("x", bytes(31))
    serialized = KEYS[0].serialized
    for key in (b"", serialized[:-1], serialized + b"\0", bytes(128), serialized[:71] + b"\xff" * 48 + serialized[119:]):
        with pytest.raises(EnvelopeError):
            PrivateKey(key)


def test_bounds_of_the_header() -> None:
    envelope = seal(b"x", [KEYS[0].public_key], CONTEXT)
    for place, value in ((8, 2), (9, 5), (9, 21), (10, 0)):
        assert fault(envelope[:place] + bytes([value]) + envelope[place + 1 :]) == "malformed"
    for count in (2, RECIPIENTS_MAXIMUM, RECIPIENTS_MAXIMUM + 1, 65_535):
        assert fault(envelope[:10] + count.to_bytes(2, "little") + envelope[12:]) == "malformed"
    stanzas = [envelope[12:1293], bytes(1281)]
    assert fault(envelope[:10] + b"\2\0" + b"".join(stanzas) + envelope[1293:]) == "malformed"


def test_encapsulation() -> None:
    ciphertext, secret = PublicKey(KEYS[1].public_key).encapsulate()
    assert KEYS[1].decapsulate(ciphertext) == secret
    assert len(ciphertext) == 1185 and len(secret) == 32


SEALED = seal(bytes(200), [KEYS[0].public_key, KEYS[1].public_key], CONTEXT, chunk_bits=6)


@many
@given(mutated(SEALED))
def test_hostile_bytes(data: bytes) -> None:
    """They are refused, or the payload is what was sealed."""
    with contextlib.suppress(EnvelopeError):
        assert unseal(data, KEYS[0], CONTEXT) == bytes(200)
