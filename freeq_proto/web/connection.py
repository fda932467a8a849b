"""One TCP connection of a web listener: HTTP/1.1 until an upgrade is accepted, WebSocket from then on.

Theory of operation. What the peer sends goes to an inbox. One call of ``receive`` or ``events`` takes at most
``Limits.step`` bytes from it and gives them to h11 or wsproto, so that a connection cannot keep the others waiting;
while ``more`` is true, another call gets further. A request stops the reading until it is answered, and what came
behind it waits, be it the next request or the first frames of a WebSocket. So the loop of a caller is::

    events = web.receive(data)
    while True:
        for event in events:
            ...  # answer requests, take messages
        if not web.more:
            break
        events = web.events()  # now or in the next turn
    write(web.data_to_send())

Nothing a peer sends raises. What it does wrong is answered with an HTTP status or a Close frame, and reported as
:class:`Closed`. What the caller does wrong raises :class:`LocalProtocolError`.

Outgoing messages do not pass through here: the caller appends frames of :mod:`freeq_proto.web.frames` to what it owes
the peer, behind the 101 of ``accept`` and only while ``open`` is true.
"""

import enum
from collections.abc import Sequence

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.web.events import Closed, HttpRequest, UpgradeRequested, WebEvent
from freeq_proto.web.http1 import HttpServer
from freeq_proto.web.limits import Limits
from freeq_proto.web.refusal import RefusalError
from freeq_proto.web.websocket import Message, WebSocket

_DEFAULT_LIMITS = Limits()
_PLAIN_TEXT = (b"Content-Type", b"text/plain; charset=utf-8")


class _Phase(enum.Enum):
    HTTP = enum.auto()
    """Reading a request."""
    REQUEST = enum.auto()
    """A request awaits its response."""
    UPGRADE = enum.auto()
    """A handshake awaits ``accept`` or ``reject``."""
    WEBSOCKET = enum.auto()
    ENDED = enum.auto()


