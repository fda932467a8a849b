"""Sequential conversations as generators: ``result = yield request``.

A flow yields a request and is resumed with its result. The request is turned into an effect with a fresh ticket by
:class:`FlowTable`, which also puts a deadline on each wait: what is not answered in time is answered with
``Failed(timed_out=True)``, and an answer that comes after that changes nothing.

The world moves during a ``yield``. After it, look everything up again: the session may be gone (its flow is then
closed, never resumed), the channel may have ended, the nick may belong to somebody else.
"""

from collections.abc import Callable, Generator
from typing import Generic, TypeAlias, TypeVar

import attrs

from freeq_proto.boundary.compute import Job
from freeq_proto.boundary.effects import (
    Compute,
    DnsTxt,
    Effect,
    Failed,
    HttpFetch,
    ReloadConfiguration,
    Result,
    StoreQuery,
    StoreWrite,
    Ticket,
)
from freeq_proto.boundary.network import HttpRequest
from freeq_proto.boundary.store import Query, Row

T = TypeVar("T")
Owner = TypeVar("Owner")


@attrs.frozen
class Work:
    """Ask for a :class:`~freeq_proto.boundary.Compute`; resumed with ``Computed`` or ``Failed``."""

    job: Job


@attrs.frozen
class Fetch:
    """Ask for an :class:`~freeq_proto.boundary.HttpFetch`; resumed with ``Fetched`` or ``Failed``."""

    request: HttpRequest


@attrs.frozen
class LookUp:
    """Ask for a :class:`~freeq_proto.boundary.DnsTxt`; resumed with ``TxtRecords`` or ``Failed``."""

    name: str


@attrs.frozen
class Read:
    """Ask for a :class:`~freeq_proto.boundary.StoreQuery`; resumed with ``Found`` or ``Failed``."""

    query: Query


@attrs.frozen
class Write:
    """Ask for a :class:`~freeq_proto.boundary.StoreWrite` of its own; resumed with ``Stored`` or ``Failed``."""

    rows: tuple[Row, ...]


@attrs.frozen
class Reload:
    """Ask for a :class:`~freeq_proto.boundary.ReloadConfiguration`; resumed with ``Reloaded`` or ``Failed``."""


@attrs.frozen
class Breathe:
    """Let the others have a turn; resumed with ``None`` at the next one at which this owner can be written to."""


@attrs.frozen
class Await:
    """Wait for a ticket that somebody inside the core will complete: acts that are being stored."""

    ticket: Ticket


Request: TypeAlias = Work | Fetch | LookUp | Read | Write | Reload | Breathe | Await
Flow: TypeAlias = Generator[Request, Result | None, T]


@attrs.define
class _Running:
    flow: Flow[None]
    waiting: Ticket | None = None
    """What resumes it; None while it only breathes."""
    executing: bool = False
    """Whether it runs just now, so that it cannot be closed."""


