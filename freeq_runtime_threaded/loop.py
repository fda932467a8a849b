"""The one thread that owns an engine, its sockets and its clock.

Theory of operation. The thread sleeps in a selector until a socket is ready, a deadline comes, or another thread wakes
it; hands the engine what happened; and performs what comes out, writes before effects, until a batch is empty. What
blocks is done by workers, whose answers come in as calls from other threads do: through the inbox, with one byte on a
socket pair to end the sleep. So the engine needs no lock, and a caller gets what the engine answers or raises.

An exception here is a bug: its state is not to be trusted, everything is closed, and whoever waits or calls gets it.
"""

import contextlib
import selectors
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

import attrs

from freeq_proto.boundary import (
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
    HttpRequest,
    LocalProtocolError,
    Now,
    PauseReading,
    Result,
    Ticket,
    Timers,
)
from freeq_proto.client import Client as Engine
from freeq_proto.client import ClientEvent, QueueFullError, Stopped
from freeq_proto.engine import perform
from freeq_runtime_threaded.clock import read_clocks
from freeq_runtime_threaded.connection import Connection
from freeq_runtime_threaded.dialling import Dialler
from freeq_runtime_threaded.dns import look_up_txt
from freeq_runtime_threaded.errors import ClosedError
from freeq_runtime_threaded.http import Fetch
from freeq_runtime_threaded.limits import ClientLimits
from freeq_runtime_threaded.workers import Workers

T = TypeVar("T")

ROUNDS = 16
"""Batches performed before the sockets are looked at again."""
_WORKER_SECONDS = 1.0
"""For workers to end: a look-up by the system cannot be interrupted, and is left to end by itself."""


@attrs.define(eq=False)
class _Waiter(Generic[T]):
    """Somebody who waits for an answer of the engine, and for room in its queue."""

    function: Callable[[Now], T]
    answer: Future[T]

    def attempt(self, now: Now) -> bool:
        """Whether they need to wait no more."""
        try:
            self.answer.set_result(self.function(now))
        except QueueFullError:
            return False
        except LocalProtocolError as error:  # the caller's mistake; anything else is a bug of the engine
            self.answer.set_exception(error)
        except BaseException as error:
            self.answer.set_exception(error)
            raise
        return True


