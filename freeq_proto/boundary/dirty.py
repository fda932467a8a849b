"""Who is owed what: from one thing said to the outboxes of all who hear it.

Theory of operation. A line to a thousand members is one ``bytes`` object whose reference goes to a thousand outboxes.
That is a thousand times too often where twenty lines are said in one turn: so what is said to one audience is kept
aside, and when the turn is handed over, or something else has to be said first, it is joined once, and the same bytes
go to every member. The few who must not hear a part of it (a sender does not hear himself), or who hear something in
between that is theirs alone, get a joining of their own. Nobody can tell the difference, since for each connection the
order is that in which things were said.

An audience that has changed since is no obstacle: whoever was in it when the words were said is who hears them.
"""

from collections.abc import Callable, Iterator, Mapping

import attrs

from freeq_proto.boundary.outbox import Outbox
from freeq_proto.boundary.peer import ConnId

_ASIDE = 128
"""Things said that are kept aside at most: joining them for those who hear a part only is quadratic."""


@attrs.define(eq=False)
class Audience:
    """Outboxes in groups; a group hears the same bytes. An outbox is in one group."""

    _groups: dict[int, dict[ConnId, Outbox]] = attrs.field(factory=dict, init=False)
    version: int = attrs.field(default=0, init=False)
    """Another number whenever somebody came or went."""

    def add(self, group: int, outbox: Outbox) -> None:
        """Somebody came."""
        self._groups.setdefault(group, {})[outbox.conn] = outbox
        self.version += 1

    def remove(self, group: int, outbox: Outbox) -> None:
        """Somebody went; he must have been there."""
        same = self._groups[group]
        del same[outbox.conn]
        if not same:
            del self._groups[group]
        self.version += 1

    @property
    def groups(self) -> Mapping[int, Mapping[ConnId, Outbox]]:
        """Who is there, in the order of coming; never an empty group."""
        return self._groups

    def __iter__(self) -> Iterator[Outbox]:
        for group in self._groups.values():
            yield from group.values()


@attrs.define
class _Aside:
    """What was said to one group and is not in its outboxes yet."""

    members: dict[ConnId, Outbox]
    said: list[tuple[bytes, Outbox | None, Outbox | None]] = attrs.field(factory=list)
    """Each with who does not hear it, and with who alone does."""

    def parts(self, outbox: Outbox) -> list[bytes]:
        """What one outbox hears of it."""
        return [data for data, skip, only in self.said if only is outbox or (only is None and skip is not outbox)]


class Dirty:
    """The outboxes that have something to hand over, in the order in which they got it."""

    def __init__(self) -> None:
        self._outboxes: list[Outbox] = []
        self._audience: Audience | None = None
        self._version = 0
        self._aside: dict[int, _Aside] = {}
        self._count = 0

    def append(self, outbox: Outbox, data: bytes) -> None:
        """Owe ``data`` to one connection."""
        if self._audience is not None:
            aside = self._aside_of(self._audience, outbox)
            if aside is not None:
                aside.said.append((data, None, outbox))
                self._counted()
                return
        self._owe(outbox, data)

    def _aside_of(self, audience: Audience, outbox: Outbox) -> _Aside | None:
        """Where things are kept aside that ``outbox`` must hear first."""
        if audience.version != self._version:
            self.settle()
            return None
        for group, members in audience.groups.items():
            if outbox.conn in members:
                return self._aside.get(group)
        return None

    def extend(self, audience: Audience, render: Callable[[int], bytes], skip: Outbox | None) -> None:
        """Owe to each group of ``audience`` what ``render`` makes for it (nothing: ``b""``), but not to ``skip``."""
        if audience is not self._audience or audience.version != self._version:
            self.settle()
            self._audience = audience
            self._version = audience.version
        for group, members in audience.groups.items():
            data = render(group)
            if data:
                aside = self._aside.get(group)
                if aside is None:
                    aside = self._aside[group] = _Aside(dict(members))
                aside.said.append((data, skip, None))
        self._counted()

    def _counted(self) -> None:
        self._count += 1
        if self._count >= _ASIDE:
            self.settle()

    def settle(self) -> None:
        """Put what was kept aside into the outboxes. For whoever is about to owe something to many, one by one."""
        for aside in self._take_aside():
            data = self._tell_the_few(aside)
            for outbox in aside.members.values():
                self._owe(outbox, data)

    def _take_aside(self) -> list[_Aside]:
        self._audience = None
        self._count = 0
        asides = list(self._aside.values())
        self._aside.clear()
        return asides

    def _tell_the_few(self, aside: _Aside) -> bytes:
        """Owe their parts to those who hear a part only. What all the others hear is returned; they are left."""
        for conn, outbox in {each.conn: each for _, *few in aside.said for each in few if each is not None}.items():
            if aside.members.pop(conn, None) is not None:
                for data in aside.parts(outbox):
                    self._owe(outbox, data)
        return b"".join([data for data, _, only in aside.said if only is None])

    def _owe(self, outbox: Outbox, data: bytes) -> None:
        if not outbox.chunks:
            self._outboxes.append(outbox)
        outbox.chunks.append(data)

    def add(self, outbox: Outbox) -> None:
        """An outbox may hand over what it held."""
        self._outboxes.append(outbox)

    def collect(self) -> tuple[list[tuple[ConnId, list[bytes]]], list[Outbox]]:
        """Hand over what may be written, one entry per connection; and name the outboxes that hold something back.

        Entries may share their lists: nobody changes them.
        """
        writes: list[tuple[ConnId, list[bytes]]] = []
        for aside in self._take_aside():
            data = self._tell_the_few(aside)
            chunks = [data]
            for conn, outbox in aside.members.items():  # the one hot loop of the program
                if outbox.chunks or outbox.blocked or outbox.kept is not None:
                    self._owe(outbox, data)
                else:
                    writes.append((conn, chunks))
        return writes, self._collect_outboxes(writes)

    def _collect_outboxes(self, writes: list[tuple[ConnId, list[bytes]]]) -> list[Outbox]:
        outboxes, self._outboxes = self._outboxes, []
        blocked: list[Outbox] = []
        for outbox in outboxes:
            chunks = outbox.chunks
            outbox.chunks = []
            if outbox.blocked:
                outbox.hold(chunks)
                blocked.append(outbox)
                continue
            if outbox.kept is not None:
                chunks = outbox.release(chunks)
            if chunks:  # none: it was dirty twice
                writes.append((outbox.conn, chunks))
        return blocked
