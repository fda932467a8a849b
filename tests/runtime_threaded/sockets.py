"""Servers on loopback for blocking tests: a function talks to each connection, on a thread of its own."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.runtime_asyncio.harness import trusting, write_certificate

SECONDS = 30
"""After which a test that still waits has failed."""
Handler = Callable[[socket.socket], None]


class Listening:
    """A listening socket, and how often it was reached."""

    def __init__(self, listening: socket.socket, handler: Handler, tls: ssl.SSLContext | None) -> None:
        self.port: int = listening.getsockname()[1]
        self.reached = 0
        self._listening = listening
        self._handler = handler
        self._tls = tls
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._acceptor = threading.Thread(target=self._accept)

    def start(self) -> None:
        self._acceptor.start()

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listening.accept()
            except OSError:
                return
            self.reached += 1
            self._open.append(accepted)
            thread = threading.Thread(target=self._talk, args=(accepted,))
            self._threads.append(thread)
            thread.start()

    def _talk(self, accepted: socket.socket) -> None:
        accepted.settimeout(SECONDS)
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            talking = stack.enter_context(accepted)
            if self._tls is not None:
                talking = stack.enter_context(self._tls.wrap_socket(talking, server_side=True))
                self._open.append(talking)
            self._handler(talking)

    def close(self) -> None:
        """End everything, and wait for it."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._acceptor.join(SECONDS)
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(SECONDS)


@contextlib.contextmanager
def listening(handler: Handler, *, tls: ssl.SSLContext | None = None) -> Iterator[Listening]:
    """A server until the end of the block."""
    server = Listening(socket.create_server(("127.0.0.1", 0)), handler, tls)
    server.start()
    try:
        yield server
    finally:
        server.close()


def tls_pair(folder: Path, name: str = "localhost") -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a new certificate for ``name``, and a client's that trusts nothing else."""
    certificate, key = write_certificate(folder, name)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate, key)
    return serving, trusting(certificate)
