"""Capability negotiation, both roles: CAP messages in, CAP messages out.

Messages are parameter lists (see ``caps.lists``) without the target that a server puts before the subcommand
(``CAP <nick> LS ...``): the server adds it on the way out, the client takes it off on the way in. Each role is a table
of subcommands; what is not in it is refused by a server and ignored by a client.

https://ircv3.net/specs/extensions/capability-negotiation
"""

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

import attrs

from freeq_proto.caps.lists import CapMessage, fits, packed, reply, words
from freeq_proto.caps.offer import Offer
from freeq_proto.caps.registry import BY_NAME, CAP_NOTIFY, REQUESTABLE, STS, Capability, CapSet, names

VERSION_301: Final = 301
"""What a client speaks that names no version: no values, no continuation lines, NEW and DEL only on request."""
VERSION_302: Final = 302
"""The newest version there is; a client that names a higher one gets this."""


# --- the server's role -----------------------------------------------------------------------------------------------


@attrs.define
class ServerNegotiation:
    """What a server knows of one session's negotiation."""

    version: int = VERSION_301
    """301 or 302; never goes down."""
    negotiating: bool = False
    """Registration waits for ``CAP END``."""
    enabled: CapSet = 0

    @property
    def notified(self) -> bool:
        """Whether this client is told of NEW and DEL."""
        return self.version >= VERSION_302 or bool(self.enabled & CAP_NOTIFY)

    def handle(
        self, subcommand: str, args: Sequence[str], offered: Offer, *, registered: bool
    ) -> list[CapMessage] | None:
        """Obey one CAP of the client; ``args`` is what follows the subcommand.

        Returns the answers in order, or None where the answer is 410 (ERR_INVALIDCAPCMD). Never raises. LS and REQ
        before registration set ``negotiating``, END clears it: then the caller lets registration go on.
        """
        row = _SERVER.get(subcommand.upper())
        if row is None:
            return None
        if row.suspends is not None and not registered:
            self.negotiating = row.suspends
        return row.obey(self, args, offered)

    def _imply(self, offered: Offer) -> None:
        if self.version >= VERSION_302:
            self.enabled |= offered.caps & CAP_NOTIFY


def _ls(session: ServerNegotiation, args: Sequence[str], offered: Offer) -> list[CapMessage]:
    """The answer is of the version that is asked for now, even where a higher one is stored."""
    version = _version(args[0]) if args else VERSION_301
    session.version = max(session.version, version)
    session._imply(offered)
    return reply("LS", offered.listed(offered.caps, with_values=version >= VERSION_302))


def _version(text: str) -> int:
    """A decimal number of any length, compared by its digits: 302 and above is 302, all else 301."""
    digits = text.lstrip("0")
    is_number = digits.isascii() and digits.isdigit()
    return VERSION_302 if is_number and (len(digits), digits) >= (3, "302") else VERSION_301


def _list(session: ServerNegotiation, _args: Sequence[str], _offered: Offer) -> list[CapMessage]:
    return reply("LIST", names(session.enabled))


def _req(session: ServerNegotiation, args: Sequence[str], offered: Offer) -> list[CapMessage]:
    """All or nothing. A name that is repeated counts once, as last said, so an ACK always fits one line."""
    requested = words(args)
    asked = {word.removeprefix("-"): not word.startswith("-") for word in requested}
    enabled = session.enabled
    for name, enable in asked.items():
        capability = BY_NAME.get(name)
        if capability is None or not _permitted(session, capability, offered, enable=enable):
            return [_nak(requested)]
        enabled = enabled | capability.bit if enable else enabled & ~capability.bit
    session.enabled = enabled
    return [["ACK", " ".join(name if enable else f"-{name}" for name, enable in asked.items())]]


def _permitted(session: ServerNegotiation, capability: Capability, offered: Offer, *, enable: bool) -> bool:
    if not capability.requestable:
        return False
    if enable:
        return bool(offered.caps & capability.bit)
    return capability.bit != CAP_NOTIFY or session.version < VERSION_302  # which implies cap-notify, for good


def _nak(requested: Sequence[str]) -> CapMessage:
    """One refusal is one message: a list that does not fit is cut, since two would look like two refusals."""
    return packed(["NAK"], [word for word in requested if fits(["NAK", word])])[0]


def _end(_session: ServerNegotiation, _args: Sequence[str], _offered: Offer) -> list[CapMessage]:
    return []


@attrs.frozen
class _ServerRow:
    obey: Callable[[ServerNegotiation, Sequence[str], Offer], list[CapMessage]]
    suspends: bool | None = None
    """What becomes of ``negotiating`` before registration; None leaves it."""


_SERVER: Final[Mapping[str, _ServerRow]] = {
    "LS": _ServerRow(_ls, suspends=True),
    "LIST": _ServerRow(_list),
    "REQ": _ServerRow(_req, suspends=True),
    "END": _ServerRow(_end, suspends=False),
}


def changes(old: Offer, new: Offer, session: ServerNegotiation) -> list[CapMessage]:
    """Take from a session what is no longer offered. Returns the DEL and NEW messages that it is owed, if any.

    A changed value is announced by NEW to those who see values. ``sts`` is never deleted: a policy ends by its own
    duration (https://ircv3.net/specs/extensions/sts).
    """
    notified, with_values = session.notified, session.version >= VERSION_302
    session.enabled &= new.caps
    session._imply(new)
    if not notified:
        return []
    deleted = names(old.caps & ~new.caps & ~STS)
    changed = sum(bit for bit, value in new.values.items() if old.values.get(bit, value) != value)
    added = new.listed(new.caps & ~old.caps | (changed if with_values else 0), with_values=with_values)
    return (packed(["DEL"], deleted) if deleted else []) + (packed(["NEW"], added) if added else [])


