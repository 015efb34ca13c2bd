"""The genesis file: the one thing a client trusts. That its contents give the chain identifier it names is checked; which networks make
sense is for `trellis` (docs/receipts.md, "Other signed objects")."""
import base64
import json
import pathlib
from typing import Any, NamedTuple

from trellis_crypto import SCHEMES, SHA256, SUITES, Suite, demand, integer

from .codec import byte_string, items
from .errors import GenesisError, ProofError

FORMAT, FILE_BYTES_MAXIMUM = "trellis/genesis/1", 64 << 20
ADDED_PARAMETERS, LEVELS = ("fast_path_faults", "schedule_interval", "threshold_window"), (600, 670, 750, 800)

class Signer(NamedTuple):
    """A validator with its stake, or a seat with its weight and its validator's place; `scheme` is the name of the scheme of `key`."""
    name: str
    weight: int
    scheme: str
    key: bytes
    validator: int | None

    def is_valid(self, signature: bytes, message: bytes, domain: str) -> bool:
        """Raises ProofError ("unsupported")."""
        demand(self.scheme in SCHEMES, ProofError(f"this client cannot check signatures of {self.scheme}", "unsupported"))
        return SCHEMES[self.scheme].is_valid(self.key, signature, message, domain)

class Council(NamedTuple):
    """`thresholds`: what approval may take, per mille. One, or of a council whose threshold adapts what each level and its floor give."""
    name: str
    thresholds: list[int]
    deadline_ms: int
    seats: tuple[Signer, ...]

class Genesis(NamedTuple):
    """A network's committee and councils. `chain` binds everything signed to exactly this."""
    name: str
    chain: bytes
    epoch: int
    suite: Suite
    validators: tuple[Signer, ...]
    councils: tuple[Council, ...]
    transaction_bytes: int

    @property
    def total_stake(self) -> int:
        return sum(one.weight for one in self.validators)

    @property
    def quorum(self) -> int:
        """N - f, with f = floor((N - 1) / 3)."""
        return self.total_stake - (self.total_stake - 1) // 3

    @classmethod
    def load(cls, file: bytes | str | pathlib.Path) -> "Genesis":
        """Reads the bytes of a genesis file, or the file of that name. Raises OSError, GenesisError."""
        data = file if isinstance(file, bytes) else pathlib.Path(file).read_bytes()
        try:
            members = json.loads(data[: FILE_BYTES_MAXIMUM + 1].decode())
            chain = SHA256.tagged(FORMAT, _encoded(members))
            is_whole = members["format"] == FORMAT and members["chain_id"] == chain.hex()
            demand(is_whole, GenesisError(f"it is not of format {FORMAT}, or its contents give another chain than it names: {chain.hex()}"))
            validators = _signers(members["validators"], "stake", "consensus_key")
            councils = tuple(map(_council, members["councils"]))
            suite = next(suite for suite in SUITES.values() if suite.name == members["hash"])
            return cls(members["name"], chain, members["epoch"], suite, validators, councils, members["parameters"]["transaction_bytes"])
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, StopIteration) as error:
            raise GenesisError(f"not a genesis file: {type(error).__name__}: {error}") from None

def _signers(members: Any, weight: str, key: str) -> tuple[Signer, ...]:
    return tuple(Signer(one["name"], one[weight], one["scheme"], base64.b64decode(one[key]), one.get("validator")) for one in members)

def _council(one: Any) -> Council:
    least = one["threshold_permille"]
    thresholds = [max(least, level) for level in LEVELS] if one.get("adaptive") else [least]
    return Council(one["name"], thresholds, one["deadline_ms"], _signers(one["seats"], "weight", "key"))

def _encoded(genesis: Any) -> bytes:
    """The canonical bytes. Raises whatever odd types give."""
    parameters, councils = genesis["parameters"], genesis["councils"]
    seats = [items([_fields(seat, "name validator:4 weight:8 scheme key") for seat in one["seats"]]) for one in councils]
    named = [_fields(one, "name threshold_permille:8 deadline_ms:8") + part for one, part in zip(councils, seats, strict=True)]
    validators = [_fields(one, "name stake:8 scheme consensus_key identity_scheme identity_key") for one in genesis["validators"]]
    adaptive = [integer(place, 4) for place, one in enumerate(councils) if one.get("adaptive")]
    mandates = [
        integer(place, 4) + integer(at, 4) + byte_string(seat["mandate"])
        for place, one in enumerate(councils) for at, seat in enumerate(one["seats"]) if seat.get("mandate")
    ]  # fmt: skip
    head = _fields(genesis, "name nonce created_ms:8 epoch:8 hash") + items(validators) + items(named)
    fixed = _fields(parameters, "gc_depth:8 payload_bytes:8 transaction_bytes:8 rounds_ahead:8")
    # What was not always there follows only where it is set, behind its number.
    faults, interval, window = (parameters.get(name) and integer(parameters[name], 8) for name in ADDED_PARAMETERS)
    added = (faults, interval, mandates and items(mandates), window and window + items(adaptive))
    return head + fixed + b"".join(integer(tag, 1) + part for tag, part in enumerate(added, 1) if part)

def _fields(one: Any, layout: str) -> bytes:
    """Members in order: integers with their sizes, keys and the nonce in base64, texts."""
    names = [field.partition(":")[::2] for field in layout.split()]
    values: list[Any] = [base64.b64decode(one[name], validate=True) if name.endswith(("key", "nonce")) else one[name] for name, _ in names]
    return b"".join(integer(value, int(size)) if size else byte_string(value) for value, (_, size) in zip(values, names, strict=True))