class Loop:
    """Runs ``engine`` on a thread of its own. ``tell`` gets every event, on that thread, and must not block."""

    def __init__(
        self,
        engine: Engine,
        *,
        context: Callable[[], ssl.SSLContext],
        limits: ClientLimits,
        tell: Callable[[ClientEvent], None],
        ended: Callable[[Exception | None], None],
    ) -> None:
        """``ended`` is told once, as the thread's last deed, with the bug that ended it, if one did."""
        self.writable = threading.Event()
        """Set while the sockets take what is written."""
        self.writable.set()
        self._engine = engine
        self._context = context
        self._limits = limits
        self._tell = tell
        self._ended = ended
        self._selector = selectors.DefaultSelector()
        self._sleeping, self._waking = socket.socketpair()
        self._inbox: deque[Callable[[Now], None]] = deque()
        self._waiting: deque[_Waiter[Any]] = deque()  # for room in the engine's queue; for the thread only
        self._open = True  # the inbox is emptied by somebody; under the lock
        self._lock = threading.Lock()
        self._workers = Workers(limits.workers, "freeq-worker")
        self._thread = threading.Thread(target=self._run, name="freeq-client", daemon=True)
        self._now = read_clocks()
        self._deadline: float | None = self._now.mono
        self._timers: Timers[Callable[[], None]] = Timers()
        self._dialler = Dialler(
            self._selector, self._workers, post=self.post, reached=self._reached, unreached=self._unreached
        )
        self._connections: dict[ConnId, Connection] = {}
        self._lingering: dict[ConnId, Connection] = {}
        self._fetches: list[Fetch] = []
        self._paused: dict[ConnId, None] = {}  # by the engine
        self._wants_hold = False  # whoever takes events does so too slowly
        self._held = False
        self._stopped = False

    # --- from any thread -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin; call it once."""
        self._sleeping.setblocking(False)
        self._waking.setblocking(False)
        self._selector.register(self._sleeping, selectors.EVENT_READ, self._awake)
        self._thread.start()

    def call(self, function: Callable[[Now], T], *, in_turn: bool = False) -> T:
        """What ``function`` returns or raises on the loop's thread; raises :class:`ClosedError` after the end.

        Where it finds the queue of the engine full, it is called again when lines have left. ``in_turn``: it passes
        nobody who waits for that: else who says much would never have the room for it.
        """
        answer: Future[T] = Future()
        waiter = _Waiter(function, answer)

        def run(now: Now) -> None:
            if (in_turn and self._waiting) or not waiter.attempt(now):
                self._waiting.append(waiter)

        if not self.post(run):
            raise ClosedError("this client has ended")
        return answer.result()

    def post(self, function: Callable[[Now], None]) -> bool:
        """Have ``function`` called on the loop's thread, soon; False after the end."""
        with self._lock:
            if not self._open:
                return False
            self._inbox.append(function)
        with contextlib.suppress(BlockingIOError):  # enough bytes to wake it are there already
            self._waking.send(b"\0")
        return True

    def hold(self, held: bool) -> None:
        """Take nothing more from the server while we are registered with it, or go on."""
        self.post(lambda now: self._hold(held))

    def goodbye(self, reason: str) -> None:
        """End soon, with no more than a QUIT: what still waits to be sent is dropped."""
        self.post(lambda now: self._goodbye(reason, now))

    def abort(self) -> None:
        """End now, with nothing more sent."""
        self.post(lambda now: self._abort())

    def join(self, seconds: float | None = None) -> bool:
        """Wait for the end of the thread; whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    # --- the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        failure: Exception | None = None
        try:
            while not (self._stopped and not self._connections and not self._dialler and not self._lingering):
                self._feed()
                self._settle()
                while self._go_on():
                    self._settle()
                self._hold_or_go_on()
        except Exception as error:  # noqa: BLE001 - told to whoever waits
            failure = error
        finally:
            self._close(failure)

    def _feed(self) -> None:
        """Sleep until something happens, and tell the engine."""
        ready = self._selector.select(self._seconds())
        self._now = read_clocks()
        for key, mask in ready:
            key.data(mask)
        for _ in range(len(self._inbox)):  # what these post themselves has a turn of its own
            self._inbox.popleft()(self._now)
        for call in self._timers.due(self._now.mono):
            call()
        self._dialler.handle_timeout(self._now.mono)
        if self._deadline is not None and self._deadline <= self._now.mono:
            if self._held:
                self._excuse_silence()
            self._engine.handle_timeout(self._now)

    def _seconds(self) -> float | None:
        """How long to sleep at most."""
        deadlines = (self._deadline, self._timers.next_deadline(), self._dialler.next_deadline())
        first = min((deadline for deadline in deadlines if deadline is not None), default=None)
        return None if first is None else max(0.0, first - read_clocks().mono)

    def _settle(self) -> None:
        """Perform batches until one is empty, or the sockets have waited long enough."""
        for _ in range(ROUNDS):
            batch = self._engine.drain()
            for conn, chunks in batch.writes:
                if (connection := self._connections.get(conn)) is not None:
                    connection.write(b"".join(chunks))
            for effect in batch.effects:
                self._do(effect)
            for event in batch.events:
                self._stopped = self._stopped or isinstance(event, Stopped)
                self._tell(event)
            if batch.more:
                break
            if not batch:
                self._deadline = batch.deadline
                return
        self._deadline = self._now.mono

    def _go_on(self) -> bool:
        """Let those go on who wait for room; whether there is anything to drain now."""
        before = len(self._waiting)
        while self._waiting and self._waiting[0].attempt(self._now):
            self._waiting.popleft()
        return len(self._waiting) < before

    def _awake(self, mask: int) -> None:
        with contextlib.suppress(BlockingIOError):
            self._sleeping.recv(4096)

    def _close(self, failure: Exception | None) -> None:
        """Let go of everything; whoever still calls is answered."""
        with self._lock:
            self._open = False
        with contextlib.suppress(Exception):  # the engine has failed once
            self._abort()
        while self._inbox:
            with contextlib.suppress(Exception):
                self._inbox.popleft()(self._now)
        for waiter in self._waiting:
            waiter.answer.set_exception(failure or ClosedError("this client has ended"))
        self.writable.set()
        for fetch in self._fetches:
            fetch.cut()
        self._workers.close(_WORKER_SECONDS)
        self._selector.close()
        self._sleeping.close()
        self._waking.close()
        self._ended(failure)

    def _abort(self) -> None:
        self._stopped = True
        self._dialler.close()
        for connection in (*self._connections.values(), *self._lingering.values()):
            connection.abort()

    def _goodbye(self, reason: str, now: Now) -> None:
        # Said as long ago as what waits may take to be sent, so that its time is over.
        self._engine.stop(reason, Now(now.mono - self._engine.config.times.flush, now.unix_ms))
        self._engine.handle_timeout(now)

    def _hold(self, held: bool) -> None:
        self._wants_hold = held
        self._hold_or_go_on()

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

    # --- effects ---------------------------------------------------------------------------------------------------

    def _do(self, effect: Effect) -> None:
        match effect:
            case Dial() if self._stopped:
                pass  # its timer fell due as this was cut off: nobody waits for it any more
            case Dial(conn, destination):
                self._dialler.dial(conn, destination)
            case Close(conn, _, abort):
                self._end(conn, abort)
            case PauseReading(conn, paused):
                self._pause(conn, paused)
            case HttpFetch(ticket, request):
                self._fetch(ticket, request)
            case DnsTxt(ticket, name):
                self._work(ticket, lambda: look_up_txt(name))
            case Compute(ticket, job):
                self._work(ticket, lambda: perform(job))
            case _:
                raise LocalProtocolError(f"a client does not ask for {type(effect).__name__}")

    def _work(self, ticket: Ticket, job: Callable[[], Result]) -> None:
        """Have a worker do ``job``, and give the engine its answer."""

        def run() -> None:
            try:
                result = job()
            except Exception as error:  # noqa: BLE001 - one job that went wrong ends nothing else
                result = Failed(str(error) or type(error).__name__)
            self.post(lambda now: self._engine.completed(ticket, result, now))

        self._workers.submit(run)

    def _fetch(self, ticket: Ticket, request: HttpRequest) -> None:
        """Have a worker make a request; its time counts from here."""
        fetch = Fetch(request)
        self._fetches.append(fetch)
        self._timers.arm(fetch.cut, self._now.mono + request.seconds)

        def run() -> Result:
            result = fetch.run()
            self.post(lambda now: self._fetched(fetch))
            return result

        self._work(ticket, run)

    def _fetched(self, fetch: Fetch) -> None:
        self._fetches.remove(fetch)
        self._timers.disarm(fetch.cut)

    def _pause(self, conn: ConnId, paused: bool) -> None:
        if paused:
            self._paused[conn] = None
        else:
            self._paused.pop(conn, None)
        if (connection := self._connections.get(conn)) is not None:
            connection.pause(paused or self._held)

    def _end(self, conn: ConnId, abort: bool) -> None:
        """The engine is done with a connection, or with waiting for one."""
        self._dialler.give_up(conn)
        connection = self._connections.pop(conn, None)
        if connection is None:
            return
        self._lingering[conn] = connection
        if abort:
            connection.abort()
        else:
            self._timers.arm(connection.abort, self._now.mono + self._limits.linger_seconds)
            connection.finish()

    # --- what connections say --------------------------------------------------------------------------------------

    def _unreached(self, conn: ConnId, why: str) -> None:
        self._engine.disconnected(conn, why, self._now)

    def _reached(self, conn: ConnId, destination: Destination, connected: socket.socket) -> None:
        context = self._context() if destination.tls else None
        connection = Connection(self, self._selector, conn, destination, connected, context, self._limits)
        self._connections[conn] = connection
        connection.begin()

    def connected(self, connection: Connection, dialled: Dialled) -> None:
        """It can carry the protocol now."""
        connection.pause(self._held)
        self._engine.connected(connection.conn, dialled, self._now)

    def received(self, conn: ConnId, data: bytes) -> None:
        """The server sent ``data``; empty means that it ended its writing."""
        self._engine.receive_data(conn, data, self._now)

    def pressure(self, conn: ConnId, buffered: int) -> None:
        """The unsent bytes crossed a mark."""
        if buffered:
            self.writable.clear()
        else:
            self.writable.set()
        self._engine.write_pressure(conn, buffered, self._now)

    def lost(self, connection: Connection, why: str) -> None:
        """The socket is closed."""
        conn = connection.conn
        self._connections.pop(conn, None)
        self._lingering.pop(conn, None)
        self._paused.pop(conn, None)
        self._timers.disarm(connection.abort)
        self.writable.set()
        self._engine.disconnected(conn, why, self._now)
