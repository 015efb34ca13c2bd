"""What the log holds and what signs it: proposals, decisions, records; checkpoints, the parts of block headers that attest them, and a
quorum's certificate. Layouts as in docs/receipts.md."""
import enum
from typing import Annotated, TypeAlias

from .codec import SHA256, U32, U64, Bounded, Fixed, Hash, Integer, Sha256, Wire, items, require
from .errors import MalformedError, ProofError
from .genesis import Genesis, Validator
from .signatures import SCHEMES, SIGNATURE_MAXIMUM

PROPOSAL, RECORD, EVIDENCE, DECISION = b"\x01", b"\x03", b"\x04", b"\x10"
SEATS_MAXIMUM, VALIDATORS_MAXIMUM, REASON_MAXIMUM = 4096, 1 << 16, 512
ENTRY_MAXIMUM = (16 << 20) + 85 + SEATS_MAXIMUM * (17 + REASON_MAXIMUM)
BLOCK = "trellis/block/1"
Name: TypeAlias = Annotated[str, Bounded(64)]
Words: TypeAlias = Annotated[str, Bounded(64 << 10)]
Tag: TypeAlias = Annotated[bytes, Fixed(1)]
Nonce: TypeAlias = Annotated[bytes, Fixed(16)]

class Outcome(enum.Enum):
    APPROVED = 1
    REJECTED = 2
    EXPIRED = 3

class Verdict(enum.Enum):
    NONE = 0
    APPROVE = 1
    REJECT = 2
    ABSTAIN = 3

def nonce_of(idempotency_key: str, place: int = 0) -> bytes:
    """The nonce of a request, or of a record in a batch: there the last eight bytes count up, big-endian, wrapping."""
    nonce = SHA256.tagged("trellis/idempotency/1", idempotency_key.encode())[:16]
    return nonce[:8] + ((int.from_bytes(nonce[8:], "big") + place) % (1 << 64)).to_bytes(8, "big")

class Field(Wire):
    name: Name
    value: Words

class Proposal(Wire):
    """A question put to a council. `fields` ascend by the bytes of their names."""
    tag: Tag
    nonce: Nonce
    council: Name
    kind: Name
    text: Words
    fields: Annotated[tuple[Field, ...], Bounded(64)]

    def __post_init__(self) -> None:
        names = [field.name.encode() for field in self.fields]
        require(self.tag == PROPOSAL and names == sorted(set(names)), "no proposal, or its fields are not in the order of their names")

class Record(Wire):
    """An opaque entry."""
    tag: Tag
    nonce: Nonce
    data: Annotated[bytes, Bounded(ENTRY_MAXIMUM)]

class SeatVote(Wire):
    """How one seat stood when the decision fell."""
    seat: U32
    weight: Annotated[int, Integer(8, 1 << 32)]
    verdict: Annotated[Verdict, Integer(1)]
    reason: Annotated[str, Bounded(REASON_MAXIMUM)]

