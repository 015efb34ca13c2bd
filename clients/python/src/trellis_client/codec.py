"""The canonical codec (docs/receipts.md, "Byte layouts") and the hashes over it. Nothing trusts a length: every count is bounded before
anything is allocated, and all that fails is MalformedError."""
import functools
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, NamedTuple, Self, TypeAlias, cast, dataclass_transform, get_args, get_origin, get_type_hints

from trellis_crypto import SHA256, Suite, demand, integer

from .errors import MalformedError

def byte_string(value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return integer(len(data), 4) + data

def items(encoded: list[bytes]) -> bytes:
    return integer(len(encoded), 4) + b"".join(encoded)

def require(condition: bool, what: str) -> None:
    demand(condition, MalformedError(what))

class Reader:
    """Reads canonical bytes from front to back; `suite` says how long a digest is."""
    def __init__(self, data: bytes, suite: Suite = SHA256, offset: int = 0) -> None:
        self.data, self.suite, self.offset = data, suite, offset

    def raw(self, count: int) -> bytes:
        require(count <= len(self.data) - self.offset, f"the input ends early at byte {self.offset}")
        self.offset += count
        return self.data[self.offset - count : self.offset]

    def number(self, size: int, high: int = (1 << 64) - 1) -> int:
        number = int.from_bytes(self.raw(size), "little")
        require(number <= high, f"{number} before byte {self.offset} exceeds the limit of {high}")
        return number

    def finish(self) -> None:
        require(self.offset == len(self.data), f"bytes after the end of the value at byte {self.offset}")

class Integer(NamedTuple):
    """How a field is written: an integer of `size` bytes."""
    size: int
    high: int = (1 << 64) - 1

class Fixed(NamedTuple):
    """Bytes without a length in front; a digest of the suite where `size` is 0."""
    size: int = 0

class Bounded(NamedTuple):
    """A text, byte string or list of at most `limit` bytes or elements, behind their number."""
    limit: int

U32: TypeAlias = Annotated[int, Integer(4)]
U64: TypeAlias = Annotated[int, Integer(8)]
Hash: TypeAlias = Annotated[bytes, Fixed()]
Sha256: TypeAlias = Annotated[bytes, Fixed(32)]

def _split(hint: Any) -> tuple[Any, Any]:
    return get_args(hint) if get_origin(hint) is Annotated else (hint, None)

@functools.cache
def _layout(cls: Any) -> list[tuple[str, Any, Any]]:
    """(name, type, kind) of every field that has no default."""
    return [(name, *_split(hint)) for name, hint in get_type_hints(cls, include_extras=True).items() if not hasattr(cls, name)]

@dataclass_transform(frozen_default=True)
class Wire:
    """Base of frozen dataclasses whose fields, in their order and with their annotations, are their canonical encoding. What
    has a default has none."""
    def __init_subclass__(cls) -> None:
        dataclass(frozen=True)(cls)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        return cls(*(_read(reader, base, kind) for _, base, kind in _layout(cast(Any, cls))))

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Exactly one value that fills `data`."""
        reader = Reader(data)
        value = cls.read(reader)
        reader.finish()
        return value

    @functools.cached_property
    def encoded(self) -> bytes:
        return b"".join(_encode(getattr(self, name), base, kind) for name, base, kind in _layout(cast(Any, type(self))))

    @property
    def identifier(self) -> bytes:
        """Of what is submitted: its leaf hash."""
        return leaf_hash(self.encoded)

def _read(reader: Reader, base: Any, kind: Any) -> Any:
    try:
        match kind:
            case Integer(size, high):
                number = reader.number(size, high)
                return base(number)
            case Fixed(size):
                return reader.raw(size or reader.suite.size)
            case Bounded(limit) if base in (str, bytes):
                data = reader.raw(reader.number(4, limit))
                return data.decode() if base is str else data
            case Bounded(limit):
                return tuple(_read(reader, *_split(get_args(base)[0])) for _ in range(reader.number(4, limit)))
        return base.read(reader)
    except ValueError:
        raise MalformedError(f"a text or code before byte {reader.offset} is none") from None

def _encode(value: Any, base: Any, kind: Any) -> bytes:
    match kind:
        case Integer(size, _):
            return integer(value.value if isinstance(value, Enum) else value, size)
        case Bounded(_) if base in (str, bytes):
            return byte_string(value)
        case Bounded(_):
            return items([_encode(one, *_split(get_args(base)[0])) for one in value])
    return value.encoded if isinstance(value, Wire) else bytes(value)

def leaf_hash(entry: bytes) -> bytes:
    """RFC 9162 §2.1.1: the identifier of whatever was submitted, and the leaf of a log entry."""
    return SHA256.hash(b"\x00" + entry)

def log_root(entry: bytes, index: int, size: int, proof: tuple[bytes, ...]) -> bytes | None:
    """The root that an inclusion proof leads to (RFC 9162 §2.1.3.2); None when it has not the length that index and size ask for."""
    node, position, last = leaf_hash(entry), index, size - 1
    for sibling in proof:
        # The last node of a level, where it is a left one, has no sibling and goes up as it is.
        while last > 0 and position == last and not position & 1:
            position, last = position >> 1, last >> 1
        if last <= 0:
            return None
        node = SHA256.hash(b"\x01" + (sibling + node if position & 1 else node + sibling))
        position, last = position >> 1, last >> 1
    return node if last == 0 and index < size else None
