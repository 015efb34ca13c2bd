"""Everything that can go wrong, as types: bytes and proofs, and the conversation with a validator."""

class TrellisError(Exception):
    """Base of every error of this package. `fault` is a word for programs where a type has several reasons."""
    def __init__(self, message: str, fault: str = "") -> None:
        super().__init__(message)
        self.fault = fault

class MalformedError(TrellisError):
    """Bytes are not the canonical encoding of what was expected."""

class GenesisError(TrellisError):
    """A genesis file is unreadable, or contradicts its own chain identifier."""

class ProofError(TrellisError):
    """A receipt, or a file of sealing keys, proves nothing: malformed, edited, other-network, certificate, not-in-log, vote (a seat did not
    sign it), sealing-key (a validator did not), contradiction (a quorum signed what cannot be), or unsupported (a signature scheme that the
    `cryptography` library does not have)."""

class ClientError(TrellisError):
    """Something between this client and a validator. `identifier` is of the proposal or record concerned, which may be in the ledger."""
    identifier: str | None = None

class UnreachableError(ClientError):
    """Nobody answered, or the connection broke."""

class TimedOutError(ClientError):
    """What was waited for did not come in time."""

class UnexpectedAnswerError(ClientError):
    """The answer is not what this API gives: not HTTP, too large, other members, another proposal."""

class BadProofError(ClientError):
    """The validator handed out a proof that does not verify, or of something else: ask another validator."""

class ProblemError(ClientError):
    """The validator refused, with an RFC 9457 problem document; `fault` is the last part of its type."""
    def __init__(self, fault: str, status: int, detail: str, retry_after: float | None = None) -> None:
        super().__init__(f"{fault}: {detail}", fault)
        self.status, self.detail, self.retry_after = status, detail, retry_after
