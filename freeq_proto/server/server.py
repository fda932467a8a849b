"""One server: its world and the machinery around it, driven by the engine.

Theory of operation. The engine hands in sessions and their lines; the server dispatches each to a handler, which
changes the world and speaks. What was said lies in outboxes, what was asked of the runtime in :attr:`Server.effects`,
until the engine drains. Handlers that have to wait are flows; while one waits, the later lines of its session queue.
``now`` is the time of the input at hand: it is set once, at the door, and everything below reads the same.
"""

from collections.abc import Callable, Iterable, Sequence

from freeq_proto.authority import REASON_LIMIT
from freeq_proto.boundary import (
    Close,
    Closed,
    ConnId,
    Entropy,
    Fault,
    Flow,
    FlowTable,
    Now,
    Outbox,
    PeerInfo,
    Result,
    Row,
    Ticket,
)
from freeq_proto.caps import changes
from freeq_proto.irc import truncate
from freeq_proto.server.background import Background, Task
from freeq_proto.server.cloak import cloak
from freeq_proto.server.commands import COMMANDS
from freeq_proto.server.config import Config
from freeq_proto.server.context import Context, make_resolver
from freeq_proto.server.dispatch import dispatch
from freeq_proto.server.gate import Gate, Lane
from freeq_proto.server.identity import ServerIdentity
from freeq_proto.server.intake import Intake
from freeq_proto.server.ledger import Ledger
from freeq_proto.server.nicks import gone
from freeq_proto.server.presence import quit_user
from freeq_proto.server.restoring import restore
from freeq_proto.server.session import Session
from freeq_proto.server.signing_in import expire_exchange, sasl_context
from freeq_proto.server.speech import Frame
from freeq_proto.server.timing import Reason
from freeq_proto.server.user import User

RESOLUTIONS = 24
"""How many sign-ins and look-ups of handles may ask the network at the same time."""

RECHECKS = 8
"""How many looks at identities that are here may; they have places of their own, and neither keeps the other waiting.
Together they are as many as the runtimes of this project make at once."""

RESOLUTIONS_FROM_ONE_PLACE = 4
"""How many of either may be for clients of one address."""

RESOLUTION_SECONDS = 12.0
"""How long one of them may ask, however many questions it has; then others have its place."""

SIGN_INS_IN_A_TURN = 4
"""How many AUTHENTICATE commands are answered in one turn: one takes as long as many lines of chat."""

FLOW_SECONDS = 30.0
"""How long a command waits for one answer of the runtime before it is answered in its place."""


