"""What the log holds and what signs it: proposals, decisions, records; checkpoints, the parts of block headers that attest them, and a
quorum's certificate. Layouts as in docs/receipts.md."""
import enum
from typing import Annotated, NamedTuple, TypeAlias

from .codec import SHA256, U32, U64, Bounded, Fixed, Hash, Integer, Reader, Sha256, Wire, byte_string, integer, items, log_root, require
from .errors import ProofError
from .genesis import Council, Genesis, Signer
from .signatures import SCHEMES, SIGNATURE_MAXIMUM

PROPOSAL, RECORD, DECISION, JOINT = b"\x01", b"\x03", b"\x10", b"\x11"
COUNCILS_MAXIMUM, SEATS_MAXIMUM, VALIDATORS_MAXIMUM, REASON_MAXIMUM, BATCH_MAXIMUM = 8, 4096, 1 << 16, 512, 1024
ENTRY_MAXIMUM = (16 << 20) + 888 + COUNCILS_MAXIMUM * SEATS_MAXIMUM * (17 + REASON_MAXIMUM)
BLOCK, VOTES = "trellis/block/1", "trellis/votes/1"
Name: TypeAlias = Annotated[str, Bounded(64)]
Words: TypeAlias = Annotated[str, Bounded(64 << 10)]
Tag: TypeAlias = Annotated[bytes, Fixed(1)]
Nonce: TypeAlias = Annotated[bytes, Fixed(16)]
Councils: TypeAlias = list[tuple[int, Council]]

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
    """A question put to a council, or to several, with ` and ` or ` or ` between their names. `fields` ascend by the bytes of theirs."""
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
    """How one council stood when the decision fell: every seat, in order."""
    threshold_permille: Annotated[int, Integer(8, 1000)]
    votes: Annotated[tuple[SeatVote, ...], Bounded(SEATS_MAXIMUM)]

    def weight(self, verdict: Verdict) -> int:
        return sum(one.weight for one in self.votes if one.verdict is verdict)

    @property
    def outcome(self) -> Outcome:
        """Approved if enough weight approves, rejected if it no longer can, expired otherwise."""
        approving, needed = self.weight(Verdict.APPROVE), -(-self.threshold_permille * sum(one.weight for one in self.votes) // 1000)
        possible = approving + self.weight(Verdict.NONE) >= needed
        return Outcome.APPROVED if approving >= needed else Outcome.EXPIRED if possible else Outcome.REJECTED

class VoteProof(NamedTuple):
    """A seat's signature over the Merkle root of votes that it signed together, and the way there from one of them."""
    council: int
    seat: int
    place: int
    size: int
    path: tuple[bytes, ...]
    signature: bytes

    @classmethod
    def read(cls, reader: Reader) -> "VoteProof":
        council, seat, place, size = (reader.number(4) for _ in range(4))
        require(place < size <= BATCH_MAXIMUM, "a vote outside of its batch")
        levels = range((size - 1).bit_length())
        path = tuple(reader.raw(32) for level in levels if place >> level & 1 or place >> level < (size - 1) >> level)
        return cls(council, seat, place, size, path, reader.raw(reader.number(4, SIGNATURE_MAXIMUM)))

class Decision(Wire):
    """A decision with a ballot for each council asked. Times are milliseconds since 1970, medians of the validators' clocks."""
    tag: Tag
    proposal: Proposal
    outcome: Annotated[Outcome, Integer(1)]
    ballots: Annotated[tuple[Ballot, ...], Bounded(COUNCILS_MAXIMUM)]
    proposed_commit: U64
    proposed_ms: U64
    decided_commit: U64
    decided_ms: U64

    @property
    def identifier(self) -> bytes:
        return self.proposal.identifier

    @property
    def votes(self) -> tuple[SeatVote, ...]:
        """Of all councils, in order."""
        return tuple(one for ballot in self.ballots for one in ballot.votes)

    @property
    def councils(self) -> list[str]:
        """The names of those asked, one for each ballot."""
        return self.proposal.council.split(" ")[::2]

    def check(self, genesis: Genesis, commit: int, proofs: tuple[VoteProof, ...]) -> tuple[tuple[int, int], ...]:
        """The (ballot, seat) of the votes that `proofs` prove. Raises ProofError unless it follows from its votes and its councils
        in genesis, and lies before the checkpoint of `commit`, and the proofs hold."""
        names, words = self.councils, self.proposal.council.split(" ")
        between = set(words[1::2])
        councils = [(place, one) for name in names for place, one in enumerate(genesis.councils) if one.name == name]
        if len(words) % 2 == 0 or between not in (set(), {"and"}, {"or"}) or not len(set(names)) == len(councils) == len(self.ballots):
            raise ProofError("its councils are not in genesis, or it has not a ballot for each", "contradiction")
        for (_, council), ballot in zip(councils, self.ballots, strict=True):
            if [(one.seat, one.weight) for one in ballot.votes] != [(place, seat.weight) for place, seat in enumerate(council.seats)]:
                raise ProofError("its seats are not those of its council in genesis", "contradiction")
        outcomes = [ballot.outcome for ballot in self.ballots]
        one, all_ = (Outcome.APPROVED, Outcome.REJECTED) if "or" in between else (Outcome.REJECTED, Outcome.APPROVED)
        if self.outcome is not (one if one in outcomes else all_ if set(outcomes) == {all_} else Outcome.EXPIRED):
            raise ProofError("its votes do not give its outcome", "contradiction")
        if not self.proposed_commit <= self.decided_commit <= commit:
            raise ProofError("it was decided after its checkpoint or before it was proposed", "contradiction")
        return self._check_votes(genesis, councils, proofs)

    def _check_votes(self, genesis: Genesis, councils: Councils, proofs: tuple[VoteProof, ...]) -> tuple[tuple[int, int], ...]:
        """Each proof must be of another vote, in order, and signed by its seat."""
        votes: dict[tuple[int, int], tuple[int, Signer, SeatVote]] = {}
        for number, (place, council) in enumerate(councils):
            votes |= {(place, one.seat): (number, council.seats[one.seat], one) for one in self.ballots[number].votes if one.verdict.value}
        proven = {(proof.council, proof.seat): proof for proof in proofs}
        if len(proven) != len(proofs) or list(proven) != [place for place in votes if place in proven]:
            raise ProofError("its proofs of votes are of no votes, or out of order", "vote")
        for at, proof in proven.items():
            _, seat, vote = votes[at]
            leaf = self.identifier + integer(vote.verdict.value, 1) + byte_string(vote.reason)
            root = log_root(leaf, proof.place, proof.size, proof.path) or b""
            signed = integer(genesis.epoch, 8) + integer(at[0], 4) + integer(at[1], 4) + root
            if not seat.is_valid(proof.signature, SHA256.tagged(VOTES, genesis.chain, signed), VOTES):
                raise ProofError(f"the vote of seat {seat.name!r} is not signed by it", "vote")
        return tuple((votes[at][0], at[1]) for at in proven)

def read_entry(data: bytes) -> Decision | Record:
    """Reads the bytes of a leaf. Raises MalformedError."""
    if data[:1] == RECORD:
        return Record.decode(data)
    require(data[:1] in (DECISION, JOINT), "it is no log entry")
    if data[:1] == DECISION:
        # The one ballot stands without a number of ballots in front.
        reader = Reader(data, offset=1)
        place = (Proposal.read(reader), reader.raw(1), reader.offset)[2]
        data = data[:place] + integer(1, 4) + data[place:]
    decision = Decision.decode(data)
    require((decision.tag == JOINT) == (len(decision.ballots) > 1) and bool(decision.ballots), "another number of ballots")
    return decision

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

    def digest(self, genesis: Genesis) -> bytes:
        """Of the block: what is signed."""
        attested = genesis.suite.hash(items([one.encoded for one in self.attested]))
        return genesis.suite.tagged(BLOCK, genesis.chain, self.prefix.encoded, self.parents_hash, self.payload_root, attested)

    def verify(self, genesis: Genesis) -> Signer:
        """The author. Raises ProofError unless its key in genesis signed this header."""
        author = self.prefix.author
        if author >= len(genesis.validators) or self.prefix.epoch != genesis.epoch:
            raise ProofError(f"there is no validator {author} in epoch {self.prefix.epoch}", "certificate")
        validator = genesis.validators[author]
        is_valid = validator.is_valid(self.signature, self.digest(genesis), BLOCK)
        if not is_valid or self.prefix.scheme != SCHEMES[validator.scheme].identifier:
            raise ProofError(f"the signature of validator {author} is invalid, or of another scheme than genesis gives it", "certificate")
        return validator

class Certificate(Wire):
    """A checkpoint and who attested it, ascending by author."""
    checkpoint: Checkpoint
    attestations: Annotated[tuple[Attestation, ...], Bounded(VALIDATORS_MAXIMUM)]

    def verify(self, genesis: Genesis) -> tuple[Signer, ...]:
        """Who signed, in order. Raises ProofError unless they have a quorum of stake."""
        checkpoint = self.checkpoint
        if (checkpoint.chain, checkpoint.epoch) != (genesis.chain, genesis.epoch):
            raise ProofError(f"it is of chain {checkpoint.chain.hex()}, epoch {checkpoint.epoch}", "other-network")
        authors = [one.prefix.author for one in self.attestations]
        expected = Attested(checkpoint.index, genesis.suite.tagged("trellis/checkpoint/1", checkpoint.encoded))
        if authors != sorted(set(authors)) or not all(expected in one.attested for one in self.attestations):
            raise ProofError("a validator appears twice, out of order, or did not attest this checkpoint", "certificate")
        signers = tuple(one.verify(genesis) for one in self.attestations)
        stake = sum(validator.weight for validator in signers)
        if stake < genesis.quorum:
            raise ProofError(f"signed by stake {stake}, needed {genesis.quorum}", "certificate")
        return signers
