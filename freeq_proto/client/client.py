"""The client engine: what a runtime drives. Inputs change state, ``drain`` hands out what followed.

Theory of operation. A line goes through four readers in turn: batches keep what means something as a whole only;
requests recognise answers; registration takes what concerns capabilities and signing in; the rest is looked up in
tables of commands and numerics. What nobody knows is an event of its own, so a program misses nothing. Nothing that a
server sends raises; a bug of ours costs the line that met it and is told as ``Fault``.
"""

import contextlib
import functools
from collections.abc import Callable, Mapping

from freeq_proto.boundary import Batch, ConnId, Dialled, Entropy, Now, Result, Ticket
from freeq_proto.client.commands import Commands
from freeq_proto.client.config import ClientConfig
from freeq_proto.client.core import Core, Phase, TooLongError
from freeq_proto.client.events import (
    ClientEvent,
    ErrorReply,
    Fault,
    Joined,
    Kicked,
    MembersListed,
    Parted,
    StandardReply,
    Unhandled,
    Unreadable,
)
from freeq_proto.client.features import Features
from freeq_proto.client.hearing import READERS
from freeq_proto.client.numerics import NUMERICS
from freeq_proto.client.requests import is_error, text_of
from freeq_proto.client.tracking import COMMANDS
from freeq_proto.client.world import Channel, User
from freeq_proto.irc import OVERLONG, MalformedMessage, Message

_SHOWN = 512
"""Bytes of an unreadable line that are told."""
_OUTLIVE_A_CONNECTION = frozenset({"dial", "send"})
_OF_OURSELVES = frozenset({"JOIN", "PART", "KICK"})


