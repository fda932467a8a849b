"""What a client is told before it starts: where to go, who to be, and how much it may keep."""

from typing import Final

import attrs

from freeq_proto.boundary import Destination, LocalProtocolError
from freeq_proto.client.words import LONGEST_NAME, is_channel_word, is_word
from freeq_proto.sasl import Credentials

DEFAULT_PORT: Final = 6697
"""IRC over TLS (RFC 7194)."""


class ConfigurationError(LocalProtocolError):
    """A client cannot be configured like this."""


@attrs.frozen
class Backoff:
    """When to try again after a connection was lost or refused."""

    initial: float = 1.0
    """Seconds before the first attempt of a row."""
    factor: float = 2.0
    """By how much each wait is longer than the one before."""
    maximum: float = 60.0
    """Seconds of the longest wait."""
    jitter: float = 0.5
    """The part of a wait, from 0 to 1, that chance may take away: a thousand clients should not come back at once."""
    stable_seconds: float = 60.0
    """A connection that was registered for so long starts a new row."""
    attempts: int | None = None
    """Attempts in one row before the client stops, or None for no end."""


@attrs.frozen
class SendBudget:
    """How fast a server lets us speak: a bucket of ``burst`` lines, refilled at ``lines_per_second`` (0: no limit)."""

    burst: int = 5
    lines_per_second: float = 1.0
    queue: int = 5_000
    """Lines that may wait. The drivers have whoever says more wait for room; the engine raises
    :class:`~freeq_proto.client.QueueFullError`."""


@attrs.frozen
class Times:
    """How long a client waits, in seconds."""

    connect: float = 30.0
    """For one destination to be reached, TLS included."""
    register: float = 60.0
    """From being connected to being registered, signing in included."""
    idle: float = 60.0
    """For anything from the server, before it is sent a PING."""
    pong: float = 60.0
    """For anything after that PING, before the connection is given up."""
    request: float = 30.0
    """For the answer of a request that does not say otherwise."""
    fetch: float = 15.0
    """For one answer of the runtime (HTTP, DNS, a computation) while signing in."""
    regain: float = 60.0
    """Between attempts to get the wanted nick back from a server without MONITOR."""
    flush: float = 10.0
    """For what was said before to be sent, before QUIT is said all the same."""
    quit: float = 5.0
    """For the server to close the connection after our QUIT."""


@attrs.frozen
class Bounds:
    """How much of what a server says is kept. What is beyond is dropped, and never more than this is held."""

    channels: int = 1_000
    """Channels that we are in."""
    members: int = 100_000
    """Members of one channel."""
    all_members: int = 200_000
    """Members of all channels together; who is in several counts in each."""
    list_entries: int = 10_000
    """Entries of one list of one channel: bans, exceptions, quiets."""
    tokens: int = 500
    """ISUPPORT tokens."""
    batches: int = 64
    """Batches open at a time."""
    batch_bytes: int = 8 << 20
    """Bytes of messages held in open batches, all together."""
    requests: int = 1_000
    """Requests that wait for their answer."""
    answer_bytes: int = 32 << 20
    """Bytes of answers that are not complete, all together."""
    seen_messages: int = 10_000
    """Messages that are remembered so that none is told twice."""
    held_messages: int = 5_000
    """Messages that wait while those before them are fetched."""
    held_bytes: int = 8 << 20
    """Bytes of those, all together."""


@attrs.frozen
class CatchUp:
    """What to fetch with CHATHISTORY after a connection was lost."""

    messages: int = 1_000
    """Messages of one channel or conversation that are fetched at most; 0 fetches none."""
    conversations: int = 50
    """Conversations with others that are looked into at most; 0 fetches channels only."""


@attrs.frozen
class StsPolicy:
    """A host that must be reached over TLS (IRCv3 sts). Keep it, and hand it to the next client."""

    host: str
    port: int
    """The port for TLS."""
    expires_unix_ms: int | None = None
    """Milliseconds since 1970, or None: as long as this client runs."""


def _as_destinations(value: Destination | str | tuple[Destination | str, ...]) -> tuple[Destination, ...]:
    several = value if isinstance(value, tuple) else (value,)
    return tuple(Destination(each, DEFAULT_PORT) if isinstance(each, str) else each for each in several)


