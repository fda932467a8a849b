"""One connection after the other: dialled, registered, kept alive, lost, and tried again.

Here the parts meet. What a connection leaves behind is cleared in one place (``_ended``), in one order: first the
phase, so that nobody sends; then what was asked; then what is known.
"""

from freeq_proto.boundary import Close, ConnId, Destination, Dial, Dialled, FlowTable, LocalProtocolError
from freeq_proto.client.batches import CHATHISTORY, TARGETS, Batch, Batches, contents
from freeq_proto.client.conversations import Conversations
from freeq_proto.client.core import Core, Phase
from freeq_proto.client.events import (
    Connected,
    Connecting,
    Disconnected,
    Fault,
    Joined,
    Kicked,
    Parted,
    Registered,
    Stopped,
    StsPolicyChanged,
)
from freeq_proto.client.nicks import Nicks
from freeq_proto.client.ourselves import Ourselves
from freeq_proto.client.outgoing import Parcel
from freeq_proto.client.registration import Registration
from freeq_proto.client.requests import Requests
from freeq_proto.client.route import Route
from freeq_proto.client.strict_transport import StrictTransport, parse_policy
from freeq_proto.client.wanted import Wanted
from freeq_proto.client.who import Who
from freeq_proto.identity import Resolver
from freeq_proto.irc import LineFramer, Message

DOCUMENT_SECONDS = 600.0
"""For how long a DID document is remembered."""
_CONNECTED = (Phase.DIALLING, Phase.REGISTERING, Phase.REGISTERED, Phase.CLOSING)


