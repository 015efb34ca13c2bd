"""Sealing keys, sealed proposals and receipts with sealed answers in files: those that either side made, read here. Swift reads the same
files in TrellisVerifyTests."""

import json
import os
import pathlib
from typing import Any

import pytest
from forge import LATTICES, Network, entry_bytes
from repository import vectors
from test_sealing import answer, decided, file_of, opened, signed
from trellis_crypto import PrivateKey

from trellis_client import Client, Genesis, Proposal, Sealing, VerifiedDecision, open_decision, read_sealing_keys, verify_receipt
from trellis_client.ledger import NOT_RECIPIENT, read_entry

FILES = {name: vectors("TrellisModelTests", name) for name in ("sealed_swift.json", "sealed_python.json")}
CASES = [(file, case) for file in FILES.values() for case in file["cases"]]


@pytest.mark.parametrize("name", FILES)
def test_keys(name: str) -> None:
    genesis, secrets = Genesis.load(FILES[name]["genesis"].encode()), FILES[name]["secrets"]
    keys = read_sealing_keys(FILES[name]["keys"].encode(), genesis)
    assert keys == {place: PrivateKey(bytes.fromhex(secret)).public_key for place, secret in enumerate(secrets)} and len(keys) == 4


@pytest.mark.parametrize(("file", "case"), CASES, ids=[f"{file['source'][:5]} {case['comment']}" for file, case in CASES])
def test_proposals_and_answers(file: dict[str, Any], case: dict[str, Any]) -> None:
    genesis, reply = Genesis.load(file["genesis"].encode()), PrivateKey(bytes.fromhex(case["reply"]))
    proposal = Proposal.decode(bytes.fromhex(case["proposal"]))
    assert proposal.sealed
    for place in proposal.sealed.recipients:
        request = opened(proposal, PrivateKey(bytes.fromhex(file["secrets"][place])), genesis.chain)
        assert request == (case["kind"], case["text"], case["fields"], reply.public_key)
    proven = verify_receipt(case["receipt"].encode(), genesis)
    assert isinstance(proven, VerifiedDecision) and proven.decision.proposal == proposal
    read = open_decision(proven.decision, reply, genesis)
    assert read.outcome.name.lower() == case["outcome"]
    assert [{"verdict": one.verdict.name.lower(), "reason": one.reason} for one in read.votes] == case["votes"]


@pytest.mark.skipif("TRELLIS_MAKE_VECTORS" not in os.environ, reason="TRELLIS_MAKE_VECTORS names the folder to write files to")
def test_files_for_other_readers() -> None:
    network = Network(["Ed25519", "ML-DSA-65", "Ed25519", "Ed25519"])
    chain, secrets = network.genesis.chain, [PrivateKey.generate() for _ in range(4)]
    keys = file_of([signed(place, one.public_key, network.keys[place], chain) for place, one in enumerate(secrets)], chain_id=chain.hex())
    public = read_sealing_keys(keys, network.genesis)
    client = Client("http://127.0.0.1:1", network.genesis, key=LATTICES["ML-DSA-44"].generate())

    def case(comment: str, seals_outcome: bool, verdicts: tuple[int, ...], outcome: str) -> dict[str, Any]:
        sealing = Sealing(public, (0, 1, 3), fields={"agent": "größe"}, seals_outcome=seals_outcome)
        draft = client.draft("rm -rf größe", kind="command", fields={"cwd": "/srv"}, sealing=sealing)
        proposal, reply = draft.proposal, draft.reply_key
        assert reply
        votes, told = [(3, NOT_RECIPIENT)] * 4, [{"verdict": "abstain", "reason": NOT_RECIPIENT}] * 4
        for seat, verdict in zip((0, 1, 3), verdicts, strict=True):
            reason = answer(proposal, reply, seat, verdict, f"größe {seat}", chain=chain)
            votes[seat] = (4 if seals_outcome else verdict, reason)
            told[seat] = {"verdict": ("approve", "reject", "abstain")[verdict - 1], "reason": f"größe {seat}"}
        decision = decided(proposal, votes, 4 if seals_outcome else 2 if outcome == "rejected" else 1, network)
        file = network.receipt_file(network.receipt(decision), decision)
        assert read_entry(entry_bytes(decision)) == decision
        return {
            "comment": comment, "proposal": proposal.encoded.hex(), "kind": "command", "text": "rm -rf größe", "fields": {"cwd": "/srv"},
            "reply": reply.serialized.hex(), "receipt": file.decode(), "outcome": outcome, "votes": told,
        }  # fmt: skip

    cases = [case("answers", False, (1, 2, 3), "rejected"), case("answers and outcome", True, (1, 1, 1), "approved")]
    made = {
        "source": "Python: clients/python/tests/test_sealed_files.py", "genesis": network.genesis_file.decode(), "keys": keys.decode(),
        "secrets": [one.serialized.hex() for one in secrets], "cases": cases,
    }  # fmt: skip
    text = json.dumps(made, indent=2, ensure_ascii=False) + "\n"
    (pathlib.Path(os.environ["TRELLIS_MAKE_VECTORS"]) / "sealed_python.json").write_text(text)
