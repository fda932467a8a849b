"""Bytes on their way to one connection.

A line to a thousand members is one ``bytes`` object whose reference is appended to a thousand outboxes; nothing else is
made per recipient. The fan-out loop reaches into :attr:`Outbox.chunks` itself, because a method call there would cost
more than the work: whoever appends to an empty list also puts the outbox on the dirty list.
"""

from collections.abc import Iterable

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
    _held: list[bytes] = attrs.field(factory=list, init=False)
    _held_bytes: int = attrs.field(default=0, init=False)

    def take(self) -> list[bytes]:
        """Hand over what may be written now, leaving the outbox empty; nothing while blocked."""
        if self.blocked:
            if self.chunks:
                self._held_bytes += sum(map(len, self.chunks))
                self._held += self.chunks
                self.chunks = []
            return []
        chunks = self.chunks
        self.chunks = []
        if self._held:
            chunks = self._held + chunks
            self._held = []
            self._held_bytes = 0
        return chunks

    @property
    def held(self) -> int:
        """Bytes held back for a peer that reads too slowly (the SendQ)."""
        return self._held_bytes

    @property
    def empty(self) -> bool:
        """Whether nothing is owed."""
        return not self.chunks and not self._held


@attrs.define
class Dirty:
    """The outboxes that have something to hand over, each once, in the order in which they became dirty."""

    outboxes: list[Outbox] = attrs.field(factory=list, init=False)

    def append(self, outbox: Outbox, data: bytes) -> None:
        """Owe ``data`` to one connection."""
        if not outbox.chunks:
            self.outboxes.append(outbox)
        outbox.chunks.append(data)

    def extend(self, outboxes: Iterable[Outbox], data: bytes, skip: Outbox | None) -> None:
        """Owe the same ``data`` to each of ``outboxes`` but ``skip``: the one hot loop of the program."""
        dirty = self.outboxes
        for outbox in outboxes:
            if outbox is skip:
                continue
            chunks = outbox.chunks
            if not chunks:
                dirty.append(outbox)
            chunks.append(data)

    def take(self) -> list[Outbox]:
        """Swap the list out."""
        outboxes = self.outboxes
        self.outboxes = []
        return outboxes
