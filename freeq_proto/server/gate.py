"""At most so many at once: sign-ins that ask the network wait for one another, first come, first served."""

from collections.abc import Callable, Generator
from typing import TypeVar

from freeq_proto.boundary import Await, Failed, Fetch, Flow, LookUp, Request, Result, Stored, Ticket

T = TypeVar("T")


class Gate:
    """Lets ``limit`` flows ask the network at the same time.

    ``ticket`` mints tickets; ``settled`` answers those that flows await here.
    """

    def __init__(self, limit: int, *, ticket: Callable[[], Ticket], settled: Callable[[Ticket, Result], None]) -> None:
        self._free = limit
        self._ticket = ticket
        self._settled = settled
        self._waiting: dict[Ticket, None] = {}

    def limited(self, flow: Flow[T]) -> Flow[T]:
        """``flow``, which waits before its first request to the network until it may, and makes room at its end.

        One that waits too long has its requests failed.
        """
        inside = False
        result: Result | None = None
        try:
            while True:
                request = flow.send(result)
                if isinstance(request, Fetch | LookUp) and not inside:
                    inside = yield from self._enter()
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
                self._leave()

    def _enter(self) -> Generator[Request, Result | None, bool]:
        if self._free:
            self._free -= 1
            return True
        ticket = self._ticket()
        self._waiting[ticket] = None
        try:
            result = yield Await(ticket)
        finally:
            self._waiting.pop(ticket, None)
        return not isinstance(result, Failed)

    def _leave(self) -> None:
        if not self._waiting:
            self._free += 1
            return
        ticket = next(iter(self._waiting))
        del self._waiting[ticket]
        self._settled(ticket, Stored())
