"""The driver: it brings inputs to one engine and does what comes out.

Theory of operation. Every input (a connection, bytes, a crossing, an answer, a deadline) is handed to the engine at
once and asks for a *turn*, of which at most one is scheduled. The event loop runs the turn after all sockets that were
ready in one poll have been read, so a thousand inputs share one drain, and a connection gets one write for everything
that it is owed. A turn drains and performs, writes before effects, until a batch is empty, because performing causes
inputs of its own: a write crosses the high-water mark, the store answers at once. After ``ROUNDS`` batches, or when the
engine says that there is more, the sockets are looked at first and the next turn goes on.

The engine's deadline and the transport's own share one timer. It is moved only when something falls due earlier than
it is set for; firing too early, it is just set again.

A connection belongs to the engine from ``connected`` until the engine's Close (or until it breaks); before that it may
be shaking hands, and after that it may linger. ``disconnected`` is told when the socket is really gone.

What the engine raises in a turn is a bug that it could not contain to one connection. Its state is not to be trusted
then: the driver asks for the end and hands the error to whoever waits for it.
"""

import asyncio
import itertools
import logging
import os
import time
from collections.abc import Callable
from typing import Never, assert_never

from freeq_proto.boundary import (
    Close,
    Compute,
    Computed,
    ConnId,
    Dial,
    DnsTxt,
    Effect,
    Event,
    Failed,
    HttpFetch,
    Job,
    LocalProtocolError,
    Now,
    PauseReading,
    ReloadConfiguration,
    Reloaded,
    Result,
    Shutdown,
    StoreQuery,
    StoreWrite,
    Ticket,
)
from freeq_runtime_asyncio.clock import read_clocks
from freeq_runtime_asyncio.contract import Connection, Engine, HttpClient, Store, TxtClient
from freeq_runtime_asyncio.deadlines import Deadlines
from freeq_runtime_asyncio.dns import Dns
from freeq_runtime_asyncio.http import Http
from freeq_runtime_asyncio.limits import TransportLimits
from freeq_runtime_asyncio.performer import Performer

logger = logging.getLogger("freeq_runtime_asyncio")

ROUNDS = 16
"""Batches performed in one turn at most."""
_SOONEST = 0.001
"""Seconds that the timer is set for at least: event loops count in milliseconds, and an early one must not spin."""

# Names are never used twice in one process, however many drivers it runs.
_names = itertools.count(1)


