"""Conversations that wait: every answer reaches its flow once, and no other answer reaches anybody."""

from collections.abc import Generator
from typing import TypeAlias

import pytest

from freeq_proto.boundary import (
    Await,
    Breathe,
    Compute,
    Computed,
    Effect,
    Failed,
    FlowTable,
    HashPassword,
    Reload,
    ReloadConfiguration,
    Reloaded,
    Request,
    Result,
    Stored,
    Ticket,
    Work,
)

Talk: TypeAlias = Generator[Request, Result | None, None]

JOB = HashPassword("secret", b"s" * 16)


class Table:
    """A flow table and everything it told its caller."""

    def __init__(self) -> None:
        self.effects: list[Effect] = []
        self.waiting: list[str] = []
        self.finished: list[str] = []
        self.faults: list[tuple[str, str]] = []
        self.heard: list[object] = []
        self._last = 100
        self.flows: FlowTable[str] = FlowTable(
            emit=self.effects.append,
            ticket=self._ticket,
            waiting=self.waiting.append,
            finished=self.finished.append,
            fault=lambda owner, error: self.faults.append((owner, str(error))),
        )

    def _ticket(self) -> Ticket:
        self._last += 1
        return Ticket(self._last)

    def asking(self, *requests: Request) -> Talk:
        """A flow that makes requests and notes the answers."""
        try:
            for request in requests:
                self.heard.append((yield request))
            self.heard.append("end")
        finally:
            self.heard.append("closed")


def test_a_flow_that_never_waits_is_over_at_once_and_nobody_is_told() -> None:
    table = Table()
    assert table.flows.start("a", table.asking()) is False
    assert table.heard == ["end", "closed"]
    assert table.finished == []
    assert table.flows.waits("a") is False


@pytest.mark.parametrize(
    ("request_", "effect", "result"),
    [
        (Work(JOB), Compute(Ticket(101), JOB), Computed("x")),
        (Reload(), ReloadConfiguration(Ticket(101)), Reloaded(("note",))),
        (Reload(), ReloadConfiguration(Ticket(101)), Failed("no")),
    ],
)
def test_a_request_becomes_an_effect_and_its_answer_resumes_the_flow(
    request_: Request, effect: Effect, result: Result
) -> None:
    table = Table()
    assert table.flows.start("a", table.asking(request_)) is True
    assert (table.effects, table.waiting) == ([effect], ["a"])
    table.flows.completed(Ticket(101), result)
    assert table.heard == [result, "end", "closed"]
    assert table.finished == ["a"]


def test_each_wait_is_told_so_that_each_has_its_own_deadline() -> None:
    table = Table()
    table.flows.start("a", table.asking(Work(JOB), Breathe(), Await(Ticket(7))))
    table.flows.completed(Ticket(101), Computed("x"))
    assert table.waiting == ["a"]
    table.flows.resume("a")
    assert table.waiting == ["a", "a"]


def test_late_repeated_and_unknown_tickets_change_nothing() -> None:
    """L8."""
    table = Table()
    table.flows.start("a", table.asking(Work(JOB), Work(JOB)))
    table.flows.completed(Ticket(999), Stored())
    assert table.heard == []
    table.flows.completed(Ticket(101), Computed("first"))
    table.flows.completed(Ticket(101), Computed("again"))
    assert table.heard == [Computed("first")]
    table.flows.expire("a")
    assert table.heard[1:] == [Failed("no answer in time", timed_out=True), "end", "closed"]
    table.flows.completed(Ticket(102), Computed("late"))
    assert len(table.heard) == 4
    assert table.finished == ["a"]


def test_breathing_is_ended_by_resume_alone() -> None:
    table = Table()
    table.flows.start("a", table.asking(Breathe(), Breathe()))
    table.flows.start("b", table.asking(Breathe()))
    assert table.flows.breathing == ("a", "b")
    table.flows.expire("a")
    assert table.heard == []
    table.flows.resume("a")
    assert table.flows.breathing == ("b", "a")
    table.flows.resume("nobody")
    table.flows.resume("b")
    table.flows.resume("a")
    assert table.finished == ["b", "a"]
    assert not table.flows.breathing


def test_expiring_what_does_not_wait_changes_nothing() -> None:
    table = Table()
    table.flows.expire("nobody")
    assert table.heard == []


@pytest.mark.parametrize("request_", [Work(JOB), Breathe(), Await(Ticket(7))])
def test_cancelling_closes_the_generator_and_forgets_what_it_waited_for(request_: Request) -> None:
    table = Table()
    table.flows.start("a", table.asking(request_))
    table.flows.cancel("a")
    assert table.heard == ["closed"]
    assert not table.flows.breathing
    table.flows.settled(Ticket(7), Stored())
    table.flows.completed(Ticket(101), Computed("late"))
    table.flows.cancel("a")
    assert (table.heard, table.finished, table.flows.waits("a")) == (["closed"], [], False)
    assert table.flows.start("a", table.asking(Breathe())) is True


def test_a_flow_that_raises_is_reported_and_forgotten() -> None:
    table = Table()

    def broken() -> Talk:
        yield Await(Ticket(7))
        raise ValueError("a bug")

    table.flows.start("a", broken())
    table.flows.settled(Ticket(7), Stored())
    assert (table.faults, table.finished, table.flows.waits("a")) == ([("a", "a bug")], [], False)


@pytest.mark.parametrize("after", [0, 1])
def test_a_flow_may_end_its_own_owner(after: int) -> None:
    """A command that closes its session while it runs: it runs on to its next wait or its end, and not beyond."""
    table = Table()

    def suicidal() -> Talk:
        yield Await(Ticket(7))
        table.flows.cancel("a")
        table.heard.append("ran on")
        yield from table.asking(*[Work(JOB)] * after)

    table.flows.start("a", suicidal())
    table.flows.settled(Ticket(7), Stored())
    assert table.heard == ["ran on", *(["closed"] if after else ["end", "closed"])]
    assert (table.effects, table.finished, table.faults) == ([], [], [])
    assert table.flows.waits("a") is False


def test_an_owner_runs_one_flow_at_a_time() -> None:
    table = Table()
    table.flows.start("a", table.asking(Breathe()))
    with pytest.raises(AssertionError):
        table.flows.start("a", table.asking(Breathe()))


def test_a_runtime_cannot_answer_what_it_was_not_asked() -> None:
    table = Table()
    table.flows.start("a", table.asking(Await(Ticket(7)), Work(JOB)))
    table.flows.completed(Ticket(7), Stored())
    assert table.heard == []
    table.flows.settled(Ticket(7), Stored())
    table.flows.settled(Ticket(101), Stored())
    assert table.heard == [Stored()]