class Server(Context):
    """Drives the rules of one IRC server. Not thread-safe: one owner drives it."""

    def __init__(
        self,
        config: Config,
        *,
        identity: ServerIdentity,
        entropy: Entropy,
        frames: Sequence[Frame],
        now: Now,
        restored: Iterable[Row] = (),
        contain_faults: bool = True,
    ) -> None:
        super().__init__(config, identity=identity, entropy=entropy, frames=frames, now=now)
        self.summaries = {name: command.help for name, command in COMMANDS.items()}
        self.flows: FlowTable[ConnId] = FlowTable(
            emit=self.request,
            ticket=self.next_ticket,
            waiting=self._flow_waits,
            finished=self._flow_finished,
            fault=self._fault,
        )
        self.background = Background(
            emit=self.request,
            ticket=self.next_ticket,
            mono=lambda: self.now.mono,
            settle=self._settled,
            fault=lambda error: self._fault(None, error),
        )
        self.gate, self.recheck_gate = self._gate(RESOLUTIONS), self._gate(RECHECKS)
        self.lane = Lane(SIGN_INS_IN_A_TURN, ticket=self.next_ticket, settled=self._settled)
        self.ledger: Ledger = Ledger(self, self._settled)
        self.intake = Intake(
            take=self._take, held=self._held, wake=self._wake, overrun=self._overrun, emit=self.request
        )
        self._cloak_key = identity.cloak_key
        self._contain = contain_faults
        restore(self, restored)

    def _gate(self, limit: int) -> Gate:
        return Gate(
            limit,
            RESOLUTIONS_FROM_ONE_PLACE,
            RESOLUTION_SECONDS,
            mono=lambda: self.now.mono,
            ticket=self.next_ticket,
            settled=self._settled,
        )

    # --- connections -----------------------------------------------------------------------------------------------

    def connect(self, outbox: Outbox, peer: PeerInfo, transport: int, refusal: str | None = None) -> Session:
        """A connection begins. One that may not be here (``refusal`` says why) is told so and closed at once."""
        conn = outbox.conn
        mono = self.now.mono
        session = Session(
            conn=conn,
            peer=peer,
            transport=transport,
            host=cloak(self._cloak_key, peer.address),
            outbox=outbox,
            tokens=float(self.config.flood.burst),
            refilled_at=mono,
            heard_at=mono,
        )
        self.world.add_session(session)
        self.timers.arm((conn, Reason.REGISTRATION), mono + self.config.limits.registration_seconds)
        if refusal is not None:
            self.close(session, refusal)
        return session

    def receive(self, session: Session, lines: Sequence[bytes]) -> None:
        """Lines came, without their CR LF."""
        self.intake.receive(session, lines, self.config, self.now)

    def disconnect(self, session: Session, why: str) -> None:
        """The connection is gone, without our asking."""
        if not session.closing:
            why = truncate(why, REASON_LIMIT)
            self._forget(session, why)
            session.outbox.closed = True
            self.emit_event(Closed(session.conn, why))

    def close(self, session: Session, reason: str, *, abort: bool = False, silent: bool = False) -> None:
        """End a connection: tell it why (ERROR, unless ``silent``), and everybody who saw its user (QUIT)."""
        if session.closing:
            return
        reason = truncate(reason, REASON_LIMIT)
        if not silent:
            self.fanout.send(session, (f"ERROR :Closing link: ({session.name}) [{reason}]",))
        self._forget(session, reason)
        session.outbox.closed = True
        if abort:
            session.outbox.drop()
        else:
            session.outbox.blocked = False  # what it is owed leaves now, and the transport flushes it or gives up
        self.request(Close(session.conn, reason, abort))
        self.emit_event(Closed(session.conn, reason))

    def _forget(self, session: Session, reason: str) -> None:
        """Take a session out of everything."""
        for each in Reason:
            self.timers.disarm((session.conn, each))
        self.flows.cancel(session.conn)
        self.intake.forget(session)
        user = session.user
        if user is not None and len(user.sessions) == 1:
            quit_user(self, user, session, reason)
        self.world.remove_session(session)
        if user is not None and not user.sessions:
            self._forget_tasks(user)

    def _forget_tasks(self, user: User) -> None:
        """Nobody is left whom what was planned about this user concerns."""
        gone(self, user)
        self.background.hasten(Task.SAVED, user.guest_id)
        if user.account is not None and not any(self.world.users_of(user.principal.id)):
            self.background.forget(Task.RECHECK, user.account)

    def stop(self, reason: str) -> None:
        """End every session."""
        for session in tuple(self.world.sessions.values()):
            self.close(session, reason)

    # --- lines and flows -------------------------------------------------------------------------------------------

    def _take(self, session: Session, line: bytes) -> None:
        try:
            flow = dispatch(self, COMMANDS, session, line)
            if flow is not None:
                self.start(session.conn, flow)
        except Exception as error:  # noqa: BLE001 - a bug of ours ends the session that met it, never the engine
            self._fault(session.conn, error)

    def start(self, conn: ConnId, flow: Flow[None]) -> None:
        """Run a flow on behalf of a connection, to its first wait or its end."""
        self.flows.start(conn, flow)

    def _flow_waits(self, conn: ConnId) -> None:
        self.timers.arm((conn, Reason.FLOW), self.now.mono + FLOW_SECONDS)

    def _held(self, session: Session) -> bool:
        return self.flows.waits(session.conn)

    def _flow_finished(self, conn: ConnId) -> None:
        self.timers.disarm((conn, Reason.FLOW))
        session = self.world.sessions.get(conn)
        if session is not None:
            self.intake.resume(session)

    def _fault(self, conn: ConnId | None, error: Exception) -> None:
        if not self._contain:
            raise error
        self.emit_event(Fault(conn, error))
        session = None if conn is None else self.world.sessions.get(conn)
        if session is not None:
            self.close(session, "Internal error")

    def completed(self, ticket: Ticket, result: Result) -> None:
        """The runtime answered an effect."""
        self.ledger.completed(ticket, result)
        self.flows.completed(ticket, result)
        self.background.completed(ticket, result)

    def _settled(self, ticket: Ticket, result: Result) -> None:
        self.flows.settled(ticket, result)
        self.background.settled(ticket, result)

    # --- time ------------------------------------------------------------------------------------------------------

    def _wake(self, conn: ConnId, deadline: float) -> None:
        self.timers.arm((conn, Reason.FLOOD), deadline)

    def handle_timeout(self) -> None:
        """Look at everything that is due."""
        due: dict[Reason, Callable[[Session], None]] = {
            Reason.REGISTRATION: lambda session: self.close(session, "Registration timed out"),
            Reason.LIVENESS: self._check_liveness,
            Reason.FLOOD: self.intake.resume,
            Reason.SASL: lambda session: expire_exchange(self, session),
        }
        for conn, reason in self.timers.due(self.now.mono):
            session = self.world.sessions.get(conn)
            if reason is Reason.FLOW:
                self.flows.expire(conn)
            elif session is not None:
                due[reason](session)
        self.background.handle_timeout()
        for gate in (self.gate, self.recheck_gate):
            gate.handle_timeout()

    def next_deadline(self) -> float | None:
        """When :meth:`handle_timeout` will next have something to do."""
        waits = (self.timers, self.background, self.gate, self.recheck_gate)
        deadlines = (each.next_deadline() for each in waits)
        return min((each for each in deadlines if each is not None), default=None)

    def _check_liveness(self, session: Session) -> None:
        limits, mono = self.config.limits, self.now.mono
        allowed = limits.ping_seconds + (limits.pong_seconds if session.pinged else 0)
        if mono < session.heard_at + allowed:
            self.timers.arm((session.conn, Reason.LIVENESS), session.heard_at + allowed)
        elif session.pinged:
            self.close(session, f"Ping timeout: {int(mono - session.heard_at)} seconds")
        else:
            session.pinged = True
            self.fanout.send(session, (f"PING :{self.config.name}",))
            self.timers.arm((session.conn, Reason.LIVENESS), mono + limits.pong_seconds)

    def registered(self, session: Session) -> None:
        """The session is a user now: other timers apply."""
        self.timers.disarm((session.conn, Reason.REGISTRATION))
        self.timers.arm((session.conn, Reason.LIVENESS), self.now.mono + self.config.limits.ping_seconds)

    # --- turns -----------------------------------------------------------------------------------------------------

    def run_turn(self) -> bool:
        """Go on with work that bounded turns left behind; whether there is still more."""
        for conn in self.flows.breathing:
            session = self.world.sessions.get(conn)
            if session is None or not session.outbox.blocked:
                self.flows.resume(conn)
        self.intake.run_ready(self.config, self.now)
        waiting = self.lane.run_turn()
        more = self.background.run_turn()
        return (
            waiting
            or more
            or self.intake.ready
            or any(
                conn not in self.world.sessions or not self.world.sessions[conn].outbox.blocked
                for conn in self.flows.breathing
            )
        )

    # --- slow readers ----------------------------------------------------------------------------------------------

    def check_sendq(self, outbox: Outbox) -> None:
        """Cut off a session that reads too slowly for what it is sent."""
        if outbox.held > self.config.limits.sendq_bytes and not outbox.closed:
            session = self.world.sessions.get(outbox.conn)
            if session is not None:
                self.close(session, "SendQ exceeded", abort=True)

    def _overrun(self, session: Session) -> None:
        self.close(session, "Excess Flood")

    # --- another configuration --------------------------------------------------------------------------------------

    def reconfigure(self, config: Config) -> tuple[str, ...]:
        """Run with another configuration from now on; returns what of it needs a restart."""
        notes = []
        if config.name != self.config.name:
            notes.append(f"server.name stays {self.config.name} until a restart")
        if config.network != self.config.network:
            notes.append(f"server.network stays {self.config.network} until a restart")
        if config.limits.history_window != self.config.limits.history_window:
            notes.append("limits.history_window changes at a restart")
        before = self.config
        offered = {session: self.offer_to(session) for session in self.world.sessions.values()}
        self.config = config.keeping(before)
        self._offers.clear()
        if self.config.identity != before.identity:
            self.resolver = make_resolver(self.config.identity, lambda: self.now)
        for session, old in offered.items():
            for params in changes(old, self.offer_to(session), session.negotiation):
                words = " ".join(params[:-1])
                self.fanout.send(session, (f":{self.config.name} CAP {session.name} {words} :{params[-1]}",))
            self.update_caps(session)
            if session.exchange is not None:
                session.exchange.context = sasl_context(self, session)
        return tuple(notes)