class Session:
    """The connections of one client, one at a time."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.requests = Requests(core)
        self.conversations = Conversations(core, self.requests)
        self.batches = Batches(core, self.requests, self._assembled)
        self.wanted = Wanted(core)
        self.nicks = Nicks(core)
        self.ourselves = Ourselves(core)
        self.who = Who(core, self.requests)
        self.registration: Registration | None = None
        self.framer = LineFramer()
        self.heard_at = 0.0
        self.closing_words = ""
        """Of the server: its ERROR, if nothing came after it."""
        self._route = Route(core)
        self._strict = StrictTransport()
        self._strict.load(core.config.sts)
        self._resolver = Resolver(
            plc_directory=core.config.plc_directory,
            private_network=core.config.private_network,
            clock=lambda: core.now,
            document_seconds=DOCUMENT_SECONDS,
        )
        self.flows: FlowTable[str] = FlowTable(
            emit=lambda effect: core.effects.append(effect),
            ticket=core.ticket,
            waiting=lambda _: core.arm("flow", core.config.times.fetch),
            finished=self._flow_finished,
            fault=self._flow_fault,
        )
        self._connections = 0
        self._secure = False
        """Whether TLS proves who is at the other end of the present connection."""
        self._destination: Destination | None = None
        self._registered_at: float | None = None
        self._had_registered = False
        self._pinged = False
        self._stopping = ""
        self._quit: tuple[str, ...] = ("QUIT",)
        self._unsent = 0
        """Lines of the program that were given up before the connection was."""

    # --- going and coming ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin a row of attempts."""
        if self.core.phase is not Phase.IDLE:
            raise LocalProtocolError("the client runs already")
        self._stopping = ""
        self._route.begin()
        self.dial()

    def dial(self) -> None:
        """Go to the next destination."""
        self._dial_to(self._strict.apply(self._route.destination(), self.core.now.unix_ms))

    def _dial_to(self, destination: Destination) -> None:
        core = self.core
        self._connections += 1
        core.reset(self.nicks.first())
        core.conn = ConnId(self._connections)
        core.phase = Phase.DIALLING
        self._destination = destination
        self.framer = LineFramer()
        self.closing_words = ""
        self._unsent = 0
        self._registered_at = None
        self._secure = False
        core.arm("connect", core.config.times.connect)
        core.effects.append(Dial(core.conn, destination))
        core.emit(Connecting(destination, self._route.attempt))

    def connected(self, dialled: Dialled) -> None:
        """A destination was reached."""
        core, destination = self.core, self._destination
        assert destination is not None, "only what was dialled is reached"
        core.disarm("connect")
        core.phase = Phase.REGISTERING
        self._secure = destination.tls and dialled.authenticated
        core.emit(Connected(destination, dialled.address, dialled.authenticated))
        core.arm("register", core.config.times.register)
        self.heard_at = core.now.mono
        self.registration = Registration(
            core,
            self.nicks,
            flows=self.flows,
            resolver=self._resolver,
            destination=destination,
            dialled=dialled,
            registered=self._registered,
            refused=self._refused,
            sts=lambda value: self._sts(destination, dialled, value),
        )
        self.registration.start()

    def _registered(self) -> None:
        core = self.core
        core.phase = Phase.REGISTERED
        core.disarm("register")
        self._registered_at = core.now.mono
        self._pinged = False
        core.arm("idle", core.config.times.idle)
        me = core.world.me
        network = core.features.text("NETWORK")
        core.emit(Registered(me.nick, core.world.server, network, me.account))
        self.nicks.registered()
        for command, *params in self.ourselves.lines():
            core.owe(command, *params)
        for channels in self.wanted.lines():
            core.owe("JOIN", *channels)
        if self._had_registered:
            self.conversations.look_for_direct()
        self._had_registered = True

    def stop(self, reason: str) -> None:
        """Say goodbye, or stop trying."""
        core = self.core
        core.render("QUIT", (reason,))  # raises for what cannot be said, before anything happens
        self._stopping = reason or "stopped"
        self._quit = ("QUIT", reason) if reason else ("QUIT",)
        if core.phase is Phase.REGISTERED:
            core.phase = Phase.CLOSING
            core.outgoing.put(Parcel(core.render(*self._quit[:1], self._quit[1:]), sent=self._said_goodbye, owed=True))
            core.arm("flush", core.config.times.flush)
        elif core.phase is Phase.REGISTERING:
            core.phase = Phase.CLOSING
            self.say_goodbye()
        elif core.phase in (Phase.DIALLING, Phase.WAITING):
            self.lose(self._stopping)

    def say_goodbye(self) -> None:
        """Now, whatever still waits."""
        self._unsent = self.core.outgoing.lines
        self.core.outgoing.clear()
        self.core.outgoing.put_last(self.core.render("QUIT", self._quit[1:]))
        self._said_goodbye()

    def _said_goodbye(self) -> None:
        self.core.disarm("flush")
        self.core.arm("quit", self.core.config.times.quit)

    # --- ends ------------------------------------------------------------------------------------------------------

    def lose(self, reason: str, *, final: bool = False, abort: bool = False) -> None:
        """Give up the connection, from our side."""
        if self.core.conn is not None:
            self.core.effects.append(Close(self.core.conn, reason, abort))
        self.lost(reason, final=final)

    def lost(self, reason: str, *, final: bool = False) -> None:
        """The connection is gone."""
        reason = self.closing_words or reason
        unsent = self._unsent + self.core.outgoing.lines
        was_registered, lasted = self._registered_at is not None, self._ended(reason)
        self._route.lasted(lasted)
        slow = self._route.is_slow(self.closing_words)
        over = final or bool(self._stopping) or self._route.is_final(self.closing_words)
        wait = None if over else self._route.following(was_registered=was_registered, slow=slow)
        self.core.emit(Disconnected(reason, wait, unsent))
        if wait is None:
            self._stop(self._stopping or reason)
        else:
            self.core.phase = Phase.WAITING
            self.core.arm("dial", wait)

    def _ended(self, reason: str) -> float:
        """Clear what the connection leaves behind; return how long it was registered."""
        core = self.core
        core.phase, core.conn = Phase.IDLE, None
        for timer in (
            "connect",
            "register",
            "welcome",
            "idle",
            "pong",
            "flush",
            "quit",
            "regain",
            "dial",
            "flow",
            "send",
        ):
            core.disarm(timer)
        if self.registration is not None:
            self.registration.signing_in.cancel()
            self.registration = None
        self.who.lost()
        self.conversations.lost()  # before the requests fail, so that what is held is not told for want of them
        self.requests.fail_all(reason)
        self.batches.clear()
        self.wanted.remember_keys()
        core.reset(self.nicks.wanted)
        began, self._registered_at = self._registered_at, None
        if self._destination is not None and self._secure:
            policy = self._strict.closed(self._destination, core.now.unix_ms)
            if policy is not None:
                core.emit(StsPolicyChanged(policy))
        return 0.0 if began is None else core.now.mono - began

    def _stop(self, reason: str) -> None:
        self.core.phase = Phase.IDLE
        self.conversations.give_up()
        self.core.emit(Stopped(reason))

    def _refused(self, reason: str, final: bool) -> None:
        self.lose(reason, final=final)

    def _sts(self, destination: Destination, dialled: Dialled, value: str) -> bool:
        """Obey a policy; whether this connection is given up for a secure one."""
        port, duration = parse_policy(value)
        core = self.core
        if destination.tls:
            if duration is not None and dialled.authenticated:
                core.emit(StsPolicyChanged(self._strict.renew(destination, duration, core.now.unix_ms)))
            return False
        if port is None or core.phase is not Phase.REGISTERING:
            return False
        self._strict.upgrade(destination.host, port)
        assert core.conn is not None, "who speaks is connected"
        core.effects.append(Close(core.conn, "the server asks for TLS"))
        self._ended("the server asks for TLS")
        core.emit(Disconnected("the server asks for TLS", 0.0, upgrading=True))
        self._dial_to(Destination(destination.host, port, tls=True))
        return True

    # --- while it lasts --------------------------------------------------------------------------------------------

    def heard(self) -> None:
        """Something came: the server lives."""
        self.heard_at = self.core.now.mono
        if self._pinged:
            self._pinged = False
            self.core.disarm("pong")
            self.core.arm("idle", self.core.config.times.idle)

    def idle(self) -> None:
        """The time without a word may be over."""
        core, times = self.core, self.core.config.times
        silent = core.now.mono - self.heard_at
        if silent < times.idle:
            core.arm("idle", times.idle - silent)
            return
        self._pinged = True
        core.urgent("PING", "freeq-alive")
        core.arm("pong", times.pong)

    def entered(self, event: Joined | Parted | Kicked) -> None:
        """We came into a channel, or are out of it."""
        match event:
            case Joined(channel):
                self.wanted.joined(channel)
                self.conversations.rejoined(channel)
            case Parted(channel):
                self.wanted.remove(channel)
                self.conversations.left(channel)
            case Kicked(channel):
                self.wanted.kicked(channel)
                self.conversations.left(channel)

    def _assembled(self, batch: Batch) -> None:
        if batch.type in (CHATHISTORY, TARGETS):
            self.conversations.assembled(batch)
            return
        for message in contents(batch):
            self.conversations.live(message)

    def is_current(self, conn: ConnId) -> bool:
        """Whether a connection is the one that counts."""
        return conn == self.core.conn and self.core.phase in _CONNECTED

    # --- flows -----------------------------------------------------------------------------------------------------

    def _flow_finished(self, _owner: str) -> None:
        self.core.disarm("flow")
        if self.registration is not None:
            self.registration.signing_in.continue_()

    def _flow_fault(self, _owner: str, error: Exception) -> None:
        self.core.disarm("flow")
        self.core.emit(Fault(error))
        self.lose("a fault while signing in")

    # --- reading what is not chat ----------------------------------------------------------------------------------

    def error(self, message: Message) -> None:
        """ERROR: the server's last words."""
        self.closing_words = "".join(message.params[-1:])
