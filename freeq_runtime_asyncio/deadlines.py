"""Connections that have a fixed time for something, oldest first."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Generic, TypeVar

Member = TypeVar("Member")


class Deadlines(Generic[Member]):
    """Members that were each given the same number of ``seconds``, at most ``limit`` of them.

    Everybody has the same time, so the order of arrival is the order of the deadlines, and one ordered table does the
    work of a timer for each. Past the limit the oldest makes room: whoever floods us with connections that go nowhere
    pushes out its own, while an honest peer is through in a fraction of a second.
    """

    def __init__(self, seconds: float, limit: int) -> None:
        self._seconds = seconds
        self._limit = limit
        self._members: OrderedDict[Member, float] = OrderedDict()

    def add(self, member: Member, mono: float) -> Member | None:
        """Start the time of ``member``; the answer is who had to make room and is no member any more."""
        self._members[member] = mono + self._seconds
        return self._members.popitem(last=False)[0] if len(self._members) > self._limit else None

    def discard(self, member: Member) -> None:
        """It is done in time."""
        self._members.pop(member, None)

    def next_deadline(self) -> float | None:
        """When :meth:`due` will next have something to say (seconds, monotonic clock), or None for never."""
        return next(iter(self._members.values()), None)

    def due(self, mono: float) -> list[Member]:
        """Take out those whose time is up."""
        members: list[Member] = []
        while (deadline := self.next_deadline()) is not None and deadline <= mono:
            members.append(self._members.popitem(last=False)[0])
        return members

    def __iter__(self) -> Iterator[Member]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)
