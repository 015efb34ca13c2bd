"""Hash suites, and hashes that are of one purpose each (docs/receipts.md, "Byte layouts")."""
import hashlib
from typing import NamedTuple

def integer(value: int, size: int) -> bytes:
    return value.to_bytes(size, "little")

def prefixed(domain: str) -> bytes:
    return integer(len(domain.encode()), 1) + domain.encode()

class Suite(NamedTuple):
    """A hash suite: its number on the wire, its name in a genesis, the bytes of a digest."""
    number: int
    name: str
    size: int

    def hash(self, data: bytes) -> bytes:
        return hashlib.new(self.name, data).digest()

    def tagged(self, domain: str, *parts: bytes) -> bytes:
        """T(domain, parts…) = H(u8 length of domain ‖ domain ‖ parts…)."""
        return self.hash(prefixed(domain) + b"".join(parts))

SHA256, SHA384 = Suite(1, "sha256", 32), Suite(2, "sha384", 48)
SUITES = {suite.number: suite for suite in (SHA256, SHA384)}
