"""The last messages of this server, kept in memory so that they can be redacted.

Nothing is stored here and no text is kept: who said something where, under which id.
"""

from collections import OrderedDict

import attrs

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.irc import Folded


@attrs.frozen
class Remembered:
    """What a redaction must know of a message."""

    target: Folded
    """The channel or nick that it was sent to."""
    sender: str
    """The principal who sent it."""
    unix_ms: int


class RecentMessages:
    """The newest ``limit`` messages by id; the oldest drop first.

    An entry costs about 280 bytes (CPython 3.11) if ``target`` and ``sender`` are objects that the world holds anyway.
    A limit of 0 remembers nothing; a negative one raises :class:`~freeq_proto.boundary.LocalProtocolError`.
    """

    __slots__ = ("_by_msgid", "_limit")

    def __init__(self, limit: int) -> None:
        if limit < 0:
            raise LocalProtocolError(f"a window of {limit} messages")
        self._limit = limit
        # Not a dict: its first key is found by scanning over those deleted before it.
        self._by_msgid: OrderedDict[str, Remembered] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_msgid)

    def remember(self, msgid: str, message: Remembered) -> None:
        """Add the newest message. An id that is already there gets the new entry and counts as newest."""
        self._by_msgid[msgid] = message
        self._by_msgid.move_to_end(msgid)
        if len(self._by_msgid) > self._limit:
            self._by_msgid.popitem(last=False)

    def find(self, msgid: str) -> Remembered | None:
        """The message of that id, or ``None`` if it never was here, is forgotten or too old."""
        return self._by_msgid.get(msgid)

    def forget(self, msgid: str) -> None:
        """Drop a message: it was redacted. Unknown ids are ignored."""
        self._by_msgid.pop(msgid, None)
