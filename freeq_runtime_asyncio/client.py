"""A client on asyncio: one engine of ``freeq_proto.client``, connected.

    async with Client(ClientConfig(destination="irc.example.org", nick="bot", channels=("#garden",))) as client:
        async for event in client:
            ...

What it says and asks is the engine's to know; here it is only made to be awaited.
"""

import asyncio
import os
import ssl
from collections.abc import Callable
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
from freeq_runtime_asyncio.client_commands import ClientCommands
from freeq_runtime_asyncio.client_driver import ClientDriver
from freeq_runtime_asyncio.client_events import WaitingEvents
from freeq_runtime_asyncio.client_limits import ClientLimits
from freeq_runtime_asyncio.client_tls import ClientCertificate, client_context
from freeq_runtime_asyncio.clock import read_clocks

T = TypeVar("T")


class CannotConnectError(ConnectionError):
    """No server took us; the message says why, and what to do."""


class Client(ClientCommands):
    """One client. Used by any number of tasks of one event loop; shares nothing with other clients.

    As an asynchronous context manager it connects: the block begins when a server has taken us, or
    :class:`CannotConnectError` is raised when every destination of ``config`` failed once (with ``patient``: when the
    client gives up as ``config.reconnect`` says). From then on it comes back by itself. At the end of the block it
    sends what still waits, says goodbye, and waits for the server to hear it; an exception drops what waits.

    As an asynchronous iterator it gives events, each to one of those that iterate; the last one is ``Stopped``. Events
    that nobody takes wait: when ``limits.events`` do, nothing more is read from the server, except while somebody waits
    for an answer. A server waits for that as long as its own limits allow.

    ``ssl_context`` verifies servers in place of this machine's authorities. ``client_certificate`` is presented to
    servers that ask for one. ``state`` is the engine, for reading: channels, members, nick, capabilities.
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
        """Raises :class:`~freeq_runtime_asyncio.TlsConfigurationError` for a certificate that cannot be used."""
        if ssl_context is not None and client_certificate is not None:
            raise LocalProtocolError("the certificate belongs into the context that is given")
        self.state = Engine(config, entropy=entropy, now=read_clocks())
        self._context = ssl_context if client_certificate is None else client_context(client_certificate)
        self._patient = patient
        self._limits = limits or ClientLimits()
        self._driver: ClientDriver | None = None
        self._ready: asyncio.Future[None] | None = None
        self._untried = len(config.destination)
        self._failures: list[str] = []
        self._events = WaitingEvents(self._limits.events)
        self._arrived = asyncio.Event()
        self._answers: dict[RequestId, asyncio.Future[Answer]] = {}
        self._held = False
        self._leaving = False
        self._over = asyncio.Event()
        self._failure: Exception | None = None

    # --- coming and going ------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        if self._driver is not None:
            raise LocalProtocolError("a client is entered once")
        self._ready = asyncio.get_running_loop().create_future()
        self._driver = ClientDriver(
            self.state, context=self._tls, limits=self._limits, tell=self._told, ended=self._ended
        )
        self.state.start(self._driver.input())
        try:
            await self._ready
        except BaseException:
            self._driver.abort()
            await self._finished()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._leave()
        try:
            # The engine bounds its own goodbye (Times.flush, Times.quit); an exception is kept waiting for less.
            async with asyncio.timeout(None if error is None else self._limits.stop_seconds):
                if error is None:
                    await self.stop()
                elif not self._over.is_set():
                    self._running.goodbye("")
                await self._over.wait()
        except TimeoutError:
            pass  # it was told, and had its time
        finally:
            self._running.abort()
            await self._finished()
        if self._failure is not None and error is None:
            raise self._failure

    async def stop(self, reason: str = "") -> None:
        """Say goodbye and end, once what was said before is sent (``Times.flush``); the last event is ``Stopped``."""
        if not self._over.is_set():
            self.state.stop(reason, self._running.input())

    def _leave(self) -> None:
        """Nobody takes events any more: nothing is held for them."""
        self._leaving = True
        self._events.clear()
        self._balance()

    async def _finished(self) -> None:
        await self._over.wait()
        await self._running.settled()

    def _tls(self) -> ssl.SSLContext:
        """Made when it is needed first: to read this machine's authorities takes longer than all the rest."""
        if self._context is None:
            self._context = client_context()
        return self._context

    @property
    def _running(self) -> ClientDriver:
        if self._driver is None:
            raise LocalProtocolError("a client is used inside its `async with`")
        return self._driver

    # --- events ----------------------------------------------------------------------------------------------------

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ClientEvent:
        while not self._events:
            if self._failure is not None:
                raise self._failure
            if self._over.is_set() or self._leaving:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        event = self._events.take()
        self._balance()
        return event

    def _told(self, event: ClientEvent) -> None:
        """The driver's news, in order."""
        if isinstance(event, Answered) and event.request in self._answers:
            answer = self._answers.pop(event.request)
            if not answer.done():  # whoever asked may have been cancelled
                answer.set_result(event.answer)
        elif not self._leaving:
            self._events.append(event)
            self._arrived.set()
        self._balance()
        if self._ready is not None and not self._ready.done():
            self._judge_beginning(self._ready, event)

    def _judge_beginning(self, ready: asyncio.Future[None], event: ClientEvent) -> None:
        """Whether the block may begin now, or never will."""
        match event:
            case Registered():
                ready.set_result(None)
            case Stopped(reason):
                ready.set_exception(CannotConnectError(reason))
            case Disconnected(upgrading=True):
                pass  # it goes on to the same server, over TLS
            case Disconnected(reason):
                self._failures += [reason] if reason not in self._failures else []
                self._untried -= 1
                if not self._patient and self._untried <= 0:
                    ready.set_exception(CannotConnectError("; ".join(self._failures)))
            case _:
                pass

    def _balance(self) -> None:
        """Hold the server back while too much waits here, but not while somebody waits for an answer."""
        if self._driver is None or self._ready is None or not self._ready.done():
            return
        waiting = len(self._events)
        held = not self._answers and waiting > (self._limits.events // 2 if self._held else self._limits.events)
        if held is not self._held:
            self._held = held
            self._driver.hold(held)

    def _ended(self, failure: Exception | None) -> None:
        """The driver does nothing more."""
        self._failure = failure
        self._over.set()
        self._arrived.set()
        gone = failure or CannotConnectError("the client has ended")
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(gone)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(gone)
        self._answers.clear()

    # --- speaking --------------------------------------------------------------------------------------------------

    async def do(self, action: Callable[[Engine, Now], T]) -> T:
        """Have the engine do anything that it can: ``await client.do(lambda engine, now: engine.part("#a", now))``.

        Returns or raises what ``action`` does, once the connection takes more. Where the send budget's queue is full,
        it is called again when there is room. Must not keep anybody waiting.
        """
        driver = self._running
        if self._failure is not None:
            raise self._failure
        await driver.writable.wait()
        return await driver.do(lambda now: action(self.state, now))

    async def ask(self, action: Callable[[Engine, Now], RequestId]) -> Answer:
        """The answer to a request of the engine: ``await client.ask(lambda engine, now: engine.history("#a", now))``.

        Each request has one, if only to say that nothing came in time; cancelling the wait is harmless.
        """
        request = await self.do(action)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._answers[request] = answer
        self._balance()
        return await answer
