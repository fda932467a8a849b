"""What waits to be sent: a queue behind a bucket, so that the server does not take us for a flood."""

from collections import deque
from collections.abc import Callable
from typing import Final

import attrs

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.client.config import SendBudget

MOST_URGENT: Final = 1_000
"""Urgent lines that wait for the transport. A server that asks for more without reading gets no answer to it."""


class QueueFullError(LocalProtocolError):
    """More waits to be sent than the configuration allows."""


@attrs.frozen
class Parcel:
    """Lines that leave together: one, or a whole batch, in whose middle nothing else may be said."""

    data: bytes
    lines: int = 1
    sent: Callable[[], None] | None = None
    """Called as it leaves."""
    owed: bool = False
    """Said by ourselves, not by the program: it finds room however much waits."""


class Outgoing:
    """The queue of one connection."""

    def __init__(self, budget: SendBudget, mono: float) -> None:
        self._budget = budget
        self._level = float(budget.burst)
        self._read_at = mono
        self._parcels: deque[Parcel] = deque()
        self._urgent: list[bytes] = []
        self._pong = b""
        """The newest that waits for the transport."""
        self._last: list[bytes] = []
        self.lines = 0
        """Lines of the program that wait."""
        self.blocked = False
        """The transport has enough for now."""

    @property
    def room(self) -> int:
        """Lines that the program may say now."""
        return max(0, self._budget.queue - self.lines)

    def put(self, *parcels: Parcel) -> None:
        """Send in turn, all or none. Raises QueueFullError; where nothing waits, any number of lines is taken."""
        lines = sum(parcel.lines for parcel in parcels if not parcel.owed)
        if lines > self.room and self.lines:
            raise QueueFullError(f"{self.lines} lines wait to be sent already")
        self.lines += lines
        self._parcels.extend(parcels)

    def clear(self) -> None:
        """Drop everything that waits."""
        self._parcels.clear()
        self.lines = 0

    def put_urgent(self, data: bytes) -> None:
        """Send as soon as the transport takes it, before everything that waits: registration and the like."""
        if not self.blocked or len(self._urgent) < MOST_URGENT:
            self._urgent.append(data)

    def put_pong(self, data: bytes) -> None:
        """The same for PONG; while the transport takes nothing, the newest stands for all."""
        if self.blocked:
            self._pong = data
        else:
            self._urgent.append(data)

    def put_last(self, data: bytes) -> None:
        """Send with the next drain even if the transport has enough: there is nothing to wait for any more."""
        self._last = [data]

    def take(self, mono: float) -> list[bytes]:
        """What may leave now."""
        self._refill(mono)
        last, self._last = self._last, []
        if self.blocked:
            return last
        chunks, self._urgent = self._urgent, []
        if self._pong:
            chunks.append(self._pong)
            self._pong = b""
        chunks += last
        limited = self._budget.lines_per_second > 0
        while self._parcels and (self._level >= 1 or not limited):
            parcel = self._parcels.popleft()
            self.lines -= 0 if parcel.owed else parcel.lines
            self._level -= parcel.lines
            chunks.append(parcel.data)
            if parcel.sent is not None:
                parcel.sent()
        return chunks

    def due(self, mono: float) -> float | None:
        """When the next may leave, or None: nothing waits, or only for the transport."""
        if not self._parcels or self.blocked or self._budget.lines_per_second <= 0:
            return None
        return mono + max(0.0, (1 - self._level) / self._budget.lines_per_second)

    def _refill(self, mono: float) -> None:
        gained = (mono - self._read_at) * self._budget.lines_per_second
        # A hair more than was asked for: a deadline that is kept to the microsecond must find its line.
        self._level = min(float(self._budget.burst), self._level + gained + 1e-9)
        self._read_at = mono
