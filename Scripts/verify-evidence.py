#!/usr/bin/env python3
"""Verifies evidence of misbehaviour (docs/protocol.md, section 9) on top of clients/python, which shares no code with the Swift package.

    python3 -m venv .venv && .venv/bin/pip install 'cryptography>=48'
    .venv/bin/python Scripts/verify-evidence.py evidence.json genesis.json
"""
import pathlib
import sys
from dataclasses import replace
from typing import Annotated

for package in ("clients/crypto/src", "clients/python/src"):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / package))
from trellis_crypto import NAMES

from trellis_client import Genesis, MalformedError, ProofError, TrellisError
from trellis_client.codec import Integer, Wire, require
from trellis_client.ledger import Attestation, Tag
from trellis_client.proof import open_proof, render, require_unedited

EVIDENCE, FORMAT = b"\x04", "trellis/evidence/1"
OFFENCES = {1: "twin_blocks", 2: "conflicting_attestations"}


class Evidence(Wire):
    """Two headers of one author, the first with the lesser bytes."""

    tag: Tag
    offence: Annotated[int, Integer(1, 2)]
    first: Attestation
    second: Attestation

    def position(self) -> int:
        """The round of twin blocks, or the least index attested differently. Raises MalformedError where nothing contradicts."""
        one, two = self.first, self.second
        said, again = (replace(header, signature=b"") for header in (one, two))
        require(self.tag == EVIDENCE and self.offence in OFFENCES, "it is no evidence")
        require((one.prefix.epoch, one.prefix.author) == (two.prefix.epoch, two.prefix.author), "headers of different authors")
        require(one.encoded < two.encoded and said != again, "headers out of order, or the same")
        if self.offence == 1:
            require(one.prefix.round == two.prefix.round, "headers of different rounds")
            return one.prefix.round
        conflicts = [left.index for left in one.attested for right in two.attested if left.index == right.index and left != right]
        require(bool(conflicts), "headers that do not contradict one another")
        return min(conflicts)

    def summary(self, position: int) -> dict[str, object]:
        headers = [one.prefix for one in (self.first, self.second)]
        return {
            "identifier": self.identifier.hex(),
            "validator": headers[0].author,
            "offence": OFFENCES[self.offence],
            "position": position,
            "headers": [{"round": one.round, "scheme": NAMES[one.scheme], "timestamp_ms": one.timestamp_ms} for one in headers],
        }


def verify(file: bytes, genesis: Genesis) -> Evidence:
    """Raises ProofError unless both headers are signed by the validator that they accuse, and contradict one another."""
    try:
        reader, form = open_proof(file, "evidence", (FORMAT,), 1 << 20)
        chain, evidence = reader.raw(32), Evidence.read(reader)
        reader.finish()
        position = evidence.position()
    except MalformedError as error:
        raise ProofError(f"the evidence is malformed: {error}", "malformed") from None
    if (reader.suite, chain) != (genesis.suite, genesis.chain):
        raise ProofError(f"it is of chain {chain.hex()}, not of {genesis.chain.hex()}", "other-network")
    for header in (evidence.first, evidence.second):
        header.verify(genesis)
    require_unedited(file, form, "evidence", chain, evidence.summary(position), reader.data)
    return evidence


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        genesis = Genesis.load(pathlib.Path(sys.argv[2]))
        evidence = verify(pathlib.Path(sys.argv[1]).read_bytes(), genesis)
    except (OSError, TrellisError) as error:
        sys.exit(f"invalid: {error}")
    author = evidence.first.prefix.author
    print(f"valid: validator {author} {render(genesis.validators[author].name)}: {OFFENCES[evidence.offence]} at {evidence.position()}")


if __name__ == "__main__":
    main()
