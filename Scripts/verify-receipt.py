#!/usr/bin/env python3
"""Verifies a receipt as docs/receipts.md describes, without any code of the package. Needs one library for ML-DSA:

    pip install dilithium-py
    python3 Scripts/verify-receipt.py receipt.json genesis.json
"""
import base64
import hashlib
import json
import sys

from dilithium_py.ml_dsa import ML_DSA_65, ML_DSA_87

SCHEMES = {0x65: ("ML-DSA-65", ML_DSA_65), 0x87: ("ML-DSA-87", ML_DSA_87)}
SUITES = {1: ("sha256", hashlib.sha256), 2: ("sha384", hashlib.sha384)}


def require(condition, reason):
    if not condition:
        sys.exit(f"invalid: {reason}")


class Reader:
    def __init__(self, data):
        self.data, self.offset = data, 0

    def raw(self, count):
        require(self.offset + count <= len(self.data), "truncated")
        self.offset += count
        return self.data[self.offset - count:self.offset]

    def number(self, size):
        return int.from_bytes(self.raw(size), "little")

    def bytes(self):
        return self.raw(self.number(4))

    def list(self, element):
        return [element() for _ in range(self.number(4))]


def number(value, size):
    return value.to_bytes(size, "little")


def byte_string(data):
    return number(len(data), 4) + data


def items(values):
    return number(len(values), 4) + b"".join(values)


def tagged(function, domain, *parts):
    return function(number(len(domain), 1) + domain + b"".join(parts)).digest()


def genesis_bytes(genesis):
    def text(value):
        return byte_string(value.encode())

    def binary(value):
        return byte_string(base64.b64decode(value))

    def validator(entry):
        return (text(entry["name"]) + number(entry["stake"], 8) + text(entry["scheme"]) + binary(entry["consensus_key"])
                + text(entry["identity_scheme"]) + binary(entry["identity_key"]))

    def seat(entry):
        return (text(entry["name"]) + number(entry["validator"], 4) + number(entry["weight"], 8) + text(entry["scheme"])
                + binary(entry["key"]))

    def council(entry):
        return (text(entry["name"]) + number(entry["threshold_permille"], 8) + number(entry["deadline_ms"], 8)
                + items([seat(one) for one in entry["seats"]]))

    parameters = [genesis["parameters"][name] for name in ("gc_depth", "payload_bytes", "transaction_bytes", "rounds_ahead")]
    # What was not always there is written only where it is set, with its number.
    extras = [(1, "fast_path_faults"), (2, "schedule_interval")]
    further = b"".join(number(kind, 1) + number(genesis["parameters"][name], 8) for kind, name in extras
                       if genesis["parameters"].get(name, 0) > 0)
    mandates = [number(place, 4) + number(index, 4) + text(one["mandate"]) for place, entry in enumerate(genesis["councils"])
                for index, one in enumerate(entry["seats"]) if one.get("mandate")]
    if mandates:
        further += number(3, 1) + items(mandates)
    return (text(genesis["name"]) + binary(genesis["nonce"]) + number(genesis["created_ms"], 8) + number(genesis["epoch"], 8)
            + text(genesis["hash"]) + items([validator(one) for one in genesis["validators"]])
            + items([council(one) for one in genesis["councils"]]) + b"".join(number(value, 8) for value in parameters) + further)


def log_root(entry, index, size, proof):
    """RFC 9162, section 2.1.3.2."""
    require(index < size, "index outside the log")
    node, position, last = hashlib.sha256(b"\x00" + entry).digest(), index, size - 1
    for sibling in proof:
        require(last > 0, "inclusion proof too long")
        if position & 1 or position == last:
            node = hashlib.sha256(b"\x01" + sibling + node).digest()
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + sibling).digest()
        position, last = position >> 1, last >> 1
    require(last == 0, "inclusion proof too short")
    return node


