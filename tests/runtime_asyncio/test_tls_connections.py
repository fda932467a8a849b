"""TLS over real sockets: what the engine hears of it, and when it is cut off."""

import asyncio
import contextlib
import socket
import ssl
from pathlib import Path

import pytest

from freeq_runtime_asyncio import Address, OpensslFiles, TlsFiles, TransportLimits
from tests.runtime_asyncio.double import FLOOD, EngineDouble
from tests.runtime_asyncio.harness import (
    IRC_TLS,
    LOOPS,
    SOURCES,
    dialled,
    run,
    serving,
    trusting,
    write_certificate,
)

Source = type[TlsFiles] | type[OpensslFiles]

pytestmark = [pytest.mark.parametrize("loop", LOOPS), pytest.mark.parametrize("source", SOURCES)]


def test_a_line_over_tls(loop: str, source: Source, tmp_path: Path) -> None:
    async def test() -> None:
        engine, files = EngineDouble(), write_certificate(tmp_path)
        async with (
            serving(engine, IRC_TLS, tls=source(*files)) as server,
            dialled(server.addresses[0], tls=trusting(files[0])) as (reader, writer),
        ):
            writer.write(b"hello")
            assert await reader.readexactly(5) == b"hello"
            assert engine.peers[engine.only()].secure
            writer.write(b"close")
            assert await reader.read() == b""
        assert engine.received[engine.only()] == b"helloclose"

    run(loop, test)


def test_close_sends_all_the_ciphertext_and_close_notify(loop: str, source: Source, tmp_path: Path) -> None:
    """RFC 8446 section 6.1: an end without close_notify would be a truncation."""

    def client(address: Address, certificate: Path) -> int:
        connected = socket.create_connection((address.host, address.port))
        with trusting(certificate).wrap_socket(
            connected, server_hostname="localhost", suppress_ragged_eofs=False
        ) as tls:
            tls.sendall(b"flood, close")
            return sum(map(len, iter(lambda: tls.recv(65_536), b"")))

    async def test() -> None:
        engine, files = EngineDouble(), write_certificate(tmp_path)
        async with serving(engine, IRC_TLS, tls=source(*files)) as server:
            assert await asyncio.to_thread(client, server.addresses[0], files[0]) == FLOOD

    run(loop, test)


def test_ciphertext_that_is_not_taken_is_pressure(loop: str, source: Source, tmp_path: Path) -> None:
    async def test() -> None:
        engine, files = EngineDouble(), write_certificate(tmp_path)
        async with (
            serving(engine, IRC_TLS, tls=source(*files)) as server,
            dialled(server.addresses[0], tls=trusting(files[0])) as (reader, writer),
        ):
            while not engine.pressures:
                writer.write(b"flood")
                await engine.another_turn()
            while len(engine.pressures) < 2:
                await reader.read(1 << 20)
            (_, above), (_, below) = engine.pressures
            assert above > TransportLimits().high_water
            assert below == 0

    run(loop, test)


def test_the_engine_never_hears_of_a_handshake_that_fails(loop: str, source: Source, tmp_path: Path) -> None:
    async def test() -> None:
        engine = EngineDouble()
        async with (
            serving(engine, IRC_TLS, tls=source(*write_certificate(tmp_path))) as server,
            dialled(server.addresses[0]) as (reader, writer),
        ):
            writer.write(b"NICK alice\r\nUSER alice 0 * :alice\r\n")
            await reader.read()
            writer.close()
            await engine.until(lambda: engine.gone)
            assert not engine.peers

    run(loop, test)


def test_a_handshake_has_its_time_and_no_more(loop: str, source: Source, tmp_path: Path) -> None:
    async def test() -> None:
        engine = EngineDouble()
        limits = TransportLimits(handshake_seconds=0.05)
        async with (
            serving(engine, IRC_TLS, tls=source(*write_certificate(tmp_path)), limits=limits) as server,
            dialled(server.addresses[0]) as (reader, writer),
        ):
            writer.write(b"\x16\x03\x01\x02\x00\x01")  # the head of a ClientHello, and then nothing
            assert await _end(reader)
            assert not engine.peers

    run(loop, test)


def test_the_oldest_handshake_makes_room(loop: str, source: Source, tmp_path: Path) -> None:
    async def test() -> None:
        engine, files = EngineDouble(), write_certificate(tmp_path)
        limits = TransportLimits(handshake_seconds=600, handshakes=1)
        async with (
            serving(engine, IRC_TLS, tls=source(*files), limits=limits) as server,
            dialled(server.addresses[0]) as (reader, _),
            dialled(server.addresses[0], tls=trusting(files[0])) as (served, writer),
        ):
            assert await _end(reader)
            writer.write(b"hello")
            assert await served.readexactly(5) == b"hello"

    run(loop, test)


def test_bytes_that_do_not_decrypt_end_the_connection(loop: str, source: Source, tmp_path: Path) -> None:
    async def test() -> None:
        engine, files = EngineDouble(), write_certificate(tmp_path)
        async with serving(engine, IRC_TLS, tls=source(*files)) as server:
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = trusting(files[0]).wrap_bio(incoming, outgoing, server_hostname="localhost")
            async with dialled(server.addresses[0]) as (reader, writer):
                while True:
                    try:
                        tls.do_handshake()
                        break
                    except ssl.SSLWantReadError:
                        writer.write(outgoing.read())
                        incoming.write(await reader.read(65_536))
                tls.write(b"good")
                writer.write(outgoing.read() + b"\x17\x03\x03\x00\x20" + bytes(32))
                await reader.read()
                writer.close()
                await engine.until(lambda: engine.gone)
                assert engine.received[engine.only()] == b"good"
                assert engine.gone[engine.only()].startswith("TLS: ")

    run(loop, test)


def test_reloading_takes_the_new_certificate_and_says_so_if_it_cannot(
    loop: str, source: Source, tmp_path: Path
) -> None:
    async def test() -> None:
        engine, files = EngineDouble(), write_certificate(tmp_path)
        first = trusting(files[0])
        async with (
            serving(engine, IRC_TLS, tls=source(*files)) as server,
            dialled(server.addresses[0], tls=first) as (reader, writer),
        ):
            write_certificate(tmp_path)
            writer.write(b"reload")
            assert await reader.readexactly(9) == b"completed", "an old connection goes on"
            async with dialled(server.addresses[0], tls=trusting(files[0])):
                pass
            with pytest.raises(ssl.SSLCertVerificationError):
                await asyncio.open_connection(
                    "127.0.0.1", server.addresses[0].port, ssl=first, server_hostname="localhost"
                )
            files[1].write_text("no key")
            writer.write(b"reload")
            await engine.until(lambda: len(engine.results) == 2)
            assert "the old certificate stays in use" in str(engine.results[1])
            assert len(engine.configurations) == 2

    run(loop, test)


async def _end(reader: asyncio.StreamReader) -> bool:
    """Wait for the end of a connection, orderly or not."""
    with contextlib.suppress(ConnectionResetError):
        await reader.read()
    return True
