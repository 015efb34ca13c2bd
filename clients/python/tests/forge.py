"""Networks, receipts and evidence made in Python: what a quorum of validators would sign, with keys of the `cryptography` library, so that
receipts go from here to Swift as well, and may say what no network says."""

import base64
import functools
import hashlib
import importlib.util
import json
import pathlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from trellis_crypto import SCHEMES, SHA256, SUITES, Suite, integer
from trellis_crypto.hashes import prefixed

from trellis_client import Genesis, Outcome, Verdict
from trellis_client.codec import byte_string, leaf_hash
from trellis_client.genesis import FORMAT, _encoded
from trellis_client.ledger import BLOCK, DECISION, JOINT, PROPOSAL, VOTES, Attestation, Attested, Ballot, Certificate, Checkpoint
from trellis_client.ledger import Decision, Field, Prefix, Proposal, Record, SeatVote, VoteProof, nonce_of
from trellis_client.proof import Receipt, _summary, render

LATTICES: dict[str, Any] = {f"ML-DSA-{size}": getattr(mldsa, f"MLDSA{size}PrivateKey") for size in (44, 65, 87)}
TIME = 1_795_000_000_000


@dataclass(frozen=True)
class Key:
    """A signing key: its public key, and what signs (message, domain)."""

    scheme: str
    public: bytes
    sign: Callable[[bytes, str], bytes]


def key(scheme: str) -> Key:
    if scheme in LATTICES:
        lattice = LATTICES[scheme].generate()
        return Key(scheme, lattice.public_key().public_bytes_raw(), lambda message, domain: lattice.sign(message, domain.encode()))
    if scheme == "Ed25519":
        edwards = ed25519.Ed25519PrivateKey.generate()
        public = edwards.public_key().public_bytes_raw()
        return Key(scheme, public, lambda message, domain: edwards.sign(prefixed(domain) + message if domain else message))
    if scheme == "ECDSA-P384":
        curve = ec.generate_private_key(ec.SECP384R1())

        def sign(message: bytes, domain: str) -> bytes:
            der = curve.sign(prefixed(domain) + message if domain else message, ec.ECDSA(hashes.SHA384()))
            return b"".join(part.to_bytes(48, "big") for part in decode_dss_signature(der)) if domain else der

        return Key(scheme, curve.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint), sign)
    first, second = (key(part) for part in SCHEMES[scheme].parts)

    def sign_both(message: bytes, domain: str) -> bytes:
        signed = b"CompositeAlgorithmSignatures2025" + scheme.encode() + prefixed(domain) + hashlib.sha512(message).digest()
        return first.sign(signed, scheme) + second.sign(signed, "")

    return Key(scheme, first.public + second.public, sign_both)


def entry_bytes(entry: Decision | Record) -> bytes:
    """The leaf. Of one council, the list of ballots has no number in front."""
    if isinstance(entry, Record) or entry.tag == JOINT:
        return entry.encoded
    place = 1 + len(entry.proposal.encoded) + 1
    return entry.encoded[:place] + entry.encoded[place + 4 :]


def encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


