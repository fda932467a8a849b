"""The TLS adapters without sockets: two ends, and the bytes between them."""

import contextlib
import hashlib
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.boundary import tls_server_end_point
from freeq_runtime_asyncio import OpensslFiles, Tls, TlsConfigurationError, TlsFiles, self_signed
from tests.runtime_asyncio.certificates import chain_of_three
from tests.runtime_asyncio.harness import SOURCES, trusting, write_certificate

Source = type[TlsFiles] | type[OpensslFiles]

pytestmark = pytest.mark.parametrize("source", SOURCES)


class Client:
    """The other end, by the standard library."""

    def __init__(self, context: ssl.SSLContext, name: str = "localhost") -> None:
        self._incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self.outgoing, server_hostname=name)

    def shake(self, ciphertext: bytes) -> bytes:
        """One step of the handshake."""
        self._incoming.write(ciphertext)
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
        return self.outgoing.read()

    def read(self, ciphertext: bytes) -> bytes:
        """All the plaintext of ``ciphertext``; the end of the stream adds nothing."""
        self._incoming.write(ciphertext)
        got = b""
        try:
            while data := self.tls.read(65_536):
                got += data
        except ssl.SSLWantReadError:
            pass
        return got

    def write(self, plaintext: bytes) -> bytes:
        self.tls.write(plaintext)
        return self.outgoing.read()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_certificate(tmp_path_factory.mktemp("tls"))


def shaken(client: Client, server: Tls) -> tuple[Client, Tls]:
    """The same two, after their handshake."""
    to_client = b""
    while not server.established:
        assert server.receive(memoryview(client.shake(to_client))) == []
        assert server.failure is None
        to_client = server.outgoing()
    client.shake(to_client)
    assert client.read(b"") == b""  # session tickets
    return client, server


def established(source: Source, files: tuple[Path, Path]) -> tuple[Client, Tls]:
    return shaken(Client(trusting(files[0])), source(*files).accept())


def receive(server: Tls, ciphertext: bytes) -> bytes:
    return b"".join(server.receive(memoryview(ciphertext)))


def test_plaintext_crosses_in_both_directions(source: Source, files: tuple[Path, Path]) -> None:
    client, server = established(source, files)
    assert receive(server, client.write(b"hello")) == b"hello"
    server.send(b"and back")
    assert client.read(server.outgoing()) == b"and back"
    assert server.outgoing() == b"", "ciphertext is handed over once"


def test_more_than_a_record_crosses_whole(source: Source, files: tuple[Path, Path]) -> None:
    client, server = established(source, files)
    data = bytes(range(256)) * 800
    assert receive(server, client.write(data)) == data
    server.send(data)
    server.send(b"after")
    assert client.read(server.outgoing()) == data + b"after"


@given(st.lists(st.integers(1, 70), max_size=12))
def test_any_split_of_the_ciphertext_gives_the_same_plaintext(
    source: Source, files: tuple[Path, Path], cuts: list[int]
) -> None:
    client, server = established(source, files)
    ciphertext = client.write(b"one") + client.write(b"two") + client.write(b"three")
    got = b""
    for cut in cuts:
        got += receive(server, ciphertext[:cut])
        ciphertext = ciphertext[cut:]
    assert got + receive(server, ciphertext) == b"onetwothree"


def test_a_handshake_byte_by_byte(source: Source, files: tuple[Path, Path]) -> None:
    client, server = Client(trusting(files[0])), source(*files).accept()
    to_client = b""
    while not server.established:
        for byte in client.shake(to_client):
            server.receive(memoryview(bytes([byte])))
        to_client = server.outgoing()
    assert receive(server, client.write(b"in")) == b"in"


@pytest.mark.parametrize(
    "data", [b"NICK alice\r\nUSER a 0 * :a\r\n", b"GET / HTTP/1.1\r\n\r\n", bytes(64), b"\x16\x03\x01\xff\xff" * 9]
)
def test_what_is_no_tls_fails_with_an_alert(source: Source, files: tuple[Path, Path], data: bytes) -> None:
    """An alert record has the type 21 (RFC 8446 section 5.1)."""
    server = source(*files).accept()
    assert receive(server, data) == b""
    assert server.failure
    assert not server.established
    assert server.outgoing()[:1] in (b"\x15", b"")
    assert receive(server, b"more") == b"", "a failed connection takes nothing more"


def test_a_damaged_record_fails_after_what_was_before_it(source: Source, files: tuple[Path, Path]) -> None:
    """bad_record_mac (RFC 8446 section 5.2): the connection ends, with an alert for the peer."""
    client, server = established(source, files)
    good, bad = client.write(b"good"), bytearray(client.write(b"bad"))
    bad[-1] ^= 1
    assert receive(server, good + bad) == b"good"
    assert server.failure is not None
    with pytest.raises(ssl.SSLError, match="BAD_RECORD_MAC"):
        client.read(server.outgoing())
    server.send(b"to nobody")
    server.close()
    assert server.outgoing() == b""


