"""Tasks that nobody's connection carries: planned, run once each, and ended when nobody answers."""

import pytest

from freeq_proto.boundary import Await, Effect, Failed, Flow, Result, Stored, StoreWrite, Ticket, Write
from freeq_proto.server.background import WAIT_SECONDS, Background, Task, Unfinished


class Desk:
    """Background work on a clock that a test turns."""

    def __init__(self) -> None:
        self.mono = 1000.0
        self.effects: list[Effect] = []
        self.faults: list[Exception] = []
        self.answers: list[Result | None] = []
        self._ticket = 0
        self.work = Background(
            emit=self.effects.append,
            ticket=self._next,
            mono=lambda: self.mono,
            settle=self._settle,
            fault=self.faults.append,
        )
        self.settled: list[Ticket] = []

    def _settle(self, ticket: Ticket, _result: Result) -> None:
        self.settled.append(ticket)

    def _next(self) -> Ticket:
        self._ticket += 1
        return Ticket(self._ticket)

    def task(self, *, breaks: bool = False) -> Flow[None]:
        self.answers.append((yield Write(())))
        if breaks:
            raise ValueError("a bug")

    def answer(self) -> None:
        effect = self.effects.pop(0)
        assert isinstance(effect, StoreWrite)
        self.work.completed(effect.ticket, Stored())


def test_a_task_of_a_name_runs_once_at_a_time() -> None:
    desk = Desk()
    assert desk.work.start(Task.CLAIM, "a", desk.task())
    second = desk.task()
    assert not desk.work.start(Task.CLAIM, "a", second)
    assert desk.work.start(Task.CLAIM, "b", desk.task())
    desk.answer()
    assert desk.work.start(Task.CLAIM, "a", second)


def test_who_is_not_answered_is_failed() -> None:
    desk = Desk()
    desk.work.start(Task.WELCOME, "a", desk.task())
    assert desk.work.next_deadline() == 1000.0 + WAIT_SECONDS
    desk.mono += WAIT_SECONDS
    desk.work.handle_timeout()
    (answer,) = desk.answers
    assert isinstance(answer, Failed)
    assert desk.work.next_deadline() is None


def test_what_is_planned_begins_in_time_unless_it_is_forgotten() -> None:
    desk = Desk()
    begun: list[str] = []

    def begin(name: str) -> Flow[None] | None:
        begun.append(name)
        return desk.task() if name == "flow" else None

    desk.work.plan(Task.NICK, "a", 10, lambda: begin("replaced"))
    desk.work.plan(Task.NICK, "a", 20, lambda: begin("flow"))
    desk.work.plan(Task.NICK, "b", 20, lambda: begin("plain"))
    desk.work.plan(Task.NICK, "c", 20, lambda: begin("forgotten"))
    desk.work.forget(Task.NICK, "c")
    desk.work.plan(Task.NICK, "d", 20, lambda: begin("hastened"))
    desk.work.hasten(Task.NICK, "d")
    desk.work.hasten(Task.NICK, "nobody")
    assert begun == ["hastened"]
    assert desk.work.is_planned(Task.NICK, "a")
    assert not desk.work.is_planned(Task.NICK, "c")
    desk.mono += 19
    desk.work.handle_timeout()
    assert begun == ["hastened"]
    assert desk.work.next_deadline() == 1020.0
    desk.mono += 1
    desk.work.handle_timeout()
    assert sorted(begun) == ["flow", "hastened", "plain"]
    assert len(desk.effects) == 1


def test_a_bug_ends_its_task_and_nothing_else() -> None:
    desk = Desk()
    desk.work.start(Task.CLAIM, "a", desk.task(breaks=True))
    desk.work.start(Task.CLAIM, "b", desk.task())
    desk.answer()
    desk.answer()
    assert [str(error) for error in desk.faults] == ["a bug"]
    assert len(desk.answers) == 2
    assert desk.work.next_deadline() is None


def test_what_a_command_began_ends_without_it() -> None:
    desk = Desk()
    done: list[str] = []

    def job() -> Flow[str]:
        yield Write(())
        done.append("done")
        return "value"

    command = desk.work.carry_out("x", job())
    awaited = next(command)
    assert isinstance(awaited, Await)
    second = desk.work.carry_out("x", job())
    with pytest.raises(StopIteration) as end:
        next(second)
    assert end.value.value is Unfinished.BUSY, "one at a time"
    command.close()
    desk.answer()
    assert done == ["done"]


def test_a_command_that_stays_hears_what_came_of_it() -> None:
    desk = Desk()

    def job() -> Flow[str]:
        yield Write(())
        return "value"

    command = desk.work.carry_out("x", job())
    next(command)
    desk.answer()
    with pytest.raises(StopIteration) as end:
        command.send(Stored())
    assert end.value.value == "value"


def test_a_write_is_waited_for_as_long_as_it_takes() -> None:
    """The command gives up; what it began does not, and says later what came of it."""
    desk = Desk()
    late: list[str] = []

    def job() -> Flow[str]:
        yield Write(())
        return "value"

    command = desk.work.carry_out("x", job(), late.append)
    next(command)
    assert desk.work.next_deadline() is None
    with pytest.raises(StopIteration) as end:
        command.send(Failed("no answer in time", timed_out=True))
    assert end.value.value is Unfinished.SLOW
    assert desk.work.is_running(Task.WRITE, "x")
    desk.answer()
    assert (late, desk.settled) == (["value"], [])
    assert not desk.work.is_running(Task.WRITE, "x")
