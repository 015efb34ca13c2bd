"""Receipts and evidence, verified offline with the genesis alone: no network, no node, no clock (docs/receipts.md). The readable part of a
file is derived from its proof; it is derived again here and must come out the same, byte for byte, so it cannot say anything else."""
import base64
import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, TypeAlias

from .codec import SUITES, U64, Bounded, Integer, Reader, Sha256, Wire, byte_string, leaf_hash, merkle_root, require
from .errors import MalformedError, ProofError
from .genesis import Genesis, Validator
from .ledger import COUNCILS_MAXIMUM, ENTRY_MAXIMUM, EVIDENCE, REASON_MAXIMUM, SEATS_MAXIMUM, Attestation, Ballot, Certificate, Decision
from .ledger import Record, Tag, VoteProof, read_entry
from .signatures import NAMES, SCHEMES, SIGNATURE_MAXIMUM

JSON: TypeAlias = "str | int | Sequence[JSON] | Mapping[str, JSON]"
OFFENCES = {1: "twin_blocks", 2: "conflicting_attestations"}
HIDDEN = re.compile(
    '["\\\\\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]'
)
SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

class Receipt(Wire):
    """What stands in a receipt behind its format and hash suite; nothing of it is verified."""
    entry: Annotated[bytes, Bounded(ENTRY_MAXIMUM)]
    index: U64
    proof: Annotated[tuple[Sha256, ...], Bounded(64)]
    certificate: Certificate
    epochs: Annotated[tuple[Sha256, ...], Bounded(0)]

class Evidence(Wire):
    """Two headers of one author, the first with the lesser bytes."""
    tag: Tag
    offence: Annotated[int, Integer(1, 2)]
    first: Attestation
    second: Attestation

@dataclass(frozen=True)
class VerifiedReceipt:
    """What a receipt proves. Only `verify_receipt` makes one. `signers` are in the order of `certificate.attestations`."""
    network: str
    identifier: str
    index: int
    certificate: Certificate
    signers: tuple[Validator, ...]
    stake: int
    total_stake: int
    file: bytes

    @property
    def is_post_quantum(self) -> bool:
        return all(SCHEMES[one.scheme].is_post_quantum for one in self.signers)

@dataclass(frozen=True)
class VerifiedDecision(VerifiedReceipt):
    """`signed` tells the votes that their seats signed: places of a ballot and of a seat in it, ascending."""
    decision: Decision
    signed: tuple[tuple[int, int], ...] = ()

@dataclass(frozen=True)
class VerifiedRecord(VerifiedReceipt):
    record: Record

@dataclass(frozen=True)
class VerifiedEvidence:
    """Proof that `validator` signed what no honest one signs. Only `verify_evidence` makes one."""
    identifier: str
    validator: Validator
    offence: str
    position: int

def receipt_bytes_maximum(genesis: Genesis) -> int:
    """No receipt file of this network is larger: escapes make six bytes of one, base64 four of three."""
    seats = min(sum(len(one) for one in genesis.councils.values()), COUNCILS_MAXIMUM * SEATS_MAXIMUM)
    entry = genesis.transaction_bytes + 1024 + seats * (REASON_MAXIMUM + 64)
    return 8 * entry + (len(genesis.validators) + seats) * 2 * (SIGNATURE_MAXIMUM + 4096) + 65_536

