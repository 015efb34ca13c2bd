"""What the log holds and what signs it: proposals, decisions, records; checkpoints, the parts of block headers that attest them, and a
quorum's certificate. Layouts as in docs/receipts.md."""
import enum
import functools
from typing import Annotated, NamedTuple, Self, TypeAlias

from .codec import SHA256, U32, U64, Bounded, Fixed, Hash, Integer, Reader, Sha256, Wire
from .codec import byte_string, integer, items, leaf_hash, merkle_root, require
from .errors import MalformedError, ProofError
from .genesis import Genesis, Validator
from .signatures import SCHEMES, SIGNATURE_MAXIMUM

PROPOSAL, RECORD, EVIDENCE, DECISION, JOINT_DECISION = b"\x01", b"\x03", b"\x04", b"\x10", b"\x11"
SEATS_MAXIMUM, COUNCILS_MAXIMUM, VALIDATORS_MAXIMUM, REASON_MAXIMUM, BATCH_MAXIMUM = 4096, 8, 1 << 16, 512, 1024
ENTRY_MAXIMUM = (16 << 20) + 1024 + COUNCILS_MAXIMUM * SEATS_MAXIMUM * (17 + REASON_MAXIMUM)
BLOCK, VOTES = "trellis/block/1", "trellis/votes/1"
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
    """A question put to a council, to all of several (`a and b`) or to any (`a or b`). `fields` ascend by the bytes of their names."""
    tag: Tag
    nonce: Nonce
    council: Annotated[str, Bounded(547)]
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

