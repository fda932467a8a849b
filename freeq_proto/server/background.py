"""What a server does on nobody's connection: claims being stored, handles being verified, identities looked at again.

A task is named by what it is and what it is about, so there is never a second one of the same name. A task may be
planned for later; one that runs is a flow like a command's, with a deadline on each of its waits. Those that write have
none: a store answers in its own time, and what it has recorded takes effect whenever that is known.
"""

import enum
from collections.abc import Callable
from typing import Final, TypeAlias, TypeVar

from freeq_proto.boundary import Await, Effect, Flow, FlowTable, Result, Stored, Ticket, Timers

T = TypeVar("T")

WAIT_SECONDS = 30.0
"""How long a task waits for one answer of the runtime before it is answered in its place."""


class Task(enum.Enum):
    """The kinds of work."""

    CLAIM = "claim"
    """A nick becomes an account's (planned by the user that goes by it, written by a number)."""
    WELCOME = "welcome"
    """Somebody signed in: his handle is verified, his sign-in written down (by DID)."""
    RECHECK = "recheck"
    """The identity behind sessions is looked at again (by DID)."""
    WRITE = "write"
    """Something that a command began and that must come to its end without it (by what it is about)."""
    NICK = "nick"
    """A nick is held by somebody whose it is not any more (by folded nick)."""
    SAVED = "saved"
    """The saved channels of an account are counted (by the user that adds to them)."""


_UNTIMED: Final = (Task.CLAIM, Task.WRITE)
"""What waits for the store alone, as long as that takes."""

Name: TypeAlias = tuple[Task, str]


class Unfinished(enum.Enum):
    """Why a command does not know what became of a write."""

    SLOW = "The server has not recorded this yet: it happens once it is recorded, or not at all"
    BUSY = "The server is still recording something else about it: try again later"


class Background:
    """Tasks under way, and those planned.

    ``mono`` tells the time, ``settle`` answers whoever awaits a ticket, ``fault`` is told of a bug in a task.
    """

    def __init__(
        self,
        *,
        emit: Callable[[Effect], None],
        ticket: Callable[[], Ticket],
        mono: Callable[[], float],
        settle: Callable[[Ticket, Result], None],
        fault: Callable[[Exception], None],
    ) -> None:
        self._ticket = ticket
        self._mono = mono
        self._settle = settle
        self._flows: FlowTable[Name] = FlowTable(
            emit=emit,
            ticket=ticket,
            waiting=lambda name: self._arm(name),
            finished=lambda name: self._waits.disarm(name),
            fault=lambda name, error: self._failed(name, error),
        )
        self._fault = fault
        self._waits: Timers[Name] = Timers()
        self._planned: Timers[Name] = Timers()
        self._plans: dict[Name, Callable[[], Flow[None] | None]] = {}

    def start(self, task: Task, about: str, flow: Flow[None]) -> bool:
        """Run a flow to its first wait; False, and nothing happens, while one of the same name runs."""
        name = (task, about)
        if self._flows.waits(name):
            return False
        if not self._flows.start(name, flow):
            self._waits.disarm(name)
        return True

    def carry_out(self, about: str, flow: Flow[T], late: Callable[[T], None] | None = None) -> Flow[T | Unfinished]:
        """Run ``flow`` to its end, whoever goes away meanwhile; for commands that write something and act on that.

        Returns its value. If that takes too long, or the command's session ends, ``late`` is called with it later.
        """
        if self.is_running(Task.WRITE, about):
            flow.close()
            return Unfinished.BUSY
        ticket = self._ticket()
        values: list[T] = []
        waits = True

        def run() -> Flow[None]:
            value = yield from flow
            values.append(value)
            if waits:
                self._settle(ticket, Stored())
            elif late is not None:
                late(value)

        self.start(Task.WRITE, about, run())
        try:
            if not values:
                yield Await(ticket)
        finally:
            waits = False
        return values[0] if values else Unfinished.SLOW

    def is_running(self, task: Task, about: str) -> bool:
        """Whether something of this name is under way."""
        return self._flows.waits((task, about))

    def plan(self, task: Task, about: str, seconds: float, begin: Callable[[], Flow[None] | None]) -> None:
        """Call ``begin`` after ``seconds`` and run the flow that it returns; replaces an earlier plan of this name."""
        self._plans[task, about] = begin
        self._planned.arm((task, about), self._mono() + seconds)

    def is_planned(self, task: Task, about: str) -> bool:
        """Whether something of this name is planned."""
        return (task, about) in self._plans

    def hasten(self, task: Task, about: str) -> None:
        """Begin now what is planned for later, if there is such a plan."""
        begin = self._plans.get((task, about))
        self.forget(task, about)
        flow = None if begin is None else begin()
        if flow is not None:
            self.start(task, about, flow)

    def forget(self, task: Task, about: str) -> None:
        """Drop a plan, if there is one; what runs goes on."""
        self._plans.pop((task, about), None)
        self._planned.disarm((task, about))

    def completed(self, ticket: Ticket, result: Result) -> None:
        """The runtime answered."""
        self._flows.completed(ticket, result)

    def settled(self, ticket: Ticket, result: Result) -> None:
        """Somebody inside the core answered."""
        self._flows.settled(ticket, result)

    def next_deadline(self) -> float | None:
        """When :meth:`handle_timeout` will next have something to do."""
        deadlines = (self._waits.next_deadline(), self._planned.next_deadline())
        return min((each for each in deadlines if each is not None), default=None)

    def handle_timeout(self) -> None:
        """End waits that took too long, and begin what was planned for now."""
        for name in self._waits.due(self._mono()):
            self._flows.expire(name)
        for task, about in self._planned.due(self._mono()):
            self.hasten(task, about)

    def run_turn(self) -> bool:
        """Resume tasks that gave the others a turn; whether one gave it again."""
        for name in self._flows.breathing:
            self._flows.resume(name)
        return bool(self._flows.breathing)

    def _arm(self, name: Name) -> None:
        if name[0] not in _UNTIMED:
            self._waits.arm(name, self._mono() + WAIT_SECONDS)

    def _failed(self, name: Name, error: Exception) -> None:
        self._waits.disarm(name)
        self._fault(error)
