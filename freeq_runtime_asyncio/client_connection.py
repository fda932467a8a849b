"""One connection to a server, between a transport of the event loop and the client's driver."""

import asyncio
import ssl
from typing import Protocol, cast

from freeq_proto.boundary import ConnId, Dialled, tls_server_end_point
from freeq_runtime_asyncio.client_limits import ClientLimits
from freeq_runtime_asyncio.client_tls import authenticates


class Owner(Protocol):
    """Who is told what happens to connections."""

    def connected(self, connection: "ClientConnection", dialled: Dialled) -> None:
        """It can carry the protocol now."""

    def received(self, conn: ConnId, data: bytes) -> None:
        """The server sent ``data``; empty means that it ended its writing."""

    def pressure(self, conn: ConnId, buffered: int) -> None:
        """The unsent bytes crossed a mark; ``buffered`` is their number above the high one, 0 below the low one."""

    def lost(self, connection: "ClientConnection", why: str) -> None:
        """The socket is closed. Told once, if it was connected."""


class ClientConnection(asyncio.Protocol):
    """Tells the driver what a transport does, and the transport what the driver wants."""

    def __init__(self, owner: Owner, conn: ConnId, limits: ClientLimits, context: ssl.SSLContext | None) -> None:
        self.conn = conn
        self._owner = owner
        self._limits = limits
        self._context = context
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._finished = False  # nothing more is written, and what comes in is ignored

    # --- what the driver says --------------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Send ``data``, or keep it until the server takes it; ignored once this connection ends."""
        if self._transport is not None and not self._finished:
            self._transport.write(data)

    def pause(self, paused: bool) -> None:
        """Stop taking bytes from the server, or take them again."""
        if self._transport is None or self._transport.is_closing() or self._finished:
            return
        if paused:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def finish(self, seconds: float | None) -> None:
        """End once what was written is sent and the server has ended its side, within ``seconds``; None: now."""
        if self._transport is None or seconds is None:
            self.abort()
            return
        self.pause(False)  # what comes is thrown away, but the end of it must be seen
        self._finished = True
        self._timer = asyncio.get_running_loop().call_later(seconds, self.abort)
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()

    def abort(self) -> None:
        """End now; unsent bytes are dropped."""
        self._finished = True
        if self._transport is not None:
            self._transport.abort()

    # --- what the transport says -----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected; over TLS, the handshake is done."""
        self._transport = transport = cast(asyncio.Transport, transport)  # uvloop's has the methods, not the class
        transport.set_write_buffer_limits(self._limits.high_water, self._limits.low_water)
        name = transport.get_extra_info("peername")
        spoken = transport.get_extra_info("ssl_object")
        certificate = b"" if spoken is None else spoken.getpeercert(binary_form=True) or b""
        self._owner.connected(
            self,
            Dialled(
                str(name[0]),
                int(name[1]),
                self._context is not None and authenticates(self._context),
                tls_server_end_point(certificate),
            ),
        )

    def data_received(self, data: bytes) -> None:
        """The server sent something."""
        if not self._finished:
            self._owner.received(self.conn, data)

    def eof_received(self) -> bool:
        """The server said all that it had to say: for a client, that is the end, so the transport closes."""
        if not self._finished:
            self._owner.received(self.conn, b"")
        return False

    def pause_writing(self) -> None:
        """Much is unsent."""
        assert self._transport is not None
        self._owner.pressure(self.conn, self._transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """Little is unsent."""
        self._owner.pressure(self.conn, 0)

    def connection_lost(self, error: Exception | None) -> None:
        """The socket is closed."""
        if self._timer is not None:
            self._timer.cancel()
        self._finished = True
        self._owner.lost(self, _reason_of(error))


def _reason_of(error: Exception | None) -> str:
    match error:
        case None:
            return "Connection closed"
        case ssl.SSLError(reason=str() as reason):
            return f"TLS: {reason.replace('_', ' ').lower()}"
        case OSError(strerror=str() as reason):
            return reason
        case _:
            return str(error) or type(error).__name__
