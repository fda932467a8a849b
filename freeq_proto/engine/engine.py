"""The engine: what a runtime drives. It routes connections by what they speak, contains faults, and drains.

Theory of operation. Inputs only change state; :meth:`Engine.drain` hands out everything that followed from them:
bytes, effects, events, and the one deadline. Nothing that a peer sends raises. A bug of ours is contained to the
connection that met it and reported as an event (unless ``contain_faults`` is False, as in tests). The engine has one
owner: nothing in it is thread-safe, and it says nothing on its own.
"""

import functools
from collections.abc import Callable, Iterable
from typing import TypeVar

from freeq_proto.boundary import (
    Batch,
    Close,
    Closed,
    ConnId,
    Effect,
    Entropy,
    Event,
    Fault,
    Listener,
    Now,
    Outbox,
    PeerInfo,
    Result,
    Row,
    Ticket,
    Timers,
)
from freeq_proto.engine.connections import Connection, IrcConnection, WebSocketConnection
from freeq_proto.engine.control import ControlConnection
from freeq_proto.engine.transports import FRAMES
from freeq_proto.server import Admission, Config, Server, ServerIdentity

T = TypeVar("T")

_KINDS: dict[Listener, Callable[["Engine", Outbox, PeerInfo, str | None], Connection]] = {
    Listener.IRC: IrcConnection,
    Listener.WEB: WebSocketConnection,
    Listener.CONTROL: ControlConnection,
}


