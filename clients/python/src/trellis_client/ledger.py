"""What the log holds and what signs it: proposals, decisions, records; checkpoints, the parts of block headers that attest them, and a
quorum's certificate. Layouts as in docs/receipts.md."""
import enum
import functools
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, NamedTuple, TypeAlias

from trellis_crypto import LATTICES, NAMES, SCHEMES, SHA256, SIGNATURE_MAXIMUM, demand, integer

from .codec import U32, U64, Bounded, Fixed, Hash, Integer, Reader, Sha256, Wire, byte_string, items, log_root, require
from .errors import ProofError
from .genesis import Council, Genesis, Signer

PROPOSAL, RECORD, EXTENDED, DECISION, JOINT = b"\x01", b"\x03", b"\x05", b"\x10", b"\x11"
COUNCILS_MAXIMUM, SEATS_MAXIMUM, VALIDATORS_MAXIMUM, REASON_MAXIMUM, BATCH_MAXIMUM, FIELDS_MAXIMUM = 8, 4096, 1 << 16, 2500, 1024, 64
ENTRY_MAXIMUM = (16 << 20) + 888 + COUNCILS_MAXIMUM * SEATS_MAXIMUM * (17 + REASON_MAXIMUM)
BLOCK, VOTES, PROPOSED, NOT_RECIPIENT = "trellis/block/1", "trellis/votes/2", "trellis/proposal/1", "not a recipient"
Name: TypeAlias = Annotated[str, Bounded(64)]
Words: TypeAlias = Annotated[str, Bounded(64 << 10)]
Tag: TypeAlias = Annotated[bytes, Fixed(1)]
Councils: TypeAlias = list[tuple[int, Council]]
Nonce: TypeAlias = Annotated[bytes, Fixed(16)]

Outcome = enum.Enum("Outcome", {"APPROVED": 1, "REJECTED": 2, "EXPIRED": 3, "SEALED": 4})
Verdict = enum.Enum("Verdict", {"NONE": 0, "APPROVE": 1, "REJECT": 2, "ABSTAIN": 3, "SEALED": 4})

def nonce_of(idempotency_key: str, place: int = 0) -> bytes:
    """The nonce of a request, or of a record in a batch: there the last eight bytes count up, big-endian, wrapping."""
    nonce = SHA256.tagged("trellis/idempotency/1", idempotency_key.encode())[:16]
    return nonce[:8] + ((int.from_bytes(nonce[8:], "big") + place) % (1 << 64)).to_bytes(8, "big")

class Field(Wire):
    name: Name
    value: Words

Fields: TypeAlias = Annotated[tuple[Field, ...], Bounded(FIELDS_MAXIMUM)]

def fields_of(named: Mapping[str, str]) -> tuple[Field, ...]:
    return tuple(Field(*one) for one in sorted(named.items(), key=lambda one: one[0].encode()))

class SealedContent(Wire):
    """What only the holders of an envelope's keys can read: validators, by their places in genesis, ascending."""
    recipients: Annotated[tuple[U32, ...], Bounded(818)]
    is_outcome_sealed: Annotated[bool, Integer(1, 1)]
    envelope: Annotated[bytes, Bounded(ENTRY_MAXIMUM)]

    def __post_init__(self) -> None:
        require(list(self.recipients) == sorted(set(self.recipients)) != [], "no recipients, or not in order")

    @property
    def outcome(self) -> str:
        return "sealed" if self.is_outcome_sealed else "clear"

    @property
    def summary(self) -> dict[str, object]:
        return {"recipients": list(self.recipients), "outcome": self.outcome, "envelope_sha256": SHA256.hash(self.envelope).hex()}

class Proposer(Wire):
    """Who asked: a key that signed the proposal, or, without `scheme` and signature, a bearer token by its name, a hash of the hash that
    validators keep. It is the word of the one that took the request."""
    scheme: str
    key: bytes
    signature: bytes

    @classmethod
    def read(cls, reader: Reader) -> "Proposer":
        kind = reader.number(1, 2)
        if kind == 2:
            return cls("", reader.raw(32), b"")
        name = NAMES.get(reader.number(2), "")
        require(kind == 1 and name in LATTICES, "a proposer of no kind, or a key of no scheme that proposes")
        return cls(name, reader.raw(SCHEMES[name].key_size), reader.raw(SCHEMES[name].signature_size))

    @functools.cached_property
    def encoded(self) -> bytes:
        return (b"\x01" + integer(SCHEMES[self.scheme].identifier, 2) if self.scheme else b"\x02") + self.key + self.signature

    @property
    def summary(self) -> dict[str, object]:
        return {"key": SHA256.hash(self.key).hex(), "scheme": self.scheme} if self.scheme else {"token": self.key.hex()}

