#!/usr/bin/env python3
"""Opens and seals envelopes (docs/envelope.md) with implementations that share no code with the package: pyca/cryptography and hashlib.

    python3 -m venv .venv && .venv/bin/pip install 'cryptography>=48'
    .venv/bin/python Scripts/open-envelope.py open ENVELOPE --key FILE --purpose NAME [--chain HEX] [--sender TEXT] > PAYLOAD
    .venv/bin/python Scripts/open-envelope.py check [VECTORS]     # opens the envelopes of a vector file
    .venv/bin/python Scripts/open-envelope.py make                # writes envelope_python.json anew

A key file holds the 128 bytes of the composite KEM's serialised private key, raw or in hexadecimal.
"""

import argparse
import hashlib
import json
import os
import pathlib
import struct
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, mlkem
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "TrellisCryptoTests" / "Vectors"
MAGIC, SUITE = b"TRLSENV\1", 1
PREAMBLE, STANZA, COMMITMENT, TAG = 12, 48 + 1185 + 48, 48, 16
RECIPIENTS_MAXIMUM = ((1 << 20) - PREAMBLE - COMMITMENT) // STANZA
KEY_HEAD, KEY_TAIL = bytes.fromhex("303e0201010430"), bytes.fromhex("a00706052b81040022")


class Refused(Exception):
    pass


# The composite KEM id-MLKEM768-ECDH-P384-SHA3-256


class PrivateKey:
    def __init__(self, serialized):
        if len(serialized) != 128 or serialized[64:71] != KEY_HEAD or serialized[119:] != KEY_TAIL:
            raise Refused("this is not a private key of the composite KEM")
        self.lattice = mlkem.MLKEM768PrivateKey.from_seed_bytes(serialized[:64])
        self.curve = ec.derive_private_key(int.from_bytes(serialized[71:119], "big"), ec.SECP384R1())
        self.point = uncompressed(self.curve)
        self.public = self.lattice.public_key().public_bytes_raw() + self.point

    def decapsulate(self, ciphertext):
        lattice, point = ciphertext[:1088], ciphertext[1088:]
        peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP384R1(), point)
        return combine(self.lattice.decapsulate(lattice), self.curve.exchange(ec.ECDH(), peer), point, self.point)


def uncompressed(key):
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def combine(lattice, curve, ciphertext, point):
    return hashlib.sha3_256(lattice + curve + ciphertext + point + b"MLKEM768-P384").digest()


def encapsulate(public):
    secret, ciphertext = mlkem.MLKEM768PublicKey.from_public_bytes(public[:1184]).encapsulate()
    ephemeral = ec.generate_private_key(ec.SECP384R1())
    shared = ephemeral.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP384R1(), public[1184:]))
    point = uncompressed(ephemeral)
    return ciphertext + point, combine(secret, shared, point, public[1184:])


# The envelope


def domain(name):
    return bytes([len(name)]) + name.encode()


def tagged(name, *parts):
    return hashlib.sha384(domain(name) + b"".join(parts)).digest()


def derive(secret, salt, info, size):
    return HKDF(algorithm=hashes.SHA384(), length=size, salt=salt, info=info).derive(secret)


def name_of(public):
    return tagged("trellis/envelope/recipient/1", public)


def context(purpose, chain, sender):
    return b"".join(struct.pack("<Q", len(part)) + part for part in (purpose.encode(), chain, sender))


def transcript(bound, preamble, names):
    return tagged("trellis/envelope/1", bound, preamble, *names)


def wrapping(secret, bound, name, ciphertext):
    return AESGCM(derive(secret, bound, domain("trellis/envelope/wrap/1") + name + ciphertext, 32))


def payload_keys(content, bound, stanzas):
    salt = tagged("trellis/envelope/header/1", bound, *stanzas)
    return (AESGCM(derive(content, salt, domain("trellis/envelope/payload/1"), 32)),
            derive(content, salt, domain("trellis/envelope/commitment/1"), COMMITMENT))


def nonce(number, last):
    return struct.pack("<IQ", last, number)


def open_envelope(envelope, key, bound):
    """The payload; raises Refused or InvalidTag. `bound` is what `context` gives."""
    if len(envelope) < PREAMBLE or envelope[:9] != MAGIC + bytes([SUITE]):
        raise Refused("it is no envelope of version 1")
    exponent, count = envelope[9], int.from_bytes(envelope[10:12], "little")
    if not 6 <= exponent <= 20 or not 1 <= count <= RECIPIENTS_MAXIMUM:
        raise Refused("its preamble is out of bounds")
    end = PREAMBLE + count * STANZA
    if len(envelope) < end + COMMITMENT + TAG:
        raise Refused("it ends too early")
    preamble, commitment = envelope[:PREAMBLE], envelope[end:end + COMMITMENT]
    stanzas = [envelope[start:start + STANZA] for start in range(PREAMBLE, end, STANZA)]
    names = [stanza[:48] for stanza in stanzas]
    if any(left >= right for left, right in zip(names, names[1:])):
        raise Refused("its recipients are not in ascending order")
    own = name_of(key.public)
    if own not in names:
        raise Refused("it is not for this key")
    stanza, head = stanzas[names.index(own)], transcript(bound, preamble, names)
    ciphertext, wrapped = stanza[48:-48], stanza[-48:]
    content = wrapping(key.decapsulate(ciphertext), head, own, ciphertext).decrypt(bytes(12), wrapped, head)
    cipher, expected = payload_keys(content, head, stanzas)
    if expected != commitment:
        raise Refused("its commitment is another")
    sealed, size = envelope[end + COMMITMENT:], (1 << exponent) + TAG
    chunks = [sealed[start:start + size] for start in range(0, len(sealed), size)]
    if len(chunks) > 1 and len(chunks[-1]) <= TAG:
        raise Refused("its last chunk is empty")
    return b"".join(
        cipher.decrypt(nonce(number, number == len(chunks) - 1), chunk, None) for number, chunk in enumerate(chunks))