class Network:
    """A committee of `schemes`, each with a stake of 1 and a seat in the council `default`."""

    def __init__(self, schemes: Sequence[str] = ("Ed25519",) * 4, suite: Suite = SHA256, **parameters: int) -> None:
        self.keys = [key(scheme) for scheme in schemes]
        identities = [key("Ed25519") for _ in schemes]
        self.members: dict[str, Any] = {
            "format": FORMAT, "name": "forged", "nonce": encode(bytes(16)), "created_ms": TIME, "epoch": 0, "hash": suite.name,
            "validators": [
                {
                    "name": f"validator-{place}", "stake": 1, "scheme": one.scheme, "consensus_key": encode(one.public),
                    "identity_scheme": "Ed25519", "identity_key": encode(identity.public),
                }
                for place, (one, identity) in enumerate(zip(self.keys, identities, strict=True))
            ],
            "councils": [
                {
                    "name": name, "threshold_permille": 670, "deadline_ms": 30_000, **({"adaptive": True} if name == "größe" else {}),
                    "seats": [
                        {"name": f"seat-{place}", "validator": place, "weight": 1, "scheme": one.scheme, "key": encode(one.public)}
                        | ({"mandate": "Look at größe."} if place == 2 else {})
                        for place, one in enumerate(self.keys)
                    ],
                }
                for name in ("default", "größe")
            ],
            "parameters": {
                "gc_depth": 64, "payload_bytes": 1 << 20, "transaction_bytes": 256 << 10, "rounds_ahead": 128, "threshold_window": 100,
            } | parameters,
        }  # fmt: skip
        self.genesis = Genesis.load(self.genesis_file)
        self.suite = self.genesis.suite

    @property
    def genesis_file(self) -> bytes:
        chain = SHA256.tagged(FORMAT, _encoded(self.members))
        return json.dumps(self.members | {"chain_id": chain.hex()}, indent=2).encode()

    def proposal(self, text: str = "ls -la", council: str = "default", **fields: str) -> Proposal:
        ordered = sorted(fields.items())
        return Proposal(PROPOSAL, nonce_of("forged"), council, "command", text, tuple(Field(*one) for one in ordered))

    def decision(self, verdicts: Sequence[int] = (1, 1, 3, 1), outcome: int = 1, text: str = "ls -la", **fields: str) -> Decision:
        return self.joint([verdicts], outcome, self.proposal(text, **fields))

    def joint(self, verdicts: Sequence[Sequence[int]], outcome: int, proposal: Proposal, threshold: int = 670) -> Decision:
        """A ballot for each of the councils."""
        ballots = tuple(
            Ballot(threshold, tuple(SeatVote(place, 1, Verdict(one), f"because {place}" if one else "") for place, one in enumerate(each)))
            for each in verdicts
        )
        kind, decided = DECISION if len(ballots) == 1 else JOINT, TIME + 20 if outcome != 3 else TIME + 30_010
        return Decision(kind, proposal, Outcome(outcome), ballots, 2, TIME + 10, 3, decided)

    def vote_proof(self, decision: Decision, ballot: int, seat: int, place: int = 1, size: int = 3, signer: int | None = None) -> VoteProof:
        """As if the seat had signed `size` votes together, this one at `place`, and the others were of something else."""
        council = [one["name"] for one in self.members["councils"]].index(decision.proposal.council.split(" ")[::2][ballot])
        vote = decision.ballots[ballot].votes[seat]
        leaves = [leaf_hash(f"vote {other}".encode()) for other in range(size)]
        leaves[place] = leaf_hash(decision.identifier + integer(vote.verdict.value, 1) + byte_string(vote.reason))
        signed = self.genesis.chain + integer(0, 8) + integer(council, 4) + integer(seat, 4) + integer(size, 4) + merkle_root(leaves)
        signature = self.keys[seat if signer is None else signer].sign(SHA256.tagged(VOTES, signed), VOTES)
        return VoteProof(council, seat, place, size, merkle_path(leaves, place), signature)

    def header(self, author: int, attested: Sequence[Attested], signer: int | None = None, **prefix: int) -> Attestation:
        scheme = SCHEMES[self.keys[author].scheme].identifier
        values = {"epoch": 0, "round": 9, "author": author, "timestamp_ms": TIME + author, "scheme": scheme}
        unsigned = Attestation(Prefix(**(values | prefix)), bytes(self.suite.size), bytes(32), tuple(attested), b"")
        signature = self.keys[author if signer is None else signer].sign(unsigned.digest(self.genesis), BLOCK)
        return replace(unsigned, signature=signature)

    def receipt(self, entry: Decision | Record, signers: Sequence[int] = (0, 1, 3), **checkpoint: Any) -> Receipt:
        """Of the second of three entries of a log."""
        left, leaf, right = leaf_hash(b"left"), leaf_hash(entry_bytes(entry)), leaf_hash(b"right")
        inner = SHA256.hash(b"\x01" + left + leaf)
        zero = bytes(self.suite.size)
        values: dict[str, Any] = {
            "chain": self.genesis.chain, "epoch": 0, "index": 5, "commit": zero, "log_size": 3,
            "log_root": SHA256.hash(b"\x01" + inner + right), "state": zero, "timestamp_ms": TIME + 60_000,
        }  # fmt: skip
        point = Checkpoint(**(values | checkpoint))
        attested = [Attested(point.index, self.suite.tagged("trellis/checkpoint/1", point.encoded))]
        proofs = tuple(self.header(author, attested) for author in signers)
        return Receipt(entry_bytes(entry), 1, (left, right), Certificate(point, proofs), ())

    def receipt_file(self, receipt: Receipt, entry: Decision | Record, votes: Sequence[VoteProof] = ()) -> bytes:
        summary, body = _summary(entry, receipt, len(votes)), receipt.encoded
        body += integer(len(votes), 4) if votes else b""
        for proof in votes:
            body += b"".join(integer(number, 4) for number in proof[:4]) + b"".join(proof.path) + byte_string(proof.signature)
        return self.file("receipt", receipt.certificate.checkpoint.chain, summary, body, 2 if votes else 1)

    def evidence_file(self, offence: int, position: int, first: Attestation, second: Attestation) -> bytes:
        first, second = sorted((first, second), key=lambda one: one.encoded)
        evidence = evidence_script().Evidence(b"\x04", offence, first, second)
        summary = evidence.summary(position)
        return self.file("evidence", self.genesis.chain, summary, self.genesis.chain + evidence.encoded)

    def file(self, field: str, chain: bytes, summary: object, body: bytes, version: int = 1) -> bytes:
        form = f"trellis/{field}/{version}"
        proof = byte_string(form) + integer(self.suite.number, 1) + body
        return render({"format": form, "chain_id": chain.hex(), "summary": summary, field: encode(proof)}).encode()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 9162 §2.1.1, by recursion."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return SHA256.hash(b"\x01" + merkle_root(leaves[:split]) + merkle_root(leaves[split:]))


def merkle_path(leaves: Sequence[bytes], place: int) -> tuple[bytes, ...]:
    """RFC 9162 §2.1.3.1."""
    if len(leaves) == 1:
        return ()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if place < split:
        return (*merkle_path(leaves[:split], place), merkle_root(leaves[split:]))
    return (*merkle_path(leaves[split:], place - split), merkle_root(leaves[:split]))


@functools.cache
def evidence_script() -> Any:
    """Scripts/verify-evidence.py as a module."""
    path = pathlib.Path(__file__).resolve().parents[3] / "Scripts" / "verify-evidence.py"
    spec = importlib.util.spec_from_file_location("verify_evidence", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["verify_evidence"] = module
    spec.loader.exec_module(module)
    return module


def suites() -> list[Suite]:
    return list(SUITES.values())
