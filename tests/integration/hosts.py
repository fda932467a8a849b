"""HTTP servers on loopback that answer as a test wants: PLC directories and PDSs of people who mean harm."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias

from freeq_proto.identity import PublicKey, format_multikey

Answer: TypeAlias = Callable[[BaseHTTPRequestHandler], None]
"""Writes an answer to a request."""


class Host:
    """A server; what it has no answer for is 404."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://localhost:{server.server_port}"
        self.port = server.server_port
        self.answers: dict[str, Answer] = {}
        """By path, without a query."""
        self.asked: list[str] = []
        """The paths that were asked for, in order."""
        self.stopping = threading.Event()


@contextlib.contextmanager
def host() -> Iterator[Host]:
    """A server that runs until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            path = self.path.partition("?")[0]
            running.asked.append(path)
            with contextlib.suppress(ConnectionError):  # whoever asked has had enough
                running.answers.get(path, text("nothing here", 404))(self)

        do_GET = do_POST = _handle  # noqa: N815 - the names that http.server looks for

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        running = Host(server)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield running
        finally:
            running.stopping.set()
            server.shutdown()
            thread.join()


# --- answers -------------------------------------------------------------------------------------------------------


def text(body: str, status: int = 200, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        data = body.encode()
        handler.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def value(members: Mapping[str, object], status: int = 200) -> Answer:
    """JSON."""
    return text(json.dumps(members), status, Content_Type="application/json")


def redirect(url: str) -> Answer:
    return text("", 302, Location=url)


def long(begin: bytes, size: int, *, announced: bool) -> Answer:
    """``begin``, and then spaces up to ``size`` bytes, which is said before, or ends with the connection."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        if announced:
            handler.send_header("Content-Length", str(size))
        handler.end_headers()
        handler.wfile.write(begin)
        left = size - len(begin)
        while left > 0:
            handler.wfile.write(b" " * min(left, 1 << 16))
            left -= 1 << 16

    return answer


def silent(running: Host) -> Answer:
    """Nothing, for as long as the server runs."""

    def answer(_handler: BaseHTTPRequestHandler) -> None:
        running.stopping.wait()

    return answer


def dripping(running: Host, begin: bytes) -> Answer:
    """An answer that comes byte by byte, ten in a second, and does not end."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "60000")
        handler.end_headers()
        handler.wfile.write(begin)
        while not running.stopping.is_set():
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.1)

    return answer


# --- documents -----------------------------------------------------------------------------------------------------


def document(did: str, pds: str = "", handle: str = "", **keys: PublicKey) -> dict[str, object]:
    """A DID document as the public PLC directory forms them; the names of keys are their fragments."""
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": did,
        "alsoKnownAs": [f"at://{handle}"] if handle else [],
        "verificationMethod": [
            {"id": f"{did}#{name}", "type": "Multikey", "controller": did, "publicKeyMultibase": format_multikey(key)}
            for name, key in keys.items()
        ],
        "service": [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": pds}] if pds else [],
    }
