"""What a server says, before it is bytes: rendered once for each *wire class*, never once for each recipient.

A wire class is one int: the capabilities that change what is sent, and the transport that frames it. A thousand members
of a channel fall into two to five classes. Speech is said to classes; what a class should not see renders to no lines.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeAlias

import attrs

from freeq_proto.caps import (
    ACCOUNT_NOTIFY,
    ACCOUNT_TAG,
    AWAY_NOTIFY,
    BATCH,
    CHGHOST,
    EXTENDED_JOIN,
    EXTENDED_MONITOR,
    INVITE_NOTIFY,
    MESSAGE_REDACTION,
    MESSAGE_TAGS,
    MULTILINE,
    SERVER_TIME,
    SETNAME,
    CapSet,
)
from freeq_proto.history import Stamp
from freeq_proto.irc import format_server_time

Wire: TypeAlias = int
"""Transport number in the lowest bits, capabilities that matter for rendering above them."""

Frame: TypeAlias = Callable[[Sequence[str]], bytes]
"""Makes the bytes of one transport out of lines without CR LF; given by the engine, one per transport."""

_TRANSPORT_BITS: Final = 2
TRANSPORT_MASK: Final = (1 << _TRANSPORT_BITS) - 1

TAGGING: Final[CapSet] = MESSAGE_TAGS | SERVER_TIME | ACCOUNT_TAG
RENDERED: Final[CapSet] = (
    TAGGING
    | ACCOUNT_NOTIFY
    | AWAY_NOTIFY
    | BATCH
    | CHGHOST
    | EXTENDED_JOIN
    | EXTENDED_MONITOR
    | INVITE_NOTIFY
    | MESSAGE_REDACTION
    | MULTILINE
    | SETNAME
)


def wire_class(caps: CapSet, transport: int) -> Wire:
    """The class of a session with these capabilities on this transport."""
    return (caps & RENDERED) << _TRANSPORT_BITS | transport


def caps_of(wire: Wire) -> CapSet:
    """The capabilities in a wire class."""
    return wire >> _TRANSPORT_BITS


def interest_mask(interest: CapSet) -> Wire:
    """The bits of a wire class that matter to speech of this interest."""
    return interest << _TRANSPORT_BITS | TRANSPORT_MASK


class Speech(Protocol):
    """Something to say."""

    @property
    def interest(self) -> CapSet:
        """The capabilities that change what :meth:`lines` returns."""

    def lines(self, caps: CapSet) -> Sequence[str]:
        """The lines (without CR LF) for a recipient with ``caps``; none for one that should hear nothing."""


@attrs.define
class Line:
    """One line, with the tags that the server adds for those who asked for them."""

    body: str
    """From the source's colon on."""
    stamp: Stamp | None = None
    """For the ``time`` and ``msgid`` tags."""
    account: str | None = None
    """The DID of whoever says it, for the ``account`` tag."""
    client_tags: str = ""
    """Client-only tags, escaped and joined as they go on the wire."""
    bot: bool = False
    """Whether the speaker is marked as a bot."""
    needs: CapSet = 0
    """Capabilities without which it is not heard."""
    extra: str = ""
    """A tag that this line carries for all, such as ``batch=1``; it comes first."""

    @property
    def interest(self) -> CapSet:
        """Tags, and whatever it needs."""
        return TAGGING | self.needs

    def lines(self, caps: CapSet) -> Sequence[str]:
        """The line with the tags of ``caps``."""
        if self.needs & ~caps:
            return ()
        tags = self._tags(caps) if caps & TAGGING or self.extra else ""
        return (f"@{tags} {self.body}" if tags else self.body,)

    def _tags(self, caps: CapSet) -> str:
        tags = [self.extra] if self.extra else []
        stamp = self.stamp
        if stamp is not None and caps & SERVER_TIME:
            tags.append("time=" + format_server_time(stamp.unix_ms))
        if self.account is not None and caps & ACCOUNT_TAG:
            tags.append("account=" + self.account)
        if caps & MESSAGE_TAGS:
            if stamp is not None:
                tags.append("msgid=" + stamp.msgid)
            if self.bot:
                tags.append("bot")
            if self.client_tags:
                tags.append(self.client_tags)
        return ";".join(tags)


@attrs.define
class Either:
    """One thing to those who have all of ``caps``, another to the rest (None: nothing)."""

    caps: CapSet
    to_those: Speech | None
    to_others: Speech | None = None

    @property
    def interest(self) -> CapSet:
        """The choice, and both branches."""
        inner = (branch.interest for branch in (self.to_those, self.to_others) if branch is not None)
        result = self.caps
        for interest in inner:
            result |= interest
        return result

    def lines(self, caps: CapSet) -> Sequence[str]:
        """The lines of the branch that fits."""
        branch = self.to_others if self.caps & ~caps else self.to_those
        return () if branch is None else branch.lines(caps)


@attrs.define
class Several:
    """One thing after another, never torn apart."""

    parts: Sequence[Speech]

    @property
    def interest(self) -> CapSet:
        """That of all parts."""
        result = 0
        for part in self.parts:
            result |= part.interest
        return result

    def lines(self, caps: CapSet) -> Sequence[str]:
        """The lines of all parts in order."""
        return [line for part in self.parts for line in part.lines(caps)]
