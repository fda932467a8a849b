"""A session: one connection that speaks IRC, with its capabilities, its outbox and its lines that wait."""

from collections import deque
from typing import Protocol

import attrs

from freeq_proto.boundary import ConnId, Outbox, PeerInfo
from freeq_proto.caps import CapSet, ServerNegotiation
from freeq_proto.irc import Folded
from freeq_proto.sasl import ServerExchange
from freeq_proto.server.login import Login
from freeq_proto.server.speech import Wire, wire_class
from freeq_proto.server.user import User


class ClientBatch(Protocol):
    """A batch that a client has opened and not closed; :mod:`freeq_proto.server.multiline` knows what is in it."""

    reference: str
    """As the client calls it."""


@attrs.define
class Registration:
    """What a connection said of itself before it is a user."""

    nick: str = ""
    username: str = ""
    realname: str = ""
    password: str = attrs.field(default="", repr=False)


@attrs.define(eq=False)
class Session:
    """One connection. Idle ones are many, so what few need is made when needed."""

    conn: ConnId
    peer: PeerInfo
    transport: int
    """Number of the framing (:data:`~freeq_proto.server.speech.Frame`)."""
    host: str
    """The cloak of its address."""
    outbox: Outbox
    tokens: float
    """Lines that may be taken at once (flood control)."""
    refilled_at: float
    heard_at: float
    """When anything last came (seconds, monotonic)."""
    negotiation: ServerNegotiation = attrs.field(factory=ServerNegotiation)
    caps: CapSet = 0
    """The capabilities that are in force."""
    wire: Wire = 0
    registration: Registration | None = attrs.field(factory=Registration)
    """None once registered."""
    user: User | None = None
    exchange: ServerExchange | None = None
    """Its AUTHENTICATE commands, once there was one."""
    login: Login | None = None
    """How it signed in, if it did."""
    inbox: deque[bytes] | None = attrs.field(default=None, repr=False)
    """Lines that wait for their turn."""
    inbox_bytes: int = 0
    paused: bool = False
    """Whether the runtime was asked to stop reading."""
    pinged: bool = False
    """Whether a PING of ours is unanswered."""
    monitored: dict[Folded, str] | None = None
    """Nicks on its MONITOR list, as it wrote them."""
    batch: ClientBatch | None = None
    """A client batch that is open."""
    label_count: int = 0
    """How many batches were named for this session, so that names differ."""

    def __attrs_post_init__(self) -> None:
        self.wire = wire_class(self.caps, self.transport)

    @property
    def closing(self) -> bool:
        """Whether the server is done with it."""
        return self.outbox.closed

    @property
    def name(self) -> str:
        """What numerics call it: the nick, or ``*`` while there is none."""
        if self.user is not None:
            return self.user.nick
        return (self.registration.nick if self.registration is not None else "") or "*"

    def next_batch(self) -> str:
        """A reference tag for a batch, unique on this connection."""
        self.label_count += 1
        return str(self.label_count)
