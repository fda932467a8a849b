"""Reaching a server: all addresses of its name are tried, and the first that answers wins (RFC 8305).

Nothing here blocks: the name was looked up by a worker, and the sockets are watched by the loop.
"""

import errno
import os
import selectors
import socket
import ssl
from collections.abc import Callable, Sequence

from freeq_proto.boundary import (
    ATTEMPT_SECONDS,
    ConnId,
    Destination,
    explain_certificate,
    explain_no_address,
    explain_tls,
    explain_unreached,
)


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
        self._port = 0
        self._waiting: list[str] = []
        self._connecting: list[socket.socket] = []
        self._failure: OSError = OSError(errno.EADDRNOTAVAIL, "the host has no address")
        self._failures = 0

    def begin(self, addresses: Sequence[str], port: int, mono: float) -> None:
        """Try ``port`` of ``addresses``, in order."""
        self._port = port
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

    def _connect(self, address: str) -> bool:
        """Begin with one address; whether it is being tried now."""
        try:
            connecting = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        except OSError as error:
            self._fail(error)
            return False
        connecting.setblocking(False)
        connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        code = connecting.connect_ex((address, self._port))
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


def explain(error: Exception, destination: Destination) -> str:
    """Why ``destination`` was not reached and what to do about it, in words fit for whoever runs the client."""
    match error:
        case ssl.SSLCertVerificationError():
            return explain_certificate(destination.host, error.verify_code, error.verify_message)
        case ssl.SSLError():
            return explain_tls(destination, error.reason or "")
        case socket.gaierror():
            unknown = error.errno == socket.EAI_NONAME
            return explain_no_address(destination.host, error.strerror or "", unknown=unknown)
        case _:
            return explain_unreached(error, destination)
