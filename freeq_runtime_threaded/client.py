"""A blocking client: one engine of ``freeq_proto.client``, connected, for any number of threads.

    with Client(ClientConfig(destination="irc.example.org", nick="bot", channels=("#garden",))) as client:
        for event in client:
            ...

What it says and asks is the engine's to know; here it is only made to block.
"""

import contextlib
import os
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from types import TracebackType
from typing import Self, TypeVar

from freeq_proto.boundary import Entropy, LocalProtocolError, Now
from freeq_proto.client import (
    Answer,
    Answered,
    ClientConfig,
    ClientEvent,
    Disconnected,
    Registered,
    RequestId,
    Stopped,
)
from freeq_proto.client import Client as Engine
from freeq_runtime_threaded.clock import read_clocks
from freeq_runtime_threaded.commands import ClientCommands
from freeq_runtime_threaded.errors import ClosedError
from freeq_runtime_threaded.events import WaitingEvents
from freeq_runtime_threaded.limits import ClientLimits
from freeq_runtime_threaded.loop import Loop
from freeq_runtime_threaded.tls import ClientCertificate, client_context

T = TypeVar("T")


class CannotConnectError(ConnectionError):
    """No server took us; the message says why, and what to do."""


class Client(ClientCommands):
    """One client. Used by any number of threads; shares nothing with other clients.

    As a context manager it connects: the block begins when a server has taken us, or :class:`CannotConnectError` is
    raised when every destination of ``config`` failed once (with ``patient``: when the client gives up as
    ``config.reconnect`` says). From then on it comes back by itself. At the end of the block it sends what still waits,
    says goodbye, waits for the server to hear it, and leaves no thread behind; an exception drops what waits.

    As an iterator it gives events, each to one of those that iterate; the last one is ``Stopped``. Events that nobody
    takes wait: when ``limits.events`` do, nothing more is read from the server, except while somebody waits for an
    answer. A server waits for that as long as its own limits allow.

    ``ssl_context`` verifies servers in place of this machine's authorities. ``client_certificate`` is presented to
    servers that ask for one.

    A forked process has the connection but not the thread: whatever it asks of a client made before the fork waits for
    ever. Make clients after forking, and have ``multiprocessing`` start its processes by ``spawn`` or ``forkserver``.
    """

    def __init__(
        self,
        config: ClientConfig,
        *,
        ssl_context: ssl.SSLContext | None = None,
        client_certificate: ClientCertificate | None = None,
        patient: bool = False,
        limits: ClientLimits | None = None,
        entropy: Entropy = os.urandom,
    ) -> None:
        """Raises :class:`~freeq_runtime_threaded.TlsConfigurationError` for a certificate that cannot be used."""
        if ssl_context is not None and client_certificate is not None:
            raise LocalProtocolError("the certificate belongs into the context that is given")
        self._engine = Engine(config, entropy=entropy, now=read_clocks())
        self._context = ssl_context if client_certificate is None else client_context(client_certificate)
        self._patient = patient
        self._limits = limits or ClientLimits()
        self._loop: Loop | None = None
        self._ready: Future[None] = Future()
        self._untried = len(config.destination)
        self._failures: list[str] = []
        self._changed = threading.Condition()  # guards what follows
        self._events = WaitingEvents(self._limits.events)
        self._answers: dict[RequestId, Future[Answer]] = {}
        self._held = False
        self._leaving = False
        self._over = False
        self._failure: Exception | None = None

    # --- coming and going ------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        if self._loop is not None:
            raise LocalProtocolError("a client is entered once")
        self._loop = Loop(self._engine, context=self._tls, limits=self._limits, tell=self._told, ended=self._ended)
        self._loop.start()
        try:
            self._loop.call(self._engine.start)
            self._ready.result()
        except BaseException:
            self._loop.abort()
            self._loop.join()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        loop = self._running
        with self._changed:
            self._leaving = True
            self._events.clear()
            self._balance()
            self._changed.notify_all()
        try:
            if error is None:
                self.stop()
            else:
                loop.goodbye("")
            # The engine bounds its own goodbye (Times.flush, Times.quit); an exception is kept waiting for less.
            loop.join(None if error is None else self._limits.stop_seconds)
        finally:
            loop.abort()
            loop.join()
        if self._failure is not None and error is None:
            raise self._failure

    def stop(self, reason: str = "") -> None:
        """Say goodbye and end, once what was said before is sent (``Times.flush``); the last event is ``Stopped``."""
        with contextlib.suppress(ClosedError):  # it has ended already
            self._running.call(lambda now: self._engine.stop(reason, now))

    def _tls(self) -> ssl.SSLContext:
        """Made when it is needed first: to read this machine's authorities takes longer than all the rest."""
        if self._context is None:
            self._context = client_context()
        return self._context

    @property
    def _running(self) -> Loop:
        if self._loop is None:
            raise LocalProtocolError("a client is used inside its `with`")
        return self._loop

    # --- events ----------------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[ClientEvent]:
        return self.events()

    def events(self, timeout: float | None = None) -> Iterator[ClientEvent]:
        """Events as they come, until the end, or until none came for ``timeout`` seconds."""
        while (event := self._next(None if timeout is None else time.monotonic() + timeout)) is not None:
            yield event

    def _next(self, until: float | None) -> ClientEvent | None:
        with self._changed:
            while not self._events:
                if self._failure is not None:
                    raise self._failure
                seconds = None if until is None else until - time.monotonic()
                if self._over or self._leaving or (seconds is not None and seconds <= 0):
                    return None
                self._changed.wait(seconds)
            event = self._events.take()
            self._balance()
            return event

    def _told(self, event: ClientEvent) -> None:
        """The loop's news, in order, on its thread."""
        with self._changed:
            if isinstance(event, Answered) and event.request in self._answers:
                self._answers.pop(event.request).set_result(event.answer)
            elif not self._leaving:
                self._events.append(event)
                self._changed.notify()
            self._balance()
        if not self._ready.done():
            self._judge_beginning(event)

    def _judge_beginning(self, event: ClientEvent) -> None:
        """Whether the block may begin now, or never will."""
        match event:
            case Registered():
                self._ready.set_result(None)
            case Stopped(reason):
                self._ready.set_exception(CannotConnectError(reason))
            case Disconnected(upgrading=True):
                pass  # it goes on to the same server, over TLS
            case Disconnected(reason):
                self._failures += [reason] if reason not in self._failures else []
                self._untried -= 1
                if not self._patient and self._untried <= 0:
                    self._ready.set_exception(CannotConnectError("; ".join(self._failures)))
            case _:
                pass

    def _balance(self) -> None:
        """Hold the server back while too much waits here, but not while somebody waits for an answer."""
        if not self._ready.done():
            return
        waiting = len(self._events)
        held = not self._answers and waiting > (self._limits.events // 2 if self._held else self._limits.events)
        if held is not self._held:
            self._held = held
            self._running.hold(held)

    def _ended(self, failure: Exception | None) -> None:
        """The thread does nothing more."""
        gone = failure or ClosedError("this client has ended")
        if not self._ready.done():
            self._ready.set_exception(gone)
        with self._changed:
            self._failure = failure
            self._over = True
            for answer in self._answers.values():
                answer.set_exception(gone)
            self._answers.clear()
            self._changed.notify_all()

    # --- speaking --------------------------------------------------------------------------------------------------

    def do(self, action: Callable[[Engine, Now], T]) -> T:
        """Have the engine do, or tell, anything that it can: ``client.do(lambda engine, now: engine.part("#a", now))``.

        ``action`` runs on the engine's thread, once the connection takes more, and must be quick; what it returns or
        raises (a LocalProtocolError) is the caller's. Where the send budget's queue is full, it is called again when
        there is room.
        """
        loop = self._running
        loop.writable.wait()
        return loop.call(lambda now: action(self._engine, now), in_turn=True)

    def ask(self, action: Callable[[Engine, Now], RequestId]) -> Answer:
        """The answer to a request of the engine: ``client.ask(lambda engine, now: engine.history("#a", now))``.

        Each request has one, if only to say that nothing came in time.
        """
        return self.do(lambda engine, now: self._expect(action(engine, now))).result()

    def _expect(self, request: RequestId) -> Future[Answer]:
        answer: Future[Answer] = Future()
        with self._changed:
            self._answers[request] = answer
            self._balance()
        return answer
