"""What one web connection may cost."""

import attrs


@attrs.frozen
class Limits:
    """Sizes in bytes, refused with the HTTP status or WebSocket close code named at each."""

    head: int = 16_384
    """Request line and header fields together, one chunk header, or one trailer section: 431."""
    target: int = 8_192
    """The request target: 414. RFC 9112 §3 wants request lines of 8 000 bytes to be possible."""
    body: int = 65_536
    """A request body, however it is framed: 413."""
    message: int = 32_768
    """A WebSocket message, all its fragments together: 1009. A frame is refused by its header, before its payload."""
    fragments: int = 256
    """Frames of one WebSocket message, which may all be empty: 1008."""
    unread: int = 65_536
    """What may wait unread while still more arrives: a request's connection then ends with its answer, a WebSocket with
    1008. A caller that stops reading while ``WebConnection.paused`` never meets this."""
    pongs: int = 16
    """Pongs owed at one time; beyond it the oldest are left out, as RFC 6455 §5.5.3 allows."""
    step: int = 4_096
    """Input taken by one call of ``receive`` or ``events``. The smallest frame has 6 bytes and costs some 10 µs, so
    this bounds how long one connection can keep all others waiting."""
