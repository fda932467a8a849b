"""Runs a server around an engine double, on every event loop that is installed."""

import asyncio
import contextlib
import importlib.util
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path

import pytest

from freeq_proto.boundary import Computed, Event, Job, Listener
from freeq_runtime_asyncio import (
    Address,
    ListenerSpec,
    OpensslFiles,
    Server,
    Store,
    TlsFiles,
    TlsSource,
    TransportLimits,
    self_signed,
    serve,
)
from freeq_runtime_asyncio.contract import HttpClient, TxtClient
from freeq_storage import MemoryStore
from tests.runtime_asyncio.double import EngineDouble

Test = Callable[[], Coroutine[object, object, None]]
IRC = ListenerSpec(Listener.IRC, host="127.0.0.1")
IRC_TLS = ListenerSpec(Listener.IRC, host="127.0.0.1", tls=True)
SECONDS = 30
"""After which a test that still waits has failed."""

LOOPS = [
    "asyncio",
    pytest.param("uvloop", marks=pytest.mark.skipif(not importlib.util.find_spec("uvloop"), reason="no uvloop")),
]


SOURCES = [TlsFiles, OpensslFiles]
"""Every way to serve TLS."""


def run(loop: str, test: Test) -> None:
    """Run a test on one kind of event loop."""

    async def bounded() -> None:
        async with asyncio.timeout(SECONDS):
            await test()

    with asyncio.Runner(loop_factory=loop_factory(loop)) as runner:
        runner.run(bounded())


def loop_factory(loop: str) -> Callable[[], asyncio.AbstractEventLoop]:
    if loop == "asyncio":
        return asyncio.new_event_loop
    import uvloop

    return uvloop.new_event_loop


def perform(job: Job) -> Computed:
    return Computed(True)


@contextlib.asynccontextmanager
async def serving(
    engine: EngineDouble,
    *specs: ListenerSpec,
    store: Store | None = None,
    perform: Callable[[Job], Computed] = perform,
    reload: Callable[[], tuple[object, tuple[str, ...]]] = lambda: (object(), ()),
    observe: Callable[[Event], None] = lambda event: None,
    tls: TlsSource | None = None,
    limits: TransportLimits | None = None,
    http: HttpClient | None = None,
    dns: TxtClient | None = None,
) -> AsyncIterator[Server]:
    """A server until the end of the block, or until it stops by itself; what it raises is raised here."""
    started: asyncio.Future[Server] = asyncio.get_running_loop().create_future()
    memory = MemoryStore()
    task = asyncio.ensure_future(
        serve(
            engine,
            specs or (IRC,),
            store=store or memory,
            perform=perform,
            reload=reload,
            tls=tls,
            observe=observe,
            started=started.set_result,
            limits=limits,
            http=http,
            dns=dns,
        )
    )
    task.add_done_callback(lambda ended: None if started.done() else started.cancel())
    try:
        yield await started
    finally:
        if not task.done() and started.done():
            started.result().stop("stopped")
        try:
            await task
        finally:
            memory.close()


@contextlib.asynccontextmanager
async def dialled(
    address: Address, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A client until the end of the block."""
    if address.port:
        name = "localhost" if tls else None
        reader, writer = await asyncio.open_connection(address.host, address.port, ssl=tls, server_hostname=name)
    else:
        reader, writer = await asyncio.open_unix_connection(address.host)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def deaf(address: Address) -> socket.socket:
    """A client that reads nothing unless it is told to, with little room in its kernel."""
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    await asyncio.get_running_loop().sock_connect(client, (address.host, address.port))
    return client


def write_certificate(folder: Path, name: str = "irc.example") -> tuple[Path, Path]:
    """Files with a new certificate and its key; an earlier pair is replaced."""
    certificate, key = self_signed(name)
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(certificate)
    paths[1].write_bytes(key)
    return paths


def trusting(certificate: Path) -> ssl.SSLContext:
    """A client's context that trusts only this certificate."""
    return ssl.create_default_context(cafile=str(certificate))
