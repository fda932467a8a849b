"""Opening listening sockets, and accepting when there is no room."""

import asyncio
import errno
import os
import resource
import socket
from pathlib import Path

import pytest

from freeq_proto.boundary import Listener, PeerInfo
from freeq_runtime_asyncio import ListenerError, ListenerSpec, TransportLimits
from freeq_runtime_asyncio.driver import logger
from freeq_runtime_asyncio.listeners import peer_info
from tests.runtime_asyncio.double import EngineDouble
from tests.runtime_asyncio.harness import IRC, IRC_TLS, LOOPS, dialled, run, serving

on_every_loop = pytest.mark.parametrize("loop", LOOPS)
CONTROL = ListenerSpec(Listener.CONTROL, path="/run/freeq")


@pytest.mark.parametrize(
    ("spec", "name", "peer"),
    [
        (IRC, ("192.0.2.1", 5), PeerInfo(Listener.IRC, "192.0.2.1", 5, secure=False)),
        (IRC_TLS, ("192.0.2.1", 5), PeerInfo(Listener.IRC, "192.0.2.1", 5, secure=True)),
        (IRC, ("2001:db8::1", 5, 0, 0), PeerInfo(Listener.IRC, "2001:db8::1", 5, secure=False)),
        # RFC 4291 section 2.5.5.2: an IPv4-mapped address is an IPv4 peer.
        (IRC, ("::ffff:192.0.2.1", 5, 0, 0), PeerInfo(Listener.IRC, "192.0.2.1", 5, secure=False)),
        (IRC, ("::ffff:0:1", 5, 0, 0), PeerInfo(Listener.IRC, "::ffff:0:1", 5, secure=False)),
        # RFC 4007 section 11: the zone has a meaning on this machine only.
        (IRC, ("fe80::1%eth0", 5, 0, 2), PeerInfo(Listener.IRC, "fe80::1", 5, secure=False)),
        (CONTROL, "", PeerInfo(Listener.CONTROL, "", 0, secure=True)),
    ],
)
def test_what_the_transport_knows_of_a_peer(spec: ListenerSpec, name: object, peer: PeerInfo) -> None:
    assert peer_info(spec, name) == peer


def test_a_listener_has_one_place() -> None:
    with pytest.raises(ListenerError, match="either a host or a path"):
        ListenerSpec(Listener.IRC)
    with pytest.raises(ListenerError, match="either a host or a path"):
        ListenerSpec(Listener.IRC, host="::", path="/run/freeq")
    with pytest.raises(ListenerError, match="needs no TLS"):
        ListenerSpec(Listener.IRC, path="/run/freeq", tls=True)


def test_a_listener_is_named_as_people_write_it() -> None:
    assert str(ListenerSpec(Listener.IRC, host="::1", port=6697, tls=True)) == "irc over TLS at [::1]:6697"
    assert str(CONTROL) == "control at /run/freeq"


@on_every_loop
def test_a_socket_that_a_dead_server_left_is_replaced(loop: str, tmp_path: Path) -> None:
    path = tmp_path / "control"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    async def test() -> None:
        engine = EngineDouble()
        async with (
            serving(engine, ListenerSpec(Listener.CONTROL, path=str(path))) as server,
            dialled(server.addresses[0]) as (reader, writer),
        ):
            writer.write(b"hello")
            assert await reader.readexactly(5) == b"hello"

    run(loop, test)


@on_every_loop
def test_a_socket_that_answers_is_left_alone(loop: str, tmp_path: Path) -> None:
    path = tmp_path / "control"

    async def test() -> None:
        spec = ListenerSpec(Listener.CONTROL, path=str(path))
        async with serving(EngineDouble(), spec) as server:
            with pytest.raises(ListenerError, match="Address already in use"):
                async with serving(EngineDouble(), spec):
                    pass
            async with dialled(server.addresses[0]) as (reader, writer):
                writer.write(b"hello")
                assert await reader.readexactly(5) == b"hello"

    run(loop, test)


@on_every_loop
def test_a_file_that_is_no_socket_is_left_alone(loop: str, tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("data")

    async def test() -> None:
        with pytest.raises(ListenerError, match="Address already in use"):
            async with serving(EngineDouble(), ListenerSpec(Listener.CONTROL, path=str(path))):
                pass

    run(loop, test)
    assert path.read_text() == "data"


@on_every_loop
def test_without_file_descriptors_a_listener_rests_and_comes_back(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    errors: list[tuple[object, ...]] = []
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    async def test() -> None:
        engine = EngineDouble()
        async with serving(engine, limits=TransportLimits(accept_rest_seconds=0.05)) as server:
            with socket.socket() as client:
                client.setblocking(False)
                client.connect_ex((server.addresses[0].host, server.addresses[0].port))
                free = os.dup(client.fileno())
                os.close(free)
                resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
                rests = asyncio.Semaphore(0)

                def error(*args: object) -> None:
                    errors.append(args)
                    rests.release()

                monkeypatch.setattr(logger, "error", error)
                try:
                    await rests.acquire()
                    await rests.acquire()
                finally:
                    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
                await engine.until(lambda: engine.peers)
                client.send(b"hello")
                assert await asyncio.get_running_loop().sock_recv(client, 5) == b"hello"

    run(loop, test)
    assert all(os.strerror(errno.EMFILE) in error for error in errors)
