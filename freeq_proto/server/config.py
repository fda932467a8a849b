"""What an operator decides about a server, as one cold value.

Nothing here is read from anywhere: a runtime or an embedding program makes it and passes it in. Limits that the
admission of an act to a channel's list reads are constants of the rules (see :mod:`freeq_proto.authority`), not
configuration, because every server of a network must agree on them.
"""

import re
from collections.abc import Callable

import attrs

from freeq_proto.boundary import LocalProtocolError

_SERVER_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*\Z")
SERVER_NAME_LIMIT = 63


class ConfigurationError(LocalProtocolError):
    """A value that the server cannot run with; the message names it and what is allowed."""


def _at_least(key: str, least: float) -> Callable[[object, object, float], None]:
    def validate(_owner: object, _attribute: object, value: float) -> None:
        if value < least:
            raise ConfigurationError(f"{key} is {value!r}; allowed is a number from {least}")

    return validate


def _server_name(_owner: object, _attribute: object, value: str) -> None:
    if len(value) > SERVER_NAME_LIMIT or _SERVER_NAME.match(value) is None:
        raise ConfigurationError(
            f"server.name is {value!r}; allowed is a host name of at most {SERVER_NAME_LIMIT} characters"
        )


def _network_name(_owner: object, _attribute: object, value: str) -> None:
    if not re.match(r"[!-~]{1,32}\Z", value):
        raise ConfigurationError(f"server.network is {value!r}; allowed are 1 to 32 printable characters without space")


@attrs.frozen
class Flood:
    """The budget of lines: a bucket of ``burst`` lines that refills at ``lines_per_second`` (0: no limit at all)."""

    burst: int = attrs.field(default=20, validator=_at_least("flood.burst", 1))
    lines_per_second: float = attrs.field(default=4.0, validator=_at_least("flood.lines_per_second", 0))


@attrs.frozen
class Limits:
    """How much of the server one client, one address and everybody together may take."""

    clients: int = attrs.field(default=10_000, validator=_at_least("limits.clients", 1))
    """Connections in all."""
    clients_per_address: int = attrs.field(default=20, validator=_at_least("limits.clients_per_address", 1))
    """Connections from one IPv4 address or one IPv6 /64."""
    channels: int = attrs.field(default=50_000, validator=_at_least("limits.channels", 1))
    """Channels in all."""
    channels_per_user: int = attrs.field(default=100, validator=_at_least("limits.channels_per_user", 1))
    monitor: int = attrs.field(default=100, validator=_at_least("limits.monitor", 1))
    """Nicks that one client may MONITOR."""
    sendq_bytes: int = attrs.field(default=1 << 20, validator=_at_least("limits.sendq_bytes", 16_384))
    """Bytes held for a client that reads too slowly, before it is cut off."""
    recvq_bytes: int = attrs.field(default=65_536, validator=_at_least("limits.recvq_bytes", 16_384))
    """Bytes of lines that wait for their turn, before the client is cut off."""
    registration_seconds: float = attrs.field(default=60.0, validator=_at_least("limits.registration_seconds", 1))
    """From connecting to being a user."""
    ping_seconds: float = attrs.field(default=120.0, validator=_at_least("limits.ping_seconds", 1))
    """Silence after which a client is sent a PING."""
    pong_seconds: float = attrs.field(default=60.0, validator=_at_least("limits.pong_seconds", 1))
    """Silence after that PING, before the connection counts as dead."""
    history_window: int = attrs.field(default=10_000, validator=_at_least("limits.history_window", 1))
    """Messages remembered for REDACT."""


@attrs.frozen
class Operator:
    """Somebody who may use OPER."""

    name: str
    password: str
    """Argon2id PHC string, as ``freeq hash-password`` prints it."""
    hosts: tuple[str, ...] = ()
    """``user@host`` masks (cloaked host or DID with ``~a:``) from which it works; empty for everywhere."""


