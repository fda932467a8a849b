"""Plain clients over real sockets, for what no client of good manners sends."""

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator
from typing import Self

SECONDS = 30
"""After which a client that still waits has failed."""


class Client:
    """A socket that says bytes and waits for lines."""

    def __init__(self, port: int, *, receive_buffer: int | None = None, tls: ssl.SSLContext | None = None) -> None:
        """``tls`` is how to trust and be known where it is spoken; the server is ``localhost`` there."""
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(SECONDS)
        self.socket.connect(("127.0.0.1", port))
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self._data = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.socket.close()

    def send(self, *lines: str) -> None:
        self.feed("".join(f"{line}\r\n" for line in lines).encode())

    def feed(self, data: bytes) -> None:
        """Send bytes; if the server has had enough and hung up, so be it."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)

    def lines(self) -> Iterator[bytes]:
        """What comes, until the server hangs up."""
        while True:
            line, ending, rest = self._data.partition(b"\r\n")
            if ending:
                self._data = rest
                yield line
                continue
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                return
            if not data:
                return
            self._data += data

    def until(self, mark: bytes) -> list[bytes]:
        """The lines up to the one that has ``mark``."""
        heard = []
        for line in self.lines():
            heard.append(line)
            if mark in line:
                return heard
        raise AssertionError(f"no {mark!r} in {heard[-20:]}")

    def to_the_end(self) -> list[bytes]:
        """The lines until the server hangs up."""
        return list(self.lines())

    def register(self, nick: str) -> None:
        self.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        self.until(b" 376 ")


class Witness(Client):
    """A user with nothing to hide, who wants an answer in good time whatever others do."""

    ANSWER_SECONDS = 10.0

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.register("witness")
        self._pings = 0

    def check(self) -> None:
        """Raise AssertionError if a PING is not answered in time."""
        self._pings += 1
        began = time.monotonic()
        self.send(f"PING witness-{self._pings}")
        self.until(f"PONG irc.example.org :witness-{self._pings}".encode())
        waited = time.monotonic() - began
        assert waited < self.ANSWER_SECONDS, f"an answer took {waited:.1f} seconds"
