"""An internet on loopback: an authority that certificates are trusted by, and a way to hosts that no DNS knows.

The way is a proxy, as companies have them: programs that respect ``HTTPS_PROXY`` ask it for a tunnel to a host, and
find themselves before a server that has a good certificate for that host.
"""

import contextlib
import socketserver
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.integration.atproto.web import fetch
from tests.runtime_asyncio.certificates import issue, key_pem, new_key


class Authority:
    """Issues certificates; their files are in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = new_key()
        self.file = folder / "authority.pem"
        """What to trust."""
        self.file.write_bytes(issue("authority", self._key, authority=True).public_bytes(Encoding.PEM))

    def files(self, name: str) -> tuple[Path, Path]:
        """A certificate for a host, and its key."""
        certificate, key = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        if not certificate.exists():
            own = new_key()
            key.write_bytes(key_pem(own))
            certificate.write_bytes(issue(name, own, "authority", self._key).public_bytes(Encoding.PEM))
        return certificate, key

    def client(self, name: str = "") -> ssl.SSLContext:
        """What trusts this authority; with a ``name`` it presents a certificate that nobody but itself vouches for."""
        context = ssl.create_default_context(cafile=self.file)
        if name:
            certificate, key = self._folder / f"{name}.pem", self._folder / f"{name}.key"
            if not certificate.exists():
                own = new_key()
                key.write_bytes(key_pem(own))
                certificate.write_bytes(issue(name, own).public_bytes(Encoding.PEM))
            context.load_cert_chain(certificate, key)
        return context


class Internet:
    """Hosts by their names, and where they really are."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.hosts: dict[str, str] = {}
        """The URL, in plain HTTP, of the server that answers for a host."""

    def server_for(self, host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.authority.files(host))
        return context


@contextlib.contextmanager
def internet(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Internet]:
    """Programs that are started within the block find the hosts, and trust the authority."""
    there = Internet(authority)

    class Tunnel(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                self._handle()

        def _handle(self) -> None:
            asked = b""
            while b"\r\n\r\n" not in asked and (data := self.request.recv(4096)):
                asked += data
            host = asked.split(b" ", 2)[1].decode().rpartition(":")[0] if asked.startswith(b"CONNECT ") else ""
            if host not in there.hosts:
                self.request.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
                return
            self.request.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            with there.server_for(host).wrap_socket(self.request, server_side=True) as inside:
                _Passing(inside, host, there.hosts[host])

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel) as proxy:
        proxy.daemon_threads = True
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.server_address[1]}")
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        try:
            yield there
        finally:
            proxy.shutdown()
            thread.join()


class _Passing(BaseHTTPRequestHandler):
    """Answers one request of a tunnel with what the real server says."""

    def __init__(self, inside: ssl.SSLSocket, host: str, url: str) -> None:
        self._host, self._url = host, url
        super().__init__(inside, ("tunnel", 0), None)  # type: ignore[arg-type]  # it belongs to no server

    def do_GET(self) -> None:
        answer = fetch("GET", self._url + self.path, {"Host": self._host})
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""
