"""The genesis file: the one thing a client trusts. That its contents give the chain identifier it names is checked; which networks make
sense is for `trellis` (docs/receipts.md, "Other signed objects")."""
import base64
import json
import pathlib
from typing import Any, NamedTuple

from .codec import SHA256, SUITES, Suite, byte_string, integer, items
from .errors import GenesisError

FORMAT, FILE_BYTES_MAXIMUM = "trellis/genesis/1", 64 << 20
ADDED_PARAMETERS = ((1, "fast_path_faults"), (2, "schedule_interval"))

class Validator(NamedTuple):
    """`scheme` is the name of the signature scheme of `key`, with which it signs blocks."""
    name: str
    stake: int
    scheme: str
    key: bytes

class Seat(NamedTuple):
    """`key` signs the seat's votes."""
    name: str
    weight: int
    scheme: str
    key: bytes

class Genesis(NamedTuple):
    """A network's committee, and its councils' seats, in the order of the file. `chain` binds everything signed to exactly this."""
    name: str
    chain: bytes
    epoch: int
    suite: Suite
    validators: tuple[Validator, ...]
    councils: dict[str, tuple[Seat, ...]]
    transaction_bytes: int

    @property
    def total_stake(self) -> int:
        return sum(one.stake for one in self.validators)

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
            if members["format"] != FORMAT or members["chain_id"] != chain.hex():
                raise GenesisError(f"it is not of format {FORMAT}, or its contents give another chain than it names: {chain.hex()}")
            validators = tuple(
                Validator(one["name"], one["stake"], one["scheme"], base64.b64decode(one["consensus_key"])) for one in members["validators"]
            )
            councils = {
                one["name"]: tuple(Seat(it["name"], it["weight"], it["scheme"], base64.b64decode(it["key"])) for it in one["seats"])
                for one in members["councils"]
            }
            suite = next(suite for suite in SUITES.values() if suite.name == members["hash"])
            parameters = members["parameters"]
            return cls(members["name"], chain, members["epoch"], suite, validators, councils, parameters["transaction_bytes"])
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, StopIteration) as error:
            raise GenesisError(f"not a genesis file: {type(error).__name__}: {error}") from None

def _encoded(genesis: Any) -> bytes:
    """The canonical bytes. Raises whatever odd types give."""
    def values(one: Any, *names: str | tuple[str, int]) -> bytes:
        return b"".join(
            integer(one[name[0]], name[1]) if isinstance(name, tuple)
            else byte_string(base64.b64decode(one[name], validate=True) if name.endswith("key") or name == "nonce" else one[name])
            for name in names
        )  # fmt: skip
    keys = ("scheme", "consensus_key", "identity_scheme", "identity_key")
    validators = items([values(one, "name", ("stake", 8), *keys) for one in genesis["validators"]])
    councils = items([
        values(one, "name", ("threshold_permille", 8), ("deadline_ms", 8))
        + items([values(seat, "name", ("validator", 4), ("weight", 8), "scheme", "key") for seat in one["seats"]])
        for one in genesis["councils"]
    ])  # fmt: skip
    parameters = genesis["parameters"]
    fixed = values(parameters, *((name, 8) for name in ("gc_depth", "payload_bytes", "transaction_bytes", "rounds_ahead")))
    added = b"".join(integer(tag, 1) + integer(parameters[name], 8) for tag, name in ADDED_PARAMETERS if parameters.get(name))
    mandates = [
        integer(place, 4) + integer(at, 4) + byte_string(seat["mandate"])
        for place, one in enumerate(genesis["councils"]) for at, seat in enumerate(one["seats"]) if seat.get("mandate")
    ]  # fmt: skip
    added += integer(3, 1) + items(mandates) if mandates else b""
    return values(genesis, "name", "nonce", ("created_ms", 8), ("epoch", 8), "hash") + validators + councils + fixed + added