class FlowTable(Generic[Owner]):
    """The flows that wait, at most one per owner.

    ``emit`` takes effects, ``ticket`` mints tickets, ``waiting(owner)`` is told at each wait for an answer,
    ``finished(owner)`` when a flow ends by itself and ``fault(owner, error)`` when it raises. Deadlines are the
    caller's timer: it arms one at each ``waiting`` and calls :meth:`expire` when that is due.
    """

    def __init__(
        self,
        *,
        emit: Callable[[Effect], None],
        ticket: Callable[[], Ticket],
        waiting: Callable[[Owner], None],
        finished: Callable[[Owner], None],
        fault: Callable[[Owner, Exception], None],
    ) -> None:
        self._emit = emit
        self._ticket = ticket
        self._waiting = waiting
        self._finished = finished
        self._fault = fault
        self._running: dict[Owner, _Running] = {}
        self._tickets: dict[Ticket, Owner] = {}
        self._inner: dict[Ticket, Owner] = {}
        self._breathing: dict[Owner, None] = {}

    def start(self, owner: Owner, flow: Flow[None]) -> bool:
        """Run ``flow`` to its first wait; True if it waits now. One owner runs one flow at a time."""
        assert owner not in self._running, "a session runs one flow at a time"
        self._running[owner] = _Running(flow)
        self._advance(owner, None, quiet=True)
        return owner in self._running

    def waits(self, owner: Owner) -> bool:
        """Whether a flow of this owner is under way."""
        return owner in self._running

    def completed(self, ticket: Ticket, result: Result) -> None:
        """The runtime answered. An unknown, late or repeated ticket changes nothing."""
        owner = self._tickets.pop(ticket, None)
        if owner is not None:
            self._advance(owner, result)

    def settled(self, ticket: Ticket, result: Result) -> None:
        """Somebody inside the core answered an :class:`Await`: a ticket that no runtime ever saw."""
        owner = self._inner.pop(ticket, None)
        if owner is not None:
            self._advance(owner, result)

    @property
    def breathing(self) -> tuple[Owner, ...]:
        """Who gave the others a turn, in order."""
        return tuple(self._breathing)

    def resume(self, owner: Owner) -> None:
        """End the breath of a flow."""
        if owner in self._breathing:
            del self._breathing[owner]
            self._advance(owner, None)

    def expire(self, owner: Owner) -> None:
        """The deadline of a wait passed: answer it in the runtime's place."""
        running = self._running.get(owner)
        if running is not None and running.waiting is not None:
            self._forget_wait(running)
            self._advance(owner, Failed("no answer in time", timed_out=True))

    def cancel(self, owner: Owner) -> None:
        """The owner is gone: close its flow where it waits; one that ended its own owner runs to its next wait."""
        running = self._running.pop(owner, None)
        if running is not None:
            self._forget_wait(running)
            self._breathing.pop(owner, None)
            if not running.executing:
                running.flow.close()

    def _forget_wait(self, running: _Running) -> None:
        if running.waiting is not None:
            self._tickets.pop(running.waiting, None)
            self._inner.pop(running.waiting, None)
            running.waiting = None

    def _advance(self, owner: Owner, result: Result | None, *, quiet: bool = False) -> None:
        """Give a flow its answer and run it to its next wait or its end; ``quiet`` keeps ``finished`` untold."""
        running = self._running[owner]
        running.waiting = None
        running.executing = True
        try:
            request = running.flow.send(result)
        except StopIteration:
            if self._end(owner, running) and not quiet:
                self._finished(owner)
        except Exception as error:  # noqa: BLE001 - a bug of ours ends one session's flow, never the engine
            self._end(owner, running)
            self._fault(owner, error)
        else:
            if self._running.get(owner) is running:
                self._wait(owner, running, request)
            else:
                running.flow.close()
        finally:
            running.executing = False

    def _end(self, owner: Owner, running: _Running) -> bool:
        """A flow is over; whether it was not cancelled while it ran."""
        if self._running.get(owner) is not running:
            return False
        del self._running[owner]
        return True

    def _wait(self, owner: Owner, running: _Running, request: Request) -> None:
        match request:
            case Await(ticket):
                self._await(self._inner, owner, running, ticket)
            case Breathe():
                self._breathing[owner] = None
            case _:
                self._await(self._tickets, owner, running, ticket := self._ticket())
                self._emit(_effect(ticket, request))

    def _await(self, awaited: dict[Ticket, Owner], owner: Owner, running: _Running, ticket: Ticket) -> None:
        running.waiting = ticket
        awaited[ticket] = owner
        self._waiting(owner)


def _effect(ticket: Ticket, request: Work | Fetch | LookUp | Read | Write | Reload) -> Effect:
    match request:
        case Work(job):
            return Compute(ticket, job)
        case Fetch(http):
            return HttpFetch(ticket, http)
        case LookUp(name):
            return DnsTxt(ticket, name)
        case Read(query):
            return StoreQuery(ticket, query)
        case Write(rows):
            return StoreWrite(ticket, rows)
        case Reload():
            return ReloadConfiguration(ticket)