class Driver:
    """Runs ``engine`` on the running event loop. Not thread-safe: everything is called on the loop's thread.

    ``perform`` does a Compute job and runs on worker threads; ``reload`` reads the configuration, applies it and
    answers with notes, or raises; ``observe`` is told every event. ``http`` and ``dns`` are :class:`Http` and
    :class:`Dns` as they come unless they are given.
    """

    def __init__(
        self,
        engine: Engine[Never],
        *,
        store: Store,
        perform: Callable[[Job], Computed],
        reload: Callable[[Now], tuple[str, ...]],
        observe: Callable[[Event], None],
        limits: TransportLimits,
        http: HttpClient | None = None,
        dns: TxtClient | None = None,
    ) -> None:
        self.limits = limits
        self.receive_buffer = memoryview(bytearray(limits.receive_bytes))
        """Shared by all connections of this loop: whoever fills it takes a copy of its part before returning."""
        self._engine = engine
        self._reload = reload
        self._observe = observe
        self._loop = asyncio.get_running_loop()
        self._performer = Performer(
            self._completed, compute=perform, store=store, http=http or Http(), dns=dns or Dns()
        )
        self._connections: dict[ConnId, Connection] = {}
        self._handshakes: Deadlines[Connection] = Deadlines(limits.handshake_seconds, limits.handshakes)
        self._lingering: Deadlines[Connection] = Deadlines(limits.linger_seconds, limits.lingering)
        self._sockets = 0
        self._now: Now | None = None
        self._scheduled = False
        self._deadline: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._finishing = False
        self._empty = asyncio.Event()
        self._empty.set()
        self.stopping: asyncio.Future[str | None] = self._loop.create_future()
        """Done when somebody asked for the end, with the reason that is still to be told, or None if everybody was told
        already; raises what the engine raised."""

    # --- what connections say --------------------------------------------------------------------------------------

    def opened(self) -> ConnId:
        """A socket was accepted; the answer is its name. Each is told :meth:`lost` in the end."""
        self._sockets += 1
        self._empty.clear()
        return ConnId(next(_names))

    def shaking(self, connection: Connection) -> None:
        """Its TLS handshake begins: it has a limited time to end in :meth:`connected`."""
        self._limit(self._handshakes, connection)

    def connected(self, connection: Connection) -> None:
        """It can carry the protocol now."""
        self._handshakes.discard(connection)
        self._connections[connection.conn] = connection
        self._engine.connected(connection.conn, connection.peer, self._input())

    def received(self, conn: ConnId, data: bytes) -> None:
        """The peer sent ``data``; empty means that it ended its writing."""
        self._engine.receive_data(conn, data, self._input())

    def pressure(self, conn: ConnId, buffered: int) -> None:
        """The unsent bytes crossed a mark; ``buffered`` is their number above the high one, 0 below the low one."""
        self._engine.write_pressure(conn, buffered, self._input())

    def failed(self, connection: Connection) -> None:
        """The transport is broken, but has a last word (a TLS alert) for the peer: nothing else is sent."""
        self._handshakes.discard(connection)
        self._connections.pop(connection.conn, None)
        self._finish(connection)

    def lost(self, connection: Connection, why: str) -> None:
        """The socket is closed. ``why`` is fit to be shown to other users."""
        self._handshakes.discard(connection)
        self._lingering.discard(connection)
        self._connections.pop(connection.conn, None)
        self._sockets -= 1
        if not self._sockets:
            self._empty.set()
        self._engine.disconnected(connection.conn, why, self._input())

    # --- what the program says -------------------------------------------------------------------------------------

    def reload(self) -> Reloaded | Failed:
        """Read the configuration again; what cannot be applied leaves everything as it was."""
        try:
            return Reloaded(self._reload(self._input()))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the new configuration, the old one stands
            return Failed(str(error) or type(error).__name__)

    def stop(self, reason: str | None) -> None:
        """Ask for the end: see :attr:`stopping`. The first reason counts."""
        if not self.stopping.done():
            self.stopping.set_result(reason)

    async def finish(self, reason: str | None) -> None:
        """Tell everybody ``reason`` if there is one, and end every connection within ``stop_seconds``."""
        self._finishing = True
        for connection in tuple(self._handshakes):
            connection.abort()
        for connection in self._lingering:
            connection.finish(linger=False)
        if reason is not None:
            self._engine.stop(reason, self._input())
        try:
            async with asyncio.timeout(self.limits.stop_seconds):
                await self._empty.wait()
        except TimeoutError:
            logger.warning("%d connections did not take their last lines in time", self._sockets)
        finally:
            self.abort()
            await self._empty.wait()
            await self._end()

    def abort(self) -> None:
        """End every connection now, with nothing more sent."""
        for connection in (*self._connections.values(), *self._handshakes, *self._lingering):
            connection.abort()

    async def _end(self) -> None:
        """Perform what the last connections left behind, store what is to be stored, let go of timer and threads."""
        for _ in range(ROUNDS):
            await self._performer.stored()
            if self._scheduled:
                await asyncio.sleep(0)
        if self._timer is not None:
            self._timer.cancel()
        await self._performer.close()

    # --- turns -----------------------------------------------------------------------------------------------------

    def _input(self) -> Now:
        """Ask for a turn; the answer is the time of this burst of inputs."""
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._turn)
        now = self._now
        if now is None:
            now = self._now = read_clocks()
        return now

    def _turn(self) -> None:
        """Drain and perform until the engine is quiet, or the sockets have waited long enough."""
        try:
            for _ in range(ROUNDS):
                batch = self._engine.drain()
                self._now = None
                if batch.writes:
                    self._write(batch.writes)
                for effect in batch.effects:
                    self._do(effect)
                for event in batch.events:
                    self._tell(event)
                if batch.more:
                    break
                if not batch:
                    self._deadline = batch.deadline
                    self._scheduled = False
                    self._arm()
                    return
            self._loop.call_soon(self._turn)
        except Exception as error:
            logger.exception("the engine failed")  # "scheduled" stays set: no turn is ever run again
            if not self.stopping.done():
                self.stopping.set_exception(error)

    def _write(self, writes: list[tuple[ConnId, list[bytes]]]) -> None:
        """The hot loop: one write per connection."""
        find, write = self._connections.get, os.write
        for conn, chunks in writes:
            connection = find(conn)
            if connection is None:
                continue
            data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
            direct = connection.direct
            if direct is not None:
                try:
                    sent = write(direct, data)
                except OSError:  # the socket is full, or broken: writing tells which
                    sent = 0
                if sent == len(data):
                    continue
                data = data[sent:]
            connection.write(data)

    def _tell(self, event: Event) -> None:
        try:
            self._observe(event)
        except Exception:
            logger.exception("an observer failed")

    # --- time ------------------------------------------------------------------------------------------------------

    def _arm(self) -> None:
        """See to it that the timer rings no later than the first deadline."""
        deadlines = (self._deadline, self._handshakes.next_deadline(), self._lingering.next_deadline())
        first = min((deadline for deadline in deadlines if deadline is not None), default=None)
        if first is None or (self._timer is not None and self._timer_at <= first):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(max(first - time.monotonic(), _SOONEST), self._ring)
        self._timer_at = first

    def _ring(self) -> None:
        """Something may be due. The turn that every input asks for sets the timer again."""
        self._timer = None
        now = self._input()
        for connection in (*self._handshakes.due(now.mono), *self._lingering.due(now.mono)):
            connection.abort()
        if self._deadline is not None and self._deadline <= now.mono:
            self._engine.handle_timeout(now)

    def _limit(self, table: Deadlines[Connection], connection: Connection) -> None:
        pushed_out = table.add(connection, self._input().mono)
        if pushed_out is not None:
            pushed_out.abort()

    # --- effects ---------------------------------------------------------------------------------------------------

    def _do(self, effect: Effect) -> None:
        match effect:
            case Compute() | StoreWrite() | StoreQuery() | HttpFetch() | DnsTxt():
                self._performer.start(effect)
            case Close(conn, _, abort):
                self._close(conn, abort)
            case PauseReading(conn, paused):
                if (connection := self._connections.get(conn)) is not None:
                    connection.pause(paused)
            case ReloadConfiguration(ticket):
                self._engine.completed(ticket, self.reload(), self._input())
            case Shutdown():
                self.stop(None)
            case Dial():
                raise LocalProtocolError("the engine of a server does not dial")
            case _:
                assert_never(effect)

    def _completed(self, ticket: Ticket, result: Result) -> None:
        self._engine.completed(ticket, result, self._input())

    def _close(self, conn: ConnId, abort: bool) -> None:
        connection = self._connections.pop(conn, None)
        if connection is None:
            return  # it broke while the Close was on its way
        if abort:
            connection.abort()
        else:
            self._finish(connection)

    def _finish(self, connection: Connection) -> None:
        connection.finish(linger=not self._finishing)
        self._limit(self._lingering, connection)
