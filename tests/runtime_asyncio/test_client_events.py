"""What is kept for a program that does not take its events."""

from typing import TypeAlias

import pytest

from freeq_proto.boundary import Destination
from freeq_proto.client import ClientEvent, Connecting, Disconnected, Registered, ServerNotice, Source, Stopped
from freeq_runtime_asyncio.client_events import WaitingEvents
from freeq_runtime_threaded.events import WaitingEvents as ThreadedWaitingEvents

Kind: TypeAlias = type[WaitingEvents] | type[ThreadedWaitingEvents]
KINDS = [WaitingEvents, ThreadedWaitingEvents]
LIMIT = 10
DIAL = Connecting(Destination("irc.example.org", 6697), 1)
WELCOME = Registered("ada", "irc.example.org", "", None)
HELLO, NO, WAIT = (ServerNotice(text, Source("irc.example.org")) for text in ("hello", "no", "wait"))
LOST = Disconnected("nothing listens there", 1.0)

FAILING: list[ClientEvent] = [DIAL, NO, LOST]


def kept(kind: Kind, *events: ClientEvent, taken: int = 0) -> list[ClientEvent]:
    waiting = kind(LIMIT)
    for event in events:
        waiting.append(event)
        if taken:
            waiting.take()
            taken -= 1
    return [waiting.take() for _ in range(len(waiting))]


@pytest.mark.parametrize("kind", KINDS)
def test_attempts_that_came_to_nothing_are_forgotten(kind: Kind) -> None:
    lasting: list[ClientEvent] = [DIAL, WELCOME, *[HELLO] * LIMIT, LOST]
    assert kept(kind, *lasting, *FAILING * 100) == [*lasting, DIAL, NO, LOST]
    assert kept(kind, *lasting, *FAILING * 100, *lasting) == [*lasting, *lasting]


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_connection_said_that_took_us_is_kept(kind: Kind) -> None:
    lasting: list[ClientEvent] = [DIAL, WELCOME, *[HELLO] * 5 * LIMIT, LOST]
    assert kept(kind, *lasting * 3) == lasting * 3


@pytest.mark.parametrize("kind", KINDS)
def test_one_that_never_takes_us_does_not_fill_the_memory(
    kind: Kind,
) -> None:
    endless: list[ClientEvent] = [DIAL, *[WAIT] * 1000, LOST, Stopped("enough")]
    events = kept(kind, *endless * 3)
    assert len(events) <= 3 * LIMIT
    assert events[-2:] == [LOST, Stopped("enough")]


@pytest.mark.parametrize("kind", KINDS)
def test_events_that_were_taken_are_not_forgotten_twice(
    kind: Kind,
) -> None:
    events = kept(kind, DIAL, *[WAIT] * LIMIT * 2, LOST, DIAL, taken=LIMIT // 2)
    assert events[-1] == DIAL