def test_the_peers_close_notify_is_the_end_of_its_data(source: Source, files: tuple[Path, Path]) -> None:
    """RFC 8446 section 6.1: the other direction stays open."""
    client, server = established(source, files)
    last = client.write(b"last")
    with pytest.raises(ssl.SSLWantReadError):
        client.tls.unwrap()
    assert receive(server, last + client.outgoing.read()) == b"last"
    assert server.ended
    assert server.failure is None


def test_close_sends_close_notify_once(source: Source, files: tuple[Path, Path]) -> None:
    client, server = established(source, files)
    server.send(b"bye")
    server.close()
    ciphertext = server.outgoing()
    server.close()
    server.send(b"too late")
    assert server.outgoing() == b""
    client._incoming.write(ciphertext)
    assert client.tls.read(100) == b"bye"
    assert client.tls.read(100) == b"", "close_notify is an orderly end"


def test_tls_1_1_is_refused(source: Source, files: tuple[Path, Path]) -> None:
    """RFC 8996 section 5: the answer is the alert protocol_version, fatal (2, 70)."""
    hello = b"\x03\x02" + bytes(32) + b"\x00" + b"\x00\x04\xc0\x13\x00\xff" + b"\x01\x00"
    server = source(*files).accept()
    receive(server, b"\x16\x03\x01\x00\x2f\x01\x00\x00\x2b" + hello)
    assert server.failure == "unsupported protocol"
    assert server.outgoing()[-2:] == b"\x02\x46"


def test_tls_1_2_is_served(source: Source, files: tuple[Path, Path]) -> None:
    context = trusting(files[0])
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    client, server = shaken(Client(context), source(*files).accept())
    assert client.tls.version() == "TLSv1.2"
    assert receive(server, client.write(b"hello")) == b"hello"


def test_the_channel_binding_is_the_hash_of_the_certificate(source: Source, files: tuple[Path, Path]) -> None:
    """RFC 5929 section 4.1: SHA-256 of a certificate that is signed with SHA-256, as the client sees it."""
    client, server = established(source, files)
    presented = client.tls.getpeercert(binary_form=True)
    assert presented is not None
    assert server.end_point == hashlib.sha256(presented).digest() == tls_server_end_point(presented)


def test_the_names_of_a_self_signed_certificate(source: Source, files: tuple[Path, Path]) -> None:
    for name in ("irc.example", "localhost", "127.0.0.1", "::1"):
        client, server = Client(trusting(files[0]), name), source(*files).accept()
        server.receive(memoryview(client.shake(b"")))
        client.shake(server.outgoing())
        assert client.tls.version() == "TLSv1.3"
    client, server = Client(trusting(files[0]), "other.example"), source(*files).accept()
    server.receive(memoryview(client.shake(b"")))
    with pytest.raises(ssl.SSLCertVerificationError):
        client.shake(server.outgoing())


def test_bad_files_keep_the_old_certificate(source: Source, tmp_path: Path) -> None:
    certificate, key = write_certificate(tmp_path)
    serving = source(certificate, key)
    trusted, (_, other) = trusting(certificate), self_signed("irc.example")
    for bad in (b"no key", other):
        key.write_bytes(bad)
        with pytest.raises(TlsConfigurationError, match=r"cert\.pem and .*key\.pem"):
            serving.reload()
    certificate.unlink()
    with pytest.raises(TlsConfigurationError, match="No such file"):
        serving.reload()
    shaken(Client(trusted), serving.accept())  # with the certificate that was read first


def test_reloaded_files_serve_new_connections(source: Source, tmp_path: Path) -> None:
    serving = source(*write_certificate(tmp_path))
    before = serving.accept()
    certificate, _ = write_certificate(tmp_path)
    serving.reload()
    _, after = shaken(Client(trusting(certificate)), serving.accept())
    assert after.end_point != before.end_point


def test_a_chain_is_sent_whole(source: Source, tmp_path: Path) -> None:
    """RFC 8446 section 4.4.2: the client has the root, and gets what is between."""
    root, between, leaf = chain_of_three(tmp_path)
    client, server = shaken(Client(trusting(root)), source(*leaf).accept())
    presented = client.tls.getpeercert(binary_form=True)
    assert presented is not None
    assert server.end_point == tls_server_end_point(presented)
    assert between in leaf[0].read_bytes()


def test_an_encrypted_key_is_refused_instead_of_asked_for(source: Source, tmp_path: Path) -> None:
    certificate, key = write_certificate(tmp_path)
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    with pytest.raises(TlsConfigurationError, match="the key is encrypted"):
        source(certificate, key)
