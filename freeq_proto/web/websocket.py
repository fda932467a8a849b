"""WebSocket, the server's side, driven over wsproto: whole messages come out.

wsproto parses what comes; what goes is made by ``frames`` (the same bytes, shareable). wsproto hands on each piece of a
message as it arrives and limits nothing, so the limits are set where it shows a frame's header before its payload: in
an extension. Hence a frame that announces too much is refused before a byte of it is held, and the verdict depends on
the bytes alone, not on how the network cut them.

Purity: wsproto draws random masks as a client only. Here it draws nothing.
"""

from collections import deque
from typing import Final, TypeAlias

from wsproto import ConnectionType, WSConnection
from wsproto import events as ws
from wsproto.connection import Connection, ConnectionState
from wsproto.extensions import Extension
from wsproto.frame_protocol import CloseReason, FrameDecoder, FrameProtocol, Opcode, RsvBits

from freeq_proto.web.events import BinaryMessage, Closed, TextMessage, UpgradeRequested
from freeq_proto.web.frames import close_frame, pong_frame
from freeq_proto.web.handshake import fields_for_wsproto
from freeq_proto.web.limits import Limits

Message: TypeAlias = TextMessage | BinaryMessage

ABNORMAL: Final = 1006
"""Stands for a connection that was lost without a Close frame; never sent (RFC 6455 §7.4.1)."""

# wsproto's own messages depend on how much of a frame had come.
_REASONS: Final = {
    1002: "protocol error",
    1003: "messages of this type are not accepted",
    1007: "text that is not UTF-8",
    1008: "too many fragments",
    1009: "message too long",
}
_NO_RESERVED_BITS: Final = RsvBits(False, False, False)


class WebSocket:
    """One open WebSocket connection."""

    def __init__(
        self,
        request: UpgradeRequested,
        subprotocol: str | None,
        limits: Limits,
        out: list[bytes],
        *,
        text: bool,
        binary: bool,
    ) -> None:
        """Answer ``request`` with 101; bytes for the peer are appended to ``out``."""
        self._out = out
        self._connection = _accept(request, subprotocol, _Verdicts(limits, text=text, binary=binary), out)
        self._partial = bytearray()
        self._pongs: deque[bytes] = deque(maxlen=limits.pongs)
        self._closing = False
        self.ended: Closed | None = None

    @property
    def closing(self) -> bool:
        """Whether our Close frame is sent: nothing more may be, and what still comes is dropped."""
        return self._closing

    @property
    def buffered(self) -> int:
        """How many bytes of an unfinished message and of unsent pongs are held.

        wsproto holds besides at most one unfinished frame header or control frame: 139 bytes.
        """
        return len(self._partial) + sum(map(len, self._pongs))

    def receive(self, data: bytes) -> list[Message]:
        """The messages that ``data`` completes. Look at ``ended`` afterwards; nothing may be fed once it is set."""
        messages: list[Message] = []
        self._connection.receive_data(data)
        for event in self._connection.events():
            if isinstance(event, ws.CloseConnection):
                self._end(event)
                break
            if self._closing:
                continue  # RFC 6455 §1.4: after a Close frame only the other one counts
            if isinstance(event, ws.Ping):
                self._pongs.append(bytes(event.payload))
            elif isinstance(event, ws.TextMessage | ws.BytesMessage) and (message := self._assemble(event)) is not None:
                messages.append(message)
        return messages

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake; a second call does nothing. A bad code raises :class:`LocalProtocolError`."""
        if self._closing:
            return
        frame = close_frame(code, reason)
        self.flush()
        self._out.append(frame)
        self._closing = True
        self._partial.clear()

    def fail(self, code: int, reason: str) -> None:
        """Fail the connection (RFC 6455 §7.1.7): say why and read nothing more."""
        self.close(code, reason)
        self.ended = Closed(code, reason)

    def lose(self) -> None:
        """The peer stopped writing without a Close frame. Its pongs are still owed: it may be reading."""
        if not self._closing:
            self.flush()
        self.ended = Closed(ABNORMAL, "connection lost")

    def flush(self) -> None:
        """Append the pongs that are owed."""
        self._out.extend(map(pong_frame, self._pongs))
        self._pongs.clear()

    def _assemble(self, piece: ws.TextMessage | ws.BytesMessage) -> Message | None:
        if piece.message_finished and not self._partial:
            return TextMessage(piece.data) if isinstance(piece, ws.TextMessage) else BinaryMessage(bytes(piece.data))
        # Pieces may be single characters: bytes in one buffer cost what they count, a list of strings fifty times that.
        self._partial += piece.data.encode("utf-8") if isinstance(piece, ws.TextMessage) else piece.data
        if not piece.message_finished:
            return None
        whole = bytes(self._partial)
        self._partial.clear()
        return TextMessage(whole.decode("utf-8")) if isinstance(piece, ws.TextMessage) else BinaryMessage(whole)

    def _end(self, event: ws.CloseConnection) -> None:
        code = int(event.code)
        if self._connection.state is not ConnectionState.REMOTE_CLOSING:  # not the peer's Close, but its mistake
            self.fail(code, _REASONS.get(code, _REASONS[1002]))
            return
        self.close(code, "")
        self.ended = Closed(code, event.reason or "closed by the peer")


class _Verdicts(Extension):
    """Refuses data frames by their headers. It is never negotiated: no offer reaches wsproto, and it accepts none."""

    name = "limits"

    def __init__(self, limits: Limits, *, text: bool, binary: bool) -> None:
        self._max_message = limits.message
        self._max_fragments = limits.fragments
        self._refused = frozenset(
            opcode for opcode, wanted in ((Opcode.TEXT, text), (Opcode.BINARY, binary)) if not wanted
        )
        self._length = 0
        self._fragments = 0
        self._current: int | None = None  # the payload of the data frame that is coming in

    def enabled(self) -> bool:
        return True

    def offer(self) -> bool:
        return False

    def frame_inbound_header(
        self, proto: FrameDecoder | FrameProtocol, opcode: Opcode, rsv: RsvBits, payload_length: int
    ) -> CloseReason | RsvBits:
        # Called again for the same frame while its mask is incomplete, so nothing may be added up here.
        self._current = None if opcode.iscontrol() else payload_length
        if self._current is None:
            return _NO_RESERVED_BITS
        if opcode in self._refused:
            return CloseReason.UNSUPPORTED_DATA
        if self._length + payload_length > self._max_message:
            return CloseReason.MESSAGE_TOO_BIG
        if self._fragments >= self._max_fragments:
            return CloseReason.POLICY_VIOLATION
        return _NO_RESERVED_BITS

    def frame_inbound_complete(self, proto: FrameDecoder | FrameProtocol, fin: bool) -> None:
        if self._current is None:
            return
        if fin:
            self._length = self._fragments = 0
        else:
            self._length += self._current
            self._fragments += 1


def _accept(request: UpgradeRequested, subprotocol: str | None, verdicts: Extension, out: list[bytes]) -> Connection:
    handshake = WSConnection(ConnectionType.SERVER)
    handshake.initiate_upgrade_connection(fields_for_wsproto(request), request.target)
    out.append(bytes(handshake.send(ws.AcceptConnection(subprotocol=subprotocol, extensions=[verdicts]))))
    connection = handshake.connection
    assert connection is not None  # what was accepted is open
    return connection
