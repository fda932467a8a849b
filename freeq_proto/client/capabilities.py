"""Which capabilities to ask for, and what the server grants: the negotiation that ``caps`` knows, and names beside it.

A program may want capabilities that this library does not know; their names are asked for one by one.
"""

from collections.abc import Iterable
from typing import Final

from freeq_proto.caps import (
    BY_NAME,
    EXTENDED_ISUPPORT,
    NO_IMPLICIT_NAMES,
    REQUESTABLE,
    SASL,
    STS,
    CapSet,
    ClientNegotiation,
    effective,
    names,
)
from freeq_proto.client.config import ClientConfig

ALWAYS: Final = ("draft/chathistory",)
"""Capabilities that this library makes use of, beside those that ``caps`` lists."""
_UNUSED: Final = NO_IMPLICIT_NAMES | EXTENDED_ISUPPORT
MOST_NAMES: Final = 200
"""Offered names that are remembered beside those that ``caps`` knows."""


def wanted_caps(config: ClientConfig) -> CapSet:
    """What to ask for of what ``caps`` knows."""
    caps = REQUESTABLE & ~_UNUSED | _bits(config.capabilities)
    if not config.credentials:
        caps &= ~SASL
    return caps & ~_bits(config.without) & REQUESTABLE


def _bits(listed: Iterable[str]) -> CapSet:
    caps = 0
    for name in listed:
        if (capability := BY_NAME.get(name)) is not None:
            caps |= capability.bit
    return caps


class Negotiator:
    """The negotiation of one connection."""

    def __init__(self, config: ClientConfig) -> None:
        self._known = ClientNegotiation(wanted_caps(config))
        extra = [name for name in (*ALWAYS, *config.capabilities) if name not in BY_NAME]
        self._extra = dict.fromkeys(name for name in extra if name not in config.without)
        self._offered: dict[str, str] = {}
        self._asked: dict[str, None] = {}
        self._granted: dict[str, None] = {}
        self._listed = False

    def start(self) -> list[list[str]]:
        """What to send after CAP at the beginning."""
        return self._known.start()

    @property
    def done(self) -> bool:
        """Whether nothing is awaited."""
        return self._known.done and not self._asked

    @property
    def sts(self) -> str | None:
        """The value of ``sts``, if the whole list is here and it is offered."""
        return self._known.offered.get(STS) if self._listed else None

    @property
    def sasl(self) -> str | None:
        """The mechanisms that the server lists, "" if it lists none by name; None: no SASL."""
        return self._known.offered.get(SASL) if self._known.enabled & SASL else None

    def enabled(self) -> dict[str, str]:
        """What is enabled and has an effect, with the values that it is offered with."""
        found = {name: self._known.offered.get(BY_NAME[name].bit, "") for name in names(effective(self._known.enabled))}
        return found | {name: self._offered.get(name, "") for name in self._granted}

    def receive(self, message: list[str]) -> list[list[str]]:
        """Take in what follows ``CAP <nick>``; return what to send after CAP."""
        if not message:
            return []
        words = [word for word in " ".join(message[1:]).split(" ") if word]
        match message[0].upper():
            case "LS" | "NEW" as subcommand:
                self._note(words)
                more = subcommand == "LS" and message[1:2] == ["*"] and len(message) > 2
                self._listed = self._listed or (subcommand == "LS" and not more)
            case "DEL":
                for word in words:
                    self._offered.pop(word, None)
                    self._granted.pop(word, None)
            case "ACK" | "NAK" as subcommand if words and all(word in self._asked for word in words):
                for word in words:
                    del self._asked[word]
                    if subcommand == "ACK":
                        self._granted[word] = None
                return []
            case _:
                pass
        return [*self._known.receive(message), *self._request()]

    def _note(self, words: list[str]) -> None:
        for word in words:
            name, _, value = word.partition("=")
            if name in self._extra and (name in self._offered or len(self._offered) < MOST_NAMES):
                self._offered[name] = value

    def _request(self) -> list[list[str]]:
        if not self._listed:
            return []
        due = [name for name in self._offered if name not in self._asked and name not in self._granted]
        # A refusal stands: it is not asked for again on this connection unless it is offered anew.
        due = [name for name in due if self._extra.get(name, None) is None and name in self._extra]
        for name in due:
            self._asked[name] = None
            del self._extra[name]
        return [["REQ", name] for name in due]
