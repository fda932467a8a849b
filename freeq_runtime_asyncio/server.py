"""A whole server: listeners, signals and an orderly end around one engine."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from freeq_proto.boundary import Computed, Event, Failed, Job, Now
from freeq_runtime_asyncio.contract import Engine, HttpClient, Store, TxtClient
from freeq_runtime_asyncio.driver import Driver, logger
from freeq_runtime_asyncio.limits import TransportLimits
from freeq_runtime_asyncio.listeners import Acceptor, Address, ListenerError, ListenerSpec, open_sockets
from freeq_runtime_asyncio.tls import TlsConfigurationError
from freeq_runtime_asyncio.tls_files import TlsSource

Configuration = TypeVar("Configuration")

STOP_REASON = "Server shutting down"
"""What everybody is told when a signal or a cancellation ends the server."""


class Server:
    """A running server, for whoever started it. To be used on its event loop's thread."""

    def __init__(self, driver: Driver, addresses: tuple[Address, ...]) -> None:
        self._driver = driver
        self.addresses = addresses
        """Where it listens, in the order of the listeners."""

    def stop(self, reason: str) -> None:
        """End it: everybody is told ``reason``, and :func:`serve` returns. Asked again, it ends at once."""
        if self._driver.stopping.done():
            logger.info("stopping at once")
            self._driver.abort()
        else:
            logger.info("stopping: %s", reason)
            self._driver.stop(reason)

    def reload(self) -> None:
        """Read the configuration and the certificates again; how it went is logged."""
        match self._driver.reload():
            case Failed(reason):
                logger.error("configuration not reloaded: %s", reason)
            case reloaded:
                logger.info("configuration reloaded")
                for note in reloaded.notes:
                    logger.warning("%s", note)


async def serve(
    engine: Engine[Configuration],
    listeners: Sequence[ListenerSpec],
    *,
    store: Store,
    perform: Callable[[Job], Computed],
    reload: Callable[[], tuple[Configuration, tuple[str, ...]]],
    tls: TlsSource | None = None,
    observe: Callable[[Event], None] = lambda event: None,
    started: Callable[[Server], None] = lambda server: None,
    limits: TransportLimits | None = None,
    http: HttpClient | None = None,
    dns: TxtClient | None = None,
) -> None:
    """Run ``engine`` behind ``listeners`` until SIGTERM, SIGINT, an operator's shutdown, or cancellation.

    ``perform`` is ``freeq_proto.engine.perform``; it runs on worker threads. ``reload`` reads the configuration again,
    names what of it the program leaves for a restart, and raises if it is no good, which changes nothing; SIGHUP and
    operators ask for it. ``tls`` is needed by listeners over TLS. ``observe`` is told every event, in order;
    ``started`` is called once, when everything listens. ``http`` and ``dns`` are :class:`Http` and :class:`Dns` as
    they come unless they are given.

    At the end everybody is told, and has ``limits.stop_seconds`` to take the last lines; a second SIGINT or SIGTERM
    ends it at once. What the store was asked to keep is kept when this returns; whoever opened the store closes it.
    Signals are taken only on the main thread. Works on any event loop that has ``add_reader``: uvloop needs nothing
    else.

    Raises :class:`ListenerError` before anything is served, and what the engine raises in a turn, if it does.
    """
    if tls is None and any(spec.tls for spec in listeners):
        raise ListenerError("a listener over TLS needs a certificate")

    def reconfigure(now: Now) -> tuple[str, ...]:
        config, notes = reload()
        return (*_reload_certificates(tls), *engine.reconfigure(config, now), *notes)

    limits = limits or TransportLimits()
    driver = Driver(
        engine, store=store, perform=perform, reload=reconfigure, observe=observe, limits=limits, http=http, dns=dns
    )
    acceptors = await _open_all(listeners, driver, tls)
    server = Server(driver, tuple(acceptor.address for acceptor in acceptors))
    with _signals(server):
        try:
            for acceptor in acceptors:
                acceptor.start()
            started(server)
            reason = await driver.stopping
        except asyncio.CancelledError:
            await _end(acceptors, driver, STOP_REASON)
            raise
        except BaseException:
            driver.abort()  # the engine is in no state to say goodbye
            await _end(acceptors, driver, None)
            raise
        await _end(acceptors, driver, reason)


async def _open_all(listeners: Sequence[ListenerSpec], driver: Driver, tls: TlsSource | None) -> list[Acceptor]:
    acceptors: list[Acceptor] = []
    try:
        for spec in listeners:
            acceptors += [Acceptor(listening, spec, driver, tls) for listening in await open_sockets(spec)]
    except BaseException:
        for acceptor in acceptors:
            acceptor.close()
        raise
    return acceptors


async def _end(acceptors: Sequence[Acceptor], driver: Driver, reason: str | None) -> None:
    for acceptor in acceptors:
        acceptor.close()
    await driver.finish(reason)


def _reload_certificates(tls: TlsSource | None) -> tuple[str, ...]:
    """Certificates that are no good keep nothing else from being reloaded."""
    if tls is None:
        return ()
    try:
        tls.reload()
    except TlsConfigurationError as error:
        return (f"{error}; the old certificate stays in use",)
    return ()


@contextlib.contextmanager
def _signals(server: Server) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # Python delivers signals to the main thread only
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop, STOP_REASON)
    loop.add_signal_handler(signal.SIGHUP, server.reload)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.remove_signal_handler(number)
