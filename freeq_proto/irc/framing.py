"""A stream of bytes, cut into lines; and how long a line may be.

Two limits, because there are two questions. ``LineFramer`` bounds memory, whoever the peer is: what exceeds the longest
line of any kind is thrown away as it arrives. ``line_fits`` judges a line that was received whole; a server answers
``ERR_INPUTTOOLONG`` to one that does not fit.
"""

from typing import Final

BODY_LIMIT: Final = 512
"""Bytes of a line without its tags, with CR LF (RFC 1459 §2.3)."""
CLIENT_TAGS_LIMIT: Final = 4096
"""Bytes of the tags that a client may send, from ``@`` through SPACE: 4094 bytes of tag data (IRCv3 message-tags)."""
SERVER_TAGS_LIMIT: Final = 8191
"""Bytes of the tags that a client must accept, from ``@`` through SPACE (Modern IRC, "Message Format")."""
AUTHENTICATE_LIMIT: Final = 8192
"""Bytes of an ``AUTHENTICATE`` line of a client that signs in, with CR LF: some methods send a token in one line."""
MAX_LINE: Final = max(SERVER_TAGS_LIMIT, AUTHENTICATE_LIMIT) + BODY_LIMIT
"""Bytes of the longest line that is kept at all, without CR LF."""

OVERLONG: Final[bytes] = b"<a line longer than any line may be>"
"""Stands for a line that was not kept. Compare with ``is``: a peer may send a line that is equal to it."""

_CRLF: Final = 2


class LineFramer:
    """Cuts what a connection receives into lines. Keeps at most ``limit`` bytes and a CR between two pushes."""

    __slots__ = ("_discarding", "_limit", "_tail")

    def __init__(self, limit: int = MAX_LINE) -> None:
        """``limit``: bytes of the longest line to keep, without CR LF."""
        self._limit = limit
        self._tail = b""
        self._discarding = False

    def push(self, data: bytes) -> list[bytes]:
        """Return the lines that ``data`` completes, without CR LF or LF; empty lines are left out.

        A bare CR ends nothing, and stays in its line. A line longer than the limit comes out once, as ``OVERLONG``, as
        soon as it is known to be too long; the rest of it is dropped. However the stream is cut into pushes, the lines
        are the same.
        """
        if self._discarding:
            _, found, data = data.partition(b"\n")
            if not found:
                return []
            self._discarding = False
        # At most `limit` bytes are copied again by each push: a peer that trickles costs little more than its packets.
        lines = (self._tail + data).replace(b"\r\n", b"\n").split(b"\n")
        tail = lines.pop()
        limit = self._limit
        complete = [line if len(line) <= limit else OVERLONG for line in lines if line]
        if len(tail) > limit + 1:  # one more, since the last byte may be the CR of the terminator
            complete.append(OVERLONG)
            self._discarding = True
            tail = b""
        self._tail = tail
        return complete


def line_fits(line: bytes, *, from_client: bool, authenticating: bool) -> bool:
    """Whether ``line``, given without CR LF, keeps to the limit of its tags and to that of the rest.

    ``from_client`` selects the limit of the tags. ``authenticating`` says that a SASL exchange is under way, in which
    an ``AUTHENTICATE`` line may be longer than others. ``OVERLONG`` fits nothing.
    """
    if line is OVERLONG:
        return False
    tags = 0
    if line.startswith(b"@"):
        tags = line.find(b" ") + 1 or len(line)
        if tags > (CLIENT_TAGS_LIMIT if from_client else SERVER_TAGS_LIMIT):
            return False
    body = len(line) - tags + _CRLF
    if body <= BODY_LIMIT:
        return True
    return authenticating and body <= AUTHENTICATE_LIMIT and line[tags : tags + 13].upper() == b"AUTHENTICATE "
