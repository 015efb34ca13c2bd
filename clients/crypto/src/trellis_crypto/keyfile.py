"""Key files (docs/crypto.md): keys at rest, under a passphrase."""
import base64
import json
from typing import Any, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import mldsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from .errors import demand

LatticeKey: TypeAlias = mldsa.MLDSA44PrivateKey | mldsa.MLDSA65PrivateKey | mldsa.MLDSA87PrivateKey
PRIVATE: dict[str, type[LatticeKey]] = {
    "ML-DSA-44": mldsa.MLDSA44PrivateKey, "ML-DSA-65": mldsa.MLDSA65PrivateKey, "ML-DSA-87": mldsa.MLDSA87PrivateKey,
}  # fmt: skip
FORMAT, MEMORY_MAXIMUM = "trellis/keys/1", 256 << 20

def open_client_key(file: bytes, passphrase: str) -> LatticeKey:
    """The key that `trellis client keygen` wrote. Raises ValueError for another file, another passphrase, or a file that was changed."""
    try:
        members = json.loads(file.decode())
        (entry,), derivation = members["keys"], members["kdf"]
        cost = [derivation[name] for name in ("n", "r", "p")]
        is_one = (members["format"], entry["role"], derivation["name"]) == (FORMAT, "client", "scrypt") and entry["scheme"] in PRIVATE
        is_bounded = all(type(one) is int for one in cost) and 128 * cost[0] * cost[1] * cost[2] <= MEMORY_MAXIMUM
        demand(is_one and is_bounded, ValueError("another kind, or at another cost"))
        derived = Scrypt(base64.b64decode(derivation["salt"]), 48, *cost).derive(passphrase.encode())
        demand(derived[32:] == base64.b64decode(derivation["check"]), ValueError("another passphrase"))
        nonce, sealed = base64.b64decode(members["nonce"]), base64.b64decode(members["ciphertext"])
        key = PRIVATE[entry["scheme"]].from_seed_bytes(AESGCM(derived[:32]).decrypt(nonce, sealed, _bound(members)))
        demand(key.public_key().public_bytes_raw() == base64.b64decode(entry["public_key"]), ValueError("another public key"))
    except (InvalidTag, LookupError, TypeError, AttributeError, ValueError, OverflowError, RecursionError) as error:
        raise ValueError(f"this is no key file of a client, or was changed: {type(error).__name__}: {error}") from None
    return key

def _bound(members: dict[str, Any]) -> bytes:
    """All but the ciphertext."""
    chain, (entry,), derivation = members["chain_id"], members["keys"], members["kdf"]
    public, known = [entry["role"], entry["scheme"], entry["public_key"]], ["0", ""] if chain is None else ["1", chain]
    cost = [derivation["name"], *(str(derivation[name]) for name in ("n", "r", "p")), derivation["salt"], derivation["check"]]
    texts = [members["format"], members["name"], *known, "1", *public, *cost, members["nonce"]]
    return b"".join(len(text.encode()).to_bytes(4, "big") + text.encode() for text in texts)
