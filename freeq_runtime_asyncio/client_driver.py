"""The loop of a client: it brings inputs to one client engine and does what comes out.

Theory of operation. It is the server's driver in small: every input goes to the engine at once and asks for a turn, of
which at most one is scheduled; a turn drains and performs, writes before effects, until a batch is empty; one timer
stands for the engine's deadline. Connections are transports of the event loop, which speak TLS themselves. What takes
time (a dial, a request, a look-up, a job) is a task of its own whose end is an input.

An exception in a turn is a bug of the engine, whose state is not to be trusted then: everything is closed, and whoever
waits gets it.
"""

import asyncio
import contextlib
import socket
import ssl
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, Generic, TypeVar

import attrs

from freeq_proto.boundary import (
    Batch,
    Close,
    Compute,
    ConnId,
    Destination,
    Dial,
    Dialled,
    DnsTxt,
    Effect,
    Failed,
    HttpFetch,
    LocalProtocolError,
    Now,
    PauseReading,
    Result,
    Ticket,
)
from freeq_proto.client import Client as Engine
from freeq_proto.client import ClientEvent, QueueFullError, Stopped
from freeq_proto.engine import perform
from freeq_runtime_asyncio.client_connection import ClientConnection
from freeq_runtime_asyncio.client_dial import explain, open_socket
from freeq_runtime_asyncio.client_limits import ClientLimits
from freeq_runtime_asyncio.clock import read_clocks
from freeq_runtime_asyncio.dns import Dns
from freeq_runtime_asyncio.http import Http

T = TypeVar("T")

ROUNDS = 16
"""Batches performed in one turn at most."""
_SOONEST = 0.001
"""Seconds that the timer is set for at least: event loops count in milliseconds, and an early one must not spin."""


@attrs.define(eq=False)
class _Waiter(Generic[T]):
    """Somebody who waits for room in the engine's queue."""

    action: Callable[[Now], T]
    answer: asyncio.Future[T]

    def attempt(self, now: Now) -> bool:
        """Whether they need to wait no more."""
        if not self.answer.done():  # else whoever waited was cancelled
            try:
                self.answer.set_result(self.action(now))
            except QueueFullError:
                return False
            except Exception as error:  # noqa: BLE001 - it is the caller's
                self.answer.set_exception(error)
        return True

    def fail(self, error: Exception) -> None:
        """There will never be room."""
        if not self.answer.done():
            self.answer.set_exception(error)