def verify_receipt(file: bytes, genesis: Genesis) -> VerifiedDecision | VerifiedRecord:
    """Raises ProofError unless validators of a quorum of stake signed a log that holds the entry at its place."""
    try:
        reader, form = _open(file, "receipt", receipt_bytes_maximum(genesis), 2)
        receipt = Receipt.read(reader)
        votes = [VoteProof.read(reader) for _ in range(reader.number(4, COUNCILS_MAXIMUM * SEATS_MAXIMUM))] if form == 2 else []
        require(form == 1 or bool(votes), "proofs of no votes")
        reader.finish()
        entry, certificate = read_entry(receipt.entry), receipt.certificate
    except MalformedError as error:
        raise ProofError(f"the receipt is malformed: {error}", "malformed") from None
    if reader.suite != genesis.suite:
        raise ProofError(f"it uses {reader.suite.name}, but the chain uses {genesis.suite.name}", "other-network")
    signers, checkpoint = certificate.verify(genesis), certificate.checkpoint
    if merkle_root(leaf_hash(receipt.entry), receipt.index, checkpoint.log_size, receipt.proof) != checkpoint.log_root:
        raise ProofError(f"the proof does not show this entry at index {receipt.index} of {checkpoint.log_size}", "not-in-log")
    _require_unedited(file, "receipt", checkpoint.chain, _summary(entry, receipt, len(votes)), reader.data, form)
    stake = sum(one.stake for one in signers)
    proven = genesis.name, entry.identifier.hex(), receipt.index, certificate, signers, stake, genesis.total_stake, file
    if isinstance(entry, Record):
        if votes:
            raise ProofError("votes on a record", "vote")
        return VerifiedRecord(*proven, entry)
    entry.check(genesis, checkpoint.index)
    signed = tuple(one.verify(entry, genesis) for one in votes)
    if list(signed) != sorted(set(signed)):
        raise ProofError("a vote twice, or out of order", "vote")
    return VerifiedDecision(*proven, entry, signed)

def verify_evidence(file: bytes, genesis: Genesis) -> VerifiedEvidence:
    """Raises ProofError unless both headers are signed by the validator that they accuse, and contradict one another."""
    try:
        reader, _ = _open(file, "evidence", 1 << 20)
        chain, evidence = reader.raw(32), Evidence.read(reader)
        reader.finish()
        position = _position(evidence)
    except MalformedError as error:
        raise ProofError(f"the evidence is malformed: {error}", "malformed") from None
    if (reader.suite, chain) != (genesis.suite, genesis.chain):
        raise ProofError(f"it is of chain {chain.hex()}, not of {genesis.chain.hex()}", "other-network")
    validator = evidence.first.verify(genesis)
    evidence.second.verify(genesis)
    identifier, offence = evidence.identifier.hex(), OFFENCES[evidence.offence]
    headers = [one.prefix for one in (evidence.first, evidence.second)]
    summary: JSON = {
        "identifier": identifier, "validator": headers[0].author, "offence": offence, "position": position,
        "headers": [{"round": one.round, "scheme": NAMES[one.scheme], "timestamp_ms": one.timestamp_ms} for one in headers],
    }  # fmt: skip
    _require_unedited(file, "evidence", chain, summary, reader.data)
    return VerifiedEvidence(identifier, validator, offence, position)

def _position(evidence: Evidence) -> int:
    """The round of twin blocks, or the least index attested differently. Raises MalformedError where nothing contradicts."""
    one, two = evidence.first, evidence.second
    said, again = (replace(header, signature=b"") for header in (one, two))
    require(evidence.tag == EVIDENCE and evidence.offence in OFFENCES, "it is no evidence")
    require((one.prefix.epoch, one.prefix.author) == (two.prefix.epoch, two.prefix.author), "headers of different authors")
    require(one.encoded < two.encoded and said != again, "headers out of order, or the same")
    if evidence.offence == 1:
        require(one.prefix.round == two.prefix.round, "headers of different rounds")
        return one.prefix.round
    conflicts = [left.index for left in one.attested for right in two.attested if left.index == right.index and left != right]
    require(bool(conflicts), "headers that do not contradict one another")
    return min(conflicts)

def _open(file: bytes, field: str, limit: int, forms: int = 1) -> tuple[Reader, int]:
    """A reader of the proof in a file's last field, behind its format and suite, and the format's number. Raises MalformedError."""
    require(len(file) <= limit, f"more than {limit} bytes")
    match = re.search(rb'"%s"\s*:\s*"([^"]*)"\s*\}\s*\Z' % field.encode(), file)
    if match is None:
        raise MalformedError(f"its last field is not '{field}'")
    try:
        reader = Reader(base64.b64decode(match[1], validate=True))
    except ValueError:
        raise MalformedError("it is not base64") from None
    heads = [byte_string(f"trellis/{field}/{form}") for form in range(1, forms + 1)]
    head = reader.raw(len(heads[0]))
    require(head in heads, "another format")
    number = reader.number(1)
    require(number in SUITES, "an unknown hash suite")
    reader.suite = SUITES[number]
    return reader, heads.index(head) + 1

