"""One accepted connection, between its socket and the driver: without a task, a buffer or a closure of its own.

An idle connection is this object, its socket and a reader of the loop. Bytes are received into the one buffer of the
driver.
"""

import asyncio
import socket

import attrs

from freeq_proto.boundary import ConnId, PeerInfo
from freeq_runtime_asyncio.driver import Driver, logger
from freeq_runtime_asyncio.tls import Tls
from freeq_runtime_asyncio.transport import SocketTransport

ANSWER_LIMIT = 16_384
"""Bytes of TLS's own answers (to key updates, say) that a peer which takes nothing may cause."""


class SocketConnection(SocketTransport):
    """A connection that carries its protocol in plain bytes."""

    __slots__ = ("_driver", "_ended", "_finished", "_why", "conn", "peer")

    def __init__(self, driver: Driver, peer: PeerInfo) -> None:
        super().__init__(driver.receive_buffer, high=driver.limits.high_water, low=driver.limits.low_water)
        self.peer = peer
        self._driver = driver
        self._ended = False  # the peer ended its writing
        self._finished = False  # nothing more is written, and what comes in is ignored
        self._why = "Connection closed"

    def take(self, loop: asyncio.AbstractEventLoop, accepted: socket.socket) -> None:
        """Begin on a socket that was accepted."""
        self._attach(loop, accepted)
        self.conn: ConnId = self._driver.opened()
        self._begin()
        self.resume_reading()

    # --- what the transport says -----------------------------------------------------------------------------------

    def _received(self, count: int) -> None:
        if not self._finished:
            driver = self._driver
            driver.received(self.conn, bytes(driver.receive_buffer[:count]))

    def _input_ended(self) -> bool:
        """The peer may still be read to, so the connection stays open."""
        if self._finished:
            return False
        self._end_of_input()
        return True

    def _pressed(self) -> None:
        if not self._finished:
            self._driver.pressure(self.conn, self.get_write_buffer_size())

    def _relieved(self) -> None:
        if not self._finished:
            self._driver.pressure(self.conn, 0)

    def _gone(self, error: Exception | None) -> None:
        self._finished = True
        if error is not None:
            self._why = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
        self._driver.lost(self, self._why)

    # --- what the driver says --------------------------------------------------------------------------------------

    def write(self, data: bytes, /) -> None:
        """Send ``data``, or keep it until the peer takes it; ignored once this connection was finished."""
        if not self._finished:
            self.transmit(data)

    def pause(self, paused: bool) -> None:
        """Stop taking bytes from the peer, or take them again."""
        if self._ended or self.is_closing():
            return
        if paused:
            self.pause_reading()
        else:
            self.resume_reading()

    def finish(self, *, linger: bool) -> None:
        """End writing once what was written is sent; see :meth:`Connection.finish`."""
        if self.is_closing():
            self._finished = True
            return
        if not linger or self._ended:
            self.close()
        elif not self._finished:
            self.pause(False)  # what comes is thrown away, but the end of it must be seen
            try:
                self.write_eof()
            except OSError:  # the peer is gone already
                self.abort()
        self._finished = True

    def abort(self) -> None:
        """End now."""
        self._finished = True
        super().abort()

    # --- what TLS does differently ---------------------------------------------------------------------------------

    def _begin(self) -> None:
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

    def _unblocked(self) -> None:
        """Nothing goes to the socket as it is."""

    def _received(self, count: int) -> None:
        if self._finished:
            return
        tls, driver = self._tls, self._driver
        plaintexts = tls.receive(driver.receive_buffer[:count])
        if not self._answer():
            return
        if tls.established and not self._connected:
            self._connected = True
            self.peer = attrs.evolve(self.peer, certificate=tls.certificate, end_point=tls.end_point)
            driver.connected(self)
        for plaintext in plaintexts:
            driver.received(self.conn, plaintext)
        if tls.failure is not None:
            self._fail(tls.failure)
        elif tls.ended and not self._ended:
            self._end_of_input()

    def _pressed(self) -> None:
        if self._connected:
            super()._pressed()

    def _relieved(self) -> None:
        if self._connected:
            super()._relieved()

    def finish(self, *, linger: bool) -> None:
        """Say in TLS that this is the end, then as in plain."""
        if not self._finished and not self.is_closing():
            self._tls.close()
            self._flush()
        super().finish(linger=linger)

    def write(self, data: bytes, /) -> None:
        """Encrypt ``data`` and send it; ignored once this connection was finished."""
        if self._finished:
            return
        self._tls.send(data)
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
            self.transmit(ciphertext)

    def _answer(self) -> bool:
        """Send what TLS itself has to say. A peer that makes it talk without listening is cut off: then False."""
        ciphertext = self._tls.outgoing()
        if ciphertext:
            blocked = self.get_write_buffer_size() > self._driver.limits.high_water
            self._answered = self._answered + len(ciphertext) if blocked else 0
            if self._answered > ANSWER_LIMIT:
                self.abort()
                return False
            self.transmit(ciphertext)
        return True

    def _end_of_input(self) -> None:
        self._ended = True
        if self._connected:
            self._driver.received(self.conn, b"")
        else:
            self.close()