class WebConnection:
    """The protocol state of one connection, without the connection."""

    def __init__(self, limits: Limits = _DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._phase = _Phase.HTTP
        self._out: list[bytes] = []
        self._inbox = bytearray()
        self._eof = False
        self._overflowed = False
        self._http: HttpServer | None = HttpServer(limits, self._out)
        self._unparsed = False  # h11 may hold a whole further request
        self._upgrade: UpgradeRequested | None = None
        self._websocket: WebSocket | None = None
        self._last: Closed | None = None  # not reported yet

    # --- input -------------------------------------------------------------------------------------------------------

    def receive(self, data: bytes) -> list[WebEvent]:
        """Take what the peer sent, ``b""`` for its end of writing, and report as :meth:`events` does.

        The end is reported as :class:`Closed` once everything before it was read and answered. After :class:`Closed`
        whatever still comes is dropped. Data after ``b""`` raises :class:`LocalProtocolError`.
        """
        if not data:
            self._eof = True
        elif self._eof:
            raise LocalProtocolError("data after the end of input")
        elif len(self._inbox) > self._limits.unread:
            self._overflow()
        elif self._phase is not _Phase.ENDED and not self._overflowed:
            self._inbox += data
        return self.events()

    def events(self) -> list[WebEvent]:
        """What the next ``Limits.step`` bytes of waiting input bring: at most one request, or some messages."""
        found: list[WebEvent] = []
        if self._phase is _Phase.HTTP:
            found += self._read_http()
        elif self._phase is _Phase.WEBSOCKET:
            found += self._read_websocket()
        if self._last is not None:
            found.append(self._last)
            self._last = None
        return found

    # --- answers -----------------------------------------------------------------------------------------------------

    def respond(self, status: int, headers: Sequence[tuple[bytes, bytes]] = (), body: bytes = b"") -> None:
        """Answer an :class:`HttpRequest`, then look at ``more``.

        The room adds Content-Length, leaves the body out where HTTP has none (HEAD, 204, 304), and closes after the
        response if either side asked for it (``Connection: close``). Date, which needs a clock, is the caller's.
        Raises :class:`LocalProtocolError`, and nothing is written, without an open request, for a status outside
        200–599, for a malformed field (a line break in a value, say), and for a field that frames the body.
        """
        http = self._answering(_Phase.REQUEST)
        if http.respond(status, headers, body, close=self._overflowed):
            self._phase = _Phase.HTTP
            self._unparsed = True
        else:
            self._end(Closed(None, "closed after the response"))

    def accept(self, subprotocol: str | None = None, *, text: bool = True, binary: bool = True) -> None:
        """Accept an :class:`UpgradeRequested` with 101, then look at ``more``: messages may have come along with it.

        A message of a type that is not wanted (``text``, ``binary``) ends the connection with 1003. Raises
        :class:`LocalProtocolError` without an open handshake, and for a subprotocol that the client did not offer.
        """
        http = self._answering(_Phase.UPGRADE)
        assert self._upgrade is not None  # set with the phase
        if subprotocol is not None and subprotocol not in self._upgrade.subprotocols:
            raise LocalProtocolError("a subprotocol that was not offered cannot be accepted")
        self._websocket = WebSocket(self._upgrade, subprotocol, self._limits, self._out, text=text, binary=binary)
        self._phase = _Phase.WEBSOCKET
        self._inbox[:0] = http.trailing_data
        self._http = self._upgrade = None
        if self._overflowed:
            self._fail("too much sent before the handshake was answered")

    def reject(self, status: int, text: str, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        """Refuse an :class:`UpgradeRequested` with a plain text and close: the rest may be frames, which are no HTTP.

        Raises :class:`LocalProtocolError` as :meth:`respond` does.
        """
        http = self._answering(_Phase.UPGRADE)
        http.respond(status, (_PLAIN_TEXT, *headers), text.encode("utf-8"), close=True)
        self._end(Closed(None, "handshake rejected"))

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Send a Close frame; :class:`Closed` follows with the peer's answer, for which the caller keeps the time.

        A second call, or one after :class:`Closed`, does nothing, since both sides may close at once. Raises
        :class:`LocalProtocolError` before the upgrade and for a code that may not be sent.
        """
        if self._phase is _Phase.ENDED:
            return
        if self._websocket is None:
            raise LocalProtocolError("only a WebSocket is closed with a code")
        self._websocket.close(code, reason)

    def data_to_send(self) -> list[bytes]:
        """What the room owes the peer (responses, the 101, pongs, Close frames) since the last call, in order."""
        if self._websocket is not None:
            self._websocket.flush()
        data = self._out[:]
        self._out.clear()
        return data

    # --- state -------------------------------------------------------------------------------------------------------

    @property
    def more(self) -> bool:
        """Whether calling :meth:`events` gets further now. False while an answer is awaited."""
        if self._phase is _Phase.HTTP or self._phase is _Phase.WEBSOCKET:
            return bool(self._inbox) or self._unparsed or self._eof
        return self._last is not None

    @property
    def paused(self) -> bool:
        """Whether input waits unread: stop reading from the peer, or ``Limits.unread`` will end the connection."""
        return bool(self._inbox)

    @property
    def awaiting_answer(self) -> bool:
        """Whether a request or handshake is to be answered. The connection does not end before that."""
        return self._phase is _Phase.REQUEST or self._phase is _Phase.UPGRADE

    @property
    def open(self) -> bool:
        """Whether frames may be sent: the upgrade was accepted and no Close frame has gone out."""
        return self._websocket is not None and not self._websocket.closing

    @property
    def closing(self) -> bool:
        """Whether our Close frame is out and the peer's is not in: it may still send, but its messages are dropped."""
        return self._websocket is not None and self._websocket.closing

    @property
    def ended(self) -> bool:
        """Whether the connection is over: close it once the data is sent. Nothing is read any more."""
        return self._phase is _Phase.ENDED

    @property
    def buffered(self) -> int:
        """Bytes of input held: at most ``Limits.unread`` and one more read, and beside them one request or message."""
        held = len(self._inbox)
        if self._http is not None:
            held += self._http.buffered
        if self._websocket is not None:
            held += self._websocket.buffered
        return held

    # --- reading -----------------------------------------------------------------------------------------------------

    def _read_http(self) -> list[HttpRequest | UpgradeRequested]:
        http = self._http
        assert http is not None  # in this phase
        budget = self._limits.step
        try:
            while True:
                if not self._unparsed:
                    size = min(budget, http.capacity, len(self._inbox))
                    if not size:
                        break
                    http.feed(self._take(size))
                    budget -= size
                self._unparsed = False
                if (request := http.next_request()) is not None:
                    self._phase = _Phase.REQUEST if isinstance(request, HttpRequest) else _Phase.UPGRADE
                    self._upgrade = request if isinstance(request, UpgradeRequested) else None
                    return [request]
        except RefusalError as refusal:
            self._refuse(http, refusal)
            return []
        if self._eof and not self._inbox:
            self._end(Closed(None, "closed by the peer" if http.idle else "closed by the peer within a request"))
        return []

    def _read_websocket(self) -> list[Message]:
        websocket = self._websocket
        assert websocket is not None  # in this phase
        messages: list[Message] = []
        if self._inbox:
            messages = websocket.receive(self._take(min(self._limits.step, len(self._inbox))))
        elif self._eof:
            websocket.lose()
        if websocket.ended is not None:
            self._end(websocket.ended)
        return messages

    def _take(self, size: int) -> bytes:
        data = bytes(self._inbox[:size])
        del self._inbox[:size]
        return data

    # --- endings -----------------------------------------------------------------------------------------------------

    def _answering(self, phase: _Phase) -> HttpServer:
        if self._phase is not phase or self._http is None:
            raise LocalProtocolError("there is nothing of this kind to answer")
        return self._http

    def _overflow(self) -> None:
        """The peer is not read as fast as it sends. What it is owed an answer to is still answered."""
        self._inbox.clear()
        self._overflowed = True
        if self._phase is _Phase.WEBSOCKET:
            self._fail("too much sent at once")
        elif self._phase is _Phase.HTTP and self._http is not None:
            self._refuse(self._http, RefusalError(413, "too much sent at once"))

    def _refuse(self, http: HttpServer, refusal: RefusalError) -> None:
        http.refuse(refusal)
        self._end(Closed(refusal.status, refusal.reason))

    def _fail(self, reason: str) -> None:
        websocket = self._websocket
        assert websocket is not None  # only called in that phase
        websocket.fail(1008, reason)
        self._end(Closed(1008, reason))

    def _end(self, closed: Closed) -> None:
        self._phase = _Phase.ENDED
        self._last = closed
        self._inbox.clear()
        self._http = self._upgrade = self._websocket = None
