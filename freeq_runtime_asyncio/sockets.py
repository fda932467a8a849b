"""One accepted connection, between its transport and the driver: without a task, a buffer or a closure of its own.

An idle connection is this object and its transport. Bytes are received into the one buffer of the driver, and written
with the transport's own ``write``, whose bound method is kept so that the hot loop makes one call.
"""

import asyncio
import socket
from collections.abc import Callable

from freeq_proto.boundary import ConnId, PeerInfo
from freeq_runtime_asyncio.driver import Driver, logger
from freeq_runtime_asyncio.tls import Tls
from freeq_runtime_asyncio.transport import SocketTransport

ANSWER_LIMIT = 16_384
"""Bytes of TLS's own answers (to key updates, say) that a peer which takes nothing may cause."""


class SocketConnection:
    """A connection that carries its protocol in plain bytes."""

    __slots__ = ("_driver", "_ended", "_finished", "_transport", "_why", "conn", "peer", "write")

    write: Callable[[bytes], None]

    def __init__(self, driver: Driver, peer: PeerInfo) -> None:
        self.peer = peer
        self._driver = driver
        self._ended = False  # the peer ended its writing
        self._finished = False  # nothing more is written, and what comes in is ignored
        self._why = "Connection closed"
        self.write = _nowhere

    def take(self, loop: asyncio.AbstractEventLoop, accepted: socket.socket) -> None:
        """Begin on a socket that was accepted, and is closed by this connection from now on."""
        limits = self._driver.limits
        self._transport = SocketTransport(loop, accepted, self, high=limits.high_water, low=limits.low_water)
        self.conn: ConnId = self._driver.opened()
        self._begin()
        self._transport.resume_reading()

    # --- what the transport says -----------------------------------------------------------------------------------

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where to put what the peer sent: the buffer that all connections share."""
        return self._driver.receive_buffer

    def buffer_updated(self, nbytes: int) -> None:
        """So many bytes were put there."""
        if not self._finished:
            driver = self._driver
            driver.received(self.conn, bytes(driver.receive_buffer[:nbytes]))

    def eof_received(self) -> bool:
        """The peer ended its writing; it may still be read to, so the transport stays open."""
        if self._finished:
            return False
        self._end_of_input()
        return True

    def pause_writing(self) -> None:
        """The unsent bytes are above the high-water mark."""
        if not self._finished:
            self._driver.pressure(self.conn, self._transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """The unsent bytes fell to the low-water mark."""
        if not self._finished:
            self._driver.pressure(self.conn, 0)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed."""
        self._finished = True
        self.write = _nowhere
        if exc is not None:
            self._why = (exc.strerror if isinstance(exc, OSError) else None) or str(exc) or type(exc).__name__
        self._driver.lost(self, self._why)

    # --- what the driver says --------------------------------------------------------------------------------------

    def pause_reading(self, paused: bool) -> None:
        """Stop taking bytes from the peer, or take them again."""
        transport = self._transport
        if self._ended or transport.is_closing() or transport.is_reading() is not paused:
            return
        if paused:
            transport.pause_reading()
        else:
            transport.resume_reading()

    def finish(self, *, linger: bool) -> None:
        """End writing once what was written is sent; see :meth:`Connection.finish`."""
        self.write = _nowhere
        transport = self._transport
        if transport.is_closing():
            self._finished = True
            return
        if not linger or self._ended:
            transport.close()
        elif not self._finished:
            self.pause_reading(False)  # what comes is thrown away, but the end of it must be seen
            try:
                transport.write_eof()
            except OSError:  # the peer is gone already
                transport.abort()
        self._finished = True

    def abort(self) -> None:
        """End now."""
        self._finished = True
        self.write = _nowhere
        self._transport.abort()

    # --- what TLS does differently ---------------------------------------------------------------------------------

    def _begin(self) -> None:
        self.write = self._transport.write
        self._driver.connected(self)

    def _end_of_input(self) -> None:
        self._ended = True
        self._driver.received(self.conn, b"")


class TlsConnection(SocketConnection):
    """A connection over TLS. The engine hears of it when the handshake is done, and sees plaintext only."""

    __slots__ = ("_answered", "_connected", "_tls")

    def __init__(self, driver: Driver, peer: PeerInfo, tls: Tls) -> None:
        super().__init__(driver, peer)
        self._tls = tls
        self._connected = False
        self._answered = 0  # bytes that TLS itself said while the peer took nothing

    def _begin(self) -> None:
        self._driver.shaking(self)

    def buffer_updated(self, nbytes: int) -> None:
        """So many bytes of ciphertext were put into the shared buffer."""
        if self._finished:
            return
        tls, driver = self._tls, self._driver
        plaintexts = tls.receive(driver.receive_buffer[:nbytes])
        if not self._answer():
            return
        if tls.established and not self._connected:
            self._connected = True
            self.write = self._encrypt
            driver.connected(self)
        for plaintext in plaintexts:
            driver.received(self.conn, plaintext)
        if tls.failure is not None:
            self._fail(tls.failure)
        elif tls.ended and not self._ended:
            self._end_of_input()

    def pause_writing(self) -> None:
        """The unsent ciphertext is above the high-water mark."""
        if self._connected:
            super().pause_writing()

    def resume_writing(self) -> None:
        """The unsent ciphertext fell to the low-water mark."""
        if self._connected:
            super().resume_writing()

    def finish(self, *, linger: bool) -> None:
        """Say in TLS that this is the end, then as in plain."""
        if not self._finished and not self._transport.is_closing():
            self._tls.close()
            self._flush()
        super().finish(linger=linger)

    def _encrypt(self, plaintext: bytes) -> None:
        self._tls.send(plaintext)
        self._flush()
        if self._tls.failure is not None:
            self._fail(self._tls.failure)

    def _fail(self, failure: str) -> None:
        self._why = f"TLS: {failure}"
        if not self._connected:
            logger.debug("TLS handshake with %s failed: %s", self.peer.address, failure)
        self._driver.failed(self)

    def _flush(self) -> None:
        ciphertext = self._tls.outgoing()
        if ciphertext:
            self._transport.write(ciphertext)

    def _answer(self) -> bool:
        """Send what TLS itself has to say. A peer that makes it talk without listening is cut off: then False."""
        ciphertext = self._tls.outgoing()
        if ciphertext:
            blocked = self._transport.get_write_buffer_size() > self._driver.limits.high_water
            self._answered = self._answered + len(ciphertext) if blocked else 0
            if self._answered > ANSWER_LIMIT:
                self.abort()
                return False
            self._transport.write(ciphertext)
        return True

    def _end_of_input(self) -> None:
        self._ended = True
        if self._connected:
            self._driver.received(self.conn, b"")
        else:
            self._transport.close()


def _nowhere(data: bytes) -> None:
    """Take the writes to a connection that is closing."""
