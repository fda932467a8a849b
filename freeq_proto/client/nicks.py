"""Which nick to ask for: the wanted one, the alternatives, the wanted one with a suffix; and how to get it back."""

from typing import Final

import attrs

from freeq_proto.client.core import Core
from freeq_proto.irc import Message

SAFE_LENGTH: Final = 9
"""Characters that every server takes (RFC 2812 section 1.2.1)."""
ATTEMPTS: Final = 30
"""Nicks that are tried on one connection before it is given up."""
_PLAIN_SUFFIXES: Final = ("_", "__")


def with_suffix(nick: str, suffix: str, limit: int) -> str:
    """``nick`` with ``suffix``, and shortened in between so that it has at most ``limit`` characters."""
    return nick[: max(1, limit - len(suffix))] + suffix


@attrs.define
class Nicks:
    """The nicks of one client."""

    _core: Core
    _tried: int = attrs.field(default=0, init=False)
    _limit: int | None = attrs.field(default=None, init=False)
    """NICKLEN of this server, if an earlier connection told."""
    _watching: bool = attrs.field(default=False, init=False)

    def first(self) -> str:
        """The nick to begin with, on a new connection."""
        self._tried = 0
        self._watching = False
        return self._core.config.nick

    def following(self) -> str | None:
        """The nick to ask for after one was refused, or None: enough."""
        config = self._core.config
        self._tried += 1
        index = self._tried - 1
        if index < len(config.alternatives):
            return config.alternatives[index]
        index -= len(config.alternatives)
        if index >= ATTEMPTS:
            return None
        if index < len(_PLAIN_SUFFIXES):
            suffix = _PLAIN_SUFFIXES[index]
        else:
            suffix = str(int.from_bytes(self._core.entropy(2), "big") % 10_000)
        # No longer than what we know to be allowed; the wanted nick is taken to be, since this was not why it failed.
        limit = self._limit or max(SAFE_LENGTH, len(config.nick))
        return with_suffix(config.nick, suffix, limit)

    @property
    def _has_wanted(self) -> bool:
        return self._core.is_me(self._core.config.nick)

    def registered(self) -> None:
        """We are in: watch the wanted nick, if we have another."""
        self._limit = self._core.features.number("NICKLEN")
        self.watch()

    def watch(self) -> None:
        """Begin or end watching for the wanted nick, as needed."""
        core = self._core
        wanted = not self._has_wanted and core.config.regain_nick and core.registered
        if wanted == self._watching:
            return
        self._watching = wanted
        has_monitor = core.features.has("MONITOR")
        if not wanted:
            core.disarm("regain")
            if has_monitor and core.registered:
                core.urgent("MONITOR", "-", core.config.nick)
        elif has_monitor:
            core.urgent("MONITOR", "+", core.config.nick)
        else:
            core.arm("regain", core.config.times.regain)

    def timed_out(self) -> None:
        """Time to try again."""
        if self._watching and self._core.registered:
            self._ask()
            self._core.arm("regain", self._core.config.times.regain)

    def _ask(self) -> None:
        self._core.urgent("NICK", self._core.config.nick)

    def heard(self, message: Message) -> bool:
        """Look for the wanted nick becoming free; whether the message was about our watching only."""
        if not self._watching:
            return False
        wanted, fold = self._core.config.nick, self._core.features.fold
        if message.command in ("QUIT", "NICK"):
            if fold(self._core.source(message).nick) == fold(wanted):
                self._ask()
            return False
        if message.command not in _ABOUT_NICKS or len(message.params) < 2:
            return False
        names = [fold(name.partition("!")[0]) for name in message.params[1].split(",")]
        if fold(wanted) not in names:
            return False
        if message.command == "731":
            self._ask()
        return len(names) == 1


_ABOUT_NICKS: Final = frozenset({"730", "731", "433", "437"})
