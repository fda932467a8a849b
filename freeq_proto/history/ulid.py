"""ULIDs as text: 48 bits of Unix milliseconds and 80 bits of randomness in 26 characters.

The text sorts as the numbers do (https://github.com/ulid/spec, Crockford's base32).
"""

import re
from typing import Final

from freeq_proto.boundary import LocalProtocolError

RANDOMNESS_BITS: Final = 80
MAX_UNIX_MS: Final = (1 << 48) - 1
"""In the year 10889."""
MAX_RANDOMNESS: Final = (1 << RANDOMNESS_BITS) - 1

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PAIRS: Final = tuple(high + low for high in _CROCKFORD for low in _CROCKFORD)
"""Ten bits as two characters."""

# 26 characters hold 130 bits, so the first stands for three of them. Only the canonical text is accepted (upper case,
# none of Crockford's look-alikes): an id is compared as bytes elsewhere, so it has one spelling.
_ULID: Final = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_TO_PYTHON_BASE32: Final = str.maketrans(_CROCKFORD, "0123456789abcdefghijklmnopqrstuv")


def format_ulid(unix_ms: int, randomness: int) -> str:
    """The canonical 26 characters, upper case.

    Raises :class:`~freeq_proto.boundary.LocalProtocolError` for what does not fit 48 and 80 bits.
    """
    if not (0 <= unix_ms <= MAX_UNIX_MS and 0 <= randomness <= MAX_RANDOMNESS):
        raise LocalProtocolError(f"a ULID holds 48 bits of milliseconds and 80 of randomness: {unix_ms}, {randomness}")
    bits = unix_ms << RANDOMNESS_BITS | randomness
    return "".join([PAIRS[bits >> shift & 1023] for shift in range(120, -1, -10)])


def parse_ulid(text: str) -> tuple[int, int] | None:
    """``(unix_ms, randomness)`` of a canonical ULID, or ``None`` for any other text."""
    if _ULID.fullmatch(text) is None:
        return None
    bits = int(text.translate(_TO_PYTHON_BASE32), 32)
    return bits >> RANDOMNESS_BITS, bits & MAX_RANDOMNESS
