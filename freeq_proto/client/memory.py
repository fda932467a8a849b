"""What was told already, so that nothing is told twice, and where each conversation stands."""

import hashlib
from typing import Final

import attrs

_LONGEST: Final = 100
"""Characters of an id or a name that are kept as they are."""


@attrs.frozen
class Mark:
    """The latest that was told of one conversation."""

    msgid: str
    """"" where the server gives none."""
    time: int
    """Milliseconds since 1970."""


class Memory:
    """Bounded: what is oldest is forgotten."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._seen: dict[str, None] = {}
        self._marks: dict[str, Mark] = {}

    def is_new(self, key: str) -> bool:
        """Remember a message by its id, or by all of it; whether it was not remembered already."""
        if len(key) > _LONGEST:
            key = hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > self._bound:
            del self._seen[next(iter(self._seen))]
        return True

    def mark(self, conversation: str, msgid: str, time: int) -> None:
        """A message was told; marks only go forward. Ids and names beyond all measure are not kept."""
        if len(conversation) > _LONGEST:
            return
        msgid = msgid if len(msgid) <= _LONGEST else ""
        before = self._marks.pop(conversation, None)
        self._marks[conversation] = Mark(msgid, time) if before is None or time >= before.time else before
        if len(self._marks) > self._bound:
            del self._marks[next(iter(self._marks))]

    def mark_of(self, conversation: str) -> Mark | None:
        """Where a conversation stands."""
        return self._marks.get(conversation)

    @property
    def latest(self) -> int | None:
        """The time of the latest message of all."""
        return max((mark.time for mark in self._marks.values()), default=None)
