"""Receipts, verified offline with the genesis alone: no network, no node, no clock (docs/receipts.md). The readable part of a
file is derived from its proof; it is derived again here and must come out the same, byte for byte, so it cannot say anything else."""
import base64
import datetime
import json
import re
from dataclasses import dataclass
from typing import Annotated

from trellis_crypto import LATTICES, NAMES, SCHEMES, SIGNATURE_MAXIMUM, SUITES, demand

from .codec import U64, Bounded, Reader, Sha256, Wire, log_root, require
from .errors import MalformedError, ProofError
from .genesis import Genesis, Signer
from .ledger import COUNCILS_MAXIMUM, ENTRY_MAXIMUM, REASON_MAXIMUM, SEATS_MAXIMUM
from .ledger import Ballot, Certificate, Decision, Record, VoteProof, read_entry

RECEIPT_FORMATS, VOTES_MAXIMUM = ("trellis/receipt/1", "trellis/receipt/2"), COUNCILS_MAXIMUM * SEATS_MAXIMUM
# In JSON text: an escape as a whole, so that none begins in its middle, or a character that does not show.
HIDDEN = re.compile(
    r"\\.|[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)

class Receipt(Wire):
    """What stands in a receipt behind its format and hash suite; nothing of it is verified."""
    entry: Annotated[bytes, Bounded(ENTRY_MAXIMUM)]
    index: U64
    proof: Annotated[tuple[Sha256, ...], Bounded(64)]
    certificate: Certificate
    epochs: Annotated[tuple[Sha256, ...], Bounded(0)]

@dataclass(frozen=True)
class VerifiedReceipt:
    """What a receipt proves. Only `verify_receipt` makes one. `signers` are in the order of `certificate.attestations`."""
    network: str
    identifier: str
    index: int
    certificate: Certificate
    signers: tuple[Signer, ...]
    stake: int
    total_stake: int
    file: bytes

    @property
    def is_post_quantum(self) -> bool:
        return all(one.scheme in LATTICES or SCHEMES[one.scheme].parts for one in self.signers)

@dataclass(frozen=True)
class VerifiedDecision(VerifiedReceipt):
    """`signed_votes` are the places (ballot, seat) of votes whose seats' signatures are in the receipt, and hold."""
    decision: Decision
    signed_votes: tuple[tuple[int, int], ...]

@dataclass(frozen=True)
class VerifiedRecord(VerifiedReceipt):
    record: Record

def receipt_bytes_maximum(genesis: Genesis) -> int:
    """No receipt file of this network is larger: escapes make six bytes of one, base64 four of three."""
    seats = sum(len(one.seats) for one in genesis.councils)
    entry = genesis.transaction_bytes + 1024 + seats * (REASON_MAXIMUM + 64)
    return 8 * entry + 2 * (len(genesis.validators) + seats) * (SIGNATURE_MAXIMUM + 4096) + 65_536

def verify_receipt(file: bytes, genesis: Genesis) -> VerifiedDecision | VerifiedRecord:
    """Raises ProofError unless validators of a quorum of stake signed a log that holds the entry at its place."""
    try:
        reader, form = open_proof(file, "receipt", RECEIPT_FORMATS, receipt_bytes_maximum(genesis))
        receipt = Receipt.read(reader)
        votes = tuple(VoteProof.read(reader) for _ in range(reader.number(4, VOTES_MAXIMUM) if form in RECEIPT_FORMATS[1:] else 0))
        require(form == RECEIPT_FORMATS[bool(votes)], "no votes")
        reader.finish()
        entry, certificate = read_entry(receipt.entry), receipt.certificate
    except MalformedError as error:
        raise ProofError(f"the receipt is malformed: {error}", "malformed") from None
    demand(reader.suite == genesis.suite, ProofError(f"it uses {reader.suite.name}, the chain {genesis.suite.name}", "other-network"))
    signers, checkpoint = certificate.verify(genesis), certificate.checkpoint
    is_in_log = log_root(receipt.entry, receipt.index, checkpoint.log_size, receipt.proof) == checkpoint.log_root
    demand(is_in_log, ProofError(f"the proof does not show this entry at index {receipt.index} of {checkpoint.log_size}", "not-in-log"))
    demand(isinstance(entry, Decision) or not votes, ProofError("a record has no votes", "vote"))
    signed = entry.check(genesis, checkpoint, votes) if isinstance(entry, Decision) else ()
    require_unedited(file, form, "receipt", checkpoint.chain, _summary(entry, receipt, len(votes)), reader.data)
    stake = sum(one.weight for one in signers)
    proven = genesis.name, entry.identifier.hex(), receipt.index, certificate, signers, stake, genesis.total_stake, file
    if isinstance(entry, Record):
        return VerifiedRecord(*proven, entry)
    return VerifiedDecision(*proven, entry, signed)

def open_proof(file: bytes, field: str, forms: tuple[str, ...], limit: int) -> tuple[Reader, str]:
    """A reader of the proof in a file's last field, behind its format and suite, and the format. Raises MalformedError."""
    require(len(file) <= limit, f"more than {limit} bytes")
    match = re.search(rb'"%s"\s*:\s*"([^"]*)"\s*\}\s*\Z' % field.encode(), file)
    try:
        reader = Reader(base64.b64decode(match[1] if match else b"-", validate=True))
        form = reader.raw(reader.number(4, 32)).decode()
        reader.suite = SUITES[reader.number(1)]
    except (ValueError, KeyError):
        raise MalformedError(f"its last field is not '{field}' in base64, or of an unknown hash suite") from None
    require(form in forms, "another format")
    return reader, form

def require_unedited(file: bytes, form: str, field: str, chain: bytes, summary: object, proof: bytes) -> None:
    """Raises ProofError unless `file` is the one file of this proof."""
    encoded = base64.b64encode(proof).decode()
    expected = render({"format": form, "chain_id": chain.hex(), "summary": summary, field: encoded}).encode()
    if file != expected:
        same = next((at for at, (one, two) in enumerate(zip(file, expected, strict=False)) if one != two), min(len(file), len(expected)))
        raise ProofError(f"the file was changed or reformatted: from byte {same} on it is not what its proof gives", "edited")

def _summary(entry: Decision | Record, receipt: Receipt, votes: int) -> dict[str, object]:
    checkpoint, headers = receipt.certificate.checkpoint, [one.prefix for one in receipt.certificate.attestations]
    about: dict[str, object] = {"kind": "record", "bytes": len(entry.data)} if isinstance(entry, Record) else _decided(entry)
    return {"identifier": entry.identifier.hex()} | about | {
        "log_index": receipt.index, "log_size": checkpoint.log_size, "checkpoint": checkpoint.index,
        "checkpoint_time": utc(checkpoint.timestamp_ms),
        "signers": [{"validator": one.author, "scheme": NAMES[one.scheme], "time": utc(one.timestamp_ms)} for one in headers],
    } | ({"votes_signed": votes} if votes else {})  # fmt: skip

def _decided(decision: Decision) -> dict[str, object]:
    proposal, ballots = decision.proposal, [_ballot(one) for one in decision.ballots]
    named = [{"council": name} | ballot for name, ballot in zip(decision.councils, ballots, strict=True)]
    return {
        "kind": "decision", "outcome": decision.outcome.name.lower(), "council": proposal.council, "subject": proposal.kind,
        "text": proposal.text, "fields": {one.name: one.value for one in proposal.fields},
        **{name: one.summary for name in ("sealed", "proposer") if (one := getattr(proposal, name))},
        **(ballots[0] if len(ballots) == 1 else {"ballots": named}),
        "proposed": utc(decision.proposed_ms), "decided": utc(decision.decided_ms),
    }  # fmt: skip

def _ballot(ballot: Ballot) -> dict[str, object]:
    votes = [{"seat": one.seat, "weight": one.weight, "verdict": one.verdict.name.lower(), "reason": one.reason} for one in ballot.votes]
    return {"threshold_permille": ballot.threshold_permille, "votes": votes}

def render(value: object) -> str:
    """JSON with keys in the order given, two spaces a level, no newline at the end; escaped is what a terminal or an editor would act on
    instead of showing it, \\b and \\f by their numbers."""
    return HIDDEN.sub(_escaped, json.dumps(value, indent=2, ensure_ascii=False))

def _escaped(match: re.Match[str]) -> str:
    if match[0][0] == "\\":
        return {"\\b": "\\u0008", "\\f": "\\u000c"}.get(match[0], match[0])
    return re.sub("(....)", r"\\u\1", match[0].encode("utf-16-be").hex())

def utc(milliseconds: int) -> str:
    """ISO 8601 with milliseconds, by the proleptic Gregorian calendar, which repeats after 146,097 days: any u64 has a time."""
    eras, rest = divmod(milliseconds, 146_097 * 86_400_000)
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=rest)
    return f"{moment.year + 400 * eras:04}{moment:-%m-%dT%H:%M:%S}.{rest % 1000:03}Z"