class Decision(Wire):
    """A council's decision with every seat's vote. Times are milliseconds since 1970, medians of the validators' clocks."""
    tag: Tag
    proposal: Proposal
    outcome: Annotated[Outcome, Integer(1)]
    threshold_permille: Annotated[int, Integer(8, 1000)]
    votes: Annotated[tuple[SeatVote, ...], Bounded(SEATS_MAXIMUM)]
    proposed_commit: U64
    proposed_ms: U64
    decided_commit: U64
    decided_ms: U64

    @property
    def identifier(self) -> bytes:
        return self.proposal.identifier

    def weight(self, verdict: Verdict) -> int:
        return sum(one.weight for one in self.votes if one.verdict is verdict)

    def check(self, genesis: Genesis, commit: int) -> None:
        """Raises ProofError unless it follows from its votes and its council in genesis, and lies before the checkpoint of `commit`."""
        seats = [(one.seat, one.weight) for one in self.votes]
        if seats != list(enumerate(genesis.councils.get(self.proposal.council, ()))) or not seats:
            raise ProofError("its seats are not those of its council in genesis", "contradiction")
        approving, needed = self.weight(Verdict.APPROVE), -(-self.threshold_permille * sum(weight for _, weight in seats) // 1000)
        possible = approving + self.weight(Verdict.NONE) >= needed
        if self.outcome is not (Outcome.APPROVED if approving >= needed else Outcome.EXPIRED if possible else Outcome.REJECTED):
            raise ProofError("its votes do not give its outcome", "contradiction")
        if not self.proposed_commit <= self.decided_commit <= commit:
            raise ProofError("it was decided after its checkpoint or before it was proposed", "contradiction")

def read_entry(data: bytes) -> Decision | Record:
    """Reads the bytes of a leaf. Raises MalformedError."""
    if data[:1] not in (DECISION, RECORD):
        raise MalformedError("it is no log entry")
    return Decision.decode(data) if data[:1] == DECISION else Record.decode(data)

class Checkpoint(Wire):
    """The executed state after a commit."""
    chain: Sha256
    epoch: U64
    index: U64
    commit: Hash
    log_size: U64
    log_root: Sha256
    state: Hash
    timestamp_ms: U64

class Attested(Wire):
    index: U64
    checkpoint: Hash

class Prefix(Wire):
    """The first fields of a block header; the time is on its author's clock."""
    epoch: U64
    round: U64
    author: U32
    timestamp_ms: U64
    scheme: Annotated[int, Integer(2)]

class Attestation(Wire):
    """As much of one signed header as shows what its author attested."""
    prefix: Prefix
    parents_hash: Hash
    payload_root: Sha256
    attested: Annotated[tuple[Attested, ...], Bounded(64)]
    signature: Annotated[bytes, Bounded(SIGNATURE_MAXIMUM)]

    def signed(self, genesis: Genesis) -> bytes:
        """The block digest."""
        attested = genesis.suite.hash(items([one.encoded for one in self.attested]))
        return genesis.suite.tagged(BLOCK, genesis.chain, self.prefix.encoded, self.parents_hash, self.payload_root, attested)

    def verify(self, genesis: Genesis) -> Validator:
        """The author. Raises ProofError unless its key in genesis signed this header."""
        author = self.prefix.author
        validator = genesis.validators[author] if author < len(genesis.validators) else None
        if validator is None or self.prefix.epoch != genesis.epoch:
            raise ProofError(f"there is no validator {author} in epoch {self.prefix.epoch}", "certificate")
        scheme = SCHEMES.get(validator.scheme)
        if scheme is None:
            raise ProofError(f"this client cannot check signatures of {validator.scheme}", "unsupported")
        valid = scheme.is_valid(validator.key, self.signature, self.signed(genesis), BLOCK)
        if self.prefix.scheme != scheme.identifier or not valid:
            raise ProofError(f"the signature of validator {author} is invalid, or of another scheme than genesis gives it", "certificate")
        return validator

class Certificate(Wire):
    """A checkpoint and who attested it, ascending by author."""
    checkpoint: Checkpoint
    attestations: Annotated[tuple[Attestation, ...], Bounded(VALIDATORS_MAXIMUM)]

    def verify(self, genesis: Genesis) -> tuple[Validator, ...]:
        """Who signed, in order. Raises ProofError unless they have a quorum of stake."""
        checkpoint = self.checkpoint
        if (checkpoint.chain, checkpoint.epoch) != (genesis.chain, genesis.epoch):
            raise ProofError(f"it is of chain {checkpoint.chain.hex()}, epoch {checkpoint.epoch}", "other-network")
        authors = [one.prefix.author for one in self.attestations]
        expected = Attested(checkpoint.index, genesis.suite.tagged("trellis/checkpoint/1", checkpoint.encoded))
        if authors != sorted(set(authors)) or not all(expected in one.attested for one in self.attestations):
            raise ProofError("a validator appears twice, out of order, or did not attest this checkpoint", "certificate")
        signers = tuple(one.verify(genesis) for one in self.attestations)
        stake = sum(validator.stake for validator in signers)
        if stake < genesis.quorum:
            raise ProofError(f"signed by stake {stake}, needed {genesis.quorum}", "certificate")
        return signers
