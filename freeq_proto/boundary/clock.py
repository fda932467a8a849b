"""Time and randomness, handed in.

Two clocks, never mixed: ``mono`` for deadlines, ``unix_ms`` for what people and peers read. The core asks neither the
operating system's clock nor its random source; a runtime passes both, so the same inputs give the same bytes.
"""

from collections.abc import Callable
from typing import TypeAlias

import attrs

Entropy: TypeAlias = Callable[[int], bytes]
"""Returns that many unpredictable bytes: ``os.urandom`` in a runtime, a seeded generator in a test."""


@attrs.frozen
class Now:
    """One reading of both clocks, made once per turn by the runtime."""

    mono: float
    """Seconds of a clock that never goes back; its zero means nothing."""
    unix_ms: int
    """Milliseconds since 1970-01-01T00:00:00Z. May jump, in both directions."""
