"""What is wrong with a key, an envelope, or what was asked."""

class EnvelopeError(ValueError):
    """An envelope was not sealed (refused), or not opened: malformed, not-a-recipient, authentication (changed, cut, another context)."""
    def __init__(self, message: str, fault: str) -> None:
        super().__init__(message)
        self.fault = fault

def demand(holds: object, otherwise: Exception) -> None:
    """Raises `otherwise` unless it holds."""
    if not holds:
        raise otherwise
