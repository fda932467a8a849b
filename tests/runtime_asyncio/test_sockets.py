"""Connections over real sockets: what the engine is told, and what the peer sees."""

import asyncio
import contextlib
import socket
import struct
from pathlib import Path

import pytest

from freeq_proto.boundary import Listener, PauseReading
from freeq_runtime_asyncio import ListenerSpec, Tls, TransportLimits
from freeq_runtime_asyncio.sockets import SocketConnection
from tests.runtime_asyncio.double import FLOOD, EngineDouble
from tests.runtime_asyncio.harness import IRC_TLS, LOOPS, deaf, dialled, run, serving

pytestmark = pytest.mark.parametrize("loop", LOOPS)


def test_a_line_is_answered_and_the_peer_is_known(loop: str) -> None:
    async def test() -> None:
        engine = EngineDouble()
        async with serving(engine) as server, dialled(server.addresses[0]) as (reader, writer):
            writer.write(b"hello")
            assert await reader.readexactly(5) == b"hello"
            peer = engine.peers[engine.only()]
            assert (peer.listener, peer.address, peer.secure) == (Listener.IRC, "127.0.0.1", False)
            assert peer.port == writer.get_extra_info("sockname")[1]

    run(loop, test)


def test_an_end_of_writing_is_empty_data_and_what_is_owed_is_still_sent(loop: str) -> None:
    async def test() -> None:
        engine = EngineDouble()
        async with serving(engine) as server, dialled(server.addresses[0]) as (reader, writer):
            writer.write(b"last words")
            writer.write_eof()
            assert await reader.read() == b"last words"
            await engine.until(lambda: engine.gone)
            assert engine.ended == [engine.only()]
            assert engine.received[engine.only()] == b"last words"

    run(loop, test)


def test_a_reset_is_told_with_its_reason(loop: str) -> None:
    async def test() -> None:
        engine = EngineDouble()
        async with serving(engine) as server:
            client = await deaf(server.addresses[0])
            await engine.until(lambda: engine.peers)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
            await engine.until(lambda: engine.gone)
            assert engine.gone[engine.only()].lower() == "connection reset by peer"

    run(loop, test)


def test_everything_read_in_one_poll_is_one_drain_and_one_write_for_each(loop: str) -> None:
    async def test() -> None:
        engine = EngineDouble()
        async with serving(engine) as server:
            clients = [await deaf(server.addresses[0]) for _ in range(20)]
            await engine.until(lambda: len(engine.peers) == 20)
            engine.drains.clear()
            for client in clients:  # the loop does not run in between, so all sockets are ready in its next poll
                client.send(b"line")
            await engine.until(lambda: sum(engine.drains) == 20)
            assert engine.drains == [20]
            for client in clients:
                assert await asyncio.get_running_loop().sock_recv(client, 100) == b"line"
                client.close()

    run(loop, test)


def test_a_client_that_never_reads_is_pressure_once_each_way(loop: str) -> None:
    async def test() -> None:
        engine = EngineDouble()
        aio = asyncio.get_running_loop()
        async with serving(engine) as server:
            client = await deaf(server.addresses[0])
            await _press(engine, client)
            ((conn, buffered),) = engine.pressures
            assert conn == engine.only()
            assert buffered > TransportLimits().high_water
            while len(engine.pressures) < 2:
                await aio.sock_recv(client, 1 << 20)
            assert engine.pressures[1:] == [(conn, 0)]
            client.close()

    run(loop, test)


def test_close_sends_what_was_written_even_if_the_peer_goes_on_talking(loop: str) -> None:
    """Closing a socket with unread input resets it (RFC 2525 section 2.17), which would destroy the last lines."""

    async def test() -> None:
        engine = EngineDouble()
        aio = asyncio.get_running_loop()
        async with serving(engine) as server:
            client = await deaf(server.addresses[0])
            await aio.sock_sendall(client, b"flood, close")
            await engine.until(lambda: engine.drains)
            await aio.sock_sendall(client, bytes(20_000))
            got = 0
            while data := await aio.sock_recv(client, 1 << 20):
                got += len(data)
            assert got == FLOOD
            assert engine.received[engine.only()] == b"flood, close"  # what came after the Close is nobody's
            assert not engine.gone  # it waits for the client's end
            client.close()
            await engine.until(lambda: engine.gone)

    run(loop, test)


def test_abort_drops_what_is_unsent(loop: str) -> None:
    async def test() -> None:
        engine = EngineDouble()
        aio = asyncio.get_running_loop()
        async with serving(engine) as server:
            client = await deaf(server.addresses[0])
            await _press(engine, client)
            await aio.sock_sendall(client, b"abort")
            await engine.until(lambda: engine.gone)
            client.close()

    run(loop, test)


