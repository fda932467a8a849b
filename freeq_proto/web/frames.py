"""WebSocket frames as a server writes them: unmasked and whole (RFC 6455 §5.2).

No extension is ever negotiated, so a frame is a pure function of its payload: one ``bytes`` object serves every
connection of a fan-out. wsproto would write the same bytes (a test holds the two equal) but once per connection.
"""

from typing import Final

from freeq_proto.boundary import LocalProtocolError

_FINAL: Final = 0x80
_TEXT: Final = 0x1
_BINARY: Final = 0x2
_CLOSE: Final = 0x8
_PONG: Final = 0xA

_MAX_SHORT: Final = 125
_MAX_TWO_BYTE: Final = 65_535
_MAX_REASON: Final = _MAX_SHORT - 2

NO_STATUS: Final = 1005
"""Stands for a Close frame without a code; never sent (RFC 6455 §7.4.1)."""

_SENDABLE_CODES: Final = frozenset((*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)))


def text_frame(payload: bytes) -> bytes:
    """A text message in one frame.

    ``payload`` must be UTF-8: a browser drops the connection over anything else. This is the caller's promise and not
    checked here, since one line is rendered for many connections.
    """
    return _frame(_TEXT_HEADERS, payload)


def binary_frame(payload: bytes) -> bytes:
    """A binary message in one frame."""
    return _frame(_BINARY_HEADERS, payload)


def pong_frame(payload: bytes) -> bytes:
    """The answer to a Ping; ``payload`` is the Ping's, at most 125 bytes."""
    return _control(_PONG, payload)


def close_frame(code: int, reason: str = "") -> bytes:
    """A Close frame; ``reason`` is cut at a character's edge to the 123 bytes of UTF-8 that fit.

    ``NO_STATUS`` makes a Close frame without code and reason. Any other code that an endpoint may not send (RFC 6455
    §7.4) raises :class:`LocalProtocolError`.
    """
    if code == NO_STATUS:
        return _control(_CLOSE, b"")
    if code not in _SENDABLE_CODES:
        raise LocalProtocolError(f"{code} is not a close code that may be sent")
    cut = reason.encode("utf-8", "replace")[:_MAX_REASON].decode("utf-8", "ignore")
    return _control(_CLOSE, code.to_bytes(2, "big") + cut.encode("utf-8"))


def _short_headers(opcode: int) -> tuple[bytes, ...]:
    """All headers of one opcode, by payload length: 0–125 in full, then the starts of the two longer forms."""
    return tuple(bytes((_FINAL | opcode, length)) for length in range(_MAX_SHORT + 3))


_TEXT_HEADERS: Final = _short_headers(_TEXT)
_BINARY_HEADERS: Final = _short_headers(_BINARY)


def _frame(headers: tuple[bytes, ...], payload: bytes) -> bytes:
    length = len(payload)
    if length <= _MAX_SHORT:
        return headers[length] + payload
    if length <= _MAX_TWO_BYTE:
        return headers[126] + length.to_bytes(2, "big") + payload
    return headers[127] + length.to_bytes(8, "big") + payload


def _control(opcode: int, payload: bytes) -> bytes:
    if len(payload) > _MAX_SHORT:
        raise LocalProtocolError("a control frame carries at most 125 bytes")
    return bytes((_FINAL | opcode, len(payload))) + payload
