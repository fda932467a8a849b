"""A few at a time: what asks the network, and what is dear, waits for its place.

Sign-ins ask machines that belong to whoever signs in, and such a machine may take its time. So few may ask at once, and
of those fewer for one place, the address that a client comes from; who waits is called by turns of places, those first
of whom the fewest are inside; and nobody stays inside for long, however many questions he has. So somebody with slow
machines of his own keeps those waiting who share his address, and nobody else. A lane is for what takes no time
elsewhere but much of this one's: so much of it is done in a turn, and others talk in between.
"""

from collections import Counter
from collections.abc import Callable, Collection, Generator
from typing import TypeVar

import attrs

from freeq_proto.boundary import Await, Failed, Fetch, Flow, LookUp, Request, Result, Stored, Ticket

T = TypeVar("T")


class _Queue:
    """Flows that wait until they are called: those of one place in the order in which they came."""

    def __init__(self, ticket: Callable[[], Ticket], settled: Callable[[Ticket, Result], None]) -> None:
        self._ticket = ticket
        self._settled = settled
        self._waiting: dict[str, dict[Ticket, None]] = {}

    @property
    def places(self) -> Collection[str]:
        """Where those come from who wait; who was called longest ago is the first."""
        return self._waiting.keys()

    def wait(self, place: str) -> Generator[Request, Result | None, bool]:
        """Wait to be called; False for one that waited too long."""
        ticket = self._ticket()
        self._waiting.setdefault(place, {})[ticket] = None
        try:
            result = yield Await(ticket)
        finally:
            self._forget(place, ticket)
        return not isinstance(result, Failed)

    def call(self, place: str) -> None:
        """Let the first of a place go on; it is the other places' turn then."""
        waiting = self._waiting.pop(place)
        self._waiting[place] = waiting
        ticket = next(iter(waiting))
        self._forget(place, ticket)
        self._settled(ticket, Stored())

    def _forget(self, place: str, ticket: Ticket) -> None:
        waiting = self._waiting.get(place)
        if waiting is not None:
            waiting.pop(ticket, None)
            if not waiting:
                del self._waiting[place]


@attrs.frozen(eq=False)
class _Visit:
    """Somebody inside."""

    place: str
    until: float
    """When he has to leave."""


class Gate:
    """Lets ``limit`` flows ask the network at the same time, and of those ``each`` from one place, for ``seconds``.

    ``mono`` tells the time, ``ticket`` mints tickets; ``settled`` answers those that flows await here.
    """

    def __init__(
        self,
        limit: int,
        each: int,
        seconds: float,
        *,
        mono: Callable[[], float],
        ticket: Callable[[], Ticket],
        settled: Callable[[Ticket, Result], None],
    ) -> None:
        self._limit = limit
        self._each = each
        self._seconds = seconds
        self._mono = mono
        self._visits: dict[_Visit, None] = {}  # who came first, and has to leave first, is the first
        self._inside: Counter[str] = Counter()
        self._queue = _Queue(ticket, settled)

    def limited(self, flow: Flow[T], place: str) -> Flow[T]:
        """``flow``, which waits before its first request to the network until it may, and makes room at its end.

        Requests of one that waited too long to come in, or has been inside for too long, are failed; one that is under
        way when the time is up gets no more than what was left of it.
        """
        visit: _Visit | None = None
        waited = False
        result: Result | None = None
        try:
            while True:
                request = flow.send(result)
                if isinstance(request, Fetch | LookUp):
                    if not waited:
                        visit = yield from self._enter(place)
                        waited = True
                    left = 0.0 if visit is None else visit.until - self._mono()
                    if left <= 0:
                        result = _TOO_MANY if visit is None else _TOO_SLOW
                        continue
                    request = _within(request, left)
                result = yield request
        except StopIteration as end:
            value: T = end.value
            return value
        finally:
            flow.close()
            if visit is not None:
                self._leave(visit)

    def next_deadline(self) -> float | None:
        """When :meth:`handle_timeout` will next have something to do."""
        return next((visit.until for visit in self._visits), None) if self._queue.places else None

    def handle_timeout(self) -> None:
        """Give the places of those whose time is up to others."""
        now = self._mono()
        for visit in tuple(self._visits):
            if visit.until > now:
                return
            self._leave(visit)

    def _enter(self, place: str) -> Generator[Request, Result | None, _Visit | None]:
        self.handle_timeout()
        if not self._may(place):
            called = yield from self._queue.wait(place)
            if not called:
                return None
        visit = _Visit(place, self._mono() + self._seconds)
        self._visits[visit] = None
        self._inside[place] += 1
        return visit

    def _may(self, place: str) -> bool:
        return len(self._visits) < self._limit and self._inside[place] < self._each

    def _leave(self, visit: _Visit) -> None:
        if visit not in self._visits:
            return
        del self._visits[visit]
        self._inside -= Counter((visit.place,))  # which forgets a place with nobody inside
        may = [place for place in self._queue.places if self._may(place)]
        if may:
            self._queue.call(min(may, key=lambda place: self._inside[place]))


_TOO_MANY = Failed("too many sign-ins at once; try again", timed_out=True)
_TOO_SLOW = Failed("the hosts that were asked took too long", timed_out=True)


def _within(request: Fetch | LookUp, seconds: float) -> Fetch | LookUp:
    """``request``, with no more time than this; a look-up has a bound of the runtime's own."""
    if isinstance(request, LookUp) or request.request.seconds <= seconds:
        return request
    return Fetch(attrs.evolve(request.request, seconds=seconds))


class Lane:
    """Lets ``limit`` flows go on in one turn; the others in the turns that follow."""

    def __init__(self, limit: int, *, ticket: Callable[[], Ticket], settled: Callable[[Ticket, Result], None]) -> None:
        self._limit = limit
        self._left = limit
        self._queue = _Queue(ticket, settled)

    def enter(self) -> Generator[Request, Result | None, bool]:
        """Wait for a turn that has room; False for one that waited too long."""
        if self._left and not self._queue.places:
            self._left -= 1
            return True
        called = yield from self._queue.wait("")
        return called

    def run_turn(self) -> bool:
        """Begin another turn; whether somebody still waits."""
        self._left = self._limit
        while self._left and self._queue.places:
            self._left -= 1
            self._queue.call("")
        return bool(self._queue.places)
