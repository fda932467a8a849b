"""How a server begins, what signals do to it, and how it ends."""

import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from freeq_proto.boundary import Listener
from freeq_runtime_asyncio import ListenerError, ListenerSpec, TransportLimits, serve
from freeq_runtime_asyncio.server import STOP_REASON
from freeq_storage import MemoryStore
from tests.runtime_asyncio.double import FLOOD, EngineDouble
from tests.runtime_asyncio.harness import IRC, IRC_TLS, LOOPS, deaf, dialled, perform, run, serving

pytestmark = pytest.mark.parametrize("loop", LOOPS)
ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def process(loop: str) -> Iterator[tuple[subprocess.Popen[str], socket.socket]]:
    """A server in a process of its own, and one client of it."""
    command = [sys.executable, "-W", "error", "-m", "tests.runtime_asyncio.process", loop]
    with (
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server,
        contextlib.ExitStack() as cleaning,
    ):
        cleaning.callback(server.kill)
        assert server.stdout is not None
        client = cleaning.enter_context(socket.create_connection(("127.0.0.1", int(server.stdout.readline()))))
        client.settimeout(30)
        client.sendall(b"hello")
        assert client.recv(100) == b"hello"
        yield server, client


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_after_everybody_was_told(loop: str, number: signal.Signals) -> None:
    with process(loop) as (server, client):
        server.send_signal(number)
        assert client.recv(100) == STOP_REASON.encode()
        assert client.recv(100) == b""
        output, errors = server.communicate(timeout=30)
        assert (server.returncode, output, errors) == (0, "ended\n", f"stopping: {STOP_REASON}\n")


def test_a_second_signal_ends_it_at_once(loop: str) -> None:
    with process(loop) as (server, client):
        client.sendall(b"deluge")  # and then it does not read
        assert client.recv(1, socket.MSG_PEEK)
        server.send_signal(signal.SIGINT)
        assert server.stderr is not None
        assert server.stderr.readline() == f"stopping: {STOP_REASON}\n"
        server.send_signal(signal.SIGINT)
        output, errors = server.communicate(timeout=30)
        assert (server.returncode, output, errors) == (0, "ended\n", "stopping at once\n")


def test_sighup_reloads(loop: str) -> None:
    with process(loop) as (server, client):
        server.send_signal(signal.SIGHUP)
        assert server.stderr is not None
        assert server.stderr.readline() == "configuration reloaded\n"
        assert server.stderr.readline() == "noted\n"
        client.sendall(b"still there")
        assert client.recv(100) == b"still there"


def test_an_operators_shutdown_ends_the_server(loop: str) -> None:
    async def test() -> None:
        engine = EngineDouble()
        async with serving(engine) as server, dialled(server.addresses[0]) as (reader, writer):
            writer.write(b"shutdown")
            # The engine closes everybody before it asks for the end; this double leaves that to the client.
            writer.write_eof()
            assert await reader.read() == b""

    run(loop, test)


def test_cancellation_ends_it_in_the_same_order(loop: str) -> None:
    async def test() -> None:
        engine, store = EngineDouble(), MemoryStore()
        started = asyncio.get_running_loop().create_future()
        task = asyncio.ensure_future(
            serve(
                engine,
                [IRC],
                store=store,
                perform=perform,
                reload=lambda: (object(), ()),
                started=started.set_result,
            )
        )
        server = await started
        async with dialled(server.addresses[0]) as (reader, _):
            await engine.until(lambda: engine.peers)
            task.cancel()
            assert await reader.read() == STOP_REASON.encode()
        with pytest.raises(asyncio.CancelledError):
            await task
        store.close()
        assert engine.gone

    run(loop, test)


def test_who_does_not_take_the_last_lines_is_not_waited_for_longer(loop: str, caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        engine = EngineDouble()
        limits = TransportLimits(stop_seconds=0.05)
        async with serving(engine, limits=limits) as server:
            client = await deaf(server.addresses[0])
            while not engine.pressures:
                client.send(b"flood")
                await engine.another_turn()
        assert engine.gone
        client.close()

    run(loop, test)
    assert "1 connections did not take their last lines in time" in caplog.text


def test_all_that_is_owed_is_sent_at_the_end(loop: str) -> None:
    async def test() -> None:
        engine = EngineDouble()
        async with contextlib.AsyncExitStack() as stack:
            server = await stack.enter_async_context(serving(engine))
            reader, writer = await stack.enter_async_context(dialled(server.addresses[0]))
            writer.write(b"flood")
            await engine.another_turn()
            server.stop("goodbye")
            assert await reader.read() == bytes(FLOOD) + b"goodbye"

    run(loop, test)


def test_an_address_that_is_taken_is_said_by_name(loop: str, tmp_path: Path) -> None:
    async def test() -> None:
        path = tmp_path / "control"
        async with serving(EngineDouble()) as server:
            taken = ListenerSpec(Listener.IRC, host="127.0.0.1", port=server.addresses[0].port)
            with pytest.raises(ListenerError, match=rf"irc at 127\.0\.0\.1:{taken.port}: Address already in use"):
                async with serving(EngineDouble(), ListenerSpec(Listener.CONTROL, path=str(path)), taken):
                    pass
        assert not path.exists(), "what was opened before it is closed again"

    run(loop, test)


def test_tls_without_a_certificate_is_refused(loop: str) -> None:
    async def test() -> None:
        with pytest.raises(ListenerError, match="needs a certificate"):
            async with serving(EngineDouble(), IRC_TLS):
                pass

    run(loop, test)
