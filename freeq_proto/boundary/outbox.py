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
    _held: list[bytes] | None = attrs.field(default=None, init=False)
    _held_bytes: int = attrs.field(default=0, init=False)

    def _hold(self, chunks: list[bytes]) -> None:
        """Keep what may not be written yet."""
        self._held_bytes += sum(map(len, chunks))
        if self._held is None:
            self._held = chunks
        else:
            self._held += chunks

    def _release(self, chunks: list[bytes]) -> list[bytes]:
        """What was held, with ``chunks`` behind it."""
        held, self._held, self._held_bytes = self._held, None, 0
        return chunks if held is None else held + chunks

    @property
    def held(self) -> int:
        """Bytes held back for a peer that reads too slowly (the SendQ)."""
        return self._held_bytes

    @property
    def empty(self) -> bool:
        """Whether nothing is owed."""
        return not self.chunks and self._held is None


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

    def add(self, outbox: Outbox) -> None:
        """An outbox may hand over what it held."""
        self.outboxes.append(outbox)

    def collect(self) -> tuple[list[tuple[ConnId, list[bytes]]], list[Outbox]]:
        """Hand over what may be written, one entry per connection; and name the outboxes that hold something back."""
        outboxes, self.outboxes = self.outboxes, []
        writes: list[tuple[ConnId, list[bytes]]] = []
        blocked: list[Outbox] = []
        for outbox in outboxes:
            chunks = outbox.chunks
            outbox.chunks = []
            if outbox.blocked:
                outbox._hold(chunks)
                blocked.append(outbox)
                continue
            if outbox._held is not None:
                chunks = outbox._release(chunks)
            if chunks:  # none: it was dirty twice
                writes.append((outbox.conn, chunks))
        return writes, blocked