class Engine:
    """One server, as pure as arithmetic.

    ``entropy`` and ``now`` have no defaults: the same inputs give the same bytes. ``restored`` are the ``ActRow`` and
    ``NickRow`` rows of the store, in the order in which they were written: channels and nicks come back from them, and
    rows that make no sense are left out and reported by a ``Fault``. ``contain_faults`` False lets a bug raise out of
    the input that met it.
    """

    def __init__(
        self,
        config: Config,
        *,
        identity: ServerIdentity,
        entropy: Entropy,
        now: Now,
        restored: Iterable[Row] = (),
        contain_faults: bool = True,
    ) -> None:
        self.server = Server(
            config,
            identity=identity,
            entropy=entropy,
            frames=FRAMES,
            now=now,
            restored=restored,
            contain_faults=contain_faults,
        )
        self._contain = contain_faults
        self._admission = Admission()
        self._connections: dict[ConnId, Connection] = {}
        self._admitted: dict[ConnId, PeerInfo] = {}
        self._expected: Timers[ConnId] = Timers()
        self._left: dict[ConnId, Connection] = {}
        self._stopping = ""

    # --- inputs ----------------------------------------------------------------------------------------------------

    def connected(self, conn: ConnId, peer: PeerInfo, now: Now) -> None:
        """A listener accepted a connection. ``conn`` must be new; report its loss with :meth:`disconnected`."""
        self.server.now = now
        refusal = self._stopping or None
        if refusal is None and peer.listener is not Listener.CONTROL:
            refusal = self._admission.admit(peer, self.server.config.limits)
            if refusal is None:
                self._admitted[conn] = peer
        self._contained(conn, lambda: self._connect(conn, peer, refusal))

    def _connect(self, conn: ConnId, peer: PeerInfo, refusal: str | None) -> None:
        self._connections[conn] = _KINDS[peer.listener](self, Outbox(conn), peer, refusal)

    def receive_data(self, conn: ConnId, data: bytes, now: Now) -> None:
        """Bytes came from a peer; ``b""`` means that it ended its writing. What it is still owed is sent."""
        self.server.now = now
        connection = self._connections.get(conn)
        if connection is not None and not connection.outbox.closed:
            try:
                connection.receive(data)
            except Exception as error:  # noqa: BLE001 - a bug of ours ends the connection that met it
                self._fault(conn, error)

    def disconnected(self, conn: ConnId, why: str, now: Now) -> None:
        """A connection is gone, whoever closed it. Unknown and repeated ones change nothing."""
        self.server.now = now
        connection = self._connections.pop(conn, None)
        if connection is None:
            return
        peer = self._admitted.pop(conn, None)
        if peer is not None:
            self._admission.release(peer)
        self._expected.disarm(conn)
        self._left.pop(conn, None)
        self._contained(conn, lambda: connection.gone(why))
        connection.outbox.closed = True

    def write_pressure(self, conn: ConnId, buffered: int, now: Now) -> None:
        """The transport's buffer crossed a mark: ``buffered`` bytes above the high one, or 0 below the low one.

        Report crossings only. Between the two the engine keeps what it has for that peer, within the SendQ limit.
        """
        self.server.now = now
        connection = self._connections.get(conn)
        if connection is not None and not connection.outbox.closed:
            connection.outbox.blocked = bool(buffered)
            if not buffered and not connection.outbox.empty:
                self.server.fanout.dirty.add(connection.outbox)

    def completed(self, ticket: Ticket, result: Result, now: Now) -> None:
        """An effect was performed. Unknown, late and repeated tickets change nothing."""
        self.server.now = now
        self._contained(None, lambda: self.server.completed(ticket, result))

    def handle_timeout(self, now: Now) -> None:
        """The deadline of the last batch passed. Called early, it does nothing."""
        self.server.now = now
        for conn in self._expected.due(now.mono):
            self.close(self._connections[conn].outbox, "No request in time")
        self._contained(None, self.server.handle_timeout)

    def reconfigure(self, config: Config, now: Now) -> tuple[str, ...]:
        """Run with another configuration from now on. Returns, in words, what of it needs a restart."""
        self.server.now = now
        return self.server.reconfigure(config)

    def stop(self, reason: str, now: Now) -> None:
        """Tell everybody and close every connection; who comes later is refused."""
        self.server.now = now
        self._stopping = reason
        for connection in tuple(self._connections.values()):
            if not connection.outbox.closed:
                connection.end(reason)

    @property
    def connection_count(self) -> int:
        """Connections that are open."""
        return len(self._connections)

    # --- output ----------------------------------------------------------------------------------------------------

    def drain(self) -> Batch[Event]:
        """Everything that followed from the inputs since the last drain.

        Perform the writes, then the effects; performing may cause inputs; drain again until a batch is empty (false);
        then sleep until a socket, a completion or the deadline. A batch with ``more`` set is not empty.
        """
        server = self.server
        more = self._work()
        if (write := server.ledger.flush()) is not None:
            server.effects.append(write)
        for effect in server.effects:
            if isinstance(effect, Close) and (closing := self._connections.get(effect.conn)) is not None:
                closing.goodbye()
        writes = self._writes()
        effects, server.effects = server.effects, []
        events, server.events = server.events, []
        return Batch(writes, effects, events, self._deadline(), more)

    def _work(self) -> bool:
        left, self._left = self._left, {}
        for conn, connection in left.items():
            self._contained(conn, functools.partial(self._continue, connection))
        more = self._contained(None, self.server.run_turn)
        return bool(more) or bool(self._left)

    def _continue(self, connection: Connection) -> None:
        if connection.work():
            self._left[connection.outbox.conn] = connection

    def _writes(self) -> list[tuple[ConnId, list[bytes]]]:
        """What may be written. Cutting off a slow reader makes others hear of it, so the list is read to its end."""
        dirty = self.server.fanout.dirty
        writes, blocked = dirty.collect()
        while blocked:
            for outbox in blocked:
                self.server.check_sendq(outbox)
            later, blocked = dirty.collect()
            writes += later
        return writes

    def _deadline(self) -> float | None:
        deadlines = (self.server.next_deadline(), self._expected.next_deadline())
        return min((each for each in deadlines if each is not None), default=None)

    # --- services for connections ----------------------------------------------------------------------------------

    def close(self, outbox: Outbox, reason: str) -> None:
        """Close a connection that carries no session."""
        if not outbox.closed:
            outbox.closed = True
            outbox.blocked = False
            self._expected.disarm(outbox.conn)
            self.server.effects.append(Close(outbox.conn, reason))
            self.server.emit_event(Closed(outbox.conn, reason))

    def expect(self, conn: ConnId, seconds: float) -> None:
        """Close a connection if nothing of note comes from it within ``seconds``."""
        self._expected.arm(conn, self.server.now.mono + seconds)

    def unexpect(self, conn: ConnId) -> None:
        """It came."""
        self._expected.disarm(conn)

    def left_behind(self, connection: Connection) -> None:
        """A bounded turn left input of this connection unread: go on with it in the next."""
        self._left[connection.outbox.conn] = connection

    def request(self, effect: Effect) -> None:
        """Ask something of the runtime."""
        self.server.effects.append(effect)

    # --- faults ----------------------------------------------------------------------------------------------------

    def _contained(self, conn: ConnId | None, action: Callable[[], T]) -> T | None:
        try:
            return action()
        except Exception as error:  # noqa: BLE001 - a bug of ours ends the connection that met it, never the engine
            self._fault(conn, error)
            return None

    def _fault(self, conn: ConnId | None, error: Exception) -> None:
        if not self._contain:
            raise error
        self.server.emit_event(Fault(conn, error))
        if conn is None:
            return
        connection = self._connections.get(conn)
        if connection is not None:
            connection.end("Internal error")
        else:  # it failed as it began, so nobody else will close it
            self.server.effects.append(Close(conn, "Internal error"))
