"""Sealed requests (docs/sealed.md): validators' sealing keys, checked with the genesis alone; requests sealed for chosen validators; their
answers opened."""
import base64
import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import NamedTuple

from trellis_crypto import ALGORITHM, SHA256, SIGNATURE_MAXIMUM, EnvelopeContext, PrivateKey, PublicKey, demand, integer, seal, unseal

from .codec import Reader, byte_string, items
from .errors import MalformedError, ProofError
from .genesis import Genesis
from .ledger import EXTENDED, FIELDS_MAXIMUM, NOT_RECIPIENT, Decision, Field, Outcome, Proposal, SealedContent, SeatVote, Verdict, fields_of

FORMAT, SEALING_KEY, NOT_OPENED = "trellis/sealing-keys/1", "trellis/sealing-key/1", "the sealed request does not open"
REQUEST, REASON, UNREADABLE = "trellis/sealed-request/1", "trellis/sealed-reason/1", "unreadable"

class Sealing(NamedTuple):
    """Who can read a request: of the holders of `keys`, as `read_sealing_keys` gives them, the `recipients`, or all. Everybody sees `kind`
    and `fields`, and the verdicts unless `seals_outcome`."""
    keys: Mapping[int, bytes]
    recipients: Collection[int] | None = None
    kind: str = "sealed"
    fields: Mapping[str, str] = {}
    seals_outcome: bool = False

def sealing_keys_maximum(genesis: Genesis) -> int:
    """No file of sealing keys of this network has more bytes."""
    return 4096 + len(genesis.validators) * 2 * (SIGNATURE_MAXIMUM + 4096)

def read_sealing_keys(file: bytes, genesis: Genesis) -> dict[int, bytes]:
    """Public keys by their validators' places in genesis, to be believed whoever hands the file out. Raises ProofError unless each is
    signed by its validator: malformed, other-network, sealing-key."""
    keys: dict[int, bytes] = {}
    try:
        members = json.loads(file.decode())
        demand((members["format"], members["algorithm"]) == (FORMAT, ALGORITHM), ValueError("another format or algorithm"))
        is_ours = (members["chain_id"], members["epoch"]) == (genesis.chain.hex(), genesis.epoch)
        demand(is_ours, ProofError("the sealing keys are of another chain or epoch", "other-network"))
        for one in members["keys"]:
            lattice, point, signature = (base64.b64decode(one[name], validate=True) for name in ("ml_kem_768", "p384", "signature"))
            place, key = one["validator"], PublicKey(lattice + point).encoded
            demand(place > max(keys, default=-1), ValueError("keys out of order"))
            validator, issued = genesis.validators[place], integer(place, 4) + integer(one["issued_ms"], 8)
            signed = SHA256.tagged(SEALING_KEY, genesis.chain, integer(genesis.epoch, 8), issued, key)
            is_signed = one["name"] == validator.name and validator.is_valid(signature, signed, SEALING_KEY)
            demand(is_signed, ProofError(f"the sealing key of validator {place} is not signed by it", "sealing-key"))
            keys[place] = key
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        raise ProofError(f"not a file of sealing keys: {type(error).__name__}: {error}", "malformed") from None
    return keys

def seal_proposal(plain: Proposal, sealing: Sealing, chain: bytes) -> tuple[Proposal, PrivateKey]:
    """The proposal that hides `plain`, and the key that opens the answers to it. Raises ValueError for recipients without a key and for
    fields that are in both places, MalformedError for what no recipient would read."""
    recipients = tuple(sorted(sealing.keys if sealing.recipients is None else set(sealing.recipients)))
    unknown, reply = [one for one in recipients if one not in sealing.keys], PrivateKey.generate()
    demand(not unknown, ValueError(f"validators {unknown} have published no sealing keys"))
    clear, hidden = fields_of(sealing.fields), Proposal.decode(plain.encoded)
    content = SealedContent(recipients, sealing.seals_outcome, b"")
    are_apart = len({one.name for one in (*clear, *hidden.fields)}) == len(clear) + len(hidden.fields) <= FIELDS_MAXIMUM
    demand(are_apart, ValueError(f"a field is in the clear and sealed, or there are more than {FIELDS_MAXIMUM}"))
    payload = byte_string(hidden.kind) + byte_string(hidden.text) + _listed(hidden.fields) + byte_string(reply.public_key)
    around = plain.nonce + byte_string(plain.council) + byte_string(sealing.kind) + _listed(clear) + content.encoded
    public, context = [sealing.keys[one] for one in recipients], EnvelopeContext(REQUEST, chain, around)
    sealed = replace(content, envelope=seal(payload + bytes(-len(payload) % 256), public, context))
    return replace(plain, tag=EXTENDED, kind=sealing.kind, text="", fields=clear, sealed=sealed), reply

def open_decision(decision: Decision, key: PrivateKey, genesis: Genesis) -> Decision:
    """What the holder of the reply key reads in a proven decision: every verdict and reason in the clear, and the outcome that they come
    to. A vote that does not open has no reason, and abstains where its verdict was sealed."""
    places, ballots = {council.name: place for place, council in enumerate(genesis.councils)}, []
    for name, ballot in zip(decision.councils, decision.ballots, strict=True):
        sender = decision.identifier + integer(places[name], 4)
        votes = (_opened(one, key, EnvelopeContext(REASON, genesis.chain, sender + integer(one.seat, 4))) for one in ballot.votes)
        ballots.append(replace(ballot, votes=tuple(votes)))
    opened = replace(decision, ballots=tuple(ballots))
    return replace(opened, outcome=opened.tally or Outcome.EXPIRED)

def _opened(vote: SeatVote, key: PrivateKey, context: EnvelopeContext) -> SeatVote:
    if vote.verdict is Verdict.NONE or vote.reason in (NOT_RECIPIENT, NOT_OPENED):
        return vote
    try:
        reader = Reader(unseal(base64.b64decode(vote.reason, validate=True), key, context))
        verdict, reason = Verdict(reader.number(1, 3)), reader.raw(reader.number(4, 512)).decode()
        demand(verdict is not Verdict.NONE and vote.verdict in (verdict, Verdict.SEALED), ValueError("another verdict than in the clear"))
    except (ValueError, MalformedError):
        verdict, reason = Verdict.ABSTAIN if vote.verdict is Verdict.SEALED else vote.verdict, UNREADABLE
    return replace(vote, verdict=verdict, reason=reason)

def _listed(fields: tuple[Field, ...]) -> bytes:
    return items([one.encoded for one in fields])
