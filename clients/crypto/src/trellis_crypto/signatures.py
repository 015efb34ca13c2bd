"""The signature schemes of a committee that the `cryptography` library can check: FIPS 204, RFC 8032, FIPS 186-5, and the composites of
draft-ietf-lamps-pq-composite-sigs."""
import hashlib
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from .errors import demand
from .hashes import prefixed
from .kem import p384_point

LATTICES: dict[str, Any] = {"ML-DSA-44": mldsa.MLDSA44PublicKey, "ML-DSA-65": mldsa.MLDSA65PublicKey, "ML-DSA-87": mldsa.MLDSA87PublicKey}
SIGNATURE_MAXIMUM = 49_856  # SLH-DSA with 256f, the largest of any scheme

class Scheme(NamedTuple):
    """A scheme: its number on the wire, the sizes of a key and of a lattice signature in bytes, what it is made of."""
    identifier: int
    name: str
    key_size: int
    signature_size: int
    parts: tuple[str, ...] = ()

    def is_valid(self, key: bytes, signature: bytes, message: bytes, domain: str) -> bool:
        """Whether `signature` is of `message` for one purpose; with a malformed key or signature it is not."""
        try:
            if self.name in LATTICES:
                LATTICES[self.name].from_public_bytes(key).verify(signature, message, domain.encode())
            elif self.parts:
                lattice, (_, classical) = SCHEMES[self.parts[0]], self.parts
                at, split = lattice.key_size, lattice.signature_size
                signed = f"CompositeAlgorithmSignatures2025{self.name}".encode() + prefixed(domain) + hashlib.sha512(message).digest()
                _check_classical(classical, key[at:], signature[split:], signed)
                return lattice.is_valid(key[:at], signature[:split], signed, self.name)
            else:
                if self.name == "ECDSA-P384":
                    halves = (int.from_bytes(half, "big") for half in (signature[:48], signature[48:]))
                    signature = encode_dss_signature(*halves) if len(signature) == 96 else b""
                _check_classical(self.name, key, signature, prefixed(domain) + message)
        except (InvalidSignature, ValueError):
            return False
        return True

def _check_classical(name: str, key: bytes, signature: bytes, message: bytes) -> None:
    if name == "Ed25519":
        return ed25519.Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    demand(encode_dss_signature(*decode_dss_signature(signature)) == signature, InvalidSignature())
    return p384_point(key).verify(signature, message, ec.ECDSA(hashes.SHA384()))

SCHEMES = {scheme.name: scheme for scheme in (
    Scheme(0x0065, "ML-DSA-65", 1952, 3309),
    Scheme(0x0087, "ML-DSA-87", 2592, 4627),
    Scheme(0x0044, "ML-DSA-44", 1312, 2420),
    Scheme(0x0165, "COMPSIG-MLDSA65-Ed25519-SHA512", 1984, 3373, ("ML-DSA-65", "Ed25519")),
    Scheme(0x0187, "COMPSIG-MLDSA87-ECDSA-P384-SHA512", 2689, 4731, ("ML-DSA-87", "ECDSA-P384")),
    Scheme(0x0384, "ECDSA-P384", 97, 96),
    Scheme(0x0001, "Ed25519", 32, 64),
)}  # fmt: skip
NAMES = {scheme.identifier: scheme.name for scheme in SCHEMES.values()}
