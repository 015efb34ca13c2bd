"""id-MLKEM768-ECDH-P384-SHA3-256 (draft-ietf-lamps-pq-composite-kem): a shared secret while either ML-KEM-768 or ECDH on P-384 holds."""
import hashlib
import os

from cryptography.hazmat.primitives.asymmetric import ec, mlkem
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .errors import EnvelopeError, demand

ALGORITHM = "id-MLKEM768-ECDH-P384-SHA3-256"
PRIVATE_KEY_SIZE, LATTICE_KEY, PUBLIC_KEY_SIZE, LATTICE_CIPHERTEXT = 128, 1184, 1281, 1088
KEY_HEAD, KEY_TAIL = bytes.fromhex("303e0201010430"), bytes.fromhex("a00706052b81040022")

class PrivateKey:
    """A private key, from its 128 bytes: a 64-byte ML-KEM seed, then an ECPrivateKey (RFC 5915)."""
    def __init__(self, serialized: bytes) -> None:
        """Raises EnvelopeError ("refused")."""
        is_one = len(serialized) == PRIVATE_KEY_SIZE and (serialized[64:71], serialized[119:]) == (KEY_HEAD, KEY_TAIL)
        demand(is_one, EnvelopeError("this is not a private key of the KEM", "refused"))
        try:
            self._curve = ec.derive_private_key(int.from_bytes(serialized[71:119], "big"), ec.SECP384R1())
        except ValueError:
            raise EnvelopeError("the scalar of the private key is out of range", "refused") from None
        self._lattice = mlkem.MLKEM768PrivateKey.from_seed_bytes(serialized[:64])
        self._point = _uncompressed(self._curve)
        self.serialized, self.public_key = serialized, self._lattice.public_key().public_bytes_raw() + self._point

    @classmethod
    def generate(cls) -> "PrivateKey":
        scalar = ec.generate_private_key(ec.SECP384R1()).private_numbers().private_value
        return cls(os.urandom(64) + KEY_HEAD + scalar.to_bytes(48, "big") + KEY_TAIL)

    def decapsulate(self, ciphertext: bytes) -> bytes:
        """The shared secret. Raises ValueError for what is no ciphertext."""
        first, point = ciphertext[:LATTICE_CIPHERTEXT], ciphertext[LATTICE_CIPHERTEXT:]
        return _combine(self._lattice.decapsulate(first), self._curve.exchange(ec.ECDH(), p384_point(point)), point, self._point)

class PublicKey:
    """A public key, from its 1281 bytes: of ML-KEM-768, then an uncompressed point of P-384."""
    def __init__(self, encoded: bytes) -> None:
        """Raises EnvelopeError ("refused")."""
        try:
            self._lattice = mlkem.MLKEM768PublicKey.from_public_bytes(encoded[:LATTICE_KEY])
            self._curve = p384_point(encoded[LATTICE_KEY:])
        except ValueError:
            raise EnvelopeError(f"this is not a public key of the KEM: {encoded[:8].hex()}…", "refused") from None
        self.encoded = encoded

    def encapsulate(self) -> tuple[bytes, bytes]:
        """(ciphertext, shared secret) for the holder of the private key."""
        ephemeral = ec.generate_private_key(ec.SECP384R1())
        (secret, ciphertext), point = self._lattice.encapsulate(), _uncompressed(ephemeral)
        shared = ephemeral.exchange(ec.ECDH(), self._curve)
        return ciphertext + point, _combine(secret, shared, point, self.encoded[LATTICE_KEY:])

def p384_point(encoded: bytes) -> ec.EllipticCurvePublicKey:
    """Raises ValueError for what is no point, or not written uncompressed."""
    demand(encoded[:1] == b"\x04", ValueError("a point is written uncompressed"))
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP384R1(), encoded)

def _uncompressed(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

def _combine(lattice: bytes, curve: bytes, ciphertext: bytes, point: bytes) -> bytes:
    return hashlib.sha3_256(lattice + curve + ciphertext + point + b"MLKEM768-P384").digest()
