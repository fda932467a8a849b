"""How many passwords may be tried from one address: those that were wrong lately are counted. Pure; one per server.

A PDS counts for itself, and sees this server as one address that guesses; so whoever guesses here would in the end keep
everybody out. An attempt counts from its beginning, so that many at once are no more than many in a row, and is
taken back when the password was right or was never looked at.
"""

from typing import Final

import attrs

from freeq_proto.boundary import Now

MAX_GUESSES: Final = 10
"""Passwords that may be wrong from one address within :data:`GUESS_SECONDS`."""

GUESS_SECONDS: Final = 600.0

MAX_PLACES: Final = 10_000
"""Addresses that are remembered; beyond that, those from which nobody guessed for longest are forgotten."""


@attrs.define
class GuessMemory:
    """When somebody tried a password, by the place that he came from."""

    _guesses: dict[str, list[float]] = attrs.field(factory=dict, init=False)

    def __len__(self) -> int:
        """Places that are remembered."""
        return len(self._guesses)

    def begin(self, place: str, now: Now) -> bool:
        """Count an attempt from ``place``; False, and it must not be made, if there were too many."""
        recent = [mono for mono in self._guesses.pop(place, ()) if mono > now.mono - GUESS_SECONDS]
        allowed = len(recent) < MAX_GUESSES
        if allowed:
            recent.append(now.mono)
        self._guesses[place] = recent
        if len(self._guesses) > MAX_PLACES:
            del self._guesses[next(iter(self._guesses))]
        return allowed

    def take_back(self, place: str) -> None:
        """The last attempt from ``place`` was no wrong guess."""
        recent = self._guesses.get(place)
        if recent:
            recent.pop()
        if not recent:
            self._guesses.pop(place, None)
