#!/usr/bin/env python3
"""Writes Tests/TrellisModelTests/Vectors/wire.json: the bytes and digests of every signed object, from the layouts in
docs/receipts.md alone. It shares no code with the package, so that the two can be held against each other.

    python3 Scripts/make-wire-vectors.py > Tests/TrellisModelTests/Vectors/wire.json
"""
import hashlib
import json

HASHES = {"sha256": (1, hashlib.sha256), "sha384": (2, hashlib.sha384)}


def sha256(data):
    return hashlib.sha256(data).digest()


def u8(value):
    return value.to_bytes(1, "little")


def u16(value):
    return value.to_bytes(2, "little")


def u32(value):
    return value.to_bytes(4, "little")


def u64(value):
    return value.to_bytes(8, "little")


def byte_string(data):
    return u32(len(data)) + data


def string(text):
    return byte_string(text.encode())


def items(values):
    return u32(len(values)) + b"".join(values)


def count_up(start, size):
    """Bytes start, start + 1, ... modulo 256: the filling of every digest, key and signature below."""
    return bytes((start + offset) % 256 for offset in range(size))


def tagged(function, domain, *parts):
    name = domain.encode()
    return function(u8(len(name)) + name + b"".join(parts)).digest()


def leaf_hash(data):
    return sha256(b"\x00" + data)


def node_hash(left, right):
    return sha256(b"\x01" + left + right)


def merkle_root(leaves):
    """RFC 9162, section 2.1.1, word for word."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(merkle_root(leaves[:split]), merkle_root(leaves[split:]))


def genesis(extras=b""):
    def validator(number, name):
        return (
            string(name) + u64(10 + number) + string("ML-DSA-65") + byte_string(count_up(number, 40))
            + string("Ed25519") + byte_string(count_up(100 + number, 32))
        )

    def seat(number, name):
        return string(name) + u32(number) + u64(number + 1) + string("ML-DSA-87") + byte_string(count_up(50 + number, 20))

    names = ["alpha", "beta", "gamma", "delta"]
    validators = items([validator(number, name) for number, name in enumerate(names)])
    default = string("default") + u64(670) + u64(30_000) + items([seat(number, "seat " + name) for number, name in enumerate(names)])
    small = string("größe") + u64(750) + u64(1) + items([seat(2, "only")])
    parameters = u64(64) + u64(1 << 20) + u64(256 << 10) + u64(128)
    return (
        string("vectors") + byte_string(count_up(1, 16)) + u64(1_795_000_000_000) + u64(0) + string("sha256")
        + validators + items([default, small]) + parameters + extras
    )


def proposal():
    fields = [("agent", "α"), ("cwd", "/srv"), ("z", "")]
    return (
        b"\x01" + count_up(7, 16) + string("default") + string("command") + string("rm -rf /srv/data")
        + items([string(name) + string(value) for name, value in fields])
    )


def record():
    return b"\x03" + count_up(9, 16) + byte_string(count_up(200, 100))


def votes():
    """One seat's verdicts on two proposals: (list of encoded votes, batch, signed digest)."""
    encoded = [leaf_hash(proposal()) + b"\x01" + string("reading is harmless"), count_up(3, 32) + b"\x03" + string("")]
    root = merkle_root([leaf_hash(vote) for vote in encoded])
    place = u64(0) + u32(1) + u32(2) + u32(len(encoded))
    signed = tagged(hashlib.sha256, "trellis/votes/2", count_up(5, 32), place, root)
    batch = b"\x02" + u32(1) + u32(2) + items(encoded) + byte_string(count_up(11, 70))
    return root, signed, batch


def decision():
    seats = [(0, 1, 1, "ok"), (1, 2, 2, "größe"), (2, 3, 3, ""), (3, 4, 0, "")]
    return (
        b"\x10" + proposal() + b"\x02" + u64(670)
        + items([u32(seat) + u64(weight) + u8(verdict) + string(reason) for seat, weight, verdict, reason in seats])
        + u64(4) + u64(1_795_000_001_000) + u64(6) + u64(1_795_000_002_000)
    )


def joint_decision():
    """Two councils, of which one must approve: (bytes)."""
    asked = b"\x01" + count_up(8, 16) + string("default or größe") + string("text") + string("both?") + items([])
    ballots = [
        u64(670) + items([u32(0) + u64(1) + u8(1) + string("yes"), u32(1) + u64(2) + u8(0) + string("")]),
        u64(750) + items([u32(0) + u64(3) + u8(1) + string("")]),
    ]
    return b"\x11" + asked + b"\x01" + items(ballots) + u64(4) + u64(1_795_000_001_000) + u64(6) + u64(1_795_000_002_000)


