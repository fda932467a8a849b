"""What is spoken on a connection: IRC itself, or IRC inside WebSocket. Bytes in, lines to the server.

Each kind of connection has the same four methods; the engine knows it by nothing else.
"""

from typing import TYPE_CHECKING, Final, Protocol

from freeq_proto.boundary import Outbox, PeerInfo
from freeq_proto.engine.transports import BINARY_FRAMES, RAW, TEXT_FRAMES
from freeq_proto.irc import LineFramer
from freeq_proto.server import Server, Session
from freeq_proto.web import (
    BINARY_IRCV3,
    BinaryMessage,
    Closed,
    HttpRequest,
    TextMessage,
    UpgradeRequested,
    WebEvent,
    negotiate_subprotocol,
)

if TYPE_CHECKING:
    from freeq_proto.engine.engine import Engine

IRC_PATH: Final = "/irc"
"""Where WebSocket clients find IRC."""
HANDSHAKE_SECONDS: Final = 15.0
"""How long a web connection may take to become a WebSocket, or to make its next request."""

_PLAIN: Final = ((b"content-type", b"text/plain; charset=utf-8"),)


class Connection(Protocol):
    """One connection, by what it speaks."""

    peer: PeerInfo
    outbox: Outbox

    def receive(self, data: bytes) -> None:
        """Bytes came; none at all means that the peer ended its writing."""

    def gone(self, why: str) -> None:
        """The connection is lost."""

    def work(self) -> bool:
        """Go on with what a bounded turn left behind; whether there is still more."""

    def end(self, reason: str) -> None:
        """Close it from our side."""

    def goodbye(self) -> None:
        """The connection is about to be closed: say what the transport owes before that."""

    @property
    def session(self) -> Session | None:
        """The IRC session on it, if there is one."""


class IrcConnection:
    """IRC over TCP, TLS or a Unix socket: lines end with CR LF or LF."""

    __slots__ = ("_framer", "_server", "outbox", "peer", "session")

    def __init__(self, engine: "Engine", outbox: Outbox, peer: PeerInfo, refusal: str | None) -> None:
        self._server: Server = engine.server
        self._framer = LineFramer()
        self.peer = peer
        self.outbox = outbox
        self.session: Session = self._server.connect(outbox, peer, RAW, refusal)

    def receive(self, data: bytes) -> None:
        """Cut into lines; a peer that ended its writing is answered what it is owed, and closed."""
        if data:
            lines = self._framer.push(data)
            if lines:
                self._server.receive(self.session, lines)
        else:
            self._server.close(self.session, "Connection closed")

    def gone(self, why: str) -> None:
        """The session is over."""
        self._server.disconnect(self.session, why)

    def work(self) -> bool:
        """Lines that wait are the server's."""
        return False

    def end(self, reason: str) -> None:
        """Close the session."""
        self._server.close(self.session, reason)

    def goodbye(self) -> None:
        """ERROR was said already."""


class WebSocketConnection:
    """HTTP that becomes IRC over WebSocket at :data:`IRC_PATH` (IRCv3 websocket): one line per message."""

    __slots__ = ("_engine", "_framer", "_web", "outbox", "peer", "session")

    def __init__(self, engine: "Engine", outbox: Outbox, peer: PeerInfo, refusal: str | None) -> None:
        self._engine = engine
        # Found here and not at the top: who serves no web listener need not install the extra `web`.
        from freeq_proto.web import WebConnection

        self._web = WebConnection()
        self._framer = LineFramer()
        self.peer = peer
        self.outbox = outbox
        self.session: Session | None = None
        if refusal is not None:
            engine.close(outbox, refusal)
        else:
            engine.expect(outbox.conn, HANDSHAKE_SECONDS)

    def receive(self, data: bytes) -> None:
        """Bytes of HTTP or WebSocket."""
        if not self.outbox.closed:
            self._handle(self._web.receive(data))

    def work(self) -> bool:
        """Messages beyond one bounded step of the web connection."""
        if self._web.more and not self.outbox.closed:
            self._handle(self._web.events())
        return self._web.more and not self.outbox.closed

    def gone(self, why: str) -> None:
        """The session, if there was one, is over."""
        if self.session is not None:
            self._engine.server.disconnect(self.session, why)

    def end(self, reason: str) -> None:
        """Close the session, or what did not become one."""
        if self.session is not None:
            self._engine.server.close(self.session, reason)
        else:
            self._engine.close(self.outbox, reason)

    def goodbye(self) -> None:
        """A Close frame, where a WebSocket is open."""
        if self._web.open:
            self._web.close()
            self._flush()

    def _flush(self) -> None:
        for data in self._web.data_to_send():
            self._engine.server.fanout.dirty.append(self.outbox, data)

    def _handle(self, events: list[WebEvent]) -> None:
        for event in events:
            match event:
                case TextMessage(data):
                    self._lines(data.encode())
                case BinaryMessage(data):
                    self._lines(data)
                case UpgradeRequested():
                    self._upgrade(event)
                case HttpRequest():
                    self._respond(event)
                case Closed(_, reason):
                    self._flush()
                    self._ended(reason or "Connection closed")
        if not self.outbox.closed:
            self._flush()
            if self._web.more:
                self._engine.left_behind(self)

    def _ended(self, reason: str) -> None:
        """The WebSocket is over, and no line may follow its Close frame (RFC 6455 section 5.5.1)."""
        if self.session is not None:
            self._engine.server.close(self.session, reason, silent=True)
        else:
            self._engine.close(self.outbox, reason)

    def _lines(self, data: bytes) -> None:
        """A message is a line, with or without CR LF; clients that put several into one are understood."""
        if self.session is not None:
            self._engine.server.receive(self.session, self._framer.push(data + b"\n"))

    def _upgrade(self, request: UpgradeRequested) -> None:
        origins = self._engine.server.config.web_origins
        if request.target.partition("?")[0] != IRC_PATH:
            self._web.reject(404, f"IRC is at {IRC_PATH}\n")
        elif origins and request.origin not in origins:
            self._web.reject(403, "pages of this origin may not connect\n")
        else:
            subprotocol = negotiate_subprotocol(request.subprotocols)
            self._web.accept(subprotocol)
            self._flush()
            transport = BINARY_FRAMES if subprotocol == BINARY_IRCV3 else TEXT_FRAMES
            self._engine.unexpect(self.outbox.conn)
            self.session = self._engine.server.connect(self.outbox, self.peer, transport)

    def _respond(self, request: HttpRequest) -> None:
        self._engine.expect(self.outbox.conn, HANDSHAKE_SECONDS)
        if request.target.partition("?")[0] == IRC_PATH:
            self._web.respond(426, ((b"upgrade", b"websocket"), *_PLAIN), b"This is IRC over WebSocket.\n")
        else:
            self._web.respond(404, _PLAIN, f"IRC over WebSocket is at {IRC_PATH}\n".encode())