class Proposal(Wire):
    """A question put to a council, or to several, with ` and ` or ` or ` between their names. `fields` ascend by the bytes of theirs."""
    tag: Tag
    nonce: Nonce
    council: Annotated[str, Bounded(547)]
    kind: Name
    text: Words
    fields: Fields
    sealed: SealedContent | None = None
    proposer: Proposer | None = None

    def __post_init__(self) -> None:
        names = [field.name.encode() for field in self.fields]
        require(names == sorted(set(names)), "its fields are not in the order of their names")

    @classmethod
    def read(cls, reader: Reader) -> "Proposal":
        plain, sections = super().read(reader), dict[int, Any]()
        for _ in range(reader.number(1) if plain.tag == EXTENDED else 0):
            number = reader.number(1, 2)
            require(number > max(sections, default=0), "sections out of order")
            sections[number] = Proposer.read(reader) if number == 2 else SealedContent.read(reader)
        is_one = plain.tag == (EXTENDED if sections else PROPOSAL) and not (plain.text and 1 in sections)
        require(is_one, "no proposal, or text beside sealed content")
        return replace(plain, sealed=sections.get(1), proposer=sections.get(2))

    @functools.cached_property
    def encoded(self) -> bytes:
        sections = [integer(number, 1) + one.encoded for number, one in enumerate((self.sealed, self.proposer), 1) if one]
        return super().encoded + (integer(len(sections), 1) + b"".join(sections) if sections else b"")

    def is_proposed(self, chain: bytes) -> bool:
        """Whether the key that it names as its proposer, if it names one, signed it."""
        if not self.proposer or not self.proposer.scheme:
            return True
        return SCHEMES[self.proposer.scheme].is_valid(self.proposer.key, self.proposer.signature, self.signed_digest(chain), PROPOSED)

    def signed_digest(self, chain: bytes) -> bytes:
        """What its proposer signs."""
        return SHA256.tagged(PROPOSED, chain, replace(self, tag=EXTENDED if self.sealed else PROPOSAL, proposer=None).encoded)

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

    def is_of(self, council: Council, proposal: Proposal) -> bool:
        """Whether its seats, their weights and the threshold are the council's, who gives a reason gives a verdict, and the seats of those
        who cannot read a sealed proposal abstain by rule."""
        sealed = proposal.sealed
        absent = [place for place, seat in enumerate(council.seats) if sealed and seat.validator not in sealed.recipients]
        return (
            [(one.seat, one.weight) for one in self.votes] == [(place, seat.weight) for place, seat in enumerate(council.seats)]
            and self.threshold_permille in council.thresholds
            and all(one.verdict is not Verdict.NONE or not one.reason for one in self.votes)
            and all((self.votes[place].verdict, self.votes[place].reason) == (Verdict.ABSTAIN, NOT_RECIPIENT) for place in absent)
        )

    def weight(self, verdict: Verdict) -> int:
        return sum(one.weight for one in self.votes if one.verdict is verdict)

    @property
    def outcome(self) -> Outcome | None:
        """Approved if enough weight approves, rejected if it no longer can; otherwise open, or sealed if all have voted."""
        approving, needed = self.weight(Verdict.APPROVE), -(-self.threshold_permille * sum(one.weight for one in self.votes) // 1000)
        if approving >= needed:
            return Outcome.APPROVED
        if approving + self.weight(Verdict.SEALED) + self.weight(Verdict.NONE) < needed:
            return Outcome.REJECTED
        return None if self.weight(Verdict.NONE) else Outcome.SEALED

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

    @property
    def tally(self) -> Outcome | None:
        """What the ballots come to: with ` and ` all must approve, with ` or ` one; None while one is open."""
        outcomes = {ballot.outcome for ballot in self.ballots}
        one, all_ = (Outcome.APPROVED, Outcome.REJECTED) if " or " in self.proposal.council else (Outcome.REJECTED, Outcome.APPROVED)
        return one if one in outcomes else all_ if outcomes == {all_} else None if None in outcomes else Outcome.SEALED

    def check(self, genesis: Genesis, checkpoint: "Checkpoint", proofs: tuple[VoteProof, ...]) -> tuple[tuple[int, int], ...]:
        """The (ballot, seat) of the votes that `proofs` prove. Raises ProofError unless it follows from its votes and its councils
        in genesis, fell before their deadline or expired at it, and lies before the checkpoint, and the proofs hold."""
        names, words = self.councils, self.proposal.council.split(" ")
        between = set(words[1::2])
        councils = [(place, one) for name in names for place, one in enumerate(genesis.councils) if one.name == name]
        is_known = len(words) % 2 and between in (set(), {"and"}, {"or"}) and len(set(names)) == len(councils) == len(self.ballots)
        _consistent(is_known, "its councils are not in genesis, or it has not a ballot for each")
        are_theirs = all(ballot.is_of(council, self.proposal) for (_, council), ballot in zip(councils, self.ballots, strict=True))
        _consistent(are_theirs, "its seats or threshold are not those of its council in genesis")
        tally, at_deadline = self.tally, Outcome.SEALED if any(one.verdict is Verdict.SEALED for one in self.votes) else Outcome.EXPIRED
        _consistent(self.outcome is (tally or at_deadline), "its votes do not give its outcome")
        _consistent(self.proposal.is_proposed(genesis.chain), "the key that it names as its proposer did not sign it")
        proposed, decided = (self.proposed_commit, self.proposed_ms), (self.decided_commit, self.decided_ms)
        ascends = all(a <= b <= c for a, b, c in zip(proposed, decided, (checkpoint.index, checkpoint.timestamp_ms), strict=True))
        _consistent(ascends, "it was decided after its checkpoint or before it was proposed")
        deadline = min(self.proposed_ms + max(council.deadline_ms for _, council in councils), (1 << 64) - 1)
        _consistent((tally is None) == (self.decided_ms >= deadline), "it was decided at or after its deadline, or left open before it")
        return self._check_votes(genesis, councils, proofs)

    def _check_votes(self, genesis: Genesis, councils: Councils, proofs: tuple[VoteProof, ...]) -> tuple[tuple[int, int], ...]:
        """Each proof must be of another vote, in order, and signed by its seat."""
        votes: dict[tuple[int, int], tuple[int, Signer, SeatVote]] = {}
        for number, (place, council) in enumerate(councils):
            votes |= {(place, one.seat): (number, council.seats[one.seat], one) for one in self.ballots[number].votes if one.verdict.value}
        proven = {(proof.council, proof.seat): proof for proof in proofs}
        in_order = len(proven) == len(proofs) and list(proven) == [place for place in votes if place in proven]
        demand(in_order, ProofError("its proofs of votes are of no votes, or out of order", "vote"))
        for at, proof in proven.items():
            _, seat, vote = votes[at]
            leaf = self.identifier + integer(vote.verdict.value, 1) + byte_string(vote.reason)
            root = log_root(leaf, proof.place, proof.size, proof.path) or b""
            signed = integer(genesis.epoch, 8) + integer(at[0], 4) + integer(at[1], 4) + integer(proof.size, 4) + root
            is_signed = seat.is_valid(proof.signature, SHA256.tagged(VOTES, genesis.chain, signed), VOTES)
            demand(is_signed, ProofError(f"the vote of seat {seat.name!r} is not signed by it", "vote"))
        return tuple((votes[at][0], at[1]) for at in proven)

def _consistent(holds: object, otherwise: str) -> None:
    demand(holds, ProofError(otherwise, "contradiction"))

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
        exists = author < len(genesis.validators) and self.prefix.epoch == genesis.epoch
        demand(exists, ProofError(f"there is no validator {author} in epoch {self.prefix.epoch}", "certificate"))
        validator = genesis.validators[author]
        signed = validator.is_valid(self.signature, self.digest(genesis), BLOCK) and NAMES.get(self.prefix.scheme) == validator.scheme
        demand(signed, ProofError(f"the signature of validator {author} is invalid, or not of the scheme in genesis", "certificate"))
        return validator

class Certificate(Wire):
    """A checkpoint and who attested it, ascending by author."""
    checkpoint: Checkpoint
    attestations: Annotated[tuple[Attestation, ...], Bounded(VALIDATORS_MAXIMUM)]

    def verify(self, genesis: Genesis) -> tuple[Signer, ...]:
        """Who signed, in order. Raises ProofError unless they have a quorum of stake."""
        checkpoint = self.checkpoint
        is_ours = (checkpoint.chain, checkpoint.epoch) == (genesis.chain, genesis.epoch)
        demand(is_ours, ProofError(f"it is of chain {checkpoint.chain.hex()}, epoch {checkpoint.epoch}", "other-network"))
        authors = [one.prefix.author for one in self.attestations]
        expected = Attested(checkpoint.index, genesis.suite.tagged("trellis/checkpoint/1", checkpoint.encoded))
        are_attested = authors == sorted(set(authors)) and all(expected in one.attested for one in self.attestations)
        demand(are_attested, ProofError("a validator appears twice, out of order, or did not attest this checkpoint", "certificate"))
        signers = tuple(one.verify(genesis) for one in self.attestations)
        stake = sum(validator.weight for validator in signers)
        demand(stake >= genesis.quorum, ProofError(f"signed by stake {stake}, needed {genesis.quorum}", "certificate"))
        return signers
