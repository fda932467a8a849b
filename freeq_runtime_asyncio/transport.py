"""A socket on an event loop, with as little between the two as there can be.

asyncio has transports of its own. This one differs in what a chat server pays for: a write to a peer that keeps up is
one system call and nothing else, and an idle connection is a socket, a reader of the loop and this
object. It asks of a loop only ``add_reader``, ``add_writer`` and ``call_soon``.

Unsent bytes wait here and leave as the socket takes them. Who inherits is told what happens by ``_received``,
``_input_ended``, ``_pressed``, ``_relieved`` and, once and in a turn of its own, ``_gone``.
"""

import abc
import asyncio
import socket


class SocketTransport(abc.ABC):
    """Carries bytes over one non-blocking, connected socket. Received bytes come by way of ``buffer``."""

    __slots__ = (
        "_buffer",
        "_closing",
        "_ending",
        "_high",
        "_loop",
        "_lost",
        "_low",
        "_pressing",
        "_reading",
        "_socket",
        "_unsent",
        "direct",
    )

    direct: int | None
    """The file descriptor while nothing waits before it and bytes go out as they are, else None. For a loop that counts
    calls: ``os.write`` to it, and what that does not take, or its error, is :meth:`transmit`'s."""

    def __init__(self, buffer: memoryview, *, high: int, low: int) -> None:
        self._buffer = buffer
        self._high = high
        self._low = low
        self._unsent: bytearray | None = None  # None: the socket takes everything at once, and a writer is not set
        self._reading = False
        self._pressing = False  # told _pressed, not yet _relieved
        self._ending = False  # no more is written: half-close once the rest is sent
        self._closing = False
        self._lost = False
        self.direct = None

    def _attach(self, loop: asyncio.AbstractEventLoop, connected: socket.socket) -> None:
        """Begin on a socket, which is closed by this transport from now on. Nothing is read before it is asked for."""
        self._loop = loop
        self._socket = connected
        self._unblocked()

    def _unblocked(self) -> None:
        """Nothing waits: the socket may be written to directly. Who changes bytes on their way overrides this."""
        self.direct = self._socket.fileno()

    # --- what happens ----------------------------------------------------------------------------------------------

    @abc.abstractmethod
    def _received(self, count: int) -> None:
        """So many bytes of the peer are in the buffer."""

    @abc.abstractmethod
    def _input_ended(self) -> bool:
        """The peer ended its writing. False closes the connection."""

    @abc.abstractmethod
    def _pressed(self) -> None:
        """The unsent bytes are above the high-water mark."""

    @abc.abstractmethod
    def _relieved(self) -> None:
        """The unsent bytes fell to the low-water mark."""

    @abc.abstractmethod
    def _gone(self, error: Exception | None) -> None:
        """The socket is closed."""

    # --- reading ---------------------------------------------------------------------------------------------------

    def resume_reading(self) -> None:
        """Take bytes from the peer."""
        if not self._reading and not self._closing:
            self._reading = True
            self._loop.add_reader(self._socket, self._readable)

    def pause_reading(self) -> None:
        """Leave them to the kernel, which makes the peer wait."""
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._socket)

    def _readable(self) -> None:
        try:
            count = self._socket.recv_into(self._buffer)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(error)
            return
        if count:
            self._received(count)
        else:
            self.pause_reading()
            if not self._input_ended():
                self.close()

    # --- writing ---------------------------------------------------------------------------------------------------

    def transmit(self, data: bytes) -> None:
        """Send ``data``, or keep what the socket does not take. Ignored once the connection closes or is lost."""
        unsent = self._unsent
        if unsent is not None:
            if not self._closing and not self._ending:
                unsent += data
                self._check_high()
            return
        try:
            sent = self._socket.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError as error:
            self._lose(error)
            return
        if sent < len(data):
            self.direct = None
            self._unsent = bytearray(data[sent:])
            self._loop.add_writer(self._socket, self._writable)
            self._check_high()

    def get_write_buffer_size(self) -> int:
        """Bytes that wait here."""
        return len(self._unsent or b"")

    def _check_high(self) -> None:
        if not self._pressing and self.get_write_buffer_size() > self._high:
            self._pressing = True
            self._pressed()

    def _writable(self) -> None:
        unsent = self._unsent
        assert unsent is not None, "a writer is set only while something is unsent"
        try:
            sent = self._socket.send(unsent)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(error)
            return
        del unsent[:sent]
        if not unsent:
            self._loop.remove_writer(self._socket)
            if not self._closing and not self._ending:
                self._unsent = None
                self._unblocked()
            self._end_if_asked()
        if self._pressing and len(unsent) <= self._low:
            self._pressing = False
            self._relieved()

    # --- ending ----------------------------------------------------------------------------------------------------

    def is_closing(self) -> bool:
        """Whether it is closed, or about to be."""
        return self._closing

    def write_eof(self) -> None:
        """Close the writing side once everything is sent. Raises OSError if the peer is gone already."""
        if not self._ending and not self._closing:
            self._ending = True
            self._no_more_writes()

    def close(self) -> None:
        """Close once everything is sent."""
        if not self._closing:
            self.pause_reading()
            self._closing = True
            self._no_more_writes()

    def abort(self) -> None:
        """Close now; unsent bytes are dropped."""
        self._lose(None)

    def _no_more_writes(self) -> None:
        """From here on, :meth:`transmit` finds a buffer and a reason to ignore what it is given."""
        self.direct = None
        if not self._unsent:  # nothing waits, or nothing does any more since the writing side was closed
            self._unsent = bytearray()
            self._end_if_asked()

    def _end_if_asked(self) -> None:
        if self._closing:
            self._lose(None)
        elif self._ending:
            self._socket.shutdown(socket.SHUT_WR)

    def _lose(self, error: Exception | None) -> None:
        if self._lost:
            return
        self._lost = True
        self.direct = None
        self.pause_reading()
        self._closing = True
        if self._unsent:
            self._loop.remove_writer(self._socket)
        self._unsent = bytearray()
        self._loop.call_soon(self._end, error)

    def _end(self, error: Exception | None) -> None:
        self._socket.close()
        self._gone(error)
