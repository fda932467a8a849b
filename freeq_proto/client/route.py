"""Where to connect next, and when: destinations in turn, and waits that grow.

A row of attempts ends when a connection lasts. Within a row every destination is tried before there is a wait.
"""

from freeq_proto.boundary import Destination
from freeq_proto.client.config import Backoff, ClientConfig
from freeq_proto.client.core import Core
from freeq_proto.irc import lower_ascii


class Route:
    """The attempts of one client."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._index = 0
        self._waits = 0
        self.attempt = 0
        """Of this row, counting from 1 once it began."""

    @property
    def _config(self) -> ClientConfig:
        return self._core.config

    def begin(self) -> None:
        """A new row, at the first destination."""
        self._index = self._waits = self.attempt = 0

    def destination(self) -> Destination:
        """Where to go now; counts an attempt."""
        self.attempt += 1
        return self._config.destination[self._index % len(self._config.destination)]

    def lasted(self, seconds: float) -> None:
        """A connection was registered for so long."""
        backoff = self._config.reconnect
        if backoff is not None and seconds >= backoff.stable_seconds:
            self._waits = self.attempt = 0

    def following(self, *, was_registered: bool, slow: bool) -> float | None:
        """Seconds until the next attempt, or None: there is none.

        A server that took us is tried again first; one that did not makes room for the next.
        """
        backoff = self._config.reconnect
        if backoff is None or (backoff.attempts is not None and self.attempt >= backoff.attempts):
            return None
        if not was_registered:
            self._index += 1
            if self._index % len(self._config.destination) and not slow:
                return 0.0
        return self._wait(backoff, slow=slow)

    def _wait(self, backoff: Backoff, *, slow: bool) -> float:
        # The exponent is bounded so that a client that tries for years computes no huge number.
        longest = min(backoff.maximum, backoff.initial * backoff.factor ** min(self._waits, 64))
        self._waits += 1
        chance = int.from_bytes(self._core.entropy(4), "big") / 2**32
        return (backoff.maximum if slow else longest) * (1 - backoff.jitter * chance)

    def is_final(self, reason: str) -> bool:
        """Whether a server's last words say that coming back would not help."""
        return _holds(reason, self._config.final_errors)

    def is_slow(self, reason: str) -> bool:
        """Whether a server's last words ask for patience."""
        return _holds(reason, self._config.slow_errors)


def _holds(text: str, parts: tuple[str, ...]) -> bool:
    lowered = lower_ascii(text)
    return any(lower_ascii(part) in lowered for part in parts)