class Client(Commands):
    """One client, as pure as arithmetic; two in one process share nothing.

    ``entropy`` and ``now`` have no defaults: the same inputs give the same bytes. ``contain_faults`` False lets a bug
    raise out of the input that met it. Nothing happens before :meth:`start`. Not thread-safe.
    """

    def __init__(self, config: ClientConfig, *, entropy: Entropy, now: Now, contain_faults: bool = True) -> None:
        super().__init__(Core(config, entropy=entropy, now=now))
        self.config = config
        self._contain = contain_faults
        session = self._session
        self._timers: Mapping[str, Callable[[int], None]] = {
            "send": lambda _: None,  # the next drain sends
            "dial": lambda _: session.dial(),
            "connect": lambda _: session.lose("no connection in time", abort=True),
            "register": lambda _: session.lose("not registered in time", abort=True),
            "welcome": lambda _: session.registration.complete() if session.registration is not None else None,
            "idle": lambda _: session.idle(),
            "pong": lambda _: session.lose("the server does not answer", abort=True),
            "flush": lambda _: session.say_goodbye(),
            "quit": lambda _: session.lose("the server did not close the connection"),
            "regain": lambda _: session.nicks.timed_out(),
            "flow": lambda _: session.flows.expire("sign-in"),
            "request": session.requests.expired,
        }

    # --- inputs ----------------------------------------------------------------------------------------------------

    def start(self, now: Now) -> None:
        """Begin: dial the first destination. Raises LocalProtocolError while the client runs."""
        self._core.now = now
        self._session.start()

    def connected(self, conn: ConnId, dialled: Dialled, now: Now) -> None:
        """What a ``Dial`` asked for is there. One that is not wanted any more is closed by its own ``Close``."""
        self._core.now = now
        if self._session.is_current(conn) and self._core.phase is Phase.DIALLING:
            self._contained(lambda: self._session.connected(dialled))

    def receive_data(self, conn: ConnId, data: bytes, now: Now) -> None:
        """Bytes came; ``b""``: the server ended its writing. Those of a connection that is over are ignored."""
        core = self._core
        core.now = now
        if not self._session.is_current(conn):
            return
        if not data:
            self._contained(lambda: self._session.lose("the server closed the connection"))
            return
        self._session.heard()
        for line in self._session.framer.push(data):
            if not self._session.is_current(conn):
                return
            self._line(line)

    def disconnected(self, conn: ConnId, why: str, now: Now) -> None:
        """A connection is gone, or was not made. Unknown and repeated ones change nothing."""
        self._core.now = now
        if self._session.is_current(conn):
            self._contained(lambda: self._session.lost(why))

    def write_pressure(self, conn: ConnId, buffered: int, now: Now) -> None:
        """The transport's buffer crossed a mark: ``buffered`` bytes above the high one, or 0 below the low one."""
        self._core.now = now
        if self._session.is_current(conn):
            self._core.outgoing.blocked = bool(buffered)

    def completed(self, ticket: Ticket, result: Result, now: Now) -> None:
        """An effect was performed. Unknown, late and repeated tickets change nothing."""
        self._core.now = now
        self._contained(lambda: self._session.flows.completed(ticket, result))

    def handle_timeout(self, now: Now) -> None:
        """The deadline of the last batch passed. Called early, it does nothing."""
        self._core.now = now
        conn = self._core.conn
        for name, number in self._core.timers.due(now.mono):
            if self._core.conn != conn and name not in _OUTLIVE_A_CONNECTION:
                continue  # what was due of a connection that another timer has just ended
            self._contained(functools.partial(self._timers[name], number))

    def stop(self, reason: str, now: Now) -> None:
        """Say goodbye and come to an end: ``Disconnected`` and ``Stopped`` follow. Then it can be started again."""
        self.quit(now, reason=reason)

    # --- output ----------------------------------------------------------------------------------------------------

    def drain(self) -> Batch[ClientEvent]:
        """Everything that followed from the inputs since the last drain.

        Perform the writes, then the effects; performing may cause inputs; drain again until a batch is empty (false);
        then sleep until the socket, a completion or the deadline.
        """
        core = self._core
        writes: list[tuple[ConnId, list[bytes]]] = []
        if core.conn is not None and core.phase is not Phase.DIALLING:
            chunks = core.outgoing.take(core.now.mono)
            if chunks:
                writes.append((core.conn, [b"".join(chunks)]))
                self._session.requests.resume()
        due = core.outgoing.due(core.now.mono) if core.conn is not None else None
        if due is None:
            core.disarm("send")
        else:
            core.timers.arm(("send", 0), due)
        effects, core.effects = core.effects, []
        events, core.events = core.events, []
        return Batch(writes, effects, events, core.timers.next_deadline(), more=False)

    # --- what is known: read only ----------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether it was started and has not come to its end."""
        return self._core.phase is not Phase.IDLE

    @property
    def registered(self) -> bool:
        """Whether everything may be sent just now."""
        return self._core.registered

    @property
    def room(self) -> int:
        """Lines that may be said before one raises ``QueueFullError``; it grows when a drained batch holds writes."""
        return self._core.outgoing.room

    @property
    def me(self) -> User:
        """Ourselves."""
        return self._core.world.me

    @property
    def current_nick(self) -> str:
        """The nick that we have now, or ask for."""
        return self._core.world.me.nick

    @property
    def account(self) -> str | None:
        """What we are signed in as; None for a guest."""
        return self._core.world.me.account

    @property
    def user_modes(self) -> str:
        """The letters of our own modes."""
        return "".join(self._core.world.modes)

    @property
    def server(self) -> str:
        """The server's name."""
        return self._core.world.server

    @property
    def channels(self) -> Mapping[str, Channel]:
        """The channels that we are in, by folded name."""
        return self._core.world.channels

    def channel(self, name: str) -> Channel | None:
        """A channel that we are in, by its name in any case of letters."""
        return self._core.world.channel(name)

    def user(self, nick: str) -> User | None:
        """Somebody with whom we share a channel."""
        return self._core.world.user(nick)

    @property
    def isupport(self) -> Features:
        """What the server says it can do."""
        return self._core.features

    @property
    def capabilities(self) -> Mapping[str, str]:
        """The enabled capabilities by name, with their values."""
        return self._core.capabilities

    def has(self, capability: str) -> bool:
        """Whether a capability is enabled."""
        return self._core.has(capability)

    def fold(self, name: str) -> str:
        """A name as it is compared on this server (CASEMAPPING)."""
        return self._core.features.fold(name)

    def is_me(self, nick: str) -> bool:
        """Whether a nick is ours."""
        return self._core.is_me(nick)

    # --- lines -----------------------------------------------------------------------------------------------------

    def _line(self, line: bytes) -> None:
        message = self._parse(line)
        if message is not None:
            self._contained(lambda: self._message(message))

    def _parse(self, line: bytes) -> Message | None:
        if line is not OVERLONG:
            try:
                return Message.parse(line)
            except MalformedMessage:
                pass
            try:
                return Message.parse(line.decode(self.config.fallback_encoding, errors="replace"))
            except MalformedMessage:
                pass
        self._core.emit(Unreadable(line[:_SHOWN]))
        return None

    def _message(self, message: Message) -> None:
        session, requests = self._session, self._session.requests
        if message.command != "ERROR":
            session.closing_words = ""  # they were not the last
        if message.command == "PING":
            with contextlib.suppress(TooLongError):  # what is longer than a line may be, no server sends
                self._core.outgoing.put_pong(self._core.render("PONG", tuple(message.params[:1])))
            return
        if session.batches.take(message):
            return
        answered = session.batches.belongs_to_answer(message)
        pending = requests.labeled(message)
        if pending is not None and message.command != "ACK":
            requests.collect(pending, message)
        claimed = requests.claim(message) if pending is None and not answered else None
        known = self._obey(message)
        if pending is not None:
            requests.finish(pending)
        elif claimed is not None:
            requests.take(claimed, message)
        if not known and not answered and claimed is None and pending is None:
            self._tell(message)

    def _obey(self, message: Message) -> bool:
        """Act on one message; whether it meant something."""
        session, core, command = self._session, self._core, message.command
        if command in READERS:
            if command == "NOTICE" and session.registration is not None:
                session.registration.notice(message)
            return session.conversations.live(message)
        if session.registration is not None and session.registration.take(message):
            return command not in NUMERICS
        if command in COMMANDS:
            return self._track(message)
        if session.nicks.heard(message) or session.wanted.refused(message):
            return True
        if command in NUMERICS:
            teller, needed = NUMERICS[command]
            if len(message.params) >= needed:
                before = len(core.events)
                teller(core, message.params)
                for event in core.events[before:]:
                    if isinstance(event, MembersListed):
                        session.who.listed(event.channel)
                return command not in _ALSO_SHOWN
        if command == "ERROR":
            session.error(message)
            return True
        if command == "PONG":
            session.requests.caught_up(message)
            return True
        return False

    def _track(self, message: Message) -> bool:
        """A command that changes who is where."""
        core, session = self._core, self._session
        handler, needed = COMMANDS[message.command]
        if len(message.params) < needed:
            return False
        session.nicks.heard(message)
        before = len(core.events)
        known = handler(core, message, session.batches.type_of(message))
        if message.command in _OF_OURSELVES:
            for event in core.events[before:]:
                if isinstance(event, Joined | Parted | Kicked) and event.is_self:
                    session.entered(event)
        elif known and message.command == "NICK" and core.is_me(message.params[0]):
            session.nicks.renamed(message.params[0])
        return known

    def _tell(self, message: Message) -> None:
        """Nobody made anything of it: the program hears of it."""
        command, params = message.command, message.params
        if command in ("FAIL", "WARN", "NOTE") and len(params) >= 3:
            self._core.emit(StandardReply(command, params[0], params[1], tuple(params[2:-1]), params[-1]))
        elif is_error(message):
            self._core.emit(ErrorReply(command, tuple(params[1:-1]), text_of(message)))
        else:
            self._core.emit(Unhandled(message))

    def _contained(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception as error:
            if not self._contain:
                raise
            self._core.emit(Fault(error))


_ALSO_SHOWN = frozenset({"221", "324", "329", "352", "354", "367", "346", "348", "728"})
"""Numerics that a program asks for by hand: they are told, too, where they answer no request."""