def _require_unedited(file: bytes, field: str, chain: bytes, summary: JSON, proof: bytes, form: int = 1) -> None:
    """Raises ProofError unless `file` is the one file of this proof."""
    encoded = base64.b64encode(proof).decode()
    expected = render({"format": f"trellis/{field}/{form}", "chain_id": chain.hex(), "summary": summary, field: encoded}).encode()
    if file != expected:
        same = next((at for at, (one, two) in enumerate(zip(file, expected, strict=False)) if one != two), min(len(file), len(expected)))
        raise ProofError(f"the file was changed or reformatted: from byte {same} on it is not what its proof gives", "edited")

def _votes(ballot: Ballot) -> dict[str, JSON]:
    votes: list[JSON] = [
        {"seat": one.seat, "weight": one.weight, "verdict": one.verdict.name.lower(), "reason": one.reason} for one in ballot.votes
    ]
    return {"threshold_permille": ballot.threshold_permille, "votes": votes}

def _summary(entry: Decision | Record, receipt: Receipt, votes_signed: int = 0) -> JSON:
    checkpoint, headers = receipt.certificate.checkpoint, [one.prefix for one in receipt.certificate.attestations]
    about: dict[str, JSON] = {"identifier": entry.identifier.hex(), "kind": "record"}
    if isinstance(entry, Record):
        about["bytes"] = len(entry.data)
    else:
        proposal = entry.proposal
        about |= {
            "kind": "decision", "outcome": entry.outcome.name.lower(), "council": proposal.council, "subject": proposal.kind,
            "text": proposal.text, "fields": {one.name: one.value for one in proposal.fields},
        }  # fmt: skip
        if len(entry.ballots) == 1:
            about |= _votes(entry.ballots[0])
        else:
            names = proposal.council.split(" ")[::2]
            about["ballots"] = [{"council": name, **_votes(one)} for name, one in zip(names, entry.ballots, strict=False)]
        about |= {"proposed": utc(entry.place.proposed_ms), "decided": utc(entry.place.decided_ms)}
    return about | {
        "log_index": receipt.index, "log_size": checkpoint.log_size, "checkpoint": checkpoint.index,
        "checkpoint_time": utc(checkpoint.timestamp_ms),
        "signers": [{"validator": one.author, "scheme": NAMES[one.scheme], "time": utc(one.timestamp_ms)} for one in headers],
    } | ({"votes_signed": votes_signed} if votes_signed else {})  # fmt: skip

def render(value: JSON, indent: str = "\n") -> str:
    """JSON with keys in the order given, two spaces a level, no newline at the end."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, int):
        return str(value)
    inner = indent + "  "
    if isinstance(value, Mapping):
        brackets, lines = "{}", [f"{quoted(name)}: {render(one, inner)}" for name, one in value.items()]
    else:
        brackets, lines = "[]", [render(one, inner) for one in value]
    return brackets[0] + inner + f",{inner}".join(lines) + indent + brackets[1] if lines else brackets

def quoted(text: str) -> str:
    """`text` as a JSON string, with everything escaped that a terminal or an editor would act on instead of showing it."""
    return '"' + HIDDEN.sub(lambda match: SHORT.get(match[0]) or re.sub("(....)", r"\\u\1", match[0].encode("utf-16-be").hex()), text) + '"'

def utc(milliseconds: int) -> str:
    """ISO 8601 with milliseconds, by the proleptic Gregorian calendar, which repeats after 146,097 days: any u64 has a time."""
    eras, rest = divmod(milliseconds, 146_097 * 86_400_000)
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=rest)
    return f"{moment.year + 400 * eras:04}{moment:-%m-%dT%H:%M:%S}.{rest % 1000:03}Z"
