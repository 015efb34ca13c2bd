#!/usr/bin/env python3
"""Opens and seals envelopes (docs/envelope.md) with clients/crypto, which shares no code with the Swift package.

    python3 -m venv .venv && .venv/bin/pip install 'cryptography>=48'
    .venv/bin/python Scripts/open-envelope.py open ENVELOPE --key FILE --purpose NAME [--chain HEX] [--sender TEXT] > PAYLOAD
    .venv/bin/python Scripts/open-envelope.py check [VECTORS]     # opens the envelopes of a vector file
    .venv/bin/python Scripts/open-envelope.py make                # writes envelope_python.json anew

A key file holds the 128 bytes of the composite KEM's serialised private key, raw or in hexadecimal.
"""

import argparse
import hashlib
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
VECTORS = ROOT / "Tests" / "TrellisCryptoTests" / "Vectors"
sys.path.insert(0, str(ROOT / "clients/crypto/src"))
from trellis_crypto import EnvelopeContext, EnvelopeError, PrivateKey, seal, unseal
from trellis_crypto.kem import KEY_HEAD, KEY_TAIL


def sample_key(name):
    scalar = 1 + int.from_bytes(hashlib.shake_256(f"envelope P-384 {name}".encode()).digest(40), "big")
    seed = hashlib.shake_256(f"envelope ML-KEM {name}".encode()).digest(64)
    return seed + KEY_HEAD + scalar.to_bytes(48, "big") + KEY_TAIL


def make():
    keys = [sample_key(number) for number in range(3)]
    publics = [PrivateKey(key).public_key for key in keys]
    purpose, chain, sender = "trellis/test/1", bytes(range(32)), b"validator-0"
    bound, tests = EnvelopeContext(purpose, chain, sender), []

    def add(comment, key, envelope, payload, result="valid", chain=chain, sender=sender):
        tests.append({
            "tcId": len(tests) + 1, "comment": comment, "key": key.hex(), "purpose": purpose, "chain": chain.hex(),
            "sender": sender.hex(), "envelope": envelope.hex(), "payload": payload.hex(), "result": result})

    for size in (0, 1, 64, 65, 128, 150):
        payload = hashlib.shake_256(b"payload").digest(size)
        add(f"{size} bytes", keys[0], seal(payload, publics[:1], bound, 6), payload)
    payload = b"the same for all"
    several = seal(payload, publics[1:], bound, 6)
    add("first of two", keys[1], several, payload)
    add("second of two", keys[2], several, payload)
    add("not a recipient", keys[0], several, payload, "invalid")
    add("no chain, no sender", keys[0], seal(payload, publics[:1], EnvelopeContext(purpose)), payload, chain=b"", sender=b"")
    add("another chain", keys[1], several, payload, "invalid", chain=bytes(32))
    add("another sender", keys[1], several, payload, "invalid", sender=b"validator-1")
    long = seal(bytes(128), publics[:1], bound, 6)
    add("cut between chunks", keys[0], long[:-80], bytes(64), "invalid")
    add("chunks exchanged", keys[0], long[:-160] + long[-80:] + long[-160:-80], bytes(128), "invalid")
    add("extended", keys[0], long + bytes(16), bytes(128), "invalid")
    (VECTORS / "envelope_python.json").write_text(json.dumps(
        {"algorithm": "trellis/envelope/1", "source": "Scripts/open-envelope.py", "tests": tests}, separators=(",", ":")) + "\n")


def check(path):
    tests = json.loads(pathlib.Path(path).read_text())["tests"]
    for test in tests:
        bound = EnvelopeContext(test["purpose"], bytes.fromhex(test["chain"]), bytes.fromhex(test["sender"]))
        try:
            payload = unseal(bytes.fromhex(test["envelope"]), PrivateKey(bytes.fromhex(test["key"])), bound)
            result = "valid" if payload.hex() == test["payload"] else "other"
        except EnvelopeError:
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
    bound = EnvelopeContext(arguments.purpose, bytes.fromhex(arguments.chain), arguments.sender.encode())
    try:
        payload = unseal(pathlib.Path(arguments.envelope).read_bytes(), PrivateKey(key), bound)
    except EnvelopeError as error:
        sys.exit(f"error: {error}")
    sys.stdout.buffer.write(payload)


if __name__ == "__main__":
    main()
