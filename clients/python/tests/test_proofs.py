"""Receipts and evidence: those that Swift made, those made here for Swift, and everything that must be refused."""

import json
import pathlib
import subprocess
from dataclasses import replace
from typing import Any

import pytest
from forge import TIME, Network, entry_bytes, evidence_script, suites
from repository import vectors
from trellis_crypto import SCHEMES, SHA256, Suite

from trellis_client import Decision, Genesis, GenesisError, ProofError, VerifiedDecision, VerifiedRecord, verify_receipt
from trellis_client.codec import Reader
from trellis_client.genesis import FORMAT, _encoded
from trellis_client.ledger import RECORD, Attested, Record, Verdict, VoteProof, nonce_of, read_entry
from trellis_client.proof import Receipt, render, utc

COMMITTEES = vectors("TrellisModelTests", "proofs.json")
CASES = [(one["genesis"], case) for one in COMMITTEES for case in one["cases"]]


def verify(file: bytes, genesis: Genesis) -> object:
    return evidence_script().verify(file, genesis) if b'"trellis/evidence/1"' in file[:40] else verify_receipt(file, genesis)


def fault(file: bytes, genesis: Genesis) -> str:
    try:
        verify(file, genesis)
    except ProofError as error:
        return error.fault
    return "valid"


@pytest.mark.parametrize(("genesis", "case"), CASES, ids=[case["comment"] for _, case in CASES])
def test_files_that_swift_made(genesis: str, case: dict[str, str]) -> None:
    assert fault(case["file"].encode(), Genesis.load(genesis.encode())) == case["result"]


def test_what_a_swift_receipt_says() -> None:
    genesis, case = CASES[0]
    verified = verify_receipt(case["file"].encode(), Genesis.load(genesis.encode()))
    assert isinstance(verified, VerifiedDecision)
    assert verified.decision.outcome.name == "APPROVED" and [one.verdict.value for one in verified.decision.votes] == [1, 3, 1, 1]
    assert (verified.stake, verified.total_stake, verified.is_post_quantum) == (3, 4, True)
    summary = json.loads(case["file"])["summary"]
    assert summary["identifier"] == verified.identifier and summary["text"] == verified.decision.proposal.text


def test_every_parameter_of_a_genesis() -> None:
    """A chain identifier changes with each, and those that came later count only where they are set."""
    plain = Network()
    chains = {SHA256.tagged(FORMAT, _encoded(plain.members))}
    for name in (*plain.members["parameters"], "fast_path_faults", "schedule_interval"):
        chains.add(SHA256.tagged(FORMAT, _encoded(plain.members | {"parameters": plain.members["parameters"] | {name: 1}})))
    assert len(chains) == 8
    assert _encoded(plain.members | {"parameters": plain.members["parameters"] | {"schedule_interval": 0}}) == _encoded(plain.members)


@pytest.mark.parametrize("suite", suites(), ids=lambda suite: suite.name)
def test_the_bytes_of_the_documents(suite: Suite) -> None:
    """Scripts/make-wire-vectors.py writes a receipt from docs/receipts.md alone."""
    wire = vectors("TrellisModelTests", "wire.json")
    data = bytes.fromhex(wire[f"{suite.name}/receipt"])
    reader = Reader(data, suite)
    reader.raw(4 + len("trellis/receipt/1") + 1)
    receipt = Receipt.read(reader)
    reader.finish()
    assert data.endswith(receipt.encoded) and receipt.entry.hex() == wire["decision"]
    assert receipt.certificate.encoded.hex() == wire[f"{suite.name}/certificate"]
    voted = Reader(bytes.fromhex(wire[f"{suite.name}/receipt_with_votes"]), suite, offset=reader.offset)
    assert [VoteProof.read(voted)[:4] for _ in range(voted.number(4))] == [(0, 0, 1, 3), (0, 2, 0, 1)]
    voted.finish()


def test_the_bytes_of_entries() -> None:
    wire = vectors("TrellisModelTests", "wire.json")
    for name in ("decision", "joint_decision", "record"):
        assert entry_bytes(read_entry(bytes.fromhex(wire[name]))).hex() == wire[name]


