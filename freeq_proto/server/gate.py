"""A few at a time: what asks the network, and what is dear, waits for its place; first come, first served.

Sign-ins ask machines that belong to whoever signs in, and such a machine may take its time. So few may ask at once, and
of those fewer for one place, the address that a client comes from: somebody with slow machines of his own keeps those
waiting who share his address, and nobody else. A lane is
for what takes no time elsewhere but much of this one's: so much of it is done in a turn, and others talk in between.
"""

from collections import Counter
from collections.abc import Callable, Generator
from typing import TypeVar

from freeq_proto.boundary import Await, Failed, Fetch, Flow, LookUp, Request, Result, Stored, Ticket

T = TypeVar("T")


class _Queue:
    """Flows that wait until they are called, each under the name of a place."""

    def __init__(self, ticket: Callable[[], Ticket], settled: Callable[[Ticket, Result], None]) -> None:
        self._ticket = ticket
        self._settled = settled
        self._waiting: dict[Ticket, str] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def wait(self, place: str) -> Generator[Request, Result | None, bool]:
        """Wait to be called; False for one that waited too long."""
        ticket = self._ticket()
        self._waiting[ticket] = place
        try:
            result = yield Await(ticket)
        finally:
            self._waiting.pop(ticket, None)
        return not isinstance(result, Failed)

    def first(self, may: Callable[[str], bool] = lambda _: True) -> tuple[Ticket, str] | None:
        """The first who ``may``, and his place; None if there is nobody."""
        return next(((ticket, place) for ticket, place in self._waiting.items() if may(place)), None)

    def call(self, ticket: Ticket) -> None:
        """Let one who waits go on."""
        del self._waiting[ticket]
        self._settled(ticket, Stored())


class Gate:
    """Lets ``limit`` flows ask the network at the same time, and of those ``each`` from one place.

    ``ticket`` mints tickets; ``settled`` answers those that flows await here.
    """

    def __init__(
        self, limit: int, each: int, *, ticket: Callable[[], Ticket], settled: Callable[[Ticket, Result], None]
    ) -> None:
        self._limit = limit
        self._each = each
        self._inside: Counter[str] = Counter()
        self._queue = _Queue(ticket, settled)

    def limited(self, flow: Flow[T], place: str) -> Flow[T]:
        """``flow``, which waits before its first request to the network until it may, and makes room at its end.

        One that waits too long has its requests failed.
        """
        inside = False
        result: Result | None = None
        try:
            while True:
                request = flow.send(result)
                if isinstance(request, Fetch | LookUp) and not inside:
                    inside = yield from self._enter(place)
                    if not inside:
                        result = Failed("too many sign-ins at once; try again", timed_out=True)
                        continue
                result = yield request
        except StopIteration as end:
            value: T = end.value
            return value
        finally:
            flow.close()
            if inside:
                self._leave(place)

    def _may(self, place: str) -> bool:
        return self._inside.total() < self._limit and self._inside[place] < self._each

    def _enter(self, place: str) -> Generator[Request, Result | None, bool]:
        if self._may(place):
            self._inside[place] += 1
            return True
        called = yield from self._queue.wait(place)
        return called

    def _leave(self, place: str) -> None:
        self._inside -= Counter((place,))  # which forgets a place with nobody inside
        if (found := self._queue.first(self._may)) is not None:
            ticket, called = found
            self._inside[called] += 1
            self._queue.call(ticket)


class Lane:
    """Lets ``limit`` flows go on in one turn; the others in the turns that follow."""

    def __init__(self, limit: int, *, ticket: Callable[[], Ticket], settled: Callable[[Ticket, Result], None]) -> None:
        self._limit = limit
        self._left = limit
        self._queue = _Queue(ticket, settled)

    def enter(self) -> Generator[Request, Result | None, bool]:
        """Wait for a turn that has room; False for one that waited too long."""
        if self._left and not self._queue:
            self._left -= 1
            return True
        called = yield from self._queue.wait("")
        return called

    def run_turn(self) -> bool:
        """Begin another turn; whether somebody still waits."""
        self._left = self._limit
        while self._left and (found := self._queue.first()) is not None:
            self._left -= 1
            self._queue.call(found[0])
        return bool(self._queue)
