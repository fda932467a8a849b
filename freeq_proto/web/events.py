"""What a web connection reports: requests to answer, messages, and the end."""

from typing import TypeAlias

import attrs

Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]
"""Header fields in the order in which they came (RFC 9110 §5): lower-case names, values without outer white space."""


def field(headers: Headers, name: bytes) -> bytes | None:
    """The value of a field by its lower-case name, repeated fields joined by ``, `` (RFC 9110 §5.3), or None."""
    values = [value for found, value in headers if found == name]
    return b", ".join(values) if values else None


@attrs.frozen
class HttpRequest:
    """A whole HTTP request. Answer it with ``WebConnection.respond``; what the peer sends meanwhile waits."""

    method: str
    """One of ``methods.SERVED``; others were refused already."""
    target: str
    """The request target in origin-form, path and query still percent-encoded (ASCII); or ``*`` for ``OPTIONS``."""
    headers: Headers
    body: bytes = b""
    """At most ``Limits.body`` bytes; chunks are joined and trailers dropped."""

    def header(self, name: bytes) -> bytes | None:
        """See :func:`field`."""
        return field(self.headers, name)


@attrs.frozen
class UpgradeRequested:
    """A lawful WebSocket opening handshake (RFC 6455 §4.2.1). Answer it with ``accept`` or ``reject``."""

    target: str
    """The request target in origin-form (ASCII)."""
    subprotocols: tuple[str, ...]
    """What the client offers, most preferred first, without repetition."""
    origin: str | None
    """The page that opened the socket (RFC 6454 §7), or None outside browsers. Whether to trust it is the caller's."""
    headers: Headers

    def header(self, name: bytes) -> bytes | None:
        """See :func:`field`."""
        return field(self.headers, name)


@attrs.define
class TextMessage:
    """A whole text message: valid UTF-8 of at most ``Limits.message`` bytes."""

    data: str


@attrs.define
class BinaryMessage:
    """A whole binary message of at most ``Limits.message`` bytes."""

    data: bytes


@attrs.frozen
class Closed:
    """The end, reported once: send what is still to be sent, then close the connection. Nothing more is read."""

    code: int | None
    """WebSocket: the close code (RFC 6455 §7.4), with 1005 for a Close frame without one and 1006 for a connection lost
    without a Close frame. HTTP: the status with which the room refused the peer, or None for a plain end."""
    reason: str
    """The peer's own words if its Close frame gave any (at most 123 bytes of UTF-8, any characters), else ours."""


WebEvent: TypeAlias = HttpRequest | UpgradeRequested | TextMessage | BinaryMessage | Closed
