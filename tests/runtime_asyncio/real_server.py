"""A whole freeq server on loopback, in a thread of its own, for tests of clients: it can die and come back."""

import asyncio
import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import attrs

from freeq_proto.boundary import Destination, Event, Fault, Listener, RemoteProtocolError
from freeq_proto.engine import Engine, perform
from freeq_proto.server import Config, Flood, Limits, ServerIdentity
from freeq_runtime_asyncio import ListenerSpec, OpensslFiles, Server, TlsFiles, read_clocks, serve
from freeq_storage import MemoryStore
from tests.runtime_asyncio.harness import write_certificate

SECONDS = 30
"""After which a test that still waits has failed."""
NAME = "localhost"
CONFIG = Config(
    name=NAME,
    network="Example",
    flood=Flood(burst=10_000, lines_per_second=0),
    limits=Limits(clients_per_address=1000, channels_per_user=100),
)


class RealServer:
    """One server with a plain listener and one over TLS, whose ports stay the same over restarts."""

    def __init__(self, folder: Path, config: Config, tls: type[TlsFiles] | type[OpensslFiles]) -> None:
        self.certificate, key = write_certificate(folder, NAME)
        self._config = config
        self._tls = tls(self.certificate, key)
        self._specs = [ListenerSpec(Listener.IRC, host="127.0.0.1"), ListenerSpec(Listener.IRC, "127.0.0.1", tls=True)]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self._started = threading.Event()
        self._failures: list[BaseException] = []
        self.connections = 0
        """Made so far, over all lives."""

    @property
    def plain(self) -> Destination:
        return Destination("127.0.0.1", self._specs[0].port, tls=False)

    @property
    def secure(self) -> Destination:
        return Destination(NAME, self._specs[1].port)

    def start(self) -> None:
        self._started.clear()
        self._thread = threading.Thread(target=self._run, name="server")
        self._thread.start()
        assert self._started.wait(SECONDS), "the server does not start"
        self._check()

    def stop(self, *, abruptly: bool = False) -> None:
        """End it; ``abruptly`` as a crash does, with nobody told anything."""
        if self._loop is not None and self._server is not None:
            server = self._server
            with contextlib.suppress(RuntimeError):  # it has ended by itself
                self._loop.call_soon_threadsafe(server.stop, "Server shutting down")
                if abruptly:
                    self._loop.call_soon_threadsafe(server.stop, "again, so at once")
        if self._thread is not None:
            self._thread.join(SECONDS)
            assert not self._thread.is_alive(), "the server does not end"
        self._check()

    def _check(self) -> None:
        if self._failures:
            raise self._failures[0]

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - raised again on the test's own thread
            self._failures.append(error)
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        with contextlib.closing(MemoryStore()) as store:
            await serve(
                Engine(self._config, identity=ServerIdentity(bytes(32), 1), entropy=os.urandom, now=read_clocks()),
                self._specs,
                store=store,
                perform=perform,
                reload=lambda: (self._config, ()),
                tls=self._tls,
                observe=self._observe,
                started=self._on_started,
            )

    def _on_started(self, server: Server) -> None:
        self._server = server
        self._specs = [attrs.evolve(each.spec, port=each.port) for each in server.addresses]
        self._started.set()

    def _observe(self, event: Event) -> None:
        self.connections += type(event).__name__ == "Registered"
        if isinstance(event, Fault) and not isinstance(event.error, RemoteProtocolError):
            self._failures.append(event.error)


@contextlib.contextmanager
def real_server(
    folder: Path, config: Config = CONFIG, *, tls: type[TlsFiles] | type[OpensslFiles] = TlsFiles
) -> Iterator[RealServer]:
    """A server until the end of the block; with ``OpensslFiles`` it asks for certificates."""
    server = RealServer(folder, config, tls)
    server.start()
    try:
        yield server
    finally:
        server.stop()
