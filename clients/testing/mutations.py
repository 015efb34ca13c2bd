"""Hostile bytes for the tests of readers: what they should read, changed."""

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "300"))
"""Of each test, the same ones each time; with FUZZ_EXAMPLES, so many, and others each time."""
many = settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck),
    derandomize="FUZZ_EXAMPLES" not in os.environ,
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, original: bytes) -> bytes:
    """Bytes changed, inserted, removed, repeated; lengths overwritten with what is interesting."""
    data = bytearray(original)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(data) - 1)))
        match draw(st.integers(0, 5)):
            case 0:
                data[place : place + 1] = draw(st.binary(min_size=1, max_size=1))
            case 1:
                data[place:place] = draw(st.binary(max_size=40))
            case 2:
                del data[place : place + draw(st.integers(1, 200))]
            case 3:
                data[place : place + 4] = draw(st.sampled_from([0, 1, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF])).to_bytes(4, "little")
            case 4:
                data[place:place] = data[place : place + draw(st.integers(1, 100))]
            case _:
                data = data[:place]
    return bytes(data)
