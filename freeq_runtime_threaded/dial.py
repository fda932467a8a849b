"""Reaching a server: all addresses of its name are tried, and the first that answers wins (RFC 8305).

Nothing here blocks: the name was looked up by a worker, and the sockets are watched by the loop.
"""

import errno
import itertools
import os
import selectors
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import TypeAlias

from freeq_proto.boundary import ConnId, Destination
from freeq_runtime_threaded import tls

ATTEMPT_SECONDS = 0.25
"""Before the next address is tried beside those that have not answered (RFC 8305 section 5)."""

Address: TypeAlias = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]
"""As ``getaddrinfo`` gives them: family, type, protocol, canonical name and what ``connect`` takes."""


def look_up(destination: Destination) -> list[Address]:
    """The addresses of ``destination``, the preferred one first. Blocks; raises OSError."""
    try:
        return alternating(socket.getaddrinfo(destination.host, destination.port, type=socket.SOCK_STREAM))
    except UnicodeError:  # a label that is too long, or empty
        raise socket.gaierror(socket.EAI_NONAME, "not a host name") from None


def alternating(found: Sequence[Address]) -> list[Address]:
    """Addresses of both families in turns, beginning with the family that the system prefers (RFC 8305 section 4)."""
    first = [address for address in found if address[0] == found[0][0]]
    others = [address for address in found if address[0] != found[0][0]]
    pairs = itertools.zip_longest(first, others)
    return [address for pair in pairs for address in pair if address is not None]


class Attempts:
    """The race of the addresses of one destination. ``won`` gets the socket, or ``lost`` the first address's error."""

    def __init__(
        self,
        selector: selectors.BaseSelector,
        conn: ConnId,
        *,
        won: Callable[[ConnId, socket.socket], None],
        lost: Callable[[ConnId, OSError], None],
    ) -> None:
        self.conn = conn
        self.next_attempt: float | None = None
        """When to call :meth:`attempt` again (seconds, monotonic clock), or None for not."""
        self._selector = selector
        self._won = won
        self._lost = lost
        self._waiting: list[Address] = []
        self._connecting: list[socket.socket] = []
        self._failure: OSError = OSError(errno.EADDRNOTAVAIL, "the host has no address")
        self._failures = 0

    def begin(self, addresses: Sequence[Address], mono: float) -> None:
        """Try ``addresses``, in order."""
        self._waiting = list(addresses)
        self.attempt(mono)

    def attempt(self, mono: float) -> None:
        """Try the next address beside those that are being tried."""
        self.next_attempt = None
        while self._waiting:
            address = self._waiting.pop(0)
            if self._connect(address):
                self.next_attempt = mono + ATTEMPT_SECONDS if self._waiting else None
                return
        if not self._connecting:
            self._lost(self.conn, self._failure)

    def _connect(self, address: Address) -> bool:
        """Begin with one address; whether it is being tried now."""
        family, kind, protocol, _, name = address
        try:
            connecting = socket.socket(family, kind, protocol)
        except OSError as error:
            self._fail(error)
            return False
        connecting.setblocking(False)
        connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        code = connecting.connect_ex(name)
        if code not in (0, errno.EINPROGRESS):
            connecting.close()
            self._fail(OSError(code, os.strerror(code)))
            return False
        self._connecting.append(connecting)
        self._selector.register(connecting, selectors.EVENT_WRITE, lambda mask: self._answered(connecting))
        return True

    def _answered(self, connecting: socket.socket) -> None:
        """One of the sockets is connected, or failed."""
        if connecting not in self._connecting:
            return  # another one won in the same poll
        self._forget(connecting)
        code = connecting.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code == 0:
            self.close()
            self._won(self.conn, connecting)
            return
        connecting.close()
        self._fail(OSError(code, os.strerror(code)))
        if self._waiting:
            self.next_attempt = 0.0  # at once: there is no reason to wait for an address that refused
        elif not self._connecting:
            self._lost(self.conn, self._failure)

    def _fail(self, error: OSError) -> None:
        self._failures += 1
        if self._failures == 1:  # that of the address which the system prefers
            self._failure = error

    def _forget(self, connecting: socket.socket) -> None:
        self._connecting.remove(connecting)
        self._selector.unregister(connecting)

    def close(self) -> None:
        """Give up what is being tried."""
        self._waiting = []
        self.next_attempt = None
        for connecting in tuple(self._connecting):
            self._forget(connecting)
            connecting.close()


def explain(error: OSError, destination: Destination) -> str:
    """Why ``destination`` was not reached and what to do about it, in words fit for whoever runs the client."""
    host, port = destination.host, destination.port
    match error:
        case ssl.SSLError():
            return tls.explain(error, destination)
        case socket.gaierror(errno=socket.EAI_NONAME):
            return f"there is no host {host}: is the name right?"
        case socket.gaierror():
            return f"the name {host} cannot be looked up ({error.strerror}): is there a network?"
        case ConnectionRefusedError():
            return f"nothing listens at {host} port {port}: is the server running, and is the port right?"
        case TimeoutError():
            return f"{host} port {port} does not answer"
        case ConnectionResetError() | ConnectionAbortedError():
            return f"{host} port {port} hung up at once: does it want TLS, or none?"
        case _:
            return f"{host} port {port} cannot be reached: {error.strerror or error}"