def seal_envelope(payload, recipients, bound, exponent=16):
    preamble = MAGIC + bytes([SUITE, exponent]) + struct.pack("<H", len(recipients))
    recipients = sorted((name_of(public), public) for public in recipients)
    head = transcript(bound, preamble, [name for name, _ in recipients])
    content, stanzas = os.urandom(32), []
    for name, public in recipients:
        ciphertext, secret = encapsulate(public)
        stanzas.append(name + ciphertext + wrapping(secret, head, name, ciphertext).encrypt(bytes(12), content, head))
    cipher, commitment = payload_keys(content, head, stanzas)
    size = 1 << exponent
    pieces = [payload[start:start + size] for start in range(0, len(payload), size)] or [b""]
    chunks = [cipher.encrypt(nonce(number, number == len(pieces) - 1), piece, None) for number, piece in enumerate(pieces)]
    return b"".join([preamble, *stanzas, commitment, *chunks])


# Vectors


def sample_key(name):
    scalar = 1 + int.from_bytes(hashlib.shake_256(f"envelope P-384 {name}".encode()).digest(40), "big")
    seed = hashlib.shake_256(f"envelope ML-KEM {name}".encode()).digest(64)
    return seed + KEY_HEAD + scalar.to_bytes(48, "big") + KEY_TAIL


def make():
    keys = [sample_key(number) for number in range(3)]
    publics = [PrivateKey(key).public for key in keys]
    purpose, chain, sender = "trellis/test/1", bytes(range(32)), b"validator-0"
    bound, tests = context(purpose, chain, sender), []

    def add(comment, key, envelope, payload, result="valid", chain=chain, sender=sender):
        tests.append({
            "tcId": len(tests) + 1, "comment": comment, "key": key.hex(), "purpose": purpose, "chain": chain.hex(),
            "sender": sender.hex(), "envelope": envelope.hex(), "payload": payload.hex(), "result": result})

    for size in (0, 1, 64, 65, 128, 150):
        payload = hashlib.shake_256(b"payload").digest(size)
        add(f"{size} bytes", keys[0], seal_envelope(payload, publics[:1], bound, 6), payload)
    payload = b"the same for all"
    several = seal_envelope(payload, publics[1:], bound, 6)
    add("first of two", keys[1], several, payload)
    add("second of two", keys[2], several, payload)
    add("not a recipient", keys[0], several, payload, "invalid")
    add("no chain, no sender", keys[0], seal_envelope(payload, publics[:1], context(purpose, b"", b"")), payload, chain=b"", sender=b"")
    add("another chain", keys[1], several, payload, "invalid", chain=bytes(32))
    add("another sender", keys[1], several, payload, "invalid", sender=b"validator-1")
    long = seal_envelope(bytes(128), publics[:1], bound, 6)
    add("cut between chunks", keys[0], long[:-80], bytes(64), "invalid")
    add("chunks exchanged", keys[0], long[:-160] + long[-80:] + long[-160:-80], bytes(128), "invalid")
    add("extended", keys[0], long + bytes(16), bytes(128), "invalid")
    (VECTORS / "envelope_python.json").write_text(json.dumps(
        {"algorithm": "trellis/envelope/1", "source": "Scripts/open-envelope.py", "tests": tests}, separators=(",", ":")) + "\n")


def check(path):
    tests = json.loads(pathlib.Path(path).read_text())["tests"]
    for test in tests:
        bound = context(test["purpose"], bytes.fromhex(test["chain"]), bytes.fromhex(test["sender"]))
        try:
            payload = open_envelope(bytes.fromhex(test["envelope"]), PrivateKey(bytes.fromhex(test["key"])), bound)
            result = "valid" if payload.hex() == test["payload"] else "other"
        except (Refused, InvalidTag, ValueError):
            result = "invalid"
        if result != test["result"]:
            sys.exit(f"error: {path}: tcId {test['tcId']} ({test['comment']}): {result}, expected {test['result']}")
    print(f"{path}: {len(tests)} envelopes as expected")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    opening = commands.add_parser("open")
    opening.add_argument("envelope")
    opening.add_argument("--key", required=True)
    opening.add_argument("--purpose", required=True)
    opening.add_argument("--chain", default="")
    opening.add_argument("--sender", default="")
    commands.add_parser("check").add_argument("vectors", nargs="?", default=VECTORS / "envelope_swift.json")
    commands.add_parser("make")
    arguments = parser.parse_args()
    if arguments.command == "make":
        return make()
    if arguments.command == "check":
        return check(arguments.vectors)
    key = pathlib.Path(arguments.key).read_bytes()
    key = key if len(key) == 128 else bytes.fromhex(key.decode().strip())
    bound = context(arguments.purpose, bytes.fromhex(arguments.chain), arguments.sender.encode())
    try:
        payload = open_envelope(pathlib.Path(arguments.envelope).read_bytes(), PrivateKey(key), bound)
    except (Refused, ValueError) as error:
        sys.exit(f"error: {error}")
    except InvalidTag:
        sys.exit("error: authentication failed")
    sys.stdout.buffer.write(payload)


if __name__ == "__main__":
    main()
