"""Telling others that we type, no more often than they want to hear it (IRCv3 typing)."""

from typing import Final

from freeq_proto.client.hearing import TYPING_STATES

SECONDS_BETWEEN: Final = 3.0
"""No notification follows another to the same target sooner."""
_TARGETS: Final = 1_000


class TypingNotices:
    """What each target was last told."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[str, float]] = {}

    def is_due(self, target: str, state: str, mono: float) -> bool:
        """Whether to tell ``target`` now; if so, that is remembered.

        ``active`` is told again and again, ``paused`` and ``done`` once, and nothing within three seconds.
        """
        assert state in TYPING_STATES, "the caller checks"
        before, at = self._told.get(target, ("done", -SECONDS_BETWEEN))
        if mono - at < SECONDS_BETWEEN or (state == before and state != "active"):
            return False
        self._told.pop(target, None)
        self._told[target] = (state, mono)
        if len(self._told) > _TARGETS:
            del self._told[next(iter(self._told))]
        return True

    def said(self, target: str) -> None:
        """A message ends our typing for whoever reads it."""
        at = self._told.pop(target, ("", 0.0))[1]
        if at:
            self._told[target] = ("done", at)
