"""What all parts of a client share: time, randomness, what is owed to the runtime, and what is known."""

import contextlib
import enum
from typing import TypeAlias

from freeq_proto.boundary import (
    ConnId,
    Effect,
    Entropy,
    LocalProtocolError,
    Now,
    Ticket,
    Timers,
)
from freeq_proto.client.config import ClientConfig
from freeq_proto.client.events import ClientEvent
from freeq_proto.client.features import Features
from freeq_proto.client.outgoing import Outgoing, Parcel
from freeq_proto.client.said import Source
from freeq_proto.client.world import World
from freeq_proto.irc import CLIENT_TAGS_LIMIT, Message, is_client_only, split_hostmask

TimerKey: TypeAlias = tuple[str, int]
"""What is due, and of which request; 0 where there is only one."""


class Phase(enum.Enum):
    """Where a client is."""

    IDLE = "idle"
    """Not started, or stopped."""
    WAITING = "waiting"
    """For the next attempt."""
    DIALLING = "dialling"
    REGISTERING = "registering"
    REGISTERED = "registered"
    CLOSING = "closing"
    """QUIT is said, or waits behind what was said before it."""


class NotRegisteredError(LocalProtocolError):
    """There is no connection just now on which this could be sent; see ``client.registered``."""


class TooLongError(LocalProtocolError):
    """A line is longer than the server takes."""


class Core:
    """The shared state of one client."""

    def __init__(self, config: ClientConfig, *, entropy: Entropy, now: Now) -> None:
        self.config = config
        self.entropy = entropy
        self.now = now
        self.events: list[ClientEvent] = []
        self.effects: list[Effect] = []
        self.timers: Timers[TimerKey] = Timers()
        self.phase = Phase.IDLE
        self.conn: ConnId | None = None
        self._tickets = 0
        self.reset(config.nick)

    def reset(self, nick: str) -> None:
        """Forget a connection: the next one begins with nothing."""
        self.features = Features()
        self.world = World(self.features, nick)
        self.outgoing = Outgoing(self.config.send_budget, self.now.mono)
        self.capabilities: dict[str, str] = {}
        """What is enabled, by name, with the value that the server offers it with."""

    # --- saying ----------------------------------------------------------------------------------------------------

    def emit(self, event: ClientEvent) -> None:
        """Tell the program."""
        self.events.append(event)

    def ticket(self) -> Ticket:
        """A fresh one."""
        self._tickets += 1
        return Ticket(self._tickets)

    def arm(self, name: str, seconds: float, number: int = 0) -> None:
        """Have a timer fall due."""
        self.timers.arm((name, number), self.now.mono + seconds)

    def disarm(self, name: str, number: int = 0) -> None:
        """Forget a timer."""
        self.timers.disarm((name, number))

    def render(self, command: str, params: tuple[str, ...], tags: dict[str, str] | None = None) -> bytes:
        """A line with its CR LF. Raises LocalProtocolError for what cannot be said, or is too long."""
        line = Message(command.upper(), list(params), None, tags or {}).format().encode() + b"\r\n"
        start = line.find(b" ") + 1 if tags else 0
        if start > CLIENT_TAGS_LIMIT:
            raise TooLongError(f"the tags take {start} of at most {CLIENT_TAGS_LIMIT} bytes")
        if len(line) - start > self.features.line_length:
            raise TooLongError(f"the line takes {len(line) - start} of at most {self.features.line_length} bytes")
        return line

    def urgent(self, command: str, *params: str) -> None:
        """Send at once."""
        self.outgoing.put_urgent(self.render(command, params))

    @property
    def registered(self) -> bool:
        """Whether everything may be sent."""
        return self.phase is Phase.REGISTERED

    def require_registered(self) -> None:
        """Raise NotRegisteredError unless everything may be sent."""
        if self.phase is not Phase.REGISTERED:
            raise NotRegisteredError(f"not registered with a server: {self.phase.value}")

    def send(self, command: str, *params: str, tags: dict[str, str] | None = None) -> None:
        """Send in turn. Raises LocalProtocolError; tags are left out where the server takes none."""
        self.require_registered()
        self.outgoing.put(Parcel(self.render(command, params, self.permitted(tags))))

    def owe(self, command: str, *params: str) -> None:
        """Send in turn what a wish of the program asks for, however much waits; left out if it fits no line here."""
        with contextlib.suppress(LocalProtocolError):
            self.outgoing.put(Parcel(self.render(command, params), owed=True))

    def permitted(self, tags: dict[str, str] | None) -> dict[str, str]:
        """Those of ``tags`` that may be sent now."""
        if not tags:
            return {}
        if "message-tags" in self.capabilities:
            return tags
        return {key: value for key, value in tags.items() if not is_client_only(key) and key in ("label", "batch")}

    def has(self, capability: str) -> bool:
        """Whether a capability is enabled."""
        return capability in self.capabilities

    # --- reading ---------------------------------------------------------------------------------------------------

    def source(self, message: Message) -> Source:
        """Who sent a message; without a source it is the server."""
        if message.source is None:
            return Source(self.world.server)
        return Source(*split_hostmask(message.source))

    def is_server(self, source: Source) -> bool:
        """Whether a source is a server, and not a user."""
        return source.is_server or source.nick == self.world.server or source.nick == "*"

    def is_me(self, nick: str) -> bool:
        """Whether a nick is ours."""
        return self.world.is_me(nick)
