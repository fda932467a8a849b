"""TLS client certificates: who proves to hold one is known by it, whoever signed it."""

import asyncio
import contextlib
import socket
import ssl
import sys
from pathlib import Path

import attrs
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL

from freeq_proto.boundary import PeerInfo, tls_server_end_point
from freeq_runtime_asyncio import Address, OpensslFiles, TlsConfigurationError, TlsFiles
from tests.runtime_asyncio.certificates import client_files, forged_key, issue, new_key
from tests.runtime_asyncio.double import EngineDouble
from tests.runtime_asyncio.harness import IRC_TLS, LOOPS, dialled, run, serving, trusting, write_certificate

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


def presenting(server: Path, own: Path | None, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    """A client's context that trusts the server and presents its own certificate."""
    context = trusting(server)
    context.minimum_version = context.maximum_version = version
    if own is not None:
        context.load_cert_chain(own)
    return context


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("expired", [False, True])
def test_the_fingerprint_of_a_certificate_that_nobody_signed_arrives(
    loop: str, version: ssl.TLSVersion, expired: bool, tmp_path: Path
) -> None:
    """It says whose it is by its key alone, so that it ran out changes nothing."""

    async def test() -> None:
        engine, files = EngineDouble(), write_certificate(tmp_path)
        certificate, own = client_files(tmp_path, expired=expired)
        async with (
            serving(engine, IRC_TLS, tls=OpensslFiles(*files)) as server,
            dialled(server.addresses[0], tls=presenting(files[0], own, version)) as (reader, writer),
        ):
            writer.write(b"hello")
            assert await reader.readexactly(5) == b"hello"
            peer = engine.peers[engine.only()]
            assert peer.certificate == certificate.fingerprint(hashes.SHA256()).hex()
            presented = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            assert peer.end_point == tls_server_end_point(presented)

    run(loop, test)


@pytest.mark.parametrize("source", [TlsFiles, OpensslFiles])
def test_a_peer_that_presents_none_has_none(source: type[TlsFiles] | type[OpensslFiles], tmp_path: Path) -> None:
    """And nobody is asked by the standard library's adapter."""

    async def test() -> None:
        engine, files = EngineDouble(), write_certificate(tmp_path)
        own = None if source is OpensslFiles else client_files(tmp_path)[1]
        async with (
            serving(engine, IRC_TLS, tls=source(*files)) as server,
            dialled(server.addresses[0], tls=presenting(files[0], own)) as (reader, writer),
        ):
            writer.write(b"hello")
            assert await reader.readexactly(5) == b"hello"
            peer = engine.peers[engine.only()]
            assert peer == attrs.evolve(peer, certificate="", secure=True)
            assert len(peer.end_point) == 32

    run("asyncio", test)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_certificate_without_its_key_ends_the_handshake(version: ssl.TLSVersion, tmp_path: Path) -> None:
    """decrypt_error (RFC 8446 section 4.4.3): whoever copied a certificate cannot prove to hold it.

    The thief's file holds the secret of one key and names the public half of another, which OpenSSL takes on trust.
    """

    async def test() -> None:
        engine, files = EngineDouble(), write_certificate(tmp_path)
        victim, thief = new_key(), new_key()
        stolen = issue("alice", victim).public_bytes(Encoding.PEM)
        own = tmp_path / "stolen.pem"
        own.write_bytes(stolen + forged_key(thief, victim.public_key()))
        async with serving(engine, IRC_TLS, tls=OpensslFiles(*files)) as server:
            with contextlib.suppress(OSError):  # an alert, or a connection that ends
                async with dialled(server.addresses[0], tls=presenting(files[0], own, version)) as (reader, writer):
                    writer.write(b"hello")
                    await reader.read()
            await engine.until(lambda: engine.gone)
            assert engine.peers == {}
            assert list(engine.gone.values()) == ["TLS: bad signature"]

    run("asyncio", test)


@pytest.mark.parametrize("version", VERSIONS)
def test_no_session_is_resumed(version: ssl.TLSVersion, tmp_path: Path) -> None:
    """A resumed session would vouch for a key without a proof. Who offers one gets a whole handshake, and no error."""

    def twice(address: Address, context: ssl.SSLContext) -> list[bool | None]:
        reused: list[bool | None] = []
        session = None
        for _ in range(2):
            connected = socket.create_connection((address.host, address.port))
            with context.wrap_socket(connected, server_hostname="localhost", session=session) as tls:
                tls.sendall(b"hello")
                assert tls.recv(5) == b"hello"
                reused.append(tls.session_reused)
                session = tls.session
        return reused

    async def test() -> None:
        engine, files = EngineDouble(), write_certificate(tmp_path)
        certificate, own = client_files(tmp_path)
        async with serving(engine, IRC_TLS, tls=OpensslFiles(*files)) as server:
            context = presenting(files[0], own, version)
            assert await asyncio.to_thread(twice, server.addresses[0], context) == [False, False]
            peers: list[PeerInfo] = list(engine.peers.values())
            fingerprint = certificate.fingerprint(hashes.SHA256()).hex()
            assert [peer.certificate for peer in peers] == [fingerprint] * 2

    run("asyncio", test)


def test_without_pyopenssl_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = write_certificate(tmp_path)
    monkeypatch.delitem(sys.modules, "freeq_runtime_asyncio.openssl", raising=False)
    monkeypatch.setitem(sys.modules, "OpenSSL", None)
    with pytest.raises(TlsConfigurationError, match=r"install freeq-runtime-asyncio\[client-certificates\]"):
        OpensslFiles(*files)


@pytest.mark.parametrize("source", [TlsFiles, OpensslFiles])
def test_nobody_becomes_somebody_else_by_renegotiation(
    source: type[TlsFiles] | type[OpensslFiles], tmp_path: Path
) -> None:
    """no_renegotiation (RFC 5246 section 7.2.2): who is there was settled by the first handshake."""
    server = source(*write_certificate(tmp_path)).accept()
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    client = SSL.Connection(context, None)
    client.set_connect_state()

    def exchange() -> bytes:
        with contextlib.suppress(SSL.WantReadError):
            client.do_handshake()
        with contextlib.suppress(SSL.WantReadError):
            plaintext = b"".join(server.receive(memoryview(client.bio_read(65_536))))
            client.bio_write(server.outgoing())
            return plaintext
        return b""

    while not server.established:
        exchange()
    with contextlib.suppress(SSL.WantReadError):
        client.do_handshake()
    assert client.renegotiate()
    exchange()  # the request goes out, and a warning comes back
    with pytest.raises(SSL.Error, match="no renegotiation"):
        exchange()