# --- the client's role -----------------------------------------------------------------------------------------------


class _Stage(enum.Enum):
    START = enum.auto()
    LISTING = enum.auto()
    """LS is sent, its last line has not come."""
    LISTED = enum.auto()


@attrs.define
class ClientNegotiation:
    """Asks for ``wanted``, as far as the server offers it, at registration and whenever more is offered later.

    What it sends starts after ``CAP``, what it receives after ``CAP <nick>``. CAP END is not sent: SASL comes first.
    A server without capability negotiation never answers; its 001 (or 421) tells the caller so.
    """

    wanted: CapSet
    enabled: CapSet = attrs.field(default=0, init=False)
    offered: dict[int, str] = attrs.field(factory=dict, init=False)
    """What the server offers of the capabilities known here: bit to value, "" for none."""
    _stage: _Stage = attrs.field(default=_Stage.START, init=False)
    _requests: list[CapSet] = attrs.field(factory=list, init=False)
    """Unanswered REQs, oldest first; no capability is in two of them."""
    _acknowledged: CapSet = attrs.field(default=0, init=False)
    """The part of ``_requests`` that is acknowledged by an ACK of which more lines are to come."""

    @property
    def done(self) -> bool:
        """Nothing is awaited: the list is complete and every request answered. NEW may end this for one round trip."""
        return self._stage is _Stage.LISTED and not self._requests

    def start(self) -> list[CapMessage]:
        """Begin, once, at the start of registration."""
        self._stage = _Stage.LISTING
        return [["LS", "302"]]

    def receive(self, message: Sequence[str]) -> list[CapMessage]:
        """Take in one CAP of the server, return what to send. Never raises; what makes no sense is ignored."""
        obey = _CLIENT[self._stage].get(message[0].upper()) if message else None
        return obey(self, message[1:]) if obey is not None else []

    def _request(self, caps: CapSet) -> list[CapMessage]:
        """Ask for those of ``caps`` that are wanted and neither enabled nor asked for."""
        caps &= self.wanted & REQUESTABLE & ~self.enabled & ~sum(self._requests)
        if not caps:
            return []
        messages = packed(["REQ"], names(caps))
        self._requests += [_bits(words(message[1:])) for message in messages]
        return messages


def _listed(client: ClientNegotiation, args: Sequence[str]) -> list[CapMessage]:
    more = len(args) > 1 and args[0] == "*"
    _note(client, words(args[1:] if more else args))
    if more:
        return []
    client._stage = _Stage.LISTED
    return client._request(sum(client.offered))


def _noted(client: ClientNegotiation, args: Sequence[str]) -> list[CapMessage]:
    """NEW before the list is complete: wait for it."""
    _note(client, words(args))
    return []


def _offered(client: ClientNegotiation, args: Sequence[str]) -> list[CapMessage]:
    return client._request(_note(client, words(args)))


def _note(client: ClientNegotiation, offered: Sequence[str]) -> CapSet:
    """Keep the values of what is offered, and return it as a set."""
    noted = 0
    for word in offered:
        name, _, value = word.partition("=")
        if (capability := BY_NAME.get(name)) is not None:
            client.offered[capability.bit] = value
            noted |= capability.bit
    client.enabled |= noted & CAP_NOTIFY  # implied by LS 302
    return noted


def _deleted(client: ClientNegotiation, args: Sequence[str]) -> list[CapMessage]:
    """Requests under way stay: their answers come."""
    gone = _bits(words(args)) & ~STS  # which cannot be deleted
    client.enabled &= ~gone
    client.offered = {bit: value for bit, value in client.offered.items() if not bit & gone}
    return []


def _acknowledged(client: ClientNegotiation, args: Sequence[str]) -> list[CapMessage]:
    """An old server may spread an ACK over several lines: capabilities change with the last of them."""
    listed = words(args)
    client.enabled &= ~_bits(word[1:] for word in listed if word.startswith("-"))
    client._acknowledged |= _bits(listed)
    for caps in client._requests:
        if not caps & ~client._acknowledged:
            client.enabled |= caps
    client._requests = [caps for caps in client._requests if caps & ~client._acknowledged]
    client._acknowledged &= sum(client._requests)
    return []


def _refused(client: ClientNegotiation, args: Sequence[str]) -> list[CapMessage]:
    """A request of several is refused as a whole, so ask again for each; a request of one is given up."""
    named = _bits(word.removeprefix("-") for word in words(args))
    matching = [caps for caps in client._requests if caps & named] or client._requests
    if not matching:
        return []
    refused = matching[0]
    client._requests.remove(refused)
    client._acknowledged &= ~refused
    if refused.bit_count() == 1:
        return []
    return [message for bit in client.offered if bit & refused for message in client._request(bit)]


def _bits(listed: Iterable[str]) -> CapSet:
    caps = 0
    for word in listed:
        if (capability := BY_NAME.get(word)) is not None:
            caps |= capability.bit
    return caps


_Take: TypeAlias = Callable[[ClientNegotiation, Sequence[str]], list[CapMessage]]
_CLIENT: Final[Mapping[_Stage, Mapping[str, _Take]]] = {
    _Stage.START: {},
    _Stage.LISTING: {"LS": _listed, "NEW": _noted, "DEL": _deleted},
    _Stage.LISTED: {"LS": _offered, "NEW": _offered, "DEL": _deleted, "ACK": _acknowledged, "NAK": _refused},
}