def swift_says(binary: pathlib.Path, folder: pathlib.Path, file: bytes, network: Network) -> str:
    (folder / "genesis.json").write_bytes(network.genesis_file)
    (folder / "proof.json").write_bytes(file)
    command = [str(binary), "verify", str(folder / "proof.json"), "--genesis", str(folder / "genesis.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return "valid" if done.returncode == 0 else "invalid"


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("suite", suites(), ids=lambda suite: suite.name)
def test_python_receipts_are_valid_here_and_in_swift(scheme: str, suite: Suite, binary: pathlib.Path, tmp_path: pathlib.Path) -> None:
    network = Network([scheme] * 4, suite, schedule_interval=300, fast_path_faults=1)
    entry = network.decision(text='größe "\\\n\u202e\x1b[31m\U000e0041\x08\x7f', agent="α", cwd="")
    file = network.receipt_file(network.receipt(entry), entry)
    assert isinstance(verify_receipt(file, network.genesis), VerifiedDecision)
    assert swift_says(binary, tmp_path, file, network) == "valid"
    record = Record(RECORD, nonce_of("r"), bytes(range(256)))
    file = network.receipt_file(network.receipt(record), record)
    assert isinstance(verify_receipt(file, network.genesis), VerifiedRecord)
    assert swift_says(binary, tmp_path, file, network) == "valid"
    first, second = (network.header(2, [Attested(7, suite.hash(b"same")), Attested(8, suite.hash(tag))]) for tag in (b"a", b"b"))
    for offence, position in ((1, 9), (2, 8)):
        file = network.evidence_file(offence, position, first, second)
        assert evidence_script().verify(file, network.genesis).position() == position
        assert swift_says(binary, tmp_path, file, network) == "valid"


def test_what_a_quorum_must_not_sign(binary: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """Forged with all keys, so that only the rule in question can refuse; Swift says the same of each."""
    network = Network()
    good = network.decision()
    cases = {
        "valid": network.receipt(good),
        "rejected too early": network.receipt(entry := network.decision((2, 0, 0, 0), 2)),
    }
    entries = {"valid": good, "rejected too early": entry}

    def add(comment: str, entry: Decision, **checkpoint: Any) -> None:
        entries[comment], cases[comment] = entry, network.receipt(entry, **checkpoint)

    add("approved without votes", network.decision((1, 1, 0, 2), 1))
    add("expired though approved", network.decision((1, 1, 1, 0), 3))
    add("expired", network.decision((1, 1, 0, 0), 3))
    add("rejected", network.decision((2, 3, 0, 0), 2))
    add("too few seats", replace(good, ballots=(replace(good.ballots[0], votes=good.votes[:3]),)))
    add("another weight", replace(good, ballots=(replace(good.ballots[0], votes=(*good.votes[:3], replace(good.votes[3], weight=2))),)))
    add("another council", replace(good, proposal=replace(good.proposal, council="other")))
    add("decided before it was proposed", replace(good, proposed_commit=4))
    add("decided after the checkpoint", good, index=2)
    add("decided in time that runs backwards", replace(good, decided_ms=TIME + 9))
    add("decided at a time after the checkpoint's", good, timestamp_ms=TIME + 19)
    add("decided at the deadline", replace(good, decided_ms=TIME + 30_010))
    add("decided at the last moment", replace(good, decided_ms=TIME + 30_009))
    add("expired before the deadline", replace(network.decision((1, 1, 0, 0), 3), decided_ms=TIME + 30_009))
    silent = replace(good.votes[2], verdict=Verdict.NONE)
    add("silent with a reason", replace(good, ballots=(replace(good.ballots[0], votes=(*good.votes[:2], silent, good.votes[3])),)))
    for threshold in (500, 600, 669, 750):
        add(f"threshold {threshold}", network.joint([(1, 1, 1, 1)], 1, good.proposal, threshold))
    adaptive = network.proposal(council="größe")
    for threshold in (500, 600, 669, 670, 671, 750, 800, 801, 1000):
        add(f"adaptive {threshold}", network.joint([(1, 1, 1, 1)], 1, adaptive, threshold))
    valid = ("valid", "expired", "rejected", "decided at the last moment", "adaptive 670", "adaptive 750", "adaptive 800")
    expected = dict.fromkeys(valid, "valid")
    for comment, receipt in cases.items():
        file = network.receipt_file(receipt, entries[comment])
        assert fault(file, network.genesis) == expected.get(comment, "contradiction"), comment
        assert swift_says(binary, tmp_path, file, network) == ("valid" if comment in expected else "invalid"), comment


def test_certificates_that_do_not_hold() -> None:
    network, entry = Network(), Network().decision()
    other = Network()

    def result(receipt: object) -> str:
        assert isinstance(receipt, type(good))
        return fault(network.receipt_file(receipt, entry), network.genesis)

    good = network.receipt(entry)
    proofs = good.certificate.attestations
    assert result(good) == "valid"
    assert result(network.receipt(entry, (0, 1))) == "certificate"
    for wrong in (
        (proofs[0], proofs[0], proofs[1], proofs[2]),
        (proofs[1], proofs[0], proofs[2]),
        (proofs[0], proofs[1], other.receipt(entry).certificate.attestations[2]),
        (proofs[0], proofs[1], replace(proofs[2], signature=bytes(64))),
        (proofs[0], proofs[1], replace(proofs[2], signature=b"")),
        (proofs[0], proofs[1], network.header(3, proofs[0].attested, signer=2)),
        (proofs[0], proofs[1], network.header(3, proofs[0].attested, epoch=1)),
        (proofs[0], proofs[1], network.header(3, proofs[0].attested, scheme=0x65)),
        (proofs[0], proofs[1], network.header(3, [])),
        (proofs[0], proofs[1], replace(proofs[2], prefix=replace(proofs[2].prefix, author=4))),
    ):
        assert result(replace(good, certificate=replace(good.certificate, attestations=wrong))) == "certificate"
    assert fault(network.receipt_file(good, entry), other.genesis) == "other-network"
    assert result(network.receipt(entry, epoch=1)) == "other-network"
    assert result(replace(good, index=2)) == result(replace(good, proof=good.proof[:1])) == "not-in-log"
    assert result(replace(good, proof=(*good.proof, bytes(32)))) == result(network.receipt(entry, log_size=0)) == "not-in-log"


def test_evidence_that_proves_nothing() -> None:
    network = Network()
    attested = [[Attested(7, network.suite.hash(tag))] for tag in (b"a", b"b")]
    one, two = (network.header(1, point) for point in attested)
    good = network.evidence_file(1, 9, one, two)
    assert fault(good, network.genesis) == "valid"
    assert fault(network.evidence_file(1, 9, one, replace(one, signature=bytes(64))), network.genesis) == "malformed"
    assert fault(network.evidence_file(1, 9, one, network.header(2, attested[1])), network.genesis) == "malformed"
    assert fault(network.evidence_file(1, 9, one, network.header(1, attested[1], round=8)), network.genesis) == "malformed"
    assert fault(network.evidence_file(2, 7, one, network.header(1, attested[0], round=8)), network.genesis) == "malformed"
    assert fault(network.evidence_file(2, 7, one, network.header(1, attested[1], signer=2)), network.genesis) == "certificate"
    assert fault(network.evidence_file(1, 8, one, two), network.genesis) == "edited"
    assert fault(good, Network().genesis) == "other-network"


@pytest.mark.parametrize("kind", ["receipt", "evidence"])
def test_every_byte_counts(kind: str) -> None:
    network, entry = Network(), Network().decision(fields="x")
    one, two = (network.header(1, [Attested(7, network.suite.hash(tag))]) for tag in (b"a", b"b"))
    file = network.receipt_file(network.receipt(entry), entry) if kind == "receipt" else network.evidence_file(1, 9, one, two)
    assert fault(file, network.genesis) == "valid"
    for place in range(len(file)):
        changed = file[:place] + bytes([file[place] ^ 1]) + file[place + 1 :]
        assert fault(changed, network.genesis) != "valid", place
        assert fault(file[:place], network.genesis) != "valid", place
    assert fault(file + b"\n", network.genesis) == "edited" and fault(b" " * (1 << 20) + file, network.genesis) != "valid"


def test_genesis_files_that_are_none() -> None:
    network = Network()
    file = network.genesis_file
    assert Genesis.load(file).quorum == 3
    for changed in (
        b"", b"[]", b"{}", b"[" * 100_000, b"\xff", file.replace(b'"stake": 1,', b"", 1),
        *(file.replace(b'"stake": 1', b'"stake": ' + other, 1) for other in (b"2", b'"1"', b"1.0", b"-1", b"9" * 5000, b"null")),
        file.replace(b"genesis/1", b"genesis/2", 1), file[:-2],
        file.replace(b'"name": "forged"', b'"name": "\\ud800"', 1),
    ):  # fmt: skip
        with pytest.raises(GenesisError):
            Genesis.load(changed)


def test_a_scheme_that_cannot_be_checked() -> None:
    network, entry = Network(), Network().decision()
    file = network.receipt_file(network.receipt(entry), entry)
    validators = tuple(one._replace(scheme="SLH-DSA-SHA2-128s") for one in network.genesis.validators)
    assert fault(file, network.genesis._replace(validators=validators)) == "unsupported"


def test_text_and_times() -> None:
    assert utc(TIME) == "2026-11-18T11:06:40.000Z" and utc(0) == "1970-01-01T00:00:00.000Z"
    assert utc((1 << 64) - 1) == "584556019-04-03T14:25:51.615Z" and utc(951_782_400_123) == "2000-02-29T00:00:00.123Z"
    assert render('a"\\\n\x00\u200b\U000e0001ü') == '"a\\"\\\\\\n\\u0000\\u200b\\udb40\\udc01ü"'
    assert render(["\b\f\x7f\\b", {}]) == '[\n  "\\u0008\\u000c\\u007f\\\\b",\n  {}\n]'


JOINT_CASES = [
    ("default and größe", [(1, 1, 1, 1), (1, 1, 1, 0)], 1, "valid"),
    ("default and größe", [(1, 1, 1, 1), (2, 2, 0, 0)], 2, "valid"),
    ("default and größe", [(1, 1, 1, 1), (1, 0, 0, 0)], 3, "valid"),
    ("default and größe", [(1, 1, 1, 1), (2, 2, 0, 0)], 1, "contradiction"),
    ("default or größe", [(2, 2, 0, 0), (1, 1, 1, 0)], 1, "valid"),
    ("default or größe", [(2, 2, 0, 0), (2, 2, 2, 2)], 2, "valid"),
    ("default or größe", [(2, 2, 0, 0), (1, 1, 0, 0)], 3, "valid"),
    ("default or größe", [(2, 2, 0, 0), (1, 1, 1, 0)], 2, "contradiction"),
    ("default and default", [(1, 1, 1, 1)] * 2, 1, "contradiction"),
    ("default xor größe", [(1, 1, 1, 1)] * 2, 1, "contradiction"),
    ("default and other", [(1, 1, 1, 1)] * 2, 1, "contradiction"),
    ("default and", [(1, 1, 1, 1)], 1, "contradiction"),
    ("default", [(1, 1, 1, 1)] * 2, 1, "contradiction"),
    ("default and größe", [(1, 1, 1, 1)], 1, "contradiction"),
]


@pytest.mark.parametrize(("council", "verdicts", "outcome", "result"), JOINT_CASES)
def test_several_councils(
    council: str, verdicts: list[tuple[int, ...]], outcome: int, result: str, binary: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    network = Network()
    entry = network.joint(verdicts, outcome, network.proposal(council=council))
    file = network.receipt_file(network.receipt(entry), entry) if result == "valid" else summarized_loosely(network, entry)
    assert fault(file, network.genesis) == result
    assert (swift_says(binary, tmp_path, file, network) == "valid") == (result == "valid")


def summarized_loosely(network: Network, entry: Decision) -> bytes:
    """With any summary: what is refused is refused before it is looked at."""
    return network.file("receipt", network.genesis.chain, {}, network.receipt(entry).encoded)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_votes_signed_by_their_seats(scheme: str, binary: pathlib.Path, tmp_path: pathlib.Path) -> None:
    network = Network([scheme] * 4)
    single = network.decision((1, 1, 3, 0), 3)
    joint = network.joint([(1, 1, 1, 0), (2, 1, 1, 1)], 1, network.proposal(council="größe and default"))
    for entry, places in ((single, [(0, 0), (0, 1), (0, 2)]), (single, [(0, 1)]), (joint, [(0, 2), (1, 0), (1, 3)])):
        for at, size in ((0, 1), (2, 3), (5, 7), (1023, 1024)):
            proofs = [network.vote_proof(entry, ballot, seat, at, size) for ballot, seat in places]
            file = network.receipt_file(network.receipt(entry), entry, proofs)
            proven = verify_receipt(file, network.genesis)
            assert isinstance(proven, VerifiedDecision) and len(proven.signed_votes) == len(places)
        assert swift_says(binary, tmp_path, file, network) == "valid"


def test_votes_that_their_seats_did_not_sign(binary: pathlib.Path, tmp_path: pathlib.Path) -> None:
    network = Network()
    entry = network.decision((1, 1, 2, 0), 3)
    good = [network.vote_proof(entry, 0, seat) for seat in range(3)]
    record = Record(RECORD, nonce_of("r"), b"")

    def refused(proofs: list[VoteProof], expected: str = "vote", entry: Decision | Record = entry) -> None:
        file = network.receipt_file(network.receipt(entry), entry, proofs)
        assert fault(file, network.genesis) == expected
        assert swift_says(binary, tmp_path, file, network) == "invalid"

    assert fault(network.receipt_file(network.receipt(entry), entry, good), network.genesis) == "valid"
    refused([good[1], good[0]])
    refused([good[0], good[0]])
    refused([good[0]._replace(seat=1)])
    refused([good[0]._replace(seat=3)])
    refused([good[0]._replace(council=1)])
    refused([good[0]._replace(council=7)])
    refused([good[0]._replace(place=0)])
    refused([good[0]._replace(place=0, size=1, path=())])
    refused([good[0]._replace(signature=bytes(64))])
    refused([network.vote_proof(entry, 0, 0, signer=1)])
    refused([network.vote_proof(network.decision((2, 1, 2, 0), 3), 0, 0)])
    refused([good[0]._replace(place=3)], "malformed")
    refused([good[0]._replace(size=1025)], "malformed")
    refused(good[:1], "vote", record)
    no_votes = network.receipt(entry).encoded + bytes(4)
    assert fault(network.file("receipt", network.genesis.chain, {}, no_votes, 2), network.genesis) == "malformed"