class Ballot(Wire):
    """How one council stood."""
    threshold_permille: Annotated[int, Integer(8, 1000)]
    votes: Annotated[tuple[SeatVote, ...], Bounded(SEATS_MAXIMUM)]

    def weight(self, *verdicts: Verdict) -> int:
        return sum(one.weight for one in self.votes if one.verdict in verdicts)

    @property
    def outcome(self) -> Outcome | None:
        """None while it is open."""
        needed = -(-self.threshold_permille * self.weight(*Verdict) // 1000)
        if self.weight(Verdict.APPROVE) >= needed:
            return Outcome.APPROVED
        return None if self.weight(Verdict.APPROVE, Verdict.NONE) >= needed else Outcome.REJECTED

class Place(Wire):
    """Of a decision in the order. Times are milliseconds since 1970, medians of the validators' clocks."""
    proposed_commit: U64
    proposed_ms: U64
    decided_commit: U64
    decided_ms: U64

class Decision(Wire):
    """A council's decision with every seat's vote; of several councils, one ballot after the other."""
    tag: Tag
    proposal: Proposal
    outcome: Annotated[Outcome, Integer(1)]
    ballots: Annotated[tuple[Ballot, ...], Bounded(COUNCILS_MAXIMUM)]
    place: Place

    @classmethod
    def read(cls, reader: Reader) -> Self:
        tag, proposal, outcome = reader.raw(1), Proposal.read(reader), reader.number(1, 3)
        require(tag in (DECISION, JOINT_DECISION) and outcome > 0, "no decision, or of no outcome")
        count = 1 if tag == DECISION else reader.number(4, COUNCILS_MAXIMUM)
        require(count > 1 or tag == DECISION, "a joint decision of one council")
        ballots = tuple(Ballot.read(reader) for _ in range(count))
        return cls(tag, proposal, Outcome(outcome), ballots, Place.read(reader))

    @functools.cached_property
    def encoded(self) -> bytes:
        ballots = [one.encoded for one in self.ballots]
        listed = items(ballots) if self.tag == JOINT_DECISION else b"".join(ballots)
        return self.tag + self.proposal.encoded + integer(self.outcome.value, 1) + listed + self.place.encoded

    @property
    def identifier(self) -> bytes:
        return self.proposal.identifier

    @property
    def votes(self) -> tuple[SeatVote, ...]:
        return tuple(vote for ballot in self.ballots for vote in ballot.votes)

    def weight(self, verdict: Verdict) -> int:
        return sum(one.weight(verdict) for one in self.ballots)

    @property
    def councils(self) -> list[str]:
        """Raises ProofError where the proposal names none, or with different words between them."""
        words = self.proposal.council.split(" ")
        names, between = words[::2], set(words[1::2])
        if len(words) % 2 == 0 or between not in (set(), {"and"}, {"or"}) or len(set(names)) != len(names):
            raise ProofError("it does not say which councils were asked", "contradiction")
        return names

    def check(self, genesis: Genesis, commit: int) -> None:
        """Raises ProofError unless it follows from its votes and its councils in genesis, and lies before the checkpoint of `commit`."""
        names = self.councils
        expected = [[(at, seat.weight) for at, seat in enumerate(genesis.councils.get(name, ()))] for name in names]
        if [[(one.seat, one.weight) for one in ballot.votes] for ballot in self.ballots] != expected or not all(expected):
            raise ProofError("its seats are not those of its council in genesis", "contradiction")
        first, last = (Outcome.APPROVED, Outcome.REJECTED)[:: 1 if " or " in self.proposal.council else -1]
        found = {ballot.outcome for ballot in self.ballots}
        if self.outcome is not (first if first in found else last if found == {last} else Outcome.EXPIRED):
            raise ProofError("its votes do not give its outcome", "contradiction")
        if not self.place.proposed_commit <= self.place.decided_commit <= commit:
            raise ProofError("it was decided after its checkpoint or before it was proposed", "contradiction")

class VoteProof(NamedTuple):
    """A seat's signature over the Merkle root of `size` votes, and the way from one of them to the root."""
    council: int
    seat: int
    index: int
    size: int
    path: tuple[bytes, ...]
    signature: bytes

    @classmethod
    def read(cls, reader: Reader) -> Self:
        council, seat, index, size = (reader.number(4) for _ in range(4))
        require(index < size <= BATCH_MAXIMUM, "a vote outside its batch")
        position, last, path = index, size - 1, []
        while last > 0:
            if position & 1 or position < last:
                path.append(reader.raw(32))
            position, last = position >> 1, last >> 1
        return cls(council, seat, index, size, tuple(path), reader.raw(reader.number(4, SIGNATURE_MAXIMUM)))

    def verify(self, decision: Decision, genesis: Genesis) -> tuple[int, int]:
        """The places of the council, as the decision names it, and of the seat. Raises ProofError unless the seat signed its vote."""
        fault = ProofError(f"the vote of seat {self.seat} of council {self.council} is not signed by that seat", "vote")
        councils, names = list(genesis.councils), decision.councils
        if self.council >= len(councils) or councils[self.council] not in names:
            raise fault
        ballot, seats = names.index(councils[self.council]), genesis.councils[councils[self.council]]
        if self.seat >= len(seats) or (vote := decision.ballots[ballot].votes[self.seat]).verdict is Verdict.NONE:
            raise fault
        scheme = SCHEMES.get(seats[self.seat].scheme)
        if scheme is None:
            raise ProofError(f"this client cannot check signatures of {seats[self.seat].scheme}", "unsupported")
        leaf = leaf_hash(decision.identifier + integer(vote.verdict.value, 1) + byte_string(vote.reason))
        root = merkle_root(leaf, self.index, self.size, self.path)
        place = integer(genesis.epoch, 8) + integer(self.council, 4) + integer(self.seat, 4)
        signed = SHA256.tagged(VOTES, genesis.chain, place, root or b"")
        if root is None or not scheme.is_valid(seats[self.seat].key, self.signature, signed, VOTES):
            raise fault
        return ballot, self.seat

def read_entry(data: bytes) -> Decision | Record:
    """Reads the bytes of a leaf. Raises MalformedError."""
    if data[:1] not in (DECISION, JOINT_DECISION, RECORD):
        raise MalformedError("it is no log entry")
    return Record.decode(data) if data[:1] == RECORD else Decision.decode(data)

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
