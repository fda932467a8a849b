"""What we want to be beside our nick: away or here, and with which modes. A server forgets both with the connection."""

from collections.abc import Iterator

import attrs

from freeq_proto.client.core import Core
from freeq_proto.client.words import LONGEST_NAME


@attrs.define
class Ourselves:
    """The wishes of one client, over all its connections."""

    _core: Core
    _away: str = attrs.field(default="", init=False)
    _modes: dict[str, str] = attrs.field(factory=dict, init=False)
    """The sign by letter, in the order in which they were wished."""

    def away(self, message: str) -> None:
        """Be away with a message; "": be here."""
        self._away = message

    def mode(self, changes: str) -> None:
        """Have modes changed, none of which takes an argument."""
        sign = "+"
        for letter in changes:
            if letter in "+-":
                sign = letter
            elif letter in self._modes or len(self._modes) < LONGEST_NAME:
                self._modes.pop(letter, None)
                self._modes[letter] = sign

    def lines(self) -> Iterator[tuple[str, ...]]:
        """Commands that make us so, on a new connection."""
        nick = self._core.world.me.nick
        if self._core.config.user_modes:
            yield "MODE", nick, self._core.config.user_modes
        if self._modes:
            yield "MODE", nick, "".join(sign + letter for letter, sign in self._modes.items())
        if self._away:
            yield "AWAY", self._away
