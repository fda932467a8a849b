"""What a client tells its program: one class for each thing that happens.

Names are as the server wrote them; compare them with ``client.fold``. Times are milliseconds since 1970. An event
that is about ourselves has ``is_self`` set.
"""

from typing import TypeAlias

import attrs

from freeq_proto.boundary import Destination
from freeq_proto.client.answers import Answered
from freeq_proto.client.config import StsPolicy
from freeq_proto.client.said import (
    CtcpReceived,
    MessageEdited,
    MessageReceived,
    MessageRedacted,
    ReactionAdded,
    ReactionRemoved,
    Source,
    TypingChanged,
)
from freeq_proto.irc import Message, ModeChange

# --- the connection ------------------------------------------------------------------------------------------------


@attrs.frozen
class Connecting:
    """A destination is being dialled."""

    destination: Destination
    attempt: int
    """Counts from 1 in a row of attempts."""


@attrs.frozen
class Connected:
    """A destination was reached; registration begins."""

    destination: Destination
    address: str
    """The server's IP address."""
    authenticated: bool
    """Whether TLS proved that it is the host that was dialled."""


@attrs.frozen
class Registered:
    """The server took us: everything may be sent from now on, and what it can do is known."""

    nick: str
    server: str
    """Its name."""
    network: str
    """The network's name, or "" if the server does not say."""
    account: str | None
    """What we are signed in as, or None for a guest."""


@attrs.frozen
class SignedIn:
    """We are signed in, at registration or later."""

    account: str
    mechanism: str
    """Of SASL; "" where the server did it by itself."""


@attrs.frozen
class SignInFailed:
    """Signing in did not work; without ``require_sign_in`` the client goes on as a guest."""

    reason: str
    mechanism: str = ""
    """The last that was tried; "" if none could be."""


@attrs.frozen
class StsPolicyChanged:
    """The server's policy of strict transport security is new, renewed or ended (``expires_unix_ms`` 0): keep it."""

    policy: StsPolicy


@attrs.frozen
class Disconnected:
    """There is no connection any more, or there never was one to this destination."""

    reason: str
    retry_in_seconds: float | None
    """When the next attempt is due; None: there is none, and :class:`Stopped` follows."""
    unsent: int = 0
    """Lines that the program said and that never left: they still waited for their turn (``SendBudget``)."""
    upgrading: bool = False
    """The same server is dialled again at once, over TLS, as it asked (IRCv3 sts): nothing failed."""


@attrs.frozen
class Stopped:
    """The end: the client does nothing more by itself."""

    reason: str


# --- channels ------------------------------------------------------------------------------------------------------


@attrs.frozen
class Joined:
    """Somebody came into a channel. After our own coming, :class:`MembersListed` says when all members are known."""

    channel: str
    who: Source
    account: str | None = None
    """If the server tells (extended-join): what they are signed in as."""
    realname: str = ""
    is_self: bool = False
    netjoin: bool = False
    """They come back after servers were split."""


@attrs.frozen
class MembersListed:
    """The members of a channel that we came into are all known now."""

    channel: str


@attrs.frozen
class MembersIdentified:
    """Accounts, hosts and absences of those who were in a channel before us are known now (WHOX)."""

    channel: str


@attrs.frozen
class JoinFailed:
    """We cannot be in a channel that we wanted to be in."""

    channel: str
    code: str
    """The numeric."""
    text: str


@attrs.frozen
class Parted:
    """Somebody left a channel."""

    channel: str
    who: Source
    reason: str = ""
    is_self: bool = False


@attrs.frozen
class Kicked:
    """Somebody was removed from a channel."""

    channel: str
    nick: str
    """Who was removed."""
    by: Source
    reason: str = ""
    is_self: bool = False


@attrs.frozen
class Quit:
    """Somebody left the network."""

    who: Source
    channels: tuple[str, ...]
    """Those that we shared."""
    reason: str = ""
    netsplit: bool = False
    """Servers were split: they did not leave by themselves."""


@attrs.frozen
class TopicChanged:
    """A channel has another topic, or it became known."""

    channel: str
    topic: str
    """"" for none."""
    by: Source | None = None
    """None where the server told the topic because we came or asked."""


@attrs.frozen
class ModeChanged:
    """Modes of a channel, or of ourselves, were changed."""

    target: str
    changes: tuple[ModeChange, ...]
    by: Source
    is_self: bool = False
    """Whether the modes are those of ourselves."""


@attrs.frozen
class Invited:
    """Somebody was invited into a channel."""

    channel: str
    nick: str
    by: Source
    is_self: bool = False


# --- users ---------------------------------------------------------------------------------------------------------


@attrs.frozen
class NickChanged:
    """Somebody has another nick."""

    who: Source
    """With the old one."""
    nick: str
    """The new one."""
    is_self: bool = False


@attrs.frozen
class AwayChanged:
    """Somebody went away or came back."""

    who: Source
    message: str | None
    """None: they are back."""
    is_self: bool = False


@attrs.frozen
class AccountChanged:
    """Somebody signed in or out."""

    who: Source
    account: str | None
    """None: signed out."""
    is_self: bool = False


@attrs.frozen
class HostChanged:
    """Somebody has another username or host."""

    who: Source
    """With the old ones."""
    username: str
    host: str
    is_self: bool = False


@attrs.frozen
class NameChanged:
    """Somebody has another realname."""

    who: Source
    realname: str
    is_self: bool = False


@attrs.frozen
class PresenceChanged:
    """A nick that we MONITOR came or went."""

    nick: str
    online: bool


# --- the server speaks -------------------------------------------------------------------------------------------


@attrs.frozen
class HistoryGap:
    """Not all that was said while we were away could be fetched: some is missing before the messages that follow."""

    target: str


@attrs.frozen
class ServerNotice:
    """A NOTICE from the server itself."""

    text: str
    source: Source


@attrs.frozen
class StandardReply:
    """A FAIL, WARN or NOTE (IRCv3 standard-replies) that answers no request."""

    kind: str
    """``FAIL``, ``WARN`` or ``NOTE``."""
    command: str
    """What it is about; ``*`` for nothing in particular."""
    code: str
    context: tuple[str, ...]
    text: str


@attrs.frozen
class ErrorReply:
    """An error numeric that answers no request."""

    code: str
    """Three digits."""
    params: tuple[str, ...]
    """Without our nick and the text."""
    text: str


@attrs.frozen
class Unhandled:
    """A message that this library makes nothing of, or that changes nothing it tracks: numerics without a request, …"""

    message: Message


@attrs.frozen
class Unreadable:
    """A line that is no IRC message."""

    line: bytes
    """Its first 512 bytes."""


@attrs.frozen
class Fault:
    """A bug of this library; the line that met it is dropped, and the client goes on."""

    error: Exception


ClientEvent: TypeAlias = (
    Connecting
    | Connected
    | Registered
    | SignedIn
    | SignInFailed
    | StsPolicyChanged
    | Disconnected
    | Stopped
    | Joined
    | MembersListed
    | MembersIdentified
    | JoinFailed
    | Parted
    | Kicked
    | Quit
    | TopicChanged
    | ModeChanged
    | Invited
    | NickChanged
    | AwayChanged
    | AccountChanged
    | HostChanged
    | NameChanged
    | PresenceChanged
    | MessageReceived
    | CtcpReceived
    | TypingChanged
    | ReactionAdded
    | ReactionRemoved
    | MessageEdited
    | MessageRedacted
    | HistoryGap
    | ServerNotice
    | StandardReply
    | ErrorReply
    | Unhandled
    | Unreadable
    | Fault
    | Answered
)
