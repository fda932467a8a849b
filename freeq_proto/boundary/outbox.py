"""Bytes on their way to one connection."""

import attrs

from freeq_proto.boundary.peer import ConnId


@attrs.define(eq=False)
class Outbox:
    """What one connection is owed and has not been handed to the runtime yet."""

    conn: ConnId
    chunks: list[bytes] = attrs.field(factory=list, init=False)
    """Appended this turn, in order."""
    walk: int = attrs.field(default=0, init=False)
    """The last walk over common channels that reached this outbox, so that each gets one copy."""
    blocked: bool = attrs.field(default=False, init=False)
    """The transport has enough for now: hold everything back until it says otherwise."""
    closed: bool = attrs.field(default=False, init=False)
    """Nothing more leaves."""
    kept: list[bytes] | None = attrs.field(default=None, init=False)
    """Held back while it was blocked, to go before the chunks."""
    held: int = attrs.field(default=0, init=False)
    """Bytes held back for a peer that reads too slowly (the SendQ)."""

    def hold(self, chunks: list[bytes]) -> None:
        """Keep what may not be written yet."""
        self.held += sum(map(len, chunks))
        if self.kept is None:
            self.kept = chunks
        else:
            self.kept += chunks

    def release(self, chunks: list[bytes]) -> list[bytes]:
        """What was held, with ``chunks`` behind it."""
        kept, self.kept, self.held = self.kept, None, 0
        return chunks if kept is None else kept + chunks

    def drop(self) -> None:
        """Forget everything that is owed."""
        self.chunks = []
        self.kept, self.held = None, 0

    @property
    def empty(self) -> bool:
        """Whether nothing is owed."""
        return not self.chunks and self.kept is None