def test_a_peer_that_does_not_end_is_cut_off_after_the_linger_time(loop: str) -> None:
    async def test() -> None:
        engine = EngineDouble()
        limits = TransportLimits(linger_seconds=0.05)
        async with serving(engine, limits=limits) as server, dialled(server.addresses[0]) as (_, writer):
            writer.write(b"close")
            await engine.until(lambda: engine.gone)

    run(loop, test)


def test_the_oldest_lingering_peer_makes_room(loop: str) -> None:
    async def test() -> None:
        engine = EngineDouble()
        limits = TransportLimits(linger_seconds=600, lingering=1)
        async with serving(engine, limits=limits) as server, dialled(server.addresses[0]) as (_, first):
            first.write(b"close")
            await engine.until(lambda: engine.drains)
            oldest = engine.only()
            async with dialled(server.addresses[0]) as (_, second):
                second.write(b"close")
                await engine.until(lambda: engine.gone)
                assert list(engine.gone) == [oldest]

    run(loop, test)


def test_a_paused_connection_is_not_read_until_it_is_resumed(loop: str) -> None:
    async def test() -> None:
        engine = EngineDouble()
        async with serving(engine) as server, dialled(server.addresses[0]) as (_, writer):
            writer.write(b"pause")
            await engine.until(lambda: engine.drains)
            writer.write(b"unheard")
            async with dialled(server.addresses[0]) as (reader, other):
                other.write(b"round")  # a whole round trip after the unheard bytes were sent
                await reader.readexactly(5)
            paused, _ = engine.peers
            assert engine.received[paused] == b"pause"
            engine.ask(PauseReading(paused, False))
            server.reload()  # an input: it makes the driver drain
            await engine.until(lambda: engine.received[paused] == b"pauseunheard")

    run(loop, test)


def test_ipv6_and_its_view_of_ipv4(loop: str) -> None:
    async def test() -> None:
        if not socket.has_ipv6:
            pytest.skip("no IPv6")
        engine = EngineDouble()
        async with serving(engine, ListenerSpec(Listener.IRC, host="::", dual_stack=True)) as server:
            port = server.addresses[0].port
            for host in ("::1", "127.0.0.1"):
                reader, writer = await asyncio.open_connection(host, port)
                writer.write(b"hello")
                await reader.readexactly(5)
                writer.close()
                await writer.wait_closed()
            assert [peer.address for peer in engine.peers.values()] == ["::1", "127.0.0.1"]

    run(loop, test)


def test_a_unix_socket_is_private_secure_and_removed(loop: str, tmp_path: Path) -> None:
    async def test() -> None:
        engine = EngineDouble()
        path = tmp_path / "control"
        async with serving(engine, ListenerSpec(Listener.CONTROL, path=str(path))) as server:
            assert path.stat().st_mode & 0o777 == 0o600
            async with dialled(server.addresses[0]) as (reader, writer):
                writer.write(b"hello")
                assert await reader.readexactly(5) == b"hello"
            peer = engine.peers[engine.only()]
            assert (peer.listener, peer.address, peer.port, peer.secure) == (Listener.CONTROL, "", 0, True)
        assert not path.exists()

    run(loop, test)


def test_small_writes_do_not_wait_for_acknowledgements(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nagle's algorithm (RFC 896) is off on accepted sockets."""
    made: list[bool] = []
    take = SocketConnection.take

    def recording(self: SocketConnection, loop: asyncio.AbstractEventLoop, accepted: socket.socket) -> None:
        made.append(bool(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
        take(self, loop, accepted)

    monkeypatch.setattr(SocketConnection, "take", recording)

    async def test() -> None:
        engine = EngineDouble()
        async with serving(engine) as server, dialled(server.addresses[0]):
            await engine.until(lambda: engine.peers)
        assert made == [True]

    run(loop, test)


def test_a_peer_that_makes_tls_talk_without_listening_is_cut_off(loop: str) -> None:
    """Key updates are answered with key updates (RFC 8446 section 4.6.3), however little the peer reads."""

    class Talkative:
        established = True
        ended = False
        failure = None
        certificate = ""
        end_point = b""

        def receive(self, ciphertext: memoryview) -> list[bytes]:
            return []

        def send(self, plaintext: bytes) -> None:
            pass

        def outgoing(self) -> bytes:
            return bytes(FLOOD)

        def close(self) -> None:
            pass

    class Source:
        def accept(self) -> Tls:
            return Talkative()

        def reload(self) -> None:
            pass

    async def test() -> None:
        engine = EngineDouble()
        async with serving(engine, IRC_TLS, tls=Source()) as server:
            client = await deaf(server.addresses[0])
            while not engine.gone:
                with contextlib.suppress(OSError):
                    client.send(b"key update")
                await asyncio.sleep(0)
            client.close()

    run(loop, test)


async def _press(engine: EngineDouble, client: socket.socket) -> None:
    """Make the engine write to a client that does not read, until the transport has enough."""
    while not engine.pressures:
        await asyncio.get_running_loop().sock_sendall(client, b"flood")
        await engine.another_turn()