def _as_credentials(value: Credentials | tuple[Credentials, ...] | None) -> tuple[Credentials, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def _as_channels(value: tuple[str | tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((each, "") if isinstance(each, str) else each for each in value)


def _is_word(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if not is_word(value):
        raise ConfigurationError(f"{attribute.name} is one word of at most {LONGEST_NAME} bytes")


def _is_line(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if not _BREAKS_A_LINE.isdisjoint(value) or len(value.encode(errors="replace")) > _LONGEST_TEXT:
        raise ConfigurationError(f"{attribute.name} fits one line, without CR, LF or NUL")


_BREAKS_A_LINE: Final = frozenset("\r\n\0")
_LONGEST_TEXT: Final = 400


@attrs.frozen(kw_only=True)
class ClientConfig:
    """How one client behaves. Only ``destination`` and ``nick`` have to be given."""

    destination: tuple[Destination, ...] = attrs.field(converter=_as_destinations)
    """Where to connect: one, or several to be tried in turn. A bare host name means TLS on port 6697."""
    nick: str = attrs.field(validator=_is_word)
    """The wanted nick, until the program asks for another."""
    alternatives: tuple[str, ...] = attrs.field(default=())
    """Nicks to take, in order, while the wanted one is not to be had; after them, the wanted one with a suffix."""
    regain_nick: bool = True
    """Whether to take the wanted nick as soon as it is free."""
    username: str = attrs.field(default="freeq", validator=_is_word)
    realname: str = attrs.field(default="freeq", validator=_is_line)
    password: str = attrs.field(default="", repr=False, validator=_is_line)
    """Of the server (PASS), not of the user."""
    user_modes: str = attrs.field(default="", validator=_is_line)
    """Set on ourselves after registration, as ``+iB``; then those that the program set by ``mode``."""

    credentials: tuple[Credentials, ...] = attrs.field(default=(), converter=_as_credentials, repr=False)
    """Ways to sign in (SASL), tried in order; one, several or none."""
    require_sign_in: bool = False
    """Whether to stop where no way to sign in works, instead of going on as a guest."""
    allow_unauthenticated: bool = False
    """Sign in even to a server whose certificate proves nothing: for loopback and tests only."""
    plc_directory: str = "https://plc.directory"
    """Where did:plc documents are looked up when signing in."""
    private_network: bool = False
    """Whether signing in may contact plain HTTP and addresses that are not public: for tests."""

    channels: tuple[tuple[str, str], ...] = attrs.field(default=(), converter=_as_channels)
    """Joined after registration: names, or pairs of name and key."""
    rejoin: bool = True
    """Whether to be, after a reconnection, in the channels that we were in (and did not leave)."""
    rejoin_after_kick: bool = False
    """Whether that includes those that we were kicked from. They are rejoined after a reconnection, not at once."""
    whox_members: int = 500
    """On joining a channel of at most so many members, ask who they are (WHO), of servers with WHOX; 0: never."""
    catch_up: CatchUp = CatchUp()

    capabilities: tuple[str, ...] = ()
    """Names of capabilities to ask for beside those that this library makes use of by itself."""
    without: tuple[str, ...] = ()
    """Names of capabilities not to ask for."""
    reconnect: Backoff | None = Backoff()
    """None: stop when the connection is lost."""
    send_budget: SendBudget = SendBudget()
    times: Times = Times()
    bounds: Bounds = Bounds()
    fallback_encoding: str = attrs.field(default="latin-1")
    """How a line that is not UTF-8 is read: one of Python's single-byte encodings."""
    sts: tuple[StsPolicy, ...] = ()
    """Kept from earlier :class:`~freeq_proto.client.StsPolicyChanged` events."""
    final_errors: tuple[str, ...] = (
        "same identity reconnected", "k-lined", "g-lined", "z-lined", "k:lined", "g:lined", "z:lined", "banned",
    )  # fmt: skip
    """A closing ERROR that holds one of these (in any case of letters) ends the client: coming back would not help."""
    slow_errors: tuple[str, ...] = ("throttled", "too fast", "too many connections", "too many host", "max sendq")
    """A closing ERROR that holds one of these makes the next attempt wait for the backoff's maximum."""

    @destination.validator
    def _has_one(self, _: object, value: tuple[Destination, ...]) -> None:
        if not value:
            raise ConfigurationError("a client needs a destination")

    @alternatives.validator
    def _are_words(self, _: object, value: tuple[str, ...]) -> None:
        if not all(map(is_word, value)):
            raise ConfigurationError(f"an alternative nick is one word of at most {LONGEST_NAME} bytes")

    @channels.validator
    def _are_channels(self, _: object, value: tuple[tuple[str, str], ...]) -> None:
        if not all(is_channel_word(name) and (not key or is_channel_word(key)) for name, key in value):
            raise ConfigurationError(
                f"a channel, and its key, is one word without comma, of at most {LONGEST_NAME} bytes"
            )

    @fallback_encoding.validator
    def _is_single_byte(self, _: object, value: str) -> None:
        try:
            text = bytes(range(256)).decode(value, errors="replace")
        except LookupError:
            raise ConfigurationError("fallback_encoding is not an encoding of Python's") from None
        if len(text) != 256:
            raise ConfigurationError("fallback_encoding maps each byte to one character")