def vote_proofs():
    """Of seat 0, the middle one of three votes; of seat 2, the only one."""
    return items([
        u32(0) + u32(0) + u32(1) + u32(3) + count_up(80, 32) + count_up(81, 32) + byte_string(count_up(13, 70)),
        u32(0) + u32(2) + u32(0) + u32(1) + byte_string(count_up(14, 70)),
    ])


def of_suite(name):
    number, function = HASHES[name]
    size = function().digest_size
    chain = count_up(5, 32)

    def reference(round_number, author, start):
        return u64(round_number) + u32(author) + count_up(start, size)

    attestations = [u64(41) + count_up(20, size), u64(43) + count_up(21, size)]

    def header(author, attested):
        prefix = u64(0) + u64(77) + u32(author) + u64(1_795_000_000_123) + u16(0x65)
        parents = items([reference(76, author, 1), reference(76, 0, 2), reference(74, 3, 3)])
        payload_root = merkle_root([leaf_hash(record()), leaf_hash(proposal()), leaf_hash(votes()[2])])
        listed = items(attested)
        digest = tagged(
            function, "trellis/block/1", chain, prefix, function(parents).digest(), payload_root, function(listed).digest()
        )
        return prefix, parents, payload_root, listed, digest

    prefix, parents, payload_root, listed, digest = header(2, attestations)
    payload = items([byte_string(record()), byte_string(proposal()), byte_string(votes()[2])])
    block = prefix + parents + payload_root + listed + payload + byte_string(count_up(12, 90))

    origin = tagged(function, "trellis/commit/1", chain)
    blocks = [(75, 1, 31), (76, 0, 32), (77, 2, 33)]
    ordered = (
        reference(77, 2, 33) + u32(len(blocks)) + b"".join(count_up(start, size) for _, _, start in blocks) + u64(1_795_000_000_100)
    )
    commit = tagged(function, "trellis/commit/1", origin, ordered)
    commit_bytes = u64(1) + reference(77, 2, 33) + items([reference(*block) for block in blocks]) + u64(1_795_000_000_100) + origin

    leaves = [leaf_hash(record()), leaf_hash(decision()), leaf_hash(b"\x03" + count_up(1, 16) + byte_string(b""))]
    checkpoint = (
        chain + u64(0) + u64(43) + commit + u64(len(leaves)) + merkle_root(leaves) + count_up(60, size) + u64(1_795_000_002_000)
    )
    checkpoint_digest = tagged(function, "trellis/checkpoint/1", checkpoint)

    proofs = []
    for author in [0, 1, 3]:
        prefix_of, parents_of, root_of, listed_of, _ = header(author, [u64(43) + checkpoint_digest])
        proofs.append(prefix_of + function(parents_of).digest() + root_of + listed_of + byte_string(count_up(70 + author, 80)))
    certificate = checkpoint + items(proofs)
    body = u8(number) + byte_string(decision()) + u64(1) + items([leaves[0], leaves[2]]) + certificate + u32(0)
    receipt = string("trellis/receipt/1") + body
    receipt_with_votes = string("trellis/receipt/2") + body + vote_proofs()
    return {
        "attestation": attestations[0],
        "block_header": prefix + parents + payload_root + listed,
        "block_digest": digest,
        "block": block,
        "commit_origin": origin,
        "commit": commit_bytes,
        "commit_digest": commit,
        "checkpoint": checkpoint,
        "checkpoint_digest": checkpoint_digest,
        "certificate": certificate,
        "receipt": receipt,
        "receipt_with_votes": receipt_with_votes,
    }


def main():
    root, signed, batch = votes()
    mandates = items([u32(0) + u32(1) + string("größe"), u32(1) + u32(0) + string("Look.")])
    extended = u8(1) + u64(1) + u8(2) + u64(300) + u8(3) + mandates
    plain = {
        "genesis": genesis(),
        "genesis_extended": genesis(extended),
        "genesis_adaptive": genesis(extended + u8(4) + u64(100) + items([u32(1)])),
        "chain_id": tagged(hashlib.sha256, "trellis/genesis/1", genesis()),
        "idempotency_nonce": tagged(hashlib.sha256, "trellis/idempotency/1", "größe".encode())[:16],
        "proposal": proposal(),
        "proposal_identifier": leaf_hash(proposal()),
        "record": record(),
        "record_identifier": leaf_hash(record()),
        "votes_root": root,
        "votes_signed_digest": signed,
        "votes": batch,
        "decision": decision(),
        "decision_leaf": leaf_hash(decision()),
        "joint_decision": joint_decision(),
        "payload_root": merkle_root([leaf_hash(record()), leaf_hash(proposal()), leaf_hash(batch)]),
    }
    vectors = {name: value.hex() for name, value in plain.items()}
    for suite in HASHES:
        vectors.update({f"{suite}/{name}": value.hex() for name, value in of_suite(suite).items()})
    print(json.dumps(vectors, indent=2))


main()
