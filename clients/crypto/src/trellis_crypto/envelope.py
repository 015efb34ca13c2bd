"""Sealed envelopes for holders of keys of id-MLKEM768-ECDH-P384-SHA3-256 (docs/envelope.md): all recipients read the same payload, whole,
or nothing."""
import os
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .errors import EnvelopeError, demand
from .hashes import SHA384, integer, prefixed
from .kem import PrivateKey, PublicKey

MAGIC, SUITE = b"TRLSENV\x01", 1
PREAMBLE, NAME, CIPHERTEXT, WRAPPED, COMMITMENT, TAG = 12, 48, 1185, 48, 48, 16
STANZA = NAME + CIPHERTEXT + WRAPPED
RECIPIENTS_MAXIMUM = ((1 << 20) - PREAMBLE - COMMITMENT) // STANZA
PAYLOAD_MAXIMUM = 1 << 40

@dataclass(frozen=True)
class EnvelopeContext:
    """What an envelope is for. It does not travel with the envelope: both sides know it, and only the same opens."""
    purpose: str
    chain: bytes = b""
    sender: bytes = b""

    def __post_init__(self) -> None:
        is_one = len(self.purpose.encode()) <= 255 and len(self.chain) in (0, 32, 48)
        demand(is_one, EnvelopeError("a purpose has at most 255 bytes, a chain 0, 32 or 48", "refused"))

    @property
    def encoded(self) -> bytes:
        return b"".join(integer(len(part), 8) + part for part in (self.purpose.encode(), self.chain, self.sender))

def seal(payload: bytes, recipients: Sequence[bytes], context: EnvelopeContext, chunk_bits: int = 16) -> bytes:
    """Seals for the holders of public keys, in chunks of 2^`chunk_bits` bytes (6 to 20). Raises EnvelopeError ("refused")."""
    named = sorted((_name(public), public) for public in recipients)
    are_well = 1 <= len(named) <= RECIPIENTS_MAXIMUM and len(dict(named)) == len(named)
    is_bounded = are_well and 6 <= chunk_bits <= 20 and len(payload) <= PAYLOAD_MAXIMUM
    demand(is_bounded, EnvelopeError("1 to 818 recipients, each once; chunks of 2^6 to 2^20 bytes; at most 2^40 in all", "refused"))
    preamble = MAGIC + integer(SUITE, 1) + integer(chunk_bits, 1) + integer(len(named), 2)
    transcript = SHA384.tagged("trellis/envelope/1", context.encoded, preamble, *(name for name, _ in named))
    content, stanzas = os.urandom(32), []
    for name, public in named:
        ciphertext, secret = PublicKey(public).encapsulate()
        stanzas.append(name + ciphertext + _wrapping(secret, transcript, name, ciphertext).encrypt(bytes(12), content, transcript))
    cipher, commitment = _payload_keys(content, transcript, stanzas)
    pieces = _split(payload, 1 << chunk_bits)
    chunks = (cipher.encrypt(_nonce(place, pieces), piece, None) for place, piece in enumerate(pieces))
    return b"".join([preamble, *stanzas, commitment, *chunks])

def unseal(envelope: bytes, key: PrivateKey, context: EnvelopeContext) -> bytes:
    """The payload; nothing of it before the end of the envelope is authentic. Raises EnvelopeError."""
    preamble, stanzas, commitment, sealed, chunk_size = _parse(envelope)
    transcript = SHA384.tagged("trellis/envelope/1", context.encoded, preamble, *(stanza[:NAME] for stanza in stanzas))
    own = _name(key.public_key)
    stanza = next((one for one in stanzas if one[:NAME] == own), b"")
    demand(stanza, EnvelopeError("the envelope is for others", "not-a-recipient"))
    ciphertext, wrapped = stanza[NAME:-WRAPPED], stanza[-WRAPPED:]
    try:
        content = _wrapping(key.decapsulate(ciphertext), transcript, own, ciphertext).decrypt(bytes(12), wrapped, transcript)
        cipher, expected = _payload_keys(content, transcript, stanzas)
        demand(bytes_eq(expected, commitment), InvalidTag())
        pieces = _split(sealed, chunk_size + TAG)
        return b"".join([cipher.decrypt(_nonce(place, pieces), piece, None) for place, piece in enumerate(pieces)])
    except (InvalidTag, ValueError):
        raise EnvelopeError("the envelope was changed or cut off, or its context is another", "authentication") from None

def _parse(envelope: bytes) -> tuple[bytes, list[bytes], bytes, bytes, int]:
    """Preamble, stanzas, commitment, sealed chunks, chunk size. Raises EnvelopeError ("malformed")."""
    bits, count = (envelope[9], int.from_bytes(envelope[10:12], "little")) if len(envelope) >= PREAMBLE else (0, 0)
    is_one = envelope[:9] == MAGIC + bytes([SUITE]) and 6 <= bits <= 20 and 1 <= count <= RECIPIENTS_MAXIMUM
    demand(is_one, EnvelopeError("it is no envelope of version 1, or its preamble is out of bounds", "malformed"))
    end = PREAMBLE + count * STANZA
    stanzas, sealed = _split(envelope[PREAMBLE:end], STANZA), envelope[end + COMMITMENT :]
    names = [stanza[:NAME] for stanza in stanzas]
    # The last chunk has a byte of payload, unless it is the only one.
    is_whole = len(sealed) == TAG or len(sealed) > TAG <= (len(sealed) - 1) % ((1 << bits) + TAG)
    demand(is_whole and names == sorted(set(names)), EnvelopeError("it ends too early, or its recipients are not in order", "malformed"))
    return envelope[:PREAMBLE], stanzas, envelope[end : end + COMMITMENT], sealed, 1 << bits

def _split(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)] or [b""]

def _nonce(place: int, pieces: list[bytes]) -> bytes:
    return integer(place == len(pieces) - 1, 4) + integer(place, 8)

def _name(public_key: bytes) -> bytes:
    return SHA384.tagged("trellis/envelope/recipient/1", public_key)

def _derive(secret: bytes, salt: bytes, info: bytes, size: int) -> bytes:
    return HKDF(algorithm=hashes.SHA384(), length=size, salt=salt, info=info).derive(secret)

def _wrapping(secret: bytes, transcript: bytes, name: bytes, ciphertext: bytes) -> AESGCM:
    return AESGCM(_derive(secret, transcript, prefixed("trellis/envelope/wrap/1") + name + ciphertext, 32))

def _payload_keys(content: bytes, transcript: bytes, stanzas: list[bytes]) -> tuple[AESGCM, bytes]:
    salt = SHA384.tagged("trellis/envelope/header/1", transcript, *stanzas)
    commitment = _derive(content, salt, prefixed("trellis/envelope/commitment/1"), COMMITMENT)
    return AESGCM(_derive(content, salt, prefixed("trellis/envelope/payload/1"), 32)), commitment
