"""Deadlines as data: one table from named reasons to the time at which each falls due.

Re-arming a timer for later touches no heap: the entry that is already there notices, when it comes up, that its owner
has moved on. So a session that talks all day costs one heap operation per idle interval, not one per line.
"""

import heapq
from typing import Generic, TypeVar

import attrs

Key = TypeVar("Key")


@attrs.define
class Timers(Generic[Key]):
    """Deadlines in seconds of the monotonic clock, by key; a key has at most one."""

    _deadlines: dict[Key, float] = attrs.field(factory=dict, init=False)
    _heap: list[tuple[float, int, Key]] = attrs.field(factory=list, init=False)
    _count: int = attrs.field(default=0, init=False)

    def arm(self, key: Key, deadline: float) -> None:
        """Set the one deadline of ``key``, replacing an earlier one."""
        before = self._deadlines.get(key)
        self._deadlines[key] = deadline
        if before is None or deadline < before:
            self._push(deadline, key)

    def disarm(self, key: Key) -> None:
        """Forget the deadline of ``key``, if it has one."""
        self._deadlines.pop(key, None)

    def next_deadline(self) -> float | None:
        """When :meth:`due` will next have something to say, or None for never."""
        while self._heap:  # which a compaction replaces
            deadline, _, key = self._heap[0]
            current = self._deadlines.get(key)
            if current == deadline:
                return deadline
            heapq.heappop(self._heap)
            if current is not None and current > deadline:
                self._push(current, key)
        return None

    def due(self, mono: float) -> list[Key]:
        """Take out the keys whose deadline is at or before ``mono``, earliest first; asking early takes nothing."""
        keys: list[Key] = []
        while (deadline := self.next_deadline()) is not None and deadline <= mono:
            key = heapq.heappop(self._heap)[2]
            del self._deadlines[key]
            keys.append(key)
        return keys

    def _push(self, deadline: float, key: Key) -> None:
        self._count += 1  # makes equal deadlines come out in the order in which they were armed, and keys never compare
        heapq.heappush(self._heap, (deadline, self._count, key))
        if len(self._heap) > 2 * len(self._deadlines) + 64:
            self._compact()

    def _compact(self) -> None:
        """Drop the entries that disarming left behind, so that the heap stays in proportion to the table."""
        live = {(deadline, key): count for deadline, count, key in self._heap if self._deadlines.get(key) == deadline}
        missing = [key for key, deadline in self._deadlines.items() if (deadline, key) not in live]
        self._heap = [(deadline, count, key) for (deadline, key), count in live.items()]
        for key in missing:
            self._count += 1
            self._heap.append((self._deadlines[key], self._count, key))
        heapq.heapify(self._heap)