@attrs.frozen
class StrictTransport:
    """The ``sts`` capability: where TLS is spoken, and for how long clients should insist on it."""

    port: int
    duration_seconds: int


@attrs.frozen
class SaslPolicy:
    """Which ways to sign in there are."""

    methods: tuple[str, ...] = ("crypto", "service-auth")
    """Methods of ATPROTO-CHALLENGE. ``pds-session`` and ``pds-oauth`` may be added: they hand a token of the user's to
    this server, and whoever runs another one that a user signs in to in this way can sign in here with it."""
    plain: bool = False
    """Whether PLAIN with an app password is taken, over TLS or from this machine: for clients that know no better."""
    external: bool = True
    """Whether EXTERNAL is taken from connections that present a TLS client certificate."""
    bindings: tuple[str, ...] = ("lxm", "none")
    """Forms of service-auth tokens: ``lxm`` carries a hash of the challenge and of the TLS channel, ``none`` does not,
    ``aud`` carries it in the audience (experimental)."""
    legacy_audience: bool = True
    """Whether the audience may lack the service's fragment, as PDSs before 0.5.1 issue it."""


@attrs.frozen
class IdentityPolicy:
    """How this server finds out who stands behind a DID."""

    did: str = ""
    """The server's own DID, the audience of service-auth tokens; "" for ``did:web:`` and the server's name."""
    plc_directory: str = "https://plc.directory"
    """Where did:plc documents come from."""
    private_network: bool = False
    """Whether DID documents may name hosts that are not public, and plain HTTP: for tests and closed networks."""
    document_seconds: float = attrs.field(default=600.0, validator=_at_least("identity.document_seconds", 0))
    """How long a DID document is remembered."""
    recheck_seconds: float = attrs.field(default=900.0, validator=_at_least("identity.recheck_seconds", 10))
    """How often the identity behind each session is looked at again; a change signs the session out."""
    nick_seconds: float = attrs.field(default=30.0, validator=_at_least("identity.nick_seconds", 0))
    """How long somebody may keep a nick that belongs to an account, once he is signed in as that account no more."""
    nick_days: float = attrs.field(default=90.0, validator=_at_least("identity.nick_days", 1))
    """How long a nick belongs to an account that nobody signs in as."""


@attrs.frozen
class Admin:
    """What ADMIN answers (RFC 2812 section 3.4.9)."""

    location: str = ""
    organisation: str = ""
    email: str = ""


@attrs.frozen
class Config:
    """Everything that one server runs with."""

    name: str = attrs.field(validator=_server_name)
    """The server's host name, as clients reach it; challenges are bound to it."""
    network: str = attrs.field(default="freeq", validator=_network_name)
    description: str = "a freeq server"
    motd: tuple[str, ...] = ()
    """Lines of the message of the day; none: 422."""
    admin: Admin = Admin()
    password: str = ""
    """Argon2id PHC string that PASS must match, or "" for none."""
    operators: tuple[Operator, ...] = ()
    flood: Flood = Flood()
    limits: Limits = Limits()
    sasl: SaslPolicy = SaslPolicy()
    identity: IdentityPolicy = IdentityPolicy()
    strict_transport: StrictTransport | None = None
    """Advertised to plaintext clients, when TLS is there."""
    web_origins: tuple[str, ...] = ()
    """Origins whose pages may open a WebSocket; empty for all."""

    def keeping(self, running: "Config") -> "Config":
        """This configuration with what cannot change while a server runs taken from the ``running`` one."""
        limits = attrs.evolve(self.limits, history_window=running.limits.history_window)
        identity = attrs.evolve(
            running.identity,
            recheck_seconds=self.identity.recheck_seconds,
            nick_seconds=self.identity.nick_seconds,
            nick_days=self.identity.nick_days,
        )
        return attrs.evolve(self, name=running.name, network=running.network, limits=limits, identity=identity)
