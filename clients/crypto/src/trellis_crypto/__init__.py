"""What clients of Trellis take from cryptography: domain-separated hashes, the signature schemes of committees, the hybrid KEM, sealed
envelopes, key files."""
from .envelope import EnvelopeContext as EnvelopeContext, seal as seal, unseal as unseal
from .errors import EnvelopeError as EnvelopeError, demand as demand
from .hashes import SHA256 as SHA256, SHA384 as SHA384, SUITES as SUITES, Suite as Suite, integer as integer
from .kem import ALGORITHM as ALGORITHM, PrivateKey as PrivateKey, PublicKey as PublicKey
from .keyfile import LatticeKey as LatticeKey, open_client_key as open_client_key
from .signatures import LATTICES as LATTICES, NAMES as NAMES, SCHEMES as SCHEMES, SIGNATURE_MAXIMUM as SIGNATURE_MAXIMUM, Scheme as Scheme