def check_decision(entry, genesis):
    reader = Reader(entry)
    reader.raw(1 + 1 + 16)
    council_name, _, text = (reader.bytes().decode() for _ in range(3))
    reader.list(lambda: (reader.bytes(), reader.bytes()))
    outcome, threshold = reader.number(1), reader.number(8)
    seats = reader.list(lambda: (reader.number(4), reader.number(8), reader.number(1), reader.bytes()))
    council = next(one for one in genesis["councils"] if one["name"] == council_name)
    expected = [(place, one["weight"]) for place, one in enumerate(council["seats"])]
    require([seat[:2] for seat in seats] == expected, "seats are not those of genesis")
    needed = -(-threshold * sum(seat[1] for seat in seats) // 1000)
    approving = sum(seat[1] for seat in seats if seat[2] == 1)
    open_weight = sum(seat[1] for seat in seats if seat[2] == 0)
    follows = 1 if approving >= needed else 2 if approving + open_weight < needed else 3
    require(outcome == follows, "the outcome does not follow from the votes")
    print(f"decision: {('approved', 'rejected', 'expired')[outcome - 1]} {text!r} with {approving} of the {needed} needed")


def verify(receipt, genesis):
    chain = tagged(hashlib.sha256, b"trellis/genesis/1", genesis_bytes(genesis))
    require(chain.hex() == genesis["chain_id"], "genesis contradicts its chain_id")
    reader = Reader(base64.b64decode(receipt["receipt"], validate=True))
    require(reader.bytes() == b"trellis/receipt/1", "not a receipt")
    suite, function = SUITES[reader.number(1)]
    require(suite == genesis["hash"], "other hash suite")
    size = function().digest_size
    entry, index = reader.bytes(), reader.number(8)
    proof = reader.list(lambda: reader.raw(32))

    start = reader.offset
    require(reader.raw(32) == chain and reader.number(8) == genesis["epoch"], "other chain or epoch")
    commit_index, _, log_size, root, _, _ = (
        reader.number(8), reader.raw(size), reader.number(8), reader.raw(32), reader.raw(size), reader.number(8))
    checkpoint = tagged(function, b"trellis/checkpoint/1", reader.data[start:reader.offset])
    attested = number(commit_index, 8) + checkpoint

    signers = {}
    for _ in range(reader.number(4)):
        prefix, parents, payload_root = reader.raw(30), reader.raw(size), reader.raw(32)
        attestations = reader.list(lambda: reader.raw(8 + size))
        signature, author = reader.bytes(), int.from_bytes(prefix[16:20], "little")
        require(author not in signers and author < len(genesis["validators"]), "signer repeated or unknown")
        validator = genesis["validators"][author]
        name, scheme = SCHEMES[int.from_bytes(prefix[28:30], "little")]
        require(name == validator["scheme"] and int.from_bytes(prefix[:8], "little") == genesis["epoch"], "wrong scheme or epoch")
        require(attested in attestations, f"{validator['name']} did not attest this checkpoint")
        listed = function(items(attestations)).digest()
        digest = tagged(function, b"trellis/block/1", chain, prefix, parents, payload_root, listed)
        key = base64.b64decode(validator["consensus_key"])
        require(scheme.verify(key, digest, signature, b"trellis/block/1"), f"signature of {validator['name']}")
        signers[author] = validator["stake"]
    require(reader.number(4) == 0 and reader.offset == len(reader.data), "trailing bytes")

    total = sum(validator["stake"] for validator in genesis["validators"])
    require(sum(signers.values()) >= total - (total - 1) // 3, "too little stake")
    require(log_root(entry, index, log_size, proof) == root, "not in the log")
    if entry[0] == 0x10:
        check_decision(entry, genesis)
    print(f"valid: entry {index} of {log_size}, signed by stake {sum(signers.values())} of {total}")


if len(sys.argv) != 3:
    sys.exit(__doc__)
with open(sys.argv[1], "rb") as receipt_file, open(sys.argv[2], "rb") as genesis_file:
    verify(json.load(receipt_file), json.load(genesis_file))
