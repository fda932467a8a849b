"""Which nick to ask for: the wanted one, the alternatives, the wanted one with a suffix; and how to get it back.

The wanted one is that of the configuration, until the program asks for another.
"""

from typing import Final

import attrs

from freeq_proto.client.core import Core
from freeq_proto.irc import Message

SAFE_LENGTH: Final = 9
"""Characters that every server takes (RFC 2812 section 1.2.1)."""
ATTEMPTS: Final = 30
"""Nicks that are tried on one connection before it is given up."""
REFUSALS: Final = frozenset({"431", "432", "433", "436", "437", "447", "484"})
"""Numerics that refuse a nick; most name it as their first parameter after ours."""
_PLAIN_SUFFIXES: Final = ("_", "__")


def with_suffix(nick: str, suffix: str, limit: int) -> str:
    """``nick`` with ``suffix``, and shortened in between so that it has at most ``limit`` characters."""
    return nick[: max(1, limit - len(suffix))] + suffix


@attrs.define
class Nicks:
    """The nicks of one client."""

    _core: Core
    wanted: str = attrs.field(init=False)
    """The nick that is taken as soon as it is to be had."""
    _asked: str | None = attrs.field(default=None, init=False)
    """What the program asked for, while the server has not answered."""
    _began: str = attrs.field(default="", init=False)
    """The wanted nick when this connection began."""
    _tried: int = attrs.field(default=0, init=False)
    _limit: int | None = attrs.field(default=None, init=False)
    """NICKLEN of this server, if an earlier connection told."""
    _watched: str | None = attrs.field(default=None, init=False)
    """The nick that we wait for."""
    _asked_at: float | None = attrs.field(default=None, init=False)
    """When we asked for the wanted nick by ourselves, while the server has not answered."""

    def __attrs_post_init__(self) -> None:
        self.wanted = self._core.config.nick

    def first(self) -> str:
        """The nick to begin with, on a new connection."""
        self._tried = 0
        self._watched = self._asked = self._asked_at = None
        self._began = self.wanted
        return self.wanted

    def following(self) -> str | None:
        """The nick to ask for after one was refused, or None: enough."""
        alternatives = self._core.config.alternatives
        self._tried += 1
        index = self._tried - 1
        if index < len(alternatives):
            return alternatives[index]
        index -= len(alternatives)
        if index >= ATTEMPTS:
            return None
        if index < len(_PLAIN_SUFFIXES):
            suffix = _PLAIN_SUFFIXES[index]
        else:
            suffix = str(int.from_bytes(self._core.entropy(2), "big") % 10_000)
        # No longer than what we know to be allowed; the wanted nick is taken to be, since this was not why it failed.
        limit = self._limit or max(SAFE_LENGTH, len(self._began))
        return with_suffix(self._began, suffix, limit)

    def want(self, nick: str) -> None:
        """The program asks for a nick. It is the wanted one from then on, unless the server refuses it."""
        if self._core.registered:
            self._core.send("NICK", nick)
            self._asked = nick
        else:
            self.wanted = nick

    def registered(self) -> None:
        """We are in: take what was wanted meanwhile, and watch the wanted nick if we have another."""
        self._limit = self._core.features.number("NICKLEN")
        if self.wanted != self._began:
            self._ask()
        self.watch()

    def renamed(self, nick: str) -> None:
        """We have another nick, by our own doing or the server's."""
        self._asked_at = None
        if self._asked is not None and self._core.features.fold(nick) == self._core.features.fold(self._asked):
            self.wanted, self._asked = nick, None
        self.watch()

    def watch(self) -> None:
        """Begin or end watching for the wanted nick, as needed."""
        core, before = self._core, self._watched
        due = core.config.regain_nick and core.registered and not core.is_me(self.wanted)
        after = self.wanted if due else None
        if after == before:
            return
        self._watched = after
        has_monitor = core.features.has("MONITOR")
        if before is not None:
            core.disarm("regain")
            if has_monitor and core.registered:
                core.urgent("MONITOR", "-", before)
        if after is None:
            return
        if has_monitor:
            core.urgent("MONITOR", "+", after)
        else:
            core.arm("regain", core.config.times.regain)

    def timed_out(self) -> None:
        """Time to try again."""
        if self._watched is not None and self._core.registered:
            self._asked_at = None
            self._ask()
            self._core.arm("regain", self._core.config.times.regain)

    def _ask(self) -> None:
        """Ask for the wanted nick, once: what frees it may be told more often than it is free."""
        mono = self._core.now.mono
        if self._asked_at is None or mono - self._asked_at >= self._core.config.times.regain:
            self._asked_at = mono
            self._core.urgent("NICK", self.wanted)

    def heard(self, message: Message) -> bool:
        """Look for refusals, and for the wanted nick becoming free; whether the message is ours alone to know."""
        fold, params = self._core.features.fold, message.params
        if message.command in REFUSALS and self._asked is not None and fold(self._asked) in map(fold, params[1:]):
            self._asked = None
            return False
        if message.command in REFUSALS and fold(self.wanted) in map(fold, params[1:]):
            self._asked_at = None
        wanted = self._watched
        if wanted is None:
            return False
        if message.command in ("QUIT", "NICK"):
            if fold(self._core.source(message).nick) == fold(wanted):
                self._ask()
            return False
        if message.command not in _ABOUT_NICKS or len(params) < 2:
            return False
        names = [fold(name.partition("!")[0]) for name in params[1].split(",")]
        if fold(wanted) not in names:
            return False
        if message.command == "731":
            self._ask()
        return len(names) == 1


_ABOUT_NICKS: Final = frozenset({"730", "731", "433", "437"})
