"""What a client shows of itself (docs/access.md): a bearer token, or a key of ML-DSA that signs every request (RFC 9421) and every
proposal."""
import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from trellis_crypto import LATTICES, SCHEMES, SHA256, LatticeKey

from .ledger import EXTENDED, PROPOSED, Proposal, Proposer

class Credential(NamedTuple):
    """With neither it is nobody's."""
    token: str | None = None
    key: LatticeKey | None = None

    def proposer(self, proposal: Proposal, chain: bytes) -> Proposal:
        """The proposal as this client makes it: signed, or as a validator will name the token."""
        if self.token:
            named = Proposer("", SHA256.tagged("trellis/token/1", SHA256.hash(self.token.encode())), b"")
            return replace(proposal, tag=EXTENDED, proposer=named)
        if self.key:
            public = self.key.public_key().public_bytes_raw()
            scheme = next(name for name in LATTICES if SCHEMES[name].key_size == len(public))
            signature = self.key.sign(proposal.signed_digest(chain), PROPOSED.encode())
            return replace(proposal, tag=EXTENDED, proposer=Proposer(scheme, public, signature))
        return proposal

    def headers(
        self, method: str, authority: str, target: str, headers: Mapping[str, str], body: bytes | None, created: int
    ) -> dict[str, str]:
        """What a request says besides of who asks. `authority` is its Host, `created` seconds since 1970."""
        if self.token:
            return {"Authorization": f"Bearer {self.token}"}
        if not self.key:
            return {}
        (path, _, query), added = target.partition("?"), dict[str, str]()
        covered = {"@method": method, "@authority": authority, "@path": path, "@query": "?" + query}
        if body is not None:
            added["Content-Digest"] = f"sha-256=:{base64_text(SHA256.hash(body))}:"
        fields = {name.lower(): value for name, value in (dict(headers) | added).items()}
        covered |= {name: fields[name] for name in ("content-type", "content-digest", "idempotency-key") if name in fields}
        identifier = SHA256.hash(self.key.public_key().public_bytes_raw()).hex()
        parameters = f'({" ".join(map(_quoted, covered))});created={created};keyid="{identifier}"'
        signature = self.key.sign(signature_base(covered, parameters))
        return added | {"Signature-Input": f"trellis={parameters}", "Signature": f"trellis=:{base64_text(signature)}:"}

def signature_base(covered: Mapping[str, str], parameters: str) -> bytes:
    """What is signed (RFC 9421 §2.5): each component covered and its value, then what covers them."""
    lines = [f"{_quoted(name)}: {value}" for name, value in covered.items()]
    return "\n".join([*lines, f'"@signature-params": {parameters}']).encode()

def _quoted(name: str) -> str:
    return f'"{name}"'

def base64_text(data: bytes) -> str:
    return base64.b64encode(data).decode()
