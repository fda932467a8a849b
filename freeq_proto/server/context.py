"""What every rule of a server may read and use: its state, its time, and a few services.

Below this file are the things themselves (sessions, users, channels, the world, speech); above it are the rules about
them. A rule is handed a :class:`Context` and never the server that drives it, so no rule can reach back up.
"""

import abc
import itertools
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Final, Protocol

from freeq_proto.authority import Body, PrincipalId, Verdict
from freeq_proto.boundary import Effect, Entropy, Event, Now, Request, Result, Row, Ticket, Timers
from freeq_proto.caps import Offer, effective
from freeq_proto.history import Mint, RecentMessages, Stamp
from freeq_proto.identity import Resolver
from freeq_proto.sasl import GuessMemory, TokenMemory
from freeq_proto.server.allowance import Allowance
from freeq_proto.server.background import Background
from freeq_proto.server.channel import Channel
from freeq_proto.server.config import Config, IdentityPolicy
from freeq_proto.server.fanout import Fanout
from freeq_proto.server.gate import Gate, Lane
from freeq_proto.server.identity import ServerIdentity
from freeq_proto.server.offer import Ground, ground_of, offer
from freeq_proto.server.session import Session
from freeq_proto.server.speech import Frame, Speech
from freeq_proto.server.timing import TimerKey
from freeq_proto.server.user import User
from freeq_proto.server.world import World

CLAIMS_FROM_ONE_PLACE: Final = 10
"""Nicks that may become accounts' from one address within an hour: accounts are free."""


class Proposer(Protocol):
    """Whoever proposes acts, and hears first what became of them: the turn of a command."""

    @property
    def user(self) -> User:
        """In whose name the acts are."""

    def fail(self, command: str, code: str, *context: str, text: str) -> None:
        """The acts did not happen."""

    def broadcast(self, channel: Channel, speech: Speech) -> None:
        """Tell a channel of them."""


class Acts(Protocol):
    """Where acts go: see :mod:`freeq_proto.server.ledger`."""

    def commit(
        self,
        proposer: Proposer,
        name: str,
        bodies: Sequence[Body],
        reason: str = "",
        *,
        names_absent: bool = True,
    ) -> Generator[Request, Result | None, list[Verdict] | None]:
        """Propose acts and wait until they are placed; None if they were not stored, or not in time."""
        ...

    def guest_ended(self, guest: PrincipalId) -> None:
        """A guest's session is over."""

    def left(self, channel: Channel, gone: PrincipalId | None = None) -> None:
        """Somebody left a channel."""

    def is_lapsing(self, channel: Channel) -> bool:
        """Whether a channel is about to end."""
        ...


def make_resolver(policy: IdentityPolicy, clock: Callable[[], Now]) -> Resolver:
    """What finds out who stands behind a DID, as the operator wants it done."""
    return Resolver(
        plc_directory=policy.plc_directory,
        private_network=policy.private_network,
        clock=clock,
        document_seconds=policy.document_seconds,
    )


class Context(abc.ABC):
    """The state of one server, and the services that its rules share."""

    ledger: Acts
    background: Background
    gate: Gate
    """Where whoever signs in waits until he may ask the network."""
    recheck_gate: Gate
    """Where looks at identities that are here wait for the same."""
    lane: Lane
    """Where sign-ins wait for a turn that has room."""
    summaries: Mapping[str, str]
    """Command to what HELP says of it."""

    def __init__(
        self, config: Config, *, identity: ServerIdentity, entropy: Entropy, frames: Sequence[Frame], now: Now
    ) -> None:
        self.config = config
        self.identity = identity
        self.entropy = entropy
        self.now = now
        """The time of the input at hand."""
        self.started_ms = now.unix_ms
        self.world = World()
        self.fanout = Fanout(frames)
        self.mint = Mint(entropy)
        self.recent = RecentMessages(config.limits.history_window)
        self.timers: Timers[TimerKey] = Timers()
        self.effects: list[Effect] = []
        """Asked of the runtime, and not handed out yet."""
        self.rows: list[Row] = []
        """To be written, and not handed out yet."""
        self.events: list[Event] = []
        self.resolver = make_resolver(config.identity, lambda: self.now)
        """Finds out who stands behind a DID or a handle."""
        self.tokens = TokenMemory()
        """The service-auth tokens that were used."""
        self.claims = Allowance(CLAIMS_FROM_ONE_PLACE, 3600)
        """New owners of nicks, by where they are."""
        self.guesses = GuessMemory()
        """The passwords that were tried."""
        self._offers: dict[Ground, Offer] = {}
        self._tickets = itertools.count(1)

    def stamp(self) -> Stamp:
        """A fresh message id and time."""
        return self.mint.mint(self.now)

    def next_ticket(self) -> Ticket:
        """A fresh ticket."""
        return Ticket(next(self._tickets))

    def request(self, effect: Effect) -> None:
        """Ask something of the runtime."""
        self.effects.append(effect)

    def keep(self, *rows: Row) -> None:
        """Have rows written with what else this turn writes; nobody waits for them."""
        self.rows += rows

    def emit_event(self, event: Event) -> None:
        """Tell the program around."""
        self.events.append(event)

    def offer_to(self, session: Session) -> Offer:
        """What is offered on this session's connection."""
        ground = ground_of(session.peer)
        found = self._offers.get(ground)
        if found is None:
            found = self._offers[ground] = offer(self.config, ground)
        return found

    def update_caps(self, session: Session) -> None:
        """Put in force what a session negotiated."""
        self.world.set_caps(session, effective(session.negotiation.enabled))

    @abc.abstractmethod
    def close(self, session: Session, reason: str, *, abort: bool = False, silent: bool = False) -> None:
        """End a connection: tell it why (ERROR, unless ``silent``), and everybody who saw its user (QUIT)."""

    @abc.abstractmethod
    def registered(self, session: Session) -> None:
        """A session became a user."""
