"""One connected socket, with TLS or without: bytes in, bytes out, and an end in good order.

Everything here happens on the loop's thread. Whoever owns it is told what happens through :class:`Owner`.
"""

import selectors
import socket
import ssl
from typing import Protocol

from freeq_proto.boundary import ConnId, Destination, Dialled
from freeq_runtime_threaded.dial import explain
from freeq_runtime_threaded.limits import ClientLimits
from freeq_runtime_threaded.tls import TlsClient

_RECEIVE_BYTES = 65_536
_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Owner(Protocol):
    """Who is told what happens to connections."""

    def connected(self, connection: "Connection", dialled: Dialled) -> None:
        """It can carry the protocol now."""

    def received(self, conn: ConnId, data: bytes) -> None:
        """The server sent ``data``; empty means that it ended its writing."""

    def pressure(self, conn: ConnId, buffered: int) -> None:
        """The unsent bytes crossed a mark; ``buffered`` is their number above the high one, 0 below the low one."""

    def lost(self, connection: "Connection", why: str) -> None:
        """The socket is closed. Told once."""


class Connection:
    """Carries bytes over one non-blocking, connected socket, which it closes in the end."""

    def __init__(
        self,
        owner: Owner,
        selector: selectors.BaseSelector,
        conn: ConnId,
        destination: Destination,
        connected: socket.socket,
        context: ssl.SSLContext | None,
        limits: ClientLimits,
    ) -> None:
        self.conn = conn
        self._owner = owner
        self._selector = selector
        self._destination = destination
        self._socket = connected
        self._limits = limits
        self._tls = TlsClient(context, destination.host) if context is not None else None
        self._unsent = bytearray()
        self._interest = 0
        self._reading = True
        self._established = False
        self._pressing = False  # the owner was told that much is unsent, and not yet that little is
        self._ended = False  # the server ended its writing
        self._finishing = False  # nothing more is written; half-close once the rest is sent
        self._closed = False

    def begin(self) -> None:
        """Shake hands where TLS is spoken; then the owner is told that it is connected."""
        if self._tls is None:
            self._establish()
        else:
            self._flush_tls(self._tls)
        self._watch()

    def _establish(self) -> None:
        self._established = True
        name = self._socket.getpeername()
        tls = self._tls
        dialled = Dialled(
            str(name[0]), int(name[1]), tls is not None and tls.authenticated, tls.end_point if tls else b""
        )
        self._owner.connected(self, dialled)

    # --- what the owner says ---------------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Send ``data``, or keep it until the server takes it; ignored once this connection ends."""
        if self._finishing or self._closed:
            return
        if self._tls is not None:
            self._tls.send(data)
            data = self._tls.outgoing()
        self._send(data)
        self._watch()

    def pause(self, paused: bool) -> None:
        """Stop taking bytes from the server, or take them again."""
        self._reading = not paused
        self._watch()

    def finish(self) -> None:
        """End writing once what was written is sent, and wait for the server to end its side."""
        if self._finishing or self._closed:
            return
        if self._tls is not None:
            self._tls.close()
            self._send(self._tls.outgoing())
        self._finishing = True
        self._reading = True  # what comes is thrown away, but the end of it must be seen
        self._end_if_sent()
        self._watch()

    def abort(self, why: str = "Connection closed") -> None:
        """End now; unsent bytes are dropped."""
        if self._closed:
            return
        self._closed = True
        if self._interest:
            self._selector.unregister(self._socket)
        self._socket.close()
        self._owner.lost(self, why)

    # --- what the selector says ------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Look out for what is wanted now."""
        if self._closed:
            return
        wanted = (_READ if self._reading and not self._ended else 0) | (_WRITE if self._unsent else 0)
        if wanted == self._interest:
            return
        if not wanted:
            self._selector.unregister(self._socket)
        elif not self._interest:
            self._selector.register(self._socket, wanted, self._ready)
        else:
            self._selector.modify(self._socket, wanted, self._ready)
        self._interest = wanted

    def _ready(self, mask: int) -> None:
        if mask & _WRITE and not self._closed:
            self._send(b"")
        if mask & _READ and not self._closed:
            self._receive()
        self._watch()

    def _receive(self) -> None:
        try:
            data = self._socket.recv(_RECEIVE_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._break(error)
            return
        if not data:
            self._end_of_input()
        elif self._tls is not None:
            self._receive_tls(self._tls, data)
        elif not self._finishing:
            self._owner.received(self.conn, data)

    def _receive_tls(self, tls: TlsClient, data: bytes) -> None:
        plaintexts = tls.receive(data)
        self._flush_tls(tls)
        if tls.established and not self._established and not self._closed:
            self._establish()
        for plaintext in plaintexts:
            if not self._finishing and not self._closed:
                self._owner.received(self.conn, plaintext)
        if tls.failure is not None:
            self._break(tls.failure)
        elif tls.ended:
            self._end_of_input()

    def _end_of_input(self) -> None:
        """The server said all that it had to say: for a client, that is the end."""
        if self._closed or self._ended:
            return
        self._ended = True
        if not self._established:
            self._break(ConnectionResetError())
        elif self._finishing:
            self.abort()
        else:
            self._owner.received(self.conn, b"")
            self.finish()

    # --- writing ---------------------------------------------------------------------------------------------------

    def _flush_tls(self, tls: TlsClient) -> None:
        self._send(tls.outgoing())

    def _send(self, data: bytes) -> None:
        if self._closed:
            return
        self._unsent += data
        try:
            while self._unsent:
                del self._unsent[: self._socket.send(self._unsent)]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError as error:
            self._break(error)
            return
        self._tell_pressure()
        self._end_if_sent()

    def _tell_pressure(self) -> None:
        unsent = len(self._unsent)
        if not self._established or (
            unsent > self._limits.low_water if self._pressing else unsent <= self._limits.high_water
        ):
            return
        self._pressing = not self._pressing
        self._owner.pressure(self.conn, unsent if self._pressing else 0)

    def _end_if_sent(self) -> None:
        if not self._finishing or self._unsent or self._closed:
            return
        if self._ended:
            self.abort()
            return
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError as error:  # the server is gone already
            self._break(error)

    def _break(self, error: OSError) -> None:
        """The transport failed: what a failure before the beginning means is explained, later ones are named."""
        if self._established:
            self.abort(error.strerror or str(error) if not isinstance(error, ssl.SSLError) else f"TLS: {error.reason}")
        else:
            self.abort(explain(error, self._destination))