class ClientDriver:
    """Runs ``engine`` on the running event loop, on whose thread everything here is called.

    ``tell`` gets every event; ``ended`` is told once that nothing more will happen, with the bug that is the reason,
    if one is.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        context: Callable[[], ssl.SSLContext],
        limits: ClientLimits,
        tell: Callable[[ClientEvent], None],
        ended: Callable[[Exception | None], None],
    ) -> None:
        self.writable = asyncio.Event()
        """Set while the connections take what is written."""
        self.writable.set()
        self._engine = engine
        self._context = context
        self._limits = limits
        self._tell = tell
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._http = Http()
        self._dns = Dns()
        self._connections: dict[ConnId, ClientConnection] = {}
        self._lingering: dict[ConnId, ClientConnection] = {}
        self._dials: dict[ConnId, asyncio.Task[None]] = {}
        self._tasks: dict[asyncio.Task[None], None] = {}
        self._waiting: deque[_Waiter[Any]] = deque()  # for room in the engine's queue
        self._paused: dict[ConnId, None] = {}  # by the engine
        self._wants_hold = False  # whoever takes events does so too slowly
        self._held = False
        self._now: Now | None = None
        self._scheduled = False
        self._deadline: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False
        self._over = False
        self._failure: Exception | None = None

    # --- what the program says -------------------------------------------------------------------------------------

    def input(self) -> Now:
        """Ask for a turn; the answer is the time of this burst of inputs."""
        if not self._scheduled and not self._over:
            self._scheduled = True
            self._loop.call_soon(self._turn)
        if self._now is None:
            self._now = read_clocks()
        return self._now

    async def do(self, action: Callable[[Now], T]) -> T:
        """Call ``action``; where it finds the queue of the engine full, again when lines have left.

        Nobody passes those that wait: else who says much would never have the room for it.
        """
        now = self.input()
        if not self._waiting:
            with contextlib.suppress(QueueFullError):
                return action(now)
        answer: asyncio.Future[T] = self._loop.create_future()
        self._waiting.append(_Waiter(action, answer))
        return await answer

    def hold(self, held: bool) -> None:
        """Take nothing more from the server while we are registered with it, or go on."""
        self._wants_hold = held
        self._hold_or_go_on()

    def goodbye(self, reason: str) -> None:
        """End at once, with no more than a QUIT: what still waits to be sent is dropped."""
        now = self.input()
        # Said as long ago as what waits may take to be sent, so that its time is over.
        self._engine.stop(reason, Now(now.mono - self._engine.config.times.flush, now.unix_ms))
        self._engine.handle_timeout(now)

    def abort(self) -> None:
        """End now, with nothing more sent."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._dials.clear()
        for task in self._tasks:
            task.cancel()
        for connection in (*self._connections.values(), *self._lingering.values()):
            connection.abort()
        self.input()

    async def settled(self) -> None:
        """Wait for the tasks that were cancelled at the end."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- turns -----------------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        """Drain and perform until the engine is quiet, or the sockets have waited long enough."""
        try:
            for _ in range(ROUNDS):
                batch = self._engine.drain()
                self._now = None
                self._perform(batch)
                if batch.more:
                    break
                if not batch and not self._go_on():
                    self._hold_or_go_on()
                    self._scheduled = False
                    self._arm(batch.deadline)
                    self._check_end()
                    return
            self._loop.call_soon(self._turn)
        except Exception as error:  # noqa: BLE001 - told to whoever waits; no turn is ever run again
            self._fail(error)

    def _go_on(self) -> bool:
        """Let those go on who wait for room; whether there is anything to drain now."""
        before = len(self._waiting)
        while self._waiting and self._waiting[0].attempt(self._now or read_clocks()):
            self._waiting.popleft()
        return len(self._waiting) < before

    def _give(self, put: Callable[[Now], None]) -> None:
        """Hand the engine an input, unless it has failed."""
        if self._failure is not None:
            self._check_end()
            return
        try:
            put(self.input())
        except Exception as error:  # noqa: BLE001 - told to whoever waits
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """The engine has a bug: it is not asked anything more."""
        if self._failure is None:
            self._failure = error
            self._scheduled = True
            self.abort()
        self._check_end()

    def _perform(self, batch: Batch[ClientEvent]) -> None:
        for conn, chunks in batch.writes:
            if (connection := self._connections.get(conn)) is not None:
                connection.write(b"".join(chunks))
        for effect in batch.effects:
            self._do(effect)
        for event in batch.events:
            self._stopped = self._stopped or isinstance(event, Stopped)
            self._tell(event)

    def _arm(self, deadline: float | None) -> None:
        if deadline == self._deadline and self._timer is not None:
            return
        self._deadline = deadline
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if deadline is not None and not self._stopped:
            self._timer = self._loop.call_later(max(deadline - time.monotonic(), _SOONEST), self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._held:
            self._excuse_silence()
        self._give(self._engine.handle_timeout)

    def _check_end(self) -> None:
        """Once the engine has stopped and the last socket is closed, nothing more can happen."""
        if self._over or not self._stopped or self._connections or self._lingering or self._dials:
            return
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
        while self._waiting:
            self._waiting.popleft().fail(self._failure or LocalProtocolError("the client has ended"))
        for task in self._tasks:
            task.cancel()
        self.writable.set()
        self._ended(self._failure)

    # --- effects ---------------------------------------------------------------------------------------------------

    def _do(self, effect: Effect) -> None:
        match effect:
            case Dial() if self._stopped:
                pass  # its timer fell due as this was cut off: nobody waits for it any more
            case Dial(conn, destination):
                self._dials[conn] = self._spawn(self._dial(conn, destination))
            case Close(conn, _, abort):
                self._close(conn, abort)
            case PauseReading(conn, paused):
                self._pause(conn, paused)
            case HttpFetch(ticket, request):
                self._answer(ticket, partial(self._http.fetch, request))
            case DnsTxt(ticket, name):
                self._answer(ticket, partial(self._dns.txt, name))
            case Compute(ticket, job):
                self._answer(ticket, partial(asyncio.to_thread, perform, job))
            case _:
                raise LocalProtocolError(f"a client does not ask for {type(effect).__name__}")

    def _answer(self, ticket: Ticket, work: Callable[[], Coroutine[object, object, Result]]) -> None:
        """Give the engine the result of ``work`` when it is there."""

        async def run() -> None:
            result = await _result(work)
            self._give(lambda now: self._engine.completed(ticket, result, now))

        self._spawn(run())

    def _spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks[task] = None
        task.add_done_callback(self._tasks.pop)
        return task

    def _hold_or_go_on(self) -> None:
        """Hold the server back, but never one that is about to take us: then there would be no end of that."""
        held = self._wants_hold and self._engine.registered
        if held is self._held:
            return
        self._held = held
        self._excuse_silence()
        for conn, connection in self._connections.items():
            connection.pause(held or conn in self._paused)

    def _excuse_silence(self) -> None:
        """We do not read: that the server was not heard says nothing of it."""
        if self._engine.registered:
            self._engine._session.heard()

    def _pause(self, conn: ConnId, paused: bool) -> None:
        if paused:
            self._paused[conn] = None
        else:
            self._paused.pop(conn, None)
        if (connection := self._connections.get(conn)) is not None:
            connection.pause(paused or self._held)

    def _close(self, conn: ConnId, abort: bool) -> None:
        """The engine is done with a connection, or with waiting for one."""
        if (dial := self._dials.pop(conn, None)) is not None:
            dial.cancel()
        connection = self._connections.pop(conn, None)
        if connection is not None:
            self._lingering[conn] = connection
            connection.finish(None if abort else self._limits.linger_seconds)

    async def _dial(self, conn: ConnId, destination: Destination) -> None:
        """Reach a server. Its connection tells :meth:`connected` by itself, on some event loops after this returns."""
        try:
            reached = await open_socket(destination)
            context = self._context() if destination.tls else None
            try:
                await self._loop.create_connection(
                    lambda: ClientConnection(self, conn, self._limits, context),
                    sock=reached,
                    ssl=context,
                    server_hostname=destination.host if destination.tls else None,
                    ssl_shutdown_timeout=self._limits.linger_seconds if destination.tls else None,
                )
            except BaseException:
                with contextlib.suppress(OSError):  # whose it is now, event loops differ; that it ends, they must not
                    reached.shutdown(socket.SHUT_RDWR)
                raise
        except Exception as error:  # noqa: BLE001 - whatever it is, this server was not reached
            why = explain(error, destination)
            if self._dials.pop(conn, None) is not None:
                self._give(lambda now: self._engine.disconnected(conn, why, now))

    # --- what connections say --------------------------------------------------------------------------------------

    def connected(self, connection: ClientConnection, dialled: Dialled) -> None:
        """It can carry the protocol now."""
        if self._dials.pop(connection.conn, None) is None:
            connection.abort()  # it was given up meanwhile; uvloop then never tells that it is lost
            return
        self._connections[connection.conn] = connection
        connection.pause(self._held)
        self._give(lambda now: self._engine.connected(connection.conn, dialled, now))

    def received(self, conn: ConnId, data: bytes) -> None:
        """The server sent ``data``; empty means that it ended its writing."""
        self._give(lambda now: self._engine.receive_data(conn, data, now))

    def pressure(self, conn: ConnId, buffered: int) -> None:
        """The unsent bytes crossed a mark; ``buffered`` is their number above the high one, 0 below the low one."""
        if buffered:
            self.writable.clear()
        else:
            self.writable.set()
        self._give(lambda now: self._engine.write_pressure(conn, buffered, now))

    def lost(self, connection: ClientConnection, why: str) -> None:
        """The socket is closed."""
        conn = connection.conn
        self._connections.pop(conn, None)
        self._lingering.pop(conn, None)
        self._paused.pop(conn, None)
        self.writable.set()
        self._give(lambda now: self._engine.disconnected(conn, why, now))


async def _result(work: Callable[[], Awaitable[Result]]) -> Result:
    try:
        return await work()
    except Exception as error:  # noqa: BLE001 - one job that went wrong ends nothing else
        return Failed(str(error) or type(error).__name__)
