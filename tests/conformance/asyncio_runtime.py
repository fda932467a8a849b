"""The harness on the asyncio runtime: a whole server in a thread of its own, behind real sockets."""

import asyncio
import contextlib
import functools
import os
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from freeq_proto.boundary import Event, Fault, Listener, Now
from freeq_proto.engine import Engine, perform
from freeq_proto.server import Config, ServerIdentity
from freeq_runtime_asyncio import ListenerSpec, Server, TlsFiles, read_clocks, self_signed, serve
from freeq_storage import MemoryStore
from tests.conformance.harness import Harness, Peer
from tests.conformance.patterns import SERVER
from tests.conformance.sockets import SECONDS, SocketPeer, WebSocketPeer


@functools.cache
def certificate() -> tuple[bytes, bytes]:
    """One certificate and its key, for all servers of a run."""
    return self_signed(SERVER)


class AsyncioHarness:
    """A server on asyncio with one listener."""

    def __init__(self, config: Config, folder: Path, kind: Listener = Listener.IRC, *, tls: bool = False) -> None:
        self._config = config
        self._spec = ListenerSpec(kind, host="127.0.0.1", tls=tls)
        self._faults: list[Event] = []
        self._server: Server | None = None
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._failure: BaseException | None = None
        self._tls = TlsFiles(*self._write(folder)) if tls else None
        self._authority = ssl.create_default_context(cadata=certificate()[0].decode()) if tls else None
        self._thread = threading.Thread(target=self._run, name="server")

    @staticmethod
    def _write(folder: Path) -> tuple[Path, Path]:
        paths = folder / "certificate.pem", folder / "key.pem"
        for path, pem in zip(paths, certificate(), strict=True):
            path.write_bytes(pem)
        return paths

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - raised again on the test's own thread
            self._failure = error
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        identity = ServerIdentity(bytes(range(32)), 1)
        await serve(
            Engine(self._config, identity=identity, entropy=os.urandom, now=read_clocks()),
            [self._spec],
            store=MemoryStore(),
            perform=perform,
            reload=lambda: (self._config, ()),
            tls=self._tls,
            observe=self._observe,
            started=self._on_started,
        )

    def _on_started(self, server: Server) -> None:
        self._server = server
        self._started.set()

    def _observe(self, event: Event) -> None:
        if isinstance(event, Fault):
            self._faults.append(event)

    def start(self) -> None:
        self._thread.start()
        assert self._started.wait(SECONDS), "the server does not start"
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        if self._failure is None and self._loop is not None and self._server is not None:
            with contextlib.suppress(RuntimeError):  # it has ended by itself
                self._loop.call_soon_threadsafe(self._server.stop, "the test is over")
        self._thread.join(SECONDS)
        assert not self._thread.is_alive(), "the server does not stop"
        if self._failure is not None:
            raise self._failure
        assert not self._faults, self._faults

    def connect(self) -> socket.socket:
        """A connected socket, after its TLS handshake where there is one."""
        assert self._server is not None
        address = self._server.addresses[0]
        connection = socket.create_connection((address.host, address.port), timeout=SECONDS)
        if self._authority is not None:
            return self._authority.wrap_socket(connection, server_hostname=SERVER)
        return connection

    def dial(self) -> Peer:
        return SocketPeer(self.connect())

    def now(self) -> Now:
        return read_clocks()

    def pass_time(self, seconds: float) -> None:
        raise AssertionError("time here is real")


class AsyncioWebSocketHarness(AsyncioHarness):
    """A server on asyncio that is spoken to over WebSocket."""

    def __init__(self, config: Config, folder: Path, *, binary: bool) -> None:
        super().__init__(config, folder, Listener.WEB)
        self._binary = binary

    def dial(self) -> Peer:
        return WebSocketPeer(self.connect(), binary=self._binary)


@contextlib.contextmanager
def _running(harness: AsyncioHarness) -> Iterator[Harness]:
    harness.start()
    try:
        yield harness
    finally:
        harness.stop()


@contextlib.contextmanager
def over_tcp(config: Config) -> Iterator[Harness]:
    """A server on asyncio behind plain TCP."""
    with tempfile.TemporaryDirectory() as folder, _running(AsyncioHarness(config, Path(folder))) as harness:
        yield harness


@contextlib.contextmanager
def over_tls(config: Config) -> Iterator[Harness]:
    """The same, with TLS."""
    with tempfile.TemporaryDirectory() as folder, _running(AsyncioHarness(config, Path(folder), tls=True)) as harness:
        yield harness


@contextlib.contextmanager
def over_websocket(config: Config, *, binary: bool = False) -> Iterator[Harness]:
    """The same, with WebSocket messages of text, or of bytes."""
    with (
        tempfile.TemporaryDirectory() as folder,
        _running(AsyncioWebSocketHarness(config, Path(folder), binary=binary)) as harness,
    ):
        yield harness
