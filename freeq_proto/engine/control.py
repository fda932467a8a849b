"""The control connection: an operator's commands over a socket that only the operator can reach.

One command a line; the answer is lines, the last of which is ``OK``, or ``ERR`` and what was wrong.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

from freeq_proto.boundary import Failed, Flow, OperatorAct, Outbox, PeerInfo, Reload, Reloaded, Shutdown
from freeq_proto.irc import OVERLONG, LineFramer, fold
from freeq_proto.server import Session, give_up

if TYPE_CHECKING:
    from freeq_proto.engine.engine import Engine

_PENDING_LIMIT: Final = 100
"""Commands that may wait for one that is under way."""


class ControlConnection:
    """One operator's connection."""

    __slots__ = ("_ended", "_engine", "_framer", "_pending", "outbox", "peer")

    def __init__(self, engine: "Engine", outbox: Outbox, peer: PeerInfo, refusal: str | None) -> None:
        self._engine = engine
        self._framer = LineFramer()
        self._pending: list[str] = []
        self._ended = False
        self.peer = peer
        self.outbox = outbox
        if refusal is not None:
            self.answer(f"ERR {refusal}")
            engine.close(outbox, refusal)

    @property
    def session(self) -> Session | None:
        """No IRC is spoken here."""
        return None

    def receive(self, data: bytes) -> None:
        """Commands, in lines; they run one after another. A peer that ended its writing is still answered."""
        self._ended = self._ended or not data
        for line in self._framer.push(data):
            self._pending.append("" if line is OVERLONG else _plain(line))
        if len(self._pending) > _PENDING_LIMIT:
            self.answer("ERR too many commands at once")
            self.end("Too many commands at once")
        else:
            self._engine.left_behind(self)

    def work(self) -> bool:
        """Run the next command, unless one is under way; that one asks for another turn when it is done."""
        flows = self._engine.server.flows
        if self._pending and not flows.waits(self.outbox.conn):
            self._run(self._pending.pop(0))
        if self.outbox.closed or flows.waits(self.outbox.conn):
            return False
        if self._ended and not self._pending:
            self.end("Connection closed")
        return bool(self._pending)

    def gone(self, why: str) -> None:
        """The operator went away; what he asked for goes on."""
        del why
        self._engine.server.flows.cancel(self.outbox.conn)

    def end(self, reason: str) -> None:
        """Close the connection."""
        self._engine.close(self.outbox, reason)

    def goodbye(self) -> None:
        """The last answer was said already."""

    def answer(self, line: str) -> None:
        """One line to the operator."""
        if not self.outbox.closed:
            self._engine.server.fanout.dirty.append(self.outbox, f"{line}\n".encode())

    def _run(self, line: str) -> None:
        name, _, argument = line.partition(" ")
        command = _COMMANDS.get(name.lower())
        if command is None:
            self.answer(f"ERR unknown command; there are: {', '.join(_COMMANDS)}")
            return
        flow = command(self, self._engine, argument)
        if flow is not None:
            self._engine.server.start(self.outbox.conn, self._finish(flow))

    def _finish(self, flow: Flow[None]) -> Flow[None]:
        try:
            yield from flow
        except Exception:
            self.answer("ERR internal error; the server's log says more")
            self._engine.left_behind(self)
            raise
        self._engine.left_behind(self)


def _status(control: ControlConnection, engine: "Engine", _argument: str) -> None:
    server, world = engine.server, engine.server.world
    uptime = (server.now.unix_ms - server.started_ms) // 1000
    rows = {
        "name": server.config.name,
        "network": server.config.network,
        "origin": server.identity.origin,
        "boot epoch": server.identity.epoch,
        "uptime seconds": uptime,
        "connections": engine.connection_count,
        "users": len(world.users),
        "most users": world.most_users,
        "operators": world.operators,
        "channels": len(world.channels),
    }
    for name, value in rows.items():
        control.answer(f"{name}: {value}")
    control.answer("OK")


def _sessions(control: ControlConnection, engine: "Engine", _argument: str) -> None:
    for session in engine.server.world.sessions.values():
        user = session.user
        nick, account = ("*", None) if user is None else (user.nick, user.account)
        address = session.peer.address or "unix"
        control.answer(
            f"{session.conn} {nick} {account or '-'} {address} {'secure' if session.peer.secure else 'plain'}"
        )
    control.answer("OK")


def _kill(control: ControlConnection, engine: "Engine", argument: str) -> None:
    nick, _, reason = argument.partition(" ")
    user = engine.server.world.user(nick)
    if user is None:
        control.answer("ERR no such nick; usage: kill NICK REASON")
        return
    for session in tuple(user.sessions):
        engine.server.close(session, f"Killed by the operator: {reason or 'no reason given'}")
    engine.server.emit_event(OperatorAct("control", f"kill {nick}: {reason}"))
    control.answer("OK")


def _drop_nick(control: ControlConnection, engine: "Engine", argument: str) -> Flow[None]:
    owner = engine.server.world.owner(argument)
    act = OperatorAct("control", f"drop-nick {argument}, which belonged to {owner}")
    refusal = yield from give_up(engine.server, fold(argument), act)
    control.answer("OK" if refusal is None else f"ERR {argument}: {refusal.text}; usage: drop-nick NICK")


def _rehash(control: ControlConnection, engine: "Engine", _argument: str) -> Flow[None]:
    result = yield Reload()
    match result:
        case Reloaded(notes):
            for note in notes:
                control.answer(note)
            engine.server.emit_event(OperatorAct("control", "rehash"))
            control.answer("OK")
        case Failed(reason):
            for line in reason.split("\n"):
                control.answer(line)
            control.answer("ERR the configuration was not applied")
        case _:
            control.answer("ERR unexpected answer")


def _stop(control: ControlConnection, engine: "Engine", argument: str) -> None:
    reason = argument or "The server is shutting down"
    engine.server.emit_event(OperatorAct("control", f"stop: {reason}"))
    control.answer("OK")
    engine.stop(reason, engine.server.now)
    engine.request(Shutdown(reason))


def _plain(line: bytes) -> str:
    """A command without the control characters that an argument could carry into somebody's IRC line."""
    return "".join(character for character in line.decode("utf-8", "replace") if character.isprintable())


_Obey: TypeAlias = Callable[[ControlConnection, "Engine", str], Flow[None] | None]

_COMMANDS: Final[dict[str, _Obey]] = {
    "status": _status,
    "sessions": _sessions,
    "kill": _kill,
    "drop-nick": _drop_nick,
    "rehash": _rehash,
    "stop": _stop,
}
